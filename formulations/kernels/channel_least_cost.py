"""Channels at the least cost so far, one transmitter after the other."""

import numpy as np
from numba import njit


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
    first, partner, number = _by_transmitter(pairs, transmitters)
    gap, counts, weight = separation[number], is_hard[number], penalty[number]
    is_exact = exact[number]
    stake = np.zeros(transmitters)
    for v in range(transmitters):
        for a in range(first[v], first[v + 1]):
            stake[v] -= (1.0 if counts[a] else weight[a]) * max(gap[a], 1)
            weight[a] = 0.0 if counts[a] else weight[a]
    chosen = np.full(transmitters, -1, np.int64)
    widest = 0
    for v in range(transmitters):
        widest = max(widest, start[v + 1] - start[v])
    missed, cost = np.empty(widest, np.int64), np.empty(widest)
    order = np.argsort(stake, kind="mergesort")
    for _ in range(rounds + 1):
        changed = False
        for v in order:
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
            changed = changed or chosen[v] != own[best]
            chosen[v] = own[best]
        if not changed:
            break
    return chosen


@njit(cache=True, error_model="numpy")
def _by_transmitter(pairs, transmitters):  # pragma: no cover
    """Pairs by transmitter: heads (V + 1,), partner and number of the pair (2 E,)."""
    first = np.zeros(transmitters + 1, np.int64)
    for e in range(len(pairs)):
        first[pairs[e, 0] + 1] += 1
        first[pairs[e, 1] + 1] += 1
    first = np.cumsum(first)
    place = first[:-1].copy()
    partner = np.empty(2 * len(pairs), np.int64)
    number = np.empty(2 * len(pairs), np.int64)
    for e in range(len(pairs)):
        for side in range(2):
            v = pairs[e, side]
            partner[place[v]], number[place[v]] = pairs[e, 1 - side], e
            place[v] += 1
    return first, partner, number
