"""Sets of users that cells earn most by at prices, where some pairs are decided."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.association import read_only
from formulations.kernels.knapsack import RECORDS, STATES, knapsack, room
from formulations.kernels.knapsack_prices import by_cell

OUT, FREE, IN = 0, 1, 2
"""What is decided of a pair: it is not used, nothing, or it is used."""


class Cells(NamedTuple):
    """Candidate pairs in the order of their cells, which solve a knapsack each."""

    first: np.ndarray  # (B + 1,) pairs of each cell
    user: np.ndarray  # (E,)
    place: np.ndarray  # (E,) of each pair where they are sorted by user
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    capacity: np.ndarray  # (B,)
    users: int
    must_serve: bool
    memory: tuple[np.ndarray, ...]


def cells_of(
    pairs: tuple[np.ndarray, ...], capacity: np.ndarray, must_serve: bool
) -> Cells:
    """Cells of pairs start (U + 1,), cell, value, load (E,), sorted by user."""
    start, cell, value, load = pairs
    first, order = by_cell(cell, len(capacity))
    user = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return Cells(
        first=first,
        user=user[order],
        place=order,
        value=read_only(value[order]),
        load=read_only(load[order]),
        capacity=read_only(capacity),
        users=len(start) - 1,
        must_serve=must_serve,
        memory=room(STATES, RECORDS),
    )


@njit(cache=True, error_model="numpy")
def fill_cell(m, b, price, status, flipped, taken):  # pragma: no cover
    """Upper bound on what cell ``b`` earns at ``price`` (U,); -inf: it cannot hold all.

    Its part of ``taken`` (E,) becomes the best set that was found. The pair ``flipped``
    is decided against what ``taken`` says of it; -1: none is.
    """
    low, high = m.first[b], m.first[b + 1]
    profit, load = np.empty(high - low), np.empty(high - low)
    pair = np.empty(high - low, np.int64)
    left, total, count = m.capacity[b], 0.0, 0
    was_taken = flipped >= 0 and taken[flipped]
    for e in range(low, high):
        taken[e] = False
        decided = status[e]
        if e == flipped:
            decided = OUT if was_taken else IN
        earned = m.value[e] - price[m.user[e]]
        if decided == IN:
            total += earned
            left -= m.load[e]
            taken[e] = True
        elif decided == FREE and earned > 0.0:
            profit[count], load[count], pair[count] = earned, m.load[e], e
            count += 1
    if left < 0.0:
        return -np.inf
    chosen = np.zeros(count, np.bool_)
    total += knapsack(profit[:count], load[:count], left, m.memory, chosen)
    for k in range(count):
        if chosen[k]:
            taken[pair[k]] = True
    return total


@njit(cache=True, error_model="numpy")
def fill_cells(m, price, status, earned, taken):  # pragma: no cover
    """Bound at ``price`` (U,), by what each cell's best set has ``earned`` (B,)."""
    for b in range(len(m.capacity)):
        earned[b] = fill_cell(m, b, price, status, -1, taken)
    return earned.sum() + price.sum()


@njit(cache=True, error_model="numpy")
def relaxed(profit, load, order, skipped, room_left):  # pragma: no cover
    """Most that parts of items earn without the item ``skipped``, the densest first."""
    total, left = 0.0, room_left
    for k in order:
        if k == skipped or load[k] > room_left:
            continue
        if load[k] > left:
            return total + profit[k] * left / load[k]
        left -= load[k]
        total += profit[k]
    return total


@njit(cache=True, error_model="numpy")
def lose(m, begin, end, price, status, earned, taken, slack, loss):  # pragma: no cover
    """What deciding pairs of cells ``begin`` to ``end`` otherwise costs at least.

    ``loss`` (E,) of an open pair: of one that is taken, what the cell's bound falls by
    without it, else by it. From ``slack`` on, the linear relaxation is enough [1]_.

    References
    ----------
    .. [1] M. Posta, J. A. Ferland, P. Michelon, "An exact method with variable fixing
       for solving the generalized assignment problem", Computational Optimization and
       Applications 52, 2012, section 3. https://doi.org/10.1007/s10589-011-9432-0
    """
    trial = taken.copy()
    for b in range(begin, end):
        low, high = m.first[b], m.first[b + 1]
        profit, load = np.empty(high - low), np.empty(high - low)
        item = np.full(high - low, -1)
        left, fixed, count = m.capacity[b], 0.0, 0
        for e in range(low, high):
            worth = m.value[e] - price[m.user[e]]
            if status[e] == IN:
                fixed += worth
                left -= m.load[e]
            elif status[e] == FREE and worth > 0.0:
                item[e - low] = count
                profit[count], load[count] = worth, m.load[e]
                count += 1
        density = np.empty(count)
        for k in range(count):
            density[k] = profit[k] / load[k] if load[k] > 0.0 else np.inf
        order = np.argsort(-density)
        for e in range(low, high):
            loss[e] = 0.0
            if status[e] != FREE:
                continue
            k = item[e - low]
            if taken[e]:
                most = relaxed(profit, load, order, k, left)
            elif m.load[e] > left:
                loss[e] = np.inf
                continue
            else:
                most = m.value[e] - price[m.user[e]]
                most += relaxed(profit, load, order, k, left - m.load[e])
            loss[e] = max(earned[b] - fixed - most, 0.0)
            if loss[e] <= slack:
                trial[low:high] = taken[low:high]
                most = fill_cell(m, b, price, status, e, trial)
                loss[e] = max(earned[b] - most, 0.0)
