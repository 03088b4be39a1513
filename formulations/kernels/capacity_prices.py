"""Prices on capacity that lower the Lagrangian bound of an association."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.association import read_only

PATIENCE = 6  # iterations without a better bound before the reach is halved
MEMORY = 0.3  # weight of the last direction
FAR, NEAR, PROVEN = 0.2, 0.01, 1e-4
"""First reach from no prices, from a guess, and from those of a proof.

It doubles where a step gains that much, so prices that turn out to be far off cost a
few steps, while a first step too far takes as many halvings.
"""


class Market(NamedTuple):
    """Users who buy room in cells at prices, and how far the search has come."""

    start: np.ndarray  # (U + 1,) entries of each user
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    capacity: np.ndarray  # (B,) inf where a cell has no price
    nothing: float  # value of not being served; -inf where that is not allowed
    price: np.ndarray  # (B,)
    best: np.ndarray  # (B,) prices of the least bound
    demand: np.ndarray  # (B,)
    direction: np.ndarray  # (B,)
    counts: np.ndarray  # next user, iterations, iterations without a better bound
    sums: np.ndarray  # earned by users so far, least bound, reach, norm, floor


USER, ITERATION, WAITED = range(3)
EARNED, LEAST, REACH, NORM, FLOOR = range(5)


def market_of(
    start: np.ndarray,
    cell: np.ndarray,
    value: np.ndarray,
    load: np.ndarray,
    capacity: np.ndarray,
    nothing: float,
    price: np.ndarray,
    reach: float,
) -> Market:
    """Market at ``price`` (B,), with arrays as in :class:`Market`.

    The first step is meant to lower the bound by its part ``reach``.
    """
    limited = np.isfinite(capacity) & (capacity > 0)
    # no association is worth so little; a bound below shows that there is none
    floor = -10.0 * (len(start) - 1) * (float(np.abs(value).max(initial=0.0)) or 1.0)
    return Market(
        start=read_only(start),
        cell=read_only(cell),
        value=read_only(value),
        load=read_only(load),
        capacity=np.where(limited, capacity, np.inf),
        nothing=nothing,
        price=np.where(limited, price, 0.0),
        best=np.where(limited, price, 0.0),
        demand=np.zeros(len(capacity)),
        direction=np.zeros(len(capacity)),
        counts=np.zeros(3, np.int64),
        sums=np.array([0.0, np.inf, reach, 1.0, floor]),
    )


def sample(market: Market, stride: int, reach: float) -> Market:
    """Every ``stride``-th user, with that part of the capacity."""
    users = np.arange(0, len(market.start) - 1, stride)
    count = np.diff(market.start)[users]
    start = np.concatenate(([0], np.cumsum(count)))
    entries = np.arange(start[-1]) + np.repeat(market.start[users] - start[:-1], count)
    return market_of(
        start,
        market.cell[entries],
        market.value[entries],
        market.load[entries],
        market.capacity * (len(users) / (len(market.start) - 1)),
        market.nothing,
        market.price,
        reach,
    )


@njit(cache=True, error_model="numpy")
def lower(m, work):  # pragma: no cover
    """Go on for about ``work`` entries; returns iterations that were completed."""
    users = len(m.start) - 1
    width = 1 + len(m.cell) // users
    done = 0
    while work > 0 and m.sums[LEAST] >= m.sums[FLOOR]:
        first = m.counts[USER]
        last = min(users, first + 1 + work // width)
        m.sums[EARNED] += respond(m, first, last)
        work -= (last - first) * width
        m.counts[USER] = last
        if last == users:
            step(m)
            done += 1
    return done


@njit(cache=True, error_model="numpy")
def respond(m, first, last):  # pragma: no cover
    """Earnings of users ``first`` to ``last``, whose demand is added."""
    total = 0.0
    for u in range(first, last):
        low, high = m.start[u], m.start[u + 1]
        if low == high:
            continue
        best, found = m.nothing, -1
        for e in range(low, high):
            earned = m.value[e] - m.price[m.cell[e]] * m.load[e]
            if earned > best:
                best, found = earned, e
        if found >= 0:
            m.demand[m.cell[found]] += m.load[found]
        total += best
    return total


@njit(cache=True, error_model="numpy")
def step(m):  # pragma: no cover
    """Move prices by the demand towards a level a little below the least bound [1]_.

    Prices count per cell's capacity, so that cells of any size move alike.

    References
    ----------
    .. [1] J.-L. Goffin, K. C. Kiwiel, "Convergence of a simple subgradient level
       method", Mathematical Programming 85, 1999.
       https://doi.org/10.1007/s101070050053
    """
    sold = 0.0
    for b in range(len(m.price)):
        if m.price[b] > 0.0:
            sold += m.price[b] * m.capacity[b]
    total = m.sums[EARNED] + sold
    if m.counts[ITERATION] == 0:
        m.sums[REACH] *= max(abs(total), sold)
    if total < m.sums[LEAST] - 1e-12 * abs(total):
        if total < m.sums[LEAST] - 0.5 * m.sums[REACH]:
            m.sums[REACH] *= 2.0 if m.counts[ITERATION] else 1.0
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
    norm = 0.0
    for b in range(len(m.price)):
        slack = 1.0 - m.demand[b] / m.capacity[b]
        if m.capacity[b] == np.inf:
            slack = 0.0
        m.direction[b] = (1 - MEMORY) * slack + MEMORY * m.direction[b]
        if m.price[b] > 0.0 or m.direction[b] < 0.0:
            norm += m.direction[b] ** 2
    m.sums[NORM] = norm
    if norm > 0.0:
        size = (total - m.sums[LEAST] + m.sums[REACH]) / norm
        for b in range(len(m.price)):
            if m.capacity[b] < np.inf:
                by = size * m.direction[b] / m.capacity[b]
                m.price[b] = max(0.0, m.price[b] - by)
    m.demand[:] = 0.0
    m.sums[EARNED] = 0.0
    m.counts[USER] = 0
    m.counts[ITERATION] += 1
