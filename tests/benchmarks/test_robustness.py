"""A short run beside methods that misbehave, and what counts as wrong."""

import json
import subprocess
import sys

import numpy as np
import pytest

import rrm
from benchmarks.robustness import Report, holds
from formulations import Power, PowerControl
from rrm.solution import Status

PROBLEM = PowerControl.example()
KEY = ("power", 0)


@pytest.mark.slow
def test_a_short_run_holds():
    """No wrong claim, an answer each time, and nothing left over."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.robustness", "80", "1"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["calls"] == 80
    assert found["misbehaving"] > 0
    assert holds(found)


def judged(truth, **changes):
    """What a report says of an answer whose fields are changed."""
    solution = rrm.solve(PROBLEM, rrm.Budget(0.0))
    for name, value in changes.items():
        object.__setattr__(solution, name, value)
    report = Report({KEY: truth})
    report.judge(KEY, PROBLEM, solution, 1e-4)
    return report


def test_wrong_claims_are_counted():
    """Each kind of lie by its name; the truth is none."""
    value = PROBLEM.evaluate(PROBLEM.trivial())
    assert judged(value).wrong == []
    cases = {
        "wrong infeasible": {"status": Status.INFEASIBLE},
        "violates": {"allocation": Power(2 * PROBLEM.p_max)},
        "objective": {"objective": 2 * value},
        "wrong bound": {"bound": 0.9 * value},
    }
    for kind, changes in cases.items():
        assert judged(value, **changes).wrong[0].startswith(kind)
    report = judged(1.01 * value, status=Status.OPTIMAL)
    assert report.wrong[0].startswith("wrong optimal")


def test_a_missing_answer_is_counted():
    """Where one is known to exist."""
    assert judged(1.0, allocation=None).nothing == 1
    assert judged(np.nan, allocation=None).nothing == 0


def test_leftovers_do_not_hold():
    """Any of them alone."""
    clean = {
        "wrong": [],
        "without answer": 0,
        "grown": 0,
        "opened": 0,
        "processes left": 0,
    }
    assert holds(clean)
    for name, value in {
        "wrong": ["x"],
        "without answer": 1,
        "grown": 1e9,
        "opened": 7,
        "processes left": 1,
    }.items():
        assert not holds(clean | {name: value})
