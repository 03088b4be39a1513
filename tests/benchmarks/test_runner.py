"""Plans, resuming after a kill, processes that hang or die, and real runs."""

import json
import os
import random
import signal
import time
from collections import Counter
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest

from benchmarks.lane import Lane, LaneLostError
from benchmarks.measurement import Task
from benchmarks.rows import Row, key_of, read_rows, read_run
from benchmarks.runner import Options, run_suite
from benchmarks.suites import suite_named
from tests.benchmarks.instant import run_instantly
from twins.declaration import FieldError

KILLS = 20
PASSING = ("load", "runner_seconds", "session")
"""Fields that tell of the process that wrote a row, not of the run."""


def started(out: Path) -> ForkProcess:
    """Process that runs the suite ``quick`` into a folder, without real solvers."""
    process = get_context("fork").Process(target=run_instantly, args=(out,))
    process.start()
    return process


def lasting(folder: Path) -> dict[tuple, Row]:
    """Rows by key, without what tells of the process that wrote them."""
    rows = list(read_rows(folder))
    assert max(Counter(map(key_of, rows)).values()) == 1
    return {
        key_of(row): {name: row[name] for name in row if name not in PASSING}
        for row in rows
    }


@pytest.mark.slow
def test_killed_at_random_points_and_resumed_it_has_the_same_rows(tmp_path):
    """Twenty kills, each after some new rows; then it is left to end."""
    suite_named("quick")  # imported once, before the forks
    calm = started(tmp_path / "calm")
    calm.join()
    assert calm.exitcode == 0
    expected = lasting(tmp_path / "calm")
    assert len(expected) == 12 * 4 * 2 * 2 * 2
    rng = random.Random(3)
    folder, killed = tmp_path / "killed", 0
    for _ in range(KILLS):
        process = started(folder)
        rows = folder / "rows.jsonl"
        before = rows.stat().st_size if rows.exists() else 0
        while process.is_alive() and (
            not rows.exists() or rows.stat().st_size <= before
        ):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        assert set(lasting(folder)) <= set(expected)
    assert killed == KILLS
    last = started(folder)
    last.join()
    assert last.exitcode == 0
    assert lasting(folder) == expected
    run = read_run(folder)
    assert run is not None
    assert len(run["sessions"]) == KILLS + 1


def test_methods_alternate_on_each_instance_in_changing_order():
    """Noise hits all alike: nobody is always first, and the plan is repeatable."""
    options = Options("quick", ("auto",), (0.1,), 1, 20)
    names = ["auto", "swift", "steady"]
    tasks = options.tasks({"power/urban-macro-sum-8": names})
    assert tasks == options.tasks({"power/urban-macro-sum-8": names})
    rounds = [tasks[k : k + 3] for k in range(0, len(tasks), 3)]
    assert all({task.method for task in one} == set(names) for one in rounds)
    assert {one[0].method for one in rounds} == set(names)


def test_a_folder_of_other_options_is_refused(tmp_path):
    """Rows of two plans are not mixed."""
    (tmp_path / "run.json").write_text(
        json.dumps({"schema": "rrm.bench-run/1", "options": {}, "plan": {}})
    )
    with pytest.raises(FieldError, match="same options"):
        run_suite(Options("quick", ("auto",), (0.1,)), tmp_path)


def test_more_jobs_than_cores_are_refused(tmp_path):
    """Runs at the same time must not share cores."""
    jobs = len(os.sched_getaffinity(0)) + 1
    with pytest.raises(FieldError, match="cores"):
        run_suite(Options("quick", ("auto",), (0.1,)), tmp_path, jobs)


def test_a_process_is_pinned_and_says_so_and_its_death_is_a_row():
    """Threads are asked of the libraries; a task after a kill raises, not hangs."""
    core = max(os.sched_getaffinity(0))
    lane = Lane("outside/highs", [], {core})
    assert max(lane.about["threads"].values()) == 1
    task = Task(
        "hard-numerics",
        "tight-capacities/pairs-8",
        "",
        "outside/highs",
        1.0,
        0,
        0,
        1,
    )
    row = lane.ask(task)
    assert row["claimed"]["status"] == "optimal"
    assert row["cpu_seconds"] <= 1.5 * row["seconds"] + 0.05
    os.kill(lane._process.pid, signal.SIGKILL)
    with pytest.raises(LaneLostError, match="died"):
        lane.ask(task)


def test_hard_numerics_shows_wrong_answers_of_outside_solvers(tmp_path):
    """Each fact has its row: dropped coefficients, missed rows, flat gradients."""
    from benchmarks.judgement import place_of, references, wrong

    methods = tuple(
        f"outside/{name}" for name in ("highs", "highs-si", "clarabel", "scs")
    )
    run_suite(Options("hard-numerics", methods, (5.0,)), tmp_path)
    rows = list(read_rows(tmp_path))
    known = references(rows)
    found = {
        (row["instance"], row["method"].removeprefix("outside/"), kind)
        for row in rows
        for kind, _ in wrong(row, known[place_of(row)])
    }
    assert found >= {
        ("natural-units/least-power-19", "highs-si", "violates"),
        ("natural-units/loads-12x3", "highs-si", "violates"),
        ("wide-gains/least-power-8", "highs-si", "violates"),
        ("wide-gains/floors-6x12", "highs", "violates"),
        ("wide-gains/water-filling-16", "scs", "optimal"),
    }
    assert ("natural-units/least-power-19", "highs", "violates") not in found
    pairs = [row for row in rows if row["instance"] == "tight-capacities/pairs-8"]
    assert all(row["verified"]["status"] == "violated" for row in pairs)
    assert all(row["verified"]["violation"] > 1e-9 for row in pairs)
