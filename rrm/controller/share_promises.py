"""Shares of slices that can hold together, the strongest first, cell by cell."""

from collections.abc import Iterator, Sequence
from typing import Any

from formulations.precedence import Affected
from formulations.slice_shares import Share
from rrm.contradictions import exclude, shares_of
from twins import TwinSnapshot

Here = dict[tuple[bytes, bool], Share]


class SharePromises:
    """What stronger items promised slices of each cell.

    Parameters
    ----------
    snapshot : TwinSnapshot
        With the users of each slice.
    """

    def __init__(self, snapshot: TwinSnapshot) -> None:
        self._snapshot = snapshot
        self._kept: dict[int, Here] = {}

    def take(self, item: Any, hit: Affected) -> Iterator[tuple[list[int], Any]]:
        """Take an item in those cells in which it can hold.

        Yields
        ------
        cells : list of int
            In which it cannot.
        item
            Stronger one that is in its way there; itself, if it excludes itself.
        """
        shares = shares_of([(item, hit)], self._snapshot)
        found: dict[tuple[int, ...], Any] = {}
        lost: dict[int, tuple[list[int], Any]] = {}
        for cell in hit.cells.tolist():
            here = self._kept.setdefault(cell, {})
            key = tuple(map(id, here.values()))  # often the same in all cells
            if key not in found:
                found[key] = _in_the_way(list(here.values()), shares, item)
            other = found[key]
            if other is None:
                _keep(here, shares)
            else:
                lost.setdefault(id(other), ([], other))[0].append(cell)
        yield from lost.values()


def _in_the_way(kept: Sequence[Share], shares: Sequence[Share], item: Any) -> Any:
    """Item of a share that is kept and excludes others, ``item`` itself, or None."""
    if not exclude([*kept, *shares]):
        return None
    if exclude(shares):
        return item
    alone = [one for one in kept if exclude([one, *shares])]
    floors = [one for one in kept if one.is_floor]
    return max(alone or floors or kept, key=lambda one: one.value).item


def _keep(here: Here, shares: Sequence[Share]) -> None:
    """Add shares, of each slice the largest floor and the smallest cap."""
    for share in shares:
        key = share.users.tobytes(), share.is_floor
        sign = 1 if share.is_floor else -1
        other = here.get(key)
        if other is None or sign * share.value > sign * other.value:
            here[key] = share
