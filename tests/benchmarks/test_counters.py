"""Counters repeat, and what got worse is told from what got better."""

import os

import pytest

from benchmarks.counters import (
    SECONDS,
    SUITE,
    WORK,
    changes,
    counters_of,
    read_counters,
    write_counters,
)
from benchmarks.lane import Lane
from benchmarks.measurement import Task

BEFORE = {
    "work": 100,
    "nodes": 50,
    "peak_bytes": 10_000_000,
    "gap": 0.01,
    "objective": 10.0,
    "sense": 1,
}
CASES = [
    ({}, []),
    ({"work": 119}, []),
    ({"work": 121}, [("work", True)]),
    ({"work": 60}, [("work", False)]),
    ({"nodes": 100}, [("nodes", True)]),
    ({"nodes": None}, [("nodes", False)]),
    ({"peak_bytes": 13_000_000}, [("peak_bytes", True)]),
    ({"gap": 0.0105}, []),
    ({"gap": 0.02}, [("gap", True)]),
    ({"gap": None}, [("gap", True)]),
    ({"objective": 9.9}, [("objective", True)]),
    ({"objective": 10.1}, [("objective", False)]),
    ({"objective": 9.999}, []),
    ({"objective": None}, [("objective", True)]),
]


@pytest.mark.parametrize(("changed", "expected"), CASES)
def test_changes_beyond_the_tolerance(changed, expected):
    """One counter at a time, against stored ones."""
    found = changes({"run": BEFORE}, {"run": {**BEFORE, **changed}})
    assert [(one.counter, one.is_worse) for one in found] == expected


def test_less_is_better_where_it_is_minimized():
    """The same objectives with the other sense."""
    stored = {**BEFORE, "sense": -1}
    (found,) = changes({"run": stored}, {"run": {**stored, "objective": 9.0}})
    assert not found.is_worse


def test_a_run_that_is_gone_is_worse_and_comes_first():
    """A method that no longer applies is not silently left out; new ones may come."""
    now = {"b": {**BEFORE, "work": 1}, "new": BEFORE}
    found = changes({"a": BEFORE, "b": BEFORE}, now)
    assert [(one.run, one.is_worse) for one in found] == [("a", True), ("b", False)]


def test_counters_are_written_and_read(tmp_path):
    """As they were; another schema is refused."""
    path = tmp_path / "counters.json"
    write_counters({"b": BEFORE, "a": BEFORE}, path)
    assert read_counters(path) == {"a": BEFORE, "b": BEFORE}
    path.write_text('{"schema": "other"}')
    with pytest.raises(ValueError, match="schema"):
        read_counters(path)


def test_counters_of_a_run_repeat():
    """Two runs of one method count the same, and no clock ended them."""
    lane = Lane("rrm", ["BlockSchedule"], {min(os.sched_getaffinity(0))})
    instance = "blocks/floors-10x1x25"
    task = Task(SUITE, instance, "", "price_search", SECONDS, 0, 0, 1, WORK)
    first, second = lane.ask(task), lane.ask(task)
    lane.close()
    assert first["stopped"] == "work"
    assert WORK <= counters_of(first)["work"] <= WORK + 5  # asked on its way out, too
    assert changes({"run": counters_of(first)}, {"run": counters_of(second)}) == []
