"""What the benchmark itself verifies of an answer, whoever gave it."""

from typing import Any

import numpy as np

from benchmarks.rows import finite
from formulations.problem import FEASIBLE, Problem
from rrm.argument import BySearch
from rrm.solution import Solution, relative_gap


def verified_answer(problem: Problem, allocation: Any) -> dict[str, Any]:
    """Objective and worst violation of an allocation, from the problem's arrays.

    Returns
    -------
    dict
        ``status`` is ``feasible``, ``violated`` or ``nothing``; ``objective`` is there
        if the allocation is feasible. ``violation`` is relative to the limit of the
        constraint that ``violates`` names.
    """
    row: dict[str, Any] = dict.fromkeys(("objective", "violation", "bound", "gap"))
    row |= {"status": "nothing", "violates": "", "argument": ""}
    if allocation is None:
        return row
    try:
        checked = problem.checked(allocation)
    except ValueError as error:  # wrong shape, or not finite
        return {**row, "status": "violated", "violates": str(error)}
    found = problem.violations(checked)
    name = max(found, key=lambda one: np.nan_to_num(found[one], nan=np.inf))
    row["violation"] = finite(found[name])
    if not found[name] <= FEASIBLE:  # NaN fails, too
        return {**row, "status": "violated", "violates": name}
    row["objective"] = finite(problem.evaluate(checked))
    return {**row, "status": "feasible"}


def verified_solution(
    problem: Problem, solution: Solution, gap: float
) -> dict[str, Any]:
    """As :func:`verified_answer`, with the bound recomputed from its argument."""
    row = verified_answer(problem, solution.allocation)
    proof, argument = solution.certificate.proof, solution.certificate.argument
    if proof is None:
        return row
    is_search = isinstance(proof, BySearch)
    bound = solution.bound if is_search else float(proof.bound(problem))
    if row["objective"] is not None:
        beaten = problem.sense * (row["objective"] - bound) > 0
        bound = solution.bound if beaten else bound  # met but for rounding
        row["gap"] = finite(relative_gap(row["objective"], bound))
        row["status"] = (
            "optimal" if row["gap"] is not None and row["gap"] <= gap else "feasible"
        )
    elif bound == -problem.sense * np.inf:
        row["status"] = "infeasible"
    return {**row, "bound": finite(bound), "argument": argument}
