"""Sites opened one after the other, each by what serving users from it costs."""

import numpy as np
from numba import njit

from formulations.kernels.ordering import ascending
from formulations.kernels.site_entries import site_entries


@njit(cache=True, error_model="numpy")
def by_site(start, site, value, demand, sites):  # pragma: no cover
    """Entries of each site, most value by demand first: heads (S + 1,), user, value."""
    first, user, worth, _ = site_entries(start, site, value, demand, sites)
    density = np.empty(len(site))
    for e in range(len(site)):
        need = demand[user[e]]
        density[e] = -worth[e] / need if need > 0.0 else -np.inf
    for s in range(sites):
        part = slice(first[s], first[s + 1])
        order = ascending(density[part])
        user[part] = user[part][order]
        worth[part] = worth[part][order]
    return first, user, worth


@njit(cache=True, error_model="numpy")
def open_stars(
    first, user, value, demand, capacity, open_cost, conflicts, most, needed, state
):  # pragma: no cover
    """Open the site that serves users who still wait at the least loss by demand.

    A site and the users it would serve, those of most value by demand first and as far
    as its capacity goes, are a star; it loses its cost less their value. Whom an open
    star serves waits no longer. Ends where sites have room for ``needed``, or where no
    more may open.

    Parameters
    ----------
    first : (S + 1,)
        Entries of each site, by falling value by demand.
    user, value : (E,), (E,)
        Of each entry.
    demand, capacity, open_cost : (U,), (S,), (S,)
        Of users and sites.
    conflicts : (C, 2)
        Pairs that may not both be open.
    most : int
        Sites that may be open.
    needed : float
        Capacity that must be open.
    state : (S,) int8
        1 at open sites, -1 at those that may not be; changed in place.
    """
    sites = len(capacity)
    waits = np.ones(len(demand), np.bool_)
    count, room = 0, 0.0
    for s in range(sites):
        if state[s] == 1:
            count += 1
            room += capacity[s]
            _block(s, conflicts, state)
            _star(s, first, user, value, demand, capacity, 0.0, waits, True)
    while count < most and room < needed:
        found, least = -1, np.inf
        for s in range(sites):
            if state[s] != 0:
                continue
            loss = _star(
                s, first, user, value, demand, capacity, open_cost[s], waits, False
            )
            if loss < least:
                found, least = s, loss
        if found < 0:  # nobody waits: the cheapest room
            for s in range(sites):
                if state[s] == 0 and capacity[s] > 0.0:
                    loss = open_cost[s] / capacity[s]
                    if loss < least:
                        found, least = s, loss
        if found < 0:
            break
        state[found] = 1
        count += 1
        room += capacity[found]
        _block(found, conflicts, state)
        _star(found, first, user, value, demand, capacity, 0.0, waits, True)


@njit(cache=True, error_model="numpy")
def _star(
    s, first, user, value, demand, capacity, cost, waits, serves
):  # pragma: no cover
    """Least loss by demand of site ``s`` with users who wait, inf without any."""
    total, load, least = cost, 0.0, np.inf
    for k in range(first[s], first[s + 1]):
        u = user[k]
        if not waits[u]:
            continue
        if load >= capacity[s]:
            break
        load += demand[u]
        total -= value[k]
        if serves:
            waits[u] = False
        elif load > 0.0:
            least = min(least, total / load)
    return least


@njit(cache=True, error_model="numpy")
def add_sites(
    start, site, value, demand, capacity, open_cost, conflicts, most, floor, state
):  # pragma: no cover
    """Open the site that adds most to what is open, until none pays.

    A site adds what users earn more there than at the best open site, as far as its
    capacity goes, less its cost. Without an open site users earn ``floor`` (U,).

    Parameters
    ----------
    start, site, value : (U + 1,), (E,), (E,)
        Sites by user, and what serving the user from there is worth.
    demand, capacity, open_cost, conflicts, most, state
        As in :func:`open_stars`.
    """
    users, sites = len(demand), len(capacity)
    best = floor.copy()
    gain, load = np.zeros(sites), np.zeros(sites)
    count = 0
    for s in range(sites):
        if state[s] == 1:
            count += 1
            _block(s, conflicts, state)
    first = np.zeros(sites + 1, np.int64)
    for u in range(users):
        for e in range(start[u], start[u + 1]):
            first[site[e] + 1] += 1
            if state[site[e]] == 1:
                best[u] = max(best[u], value[e])
        for e in range(start[u], start[u + 1]):
            if value[e] > best[u]:
                gain[site[e]] += value[e] - best[u]
                load[site[e]] += demand[u]
    first = np.cumsum(first)
    end = first[:-1].copy()
    owner = np.empty(len(site), np.int64)
    place = np.empty(len(site), np.int64)
    for u in range(users):
        for e in range(start[u], start[u + 1]):
            owner[end[site[e]]] = u
            place[end[site[e]]] = e
            end[site[e]] += 1
    while count < most:
        found, highest = -1, 0.0
        for s in range(sites):
            if state[s] != 0:
                continue
            part = min(capacity[s] / load[s], 1.0) if load[s] > 0.0 else 1.0
            worth = gain[s] * part - open_cost[s]
            if worth > highest:
                found, highest = s, worth
        if found < 0:
            return
        state[found] = 1
        count += 1
        _block(found, conflicts, state)
        part = slice(first[found], first[found + 1])
        order = np.arange(part.start, part.stop)
        if load[found] > capacity[found]:  # those who gain most by demand
            density = np.empty(len(order))
            for k in range(len(order)):
                u = owner[order[k]]
                more = value[place[order[k]]] - best[u]
                density[k] = -more / demand[u] if demand[u] > 0.0 else -np.inf
            order = order[np.argsort(density)]
        room = capacity[found]
        for k in order:
            u, more = owner[k], value[place[k]]
            if more <= best[u] or demand[u] > room:
                continue
            room -= demand[u]
            for e in range(start[u], start[u + 1]):
                if value[e] > best[u]:
                    gain[site[e]] -= min(value[e], more) - best[u]
                    load[site[e]] -= demand[u] if value[e] <= more else 0.0
            best[u] = more


@njit(cache=True, error_model="numpy")
def _block(s, conflicts, state):  # pragma: no cover
    """Mark the sites that may not be open beside ``s``."""
    for c in range(len(conflicts)):
        for side in range(2):
            if conflicts[c, side] == s and state[conflicts[c, 1 - side]] == 0:
                state[conflicts[c, 1 - side]] = -1
