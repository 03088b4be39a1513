"""Pairs of transmitters by group, each at both ends."""

from typing import NamedTuple

import numpy as np
from numba import njit


class Arcs(NamedTuple):
    """Pairs as :class:`Network` has them."""

    first: np.ndarray
    neighbour: np.ndarray
    own: np.ndarray
    other: np.ndarray
    base: np.ndarray
    gap: np.ndarray
    exact: np.ndarray
    weight: np.ndarray


@njit(cache=True, error_model="numpy")
def arcs_of(
    pairs: np.ndarray,
    binds: np.ndarray,
    separation: np.ndarray,
    exact: np.ndarray,
    weight: np.ndarray,
    group: np.ndarray,
    groups: int,
    offset: np.ndarray,
    lowest: np.ndarray,
) -> Arcs:  # pragma: no cover
    """Pairs (E, 2) that bind between groups, in the order in which they stand.

    Parameters
    ----------
    pairs, binds, separation, exact, weight : (E, 2), (E,), ...
        Transmitters, whether they count, and what they ask for.
    group : (V,)
        Of each transmitter, from 0 to ``groups``.
    offset, lowest : (V,)
        Where channels by state begin, and the first if they have no holes, else -1.
    """
    first = np.zeros(groups + 1, np.int64)
    for e in range(len(pairs)):
        w, x = group[pairs[e, 0]], group[pairs[e, 1]]
        if binds[e] and w != x:
            first[w + 1] += 1
            first[x + 1] += 1
    for w in range(groups):
        first[w + 1] += first[w]
    size = first[groups]
    place = first[:-1].copy()
    neighbour, own = np.empty(size, np.int64), np.empty(size, np.int64)
    other, base = np.empty(size, np.int64), np.empty(size, np.int64)
    gap, is_exact = np.empty(size, np.int32), np.empty(size, np.bool_)
    cost = np.empty(size)
    for side in range(2):
        for e in range(len(pairs)):
            u, v = pairs[e, side], pairs[e, 1 - side]
            if not binds[e] or group[u] == group[v]:
                continue
            a = place[group[u]]
            place[group[u]] += 1
            neighbour[a], own[a], other[a] = group[v], offset[u], offset[v]
            base[a] = -1 if exact[e] else lowest[v]
            gap[a], is_exact[a], cost[a] = separation[e], exact[e], weight[e]
    return Arcs(first, neighbour, own, other, base, gap, is_exact, cost)
