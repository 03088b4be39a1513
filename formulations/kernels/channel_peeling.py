"""Groups that find a state whatever the others take, removed one after the other."""

from typing import Any

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import FREE, Network


@njit(cache=True, error_model="numpy")
def peel(network: Network, is_open: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Groups (P,) in the order in which they go, each blocked in part by those left.

    A group goes when its pairs with those left cannot block all of its open states:
    each blocks at most as many as the open state at the other end that blocks most.
    ``is_open`` (S,) are the states that may be used.
    """
    start, first, neighbour = network.start, network.first, network.neighbour
    groups = len(start) - 1
    room, blocked = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    is_whole = np.zeros(groups, np.bool_)  # several channels without holes
    for w in range(groups):
        for s in range(start[w], start[w + 1]):
            room[w] += is_open[s]
        if first[w] < first[w + 1]:
            own, is_whole[w] = network.own[first[w]], start[w + 1] - start[w] > 1
            for k in range(own + 1, own + start[w + 1] - start[w]):
                is_whole[w] &= network.channel[k] == network.channel[k - 1] + 1
    for w in range(groups):
        for a in range(first[w], first[w + 1]):
            if is_whole[w] and not network.exact[a]:
                blocked[w] += min(2 * np.int64(network.gap[a]) - 1, room[w])
            else:
                blocked[w] += _blocked(w, neighbour[a], a, True, network, is_open)
    order, size, looked = np.empty(groups, np.int64), 0, 0
    gone = np.zeros(groups, np.bool_)
    for w in range(groups):
        if blocked[w] < room[w]:
            order[size], gone[w] = w, True
            size += 1
    while looked < size:
        w = order[looked]
        looked += 1
        for a in range(first[w], first[w + 1]):
            u = neighbour[a]
            if gone[u]:
                continue
            if is_whole[u] and not network.exact[a]:
                blocked[u] -= min(2 * np.int64(network.gap[a]) - 1, room[u])
            else:
                blocked[u] -= _blocked(u, w, a, False, network, is_open)
            if blocked[u] < room[u]:
                order[size], gone[u] = u, True
                size += 1
    return order[:size].copy()


@njit(cache=True, error_model="numpy")
def _blocked(
    w: Any, u: Any, a: Any, is_own: bool, network: Network, is_open: np.ndarray
) -> int:  # pragma: no cover
    """Open states of ``w`` that one of ``u`` blocks at most, by one pair.

    The pair stands at ``w`` (``is_own``) or at ``u``.
    """
    own, other, gap = network.own[a], network.other[a], np.int64(network.gap[a])
    if not is_own:
        own, other = other, own
    start, ascending, order = network.start, network.ascending, network.order
    states, ends = start[w + 1] - start[w], own + start[w + 1] - start[w]
    most = inside = 0
    low = high = own
    for j in range(other, other + start[u + 1] - start[u]):
        if not is_open[start[u] + order[j]]:
            continue
        used = ascending[j]
        if network.exact[a]:
            near = 0
            for i in range(own, own + states):
                apart = abs(ascending[i] - used) != gap
                near += is_open[start[w] + order[i]] and apart
            most = max(most, near)
            continue
        while high < ends and ascending[high] < used + gap:
            inside += is_open[start[w] + order[high]]
            high += 1
        while low < high and ascending[low] <= used - gap:
            inside -= is_open[start[w] + order[low]]
            low += 1
        most = max(most, inside)
    return int(most)


@njit(cache=True, error_model="numpy")
def place_last(
    network: Network, is_open: np.ndarray, order: np.ndarray, chosen: np.ndarray
) -> None:  # pragma: no cover
    """Give groups ``order`` (P,), the last first, the first open state in nobody's way.

    ``chosen`` (W,) has the states of all others, and is written; FREE is none, and
    stays where a group finds no state.
    """
    start, first = network.start, network.first
    widest = 0
    for w in order:
        widest = max(widest, start[w + 1] - start[w])
    is_free = np.empty(widest, np.bool_)
    for place in range(len(order) - 1, -1, -1):
        w = order[place]
        begin, states = start[w], start[w + 1] - start[w]
        for k in range(states):
            is_free[k] = is_open[begin + k]
        for a in range(first[w], first[w + 1]):
            u = network.neighbour[a]
            if chosen[u] == FREE:
                continue
            own, gap = network.own[a], network.gap[a]
            used = network.channel[network.other[a] + chosen[u]]
            for k in range(states):
                apart = abs(network.channel[own + k] - used)
                if apart < gap or (network.exact[a] and apart != gap):
                    is_free[k] = False
        for k in range(states):
            if is_free[k]:
                chosen[w] = k
                break
