"""Ejection chains over users and cells, where room and overload have a price."""

from typing import NamedTuple

import numpy as np
from numba import njit

GAINS = 1e-9  # least gain of a chain, in canonical utility
LONGEST = 3  # users moved by one chain


class Chains(NamedTuple):
    """Users, cells and the chosen entries; every user has one at any time.

    Entries of a user are sorted by ``reduced``, the highest first. The last cell stands
    for nobody: its entries have no load, and any number fits.
    """

    start: np.ndarray  # (U + 1,) entries of each user
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    reduced: np.ndarray  # (E,) value less full worth times load
    capacity: np.ndarray  # (B + 1,)
    full_worth: np.ndarray  # (B + 1,) of a unit of room
    least: np.ndarray  # (B + 1,) that overload costs at least, before softening
    worth: np.ndarray  # (B + 1,) worth of room, softened at present
    price: np.ndarray  # (B + 1,) of a unit of overload, beyond its worth
    choice: np.ndarray  # (U,) entry
    used: np.ndarray  # (B + 1,)
    head: np.ndarray  # (B + 1,) first user of each cell, -1: none
    after: np.ndarray  # (U,) next user of the same cell
    before: np.ndarray  # (U,)
    queue: np.ndarray  # (U,) ring of users to look at
    queued: np.ndarray  # (U,) bool
    log: np.ndarray  # (2, room) users moved in this round, and from where
    cells: np.ndarray  # (B + 1,) cells that are softened in this round
    best: np.ndarray  # (U,) best feasible choice
    counts: np.ndarray  # integers by the names below
    sums: np.ndarray  # numbers by the names below


COUNTS = 12
HEAD, LENGTH, LOGGED, OVERLOADED, RANDOM, WORK = range(6)
STAGE, CELLS, REPAIRS, DEPTH, ROUND, NARROW = range(6, COUNTS)
SUMS = 8
VALUE, MISFIT, WIDEST, SCORE, BEFORE, LOW, HEAT, HIGHEST = range(SUMS)


def chains_of(
    start: np.ndarray,
    cell: np.ndarray,
    value: np.ndarray,
    load: np.ndarray,
    capacity: np.ndarray,
    worth: np.ndarray,
    least: np.ndarray,
    choice: np.ndarray,
    seed: int,
) -> Chains:
    """Users at their ``choice`` (U,), which is kept; arrays as in :class:`Chains`."""
    users, cells = len(start) - 1, len(capacity)
    used = np.bincount(cell[choice], load[choice], cells)
    counts, sums = np.zeros(COUNTS, np.int64), np.zeros(SUMS)
    counts[RANDOM] = 88172645463325252 + seed % 2**31
    counts[OVERLOADED] = (used > capacity).sum()
    sums[VALUE] = value[choice].sum()
    sums[SCORE] = sums[HIGHEST] = -np.inf
    s = Chains(
        start=start,
        cell=cell,
        value=value,
        load=load,
        reduced=value - worth[cell] * load,
        capacity=capacity,
        full_worth=worth,
        least=least,
        worth=worth.copy(),
        price=worth.copy(),
        choice=choice,
        used=used,
        head=np.full(cells, -1, np.int64),
        after=np.full(users, -1, np.int64),
        before=np.full(users, -1, np.int64),
        queue=np.zeros(users, np.int64),
        queued=np.zeros(users, np.bool_),
        log=np.zeros((2, max(users, 1000)), np.int64),
        cells=np.zeros(cells, np.int64),
        best=choice.copy(),
        counts=counts,
        sums=sums,
    )
    link_all(s)
    return s


@njit(cache=True, error_model="numpy")
def draw(s, below):  # pragma: no cover
    """Next pseudo-random integer in [0, below): xorshift of Marsaglia."""
    x = s.counts[RANDOM]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    s.counts[RANDOM] = x
    return (x & 0x7FFFFFFFFFFFFFFF) % below


@njit(cache=True, error_model="numpy")
def misfit(s, b, load):  # pragma: no cover
    """What cell ``b`` loses with ``load`` against being just full."""
    room = s.capacity[b] - load
    if room < 0.0:
        return -room * s.price[b]
    return room * s.worth[b] if s.worth[b] > 0.0 else 0.0


@njit(cache=True, error_model="numpy")
def link(s, u, b):  # pragma: no cover
    """Put user ``u`` first among those of cell ``b``."""
    first = s.head[b]
    s.after[u], s.before[u] = first, -1
    if first >= 0:
        s.before[first] = u
    s.head[b] = u


@njit(cache=True, error_model="numpy")
def link_all(s):  # pragma: no cover
    """List the users of all cells."""
    for u in range(len(s.choice)):
        link(s, u, s.cell[s.choice[u]])


@njit(cache=True, error_model="numpy")
def shift(s, u, e):  # pragma: no cover
    """Move user ``u`` to entry ``e``."""
    now = s.choice[u]
    left, right = s.before[u], s.after[u]
    if left >= 0:
        s.after[left] = right
    else:
        s.head[s.cell[now]] = right
    if right >= 0:
        s.before[right] = left
    link(s, u, s.cell[e])
    for c, load in ((s.cell[now], -s.load[now]), (s.cell[e], s.load[e])):
        was = s.used[c]
        s.used[c] += load
        s.counts[OVERLOADED] += s.used[c] > s.capacity[c]
        s.counts[OVERLOADED] -= was > s.capacity[c]
        fresh = misfit(s, c, s.used[c])
        s.sums[MISFIT] += fresh - misfit(s, c, was)
        s.sums[WIDEST] = max(s.sums[WIDEST], fresh)
    s.sums[VALUE] += s.value[e] - s.value[now]
    s.choice[u] = e
    k = s.counts[LOGGED]
    if k < s.log.shape[1]:
        s.log[0, k], s.log[1, k] = u, now
    s.counts[LOGGED] += 1


