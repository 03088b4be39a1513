"""Sites opened one after the other, each by what serving users from it costs."""

import numpy as np
from numba import njit

from formulations.kernels.ordering import ascending
from formulations.kernels.site_entries import site_entries

PASSES = 50  # over all pairs: with more, those of a site by themselves are faster


@njit(cache=True, error_model="numpy")
def by_site(start, site, value, demand, sites):  # pragma: no cover
    """Entries of each site, most value by demand first: heads (S + 1,), user, value."""
    owner, density = np.empty(len(site), np.int32), np.empty(len(site))
    first = np.zeros(sites + 1, np.int64)
    for u in range(len(demand)):
        need = demand[u]
        for e in range(start[u], start[u + 1]):
            owner[e] = u
            density[e] = -value[e] / need if need > 0.0 else -np.inf
            first[site[e] + 1] += 1
    for s in range(sites):
        first[s + 1] += first[s]
    place = first[:-1].copy()
    user, worth = np.empty(len(site), np.int32), np.empty(len(site))
    for e in ascending(density):  # at once: less than each site by itself
        k = place[site[e]]
        user[k], worth[k] = owner[e], value[e]
        place[site[e]] += 1
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
    sites, best = len(capacity), floor.copy()
    count, room, everybody = 0, np.inf, demand.sum()
    for s in range(sites):
        if state[s] == 1:
            count += 1
            _block(s, conflicts, state)
        elif state[s] == 0:
            room = min(room, capacity[s])
    limits = open_cost, conflicts, most - count
    is_whole = len(site) == sites * len(demand)
    if is_whole and most - count <= PASSES and room >= everybody:
        _add_in_passes(value.reshape((len(demand), sites)), *limits, best, state)
        return
    first, user, worth, total = site_entries(start, site, value, demand, sites)
    is_roomy = True
    for s in range(sites):
        if state[s] == 1:
            for k in range(first[s], first[s + 1]):
                best[user[k]] = max(best[user[k]], worth[k])
        is_roomy &= state[s] != 0 or total[s] <= capacity[s]
    entries = first, user, worth
    if is_roomy:
        _add_roomy(entries, *limits, best, state)
    else:
        pairs = start, site, value
        _add_limited(pairs, entries, demand, capacity, *limits, best, state)


@njit(cache=True, error_model="numpy")
def _most_adding(added, state):  # pragma: no cover
    """Site (S,) that may open and adds most, or -1 if none adds anything."""
    found, highest = -1, 0.0
    for s in range(len(added)):
        if state[s] == 0 and added[s] > highest:
            found, highest = s, added[s]
    return found


@njit(cache=True, error_model="numpy")
def _add_in_passes(value, open_cost, conflicts, most, best, state):  # pragma: no cover
    """Open up to ``most`` more sites, all with room for all; ``value`` (U, S).

    All users are gone through for each: for few sites faster than to look up the users
    of one.
    """
    users, sites = value.shape
    for s in range(sites):
        if state[s] == 1:
            for u in range(users):
                best[u] = max(best[u], value[u, s])
    added = np.empty(sites)
    for _ in range(most):
        added[:] = -open_cost
        for u in range(users):
            least, row = best[u], value[u]
            for s in range(sites):
                more = row[s] - least
                added[s] += more if more > 0.0 else 0.0
        found = _most_adding(added, state)
        if found < 0:
            return
        state[found] = 1
        _block(found, conflicts, state)
        for u in range(users):
            best[u] = max(best[u], value[u, found])


@njit(cache=True, error_model="numpy")
def _add_roomy(entries, open_cost, conflicts, most, best, state):  # pragma: no cover
    """Open up to ``most`` more sites that all have room for everybody in range.

    What a site adds only falls as others open, so that of the highest alone has to be
    looked at again: M. Minoux, "Accelerated greedy algorithms for maximizing submodular
    set functions", Optimization Techniques, 1978. https://doi.org/10.1007/BFb0006528
    """
    first, user, worth = entries
    sites = len(open_cost)
    added = np.full(sites, np.inf)
    seen = np.full(sites, -1)  # how many were open when it was looked at
    opened = 0
    while opened < most:
        found = _most_adding(added, state)
        if found < 0:
            return
        if seen[found] < opened:
            total = -open_cost[found]
            for k in range(first[found], first[found + 1]):
                total += max(worth[k] - best[user[k]], 0.0)
            added[found], seen[found] = total, opened
            continue
        state[found] = 1
        opened += 1
        _block(found, conflicts, state)
        for k in range(first[found], first[found + 1]):
            best[user[k]] = max(best[user[k]], worth[k])


@njit(cache=True, error_model="numpy")
def _add_limited(
    pairs, entries, demand, capacity, open_cost, conflicts, most, best, state
):  # pragma: no cover
    """Open up to ``most`` more sites some of which have not room for all in range."""
    (start, site, value), (first, user, worth) = pairs, entries
    sites = len(capacity)
    gain, load = np.zeros(sites), np.zeros(sites)
    for s in range(sites):
        for k in range(first[s], first[s + 1]):
            if worth[k] > best[user[k]]:
                gain[s] += worth[k] - best[user[k]]
                load[s] += demand[user[k]]
    for _ in range(most):
        found, highest = -1, 0.0
        for s in range(sites):
            if state[s] != 0:
                continue
            part = min(capacity[s] / load[s], 1.0) if load[s] > 0.0 else 1.0
            added = gain[s] * part - open_cost[s]
            if added > highest:
                found, highest = s, added
        if found < 0:
            return
        state[found] = 1
        _block(found, conflicts, state)
        order = np.arange(first[found], first[found + 1])
        if load[found] > capacity[found]:  # those who gain most by demand
            density = np.empty(len(order))
            for k in range(len(order)):
                u = user[order[k]]
                more = worth[order[k]] - best[u]
                density[k] = -more / demand[u] if demand[u] > 0.0 else -np.inf
            order = order[np.argsort(density)]
        room = capacity[found]
        for k in order:
            u, more = user[k], worth[k]
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
