"""Heaviest cliques by branch and bound on bit sets."""

import numpy as np
from numba import njit

WORD = 64  # vertices of one word of a bit set


@njit(cache=True, error_model="numpy")
def later_neighbours(
    first: np.ndarray, near: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Rank (T,) of each vertex when one of least degree among the rest goes first [1]_.

    ``near`` holds the neighbours of vertex v from ``first[v]`` to ``first[v + 1]``. No
    vertex has more neighbours of higher rank than the densest part of the graph has.

    References
    ----------
    .. [1] D. W. Matula, L. L. Beck, "Smallest-last ordering and clustering and graph
       coloring algorithms", JACM 30(3), 1983. https://doi.org/10.1145/2402.322385
    """
    count = len(first) - 1
    degree = first[1:] - first[:-1]
    most = 0
    for v in range(count):
        most = max(most, degree[v])
    head = np.full(most + 1, -1, np.int64)
    after = np.full(count, -1, np.int64)
    before = np.full(count, -1, np.int64)
    rank = np.full(count, -1, np.int64)
    for v in range(count):
        d = degree[v]
        after[v] = head[d]
        if head[d] >= 0:
            before[head[d]] = v
        head[d] = v
    low = 0
    for step in range(count):
        while head[low] < 0:
            low += 1
        v = head[low]
        head[low] = after[v]
        if after[v] >= 0:
            before[after[v]] = -1
        rank[v] = step
        for a in range(first[v], first[v + 1]):
            u = near[a]
            if rank[u] >= 0:
                continue
            d = degree[u]
            if before[u] >= 0:
                after[before[u]] = after[u]
            else:
                head[d] = after[u]
            if after[u] >= 0:
                before[after[u]] = before[u]
            degree[u] = d - 1
            before[u] = -1
            after[u] = head[d - 1]
            if head[d - 1] >= 0:
                before[head[d - 1]] = u
            head[d - 1] = u
        low = max(low - 1, 0)
    return rank


@njit(cache=True, error_model="numpy")
def heaviest_clique(
    candidate: np.ndarray,
    weight: np.ndarray,
    first: np.ndarray,
    near: np.ndarray,
    known: float,
    nodes: int,
) -> tuple[np.ndarray, float, bool]:  # pragma: no cover
    """Clique among ``candidate`` (K,) heavier than ``known``, if there is one [1]_.

    ``near`` is sorted for each vertex; ``weight`` (K,) belongs to the candidates. Each
    node colours what is left greedily: of a colour, a clique holds one vertex.

    Returns
    -------
    tuple
        Members, weight, and whether ``nodes`` sufficed to prove it the heaviest.

    References
    ----------
    .. [1] P. San Segundo, D. Rodriguez-Losada, A. Jimenez, "An exact bit-parallel
       algorithm for the maximum clique problem", Computers & OR 38(2), 2011.
       https://doi.org/10.1016/j.cor.2010.07.019
    """
    size = len(candidate)
    words = size // WORD + 1
    order = np.argsort(-weight, kind="mergesort")
    edges = np.zeros((size, words), np.uint64)
    one = np.uint64(1)
    for i in range(size):
        u = candidate[order[i]]
        for j in range(i + 1, size):
            v = candidate[order[j]]
            low, high = first[u], first[u + 1]
            while low < high:
                middle = (low + high) // 2
                if near[middle] < v:
                    low = middle + 1
                else:
                    high = middle
            if low < first[u + 1] and near[low] == v:
                edges[i, j // WORD] |= one << np.uint64(j % WORD)
                edges[j, i // WORD] |= one << np.uint64(i % WORD)
    left = np.zeros((size + 1, words), np.uint64)
    branch = np.empty((size + 1, size), np.int64)
    limit = np.empty((size + 1, size))
    place = np.zeros(size + 1, np.int64)
    taken = np.empty(size + 1, np.int64)
    total = np.zeros(size + 1)
    best, best_size = known, 0
    found = np.empty(size, np.int64)
    for j in range(size):
        left[0, j // WORD] |= one << np.uint64(j % WORD)
    depth = 0
    place[0] = _coloured(left[0], edges, weight, order, branch[0], limit[0])
    while depth >= 0:
        k = place[depth] - 1
        if k < 0 or total[depth] + limit[depth, k] <= best:
            depth -= 1
            continue
        nodes -= 1
        if nodes < 0:
            break
        place[depth] = k
        v = branch[depth, k]
        left[depth, v // WORD] &= ~(one << np.uint64(v % WORD))
        taken[depth] = v
        total[depth + 1] = total[depth] + weight[order[v]]
        if total[depth + 1] > best:
            best, best_size = total[depth + 1], depth + 1
            for i in range(best_size):
                found[i] = taken[i]
        for word in range(words):
            left[depth + 1, word] = left[depth, word] & edges[v, word]
        depth += 1
        place[depth] = _coloured(
            left[depth], edges, weight, order, branch[depth], limit[depth]
        )
    return candidate[order[found[:best_size]]], best, nodes >= 0


@njit(cache=True, error_model="numpy")
def _coloured(
    left: np.ndarray,
    edges: np.ndarray,
    weight: np.ndarray,
    order: np.ndarray,
    branch: np.ndarray,
    limit: np.ndarray,
) -> int:  # pragma: no cover
    """Vertices of ``left`` (words,) by colour; the weight of cliques up to each.

    ``limit`` grows along ``branch``; returns how many there are.
    """
    words = len(left)
    one = np.uint64(1)
    rest, free = left.copy(), left.copy()
    count, above = 0, 0.0
    while True:
        some = False
        heaviest = 0.0
        free[:] = rest
        for word in range(words):
            while free[word] != 0:
                some = True
                bit = free[word] & (~free[word] + one)
                k = 0
                while (bit >> np.uint64(k)) != one:
                    k += 1
                v = word * WORD + k
                rest[word] &= ~bit
                free[word] &= ~bit
                for other in range(word, words):
                    free[other] &= ~edges[v, other]
                heaviest = max(heaviest, weight[order[v]])
                branch[count] = v
                limit[count] = above + heaviest
                count += 1
        if not some:
            return count
        above += heaviest
