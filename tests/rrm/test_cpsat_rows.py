"""Rows in integers for CP-SAT: the same in any unit, and never wider."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import rrm
from formulations import UserAssociation
from rrm.cpsat_solver import add_rows

cp_model = pytest.importorskip("ortools.sat.python.cp_model")
UNITS = (1.0, 1e-14, 1e14, 0.37)


def best(entries, high, unit=1.0, low=-np.inf):
    """Most columns that a row in another unit leaves at 1, and whether it is exact."""
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in entries]
    rows = csr_array(unit * np.array([entries]))
    limits = np.array([unit * low]), np.array([unit * high])
    is_exact = add_rows(model, x, rows, limits, np.ones(1))
    model.maximize(sum(x))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    found = -1 if status == cp_model.INFEASIBLE else round(solver.objective_value)
    return found, is_exact


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("entries", "high", "expected"),
    [
        ([2.0, 3.0, 4.0], 5.0, (2, True)),
        ([0.1, 0.25, 0.3], 0.55, (2, True)),  # of 0.05
        ([2 / 3, 1.0, 5 / 3], 5 / 3, (2, True)),
        ([0.1, 0.2, np.pi / 10], 0.5, (2, False)),
        ([1e-15, 1.0, 1.0], 1.0, (2, True)),  # by rounding of larger numbers
        ([1.0, 1.0], 1e7, (2, True)),
        ([1.0, 1.0], 1e18, (2, False)),
    ],
)
def test_a_row_is_the_same_in_any_unit(unit, entries, high, expected):
    """Where entries have a common measure, nothing is lost."""
    assert best(entries, high, unit) == expected


@pytest.mark.parametrize("unit", UNITS)
def test_a_lower_limit_holds_in_any_unit(unit):
    """Neither of two columns is enough."""
    assert best([2.0, 3.0], 5.0, unit, low=4.0) == (2, True)
    assert best([2.0, 3.0], 4.0, unit, low=4.0) == (-1, True)


@pytest.mark.parametrize("unit", UNITS)
def test_no_row_becomes_wider(unit):
    """Three parts that do not quite fit, in steps that are not whole."""
    part = np.pi / 10
    assert best([part] * 3, 3 * part * (1 - 1e-6), unit)[0] == 2


@pytest.mark.parametrize("unit", [1.0, 1e-14])
def test_loads_in_hundredths_are_solved_to_the_optimum(unit):
    """Rounding loses nothing, so the search's bound counts; two of three users fit."""
    problem = UserAssociation(
        utility=np.array([[3.0], [2.0], [1.5]]),
        load=unit * np.array([0.55, 0.3, 0.22]),
        capacity=[0.8 * unit],
    )
    solution = rrm.solve(problem, rrm.Budget(20.0, gap=1e-5), "cpsat")
    assert solution.status == "optimal"
    assert solution.objective == 4.5  # 0.55 and 0.22 of 0.8
