"""The feasible start that needs no search."""

from formulations.channels import ChannelAssignment
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(ChannelAssignment, kind="heuristic", rank=0)
def trivial(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(E C + V^2) for E pairs and C channels.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
