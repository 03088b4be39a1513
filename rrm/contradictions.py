"""Items that contradict each other as they stand, found without a solver."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations import BlockSchedule, UserAssociation, compose
from formulations.context import asked_of, in_context
from formulations.precedence import FLOORS, Asked, contradict
from formulations.problem import Problem
from formulations.share_floors import crowded_cells
from formulations.share_settlement import settled_shares
from formulations.slice_shares import asked_shares
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport


def is_contradictory(
    snapshot: TwinSnapshot, report: "ContextReport", problem: type[Problem]
) -> bool:
    """Whether items and rules that hold at the snapshot's time exclude each other.

    Floors and bounds on delay above caps, and shares of slices that do not fit
    together, for any problem; for ``BlockSchedule`` also floors that shares of the same
    priority leave too few blocks, as those of another one give way; for
    ``UserAssociation`` users who must be served, or have a floor, and may be by no
    cell, and items that ask so for users of whom none has such a cell in service and as
    a candidate.
    """
    asked = asked_of(snapshot, report)
    if _rates_contradict(asked) or _shares_contradict(snapshot, asked):
        return True
    if issubclass(problem, BlockSchedule):
        crowded = crowded_cells(in_context(snapshot, report))
        return bool(crowded - crowded_cells(in_context(snapshot, None)))
    return issubclass(problem, UserAssociation) and _cells_contradict(
        snapshot, report, asked
    )


def _of_kind(asked: Sequence[Asked], *kinds: str) -> list[Asked]:
    return [one for one in asked if str(one[0].kind) in kinds]


def _rates_contradict(asked: Sequence[Asked]) -> bool:
    """Whether some user has a floor or a bound on delay that no cap leaves."""
    caps = _of_kind(asked, "rate_cap")
    return any(
        contradict(floor, cap) and np.intersect1d(first.users, second.users).size > 0
        for floor, first in _of_kind(asked, *FLOORS)
        for cap, second in caps
    )


def _shares_contradict(snapshot: TwinSnapshot, asked: Sequence[Asked]) -> bool:
    """Whether shares exclude each other in a cell where rules alone do not."""
    rules = [one for one in asked if not hasattr(one[0], "target")]
    return bool(_contested(asked, snapshot) - _contested(rules, snapshot))


def _contested(asked: Sequence[Asked], snapshot: TwinSnapshot) -> set[int]:
    """Cells in which shares exclude each other."""
    _, lost = settled_shares(asked_shares(asked, snapshot))
    return {cell for _, cells, _ in lost for cell in cells.tolist()}


def _cells_contradict(
    snapshot: TwinSnapshot, report: "ContextReport", asked: Sequence[Asked]
) -> bool:
    """Whether words leave a user no cell, or radio none to any user of a promise.

    Promises are each SHALL, and each item with a floor or bound on delay, which any
    cell may keep.
    """
    words = _of_kind(asked, "association_preference")
    everywhere = set(range(snapshot.sizes["B"]))
    promised = [
        (hit, set(hit.cells.tolist())) for item, hit in words if item.value == "SHALL"
    ]
    floors = _of_kind(asked, *FLOORS)
    promised += [(hit, everywhere) for item, hit in floors if hasattr(item, "target")]
    if not promised:
        return False
    allowed: dict[int, set[int]] = {}
    for hit, cells in promised:
        for user in hit.users.tolist():
            allowed[user] = allowed.get(user, everywhere) & cells
    for item, hit in words:
        if item.value == "FORBID":
            for user in allowed.keys() & set(hit.users.tolist()):
                allowed[user] -= set(hit.cells.tolist())
    if not all(allowed.values()):
        return True
    left = _candidates(snapshot, report)
    return any(
        not any(left[user, list(allowed[user])].any() for user in hit.users.tolist())
        for hit, _ in promised
    )


def _candidates(snapshot: TwinSnapshot, report: Any) -> np.ndarray:
    """Whether each cell (U, B) could serve each user, whatever is preferred."""
    others = [one for one in report.items if one.kind != "association_preference"]
    kept = report.model_copy(update={"items": tuple(others)})
    policy = tuple(r for r in snapshot.policy if r.kind != "association_preference")
    problem = compose(snapshot.replace(policy=policy), kept, UserAssociation)
    return np.isfinite(problem.utility) & (problem.capacity > 0)
