"""HiGHS through highspy: the model as arrays, ``passModel`` and ``run``."""

import time
from typing import Any

import numpy as np

from benchmarks.models.linear import LinearModel, linear_model, reason_against
from benchmarks.outside import Claim, Limits
from formulations.problem import Problem

NEEDS = ("highspy",)

__all__ = ["NEEDS", "reason_against", "solve"]


def solve(problem: Problem, limits: Limits) -> Claim:
    """Branch and cut, or the simplex method where nothing is integer [1]_.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    import highspy

    model = linear_model(problem)
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", limits.threads)
    solver.setOptionValue("random_seed", limits.seed)
    solver.setOptionValue("mip_rel_gap", limits.gap)
    solver.passModel(_arrays(highspy, model))
    solver.setOptionValue("time_limit", limits.remaining())
    claim = Claim()

    def improved(event: Any) -> None:
        data = event.data_out
        point = data.running_time, data.objective_function_value, data.mip_dual_bound
        claim.trace.append((began + point[0], *point[1:]))

    began = time.perf_counter()
    if model.integer.any():
        solver.cbMipImprovingSolution += improved
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    names = highspy.HighsModelStatus
    if status == names.kInfeasible:
        claim.status = "infeasible"
    elif info.primal_solution_status == highspy.kSolutionStatusFeasible:
        claim.status = "optimal" if status == names.kOptimal else "feasible"
        values = np.asarray(solver.getSolution().col_value)
        claim.allocation = model.decode(values)
        claim.objective = info.objective_function_value
    if model.integer.any():
        claim.bound = info.mip_dual_bound
    return claim


def _arrays(highspy: Any, model: LinearModel) -> Any:
    """The model in HiGHS's own structure."""
    lp = highspy.HighsLp()
    matrix: Any = model.rows
    lp.num_row_, lp.num_col_ = matrix.shape
    senses = {1: highspy.ObjSense.kMaximize, -1: highspy.ObjSense.kMinimize}
    lp.sense_, lp.offset_ = senses[model.sense], model.constant
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.low, model.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(flag)] for flag in model.integer]
    return lp
