"""Who has the last word where items or rules contradict each other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formulations.delay import rate_beyond_demand

PRIORITIES = ("wish", "sla", "safety", "regulation")
"""From the lowest."""
RULE_PRIORITY = "sla"
"""Of a rule of the twins' policy, which has none of its own."""
PREFERENCES = ("PREFER", "AVOID", "SHALL", "FORBID")
"""From the softest to the hardest: of equal priorities the harder one holds."""
FLOORS = ("rate_floor", "latency_bound")
"""Kinds that ask for a rate."""


@dataclass(frozen=True)
class Affected:
    """Indices that an item's target stands for, and whether it names any at all."""

    cells: np.ndarray
    users: np.ndarray
    receivers: np.ndarray
    names_cells: bool
    names_users: bool


@dataclass(frozen=True, eq=False)
class SetAside:
    """An item that does not hold for some users.

    Attributes
    ----------
    item : ContextItem or PolicyRule
        What gives way.
    users : (n,) int
        For whom.
    to : ContextItem, PolicyRule or None
        What holds instead, if it was said.
    reason : str
        Why.
    """

    item: Any
    users: np.ndarray
    to: Any
    reason: str


Asked = tuple[Any, Affected]
Preferences = dict[tuple[int, int], tuple[str, Any]]


def rank(item: Any) -> int:
    """Position of an item's priority, higher for the stronger."""
    return PRIORITIES.index(getattr(item, "priority", RULE_PRIORITY))


def least_rate(item: Any) -> float:
    """Rate in bit/s below which a floor, or a bound on delay, holds for nobody."""
    if str(item.kind) == "latency_bound":
        return rate_beyond_demand(item.value)
    return item.value


def contradict(one: Any, other: Any) -> bool:
    """Whether one is a cap and the other a floor, or bound on delay, that needs more.

    A bound on delay can hold below a cap whatever the demand: of what is sent, as
    the cap bounds that.
    """
    if one.kind == "rate_cap":
        one, other = other, one
    if other.kind != "rate_cap" or one.kind not in FLOORS:
        return False
    return least_rate(one) > other.value


def settled_rates(asked: Sequence[Asked]) -> tuple[list[Asked], list[SetAside]]:
    """Items without the floors above a cap, or caps below a floor, that weighs more.

    Each for the users whom both concern; of equals both stay. Bounds on delay count as
    floors.
    """
    users: dict[int, np.ndarray] = {}
    gone: list[SetAside] = []
    rates = [one for one in asked if str(one[0].kind) in (*FLOORS, "rate_cap")]
    rates.sort(key=lambda one: -rank(one[0]))
    size = 1 + max((int(hit.users.max(initial=-1)) for _, hit in rates), default=-1)
    holds: list[tuple[Any, int, np.ndarray]] = []
    for item, hit in rates:
        left, own = np.zeros(size, bool), rank(item)
        left[hit.users] = True
        for other, weight, mask in holds:
            if weight > own and contradict(item, other):
                lost = np.flatnonzero(left & mask)
                left[lost] = False
                if lost.size:
                    gone.append(SetAside(item, lost, other, _holds(other)))
        holds.append((item, own, left))
        users[id(item)] = np.flatnonzero(left)
    kept = [
        (item, replace(hit, users=users.get(id(item), hit.users)))
        for item, hit in asked
    ]
    return kept, gone


def _holds(item: Any) -> str:
    """Reason why another item does not hold."""
    value, unit = getattr(item, "value", None), getattr(item, "unit", "")
    said = "" if value is None else f" {value} {unit}".rstrip()
    return f"{item.kind}{said} holds"


