"""Search by making room worth little in some cells, and full worth again in steps.

Where room and overload cost little, users gather in the cells that suit them; as the
cost rises to its full amount, chains restore the fit at the least loss. A round does
this to some cells, and is taken back if it ends with less.
"""

import numpy as np
from numba import njit

from formulations.kernels.ejection import (
    BEFORE,
    CELLS,
    DEPTH,
    GAINS,
    HEAT,
    HIGHEST,
    LENGTH,
    LOGGED,
    LOW,
    MISFIT,
    NARROW,
    OVERLOADED,
    REPAIRS,
    ROUND,
    SCORE,
    STAGE,
    VALUE,
    WORK,
    draw,
    misfit,
    push,
    push_cell,
    settle,
    shift,
)

STAGES = 3  # from the low worth of room to the full one
LOWEST, HIGHEST_LOW = 0.01, 0.3  # share of the worth that a round begins with
OVERLOAD = 1.5  # price of overload, in worths of room
REPAIRED = 24  # times that the price of overload is raised in a round, at most
GENTLE = 8  # of them by a factor of two
RECOUNTED = 1000  # rounds between sums from scratch
TOGETHER = 800  # users in the cells of a round, at most


@njit(cache=True, error_model="numpy")
def begin(s, everywhere, depth, low):  # pragma: no cover
    """Begin a round: soften all cells, or some neighbours of a random user.

    Room is worth the part ``low`` of its full worth to begin with, 0: a random part.
    """
    B = len(s.capacity) - 1
    s.counts[LOGGED] = 0
    s.counts[STAGE] = 0
    s.counts[REPAIRS] = 0
    s.counts[DEPTH] = depth
    s.counts[NARROW] = 0
    s.sums[BEFORE] = -np.inf if everywhere else worth_of(s)
    part = draw(s, 1024) / 1024
    s.sums[LOW] = low if low > 0.0 else LOWEST ** (1 - part) * HIGHEST_LOW**part
    if low == 1.0:
        s.counts[STAGE] = STAGES
    if everywhere:
        for b in range(B):
            s.cells[b] = b
        s.counts[CELLS] = B
    else:
        neighbours(s)
    soften(s)


@njit(cache=True, error_model="numpy")
def begin_narrow(s, depth):  # pragma: no cover
    """Begin a round of users without their first choice or in a cell with overload.

    At the full worth of room nobody else has much to gain where the start is good.
    """
    begin(s, True, depth, 1.0)
    s.counts[NARROW] = 1
    s.counts[LENGTH] = 0
    for u in range(len(s.choice)):
        b = s.cell[s.choice[u]]
        s.queued[u] = False
        if s.choice[u] != s.start[u] or s.used[b] > s.capacity[b]:
            push(s, u)


