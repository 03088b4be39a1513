"""Changes for the network, each with its reason and price."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from formulations import Association, Power, PowerControl, UserAssociation
from formulations.problem import Problem
from rrm.solution import Solution
from twins import TwinSnapshot

SCHEMA = "rrm.directive/1"
POWER, WIDTH, SERVING = "configuredMaxTxPower", "bSChannelBwDL", "servingCell"
"""Attributes: of 3GPP TS 28.541, and of E2SM-RC style 3 action 1."""
LEAST_CHANGE_DB = 0.1
"""Resolution of transmit powers in base stations; smaller changes are not sent."""
SILENT_DBM = -30.0
"""Stands for zero power: 1 uW."""
BINDING = 0.01
"""Relative slack below which a limit counts as what holds a power down."""


@dataclass(frozen=True)
class Directive:
    """One change of the network.

    Attributes
    ----------
    id : str
        Number within the list.
    target : str
        Distinguished name of what changes (3GPP TS 28.541), or the user.
    attribute : str
        :data:`POWER`, :data:`WIDTH` or :data:`SERVING`.
    old, new : str or float
        Values before and after; the old one is what a rollback restores.
    unit : str
        Of both values.
    reason : tuple of str
        Sentences of the context items behind it, or what the objective gains.
    price : float or None
        What these sentences cost together, in the objective's unit; None: not known.
    effect : mapping
        What is expected, to be read back.
    """

    id: str
    target: str
    attribute: str
    old: str | float
    new: str | float
    unit: str
    reason: tuple[str, ...]
    price: float | None
    effect: Mapping[str, float]

    @property
    def name(self) -> str:
        """Of the cell or user that changes."""
        return self.target.partition("=")[2].partition(",")[0]

    def to_json(self) -> dict[str, Any]:
        """Plain values with the schema."""
        return {"schema": SCHEMA, **asdict(self)}


def sentence(item: Any) -> str:
    """Words that an item rests on, or the author of a policy rule."""
    source = getattr(item, "source", None)
    return source.sentence if source is not None else f"policy of {item.author}"


def handovers(
    snapshot: TwinSnapshot,
    problem: UserAssociation,
    solution: Solution | Association,
    prices: Mapping[str, float] | None = None,
) -> list[Directive]:
    """Directives for users whose serving cell changes; empty without an allocation."""
    allocation = getattr(solution, "allocation", solution)
    if not isinstance(allocation, Association):
        return []
    found = []
    efficiency = _efficiency(problem)
    for user, (old, new) in enumerate(
        zip(snapshot.previous, allocation.cell, strict=True)
    ):
        if old == new:
            continue
        items = _items_behind_move(problem, snapshot, user, int(old))
        found.append(
            Directive(
                id=f"handover-{len(found) + 1}",
                target=f"user={snapshot.user_id[user]}",
                attribute=SERVING,
                old=_cell_name(snapshot, old),
                new=_cell_name(snapshot, new),
                unit="",
                reason=_reasons(items),
                price=_price(items, prices),
                effect={
                    "spectral_efficiency_before": efficiency(user, old),
                    "spectral_efficiency_after": efficiency(user, new),
                },
            )
        )
    return found


def power_changes(
    snapshot: TwinSnapshot,
    problem: PowerControl,
    solution: Solution | Power,
    prices: Mapping[str, float] | None = None,
) -> list[Directive]:
    """Directives for cells whose power changes; empty without an allocation.

    Powers are rounded down to 0.1 dB, so that none exceeds its limit.
    """
    allocation = getattr(solution, "allocation", solution)
    if not isinstance(allocation, Power):
        return []
    found = []
    power = allocation.power
    rate = problem.rate(power)
    names = problem.labels.get("L", ())
    index_of = {str(name): b for b, name in enumerate(snapshot.cell_id)}
    for link, name in enumerate(names):
        old = decibel_milliwatt(snapshot.p_max[index_of[name]])
        new = decibel_milliwatt(power[link])
        if abs(new - old) < LEAST_CHANGE_DB:
            continue
        items = _items_behind_power(problem, power, link)
        found.append(
            Directive(
                id=f"power-{len(found) + 1}",
                target=f"ManagedElement={name},GNBDUFunction=1,NRSectorCarrier=1",
                attribute=POWER,
                old=round(old, 1),
                new=rounded_down(new),
                unit="dBm",
                reason=_reasons(items),
                price=_price(items, prices),
                effect={"edge_user_rate": float(rate[link])},
            )
        )
    return found


def width_changes(
    snapshot: TwinSnapshot, width: np.ndarray, load: np.ndarray
) -> list[Directive]:
    """Directives for cells whose width (B,) Hz changes; ``load`` (B,) is expected."""
    return [
        Directive(
            id=f"width-{number}",
            target=f"ManagedElement={snapshot.cell_id[cell]},GNBDUFunction=1,"
            "NRSectorCarrier=1",
            attribute=WIDTH,
            old=float(snapshot.bandwidth[cell]) / 1e6,
            new=float(width[cell]) / 1e6,
            unit="MHz",
            reason=("raises the objective",),
            price=None,
            effect={"load": float(load[cell])},
        )
        for number, cell in enumerate(np.flatnonzero(width != snapshot.bandwidth), 1)
    ]


def rounded_down(level: float) -> float:
    """Largest multiple of 0.1 dBm that is not above ``level``, but for rounding."""
    return math.floor(10 * level + 1e-9) / 10


def decibel_milliwatt(watt: float) -> float:
    """Power in dBm, no less than :data:`SILENT_DBM`."""
    return float(10 * np.log10(max(watt, 1e-3 * 10 ** (SILENT_DBM / 10)) / 1e-3))


def _efficiency(problem: UserAssociation):
    """Look-up of a pair's spectral efficiency, 0 where it is no candidate."""

    def at(user: int, cell: int) -> float:
        value = problem.utility[user, cell] if cell >= 0 else -np.inf
        return float(value) if np.isfinite(value) else 0.0

    return at


