"""Users at open sites, one after the other, where there is room."""

from numba import njit


@njit(cache=True, error_model="numpy")
def best_open(start, site, value, is_open, least, wish, worth):  # pragma: no cover
    """Best open site of each user, and what it is worth; -1 where none exceeds least.

    Parameters
    ----------
    start, site, value : (U + 1,), (E,), (E,)
        Sites by user, and what serving the user from there is worth.
    is_open : (S,)
        Whether a site is open.
    least : float
        Value above which it is worth to serve a user at all.
    wish, worth : (U,)
        Get the site and the value.
    """
    for u in range(len(start) - 1):
        found, highest = -1, least
        for e in range(start[u], start[u + 1]):
            if value[e] > highest and is_open[site[e]]:
                found, highest = site[e], value[e]
        wish[u], worth[u] = found, highest


@njit(cache=True, error_model="numpy")
def admit(order, wish, demand, gateway, room, left, chosen):  # pragma: no cover
    """Put users of ``order`` at the site that they wish, where they still fit.

    Parameters
    ----------
    order : (N,)
        Users, the first ones first.
    wish, demand : (U,)
        Of users; -1: no site.
    gateway, room : (S,)
        Of sites; -1: no gateway. ``room`` is what is left, and is taken from.
    left : (G,)
        Backhaul that is left, and is taken from.
    chosen : (U,)
        Gets the site of each who fits.
    """
    for u in order:
        s = wish[u]
        if s < 0:
            continue
        g = gateway[s]
        if demand[u] > room[s] or (g >= 0 and demand[u] > left[g]):
            continue
        chosen[u] = s
        room[s] -= demand[u]
        if g >= 0:
            left[g] -= demand[u]


@njit(cache=True, error_model="numpy")
def place_waiting(
    waiting, start, site, gateway, value, demand, is_open, room, left, least, chosen
):  # pragma: no cover
    """Serve users who wait, in their order, at the best open site with room.

    Parameters
    ----------
    waiting : (W,)
        Users without a site.
    start, site, value, is_open, least
        As in :func:`best_open`.
    demand, gateway, room, left, chosen
        As in :func:`admit`.
    """
    for u in waiting:
        found, highest = -1, least
        for e in range(start[u], start[u + 1]):
            s = site[e]
            if value[e] <= highest or not is_open[s] or demand[u] > room[s]:
                continue
            if gateway[s] < 0 or demand[u] <= left[gateway[s]]:
                found, highest = s, value[e]
        if found >= 0:
            chosen[u] = found
            room[found] -= demand[u]
            if gateway[found] >= 0:
                left[gateway[found]] -= demand[u]
