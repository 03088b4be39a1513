"""Users alike, found and put together, a part at each call."""

import numpy as np
from numba import njit

FEATURES = 8  # projections of what a user gets from all sites, to split groups by


@njit(cache=True, error_model="numpy")
def project(first, last, users, rows, demand, weights, point):  # pragma: no cover
    """Fill ``point`` (n, F) of ``users[first:last]``: values by demand, weighted.

    ``rows`` are start, site and value of the pairs by user; ``weights`` (S, F) make few
    numbers of what a user gets from all sites.
    """
    start, site, value = rows
    for i in range(first, last):
        u = users[i]
        for k in range(FEATURES):
            point[i, k] = 0.0
        each = 1.0 / demand[u] if demand[u] > 0.0 else 1.0
        for e in range(start[u], start[u + 1]):
            density, s = value[e] * each, site[e]
            for k in range(FEATURES):
                point[i, k] += density * weights[s, k]


@njit(cache=True, error_model="numpy")
def _widest(order, begin, end, point):  # pragma: no cover
    """Feature of the largest variance among the users ``order[begin:end]``."""
    total, square = np.zeros(FEATURES), np.zeros(FEATURES)
    for i in range(begin, end):
        for k in range(FEATURES):
            away = point[order[i], k] - point[order[begin], k]
            total[k] += away
            square[k] += away * away
    return np.argmax(square - total * total / (end - begin))


@njit(cache=True, error_model="numpy")
def _part(order, begin, end, middle, point, k):  # pragma: no cover
    """Reorder ``order[begin:end]`` so that feature ``k`` is less before ``middle``."""
    low, high = begin, end - 1
    while low < high:
        pivot = point[order[(low + high) // 2], k]
        i, j = low, high
        while i <= j:
            while point[order[i], k] < pivot:
                i += 1
            while point[order[j], k] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@njit(cache=True, error_model="numpy")
def halve(work, most, order, point, waiting, first, numbers):  # pragma: no cover
    """Halve groups of more than ``most`` users across their widest feature.

    Groups are ranges of ``order`` (U,). ``waiting`` is a stack of ranges, ``first``
    takes where groups begin, ``numbers`` are how many both hold. Returns whether
    nothing waits; before, it stops after looking at about ``work`` users.
    """
    while numbers[0] > 0 and work > 0:
        numbers[0] -= 1
        begin, end = waiting[numbers[0]]
        if end - begin <= most:
            first[numbers[1]] = begin
            numbers[1] += 1
            continue
        work -= end - begin
        middle = (begin + end) // 2
        _part(order, begin, end, middle, point, _widest(order, begin, end, point))
        waiting[numbers[0]] = middle, end
        waiting[numbers[0] + 1] = begin, middle
        numbers[0] += 2
    return numbers[0] == 0


@njit(cache=True, error_model="numpy")
def merge(
    begin_at, end_at, order, first, rows, unit, demand, merged, sums, scratch
):  # pragma: no cover
    """Add up users ``order[first[g]:first[g + 1]]`` of groups from ``begin_at``.

    ``rows`` are start, site and value of the pairs by user; times ``unit`` they make
    ``merged``, the same by group. ``sums`` (3, G) takes demand, the sum of the best and
    that of the least values. ``scratch`` are (S,) numbers and (S,) groups, -1 at first.
    """
    start, site, value = rows
    into, place, worth = merged
    total, last = scratch
    for g in range(begin_at, end_at):
        begin = number = into[g]
        sums[:, g] = 0.0
        for i in range(first[g], first[g + 1]):
            u = order[i]
            best, least = -np.inf, np.inf
            for e in range(start[u], start[u + 1]):
                s, v = site[e], value[e]
                best = max(best, v)
                least = min(least, v)
                if last[s] != g:
                    last[s] = g
                    total[s] = 0.0
                    place[number] = s
                    number += 1
                total[s] += v
            sums[0, g] += demand[u]
            if start[u + 1] > start[u]:
                sums[1, g] += best * unit
                sums[2, g] += least * unit
        for k in range(begin, number):
            worth[k] = total[place[k]] * unit
        into[g + 1] = number


@njit(cache=True, error_model="numpy")
def take_open(first, last, rows, unit, column, table):  # pragma: no cover
    """Fill ``table`` (U, m) with values from sites that have a ``column`` (S,)."""
    start, site, value = rows
    for u in range(first, last):
        for e in range(start[u], start[u + 1]):
            k = column[site[e]]
            if k >= 0:
                table[u, k] = value[e] * unit