@njit(cache=True, error_model="numpy")
def push(s, u):  # pragma: no cover
    """Have a look at user ``u`` later."""
    if not s.queued[u]:
        s.queued[u] = True
        s.queue[(s.counts[HEAD] + s.counts[LENGTH]) % len(s.queue)] = u
        s.counts[LENGTH] += 1


@njit(cache=True, error_model="numpy")
def push_cell(s, b):  # pragma: no cover
    """Have a look at all users of cell ``b``, unless it stands for nobody."""
    w = s.head[b] if b < len(s.capacity) - 1 else -1
    while w >= 0:
        push(s, w)
        w = s.after[w]


@njit(cache=True, error_model="numpy")
def note(chain, length, u, e, w, f, x, g):  # pragma: no cover
    """Write a chain of ``length`` users and their entries down."""
    chain[0, 0], chain[1, 0] = u, e
    chain[0, 1], chain[1, 1] = w if length > 1 else -1, f
    chain[0, 2], chain[1, 2] = x if length > 2 else -1, g


@njit(cache=True, error_model="numpy")
def best_chain(s, u, depth, chain):  # pragma: no cover
    """Find the chain of the highest gain that begins with user ``u``.

    ``u`` moves from cell a to b and ejects w to c, who ejects x to d; a chain may end
    after each, and closes in a. It goes on only while what it has gained so far could
    pay if a and the cell it has reached were just full [1]_.

    References
    ----------
    .. [1] S. Lin, B. W. Kernighan, "An effective heuristic algorithm for the
       traveling-salesman problem", Operations Research 21(2), 1973 (gain criterion).
       https://doi.org/10.1287/opre.21.2.498
    """
    nobody = len(s.capacity) - 1
    widest = s.sums[WIDEST]
    now = s.choice[u]
    a = s.cell[now]
    rest_a = s.used[a] - s.load[now]
    fit_a = misfit(s, a, s.used[a])
    left_a = fit_a - misfit(s, a, rest_a)
    best, work = GAINS, 0
    chain[0, :] = -1
    for e in range(s.start[u], s.start[u + 1]):
        work += 1
        first = s.reduced[e] - s.reduced[now]
        if first + fit_a + widest <= best:
            break
        b = s.cell[e]
        if b == a:
            continue
        full_b = s.used[b] + s.load[e]
        fit_b = misfit(s, b, s.used[b])
        gain = first + left_a + fit_b - misfit(s, b, full_b)
        if gain > best:
            best = gain
            note(chain, 1, u, e, 0, 0, 0, 0)
        if depth < 2 or b == nobody or first + fit_a + fit_b <= best:
            continue
        w = s.head[b]
        while w >= 0:
            of_w = s.choice[w]
            second_b = first + fit_b - misfit(s, b, full_b - s.load[of_w])
            for f in range(s.start[w], s.start[w + 1]):
                work += 1
                second = second_b + s.reduced[f] - s.reduced[of_w]
                if second + fit_a + widest <= best:
                    break
                c = s.cell[f]
                if c == b:
                    continue
                if c == a:
                    gain = second + fit_a - misfit(s, a, rest_a + s.load[f])
                    if gain > best:
                        best = gain
                        note(chain, 2, u, e, w, f, 0, 0)
                    continue
                full_c = s.used[c] + s.load[f]
                fit_c = misfit(s, c, s.used[c])
                gain = second + left_a + fit_c - misfit(s, c, full_c)
                if gain > best:
                    best = gain
                    note(chain, 2, u, e, w, f, 0, 0)
                if depth < 3 or c == nobody or second + fit_a + fit_c <= best:
                    continue
                x = s.head[c]
                while x >= 0:
                    of_x = s.choice[x]
                    third_c = second + fit_c - misfit(s, c, full_c - s.load[of_x])
                    for g in range(s.start[x], s.start[x + 1]):
                        work += 1
                        third = third_c + s.reduced[g] - s.reduced[of_x]
                        if third + fit_a + widest <= best:
                            break
                        d = s.cell[g]
                        if d in (b, c):
                            continue
                        if d == a:
                            gain = fit_a - misfit(s, a, rest_a + s.load[g])
                        else:
                            gain = left_a + misfit(s, d, s.used[d])
                            gain -= misfit(s, d, s.used[d] + s.load[g])
                        if third + gain > best:
                            best = third + gain
                            note(chain, 3, u, e, w, f, x, g)
                    x = s.after[x]
            w = s.after[w]
    s.counts[WORK] += work


@njit(cache=True, error_model="numpy")
def settle(s, limit):  # pragma: no cover
    """Move queued users by their best chains until nobody gains or work is done.

    Who shares a cell with them has a look in turn, unless the round is narrow.
    """
    widely = s.counts[NARROW] == 0
    chain = np.empty((2, LONGEST), np.int64)
    s.sums[WIDEST] = 0.0
    for b in range(len(s.capacity)):
        s.sums[WIDEST] = max(s.sums[WIDEST], misfit(s, b, s.used[b]))
    while s.counts[LENGTH] > 0 and s.counts[WORK] < limit:
        u = s.queue[s.counts[HEAD]]
        s.counts[HEAD] = (s.counts[HEAD] + 1) % len(s.queue)
        s.counts[LENGTH] -= 1
        s.queued[u] = False
        best_chain(s, u, s.counts[DEPTH], chain)
        for k in range(LONGEST):
            v = chain[0, k]
            if v < 0:
                break
            if k == 0 and widely:
                push_cell(s, s.cell[s.choice[v]])
            shift(s, v, chain[1, k])
            if widely:
                push_cell(s, s.cell[chain[1, k]])
            push(s, v)
