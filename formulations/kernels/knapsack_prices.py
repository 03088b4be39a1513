"""Prices on serving each user that lower the bound by one knapsack per cell."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.association import read_only
from formulations.kernels.knapsack import RECORDS, STATES, knapsack, room

PATIENCE = 15  # iterations without a better bound before the reach is halved
MEMORY = 0.3  # weight of the last direction
FIRST_REACH = 1e-3  # share of the bound that a step is meant to gain, to begin with


class Auction(NamedTuple):
    """Cells that take the best users at prices, and how far the search has come."""

    first: np.ndarray  # (B + 1,) entries of each cell in ``entry``
    entry: np.ndarray  # (E,)
    owner: np.ndarray  # (E,) user of each entry
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    capacity: np.ndarray  # (B,)
    must_serve: bool
    price: np.ndarray  # (U,)
    best: np.ndarray  # (U,) prices of the least bound
    taken: np.ndarray  # (U,) cells that take each user
    direction: np.ndarray  # (U,)
    counts: np.ndarray  # next cell, iterations, iterations without a better bound
    sums: np.ndarray  # earned by cells so far, least bound, reach, norm, floor
    memory: tuple[np.ndarray, ...]


CELL, ITERATION, WAITED = range(3)
EARNED, LEAST, REACH, NORM, FLOOR = range(5)


def auction_of(
    entries: tuple[np.ndarray, ...],
    capacity: np.ndarray,
    must_serve: bool,
    price: np.ndarray,
) -> Auction:
    """Auction at ``price`` (U,) of entries start (U + 1,), cell, value, load (E,)."""
    start, cell, value, load = entries
    users = len(start) - 1
    first, entry = by_cell(cell, len(capacity))
    # no association is worth so little; a bound below shows that there is none
    floor = -10.0 * users * (float(np.abs(value).max(initial=0.0)) or 1.0)
    return Auction(
        first=first,
        entry=entry,
        owner=np.repeat(np.arange(users), np.diff(start)),
        value=read_only(value),
        load=read_only(load),
        capacity=read_only(capacity),
        must_serve=must_serve,
        price=price.copy(),
        best=price.copy(),
        taken=np.zeros(users),
        direction=np.zeros(users),
        counts=np.zeros(3, np.int64),
        sums=np.array([0.0, np.inf, 0.0, 1.0, floor]),
        memory=room(STATES, RECORDS),
    )


def by_cell(cell: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Entries in the order of their cells, and the first (B + 1,) of each."""
    first = np.zeros(cells + 1, np.int64)
    np.cumsum(np.bincount(cell, minlength=cells), out=first[1:])
    return first, np.argsort(cell, kind="stable")


def knapsacks(
    start: np.ndarray,
    cell: np.ndarray,
    value: np.ndarray,
    load: np.ndarray,
    capacity: np.ndarray,
    price: np.ndarray,
) -> np.ndarray:
    """Upper bounds (B,) on what each cell earns from users at ``price`` (U,)."""
    auction = auction_of((start, cell, value, load), capacity, True, price)
    return np.array([earn(auction, b) for b in range(len(capacity))])


@njit(cache=True, error_model="numpy")
def earn(m, b):  # pragma: no cover
    """Upper bound on what cell ``b`` earns; counts the users that it takes."""
    size = m.first[b + 1] - m.first[b]
    profit, load = np.empty(size), np.empty(size)
    user = np.empty(size, np.int64)
    count = 0
    for k in range(m.first[b], m.first[b + 1]):
        e = m.entry[k]
        earned = m.value[e] - m.price[m.owner[e]]
        if earned > 0.0 and m.load[e] <= m.capacity[b]:
            profit[count], load[count], user[count] = earned, m.load[e], m.owner[e]
            count += 1
    taken = np.zeros(count, np.bool_)
    total = knapsack(profit[:count], load[:count], m.capacity[b], m.memory, taken)
    for k in range(count):
        if taken[k]:
            m.taken[user[k]] += 1.0
    return total


@njit(cache=True, error_model="numpy")
def lower(m, work):  # pragma: no cover
    """Go on for about ``work`` entries of cells; returns iterations completed."""
    done = 0
    while work > 0 and m.sums[LEAST] >= m.sums[FLOOR]:
        b = m.counts[CELL]
        m.sums[EARNED] += earn(m, b)
        work -= 20 * (m.first[b + 1] - m.first[b])
        m.counts[CELL] += 1
        if b + 1 == len(m.capacity):
            step(m)
            done += 1
    return done


@njit(cache=True, error_model="numpy")
def step(m):  # pragma: no cover
    """Move prices by how often users are taken, towards a level below the bound [1]_.

    References
    ----------
    .. [1] J.-L. Goffin, K. C. Kiwiel, "Convergence of a simple subgradient level
       method", Mathematical Programming 85, 1999.
       https://doi.org/10.1007/s101070050053
    """
    total = m.sums[EARNED] + m.price.sum()
    if m.counts[ITERATION] == 0:
        m.sums[REACH] = FIRST_REACH * max(abs(total), np.abs(m.price).sum())
    if total < m.sums[LEAST] - 1e-12 * abs(total):
        if total < m.sums[LEAST] - 0.5 * m.sums[REACH]:
            m.sums[REACH] *= 1.5 if m.counts[ITERATION] else 1.0
        m.sums[LEAST] = total
        m.best[:] = m.price
        m.counts[WAITED] = 0
    else:
        m.counts[WAITED] += 1
        if m.counts[WAITED] >= PATIENCE:
            m.counts[WAITED] = 0
            m.sums[REACH] *= 0.5
            m.price[:] = m.best
            m.direction[:] = 0.0
    norm, is_met = 0.0, True  # met: each is taken as often as it is to be served
    for u in range(len(m.price)):
        if m.must_serve or m.price[u] > 0.0 or m.taken[u] > 1.0:
            is_met = is_met and m.taken[u] == 1.0
        m.direction[u] = (1 - MEMORY) * (1.0 - m.taken[u]) + MEMORY * m.direction[u]
        if m.must_serve or m.price[u] > 0.0 or m.direction[u] < 0.0:
            norm += m.direction[u] ** 2
    norm = 0.0 if is_met else norm
    m.sums[NORM] = norm
    if norm > 0.0:
        size = (total - m.sums[LEAST] + m.sums[REACH]) / norm
        for u in range(len(m.price)):
            m.price[u] -= size * m.direction[u]
            if not m.must_serve:
                m.price[u] = max(m.price[u], 0.0)
    m.taken[:] = 0.0
    m.sums[EARNED] = 0.0
    m.counts[CELL] = 0
    m.counts[ITERATION] += 1
