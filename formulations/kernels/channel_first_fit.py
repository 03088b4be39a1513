"""First-fit channels in one pass over the pairs."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def first_fit(
    start: np.ndarray,
    channel: np.ndarray,
    pairs: np.ndarray,
    separation: np.ndarray,
    is_hard: np.ndarray,
) -> np.ndarray:  # pragma: no cover
    """Lowest channel (V,) that keeps apart from those before, most constrained first.

    A transmitter is constrained by the sum of its separations: the generalised degree
    of A. Gamst, W. Rave, "On frequency assignment in mobile automatic telephone
    systems", IEEE GLOBECOM, 1982. One that no channel fits takes its first.

    Parameters
    ----------
    start, channel : (V + 1,), (D,)
        Domains in ascending order, none of them empty.
    pairs, separation, is_hard : (E, 2), (E,), (E,)
        Of which only hard pairs count, none of them exact.
    """
    transmitters = len(start) - 1
    first, partner, gap, need = neighbours(transmitters, pairs, separation, is_hard)
    chosen = np.full(transmitters, -1, np.int64)
    least, most = np.empty(64, np.int64), np.empty(64, np.int64)
    for v in np.argsort(-need, kind="mergesort"):
        if first[v + 1] - first[v] > len(least):
            least = np.empty(2 * (first[v + 1] - first[v]), np.int64)
            most = np.empty(2 * (first[v + 1] - first[v]), np.int64)
        taken = 0
        for a in range(first[v], first[v + 1]):
            used = chosen[partner[a]]
            if used >= 0 and gap[a] > 0:
                least[taken], most[taken] = used - gap[a], used + gap[a]
                taken += 1
        chosen[v] = channel[start[v]]
        k = start[v]
        while k < start[v + 1]:
            blocked_to = channel[k]
            for i in range(taken):
                if least[i] < channel[k] < most[i] and most[i] > blocked_to:
                    blocked_to = most[i]
            if blocked_to == channel[k]:
                chosen[v] = channel[k]
                break
            while k < start[v + 1] and channel[k] < blocked_to:
                k += 1
    return chosen


@njit(cache=True, error_model="numpy")
def neighbours(
    transmitters: int, pairs: np.ndarray, separation: np.ndarray, is_hard: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # pragma: no cover
    """Where the hard pairs of each transmitter begin (V + 1,), the other one (A,).

    Then the separation (A,), and the sum of all (V,) of a transmitter.
    """
    first = np.zeros(transmitters + 1, np.int64)
    need = np.zeros(transmitters, np.int64)
    for e in range(len(pairs)):
        if is_hard[e]:
            for side in range(2):
                v = pairs[e, side]
                first[v + 1] += 1
                need[v] += separation[e]
    for v in range(transmitters):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    partner, gap = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64)
    for e in range(len(pairs)):
        if is_hard[e]:
            for side in range(2):
                v = pairs[e, side]
                partner[place[v]], gap[place[v]] = pairs[e, 1 - side], separation[e]
                place[v] += 1
    return first, partner, gap, need
