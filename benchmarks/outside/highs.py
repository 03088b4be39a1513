"""HiGHS through highspy: the model as arrays, ``passModel`` and ``run``."""

import time
from typing import Any

import numpy as np

from benchmarks.models.linear import linear_model, reason_against
from benchmarks.outside import Claim, Limits
from formulations.problem import Problem
from rrm.highs_solver import linear_program

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
    program = linear_program(
        model.cost,
        model.rows,
        (model.low, model.high),
        (model.lower, model.upper),
        integer=model.integer,
        maximize=model.sense > 0,
    )
    program.offset_ = model.constant
    solver.passModel(program)
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
