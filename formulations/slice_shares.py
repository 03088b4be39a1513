"""Parts of cells that slices are promised, or may have at the most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.precedence import Asked, SetAside, rank
from formulations.problem import Origin
from twins import TwinSnapshot
from twins.policy import SLICE

ALL = 1.0 + 1e-9
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

    A floor gives way in cells where stronger floors leave less, or a stronger cap of
    its slice is below it, and a cap where a stronger floor is above it. Of equals both
    stay.
    """
    said = [one for one in asked if str(one[0].kind) == "slice_share"]
    kept: list[Share] = []
    gone: list[SetAside] = []
    for item, hit in sorted(said, key=lambda one: -rank(one[0])):
        target = getattr(item, "target", item)
        for name in target.users or ("",):
            users = _members(name, snapshot)
            bound = getattr(item, "bound", item.unit)
            share = Share(item, name, users, hit.cells, item.value, bound == "min")
            lost = {b: _winner(share, b, kept) for b in hit.cells.tolist()}
            free = [b for b, to in lost.items() if to is None]
            kept.append(replace(share, cells=np.array(free, np.intp)))
            for to in {id(one): one for one in lost.values() if one}.values():
                where = [b for b, one in lost.items() if one is to]
                names = ", ".join(str(snapshot.cell_id[b]) for b in where)
                why = f"{_words(to)} holds in {names}"
                gone.append(SetAside(item, np.flatnonzero(users), to.item, why))
    return kept, gone


def _members(name: str, snapshot: TwinSnapshot) -> np.ndarray:
    """Users (U,) bool that are meant by a name of a slice, or a user."""
    word = SLICE.fullmatch(name)
    if not name:
        return np.ones(snapshot.sizes.get("U", 0), bool)
    if word and snapshot.slice.size:
        return snapshot.slice == int(word[1])
    return snapshot.user_id == name


def _winner(share: Share, cell: int, kept: Sequence[Share]) -> Share | None:
    """Stronger share that leaves no room for another in a cell."""
    stronger = [
        one for one in kept if rank(one.item) > rank(share.item) and cell in one.cells
    ]
    for one in stronger:
        low, high = (share, one) if share.is_floor else (one, share)
        is_pair = low.is_floor and not high.is_floor
        if is_pair and (one.users == share.users).all() and low.value > high.value:
            return one
    others: dict[str, Share] = {}
    for one in stronger:
        if one.is_floor and one.name != share.name:
            best = others.get(one.name)
            others[one.name] = one if best is None or one.value > best.value else best
    promised = sum(one.value for one in others.values())
    if share.is_floor and others and promised + share.value > ALL:
        return max(others.values(), key=lambda one: one.value)
    return None


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
    rows: dict[tuple[str, bool], int] = {}
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
        row = rows.setdefault((share.name, share.is_floor), len(rows))
        if row == len(groups):
            groups.append(group)
            limits.append(np.full(len(room), np.inf))
        for cell in cells[limit[cells] < limits[row][cells]].tolist():
            limits[row][cell] = limit[cell]
            behind[row, cell] = share.item
    if not groups:
        return np.zeros((0, len(use)), bool), np.zeros((0, len(room))), {}
    return np.array(groups), np.array(limits), {field: list(behind.items())}
