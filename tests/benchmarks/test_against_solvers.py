"""Solvers side by side: equal terms, verified answers, families drawn anew."""

import numpy as np
import pytest

import rrm
from benchmarks.against_solvers import Row, measured, outside, wanted
from benchmarks.instances.gap import drawn_gap
from formulations import Association, UserAssociation
from formulations.association_start import packed_cells

BUDGET = rrm.Budget(5.0, gap=1e-6)


@pytest.mark.parametrize("kind", ["c", "d", "e"])
def test_families_are_drawn_as_published(kind):
    """Capacities are 0.8 of the mean load, and what takes least room fits."""
    problem = drawn_gap(kind, 10, 200, 1)
    load, cost = problem.load, -problem.utility
    np.testing.assert_array_equal(load, np.rint(load))
    np.testing.assert_array_equal(problem.capacity, np.floor(load.sum(axis=0) / 12.5))
    slope = np.corrcoef(load.ravel(), cost.ravel())[0, 1]
    assert slope < -0.5 if kind in "de" else abs(slope) < 0.1
    fit = Association(packed_cells(problem))
    assert max(problem.violations(fit).values()) == 0.0


@pytest.mark.parametrize("name", ["highs", "cpsat"])
def test_an_outside_solver_comes_to_the_optimum_of_a_small_problem(name):
    """Verified objective, by every association."""
    pytest.importorskip("ortools" if name == "cpsat" else "highspy")
    rng = np.random.default_rng(3)
    problem = UserAssociation(
        rng.integers(1, 9, (4, 3)).astype(float),
        rng.integers(1, 4, (4, 3)).astype(float),
        np.array([3.0, 2.0, 3.0]),
    )
    every = np.stack(np.meshgrid(*[np.arange(-1, 3)] * 4), axis=-1).reshape(-1, 4)
    best = max(
        problem.evaluate(Association(cell))
        for cell in every
        if max(problem.violations(Association(cell)).values()) == 0.0
    )
    assert outside(name, problem, BUDGET).objective == pytest.approx(best, rel=1e-9)


def test_rows_are_held_against_a_proof(capsys):
    """The table says how far off each answer is; words choose rows."""
    problem = drawn_gap("c", 3, 12, 1)
    row = Row("c 3 x 12", "optimal", lambda: problem, BUDGET, BUDGET)
    assert wanted(iter([row]), ["d 3"]) == []
    assert wanted(iter([row]), ["3 x"]) == [row]
    measured([row], ("highs",), "small")
    text = capsys.readouterr().out
    assert "c 3 x 12 | optimal | 0.000% (bound 0.000%)" in text
    assert text.count("0.000% (bound") >= 2
