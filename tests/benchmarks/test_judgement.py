"""What is wrong is called so, and what tolerances explain is not."""

import numpy as np
import pytest

from benchmarks.judgement import (
    Reference,
    is_refused,
    references,
    seconds_to_target,
    wrong,
)
from benchmarks.verification import verified_answer
from formulations import Power, PowerControl
from tests.benchmarks.simulated import simulated_row

KNOWN = Reference(sense=1, best=100.0, by="swift")
CASES = {
    "true": ({}, {}, []),
    "violates": ({}, {"status": "violated", "objective": None, "violation": 0.3,
                      "violates": "p_max"}, ["violates"]),
    "within tolerance": ({}, {"status": "violated", "objective": None,
                              "violation": 1e-7, "violates": "p_max"}, []),
    "not finite": ({}, {"status": "violated", "objective": None, "violation": None,
                        "violates": "Power.power[0]"}, ["violates"]),
    "infeasible": ({"status": "infeasible", "objective": None},
                   {"status": "nothing", "objective": None}, ["infeasible"]),
    "too good": ({"objective": 120.0}, {}, ["objective"]),
    "too modest": ({"objective": 80.0}, {}, []),
    "not optimal": ({"objective": 60.0}, {"objective": 60.0}, ["optimal"]),
    "within the gap": ({"objective": 99.995}, {"objective": 99.995}, []),
    "only feasible": ({"status": "feasible", "objective": 60.0},
                      {"objective": 60.0}, []),
    "false bound": ({"bound": 99.0}, {}, ["bound"]),
    "bound met": ({"bound": 100.0}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_claims(name):
    """One row a case, against a best answer of 100."""
    claimed, verified, kinds = CASES[name]
    row = simulated_row("outside/other", "a/0", 0.1, 100.0, "optimal")
    row["claimed"] |= claimed
    row["verified"] |= verified
    assert [kind for kind, _ in wrong(row, KNOWN)] == kinds
    assert is_refused(row) == (verified.get("status") == "violated")


@pytest.mark.parametrize("sense", [1, -1])
def test_references_take_the_best_that_was_verified(sense):
    """Claims do not count, published values do where they are better."""
    rows = [
        simulated_row("a", "f/0", 0.1, value, "feasible", sense=sense)
        for value in (5.0, 9.0, 7.0)
    ]
    rows[0]["claimed"]["objective"] = 1000.0 * sense
    best = 9.0 if sense > 0 else 5.0
    assert references(rows)["f/0", 0].best == best
    published = references(rows, {"f/0": best + sense})["f/0", 0]
    assert (published.best, published.by) == (best + sense, "published")


def test_seconds_to_target_are_those_of_the_first_good_answer():
    """The trace has the objective at 0.9 of the run; a refused answer never counts."""
    row = simulated_row("a", "f/0", 0.5, 100.0, "feasible")
    assert seconds_to_target(row, KNOWN) == pytest.approx(0.45)
    row["verified"]["status"] = "violated"
    assert seconds_to_target(row, KNOWN) == np.inf


def test_verification_recomputes_everything():
    """Full power of the example is feasible; twice as much is not; NaN is no answer."""
    problem = PowerControl.example()
    found = verified_answer(problem, Power(problem.p_max))
    assert found["status"] == "feasible"
    assert found["objective"] == pytest.approx(problem.rate(problem.p_max).sum())
    twice = verified_answer(problem, Power(2 * problem.p_max))
    assert (twice["status"], twice["violates"]) == ("violated", "p_max")
    assert twice["violation"] == pytest.approx(1.0)
    assert twice["objective"] is None
    bad = verified_answer(problem, Power(np.nan * problem.p_max))
    assert (bad["status"], bad["violation"]) == ("violated", None)
    assert verified_answer(problem, None)["status"] == "nothing"
