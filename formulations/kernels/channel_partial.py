"""Colours of some vertices, none in conflict, by tabu search."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below

LATEST = 10  # moves that a tabu lasts at least, drawn anew each time
TENURE = 0.8  # of the vertices without a colour, which a tabu lasts besides
MOST_WAITING = 20  # of those: long tabus keep still more waiting, which never ends
TABU = np.int32(1 << 20)  # neighbours that a tabu counts as


class Classes(NamedTuple):
    """Vertices by colour, and those that wait for one.

    Attributes
    ----------
    is_near : (V, V) uint8
        Whether two vertices are neighbours.
    colour : (V,) int32
        Of each vertex, -1 without one; no two neighbours have the same.
    member, size : (K, V), (K,) int32
        Vertices of each colour, and how many.
    near : (K, V) int16
        Neighbours of each colour.
    tabu : (V, K) int32
        Move until which a colour is not taken again.
    waiting : (V,) int32
        Vertices without a colour, the first of them.
    same : (V, K) int32
        Neighbours of each of those, by colour.
    at : (2,) int64
        Moves made, and vertices without a colour.
    random : (1,) uint64
        State of the random numbers.
    """

    is_near: np.ndarray
    colour: np.ndarray
    member: np.ndarray
    size: np.ndarray
    near: np.ndarray
    tabu: np.ndarray
    waiting: np.ndarray
    same: np.ndarray
    at: np.ndarray
    random: np.ndarray


def classes_of(
    is_near: np.ndarray, colour: np.ndarray, colours: int, random: np.ndarray
) -> Classes:
    """Classes of ``colour`` (V,) in a graph ``is_near`` (V, V) uint8; -1 is none."""
    vertices = len(colour)
    classes = Classes(
        is_near,
        colour.astype(np.int32),
        np.empty((colours, vertices), np.int32),
        np.zeros(colours, np.int32),
        np.zeros((colours, vertices), np.int16),
        np.zeros((vertices, colours), np.int32),
        np.empty(vertices, np.int32),
        np.empty((vertices, colours), np.int32),
        np.zeros(2, np.int64),
        random,
    )
    _begin(classes)
    return classes


@njit(cache=True, error_model="numpy")
def insert_colours(moves: int, classes: Classes) -> int:  # pragma: no cover
    """Give vertices the colours that fewest neighbours lose; how many have none [1]_.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    is_near, colour, member, size, near, tabu, waiting, same, at, x = classes
    vertices, colours = tabu.shape
    tied = np.empty(vertices, np.int64)
    now, left = np.int32(at[0]), at[1]
    for _ in range(moves):
        if left == 0:
            break
        now += np.int32(1)
        least, ties = np.int32(2 * TABU), 0
        for i in range(left):
            v, low = waiting[i], np.int32(2 * TABU)
            for c in range(colours):
                pushed = same[i, c]
                barred = np.int32(pushed + TABU) if tabu[v, c] > now else pushed
                low = barred if barred < low else low
            if low < least:
                least, ties = low, 0
            if low == least:
                tied[ties] = i
                ties += 1
        chosen = tied[draw_below(x, ties)]
        v = waiting[chosen]
        to, ties = 0, 0
        for c in range(colours):
            barred = same[chosen, c] + (TABU if tabu[v, c] > now else 0)
            if barred == least:
                ties += 1
                if draw_below(x, ties) == 0:
                    to = c
        left -= 1
        waiting[chosen] = waiting[left]
        for c in range(colours):
            same[chosen, c] = same[left, c]
        tenure = np.int64(TENURE * min(left, MOST_WAITING)) + draw_below(x, LATEST)
        before, i = left, 0
        while i < size[to]:
            u = member[to, i]
            if is_near[v, u] == 0:
                i += 1
                continue
            size[to] -= 1
            member[to, i] = member[to, size[to]]
            colour[u], waiting[left] = -1, u
            left += 1
            tabu[u, to] = now + tenure + 1
            for w in range(vertices):
                near[to, w] -= np.int16(is_near[u, w])
        _take(v, to, classes)
        for i in range(before):
            same[i, to] = near[to, waiting[i]]
        for i in range(before, left):
            for c in range(colours):
                same[i, c] = near[c, waiting[i]]
    at[0], at[1] = now, left
    return left


@njit(cache=True, error_model="numpy")
def _begin(classes: Classes) -> None:  # pragma: no cover
    """Fill the tables for the colours that vertices have."""
    at, waiting = classes.at, classes.waiting
    for v in range(len(classes.colour)):
        if classes.colour[v] >= 0:
            _take(v, classes.colour[v], classes)
        else:
            waiting[at[1]] = v
            at[1] += 1
    for i in range(at[1]):
        for c in range(len(classes.size)):
            classes.same[i, c] = classes.near[c, waiting[i]]


@njit(cache=True, error_model="numpy")
def _take(v: Any, to: Any, classes: Classes) -> None:  # pragma: no cover
    """Make a vertex one of a colour."""
    near, is_near = classes.near, classes.is_near
    classes.colour[v] = to
    classes.member[to, classes.size[to]] = v
    classes.size[to] += 1
    for w in range(len(is_near)):
        near[to, w] += np.int16(is_near[v, w])
