"""Colours of a graph: tabu search, and children of two colourings."""

from typing import Any

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below

LATEST = 10  # moves that a tabu lasts at least, drawn anew each time
TENURE = 0.6  # of the vertices in conflict, which a tabu lasts besides
TABU = np.int32(1 << 20)  # neighbours that a tabu counts as
ALWAYS = np.int32((1 << 31) - 1)  # the colour that a vertex has


@njit(cache=True, error_model="numpy")
def recolour(
    moves: int,
    first: np.ndarray,
    near: np.ndarray,
    colour: np.ndarray,
    best: np.ndarray,
    same: np.ndarray,
    tabu: np.ndarray,
    at: np.ndarray,
    random: np.ndarray,
) -> bool:  # pragma: no cover
    """Move vertices in conflict, never back at once; whether no conflict is left [1]_.

    Parameters
    ----------
    moves : int
        How many.
    first, near : (V + 1,), (A,)
        Neighbours of each vertex.
    colour, best : (V,)
        Changed: the colouring by now, and the one with fewest conflicts.
    same, tabu : (V, K) int32
        Neighbours of each colour, and the move until which a colour is not taken again;
        written anew where ``at`` is 0.
    at : (2,)
        Moves made, and conflicts of the best.
    random : (1,) uint64
        State of the random numbers.

    References
    ----------
    .. [1] P. Galinier, J.-K. Hao, "Hybrid evolutionary algorithms for graph coloring",
       J. Comb. Optim. 3, 1999. https://doi.org/10.1023/A:1009823419804
    """
    vertices, colours = same.shape
    if at[0] == 0:
        same[:], tabu[:] = 0, 0
        for v in range(vertices):
            tabu[v, colour[v]] = ALWAYS
            for a in range(first[v], first[v + 1]):
                same[v, colour[near[a]]] += 1
    listed, place = np.empty(vertices, np.int64), np.full(vertices, -1, np.int64)
    tied = np.empty(vertices, np.int64)
    size = total = 0
    for v in range(vertices):
        conflicts = same[v, colour[v]]
        total += conflicts
        if conflicts > 0:
            listed[size], place[v] = v, size
            size += 1
    total //= 2
    if at[0] == 0:
        at[1] = total
        best[:] = colour
    now = np.int32(at[0])
    for _ in range(moves):
        if at[1] == 0:
            break
        now += np.int32(1)
        vertex, to, least, ties = -1, -1, np.int32(TABU // 2), 0
        for i in range(size):
            v, low = listed[i], np.int32(2 * TABU)
            here = same[v, colour[v]]
            for c in range(colours):  # without branches: several at once
                new = same[v, c]
                barred = np.int32(new + TABU) if tabu[v, c] > now else new
                low = barred if barred < low else low
            if low - here < least:
                vertex, least, ties = -1, np.int32(low - here), 0
            if low - here == least and vertex < 0:
                tied[ties] = v
                ties += 1
            if total - here >= at[1]:
                continue
            for c in range(colours):
                change = same[v, c] - here
                if change < least and total + change < at[1] and c != colour[v]:
                    vertex, to, least = v, c, np.int32(change)
        if vertex < 0:
            if ties == 0:
                continue
            vertex, to = tied[draw_below(random, ties)], -1
            here, ties = same[vertex, colour[vertex]], 0
            for c in range(colours):
                if same[vertex, c] - here == least and tabu[vertex, c] <= now:
                    ties += 1
                    if draw_below(random, ties) == 0:
                        to = c
        before = colour[vertex]
        colour[vertex] = to
        total += least
        tenure = np.int64(TENURE * size) + draw_below(random, LATEST)
        tabu[vertex, before], tabu[vertex, to] = now + tenure + 1, ALWAYS
        for a in range(first[vertex], first[vertex + 1]):
            u = near[a]
            same[u, before] -= 1
            same[u, to] += 1
            if colour[u] == to and place[u] < 0:
                listed[size], place[u] = u, size
                size += 1
            elif colour[u] == before and same[u, before] == 0:
                size = _settled(u, listed, place, size)
        if same[vertex, to] == 0:
            size = _settled(vertex, listed, place, size)
        if total < at[1]:
            at[1] = total
            best[:] = colour
    at[0] = now
    return at[1] == 0


@njit(cache=True, error_model="numpy")
def _settled(
    vertex: Any, listed: np.ndarray, place: np.ndarray, size: int
) -> int:  # pragma: no cover
    """Take a vertex off those in conflict; how many are left."""
    last = listed[size - 1]
    listed[place[vertex]], place[last] = last, place[vertex]
    place[vertex] = -1
    return size - 1


@njit(cache=True, error_model="numpy")
def child_of(
    first: np.ndarray,
    second: np.ndarray,
    colours: int,
    child: np.ndarray,
    random: np.ndarray,
) -> None:  # pragma: no cover
    """Colours (V,) from the largest classes of two parents in turn, the rest at random.

    Vertices that have a colour are taken from both parents' classes (the greedy
    partition crossover of Galinier and Hao).
    """
    left = np.zeros((2, colours), np.int64)
    child[:] = -1
    for v in range(len(child)):
        left[0, first[v]] += 1
        left[1, second[v]] += 1
    for c in range(colours):
        side = c % 2
        most = 0
        for k in range(colours):
            if left[side, k] > left[side, most]:
                most = k
        parent = first if side == 0 else second
        for v in range(len(child)):
            if child[v] < 0 and parent[v] == most:
                child[v] = c
                left[0, first[v]] -= 1
                left[1, second[v]] -= 1
    for v in range(len(child)):
        if child[v] < 0:
            child[v] = draw_below(random, colours)
