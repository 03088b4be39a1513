"""Users and their candidate cells: look-ups and a greedy start."""

import numpy as np
from numba import njit

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
        highest = least
        for e in range(start[u], start[u + 1]):
            if value[e] > highest:
                best[u], highest = e, value[e]
        if best[u] >= 0:
            need = load[best[u]]
            density[u] = (highest - unserved) / need if need > 0.0 else np.inf
    return best, density


@njit(cache=True, error_model="numpy")
def fill(
    order, best, start, cell, value, load, least, room, chosen
):  # pragma: no cover
    """Give users in ``order`` their ``best`` entry if it fits, else the next that does.

    ``room`` (B,) is what is left; entries go to ``chosen`` (U,), -1: unserved.
    """
    for u in order:
        e = best[u]
        if e >= 0 and load[e] <= room[cell[e]]:
            chosen[u] = e
            room[cell[e]] -= load[e]
    for u in order:
        if chosen[u] >= 0:
            continue
        found, highest = -1, least
        for e in range(start[u], start[u + 1]):
            if value[e] > highest and load[e] <= room[cell[e]]:
                found, highest = e, value[e]
        if found >= 0:
            chosen[u] = found
            room[cell[found]] -= load[found]


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
