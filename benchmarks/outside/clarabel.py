"""CVXPY with Clarabel, its default for cones."""

from benchmarks.models import convex
from benchmarks.models.convex import reason_against
from benchmarks.outside import Claim, Limits
from formulations.problem import Problem

NEEDS = ("cvxpy", "clarabel")

__all__ = ["NEEDS", "reason_against", "solve"]


def solve(problem: Problem, limits: Limits) -> Claim:
    """Interior points [1]_.

    References
    ----------
    .. [1] P. Goulart, Y. Chen, "Clarabel: an interior-point solver for conic programs
       with quadratic objectives", 2024. https://doi.org/10.48550/arXiv.2405.12762
    """
    return convex.solve(problem, limits, "CLARABEL", time_limit=limits.remaining())
