"""The feasible start that needs no search."""

from formulations.association import UserAssociation
from rrm.incumbent import Incumbent
from rrm.registry import method


@method(UserAssociation, kind="heuristic", rank=0)
def trivial(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Offer ``problem.trivial()``.

    Complexity: O(E log E) for E candidate pairs.
    """
    start = problem.trivial()
    if start is not None:
        incumbent.offer(start)
