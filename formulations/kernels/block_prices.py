"""Prices on rates and blocks of one cell, lowered one user after the other."""

from typing import NamedTuple

import numpy as np
from numba import njit

BISECTIONS = 14
DEAREST = 1e15  # price of rate, relative to the user's own, that no market asks
LOWEST = 1e-9  # relative decrease of the bound that counts


class Cell(NamedTuple):
    """Users of one cell, in units of the largest rate and weight.

    ``rate`` is 0 where the cell leaves the block empty.
    """

    rate: np.ndarray  # (K, N)
    weight: np.ndarray  # (K,)
    floor: np.ndarray  # (K,)
    room: np.ndarray  # (K,) int, most blocks
    base: np.ndarray  # (K,) added to the rate under the logarithm
    is_fair: bool


class Market(NamedTuple):
    """Prices of one cell, who leads each block, and how far the search has come."""

    price: np.ndarray  # (K,) of a user's rate
    toll: np.ndarray  # (K,) of each of its blocks
    best_price: np.ndarray  # (K,) of the lowest bound
    best_toll: np.ndarray  # (K,)
    first: np.ndarray  # (N,) best offer for each block, at least 0
    leader: np.ndarray  # (N,) int, who makes it, -1: nobody
    second: np.ndarray  # (N,) best offer of the others, at least 0
    top: np.ndarray  # (K,) rate with all blocks that are allowed
    least: np.ndarray  # (1,) lowest bound


