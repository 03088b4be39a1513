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
    stake = np.zeros(transmitters)
    for v in range(transmitters):
        for a in range(first[v], first[v + 1]):
            e = number[a]
            weight = 1.0 if is_hard[e] else penalty[e]
            stake[v] -= weight * max(separation[e], 1)
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
            missed[:size] = 0
            cost[:size] = 0.0
            own = channel[start[v] : start[v + 1]]
            for a in range(first[v], first[v + 1]):
                used = chosen[partner[a]]
                if used >= 0:
                    e = number[a]
                    _charge(
                        used,
                        own,
                        separation[e],
                        exact[e],
                        is_hard[e],
                        penalty[e],
                        missed,
                        cost,
                    )
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


@njit(cache=True, error_model="numpy")
def _charge(
    used, own, separation, exact, is_hard, penalty, missed, cost
):  # pragma: no cover
    """Add what a pair with ``used`` costs at each channel of ``own``."""
    if exact:
        for k in range(len(own)):
            if abs(own[k] - used) != separation:
                missed[k] += is_hard
                cost[k] += 0.0 if is_hard else penalty
        return
    if separation <= 0:
        return
    k = np.searchsorted(own, used - separation + 1)
    while k < len(own) and own[k] < used + separation:
        missed[k] += is_hard
        cost[k] += 0.0 if is_hard else penalty
        k += 1
