"""Which preferences of cells hold beside stronger ones, user by user."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.candidate_cells import NEEDED, candidate_cells
from formulations.precedence import Affected, Asked, SetAside, holds, strongest_first

if TYPE_CHECKING:
    from formulations.context import Network

NOBODY = -1
OUT = "the cell is out of service"
WEAK = "the cell is no candidate: too weak, or not enough for the floor"
Preferences = dict[tuple[int, int], tuple[str, Any]]


def settled_preferences(
    asked: Sequence[Asked], network: "Network"
) -> tuple[Preferences, list[SetAside]]:
    """Word that holds for each user and cell, and the items that gave way.

    The strongest first, a SHALL or FORBID holds for a user to whom it leaves, beside
    the stronger ones, a cell in service that is a candidate, if a SHALL of them does.
    A FORBID that no SHALL opposes may leave none. PREFER gives way to what excludes it.

    Parameters
    ----------
    asked : sequence of (item, Affected)
        Preferences, of items and rules.
    network : Network
        With outages, limits and floors.
    """
    if not asked:
        return {}, []
    found = _Words(network)
    for item, hit in strongest_first(asked):
        found.add(item, hit)
    return found.preference(), found.set_aside()


class _Words:
    """What holds for users and cells, as items come, the strongest first."""

    def __init__(self, network: "Network") -> None:
        users, cells = len(network.admitted), len(network.alive)
        self._network = network
        self._able = np.tile(network.alive, (users, 1))
        if all(getattr(network.snapshot, name).size for name in NEEDED):
            self._able &= candidate_cells(network, None)[0]
        self._items: list[Any] = []
        # numbers of the items that first say so of a user and a cell
        self._excludes, self._forbids, self._prefers, self._avoids = np.full(
            (4, users, cells), NOBODY
        )
        self._promises = np.full(users, NOBODY)
        self._lost: dict[tuple[int, int, str], tuple[Any, Any, list[int]]] = {}

    def add(self, item: Any, hit: Affected) -> None:
        """Let an item say its word for those for whom it can hold."""
        here = np.zeros(len(self._network.alive), bool)
        here[hit.cells] = True
        self._items.append(item)
        getattr(self, f"_{item.value}".lower())(hit.users, here)

    def _shall(self, users: np.ndarray, here: np.ndarray) -> None:
        left = here & (self._excludes[users] == NOBODY)
        holds = (left & self._able[users]).any(axis=1)
        kept = users[holds]
        self._note(self._excludes, kept, ~here)
        self._promises[kept[self._promises[kept] == NOBODY]] = len(self._items) - 1
        for user, cells in zip(users[~holds], left[~holds], strict=True):
            dead = np.flatnonzero(cells & ~self._network.alive)
            if dead.size:
                behind = self._network.by("alive", int(dead[0]))
                self._give_way(user, next(iter(behind), None), OUT)
            elif cells.any() or not here.any():
                self._give_way(user, None, WEAK)
            else:
                self._give_way(user, self._items[self._excludes[user, here].max()])

    def _forbid(self, users: np.ndarray, here: np.ndarray) -> None:
        shut = here & (self._prefers[users] == NOBODY)
        free = (self._excludes[users] == NOBODY) & self._able[users]
        stuck = (self._promises[users] != NOBODY) & ~(free & ~shut).any(axis=1)
        self._note(self._excludes, users[~stuck], shut[~stuck])
        self._note(self._forbids, users[~stuck], shut[~stuck])
        for user in users[stuck]:
            others = self._excludes[user, self._able[user] & ~here]
            last = others.max(initial=int(self._promises[user]))
            self._give_way(user, self._items[last])
        self._yield(users[~stuck], here, self._prefers)

    def _prefer(self, users: np.ndarray, here: np.ndarray) -> None:
        free = here & (self._excludes[users] == NOBODY)
        stuck = (self._promises[users] != NOBODY) & ~free.any(axis=1)
        for user in users[stuck]:
            self._give_way(user, self._items[self._promises[user]])
        users = users[~stuck]
        self._yield(users, here, self._forbids)
        self._yield(users, here, self._avoids)
        open_ = (self._forbids[users] == NOBODY) & (self._avoids[users] == NOBODY)
        self._note(self._prefers, users, here & open_)

    def _avoid(self, users: np.ndarray, here: np.ndarray) -> None:
        self._yield(users, here, self._prefers)
        open_ = (self._prefers[users] == NOBODY) & (self._forbids[users] == NOBODY)
        self._note(self._avoids, users, here & open_)

    def _note(self, array: np.ndarray, users: np.ndarray, cells: np.ndarray) -> None:
        """Say that the latest item is the first to say so, where none did before."""
        rows = array[users]
        array[users] = np.where(cells & (rows == NOBODY), len(self._items) - 1, rows)

    def _yield(self, users: np.ndarray, here: np.ndarray, array: np.ndarray) -> None:
        """Give way to what other items say of some of the same cells."""
        said = np.where(here, array[users], NOBODY)
        for user, others in zip(users, said, strict=True):
            for n in np.unique(others[others != NOBODY]).tolist():
                self._give_way(user, self._items[n])

    def _give_way(self, user: int, to: Any, reason: str = "") -> None:
        """Note that the latest item does not hold for a user."""
        item, reason = self._items[-1], reason if to is None else holds(to)
        key = len(self._items), id(to), reason
        self._lost.setdefault(key, (item, to, []))[2].append(int(user))

    def set_aside(self) -> list[SetAside]:
        """What gave way."""
        return [
            SetAside(item, np.array(users), to, reason)
            for (*_, reason), (item, to, users) in self._lost.items()
        ]

    def preference(self) -> Preferences:
        """Word and item by user and cell."""
        found: Preferences = {}
        chosen = (self._excludes == NOBODY) & (self._promises != NOBODY)[:, None]
        promises = np.where(chosen, self._promises[:, None], NOBODY)
        for word, array in (
            ("AVOID", self._avoids),
            ("PREFER", self._prefers),
            ("FORBID", self._forbids),
            ("SHALL", promises),
        ):
            for user, cell in np.argwhere(array != NOBODY).tolist():
                found[user, cell] = word, self._items[array[user, cell]]
        return found
