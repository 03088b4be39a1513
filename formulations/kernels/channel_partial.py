"""Colours of some vertices, none in conflict, by tabu search."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below

BARRED = np.int16(1 << 13)  # neighbours that a tabu counts as: more than there are
NO_COLOUR = np.int16(1 << 14)  # neighbours in columns that are no colour
ABREAST = 32  # columns to which rows are filled up: scans read as many at once
LONGEST = 1 << 12  # moves that a tabu lasts at most


class Classes(NamedTuple):
    """Vertices by colour, and those that wait for one.

    Attributes
    ----------
    is_near : (V, W) uint8
        Whether two vertices are neighbours, filled up with columns of 0.
    colour : (V,) int32
        Of each vertex, -1 without one; no two neighbours have the same.
    member, size : (K, V), (K,) int32
        Vertices of each colour, and how many.
    near : (K, W) int16
        Neighbours of each colour.
    barred : (V, L) int16
        ``BARRED`` where a colour is not taken again by now, filled up with 0.
    ends, after : (LONGEST,), (V K,) int32
        Vertex and colour whose tabu ends at a move, and the next one; -1 for none.
    waiting, place : (V,) int32
        Vertices without a colour, the first of them, and where each of those is.
    same, low : (V, L), (V,) int16
        Neighbours of each of those by colour, with ``barred``, and the least of them.
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
    barred: np.ndarray
    ends: np.ndarray
    after: np.ndarray
    waiting: np.ndarray
    place: np.ndarray
    same: np.ndarray
    low: np.ndarray
    at: np.ndarray
    random: np.ndarray


def neighbours_of(pairs: np.ndarray, vertices: int) -> np.ndarray:
    """Table (V, W) uint8 of ``pairs`` (E, 2), filled up with columns of 0."""
    is_near = np.zeros((vertices, _filled(vertices)), np.uint8)
    is_near[pairs[:, 0], pairs[:, 1]] = is_near[pairs[:, 1], pairs[:, 0]] = 1
    return is_near


def classes_of(is_near: np.ndarray, colours: int, random: np.ndarray) -> Classes:
    """Classes of a graph ``is_near`` (V, W) in which no vertex has a colour."""
    vertices = len(is_near)
    row = (vertices, _filled(colours))
    classes = Classes(
        is_near,
        np.full(vertices, -1, np.int32),
        np.empty((colours, vertices), np.int32),
        np.zeros(colours, np.int32),
        np.zeros((colours, is_near.shape[1]), np.int16),
        np.zeros(row, np.int16),
        np.full(LONGEST, -1, np.int32),
        np.empty(vertices * colours, np.int32),
        np.arange(vertices, dtype=np.int32),
        np.arange(vertices, dtype=np.int32),
        np.full(row, NO_COLOUR),
        np.zeros(vertices, np.int16),
        np.array([0, vertices]),
        random,
    )
    classes.same[:, :colours] = 0
    return classes


def _filled(columns: int) -> int:
    return -(-columns // ABREAST) * ABREAST


@njit(cache=True, error_model="numpy")
def insert_colours(
    moves: int, part: float, latest: int, classes: Classes
) -> int:  # pragma: no cover
    """Give vertices the colours that fewest neighbours lose; how many have none [1]_.

    Who loses a colour does not take it again for a number of moves: up to ``latest``,
    drawn anew each time, and ``part`` of the number of those without a colour.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    is_near, colour, member, size, near, barred, ends, after = classes[:8]
    waiting, place, same, low, at, random = classes[8:]
    vertices, colours = len(is_near), len(size)
    listed = np.empty(max(vertices, colours), np.int64)
    now, left = at[0], at[1]
    for _ in range(moves):
        if left == 0:
            break
        now += 1
        _end_tabus(now, colours, classes)
        least, ties = _least(low[:left]), 0
        for i in range(left):  # without branches, here and below
            listed[ties] = i
            ties += low[i] == least
        chosen = listed[draw_below(random, ties)]
        v, row, ties = waiting[chosen], same[chosen], 0
        for c in range(colours):
            listed[ties] = c
            ties += row[c] == least
        to = listed[draw_below(random, ties)]
        left -= 1
        last = waiting[left]
        waiting[chosen], place[last], low[chosen] = last, chosen, low[left]
        row[:] = same[left]
        lasts = np.int64(part * left) + draw_below(random, latest) + 1
        end, before = (now + min(lasts, LONGEST - 1)) % LONGEST, left
        mine, members, count = is_near[v], member[to], near[to]
        for w in range(len(count)):
            count[w] += np.int16(mine[w])
        pushed, kept = 0, size[to]
        for j in range(kept):
            listed[pushed] = j
            pushed += mine[members[j]]
        for k in range(pushed - 1, -1, -1):
            j = listed[k]
            u = members[j]
            kept -= 1
            members[j] = members[kept]
            colour[u], waiting[left], place[u] = -1, u, left
            left += 1
            if barred[u, to] == 0:
                barred[u, to] = BARRED
                entry = np.int64(u) * colours + to
                after[entry], ends[end] = ends[end], entry
            others = is_near[u]
            for w in range(len(count)):
                count[w] -= np.int16(others[w])
        members[kept], size[to], colour[v] = v, kept + 1, to
        for i in range(before):
            was = same[i, to]
            new = np.int16(count[waiting[i]] | (was & BARRED))
            same[i, to] = new
            if new < low[i]:
                low[i] = new
            elif new > was and was == low[i]:
                low[i] = _least(same[i])
        for i in range(before, left):
            u, row = waiting[i], same[i]
            for c in range(colours):
                row[c] = near[c, u] | barred[u, c]
            low[i] = _least(row)
    at[0], at[1] = now, left
    return left


@njit(cache=True, error_model="numpy")
def _least(row: np.ndarray) -> np.int16:  # pragma: no cover
    """Least entry of a row, several compared at once."""
    low = row[0]
    for k in range(len(row)):
        entry = row[k]
        low = entry if entry < low else low
    return low


@njit(cache=True, error_model="numpy")
def _end_tabus(now: Any, colours: int, classes: Classes) -> None:  # pragma: no cover
    """Let vertices take again those colours whose tabu ends with this move."""
    barred, ends, after = classes.barred, classes.ends, classes.after
    entry = ends[now % LONGEST]
    ends[now % LONGEST] = -1
    while entry >= 0:
        v, c = entry // colours, entry % colours
        barred[v, c] = 0
        if classes.colour[v] < 0:
            i = classes.place[v]
            freed = np.int16(classes.same[i, c] - BARRED)
            classes.same[i, c] = freed
            classes.low[i] = min(freed, classes.low[i])
        entry = after[entry]
