"""Users and their candidate cells: look-ups and a greedy start."""

import numpy as np
from numba import njit

from formulations.kernels.ordering import ascending

ROUNDING = 1e-12  # relative error of a sum of loads in another order


@njit(cache=True, error_model="numpy")
def places(user, served, start, cell):  # pragma: no cover
    """Entry of each link of ``user`` (n,) to ``served`` (n,), -1: no candidate."""
    place = np.full(len(user), -1, np.int64)
    for k in range(len(user)):
        for e in range(start[user[k]], start[user[k] + 1]):
            if cell[e] == served[k]:
                place[k] = e
                break
    return place


@njit(cache=True, error_model="numpy")
def favourites(start, value, load, least, unserved):  # pragma: no cover
    """Entry (U,) of the highest value above ``least`` (-1: none), and its density.

    The density is what an entry earns over ``unserved`` by load; -inf without one.
    """
    best = np.full(len(start) - 1, -1, np.int64)
    density = np.full(len(start) - 1, -np.inf)
    for u in range(len(best)):
        found, highest = -1, least
        for e in range(start[u], start[u + 1]):  # chosen, not jumped over: no guesses
            is_higher = value[e] > highest
            found = e if is_higher else found
            highest = value[e] if is_higher else highest
        if found >= 0:
            best[u], need = found, load[found]
            density[u] = (highest - unserved) / need if need > 0.0 else np.inf
    return best, density


@njit(cache=True, error_model="numpy")
def crowded_last(best, density, cell, load, capacity):  # pragma: no cover
    """Order (U,) of users: in cells too small for all last, the densest of them first.

    ``best`` and ``density`` (U,) are from :func:`favourites`. Only those users have to
    be sorted.
    """
    wanted = np.zeros(len(capacity))
    for e in best:
        if e >= 0:
            wanted[cell[e]] += load[e]
    order = np.empty(len(best), np.int64)
    crowded, key = np.empty(len(best), np.int64), np.empty(len(best))
    others = many = 0
    for u in range(len(best)):
        b = cell[best[u]] if best[u] >= 0 else -1
        is_crowded = b >= 0 and wanted[b] > capacity[b]
        order[others], crowded[many], key[many] = u, u, -density[u]
        others, many = others + (not is_crowded), many + is_crowded
    order[others:] = crowded[:many][ascending(key[:many])]
    return order


@njit(cache=True, error_model="numpy")
def fill(
    order, best, start, cell, value, load, least, room, chosen
):  # pragma: no cover
    """Give users in ``order`` their ``best`` entry if it fits, else the next that does.

    ``room`` (B,) is what is left; entries go to ``chosen`` (U,), -1: unserved.
    """
    left, number = np.empty(len(order), np.int64), 0
    for u in order:
        e = best[u]
        if e >= 0 and load[e] <= room[cell[e]]:
            chosen[u] = e
            room[cell[e]] -= load[e]
        elif chosen[u] < 0:
            left[number] = u
            number += 1
    for u in left[:number]:
        found, highest = -1, least
        for e in range(start[u], start[u + 1]):
            is_higher = value[e] > highest and load[e] <= room[cell[e]]
            found = e if is_higher else found
            highest = value[e] if is_higher else highest
        if found >= 0:
            chosen[u] = found
            room[cell[found]] -= load[found]


@njit(cache=True, error_model="numpy")
def cells_of(chosen, cell):  # pragma: no cover
    """Cell (U,) of the entry ``chosen`` (U,) of each user, -1 where there is none."""
    served = np.full(len(chosen), -1, np.int64)
    for u in range(len(chosen)):
        if chosen[u] >= 0:
            served[u] = cell[chosen[u]]
    return served


@njit(cache=True, error_model="numpy")
def earnings(start, cell, terms, crowd, nothing):  # pragma: no cover
    """Sum of what users earn at most by one entry each, and the largest sum of sizes.

    Of ``terms`` = value, load, traffic (E,) and price, toll (B,), an entry earns its
    value less price times load, toll times traffic and ``crowd`` (B,). Users with
    entries may take ``nothing`` instead; -inf where one must and has no entry.
    """
    value, load, traffic, price, toll = terms
    total, largest = 0.0, 0.0
    for u in range(len(start) - 1):
        if start[u] == start[u + 1]:
            if nothing == -np.inf:
                return -np.inf, 0.0
            continue
        best = nothing
        for e in range(start[u], start[u + 1]):
            b = cell[e]
            cost, fee = price[b] * load[e], toll[b] * traffic[e]
            worth = value[e] - cost - fee - crowd[b]
            if worth > best:
                best = worth
            size = abs(value[e]) + cost + abs(fee) + abs(crowd[b])
            if size > largest:
                largest = size
        total += best
    return total, largest


@njit(cache=True, error_model="numpy")
def marginal(best, density, chosen, load, cell, capacity):  # pragma: no cover
    """Least density (B,) among users at their favourites in cells too small for all.

    ``best`` and ``density`` (U,) are from :func:`favourites`, ``chosen`` (U,) what
    users have; 0 where all favourites fit.
    """
    wanted = np.zeros(len(capacity))
    least = np.full(len(capacity), np.inf)
    for u in range(len(best)):
        if best[u] < 0:
            continue
        b = cell[best[u]]
        wanted[b] += load[best[u]]
        if chosen[u] == best[u]:
            least[b] = min(least[b], density[u])
    for b in range(len(capacity)):
        if wanted[b] <= capacity[b] or least[b] == np.inf:
            least[b] = 0.0
    return least
