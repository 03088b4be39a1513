"""What policy leaves to the layers below: demand to L2, power and blocks to L1."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twins.snapshot import PolicyRule


@dataclass(frozen=True, eq=False)
class Bounds:
    """What L1 and L2 may use.

    Attributes
    ----------
    p_max : (B,) W
        Of the cells.
    alive : (B,) bool
        Which are not in maintenance.
    min_rate, max_rate : (U,) bit/s
        Of the users.
    factor : (U,)
        On demand: surges that were announced.
    shares : (K,)
        Most of a cell's blocks for each slice.
    floors : (K,)
        Blocks that are kept for each slice.
    """

    p_max: np.ndarray
    alive: np.ndarray
    min_rate: np.ndarray
    max_rate: np.ndarray
    factor: np.ndarray
    shares: np.ndarray
    floors: np.ndarray


def bounds(
    policy: Iterable[PolicyRule],
    time: float,
    cell_id: np.ndarray,
    user_id: np.ndarray,
    p_max: np.ndarray,
    slices: int,
) -> Bounds:
    """Bounds of the rules that hold at ``time``; the stricter one where several do.

    Slices are named ``slice-0``, ``slice-1``, ... among the users of a
    ``slice_share`` rule; its author says ``min`` or ``max`` in the unit.

    Parameters
    ----------
    policy : iterable of PolicyRule
        Rules with their validity.
    time : s
        Since the epoch.
    cell_id, p_max : (B,) names and W
        Of the cells.
    user_id : (U,)
        Names of the users.
    slices : int
        Number of slices.
    """
    cells, users = len(cell_id), len(user_id)
    power, alive = np.array(p_max, float), np.ones(cells, bool)
    low, high = np.zeros(users), np.full(users, np.inf)
    factor = np.ones(users)
    shares, floors = np.ones(slices), np.zeros(slices)
    for rule in policy:
        if not rule.start <= time < rule.end or isinstance(rule.value, str):
            continue
        here = np.isin(cell_id, rule.cells) if rule.cells else np.ones(cells, bool)
        whom = np.isin(user_id, rule.users) if rule.users else np.ones(users, bool)
        value = float(rule.value)
        if rule.kind == "power_limit":
            limit = value * p_max[here] if rule.unit == "1" else value
            power[here] = np.minimum(power[here], limit)
        elif rule.kind in ("outage", "maintenance"):
            alive[here] = False
        elif rule.kind == "rate_floor":
            low[whom] = np.maximum(low[whom], value)
        elif rule.kind == "rate_cap":
            high[whom] = np.minimum(high[whom], value)
        elif rule.kind == "traffic_surge":
            factor[whom] = np.maximum(factor[whom], value)
        elif rule.kind == "slice_share":
            for number in range(slices):
                if f"slice-{number}" not in rule.users:
                    continue
                if rule.unit == "min":
                    floors[number] = max(floors[number], value)
                else:
                    shares[number] = min(shares[number], value)
    return Bounds(power, alive, low, high, factor, shares, floors)
