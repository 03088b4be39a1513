"""Channels one after the other, each to all that it fits: frequency-exhaustive."""

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
    channels: tuple[int, int],
) -> np.ndarray:  # pragma: no cover
    """Channel (V,) of each transmitter, the lowest channels first; -1 where none fits.

    Of all that a channel fits, one with most separation to those without any gets it
    first: so the cells that ask for most take turns, instead of one after the other.
    Channels ascend, so pairs only say from where on a transmitter may be; who is ruled
    out waits at the next channel of its domain.

    Parameters
    ----------
    start, channel : (V + 1,), (D,)
        Domains in ascending order, none of them empty.
    pairs, separation, is_hard : (E, 2), (E,), (E,)
        Of which only hard pairs count, none of them exact.
    channels : pair of int
        Lowest and highest of all domains.

    References
    ----------
    .. [1] W. K. Hale, "Frequency assignment: theory and applications", Proc. IEEE
       68(12), 1980. https://doi.org/10.1109/PROC.1980.11899
    """
    transmitters, base = len(start) - 1, channels[0]
    first, partner, gap, need = neighbours(transmitters, pairs, separation, is_hard)
    chosen = np.full(transmitters, -1, np.int64)
    lowest = np.full(transmitters, base, np.int64)
    at, most = start[:-1].copy(), max(need.max(), 0)
    waiting = np.full(channels[1] - base + 1, -1, np.int64)  # the last who waits,
    behind = np.full(transmitters, -1, np.int64)  # and who does behind each
    for v in range(transmitters):
        place = channel[at[v]] - base
        behind[v], waiting[place] = waiting[place], v
    keys = np.empty(transmitters, np.int64)
    for used in range(base, channels[1] + 1):
        number, v = 0, waiting[used - base]
        while v >= 0:
            keys[number] = (most - need[v]) * transmitters + v
            number, v = number + 1, behind[v]
        keys[:number].sort()
        for key in keys[:number]:
            v = key % transmitters
            if lowest[v] <= used:
                chosen[v] = used
                for a in range(first[v], first[v + 1]):
                    u = partner[a]
                    lowest[u] = max(lowest[u], used + gap[a])
                    need[u] -= gap[a]
                continue
            while at[v] < start[v + 1] and channel[at[v]] < lowest[v]:
                at[v] += 1
            if at[v] < start[v + 1]:
                place = channel[at[v]] - base
                behind[v], waiting[place] = waiting[place], v
    return chosen
