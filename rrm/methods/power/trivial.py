"""The feasible start that needs no search."""

from formulations.power import PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(PowerControl, kind="heuristic", rank=0)
def trivial(problem: PowerControl, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(L^2 N), and O(L^3) where floors ask for the least powers.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
