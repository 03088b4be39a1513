"""A greedy start within what groups of users may have, and within backhaul."""

from numba import njit


@njit(cache=True, error_model="numpy")
def group_fill(
    order, best, start, cell, value, load, traffic, least, member, limits, chosen
):  # pragma: no cover
    """Give users in ``order`` their ``best`` entry if it fits, else the next that does.

    Of ``limits``, ``room`` and ``backhaul`` (B,) are what is left of load and traffic,
    ``quota`` (G, B) of the load of the users ``member`` (G, U) of each group; entries
    go to ``chosen`` (U,), -1: unserved.
    """
    room, backhaul, quota = limits
    for is_second in range(2):
        for u in order:
            if chosen[u] >= 0:
                continue
            found, highest = -1, least
            low, high = start[u], start[u + 1]
            if is_second == 0:
                low, high = best[u], best[u] + 1
            for e in range(max(low, 0), high):
                if is_second == 1 and not value[e] > highest:
                    continue
                b = cell[e]
                fits = load[e] <= room[b] and traffic[e] <= backhaul[b]
                for g in range(len(quota)):
                    if member[g, u] and load[e] > quota[g, b]:
                        fits = False
                if fits:
                    found, highest = e, value[e]
            if found >= 0:
                chosen[u] = found
                b = cell[found]
                room[b] -= load[found]
                backhaul[b] -= traffic[found]
                for g in range(len(quota)):
                    if member[g, u]:
                        quota[g, b] -= load[found]