def market_of(cell: Cell) -> Market:
    """Market at the prices that weights alone ask."""
    users, blocks = cell.rate.shape
    top = np.empty(users)
    best_sums(cell, top)
    price = cell.weight.copy()
    if cell.is_fair:
        share = cell.base + np.maximum(cell.floor, top / max(users, 1))
        price = cell.weight / share
    return Market(
        price, np.zeros(users), price.copy(), np.zeros(users),
        np.zeros(blocks), np.full(blocks, -1), np.zeros(blocks), top,
        np.full(1, np.inf),
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def income(rate, blocked, cell, price, toll, top):  # pragma: no cover
    """Sum over blocks of the best offers; ``top`` (U,) gets what users could have."""
    users, blocks = rate.shape
    best = np.zeros(blocked.shape)
    for u in range(users):
        b, p, t = cell[u], price[u], toll[u]
        total = 0.0
        for n in range(blocks):
            r = 0.0 if blocked[b, n] else rate[u, n]
            total += r
            offer = p * r - t
            if offer > best[b, n]:
                best[b, n] = offer
        top[u] = total
    return best.sum()


@njit(cache=True, error_model="numpy")
def best_sums(c, top):  # pragma: no cover
    """Largest rate (K,) of each user with as many blocks as it may have."""
    users, blocks = c.rate.shape
    for u in range(users):
        if c.room[u] >= blocks:
            top[u] = c.rate[u].sum()
        else:
            top[u] = np.sort(c.rate[u])[blocks - c.room[u] :].sum()


@njit(cache=True, error_model="numpy")
def contest(c, m):  # pragma: no cover
    """Find who leads each block at the prices, and the best of the others."""
    users, blocks = c.rate.shape
    m.first[:] = 0.0
    m.second[:] = 0.0
    m.leader[:] = -1
    for u in range(users):
        p, t = m.price[u], m.toll[u]
        for n in range(blocks):
            offer = p * c.rate[u, n] - t
            if offer > m.second[n]:
                if offer > m.first[n]:
                    m.second[n] = m.first[n]
                    m.first[n] = offer
                    m.leader[n] = u
                else:
                    m.second[n] = offer


@njit(cache=True, error_model="numpy")
def wanted(price, weight, floor, base, top, is_fair):  # pragma: no cover
    """Rate that a user wants to have at a price, at most what it could."""
    if not is_fair:
        return floor if price >= weight else top
    if price <= 0.0:
        return top
    return min(max(floor, weight / price - base), max(top, floor))


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def won(rate, other, price, toll):  # pragma: no cover
    """Rate of the blocks for which a user of ``rate`` (N,) offers more than others."""
    total = 0.0
    for n in range(len(other)):
        total += rate[n] if price * rate[n] - toll > other[n] else 0.0
    return total


@njit(cache=True, error_model="numpy")
def reprice(c, m, u, other, spare):  # pragma: no cover
    """Set the prices of user ``u`` so that it wins what it wants; the others stay."""
    blocks = len(other)
    for n in range(blocks):
        other[n] = m.second[n] if m.leader[n] == u else m.first[n]
    if c.room[u] < blocks:
        for n in range(blocks):
            spare[n] = m.price[u] * c.rate[u, n] - other[n]
        m.toll[u] = max(0.0, np.sort(spare)[blocks - 1 - c.room[u]])
    toll = m.toll[u]
    rate, weight, floor, base, top = (
        c.rate[u],
        c.weight[u],
        c.floor[u],
        c.base[u],
        m.top[u],
    )
    is_fair = c.is_fair
    low = weight
    if c.is_fair:
        low = c.weight[u] / (c.base[u] + m.top[u])
    unit = max(m.price[u], low)
    if unit <= 0.0:
        unit = m.first.max() / max(m.top[u], 1e-300) + 1e-12
    high = unit
    if (
        won(rate, other, low, toll) < wanted(low, weight, floor, base, top, is_fair)
        and m.top[u] > 0.0
    ):
        while won(rate, other, high, toll) < wanted(
            high, weight, floor, base, top, is_fair
        ):
            high *= 2.0
            if high > DEAREST * unit:
                return
        below = low
        if high > 2.0 * unit:
            below = 0.5 * high
        else:
            step = unit
            while step > low:
                step = max(low, 0.7 * step)
                if won(rate, other, step, toll) < wanted(
                    step, weight, floor, base, top, is_fair
                ):
                    below = step
                    break
                high = step
        for _ in range(BISECTIONS):
            middle = 0.5 * (below + high)
            if won(rate, other, middle, toll) < wanted(
                middle, weight, floor, base, top, is_fair
            ):
                below = middle
            else:
                high = middle
    else:
        high = low
    m.price[u] = high
    _announce(c, m, u)


@njit(cache=True, error_model="numpy")
def _announce(c, m, u):  # pragma: no cover
    """Update who leads after the prices of user ``u`` have changed."""
    p, t = m.price[u], m.toll[u]
    for n in range(len(m.first)):
        offer = p * c.rate[u, n] - t
        if m.leader[n] == u:
            if offer >= m.second[n] and offer > 0.0:
                m.first[n] = offer
            else:
                _recount(c, m, n)
        elif offer > m.first[n]:
            m.second[n] = m.first[n]
            m.first[n] = offer
            m.leader[n] = u
        elif offer > m.second[n]:
            m.second[n] = offer  # one that fell stays as an upper limit


@njit(cache=True, error_model="numpy")
def _recount(c, m, n):  # pragma: no cover
    """Find the two best offers for block ``n`` anew."""
    first, second, leader = 0.0, 0.0, -1
    for v in range(len(m.price)):
        offer = m.price[v] * c.rate[v, n] - m.toll[v]
        if offer > second:
            if offer > first:
                first, second, leader = offer, first, v
            else:
                second = offer
    m.first[n], m.second[n], m.leader[n] = first, second, leader


@njit(cache=True, error_model="numpy")
def sweep(c, m, begin, end):  # pragma: no cover
    """Reprice users ``begin`` to ``end``."""
    blocks = c.rate.shape[1]
    other, spare = np.empty(blocks), np.empty(blocks)
    for u in range(begin, end):
        reprice(c, m, u, other, spare)


@njit(cache=True, error_model="numpy")
def bound_at(c, m):  # pragma: no cover
    """Bound of the cell at its prices, after a contest; the lowest is kept.

    Without the constants of the logarithms.
    """
    total = m.first.sum()
    for u in range(len(m.price)):
        r = wanted(m.price[u], c.weight[u], c.floor[u], c.base[u], m.top[u], c.is_fair)
        if c.is_fair:
            if c.weight[u] > 0.0:
                total += c.weight[u] * np.log(c.base[u] + r)
            total -= m.price[u] * r
        else:
            total += (c.weight[u] - m.price[u]) * r
        total += m.toll[u] * c.room[u]
    if not total >= m.least[0] - LOWEST * abs(m.least[0]):
        m.least[0] = total
        m.best_price[:] = m.price
        m.best_toll[:] = m.toll
    return total
