"""Where work is limited, the clock decides nothing: the same seed, the same answer."""

import time
from pathlib import Path

import numpy as np
import pytest

import rrm
from benchmarks.cellular import hexagonal
from benchmarks.instances.channels import scattered
from benchmarks.suites import forecast, moves
from benchmarks.suites.association import fair, loaded
from benchmarks.suites.blocks import averaged, floored
from benchmarks.suites.channels import crowded
from benchmarks.suites.placement import event, median
from benchmarks.suites.power import least_power
from formulations.problem import Problem
from rrm.registry import INSTANT, Method, all_methods

PLENTY = 0.15  # s for each unit of work, of which the slower clock takes a seventh
WORK = 400
HICCUP = 0.02  # s, that the slower clock gains at each look in the mean
OURS = [m for m in all_methods() if m.is_own and not m.isolated and m.name != INSTANT]


def instances() -> list[Problem]:
    """Some of each problem, too large for most methods to be done in time."""
    return [
        hexagonal(30, 0),
        least_power(19, 0),
        hexagonal(19, 0, objective="max_min_rate"),
        loaded(200, 15, 0),
        fair(200, 15, 0),
        event("200x16", 0),
        median(60, 5, 0),
        crowded(150, 20, 8, 0),
        scattered(150, 10, 30, 0),
        floored(30, 2, 25, 0),
        averaged(30, 2, 25, 0),
        *(suite.suites(Path())[0].instances[0].build(0) for suite in (forecast, moves)),
    ]


def claims() -> list:
    """Each method with the instances that it claims."""
    return [
        pytest.param(entry, problem, id=f"{entry.name}-{number}")
        for number, problem in enumerate(instances())
        for entry in OURS
        if isinstance(problem, entry.problem) and entry.reason_against(problem) is None
    ]


class Hiccups:
    """A clock that gains a random time at each look."""

    def __init__(self, seed: int) -> None:
        self._rng, self._late = np.random.default_rng(seed), 0.0
        self._real = time.perf_counter

    def __call__(self) -> float:
        """Seconds."""
        self._late += self._rng.exponential(HICCUP)
        return self._real() + self._late


@pytest.mark.parametrize(("entry", "problem"), claims())
def test_the_clock_decides_nothing(entry: Method, problem: Problem, monkeypatch):
    """Allocation, all objectives and bounds on the way, and work are the same."""
    rrm.warm_up(type(problem))
    compare_clocks(problem, entry.name, WORK, monkeypatch)


def compare_clocks(problem: Problem, method: str, work: int, monkeypatch) -> None:
    """Solve by two clocks, and compare."""
    budget = rrm.Budget(PLENTY * work, gap=0.0, work=work)
    here = rrm.solve(problem.replace(), budget, method, seed=3)
    monkeypatch.setattr(time, "perf_counter", Hiccups(5))
    there = rrm.solve(problem.replace(), budget, method, seed=3)
    assert here.stopped == there.stopped != "deadline"
    assert here.work == there.work
    found, again = ([row[1:] for row in one.trace] for one in (here, there))
    assert repr(found) == repr(again)  # equal where both are nan
    if here.allocation is not None:
        for name, value in vars(here.allocation).items():
            assert np.array_equal(value, getattr(there.allocation, name)), name