@njit(cache=True, error_model="numpy")
def neighbours(s):  # pragma: no cover
    """Walk over candidates from a random user to the cells of a round."""
    U, B = len(s.choice), len(s.capacity) - 1
    most = max(2, min(B // 2, TOGETHER * B // U))
    size = int(2 * np.exp(np.log(most / 2) * draw(s, 1024) / 1024) + 0.5)
    u, count, tries = draw(s, U), 0, 0
    while count < min(size, B) and tries < 10 * size + 20:
        tries += 1
        many = s.start[u + 1] - s.start[u]
        b = s.cell[s.start[u] + min(draw(s, many), draw(s, many))]
        if b == B:
            u = draw(s, U)
            continue
        known = False
        for k in range(count):
            known = known or s.cells[k] == b
        if not known:
            s.cells[count] = b
            count += 1
        w = s.head[b]
        for _ in range(draw(s, 32)):
            if w >= 0 and s.after[w] >= 0:
                w = s.after[w]
        u = w if w >= 0 else draw(s, U)
    s.counts[CELLS] = count


@njit(cache=True, error_model="numpy")
def soften(s):  # pragma: no cover
    """Set the worth of room in the cells of the round by its stage."""
    part = s.sums[LOW] ** (1 - s.counts[STAGE] / STAGES)
    for k in range(s.counts[CELLS]):
        b = s.cells[k]
        s.worth[b] = part * s.full_worth[b]
        s.price[b] = OVERLOAD * part * max(s.full_worth[b], s.least[b])
    if s.counts[CELLS] == len(s.capacity) - 1:
        for u in range(len(s.choice)):  # in their order, which mixes cells
            push(s, u)
    else:
        for k in range(s.counts[CELLS]):
            push_cell(s, s.cells[k])
    fit_all(s)


@njit(cache=True, error_model="numpy")
def fit_all(s):  # pragma: no cover
    """Add up what cells lose by not being just full."""
    s.sums[MISFIT] = 0.0
    for b in range(len(s.capacity)):
        s.sums[MISFIT] += misfit(s, b, s.used[b])


@njit(cache=True, error_model="numpy")
def worth_of(s):  # pragma: no cover
    """Value of the choice less overload at its usual price."""
    total = s.sums[VALUE]
    for b in range(len(s.capacity) - 1):
        over = s.used[b] - s.capacity[b]
        if over > 0.0:
            price = OVERLOAD * max(s.full_worth[b], s.least[b])
            total -= (s.full_worth[b] + price) * over
    return total


@njit(cache=True, error_model="numpy")
def repair(s):  # pragma: no cover
    """Raise the price of overload where there is some, at first by little."""
    s.counts[REPAIRS] += 1
    factor = 2.0 if s.counts[REPAIRS] <= GENTLE else 8.0
    for b in range(len(s.capacity) - 1):
        if s.used[b] > s.capacity[b]:
            s.price[b] *= factor
            push_cell(s, b)
    fit_all(s)


@njit(cache=True, error_model="numpy")
def end(s):  # pragma: no cover
    """Keep what is best, or take the round back; prices become the usual ones."""
    if s.counts[OVERLOADED] == 0 and s.sums[VALUE] > s.sums[SCORE] + GAINS:
        s.sums[SCORE] = s.sums[VALUE]
        s.best[:] = s.choice
    now = worth_of(s)
    s.sums[HIGHEST] = max(s.sums[HIGHEST], now)
    patience = -s.sums[HEAT] * np.log((draw(s, 1 << 30) + 1) / (1 << 30))
    moved = s.counts[LOGGED]
    if now < s.sums[BEFORE] - patience and moved <= s.log.shape[1]:
        for k in range(moved - 1, -1, -1):
            shift(s, s.log[0, k], s.log[1, k])
    for b in range(len(s.capacity) - 1):
        s.worth[b] = s.full_worth[b]
        s.price[b] = OVERLOAD * max(s.full_worth[b], s.least[b])
    s.counts[ROUND] += 1
    if s.counts[ROUND] % RECOUNTED == 0:
        recount(s)
    fit_all(s)


@njit(cache=True, error_model="numpy")
def recount(s):  # pragma: no cover
    """Add loads and values up anew, for rounding has gathered in them."""
    s.used[:] = 0.0
    s.sums[VALUE] = 0.0
    for u in range(len(s.choice)):
        e = s.choice[u]
        s.used[s.cell[e]] += s.load[e]
        s.sums[VALUE] += s.value[e]
    s.counts[OVERLOADED] = (s.used > s.capacity).sum()


@njit(cache=True, error_model="numpy")
def search(s, work, rounds, depth):  # pragma: no cover
    """Go on with rounds until ``work`` is done or ``rounds`` are over."""
    limit = s.counts[WORK] + work
    while s.counts[WORK] < limit and s.counts[ROUND] < rounds:
        if s.counts[LENGTH] > 0:
            settle(s, limit)
            continue
        s.counts[WORK] += len(s.capacity)
        if s.counts[STAGE] < STAGES:
            s.counts[STAGE] += 1
            soften(s)
            continue
        is_promising = worth_of(s) > s.sums[HIGHEST] - 3 * s.sums[HEAT]
        is_promising = is_promising or s.sums[SCORE] == -np.inf
        if s.counts[OVERLOADED] and is_promising and s.counts[REPAIRS] < REPAIRED:
            repair(s)
            continue
        end(s)
        if s.counts[ROUND] < rounds:
            begin(s, False, depth, 0.0)
