"""Neighbouring blocks for the users of one cell: dynamic programs over intervals.

The value of an interval is concave in its rate, so the best start of an interval never
moves back as its end moves on; each table row takes O(N log N) by divide and conquer.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.block_prices import Cell

EXACT = 1e-12  # relative error of a sum of rates
NEVER = -np.inf


@njit(cache=True, error_model="numpy")
def interval_value(rate, weight, floor, penalty, base, is_fair):  # pragma: no cover
    """Value of ``rate``; -inf below the floor where ``penalty`` is infinite."""
    charge = 0.0
    if rate < floor * (1.0 - EXACT):
        if penalty == np.inf:
            return -np.inf
        charge = penalty * (floor - rate)
    if not is_fair:
        return weight * rate - charge
    return (weight * np.log(base + rate) if weight > 0.0 else 0.0) - charge


class Line(NamedTuple):
    """Blocks of one cell in a row, and what its users may take of them."""

    sums: np.ndarray  # (K, N + 1) rate of the first blocks
    first: np.ndarray  # (K, N + 1) int, where an interval ending there may start
    weight: np.ndarray  # (K,)
    floor: np.ndarray  # (K,)
    penalty: np.ndarray  # (K,) of the rate that is missing, inf: it must not
    base: np.ndarray  # (K,) added to the rate under the logarithm
    is_fair: bool


def line_of(cell: Cell, closed: np.ndarray, penalty: np.ndarray) -> Line:
    """Line of a cell that leaves the blocks ``closed`` (N,) empty."""
    users, blocks = cell.rate.shape
    sums = np.zeros((users, blocks + 1))
    np.cumsum(cell.rate, axis=1, out=sums[:, 1:])
    ends = np.arange(blocks + 1)
    after = np.zeros(blocks + 1, np.int64)
    after[1:] = np.maximum.accumulate(np.where(closed, ends[1:], 0))
    first = np.maximum(after, ends - cell.room[:, None])
    return Line(sums, first, cell.weight, cell.floor, penalty, cell.base, cell.is_fair)


def mirrored(line: Line) -> Line:
    """The same blocks counted from the other end."""
    sums = line.sums[:, -1:] - line.sums[:, ::-1]
    users, ends = sums.shape
    last = np.empty((users, ends), np.int64)
    for u in range(users):  # the furthest end of an interval that starts at a block
        last[u] = np.searchsorted(line.first[u], np.arange(ends), side="right") - 1
    return line._replace(
        sums=np.ascontiguousarray(sums),
        first=np.ascontiguousarray((ends - 1 - last)[:, ::-1]),
    )


@njit(cache=True, error_model="numpy")
def extend(
    before, sums, first, weight, floor, penalty, base, is_fair, after, start, stack
):  # pragma: no cover
    """Best values ``after`` (N + 1,) with one more user, which takes an interval.

    ``before[s]`` is the value of what ends by ``s``; ``start[e]`` tells where the
    user's interval that ends at ``e`` begins, ``e`` itself if it takes nothing.
    ``stack`` (N + 2, 4) is working space.
    """
    ends = len(before)
    needed = floor * (1.0 - EXACT) if penalty == np.inf else 0.0
    nothing = interval_value(0.0, weight, floor, penalty, base, is_fair)
    for e in range(ends):
        after[e] = before[e] + nothing
        start[e] = e
    depth = 0
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 1, ends - 1, 0, ends - 1
    depth = 1
    while depth > 0:
        depth -= 1
        low, high = stack[depth, 0], stack[depth, 1]
        left, right = stack[depth, 2], stack[depth, 3]
        if low > high:
            continue
        e = (low + high) // 2
        best, place = NEVER, -1
        for s in range(max(left, first[e]), min(right, e - 1) + 1):
            rate = sums[e] - sums[s]
            if before[s] == NEVER or rate < needed:
                continue
            value = before[s] + interval_value(
                rate, weight, floor, penalty, base, is_fair
            )
            if value > best:
                best, place = value, s
        if place >= 0 and best > after[e]:
            after[e], start[e] = best, place
        stack[depth, 0], stack[depth, 1] = low, e - 1
        stack[depth, 2], stack[depth, 3] = left, place if place >= 0 else right
        depth += 1
        stack[depth, 0], stack[depth, 1] = e + 1, high
        stack[depth, 2], stack[depth, 3] = place if place >= 0 else left, right
        depth += 1
    for e in range(1, ends):  # blocks may stay unused behind the interval
        if after[e - 1] > after[e]:
            after[e], start[e] = after[e - 1], -1


@njit(cache=True, error_model="numpy")
def _extend(line, u, before, after, start, stack):  # pragma: no cover
    """Extend ``before`` by user ``u`` of the line."""
    extend(
        before, line.sums[u], line.first[u], line.weight[u], line.floor[u],
        line.penalty[u], line.base[u], line.is_fair, after, start, stack,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def place_in_order(line, order, owner):  # pragma: no cover
    """Best intervals of users in ``order`` (K,), into ``owner`` (N,); the value."""
    users, ends = line.sums.shape
    table = np.zeros((users + 1, ends))
    start = np.empty((users, ends), np.int64)
    stack = np.empty((ends + 2, 4), np.int64)
    for k in range(users):
        _extend(line, order[k], table[k], table[k + 1], start[k], stack)
    owner[:] = -1
    e = ends - 1
    for k in range(users - 1, -1, -1):
        while start[k, e] < 0:
            e -= 1
        owner[start[k, e] : e] = order[k]
        e = start[k, e]
    return table[users, ends - 1]


@njit(cache=True, error_model="numpy")
def reinsert(line, mirror, order, u, before, behind):  # pragma: no cover
    """Move user ``u`` to its best place in ``order`` (K,); the value then.

    ``before`` and ``behind`` (K, N + 1) are working space.
    """
    users, ends = line.sums.shape
    start = np.empty(ends, np.int64)
    stack = np.empty((ends + 2, 4), np.int64)
    after = np.empty(ends)
    others = order[order != u]
    before[0] = 0.0
    behind[users - 1] = 0.0
    for k in range(users - 1):
        _extend(line, others[k], before[k], before[k + 1], start, stack)
    for k in range(users - 2, -1, -1):
        _extend(mirror, others[k], behind[k + 1], behind[k], start, stack)
    best, place = NEVER, 0
    for k in range(users):
        _extend(line, u, before[k], after, start, stack)
        for e in range(ends):
            value = after[e] + behind[k, ends - 1 - e]
            if value > best:
                best, place = value, k
    order[:place] = others[:place]
    order[place] = u
    order[place + 1 :] = others[place:]
    return best


@njit(cache=True, error_model="numpy")
def fill_subsets(line, table, begin, end):  # pragma: no cover
    """Rows ``begin`` to ``end`` of ``table`` (2^K, N + 1): best of each set of users.

    Bit ``u`` of a row is set where the first blocks are shared with user ``u``, too.
    """
    users, ends = line.sums.shape
    start = np.empty(ends, np.int64)
    stack = np.empty((ends + 2, 4), np.int64)
    after = np.empty(ends)
    for row in range(begin, end):
        table[row] = 0.0 if row == 0 else NEVER
        for u in range(users):
            if row >> u & 1:
                _extend(line, u, table[row ^ (1 << u)], after, start, stack)
                for e in range(ends):
                    table[row, e] = max(table[row, e], after[e])


@njit(cache=True, error_model="numpy")
def trace_subsets(line, table, owner):  # pragma: no cover
    """Write the best intervals of all users to ``owner`` (N,)."""
    users, ends = line.sums.shape
    start = np.empty(ends, np.int64)
    stack = np.empty((ends + 2, 4), np.int64)
    after = np.empty(ends)
    owner[:] = -1
    row, e = (1 << users) - 1, ends - 1
    while row > 0:
        for u in range(users):
            if row >> u & 1:
                _extend(line, u, table[row ^ (1 << u)], after, start, stack)
                if after[e] == table[row, e]:
                    while start[e] < 0:
                        e -= 1
                    owner[start[e] : e] = u
                    e = start[e]
                    row ^= 1 << u
                    break
