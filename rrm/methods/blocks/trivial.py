"""The feasible start that needs no search."""

from formulations.blocks import BlockSchedule
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(BlockSchedule, kind="heuristic", rank=0)
def trivial(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(U N log N).
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
