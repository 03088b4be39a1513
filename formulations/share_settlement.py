"""Which shares of slices hold beside stronger ones, cell by cell."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from formulations.precedence import Asked, SetAside, strongest_first
from formulations.slice_shares import Share, asked_shares
from twins import TwinSnapshot

ROUNDING = 1e-9
"""By which sums of shares may be off."""
Lost = tuple[Share, np.ndarray, Share]
"""A share, the cells (n,) in which it does not hold, and one that it clashes with."""


def shares_that_hold(
    asked: Sequence[Asked], snapshot: TwinSnapshot
) -> tuple[list[Share], list[SetAside]]:
    """Shares that can hold together, and what gave way to stronger ones.

    Of one item what it names first is the strongest.
    """
    kept, lost = settled_shares(asked_shares(strongest_first(asked), snapshot))
    gone: list[SetAside] = []
    for share, cells, to in lost:
        why = f"{to.words} holds in {', '.join(snapshot.cell_id[cells].tolist())}"
        gone.append(SetAside(share.item, np.flatnonzero(share.users), to.item, why))
    return kept, gone


def settled_shares(shares: Sequence[Share]) -> tuple[list[Share], list[Lost]]:
    """Shares with the cells in which they hold, and what gave way to stronger ones.

    In each cell a share holds if it can be kept together with all stronger ones that
    do: if what users have of the cell may be such that all floors and caps are kept.
    Shares are of the same if they have the same users; a user's is part of what his
    slice has, and who has no users needs nothing.

    Parameters
    ----------
    shares : sequence of Share
        The strongest first. Of two groups of users one contains the other, or nobody is
        in both.
    """
    if not shares:
        return [], []
    group, parent, is_whole = _nested([share.users for share in shares])
    last = max(int(share.cells.max(initial=0)) for share in shares)
    holds = np.zeros((len(shares), last + 1), bool)
    for row, share in zip(holds, shares, strict=True):
        row[share.cells] = True
    winner = np.full(holds.shape, -1)
    alike: dict[bytes, list[int]] = {}
    for b, column in enumerate(holds.T):
        alike.setdefault(column.tobytes(), []).append(b)
    for cells in alike.values():
        here = _Cell(shares, group, parent, is_whole)
        for n in np.flatnonzero(holds[:, cells[0]]).tolist():
            other = here.add(n)
            if other is not None:
                winner[n, cells] = other
    kept: list[Share] = []
    lost: list[Lost] = []
    for share, others in zip(shares, winner, strict=True):
        to = others[share.cells]
        kept.append(replace(share, cells=share.cells[to < 0]))
        for n in dict.fromkeys(to[to >= 0].tolist()):
            lost.append((share, share.cells[to == n], shares[n]))
    return kept, lost


def _nested(users: Sequence[np.ndarray]) -> tuple[list[int], list[int], list[bool]]:
    """Group of each of ``users``, -1 if nobody, and what contains each group.

    Groups come by size; the last is everybody, which nothing contains: -1. The third
    says whether all users of a group are in groups within it.
    """
    masks = {mask.tobytes(): mask for mask in (*users, np.ones_like(users[0]))}
    found = sorted((m for m in masks.values() if m.any()), key=np.count_nonzero)
    member = np.array(found, float).reshape(len(found), len(users[0]))
    size = member.sum(axis=1)
    inside = member @ member.T == size[:, None]
    above = np.triu(inside, 1)
    parent = np.where(above.any(axis=1), above.argmax(axis=1), -1)
    parts = np.bincount(parent[parent >= 0], size[parent >= 0], len(found))
    place = {mask.tobytes(): k for k, mask in enumerate(found)}
    group = [place.get(mask.tobytes(), -1) for mask in users]
    return group, parent.tolist(), (parts == size).tolist()


class _Cell:
    """Shares that hold in a cell, and what groups of users need and may have of it.

    As groups are nested, what a group may have in all is an interval: from the larger
    of its floor and what its parts need, to the smaller of its cap and what its parts
    may have, if nobody else is in it. Shares can be kept together where none of these
    is empty.

    Parameters
    ----------
    shares : sequence of Share
        Some of which hold.
    group : sequence of int
        Group of the users of each, -1 for nobody.
    parent : sequence of int
        Smallest group that contains each; -1 for the last, which is everybody.
    is_whole : sequence of bool
        Whether all users of a group are in its parts.
    """

    def __init__(
        self,
        shares: Sequence[Share],
        group: Sequence[int],
        parent: Sequence[int],
        is_whole: Sequence[bool],
    ) -> None:
        self._shares, self._group, self._parent = shares, group, parent
        size = len(parent)
        self._parts: list[list[int]] = [[] for _ in parent]
        for k, above in enumerate(parent[:-1]):
            self._parts[above].append(k)
        # the strictest shares of each group itself, and their values
        self._floor, self._cap = [-1] * size, [-1] * size
        self._least, self._most = [0.0] * size, [1.0] * size
        self._needed, self._possible = [0.0] * size, [1.0] * size
        self._inner_needed = [0.0] * size  # by the parts
        self._inner_possible = [
            float(len(parts)) if whole else np.inf
            for parts, whole in zip(self._parts, is_whole, strict=True)
        ]

    def add(self, n: int) -> int | None:
        """Let share ``n`` hold, or find one that it clashes with.

        Itself, if no cell has as much.
        """
        share, k = self._shares[n], self._group[n]
        if k < 0:
            return None
        own, limit = (
            (self._floor, self._least) if share.is_floor else (self._cap, self._most)
        )
        before = own[k], limit[k]
        if (share.value <= limit[k]) if share.is_floor else (share.value >= limit[k]):
            return None
        own[k], limit[k] = n, share.value
        clash = self._spread(k)
        if clash is None:
            return None
        other = self._clashes(n, clash)
        own[k], limit[k] = before
        self._spread(k)
        return other

    def _spread(self, k: int) -> int | None:
        """Renew what a group and those above it need and may have.

        Returns the first of them whose interval becomes empty, if there is one.
        """
        clash = None
        while k >= 0:
            needed = max(self._least[k], self._inner_needed[k])
            possible = min(self._most[k], self._inner_possible[k])
            more, room = needed - self._needed[k], possible - self._possible[k]
            if more == room == 0.0:
                break
            self._needed[k], self._possible[k] = needed, possible
            if clash is None and needed > possible + ROUNDING:
                clash = k
            k = self._parent[k]
            if k >= 0:
                self._inner_needed[k] += more
                self._inner_possible[k] += room
        return clash

    def _clashes(self, n: int, k: int) -> int:
        """Cap, or else largest floor, that share ``n`` empties a group's interval by.

        Of equals the strongest; ``n`` itself if there is none.
        """
        caps, floors = self._caps(k), [m for m in self._floors(k) if m != n]
        if self._shares[n].is_floor and caps:
            return min(caps, key=lambda m: (self._shares[m].value, m))
        return max(floors, key=lambda m: (self._shares[m].value, -m), default=n)

    def _floors(self, k: int) -> list[int]:
        """Floors by which a group needs what it does."""
        if self._needed[k] > self._inner_needed[k]:
            return [self._floor[k]]
        return [n for part in self._parts[k] for n in self._floors(part)]

    def _caps(self, k: int) -> list[int]:
        """Caps by which a group may have no more than it may."""
        if self._possible[k] < self._inner_possible[k]:
            return [self._cap[k]] if self._cap[k] >= 0 else []
        return [n for part in self._parts[k] for n in self._caps(part)]