class Settlement:
    """Words that hold for users and cells, as items come, the strongest first.

    Attributes
    ----------
    preference : dict
        Word and item by (user, cell).
    """

    def __init__(self, alive: np.ndarray, behind: Callable[[int], list[Any]]) -> None:
        self.alive, self.behind = alive, behind
        self.preference: Preferences = {}
        self._chosen: dict[int, set[int]] = {}  # cells that a user's SHALLs leave
        self._holder: dict[int, Any] = {}  # the first of those SHALLs
        self._lost: dict[tuple[int, int], tuple[Any, Any, set[int]]] = {}

    @property
    def set_aside(self) -> list[SetAside]:
        """What gave way."""
        out = "the cell is out of service"
        return [
            SetAside(item, np.array(sorted(users)), to, _holds(to) if to else out)
            for item, to, users in self._lost.values()
        ]

    def add(self, word: str, item: Any, user: int, cells: Iterable[int]) -> None:
        """Let a weaker item say its word, as far as stronger ones leave it."""
        if word == "SHALL":
            self._choose(item, user, set(cells))
            return
        chosen = self._chosen.get(user)
        reached = set(cells)
        if chosen and word == "FORBID":
            if chosen <= reached:
                self._give_way(item, self._holder[user], user)
                return
            self._chosen[user] = chosen - reached
        if chosen and word == "PREFER" and not chosen & reached:
            self._give_way(item, self._holder[user], user)
            return
        for cell in reached:
            before, holder = self.preference.get((user, cell), ("", None))
            if before and before != word and "PREFER" in (before, word):
                self._give_way(item, holder, user)
            elif not before or (word, before) == ("FORBID", "AVOID"):
                self.preference[user, cell] = word, item

    def _choose(self, item: Any, user: int, cells: set[int]) -> None:
        """Narrow what may serve a user; equals for different cells leave all."""
        forbidden = {c for c in cells if self._word(user, c) == "FORBID"}
        left = {c for c in cells - forbidden if self.alive[c]}
        if not left:
            dead = [c for c in cells - forbidden if not self.alive[c]]
            if dead:
                to = next(iter(self.behind(min(dead))), None)
            else:
                to = self.preference[user, min(forbidden)][1]
            self._give_way(item, to, user)
            return
        chosen = self._chosen.get(user, left)
        holder = self._holder.setdefault(user, item)
        if left & chosen:
            self._chosen[user] = left & chosen
        elif rank(holder) == rank(item):
            self._chosen[user] = left | chosen
        else:
            self._give_way(item, holder, user)

    def finish(self) -> None:
        """Write down the cells that SHALLs left."""
        for user, cells in self._chosen.items():
            for cell in cells:
                self.preference[user, cell] = "SHALL", self._holder[user]

    def _word(self, user: int, cell: int) -> str:
        return self.preference.get((user, cell), ("", None))[0]

    def _give_way(self, item: Any, to: Any, user: int) -> None:
        self._lost.setdefault((id(item), id(to)), (item, to, set()))[2].add(user)


def settled_preferences(
    asked: Sequence[Asked], alive: np.ndarray, behind: Callable[[int], list[Any]]
) -> tuple[Preferences, list[SetAside]]:
    """Word that holds for each user and cell, and the items that gave way.

    The higher priority holds, of equal ones the harder word. A SHALL that no cell is
    left for gives way; those of one priority for different cells leave all of them.

    Parameters
    ----------
    asked : sequence of (item, Affected)
        Preferences, of items and rules.
    alive : (B,)
        Cells in service.
    behind : callable
        Items that took a cell out of service.
    """
    settlement = Settlement(alive, behind)
    for item, hit in sorted(asked, key=_strength, reverse=True):
        cells = hit.cells.tolist()
        for user in hit.users.tolist():
            settlement.add(str(item.value), item, user, cells)
    settlement.finish()
    return settlement.preference, settlement.set_aside


def _strength(one: Asked) -> tuple[int, int, list[int]]:
    """Priority and hardness of a preference; cells, so that order does not matter."""
    item, hit = one
    return rank(item), PREFERENCES.index(str(item.value)), hit.cells.tolist()
