"""Groups that are alike in all of their pairs, as one with several copies."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import Network


class Copies(NamedTuple):
    """Kinds of groups, each to be placed ``number`` times, and pairs between kinds.

    Attributes
    ----------
    start : (K + 1,)
        States of each kind.
    number : (K,)
        How many states of a kind are needed.
    first, neighbour : (K + 1,), (A,)
        Other kinds of each kind, or itself where its copies must be apart.
    own, other : (A,)
        Where the channels by state of the two transmitters begin.
    base : (A,)
        As in :class:`Network`.
    gap, exact : (A,)
        Separation, and whether it is exact.
    channel, ascending, order : (C,)
        As in :class:`Network`.
    """

    start: np.ndarray
    number: np.ndarray
    first: np.ndarray
    neighbour: np.ndarray
    own: np.ndarray
    other: np.ndarray
    base: np.ndarray
    gap: np.ndarray
    exact: np.ndarray
    channel: np.ndarray
    ascending: np.ndarray
    order: np.ndarray


@njit(cache=True, error_model="numpy")
def _mixed(x: np.uint64, salt: np.uint64) -> np.uint64:  # pragma: no cover
    """Number that looks random (the finalizer of SplitMix64, G. Steele et al., 2014).

    https://doi.org/10.1145/2660193.2660195
    """
    x = x * np.uint64(0x9E3779B97F4A7C15) + salt
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, error_model="numpy")
def kinds_of(network: Network, several: np.ndarray) -> np.ndarray:  # pragma: no cover
    """First group (W,) of those alike: neighbours with equal pairs and channels.

    ``several`` (W,) says which groups have more than one member: they are alike to
    none, and a pair with one of theirs is told by the channels that member has. Sums of
    random numbers tell pairs apart.
    """
    groups = len(network.start) - 1
    row = np.zeros(groups, np.uint64)
    alone = ~several
    for w in range(groups):
        for a in range(network.first[w], network.first[w + 1]):
            alone[w] &= not network.exact[a]
            whom = network.neighbour[a]
            if several[whom]:
                whom += groups * (1 + network.other[a])
            row[w] += _mixed(np.uint64(whom), np.uint64(network.gap[a]))
    kind = np.arange(groups)
    for w in range(groups):
        if not alone[w]:
            continue
        for a in range(network.first[w], network.first[w + 1]):
            u, gap = network.neighbour[a], np.uint64(network.gap[a])
            if u < kind[w] and alone[u] and gap > 0:
                ours = row[w] + _mixed(np.uint64(w), gap)
                same = ours == row[u] + _mixed(np.uint64(u), gap)
                if same and _are_alike(network, w, a):
                    kind[w] = u
    return kind


@njit(cache=True, error_model="numpy")
def _are_alike(network: Network, w: int, a: int) -> bool:  # pragma: no cover
    """Whether the two transmitters of a pair of group ``w`` have the same channels."""
    u, own, other = network.neighbour[a], network.own[a], network.other[a]
    states = network.start[w + 1] - network.start[w]
    if states != network.start[u + 1] - network.start[u]:
        return False
    for k in range(states):
        if network.channel[own + k] != network.channel[other + k]:
            return False
    return True


def single_copies(network: Network) -> Copies:
    """Groups that are each a kind of its own, as :func:`copies_of` has them."""
    return Copies(
        network.start,
        np.ones(len(network.start) - 1, np.int64),
        network.first,
        network.neighbour,
        network.own,
        network.other,
        network.base,
        network.gap.astype(np.int64),
        network.exact,
        network.channel,
        network.ascending,
        network.order,
    )


@njit(cache=True, error_model="numpy")
def copies_of(network: Network, kind: np.ndarray) -> Copies:  # pragma: no cover
    """Kinds with their copies; ``kind`` (W,) is the first group of each kind."""
    groups = len(kind)
    place = np.full(groups, -1, np.int64)
    kinds = arcs = 0
    for w in range(groups):
        if kind[w] == w:
            place[w] = kinds
            kinds += 1
            arcs += network.first[w + 1] - network.first[w]
    count = np.zeros(kinds, np.int64)
    start, first = np.zeros(kinds + 1, np.int64), np.zeros(kinds + 1, np.int64)
    neighbour, own = np.empty(arcs, np.int64), np.empty(arcs, np.int64)
    other, base = np.empty(arcs, np.int64), np.empty(arcs, np.int64)
    gap, exact = np.empty(arcs, np.int64), np.empty(arcs, np.bool_)
    size = 0
    for w in range(groups):
        count[place[kind[w]]] += 1
        if kind[w] != w:
            continue
        k = place[w]
        start[k + 1] = start[k] + network.start[w + 1] - network.start[w]
        itself = False
        for a in range(network.first[w], network.first[w + 1]):
            u = network.neighbour[a]
            inside = kind[u] == w
            if (inside and itself) or (not inside and kind[u] != u):
                continue
            itself |= inside
            neighbour[size] = place[kind[u]]
            own[size], gap[size] = network.own[a], network.gap[a]
            exact[size] = network.exact[a]
            other[size] = network.own[a] if inside else network.other[a]
            base[size] = network.base[a]
            size += 1
        first[k + 1] = size
    return Copies(
        start,
        count,
        first,
        neighbour[:size].copy(),
        own[:size].copy(),
        other[:size].copy(),
        base[:size].copy(),
        gap[:size].copy(),
        exact[:size].copy(),
        network.channel,
        network.ascending,
        network.order,
    )


@njit(cache=True, error_model="numpy")
def open_first(
    start: np.ndarray, is_open: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Open states of each kind before the others (S,), and how many there are (K,)."""
    room = np.empty(len(is_open), np.int64)
    count = np.zeros(len(start) - 1, np.int64)
    for w in range(len(count)):
        last = start[w + 1]
        for s in range(start[w], start[w + 1]):
            if is_open[s]:
                room[start[w] + count[w]] = s
                count[w] += 1
        for s in range(start[w + 1] - 1, start[w] - 1, -1):
            if not is_open[s]:
                last -= 1
                room[last] = s
    return room, count
