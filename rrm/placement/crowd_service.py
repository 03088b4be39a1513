"""Whom a crowd's platforms serve: users one by one at prices that fit."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.interchange import PENALTY
from formulations.kernels.merge_users import take_open
from formulations.kernels.room_prices import settle, sweep
from formulations.placement import Placement
from rrm.placement.coarse import Crowd

SWEEPS = 2  # over the prices of room, which come from groups and are nearly right
MOVES = 2  # rounds of users who move to where they are worth more


def serve_crowd(
    crowd: Crowd,
    is_open: np.ndarray,
    price: np.ndarray,
    toll: np.ndarray,
    expired: Callable[[], bool],
) -> Placement | None:
    """Serve users from open sites (S,), at prices of room (S,) and backhaul (G,).

    Prices are made to fit first; users then go where they are worth most at them,
    those with most to lose first. None if time is out.
    """
    opened = np.flatnonzero(is_open)
    users = len(crowd.demand)
    column = np.full(len(is_open), -1)
    column[opened] = np.arange(len(opened))
    table = np.full((users, len(opened)), -np.inf)
    for first, last in crowd.chunks(users):
        take_open(first, last, crowd.rows, crowd.unit, column, table)
        if expired():
            return None
    limits = _limits(opened, crowd.limits)
    prices = price[opened], toll.copy()
    scratch = np.empty(users), np.empty(users)
    left_out = -PENALTY if crowd.limits["must_serve"] else 0.0
    if not fit(SWEEPS, table, left_out, crowd.demand, limits, prices, scratch, expired):
        return None
    choice = np.full(users, -1)
    settle(table, left_out, crowd.demand, limits, prices, MOVES, choice)
    return Placement(is_open.copy(), np.append(opened, -1)[choice])


def fit(
    sweeps: int,
    table: np.ndarray,
    left_out: float,
    demand: np.ndarray,
    limits: tuple[np.ndarray, ...],
    prices: tuple[np.ndarray, np.ndarray],
    scratch: tuple[np.ndarray, np.ndarray],
    expired: Callable[[], bool],
) -> bool:
    """Sweep over ``prices``, one at a time; False if time is out."""
    for _ in range(sweeps):
        for k in range(len(prices[0]) + len(prices[1])):
            sweep(k, k + 1, table, left_out, demand, limits, prices, scratch)
            if expired():
                return False
    return True


def _limits(opened: np.ndarray, fields) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return fields["capacity"][opened], fields["gateway"][opened], fields["backhaul"]
