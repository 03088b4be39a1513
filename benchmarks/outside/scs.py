"""CVXPY with SCS, a first-order method for cones."""

from benchmarks.models import convex
from benchmarks.models.convex import reason_against
from benchmarks.outside import Claim, Limits
from formulations.problem import Problem

NEEDS = ("cvxpy", "scs")

__all__ = ["NEEDS", "reason_against", "solve"]


def solve(problem: Problem, limits: Limits) -> Claim:
    """Operator splitting [1]_.

    References
    ----------
    .. [1] B. O'Donoghue et al., "Conic optimization via operator splitting and
       homogeneous self-dual embedding", JOTA 169, 2016.
       https://doi.org/10.1007/s10957-016-0892-3
    """
    return convex.solve(problem, limits, "SCS", time_limit_secs=limits.remaining())
