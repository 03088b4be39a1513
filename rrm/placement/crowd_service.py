"""Whom a crowd's platforms serve: users one by one, from prices of room."""

from collections.abc import Callable, Iterator

import numpy as np

from formulations.kernels.merge_users import take_open
from formulations.kernels.transport import (
    Flow,
    empty_flow,
    fill_room,
    insert_users,
    node_prices,
)
from formulations.kernels.transport_start import keep_users, start_flow
from formulations.kernels.user_values import price_out
from formulations.kernels.whole_users import place_users, round_users
from formulations.placement import Placement
from rrm.placement.coarse import Crowd
from rrm.placement.service import by_regret, move_users

UNFILLED = 1 - 1e-12  # of the room, that sums in another order cannot overfill
ROUNDS = 3  # of users who move to where they are worth more
USERS_PER_CHUNK, CYCLES_PER_CHUNK = 200, 20  # about 1 ms between looks at the clock


def place_crowd(
    crowd: Crowd, is_open: np.ndarray, price: np.ndarray, expired: Callable[[], bool]
) -> Placement | None:
    """Users where they are worth most at prices (S,) and fit, the largest first.

    Takes little more than a pass over all users; None if time is out before.
    """
    opened = np.flatnonzero(is_open)
    value = _values(crowd, opened, expired)
    if value is None:
        return None
    demand, limits = crowd.demand, crowd.limits
    price_out(value, demand, limits["must_serve"])
    left = (
        limits["capacity"][opened] * UNFILLED,
        limits["gateway"][opened],
        limits["backhaul"] * UNFILLED,
    )
    choice = np.empty(len(demand), np.intp)
    order = np.argsort(-demand, kind="stable")
    place_users(order, np.append(price[opened], 0.0), value, demand, left, choice)
    return Placement(is_open.copy(), np.append(opened, -1)[choice])


def serve_crowd(
    crowd: Crowd, is_open: np.ndarray, price: np.ndarray, expired: Callable[[], bool]
) -> Iterator[Placement]:
    """Users served from open sites (S,), whose room has ``price`` (S,); then better.

    Users go where they are worth most at the prices, those with most to lose first;
    who finds no room is put in by displacing others. Cycles that gain follow.
    """
    opened = np.flatnonzero(is_open)
    flow = _flow(crowd, opened, expired)
    if flow is None:
        return
    start = np.append(price[opened], 0.0)
    demand = crowd.demand
    waiting = np.empty(len(demand), np.intp)
    number = start_flow(start, by_regret(flow, start, demand), flow, demand, waiting)
    yield from _filled(is_open, flow, demand, waiting[:number], expired)


def serve_again(
    crowd: Crowd, known: Placement, expired: Callable[[], bool]
) -> Iterator[Placement]:
    """Users served as before, others put in by displacing them; then better.

    After few have moved little is left to gain, and few cycles find it.
    """
    opened = np.flatnonzero(known.open)
    flow = _flow(crowd, opened, expired)
    if flow is None:
        return
    node = np.full(len(known.open) + 1, len(opened))
    node[opened] = np.arange(len(opened))
    demand = crowd.demand
    waiting = np.empty(len(demand), np.intp)
    number = keep_users(node[known.site], flow, demand, waiting)
    yield from _filled(known.open, flow, demand, waiting[:number], expired)


def _filled(
    is_open: np.ndarray,
    flow: Flow,
    demand: np.ndarray,
    waiting: np.ndarray,
    expired: Callable[[], bool],
) -> Iterator[Placement]:
    """Put in who waits, then use the room: a placement after each."""
    opened = np.flatnonzero(is_open)
    for first in range(0, len(waiting), USERS_PER_CHUNK):
        last = min(first + USERS_PER_CHUNK, len(waiting))
        insert_users(first, last, waiting, flow, demand)
        if expired():
            return
    yield _whole(is_open, opened, flow, demand, 1, expired)
    while not expired():
        if fill_room(CYCLES_PER_CHUNK, flow, demand):
            yield _whole(is_open, opened, flow, demand, ROUNDS, expired)
            return


def _flow(crowd: Crowd, opened: np.ndarray, expired: Callable[[], bool]) -> Flow | None:
    """Flow with nobody put anywhere; None if time is out."""
    value, limits = _values(crowd, opened, expired), crowd.limits
    if value is None:
        return None
    scale = price_out(value, crowd.demand, limits["must_serve"])
    room, gate = limits["capacity"][opened], limits["gateway"][opened]
    return empty_flow(value, room, gate, limits["backhaul"], scale)


def _values(
    crowd: Crowd, opened: np.ndarray, expired: Callable[[], bool]
) -> np.ndarray | None:
    """Values (U, m + 1) of ``opened`` (m,) sites, the last unknown; None if late."""
    users = len(crowd.demand)
    column = np.full(len(crowd.limits["cost"]), -1)
    column[opened] = np.arange(len(opened))
    value = np.full((users, len(opened) + 1), -np.inf)
    for first, last in crowd.chunks(users):
        take_open(first, last, crowd.rows, crowd.unit, column, value)
        if expired():
            return None
    return value


def _whole(
    is_open: np.ndarray,
    opened: np.ndarray,
    flow: Flow,
    demand: np.ndarray,
    rounds: int,
    expired: Callable[[], bool],
) -> Placement:
    """Placement of whole users near ``flow``, which stays as it is."""
    copy = flow._replace(load=flow.load.copy(), traffic=flow.traffic.copy())
    price = np.maximum(node_prices(flow)[: len(opened) + 1], 0.0)
    price[~np.isfinite(price)] = 0.0
    choice = np.empty(len(demand), np.intp)
    round_users(price, copy, demand, choice)
    move_users(rounds, copy, demand, choice, expired)
    return Placement(is_open.copy(), np.append(opened, -1)[choice])
