"""Parts of cells that slices are promised, or may have at the most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.precedence import Asked
from formulations.problem import Origin
from twins import TwinSnapshot
from twins.policy import SLICE


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

    @property
    def words(self) -> str:
        """Such as ``at least 0.6 of slice:1``."""
        least = "least" if self.is_floor else "most"
        return f"at {least} {self.value:g} of {self.name or 'everybody'}"


def asked_shares(asked: Sequence[Asked], snapshot: TwinSnapshot) -> list[Share]:
    """Shares as they are asked for, one for each slice or user that an item names."""
    found: list[Share] = []
    for item, hit in asked:
        if str(item.kind) != "slice_share":
            continue
        target = getattr(item, "target", item)
        is_floor = getattr(item, "bound", item.unit) == "min"
        for name in target.users or ("",):
            users = _members(name, snapshot, is_rule=target is item)
            found.append(Share(item, name, users, hit.cells, item.value, is_floor))
    return found


def slice_of(name: str, *, is_rule: bool) -> int | None:
    """Number of the slice that a name may stand for, or None.

    A slice is ``slice:N``, in a rule also ``slice-N``.
    """
    word = SLICE.fullmatch(name) if is_rule or name.startswith("slice:") else None
    return None if word is None else int(word[1])


def _members(name: str, snapshot: TwinSnapshot, *, is_rule: bool) -> np.ndarray:
    """Users (U,) bool that are meant by the name of a slice or user, empty: all."""
    if not name:
        return np.ones(snapshot.sizes.get("U", 0), bool)
    number = slice_of(name, is_rule=is_rule)
    if number is not None and snapshot.slice.size:
        return snapshot.slice == number
    return snapshot.user_id == name


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
