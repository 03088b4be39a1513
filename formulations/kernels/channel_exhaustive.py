"""Channels one after the other, each to all that it fits: frequency-exhaustive."""

import heapq

import numpy as np
from numba import njit

from formulations.kernels.channel_first_fit import neighbours


@njit(cache=True, error_model="numpy")
def frequency_exhaustive(
    start: np.ndarray,
    channel: np.ndarray,
    pairs: np.ndarray,
    separation: np.ndarray,
    is_hard: np.ndarray,
) -> np.ndarray:  # pragma: no cover
    """Channel (V,) of each transmitter, the lowest channels first; -1 where none fits.

    Of all that a channel fits, one with most separation to those without any gets it
    first: so the cells that ask for most take turns, instead of one after the other.
    Channels ascend, so pairs only say from where on a transmitter may be.

    Parameters
    ----------
    start, channel : (V + 1,), (D,)
        Domains in ascending order, none of them empty.
    pairs, separation, is_hard : (E, 2), (E,), (E,)
        Of which only hard pairs count, none of them exact.

    References
    ----------
    .. [1] W. K. Hale, "Frequency assignment: theory and applications", Proc. IEEE
       68(12), 1980. https://doi.org/10.1109/PROC.1980.11899
    """
    transmitters = len(start) - 1
    first, partner, gap, need = neighbours(transmitters, pairs, separation, is_hard)
    chosen, lowest = (
        np.full(transmitters, -1, np.int64),
        np.zeros(transmitters, np.int64),
    )
    at, most = start[:-1].copy(), max(need.max(), 0) + 1
    heap = [
        (channel[at[v]] * most + most - 1 - need[v]) * transmitters + v
        for v in range(transmitters)
    ]
    heapq.heapify(heap)
    while len(heap) > 0:
        top = heap[0]
        v = top % transmitters
        while at[v] < start[v + 1] and channel[at[v]] < lowest[v]:
            at[v] += 1
        if at[v] == start[v + 1]:
            heapq.heappop(heap)
            continue
        used = channel[at[v]]
        key = (used * most + most - 1 - need[v]) * transmitters + v
        if key != top:
            heapq.heapreplace(heap, key)
            continue
        heapq.heappop(heap)
        chosen[v] = used
        for a in range(first[v], first[v + 1]):
            u = partner[a]
            lowest[u] = max(lowest[u], used + gap[a])
            need[u] -= gap[a]
    return chosen
