"""What each state of each group would violate, kept up to date as groups move."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

FREE = -1
"""State of a group that has none."""


class Network(NamedTuple):
    """Groups with states, and the pairs between them, by group.

    Attributes
    ----------
    start : (W + 1,)
        States of each group.
    first : (W + 1,)
        Pairs of each group; every pair stands at both.
    neighbour, own, other : (A,)
        The other group, and where the channels by state of the two transmitters begin.
    gap, exact, weight : (A,)
        Separation, whether it is exact, penalty (inf: hard).
    channel : (C,) int32
        Channels by state, of each transmitter.
    hard, soft : (S,)
        Violations inside a group and costs of its own, by state.
    """

    start: np.ndarray
    first: np.ndarray
    neighbour: np.ndarray
    own: np.ndarray
    other: np.ndarray
    gap: np.ndarray
    exact: np.ndarray
    weight: np.ndarray
    channel: np.ndarray
    hard: np.ndarray
    soft: np.ndarray


@njit(cache=True, error_model="numpy")
def change(
    w: int,
    state: Any,
    network: Network,
    chosen: np.ndarray,
    hard: np.ndarray,
    soft: np.ndarray,
) -> None:  # pragma: no cover
    """Give group ``w`` another state (or none) in ``chosen`` (W,), in place.

    ``hard`` (S,) and ``soft`` (S,) are what each state would violate with the others as
    they are chosen.
    """
    start, channel = network.start, network.channel
    before = chosen[w]
    chosen[w] = state
    for a in range(network.first[w], network.first[w + 1]):
        u, gap, own = network.neighbour[a], network.gap[a], network.own[a]
        begin, count = start[u], start[u + 1] - start[u]
        theirs = channel[network.other[a] : network.other[a] + count]
        left = channel[own + before] if before != FREE else np.int32(0)
        taken = channel[own + state] if state != FREE else np.int32(0)
        if before != FREE and state != FREE and left == taken:
            continue
        weight = network.weight[a]
        if np.isinf(weight):
            cost = hard[begin : begin + count]
            if network.exact[a]:
                if before != FREE:
                    for k in range(count):
                        cost[k] -= abs(theirs[k] - left) != gap
                if state != FREE:
                    for k in range(count):
                        cost[k] += abs(theirs[k] - taken) != gap
            else:
                if before != FREE:
                    for k in range(count):
                        cost[k] -= abs(theirs[k] - left) < gap
                if state != FREE:
                    for k in range(count):
                        cost[k] += abs(theirs[k] - taken) < gap
        else:
            price = soft[begin : begin + count]
            for k in range(count):
                change = 0
                if before != FREE:
                    apart = abs(theirs[k] - left)
                    change -= apart != gap if network.exact[a] else apart < gap
                if state != FREE:
                    apart = abs(theirs[k] - taken)
                    change += apart != gap if network.exact[a] else apart < gap
                price[k] += weight * change


@njit(cache=True, error_model="numpy")
def tables(
    network: Network, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """What each state (S,) violates, hard and soft, with the others as ``chosen``."""
    hard, soft = network.hard.copy(), network.soft.copy()
    states = chosen.copy()
    chosen[:] = FREE
    for w in range(len(chosen)):
        if states[w] != FREE:
            change(w, states[w], network, chosen, hard, soft)
    return hard, soft


@njit(cache=True, error_model="numpy")
def greedy(
    prefers: np.ndarray,
    network: Network,
    chosen: np.ndarray,
    hard: np.ndarray,
    soft: np.ndarray,
) -> int:  # pragma: no cover
    """Choose a state for every free group, the one with fewest choices left first [1]_.

    Takes the state of fewest violations, then of least soft cost, then of least
    ``prefers`` (S,). A heap holds the groups by the choices that they had when last
    looked at.

    Returns
    -------
    int
        Number of hard pairs that are violated.

    References
    ----------
    .. [1] D. Brélaz, "New methods to color the vertices of a graph", CACM 22(4), 1979.
       https://doi.org/10.1145/359094.359101
    """
    groups = len(chosen)
    start, first = network.start, network.first
    degree = 0
    for w in range(groups):
        degree = max(degree, first[w + 1] - first[w])
    left = np.empty(groups, np.int64)
    heap = np.empty(2 * groups + len(network.neighbour) + 1, np.int64)
    size = 0
    for w in range(groups):
        left[w] = 0
        for k in range(start[w], start[w + 1]):
            left[w] += hard[k] == 0
        if chosen[w] == FREE:
            key = left[w] * (degree + 1) + degree - first[w + 1] + first[w]
            size = _push(heap, size, key * groups + w)
    violated = 0
    while size > 0:
        top = heap[0]
        size = _pop(heap, size)
        w = top % groups
        key = left[w] * (degree + 1) + degree - first[w + 1] + first[w]
        if chosen[w] != FREE or top // groups != key:
            continue
        best = start[w]
        for k in range(start[w] + 1, start[w + 1]):
            if hard[k] != hard[best]:
                better = hard[k] < hard[best]
            elif soft[k] != soft[best]:
                better = soft[k] < soft[best]
            else:
                better = prefers[k] < prefers[best]
            if better:
                best = k
        violated += hard[best]
        change(w, best - start[w], network, chosen, hard, soft)
        for a in range(first[w], first[w + 1]):
            u = network.neighbour[a]
            if chosen[u] != FREE:
                continue
            count = 0
            for k in range(start[u], start[u + 1]):
                count += hard[k] == 0
            if count < left[u]:
                left[u] = count
                key = count * (degree + 1) + degree - first[u + 1] + first[u]
                size = _push(heap, size, key * groups + u)
    return violated


@njit(cache=True, error_model="numpy")
def _push(heap: np.ndarray, size: int, key: int) -> int:  # pragma: no cover
    """Add a key to a heap; the new size."""
    k = size
    while k > 0 and heap[(k - 1) // 2] > key:
        heap[k] = heap[(k - 1) // 2]
        k = (k - 1) // 2
    heap[k] = key
    return size + 1


@njit(cache=True, error_model="numpy")
def _pop(heap: np.ndarray, size: int) -> int:  # pragma: no cover
    """Take the least key off a heap; the new size."""
    size -= 1
    key = heap[size]
    k = 0
    while 2 * k + 1 < size:
        child = 2 * k + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[k] = heap[child]
        k = child
    heap[k] = key
    return size
