"""The feasible start that needs no search."""

from formulations.move_list import MoveList
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(MoveList, kind="heuristic", rank=0)
def trivial(problem: MoveList, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(M L), and O(M L D) to verify on D draws.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
