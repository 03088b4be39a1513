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
    base : (A,)
        First channel of the other transmitter if its states are its channels in order
        and without holes, and the pair is not exact; else -1.
    gap, exact, weight : (A,)
        Separation, whether it is exact, penalty (inf: hard).
    channel : (C,) int32
        Channels by state, of each transmitter.
    ascending, order : (C,) int32
        The same in ascending order, and which state of its group each is.
    hard, soft : (S,)
        Violations inside a group and costs of its own, by state.
    """

    start: np.ndarray
    first: np.ndarray
    neighbour: np.ndarray
    own: np.ndarray
    other: np.ndarray
    base: np.ndarray
    gap: np.ndarray
    exact: np.ndarray
    weight: np.ndarray
    channel: np.ndarray
    ascending: np.ndarray
    order: np.ndarray
    hard: np.ndarray
    soft: np.ndarray


@njit(cache=True, error_model="numpy")
def largest_of(
    start: np.ndarray, group: np.ndarray, offset: np.ndarray, channel: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Largest channel (S,) that each state gives to a member of its group.

    ``offset`` (V,) says where the channels by state of a transmitter begin.
    """
    top = np.zeros(start[-1], np.int64)
    for v in range(len(group)):
        begin = start[group[v]]
        for k in range(start[group[v] + 1] - begin):
            top[begin + k] = max(top[begin + k], channel[offset[v] + k])
    return top


@njit(cache=True, error_model="numpy")
def states_of(
    start: np.ndarray,
    group: np.ndarray,
    offset: np.ndarray,
    channel: np.ndarray,
    wanted: np.ndarray,
) -> np.ndarray:  # pragma: no cover
    """State (W,) of each group that gives most members what is ``wanted`` (V,).

    FREE where it gives none theirs; else as in :func:`largest_of`.
    """
    agree = np.zeros(start[-1], np.int64)
    for v in range(len(group)):
        begin = start[group[v]]
        for k in range(start[group[v] + 1] - begin):
            agree[begin + k] += channel[offset[v] + k] == wanted[v]
    state = np.full(len(start) - 1, FREE, np.int64)
    for w in range(len(state)):
        most = 0
        for k in range(start[w], start[w + 1]):
            if agree[k] > most:
                most, state[w] = agree[k], k - start[w]
    return state


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
    start, channel, order = network.start, network.channel, network.order
    neighbour, ascending, other = network.neighbour, network.ascending, network.other
    gaps, weights, exact = network.gap, network.weight, network.exact
    before = chosen[w]
    chosen[w] = state
    for a in range(network.first[w], network.first[w + 1]):
        own, o, gap = network.own[a], other[a], gaps[a]
        if (
            before != FREE
            and state != FREE
            and channel[own + before] == channel[own + state]
        ):
            continue
        begin = start[neighbour[a]]
        count = start[neighbour[a] + 1] - begin
        is_hard = np.isinf(weights[a])
        for sign in (-1, 1):
            used = before if sign < 0 else state
            if used == FREE:
                continue
            used = np.int64(channel[own + used])
            weight = sign * weights[a]
            if exact[a]:
                for k in range(count):
                    if abs(channel[o + k] - used) == gap:
                        continue
                    if is_hard:
                        hard[begin + k] += sign
                    else:
                        soft[begin + k] += weight
                continue
            least, last = used - gap + 1, used + gap
            k = first_above(ascending, o, o + count, least)
            if is_hard:
                while k < o + count and ascending[k] < last:
                    hard[begin + order[k]] += sign
                    k += 1
            else:
                while k < o + count and ascending[k] < last:
                    soft[begin + order[k]] += weight
                    k += 1


@njit(cache=True, error_model="numpy")
def first_above(
    ascending: np.ndarray, begin: int, end: int, least: int
) -> int:  # pragma: no cover
    """Place of the first channel in a domain that is ``least`` or above."""
    guess = min(max(begin + least - ascending[begin], begin), end)
    is_after = guess == end or ascending[guess] >= least
    if is_after and (guess == begin or ascending[guess - 1] < least):
        return guess  # no channel is left out below
    while begin < end:
        middle = (begin + end) // 2
        if ascending[middle] < least:
            begin = middle + 1
        else:
            end = middle
    return begin


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
