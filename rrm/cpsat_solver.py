"""CP-SAT as methods run it, in worker processes: on one thread, rows in integers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rrm.incumbent import Incumbent

RESOLUTION = 2.0**24
"""Integer steps of the largest entry of a row and the objective.

CP-SAT 9.15 has called answers optimal that are not, with 2**30.
"""
MOST = 2.0**60
"""Limits of rows beyond which integers would overflow; lower ones are stricter."""


def search(
    model: Any,
    columns: list[Any],
    offer: Callable[[np.ndarray], Any],
    incumbent: Incumbent,
) -> tuple[bool, float]:
    """Search with learned clauses while the incumbent has time [1]_.

    Parameters
    ----------
    model : ortools.sat.python.cp_model.CpModel
        What is solved.
    columns : list of n variables
        Whose values are offered.
    offer : callable
        Gets the values (n,) of each solution.
    incumbent : Incumbent
        For the time, the seed and the gap.

    Returns
    -------
    bool
        Whether CP-SAT says that there is no solution.
    float
        What it says to bound the objective; nan without.

    References
    ----------
    .. [1] L. Perron, F. Didier, S. Gay, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    class Reporter(cp_model.CpSolverSolutionCallback):
        """Offers each solution as it comes."""

        def on_solution_callback(self) -> None:
            offer(np.array([self.value(column) for column in columns], dtype=float))

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = incumbent.seed % 2**31
    solver.parameters.relative_gap_limit = 0.5 * incumbent.budget.gap
    solver.parameters.max_time_in_seconds = max(incumbent.remaining(), 1e-3)
    status = solver.solve(model, Reporter())
    has_bound = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    bound = solver.best_objective_bound if has_bound else np.nan
    return status == cp_model.INFEASIBLE, bound


def maximize(
    model: Any, columns: list[Any], cost: np.ndarray
) -> Callable[[float], float]:
    """Maximize ``cost`` (n,) in integers; what makes a bound of theirs one of it."""
    from ortools.sat.python import cp_model

    steps = RESOLUTION / (float(np.abs(cost).max(initial=0.0)) or 1.0)
    whole = np.rint(cost * steps).astype(np.int64)
    model.maximize(cp_model.LinearExpr.weighted_sum(columns, whole.tolist()))
    rounding = 0.5 * len(columns)  # steps by which the rounded objective may differ
    return lambda bound: (bound + rounding) / steps


def add_rows(
    model: Any,
    columns: list[Any],
    rows: Any,
    limits: tuple[np.ndarray, np.ndarray],
    units: np.ndarray,
) -> bool:
    """Add rows in integers, rounded so that none becomes wider.

    Parameters
    ----------
    model : ortools.sat.python.cp_model.CpModel
        Changed.
    columns : list of n variables
        Of the model, not negative.
    rows : (m, n) scipy.sparse.csr_array
        Entries, in any unit.
    limits : pair of (m,)
        Lowest and highest sums; infinite where there is none.
    units : (m,)
        What 1 is in each row, in a unit in which entries may be whole; tried first, as
        a common measure of rounded numbers is lost where they have four digits.

    Returns
    -------
    bool
        Whether nothing was lost.
    """
    from ortools.sat.python import cp_model

    is_exact = True
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        largest = np.abs(rows.data[part]).max(initial=0.0) or 1.0
        ends = np.array([limits[0][row], limits[1][row]])
        entries = np.concatenate((rows.data[part], ends)) / largest
        steps = _steps(entries[np.isfinite(entries)], units[row] * largest)
        is_exact = is_exact and steps is not None
        entries *= RESOLUTION if steps is None else steps
        sums, spare = entries[:-2], 0.0 if steps is None else 1e-6
        whole = np.ceil(sums) if steps is None else np.rint(sums)
        terms = [columns[column] for column in rows.indices[part]]
        total = cp_model.LinearExpr.weighted_sum(terms, whole.astype(np.int64).tolist())
        low, high = np.where(np.isfinite(ends), entries[-2:].clip(-MOST, MOST), ends)
        if np.isfinite(low):
            model.add(total >= int(np.ceil(low - spare)))
        if np.isfinite(high):
            model.add(total <= int(np.floor(high + spare)))
    return is_exact


def _steps(values: np.ndarray, first: float) -> float | None:
    """Multiplier that makes all ``values`` integers of moderate size, None if none.

    The largest entry among them is 1; ``first`` is tried first.
    """
    for multiplier in (first, _common(values[np.abs(values) < RESOLUTION])):
        multiples = values * multiplier
        near = np.rint(multiples)
        is_whole = np.abs(multiples - near) <= 1e-12 * np.maximum(np.abs(near), 1)
        is_moderate = multiplier > 0.5 and np.abs(near).max(initial=0.0) < RESOLUTION
        if is_moderate and is_whole.all():
            return multiplier
    return None


def _common(values: np.ndarray) -> float:
    """Multiplier that makes ``values`` integers, if they have a common measure."""
    sizes = np.unique(np.abs(values))[::-1]
    largest = measure = sizes.max(initial=0.0)
    for size in sizes[sizes * RESOLUTION > largest].tolist():
        while size * RESOLUTION > largest:  # Euclid's algorithm, to nearest multiples
            measure, size = size, abs(measure - size * round(measure / size))
    return round(largest / measure) / largest if measure else 1.0