def _cell_name(snapshot: TwinSnapshot, cell: int) -> str:
    return str(snapshot.cell_id[cell]) if cell >= 0 else "none"


def _items_behind_move(
    problem: UserAssociation, snapshot: TwinSnapshot, user: int, old: int
) -> list[Any]:
    """Items on the old cell, on the user, or on those who overload the old cell."""
    there = {user}
    before = problem.checked(Association(np.where(snapshot.previous == old, old, -1)))
    load, _ = problem.carried(before)
    if old >= 0 and load[old] > problem.capacity[old] * (1 - BINDING):
        there |= set(np.flatnonzero(snapshot.previous == old).tolist())
    found = [item for cell, item in problem.origin.get("capacity", []) if cell == old]
    found += [item for one, item in problem.origin.get("load", []) if one in there]
    for place, item in problem.origin.get("utility", []):
        if place in (user, old) or (isinstance(place, tuple) and place[0] == user):
            found.append(item)
    return found


def _items_behind_power(
    problem: PowerControl, power: np.ndarray, link: int
) -> list[Any]:
    """Items on the link, on floors elsewhere that bind, and on binding protection."""
    found = [
        item
        for name in ("p_max", "min_rate", "weight")
        for index, item in problem.origin.get(name, [])
        if index == link
    ]
    heard = problem.protected(power)
    for receiver, item in problem.origin.get("protected_limit", []):
        limit = problem.protected_limit[receiver]
        share = problem.protected_gain[receiver, link] * power[link]
        full = problem.protected_gain[receiver, link] * problem.p_max[link]
        is_binding = heard[receiver] >= limit * (1 - BINDING)
        if is_binding and max(share, full) > BINDING * limit:
            found.append(item)
    return found


def _reasons(items: Iterable[Any]) -> tuple[str, ...]:
    words = dict.fromkeys(sentence(item) for item in items)
    return tuple(words) or ("raises the objective",)


def _price(items: Iterable[Any], prices: Mapping[str, float] | None) -> float | None:
    words = dict.fromkeys(sentence(item) for item in items)
    prices = {} if prices is None else prices
    known = [prices[word] for word in words if word in prices]
    return float(sum(known)) if known else None


def origin_counts(problem: Problem) -> dict[str, dict[str, int]]:
    """By sentence: how many entries of which field it changed."""
    found: dict[str, dict[str, int]] = {}
    for name, entries in problem.origin.items():
        for _, item in entries:
            row = found.setdefault(sentence(item), {})
            row[name] = row.get(name, 0) + 1
    return found
