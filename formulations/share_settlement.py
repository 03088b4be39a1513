"""Which shares of slices hold beside stronger ones, cell by cell."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from formulations.precedence import PRIORITIES, Asked, SetAside, rank
from formulations.slice_shares import Share, asked_shares
from twins import TwinSnapshot

ROUNDING = 1e-9
"""By which sums of shares may be off."""
Lost = tuple[Share, np.ndarray, Share]
"""A share, the cells (n,) in which it does not hold, and the stronger one there."""


def shares_by_priority(
    asked: Sequence[Asked], snapshot: TwinSnapshot
) -> tuple[list[Share], list[SetAside]]:
    """Shares that hold, and what gave way to higher priorities; equals both stay."""
    shares = asked_shares(asked, snapshot)
    ranks = reversed(range(len(PRIORITIES)))
    tiers = ([one for one in shares if rank(one.item) == own] for own in ranks)
    kept, lost = settled_shares(tiers)
    gone: list[SetAside] = []
    for share, cells, to in lost:
        why = f"{to.words} holds in {', '.join(snapshot.cell_id[cells].tolist())}"
        gone.append(SetAside(share.item, np.flatnonzero(share.users), to.item, why))
    return kept, gone


def settled_shares(tiers: Iterable[Sequence[Share]]) -> tuple[list[Share], list[Lost]]:
    """Shares with the cells in which they hold, and what gave way to stronger ones.

    A floor gives way in cells where stronger floors of others leave less, or a stronger
    cap of whom it is for is below it, and a cap where stronger floors of whom it is for
    need more. Shares are of the same if they have the same users; a user's is part of
    what his slice is promised, and who has no users needs nothing.

    Parameters
    ----------
    tiers : iterable of sequences of Share
        The strongest first. Those of one tier are equals, which do not displace each
        other. Of two groups of users one contains the other, or nobody is in both.
    """
    placed = [(place, share) for place, tier in enumerate(tiers) for share in tier]
    if not placed:
        return [], []
    shares = [share for _, share in placed]
    group, parent = _nested([share.users for share in shares])
    last = max(int(share.cells.max(initial=0)) for share in shares)
    holds = np.zeros((len(shares), last + 1), bool)
    for row, share in zip(holds, shares, strict=True):
        row[share.cells] = True
    winner = np.full(holds.shape, -1)
    alike: dict[bytes, list[int]] = {}
    for b, column in enumerate(holds.T):
        alike.setdefault(column.tobytes(), []).append(b)
    for cells in alike.values():
        here = _Cell(shares, group, parent)
        present = np.flatnonzero(holds[:, cells[0]]).tolist()
        for _, equals in groupby(present, lambda n: placed[n][0]):
            found = {n: here.in_the_way(n) for n in equals}
            for n, other in found.items():
                if other is None:
                    here.add(n)
                else:
                    winner[n, cells] = other
    kept: list[Share] = []
    lost: list[Lost] = []
    for share, others in zip(shares, winner, strict=True):
        to = others[share.cells]
        kept.append(replace(share, cells=share.cells[to < 0]))
        for n in dict.fromkeys(to[to >= 0].tolist()):
            lost.append((share, share.cells[to == n], shares[n]))
    return kept, lost


def _nested(users: Sequence[np.ndarray]) -> tuple[list[int], list[int]]:
    """Group of each of ``users``, -1 if nobody, and what contains each group.

    Groups come by size; the last is everybody, which nothing contains: -1.
    """
    masks = {mask.tobytes(): mask for mask in (*users, np.ones_like(users[0]))}
    found = sorted((m for m in masks.values() if m.any()), key=np.count_nonzero)
    member = np.array(found, float).reshape(len(found), len(users[0]))
    inside = member @ member.T == member.sum(axis=1)[:, None]
    above = np.triu(inside, 1)
    parent = np.where(above.any(axis=1), above.argmax(axis=1), -1)
    place = {mask.tobytes(): k for k, mask in enumerate(found)}
    return [place.get(mask.tobytes(), -1) for mask in users], parent.tolist()


class _Cell:
    """Shares that hold in a cell, and what groups of users need of it by them.

    Parameters
    ----------
    shares : sequence of Share
        Some of which hold.
    group : sequence of int
        Group of the users of each, -1 for nobody.
    parent : sequence of int
        Smallest group that contains each; -1 for the last, which is everybody.
    """

    def __init__(
        self, shares: Sequence[Share], group: Sequence[int], parent: Sequence[int]
    ) -> None:
        self._shares, self._group, self._parent = shares, group, parent
        self._inside: list[list[int]] = [[] for _ in parent]  # that need anything
        self._floor = [-1] * len(parent)  # the largest of the group itself
        self._least = [0.0] * len(parent)  # its value
        self._inner = [0.0] * len(parent)  # what the groups inside need together
        self._needed = [0.0] * len(parent)  # the larger of the two
        self._caps: list[int] = []

    def add(self, n: int) -> None:
        """Let share ``n`` hold."""
        share, k = self._shares[n], self._group[n]
        if k < 0:
            return
        if not share.is_floor:
            self._caps.append(n)
            return
        for group, needed in self._raised(n).items():
            above, before = self._parent[group], self._needed[group]
            self._needed[group] = needed
            if above >= 0:
                self._inner[above] += needed - before
                self._inside[above] += [] if before else [group]
        if share.value > self._least[k]:
            self._floor[k], self._least[k] = n, share.value

    def in_the_way(self, n: int) -> int | None:
        """Share that leaves no room for share ``n``, itself if no cell has as much."""
        share, k = self._shares[n], self._group[n]
        if k < 0:
            return None
        if not share.is_floor:
            is_needed = self._needed[k] > share.value + ROUNDING
            return self._largest(self._counted(k)) if is_needed else None
        raised = self._raised(n)
        for cap in self._caps:
            most = self._shares[cap].value + ROUNDING
            if raised.get(self._group[cap], 0.0) > most:
                return cap
        everybody = len(self._parent) - 1
        if raised.get(everybody, 0.0) <= 1.0 + ROUNDING:
            return None
        others = self._counted(everybody, list(raised))
        return self._largest(others) if others else n

    def _raised(self, n: int) -> dict[int, float]:
        """What groups need beside a floor ``n``, where that is more than now."""
        k, needed = self._group[n], self._shares[n].value
        raised: dict[int, float] = {}
        while k >= 0 and needed > self._needed[k]:
            raised[k] = needed
            more, k = needed - self._needed[k], self._parent[k]
            needed = max(self._least[k], self._inner[k] + more)
        return raised

    def _counted(self, k: int, raised: Sequence[int] = ()) -> list[int]:
        """Floors of different users that a group needs the most by.

        What is inside of a group counts if it needs more than the group's own. Beside
        one more floor, which is for the first of the groups that it has ``raised``,
        those that it replaces do not.
        """
        if k in raised[:1]:
            return []
        if (
            k not in raised
            and self._floor[k] >= 0
            and self._least[k] >= self._needed[k]
        ):
            return [self._floor[k]]
        return [n for part in self._inside[k] for n in self._counted(part, raised)]

    def _largest(self, floors: Sequence[int]) -> int:
        """Largest of some shares, of equals the strongest."""
        return max(floors, key=lambda n: (self._shares[n].value, -n))
