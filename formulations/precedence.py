"""Who has the last word where items or rules contradict each other."""

from collections.abc import Callable, Sequence
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


def strongest_first(
    asked: Sequence[Asked], role: Callable[[Any], int] = lambda _: 0
) -> list[Asked]:
    """Items and rules in the order in which they have the word.

    The higher priority; of equals a rule, as the policy cannot be set aside; whose
    author's ``role`` is higher; the harder word; what was said last.
    """
    firm = PREFERENCES.index("SHALL")

    def strength(place: int) -> tuple[int, bool, int, int, int]:
        item = asked[place][0]
        is_rule, word = not hasattr(item, "target"), str(item.value)
        hardness = PREFERENCES.index(word) if word in PREFERENCES else firm
        return rank(item), is_rule, role(item), hardness, place

    order = sorted(range(len(asked)), key=strength, reverse=True)
    return [asked[place] for place in order]


def settled_rates(asked: Sequence[Asked]) -> tuple[list[Asked], list[SetAside]]:
    """Items without the floors above a cap, or caps below a floor, that is stronger.

    Each for the users whom both concern. Bounds on delay count as floors.
    """
    users: dict[int, np.ndarray] = {}
    gone: list[SetAside] = []
    rates = [one for one in asked if str(one[0].kind) in (*FLOORS, "rate_cap")]
    size = 1 + max((int(hit.users.max(initial=-1)) for _, hit in rates), default=-1)
    said: list[tuple[Any, np.ndarray]] = []
    for item, hit in strongest_first(rates):
        left = np.zeros(size, bool)
        left[hit.users] = True
        for other, mask in said:
            if contradict(item, other):
                lost = np.flatnonzero(left & mask)
                left[lost] = False
                if lost.size:
                    gone.append(SetAside(item, lost, other, holds(other)))
        said.append((item, left))
        users[id(item)] = np.flatnonzero(left)
    kept = [
        (item, replace(hit, users=users.get(id(item), hit.users)))
        for item, hit in asked
    ]
    return kept, gone


def holds(item: Any) -> str:
    """Reason why another item does not hold."""
    value, unit = getattr(item, "value", None), getattr(item, "unit", "")
    said = "" if value is None else f" {value} {unit}".rstrip()
    return f"{item.kind}{said} holds"
