"""Local search on the blocks of one cell: give, exchange, and hand on."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.block_prices import Cell

EXACT = 1e-12  # relative error of a sum of rates
GAIN = 1e-11  # relative improvement that counts
LISTED = 10  # users to whom a block may go
REFRESH = 8  # moves after which takers are found anew
DEARER = 4.0  # factor on the price of a floor that is missed where no move helps


class Shares(NamedTuple):
    """Who has which block of a cell, and what a missing rate costs."""

    owner: np.ndarray  # (N,) int, -1: nobody
    rate: np.ndarray  # (K,) that each user has
    blocks: np.ndarray  # (K,) int, blocks that it has
    penalty: np.ndarray  # (K,) of the rate that it lacks
    taker: np.ndarray  # (2, N) int, users who gain most by each block, -1: nobody
    listed: np.ndarray  # (N, LISTED) int, users who offer most for a block, -1: none
    is_open: np.ndarray  # (N,) bool, whether a move of the block may pay
    best: np.ndarray  # (N,) int, owners of the best feasible schedule
    sums: np.ndarray  # value of ``best``, -inf without one


def shares_of(cell: Cell, owner: np.ndarray, penalty: np.ndarray) -> Shares:
    """Shares at ``owner`` (N,) and ``penalty`` (K,)."""
    users, blocks = cell.rate.shape
    shares = Shares(
        owner.copy(), np.zeros(users), np.zeros(users, np.int64), penalty.copy(),
        np.full((2, blocks), -1), np.full((blocks, min(users, LISTED)), -1),
        np.ones(blocks, bool), owner.copy(),
        np.array([-np.inf]),
    )  # fmt: skip
    recount(cell, shares)
    return shares


@njit(cache=True, error_model="numpy")
def recount(c, s):  # pragma: no cover
    """Sum rates and blocks of all users anew; blocks above a limit become free."""
    s.rate[:] = 0.0
    s.blocks[:] = 0
    for n in range(len(s.owner)):
        u = s.owner[n]
        if u >= 0 and (s.blocks[u] >= c.room[u] or c.rate[u, n] <= 0.0):
            s.owner[n] = -1
        elif u >= 0:
            s.rate[u] += c.rate[u, n]
            s.blocks[u] += 1


@njit(cache=True, error_model="numpy")
def worth(rate, weight, floor, penalty, base, is_fair):  # pragma: no cover
    """Value of ``rate`` for a user, less what its floor charges."""
    short = floor - rate
    charge = penalty * short if short > EXACT * floor else 0.0
    if not is_fair:
        return weight * rate - charge
    if weight <= 0.0:
        return -charge
    return weight * np.log(base + rate) - charge


@njit(cache=True, error_model="numpy")
def find_takers(c, s):  # pragma: no cover
    """Who would gain most by each block, and who second."""
    users, blocks = c.rate.shape
    gain = np.full((2, blocks), 0.0)
    s.taker[:] = -1
    for u in range(users):
        if s.blocks[u] >= c.room[u]:
            continue
        now = worth(
            s.rate[u], c.weight[u], c.floor[u], s.penalty[u], c.base[u], c.is_fair
        )
        slope = 1.0
        if c.is_fair:
            slope = c.weight[u] / (c.base[u] + s.rate[u])
        if s.rate[u] < c.floor[u] * (1.0 - EXACT):
            slope = -1.0
        elif not c.is_fair:
            slope = c.weight[u]
        for n in range(blocks):
            r = c.rate[u, n]
            if slope >= 0.0 and slope * r <= gain[1, n]:
                continue
            more = slope * r
            if slope < 0.0 or c.is_fair:
                more = (
                    worth(
                        s.rate[u] + r,
                        c.weight[u],
                        c.floor[u],
                        s.penalty[u],
                        c.base[u],
                        c.is_fair,
                    )
                    - now
                )
            if more > gain[0, n]:
                gain[1, n], s.taker[1, n] = gain[0, n], s.taker[0, n]
                gain[0, n], s.taker[0, n] = more, u
            elif more > gain[1, n]:
                gain[1, n], s.taker[1, n] = more, u


@njit(cache=True, error_model="numpy")
def shortlist(c, s, price, toll):  # pragma: no cover
    """List for each block the users who offer most at the prices."""
    users, blocks = c.rate.shape
    most = s.listed.shape[1]
    offer = np.full((blocks, most), -np.inf)
    s.listed[:] = -1
    for u in range(users):
        for n in range(blocks):
            r = c.rate[u, n]
            value = price[u] * r - toll[u]
            if r <= 0.0 or value <= offer[n, most - 1]:
                continue
            k = most - 1
            while k > 0 and value > offer[n, k - 1]:
                offer[n, k] = offer[n, k - 1]
                s.listed[n, k] = s.listed[n, k - 1]
                k -= 1
            offer[n, k] = value
            s.listed[n, k] = u


@njit(cache=True, error_model="numpy")
def give(c, s, n, v):  # pragma: no cover
    """Give block ``n`` to user ``v`` instead of its owner; -1: to nobody."""
    u = s.owner[n]
    if u >= 0:
        s.rate[u] -= c.rate[u, n]
        s.blocks[u] -= 1
    if v >= 0:
        s.rate[v] += c.rate[v, n]
        s.blocks[v] += 1
    s.owner[n] = v


@njit(cache=True, error_model="numpy")
def list_blocks(s, start, block):  # pragma: no cover
    """List the blocks of each user in ``block``, from ``start`` (K + 1,) on."""
    users = len(s.rate)
    start[0] = 0
    for u in range(users):
        start[u + 1] = start[u] + s.blocks[u]
    place = start[:users].copy()
    for n in range(len(s.owner)):
        u = s.owner[n]
        if u >= 0:
            block[place[u]] = n
            place[u] += 1


@njit(cache=True, error_model="numpy")
def improve_block(c, s, n, start, block, scale, touched):  # pragma: no cover
    """Best move that takes block ``n`` to another user; whether one was made.

    The new owner may hand one of its blocks on: to the old owner, which is an
    exchange, or to a third user.
    """
    o = s.owner[n]
    r_o, lost = 0.0, 0.0
    if o >= 0:
        r_o = c.rate[o, n]
        lost = worth(
            s.rate[o], c.weight[o], c.floor[o], s.penalty[o], c.base[o], c.is_fair
        ) - worth(
            s.rate[o] - r_o, c.weight[o], c.floor[o], s.penalty[o], c.base[o], c.is_fair
        )
    best, to, handed, third = GAIN * scale, -1, -1, -1
    for place in range(s.listed.shape[1]):
        v = s.listed[n, place]
        if v < 0:
            break
        r = c.rate[v, n]
        if v == o:
            continue
        now = worth(
            s.rate[v], c.weight[v], c.floor[v], s.penalty[v], c.base[v], c.is_fair
        )
        gain = (
            worth(
                s.rate[v] + r,
                c.weight[v],
                c.floor[v],
                s.penalty[v],
                c.base[v],
                c.is_fair,
            )
            - now
        )
        if s.blocks[v] < c.room[v] and gain - lost > best:
            best, to, handed, third = gain - lost, v, -1, -1
        for k in range(start[v], start[v + 1]):
            m = block[k]
            kept = (
                worth(
                    s.rate[v] + r - c.rate[v, m],
                    c.weight[v],
                    c.floor[v],
                    s.penalty[v],
                    c.base[v],
                    c.is_fair,
                )
                - now
            )
            if o >= 0 and c.rate[o, m] > 0.0:
                after = worth(
                    s.rate[o] - r_o + c.rate[o, m],
                    c.weight[o],
                    c.floor[o],
                    s.penalty[o],
                    c.base[o],
                    c.is_fair,
                )
                change = (
                    after
                    - worth(
                        s.rate[o],
                        c.weight[o],
                        c.floor[o],
                        s.penalty[o],
                        c.base[o],
                        c.is_fair,
                    )
                    + kept
                )
                if change > best:
                    best, to, handed, third = change, v, m, o
            w = s.taker[0, m]
            if w in (v, o):
                w = s.taker[1, m]
                if w in (v, o):
                    continue
            if w < 0 or s.blocks[w] >= c.room[w]:
                continue
            after = worth(
                s.rate[w] + c.rate[w, m],
                c.weight[w],
                c.floor[w],
                s.penalty[w],
                c.base[w],
                c.is_fair,
            )
            change = (
                after
                - worth(
                    s.rate[w],
                    c.weight[w],
                    c.floor[w],
                    s.penalty[w],
                    c.base[w],
                    c.is_fair,
                )
                + kept
                - lost
            )
            if change > best:
                best, to, handed, third = change, v, m, w
    if to < 0:
        return False
    touched[0], touched[1], touched[2] = o, to, third
    if handed >= 0:
        give(c, s, handed, -1)
    give(c, s, n, to)
    if handed >= 0:
        give(c, s, handed, third)
    return True


@njit(cache=True, error_model="numpy")
def scale_of(c):  # pragma: no cover
    """Value of one typical block."""
    if c.is_fair:
        return max(c.weight.max(), 1e-300)
    return max(c.weight.max() * c.rate.max(), 1e-300)


@njit(cache=True, error_model="numpy")
def descend(c, s, work):  # pragma: no cover
    """Try at most ``work`` open blocks; whether none is open at the end.

    A move opens the blocks of all users that it touches.
    """
    blocks = len(s.owner)
    start = np.empty(len(s.rate) + 1, np.int64)
    block = np.empty(blocks, np.int64)
    list_blocks(s, start, block)
    find_takers(c, s)
    scale = scale_of(c)
    moves, quiet, n = 0, 0, 0
    touched = np.empty(3, np.int64)
    while quiet < blocks:
        work -= s.is_open[n]
        if not s.is_open[n]:
            quiet += 1
        elif improve_block(c, s, n, start, block, scale, touched):
            quiet = 0
            moves += 1
            list_blocks(s, start, block)
            for u in touched:
                if u >= 0:
                    for k in range(start[u], start[u + 1]):
                        s.is_open[block[k]] = True
            if moves % REFRESH == 0:
                find_takers(c, s)
        else:
            s.is_open[n] = False
            quiet += 1
        n = (n + 1) % blocks
        if work <= 0:
            return False
    return True


@njit(cache=True, error_model="numpy")
def keep(c, s):  # pragma: no cover
    """Keep the schedule if it is the best feasible one; raise prices of missed floors.

    Returns how many floors are missed.
    """
    recount(c, s)
    missed, value = 0, 0.0
    for u in range(len(s.rate)):
        if s.rate[u] < c.floor[u] * (1.0 - EXACT):
            missed += 1
            s.penalty[u] *= DEARER
            s.is_open[:] = True
        value += worth(
            s.rate[u], c.weight[u], c.floor[u], s.penalty[u], c.base[u], c.is_fair
        )
    if missed == 0 and value > s.sums[0]:
        s.sums[0] = value
        s.best[:] = s.owner
    return missed


@njit(cache=True, error_model="numpy")
def round_offers(c, m, s, factor):  # pragma: no cover
    """Give each block to the user who leads it, floors priced ``factor`` times."""
    for n in range(len(s.owner)):
        s.owner[n] = m.leader[n]
    s.is_open[:] = True
    for u in range(len(s.rate)):
        s.penalty[u] = factor * m.price[u]
    recount(c, s)


@njit(cache=True, error_model="numpy")
def kick(c, s, number, seed):  # pragma: no cover
    """From the best schedule, give ``number`` random blocks to users listed there."""
    blocks = len(s.owner)
    np.random.seed(seed)  # noqa: NPY002
    s.owner[:] = s.best
    recount(c, s)
    s.is_open[:] = False
    for _ in range(number):
        n = np.random.randint(blocks)  # noqa: NPY002
        place = np.random.randint(s.listed.shape[1])  # noqa: NPY002
        u, v = s.owner[n], s.listed[n, place]
        if v >= 0 and s.blocks[v] < c.room[v]:
            give(c, s, n, v)
            for k in range(blocks):
                if s.owner[k] == v or (u >= 0 and s.owner[k] == u):
                    s.is_open[k] = True
