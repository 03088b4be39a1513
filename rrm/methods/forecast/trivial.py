"""The feasible start that needs no search."""

from formulations.forecast import LapForecast
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(LapForecast, kind="heuristic", rank=0)
def trivial(problem: LapForecast, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(E) for E pairs of user and site in all periods.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
