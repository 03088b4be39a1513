"""Parts of cells that slices are promised, or may have at the most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.precedence import Asked, SetAside, rank
from formulations.problem import Origin
from twins import TwinSnapshot
from twins.policy import SLICE

ROUNDING = 1e-9
"""By which sums of shares may be off."""
ALL = 1.0 + ROUNDING
"""Shares of a cell that slices may be promised together."""


@dataclass(frozen=True, eq=False)
class Share:
    """What one item says of one slice.

    Attributes
    ----------
    item : ContextItem or PolicyRule
        Who says so.
    name : str
        Of the slice or user; empty: of everybody.
    users : (U,) bool
        Who is in it.
    cells : (n,) int
        Where it holds.
    value : float
        Part of a cell.
    is_floor : bool
        Whether it is the least, else the most.
    """

    item: Any
    name: str
    users: np.ndarray
    cells: np.ndarray
    value: float
    is_floor: bool


def settled_shares(
    asked: Sequence[Asked], snapshot: TwinSnapshot
) -> tuple[list[Share], list[SetAside]]:
    """Shares that hold, the strongest first, and what gave way to higher priorities.

    A floor gives way in cells where stronger floors of others leave less, or a stronger
    cap of whom it is for is below it, and a cap where stronger floors of whom it is for
    need more. Shares are of the same if they have the same users; a user's is part of
    what his slice is promised, and who has no users needs nothing. Of equals both stay.
    """
    said = [one for one in asked if str(one[0].kind) == "slice_share"]
    kept: list[Share] = []
    gone: list[SetAside] = []
    for item, hit in sorted(said, key=lambda one: -rank(one[0])):
        target = getattr(item, "target", item)
        stronger = [one for one in kept if rank(one.item) > rank(item)]
        for name in target.users or ("",):
            users = _members(name, snapshot, is_rule=target is item)
            bound = getattr(item, "bound", item.unit)
            share = Share(item, name, users, hit.cells, item.value, bound == "min")
            lost = _winners(share, stronger)
            free = [b for b, to in lost.items() if to is None]
            kept.append(replace(share, cells=np.array(free, np.intp)))
            for to in {id(one): one for one in lost.values() if one}.values():
                where = [b for b, one in lost.items() if one is to]
                names = ", ".join(str(snapshot.cell_id[b]) for b in where)
                why = f"{_words(to)} holds in {names}"
                gone.append(SetAside(item, np.flatnonzero(users), to.item, why))
    return kept, gone


def _members(name: str, snapshot: TwinSnapshot, *, is_rule: bool) -> np.ndarray:
    """Users (U,) bool that are meant by a name of a slice, or a user.

    A slice is ``slice:N``, in a rule also ``slice-N``.
    """
    if not name:
        return np.ones(snapshot.sizes.get("U", 0), bool)
    word = SLICE.fullmatch(name) if is_rule or name.startswith("slice:") else None
    if word and snapshot.slice.size:
        return snapshot.slice == int(word[1])
    return snapshot.user_id == name


def _winners(share: Share, stronger: Sequence[Share]) -> dict[int, Share | None]:
    """By cell of a share, a stronger one that leaves no room for it there."""
    covers = np.zeros((len(stronger), len(share.cells)), bool)
    for row, one in zip(covers, stronger, strict=True):
        row[:] = np.isin(share.cells, one.cells)
    found: dict[bytes, Share | None] = {}
    winners: dict[int, Share | None] = {}
    for b, here in zip(share.cells.tolist(), covers.T, strict=True):
        key = here.tobytes()
        if key not in found:
            present = zip(stronger, here, strict=True)
            found[key] = _winner(share, [one for one, is_here in present if is_here])
        winners[b] = found[key]
    return winners


def _winner(share: Share, stronger: Sequence[Share]) -> Share | None:
    """The one of ``stronger`` in a cell that leaves no room for another there."""
    floors = [one for one in stronger if one.is_floor]
    if not share.is_floor:
        needed = _disjoint([one for one in floors if _is_within(one, share)])
        least = sum(one.value for one in needed)
        return max(needed, key=_value) if least > share.value + ROUNDING else None
    caps = [one for one in stronger if not one.is_floor and _is_within(share, one)]
    for cap in (*caps, None):
        inside = [one for one in floors if cap is None or _is_within(one, cap)]
        before, after = _disjoint(inside), _disjoint([*inside, share])
        needed = sum(one.value for one in after)
        most = ALL if cap is None else cap.value + ROUNDING
        if needed > most and needed > sum(one.value for one in before):
            return cap or max((o for o in after if o is not share), key=_value)
    return None


def _disjoint(floors: Sequence[Share]) -> list[Share]:
    """Floors of different users that need the most together.

    Everybody contains slices and these users, so what is inside of a floor counts if
    it needs more.
    """
    chosen: list[Share] = []
    for one in sorted(floors, key=lambda one: int(one.users.sum())):
        inside = [other for other in chosen if (other.users & one.users).any()]
        if one.users.any() and sum(other.value for other in inside) < one.value:
            chosen = [other for other in chosen if other not in inside] + [one]
    return chosen


def _is_within(one: Share, other: Share) -> bool:
    """Whether all users of one are of the other."""
    return bool((other.users | ~one.users).all())


def _value(share: Share) -> float:
    return share.value


def _words(share: Share) -> str:
    """Such as ``at least 0.6 of slice:1``."""
    least = "least" if share.is_floor else "most"
    return f"at {least} {share.value:g} of {share.name or 'everybody'}"


def group_limits(
    shares: Sequence[Share], room: np.ndarray, use: np.ndarray, field: str
) -> tuple[np.ndarray, np.ndarray, Origin]:
    """Groups (G, U) of users, what each may take (G, B) of cells, and who says so.

    The most that a slice may have limits its users; the least that it is promised
    limits all others, so that it stays free for it: no more than its users could use
    there, so what it cannot need is there for others.

    Parameters
    ----------
    shares : sequence of Share
        The strongest first.
    room : (B,)
        What there is of each cell.
    use : (U, B)
        What each user could take of each cell, 0 where nothing.
    field : str
        Of the origin.
    """
    rows: dict[tuple[bytes, bool], int] = {}
    groups: list[np.ndarray] = []
    limits: list[np.ndarray] = []
    behind: dict[tuple[int, int], Any] = {}
    for share in shares:
        could = use[share.users].sum(axis=0)
        left = room - np.minimum(share.value * room, could)
        limit = left if share.is_floor else share.value * room
        cells = share.cells[(limit < room)[share.cells]]
        group = ~share.users if share.is_floor else share.users
        if not (cells.size and group.any()):
            continue
        row = rows.setdefault((share.users.tobytes(), share.is_floor), len(rows))
        if row == len(groups):
            groups.append(group)
            limits.append(np.full(len(room), np.inf))
        for cell in cells[limit[cells] < limits[row][cells]].tolist():
            limits[row][cell] = limit[cell]
            behind[row, cell] = share.item
    if not groups:
        return np.zeros((0, len(use)), bool), np.zeros((0, len(room))), {}
    return np.array(groups), np.array(limits), {field: list(behind.items())}
