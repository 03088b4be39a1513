"""Channels at the least cost so far, one transmitter after the other."""

import numpy as np
from numba import njit

from formulations.kernels.ordering import ascending


@njit(cache=True, error_model="numpy")
def least_cost(
    start,
    channel,
    pairs,
    separation,
    exact,
    is_hard,
    penalty,
    preferred,
    preferred_cost,
    rounds,
):  # pragma: no cover
    """Channel (V,) that misses fewest hard pairs with those before, then costs least.

    Transmitters with most at stake come first. After that each one may change in turn,
    for ``rounds`` times, as long as that helps: iterated conditional modes of J. Besag,
    J. Royal Statistical Society B 48(3), 1986.

    Parameters
    ----------
    start, channel : (V + 1,), (D,)
        Domains in ascending order, none of them empty.
    pairs, separation, exact, is_hard, penalty : (E, 2), then (E,)
        Of pairs of transmitters.
    preferred, preferred_cost : (V,)
        Channel to keep, -1 for none, and what another costs.
    rounds : int
        Most times that each transmitter is asked again.
    """
    transmitters = len(start) - 1
    first, partner = _heads(pairs, transmitters), np.empty(2 * len(pairs), np.int64)
    gap, is_exact = np.empty(len(partner), np.int64), np.empty(len(partner), np.bool_)
    counts, weight = np.empty(len(partner), np.int64), np.empty(len(partner))
    place, stake = first[:-1].copy(), np.zeros(transmitters)
    for e in range(len(pairs)):
        cost = 1.0 if is_hard[e] else penalty[e]
        for side in range(2):
            v = pairs[e, side]
            a = place[v]
            partner[a], gap[a], is_exact[a] = (
                pairs[e, 1 - side],
                separation[e],
                exact[e],
            )
            counts[a], weight[a] = is_hard[e], 0.0 if is_hard[e] else penalty[e]
            stake[v] -= cost * max(separation[e], 1)
            place[v] += 1
    chosen = np.full(transmitters, -1, np.int64)
    widest = 0
    for v in range(transmitters):
        widest = max(widest, start[v + 1] - start[v])
    missed, cost = np.empty(widest, np.int64), np.empty(widest)
    order, is_stale = ascending(stake), np.ones(transmitters, np.bool_)
    for _ in range(rounds + 1):
        changed = False
        for v in order:
            if not is_stale[v]:  # would answer as before
                continue
            is_stale[v] = False
            size = start[v + 1] - start[v]
            own = channel[start[v] : start[v + 1]]
            is_dense = own[size - 1] - own[0] == size - 1
            for k in range(size):
                missed[k], cost[k] = 0, 0.0
            for a in range(first[v], first[v + 1]):
                used = chosen[partner[a]]
                if used < 0:
                    continue
                if is_exact[a]:
                    for k in range(size):
                        if abs(own[k] - used) != gap[a]:
                            missed[k] += counts[a]
                            cost[k] += weight[a]
                    continue
                low, high = used - gap[a] + 1, used + gap[a]  # without the last
                if is_dense:
                    begin, end = max(low - own[0], 0), min(high - own[0], size)
                else:
                    begin, end = np.searchsorted(own, low), np.searchsorted(own, high)
                for k in range(begin, end):
                    missed[k] += counts[a]
                    cost[k] += weight[a]
            if preferred[v] >= 0:
                for k in range(size):
                    cost[k] += preferred_cost[v] if own[k] != preferred[v] else 0.0
            best = 0
            for k in range(size):
                if chosen[v] == own[k]:
                    best = k
            for k in range(size):
                fewer = missed[k] < missed[best]
                if fewer or (missed[k] == missed[best] and cost[k] < cost[best]):
                    best = k
            if chosen[v] != own[best]:
                chosen[v], changed = own[best], True
                for a in range(first[v], first[v + 1]):
                    is_stale[partner[a]] = True
        if not changed:
            break
    return chosen


@njit(cache=True, error_model="numpy")
def _heads(pairs, transmitters):  # pragma: no cover
    """Where the pairs of each transmitter begin (V + 1,), each at both ends."""
    first = np.zeros(transmitters + 1, np.int64)
    for e in range(len(pairs)):
        first[pairs[e, 0] + 1] += 1
        first[pairs[e, 1] + 1] += 1
    for v in range(transmitters):
        first[v + 1] += first[v]
    return first
