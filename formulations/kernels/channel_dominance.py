"""States of groups of transmitters that another state is never worse than."""

from typing import Any

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import Network


@njit(cache=True, error_model="numpy")
def dominated(network: Network, top: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Mark the states (S,) that may go, one after the other, until none is left.

    ``top`` (S,) may not be larger at the state that stays: its largest channel where
    that counts, else 0.
    """
    start, first = network.start, network.first
    groups = len(start) - 1
    gone = np.zeros(start[-1], np.bool_)
    widest = most = 0
    for w in range(groups):
        widest = max(widest, start[w + 1] - start[w])
        most = max(most, first[w + 1] - first[w])
    low = np.empty((most, widest), np.int64)
    high = np.empty((most, widest), np.int64)
    queue, waiting = np.arange(groups), np.ones(groups, np.bool_)
    head, size = 0, groups
    while size > 0:
        w = queue[head]
        head = (head + 1) % groups
        size -= 1
        waiting[w] = False
        if not _thinned(w, network, top, gone, low, high):
            continue
        for a in range(first[w], first[w + 1]):
            u = network.neighbour[a]
            if not waiting[u]:
                waiting[u] = True
                queue[(head + size) % groups] = u
                size += 1
    return gone


@njit(cache=True, error_model="numpy")
def _thinned(
    w: Any,
    network: Network,
    top: np.ndarray,
    gone: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> bool:  # pragma: no cover
    """Mark dominated states of one group; whether there are any."""
    begin, states = network.start[w], network.start[w + 1] - network.start[w]
    arcs = network.first[w + 1] - network.first[w]
    for k in range(arcs):
        _windows(w, network.first[w] + k, network, gone, low[k], high[k])
    hard, soft, is_new = network.hard, network.soft, False
    for s in range(begin, begin + states):
        if gone[s]:
            continue
        for t in range(begin, begin + states):
            if t == s or gone[t] or hard[t] > hard[s] or soft[t] > soft[s]:
                continue
            if top[t] > top[s]:
                continue
            k, s_here, t_here = 0, s - begin, t - begin
            while k < arcs and _is_milder(
                network.exact[network.first[w] + k],
                low[k, t_here],
                high[k, t_here],
                low[k, s_here],
                high[k, s_here],
            ):
                k += 1
            if k == arcs:
                gone[s] = is_new = True
                break
    return is_new


@njit(cache=True, error_model="numpy")
def _is_milder(
    exact: Any, low: Any, high: Any, other_low: Any, other_high: Any
) -> bool:  # pragma: no cover
    """Whether the first state violates a pair only where the other one does, too."""
    if exact:  # -1 or the neighbour's places at the right distance, on either side
        has_low = other_low < 0 or other_low in (low, high)
        return has_low and (other_high < 0 or other_high in (low, high))
    return low >= high or (other_low <= low and high <= other_high)


@njit(cache=True, error_model="numpy")
def _windows(
    w: Any,
    a: Any,
    network: Network,
    gone: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:  # pragma: no cover
    """Places of the neighbour's channels left, that each state is too near to.

    Of exact pairs they are those at the right distance below and above, -1 for none.
    """
    begin, states = network.start[w], network.start[w + 1] - network.start[w]
    u, gap, own = network.neighbour[a], np.int64(network.gap[a]), network.own[a]
    count = network.start[u + 1] - network.start[u]
    left = np.empty(count, np.int64)
    size = 0
    for j in range(network.other[a], network.other[a] + count):
        used = network.ascending[j]
        if not gone[network.start[u] + network.order[j]] and (
            size == 0 or left[size - 1] != used
        ):
            left[size] = used
            size += 1
    left = left[:size]
    for k in range(states):
        if gone[begin + k]:
            continue
        here = np.int64(network.channel[own + k])
        if network.exact[a]:
            low[k], high[k] = _place(left, here - gap), _place(left, here + gap)
        else:
            low[k] = np.searchsorted(left, here - gap, "right")
            high[k] = np.searchsorted(left, here + gap, "left")


@njit(cache=True, error_model="numpy")
def _place(left: np.ndarray, wanted: Any) -> int:  # pragma: no cover
    """Place of ``wanted`` in ``left``, -1 if it is not there."""
    place = np.searchsorted(left, wanted)
    return place if place < len(left) and left[place] == wanted else -1
