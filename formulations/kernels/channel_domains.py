"""Arc consistency of channel domains under hard separations.

J. Bessière, "Constraint propagation", in Handbook of Constraint Programming, 2006
(AC-3). https://doi.org/10.1016/S1574-6526(06)80007-6
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def supported(
    start: np.ndarray,
    channel: np.ndarray,
    first: np.ndarray,
    other: np.ndarray,
    pair: np.ndarray,
    separation: np.ndarray,
    exact: np.ndarray,
    alive: np.ndarray,
    reason: np.ndarray,
    taken: np.ndarray,
) -> tuple[int, int]:  # pragma: no cover
    """Take away channels without a partner at a neighbour until none is left.

    Parameters
    ----------
    start, channel : (V + 1,), (D,)
        Domains in ascending order.
    first, other, pair : (V + 1,), (A,), (A,)
        Neighbours of each transmitter, and by which pair.
    separation, exact : (E,)
        Of the pairs.
    alive, reason, taken : (D,)
        Written: what is left, by which pair an entry went, entries in that order.

    Returns
    -------
    tuple of int
        Transmitter whose domain is empty, or -1; number of entries taken away.
    """
    transmitters = len(start) - 1
    low, high = np.empty(transmitters, np.int64), np.empty(transmitters, np.int64)
    for v in range(transmitters):
        if start[v] == start[v + 1]:
            return v, 0
        low[v], high[v] = start[v], start[v + 1] - 1
    queue = np.arange(transmitters)
    waiting = np.ones(transmitters, np.bool_)
    head, size, count = 0, transmitters, 0
    while size > 0:
        u = queue[head]
        head = (head + 1) % transmitters
        size -= 1
        waiting[u] = False
        for a in range(first[u], first[u + 1]):
            v, gap, is_exact = other[a], separation[pair[a]], exact[pair[a]]
            if not is_exact and channel[high[u]] - channel[low[u]] > 2 * gap - 2:
                continue  # no channel is near both ends
            before = count
            for k in range(low[v], high[v] + 1):
                if not alive[k]:
                    continue
                f = channel[k]
                if is_exact:
                    good = _holds(f - gap, start[u], start[u + 1], channel, alive)
                    if not good:
                        good = _holds(f + gap, start[u], start[u + 1], channel, alive)
                else:
                    good = f - channel[low[u]] >= gap or channel[high[u]] - f >= gap
                if not good:
                    alive[k], reason[k] = False, pair[a]
                    taken[count] = k
                    count += 1
            if count == before:
                continue
            while low[v] <= high[v] and not alive[low[v]]:
                low[v] += 1
            while high[v] >= low[v] and not alive[high[v]]:
                high[v] -= 1
            if low[v] > high[v]:
                return v, count
            if not waiting[v]:
                waiting[v] = True
                queue[(head + size) % transmitters] = v
                size += 1
    return -1, count


@njit(cache=True, error_model="numpy")
def are_wide(
    begin: np.ndarray,
    size: np.ndarray,
    channel: np.ndarray,
    pairs: np.ndarray,
    kept: np.ndarray,
    separation: np.ndarray,
    exact: np.ndarray,
) -> bool:  # pragma: no cover
    """Whether each domain leaves all channels of all partners by ``kept`` (E,) pairs.

    For no channel is near both ends of a domain that is wide enough. Domains are
    ``size`` (V,) entries of ``channel`` from ``begin`` (V,) on.
    """
    for v in range(len(size)):
        if size[v] == 0:
            return False
    for e in range(len(pairs)):
        if not kept[e]:
            continue
        if exact[e]:
            return False
        for side in range(2):
            v = pairs[e, side]
            width = channel[begin[v] + size[v] - 1] - channel[begin[v]]
            if width <= 2 * separation[e] - 2:
                return False
    return True


@njit(cache=True, error_model="numpy")
def _holds(
    wanted: int, begin: Any, end: Any, channel: np.ndarray, alive: np.ndarray
) -> bool:  # pragma: no cover
    """Whether a channel is in a domain and left there."""
    while begin < end:
        middle = (begin + end) // 2
        if channel[middle] < wanted:
            begin = middle + 1
        elif channel[middle] > wanted:
            end = middle
        else:
            return bool(alive[middle])
    return False


@njit(cache=True, error_model="numpy")
def outside(
    start: np.ndarray, channel: np.ndarray, chosen: np.ndarray
) -> int:  # pragma: no cover
    """Transmitters (V,) whose chosen channel is not in their ascending domain."""
    count = 0
    for v in range(len(chosen)):
        begin, end, wanted = start[v], start[v + 1], chosen[v]
        while begin < end:
            middle = (begin + end) // 2
            if channel[middle] < wanted:
                begin = middle + 1
            else:
                end = middle
        count += begin == start[v + 1] or channel[begin] != wanted
    return count


@njit(cache=True, error_model="numpy")
def largest_shortfall(
    pairs: np.ndarray,
    separation: np.ndarray,
    exact: np.ndarray,
    is_hard: np.ndarray,
    channel: np.ndarray,
) -> float:  # pragma: no cover
    """Most that a hard pair (E, 2) misses of its separation, relative to that."""
    worst = 0.0
    for e in range(len(pairs)):
        if is_hard[e]:
            apart = abs(channel[pairs[e, 0]] - channel[pairs[e, 1]])
            missing = separation[e] - apart
            if missing > 0 or (exact[e] and missing < 0):
                worst = max(worst, abs(missing) / max(separation[e], 1))
    return worst


@njit(cache=True, error_model="numpy")
def grouped(
    owner: np.ndarray, owners: int
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Places by owner, in the order in which they stand, and where each begins.

    Returns
    -------
    tuple of array
        (A,) places, (owners + 1,) begins.
    """
    first = np.zeros(owners + 1, np.int64)
    for a in range(len(owner)):
        first[owner[a] + 1] += 1
    for v in range(owners):
        first[v + 1] += first[v]
    following = first[:-1].copy()
    place = np.empty(len(owner), np.int64)
    for a in range(len(owner)):
        place[following[owner[a]]] = a
        following[owner[a]] += 1
    return place, first
