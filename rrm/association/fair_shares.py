"""Entries of users who share cells' time, relative to what cells have."""

from typing import NamedTuple

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.fair_prices import FairPrices

MISSED = 100.0  # value lost by a user who must be served and is not


class Shares(NamedTuple):
    """Entries that may be used, relative to what cells have."""

    start: np.ndarray  # (U + 1,)
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,) in ``unit``
    traffic: np.ndarray  # (E,) rate over backhaul, less 1; 0 without backhaul
    outside: float  # value of a user who is not served, -inf where all must be
    room: np.ndarray  # (B,) most users
    capacity: np.ndarray  # (B,) in ``unit``
    has_backhaul: np.ndarray  # (B,) bool
    unit: np.ndarray  # (B,) typical load
    backhaul: np.ndarray  # (B,) bit/s


def shares_of(
    entries: tuple[np.ndarray, ...],
    outside: float,
    room: np.ndarray,
    problem: UserAssociation,
) -> Shares:
    """``entries`` are start (U + 1,), cell, value, load and rate in bit/s (E,)."""
    start, cell, value, load, rate = entries
    has_backhaul = np.isfinite(problem.backhaul) & (problem.backhaul > 0)
    backhaul = np.where(has_backhaul, problem.backhaul, 1.0)
    traffic = np.where(has_backhaul[cell], rate / backhaul[cell] - 1.0, 0.0)
    filled = start[:-1][np.diff(start) > 0]
    least = np.minimum.reduceat(load, filled) if load.size else load
    unit = np.full(len(room), least.mean() if least.any() else 1.0)
    capacity = problem.capacity / unit
    return Shares(
        start, cell, value, load / unit[cell], traffic, outside, room.astype(float),
        capacity, has_backhaul, unit, backhaul,
    )  # fmt: skip


def reduced(shares: Shares, prices: FairPrices) -> np.ndarray:
    """What entries (E,) are worth at the prices."""
    cell = shares.cell
    worth = shares.value - prices.price[cell]
    worth -= (prices.toll * shares.unit)[cell] * shares.load
    return worth - (prices.fare * shares.backhaul)[cell] * shares.traffic


def with_nobody(
    shares: Shares, prices: FairPrices, most: float
) -> tuple[np.ndarray, ...]:
    """Entries of users who have some, sorted by loss, up to ``most``; and their users.

    start, cell, value, load, traffic, loss, and the user of each row. Every user may
    also be at the cell B, for nobody, whatever it loses.
    """
    start, cell, value, load, traffic, outside, *_ = shares
    users = np.flatnonzero(np.diff(start) > 0)
    if np.isinf(outside):
        outside = value.min(initial=0.0) - MISSED
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    owner = np.concatenate([owner, users])
    nothing = np.zeros(len(users))
    worth = np.concatenate([reduced(shares, prices), nothing + outside])
    cell = np.concatenate([cell, np.full(len(users), len(shares.room))])
    value = np.concatenate([value, nothing + outside])
    load, traffic = np.append(load, nothing), np.append(traffic, nothing)
    order = np.lexsort((-worth, owner))
    owner, worth = owner[order], worth[order]
    best = np.full(len(start) - 1, -np.inf)
    np.maximum.at(best, owner, worth)
    loss = best[owner] - worth
    kept = (loss <= most) | (cell[order] == len(shares.room))
    order, owner, loss = order[kept], owner[kept], loss[kept]
    begin = np.zeros(len(users) + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=len(start) - 1)[users], out=begin[1:])
    rows = cell[order], value[order], load[order], traffic[order], loss
    return begin, *rows, users


def association_at(
    choice: np.ndarray, cell: np.ndarray, users: np.ndarray, shares: Shares
) -> Association:
    """Allocation of the entries ``choice`` of ``users``."""
    served = np.full(len(shares.start) - 1, -1, np.intp)
    chosen = cell[choice]
    served[users] = np.where(chosen < len(shares.room), chosen, -1)
    return Association(served)
