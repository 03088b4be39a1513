"""The feasible start that needs no search."""

from formulations.placement import LapPlacement
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(LapPlacement, kind="heuristic", rank=0)
def trivial(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(E p) for E pairs of user and site and p platforms.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
