"""Items that contradict each other as they stand, found without a solver."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations import UserAssociation, compose
from formulations.context import asked_of
from formulations.precedence import FLOORS, Asked, contradict
from formulations.problem import Problem
from formulations.slice_shares import ALL, Share, settled_shares
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport


def is_contradictory(
    snapshot: TwinSnapshot, report: "ContextReport", problem: type[Problem]
) -> bool:
    """Whether items and rules that hold at the snapshot's time exclude each other.

    Floors and bounds on delay above caps, and shares of slices that do not fit
    together, for any problem; for ``UserAssociation`` also users who must be served, or
    have a floor, and may be by no cell, and items that ask so for users of whom none
    has such a cell in service and as a candidate.
    """
    asked = asked_of(snapshot, report)
    if _rates_contradict(asked) or _shares_contradict(snapshot, asked):
        return True
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
    cells: dict[int, list[Share]] = {}
    for share in shares_of(asked, snapshot):
        for cell in share.cells.tolist():
            cells.setdefault(cell, []).append(share)
    return any(
        exclude(here)
        and not exclude([s for s in here if not hasattr(s.item, "target")])
        for here in cells.values()
    )


def shares_of(asked: Sequence[Asked], snapshot: TwinSnapshot) -> list[Share]:
    """Shares of slices as they are asked for, whatever they exclude."""
    return [share for one in asked for share in settled_shares([one], snapshot)[0]]


def exclude(shares: Sequence[Share]) -> bool:
    """Whether floors of one cell are more than all of it, or than a cap leaves.

    Slices are compared by their users: a cap holds for the floors of all who are
    within, and of floors one within another only the larger counts.
    """
    floors = [one for one in shares if one.is_floor and one.users.any()]
    if not floors:
        return False
    users = np.array([one.users for one in floors], float)
    caps = [(one.users, one.value) for one in shares if not one.is_floor]
    for members, most in [(np.ones(users.shape[1], bool), 1.0), *caps]:
        within = np.flatnonzero(users @ ~members == 0)
        if within.size and _promised([floors[place] for place in within]) > most * ALL:
            return True
    return False


def _promised(floors: Sequence[Share]) -> float:
    """Part of a cell that floors need together."""
    if np.sum([one.users for one in floors], axis=0).max() <= 1:
        return sum(one.value for one in floors)
    needed: list[tuple[np.ndarray, float]] = []
    for floor in sorted(floors, key=lambda one: int(one.users.sum())):
        within = [not (users & ~floor.users).any() for users, _ in needed]
        inner = [part for (_, part), is_in in zip(needed, within, strict=True) if is_in]
        needed = [one for one, is_in in zip(needed, within, strict=True) if not is_in]
        needed.append((floor.users, max(floor.value, sum(inner))))
    return sum(part for _, part in needed)


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
