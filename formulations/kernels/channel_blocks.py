"""Biconnected components of a graph, each with the vertex that joins it to the rest."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def components(
    roots: np.ndarray, first: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # pragma: no cover
    """Blocks, those further from the root before those that they hang on [1]_.

    Parameters
    ----------
    roots : (V,)
        All vertices; a search begins at those that no other search has met.
    first, near : (V + 1,), (A,)
        Neighbours of each vertex.

    Returns
    -------
    start : (K + 1,)
        Where the vertices of each block begin.
    member : (M,)
        Vertices of each block without the one nearest to the root.
    top : (K,)
        That one.

    References
    ----------
    .. [1] J. Hopcroft, R. Tarjan, "Algorithm 447: efficient algorithms for graph
       manipulation", CACM 16(6), 1973. https://doi.org/10.1145/362248.362272
    """
    vertices = len(first) - 1
    number, low = np.full(vertices, -1, np.int64), np.zeros(vertices, np.int64)
    path, at = np.empty(vertices, np.int64), np.empty(vertices, np.int64)
    waiting = np.empty(vertices, np.int64)
    member = np.empty(vertices, np.int64)
    start, top = np.zeros(vertices + 1, np.int64), np.empty(vertices, np.int64)
    count = depth = height = blocks = size = 0
    for root in roots:
        if number[root] >= 0:
            continue
        path[0], at[0], depth = root, first[root], 1
        number[root] = low[root] = count
        count += 1
        while depth > 0:
            v = path[depth - 1]
            if at[depth - 1] < first[v + 1]:
                u = near[at[depth - 1]]
                at[depth - 1] += 1
                if number[u] >= 0:
                    low[v] = min(low[v], number[u])
                    continue
                number[u] = low[u] = count
                count += 1
                path[depth], at[depth] = u, first[u]
                waiting[height] = u
                depth, height = depth + 1, height + 1
                continue
            depth -= 1
            if depth == 0:
                break
            above = path[depth - 1]
            low[above] = min(low[above], low[v])
            if low[v] < number[above]:
                continue
            last = -1
            while last != v:
                height -= 1
                last = waiting[height]
                member[size] = last
                size += 1
            top[blocks] = above
            blocks += 1
            start[blocks] = size
    return start[: blocks + 1].copy(), member[:size].copy(), top[:blocks].copy()
