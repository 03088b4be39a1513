"""Sets of sites in mutual conflict, grown greedily."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def grow(start, near, waiting):  # pragma: no cover
    """Cover pairs ``near`` that are ``waiting`` (bool each): ends of cliques, members.

    ``start`` (S + 1,), ``near`` rising by site. Each clique grows by whom most of
    its uncovered pairs fall to, the first of equals.
    """
    sites = len(start) - 1
    common, fresh, mark = np.zeros((3, sites), np.int64)
    clique = np.empty(len(near) + sites, np.int64)
    ends = [0]
    filled = 0
    for a in range(sites):
        for first in range(start[a], start[a + 1]):
            if not waiting[first]:
                continue
            if filled + sites > len(clique):
                clique = np.concatenate((clique, np.empty_like(clique)))
            begin = filled
            clique[filled] = a
            filled += 1
            count = 0
            for i in range(start[a], start[a + 1]):
                common[count], fresh[count] = near[i], waiting[i]
                count += 1
            while count > 0:
                best = 0
                for k in range(1, count):
                    if fresh[k] > fresh[best]:
                        best = k
                b = common[best]
                clique[filled] = b
                filled += 1
                for i in range(start[b], start[b + 1]):
                    mark[near[i]] = 1 + waiting[i]
                kept = 0
                for k in range(count):
                    c = common[k]
                    if mark[c] > 0:
                        common[kept], fresh[kept] = c, fresh[k] + mark[c] - 1
                        kept += 1
                count = kept
                for i in range(start[b], start[b + 1]):
                    mark[near[i]] = 0
            for k in range(begin, filled):
                mark[clique[k]] = 1
            for k in range(begin, filled):
                for i in range(start[clique[k]], start[clique[k] + 1]):
                    if mark[near[i]] > 0:
                        waiting[i] = False
            for k in range(begin, filled):
                mark[clique[k]] = 0
            clique[begin:filled].sort()
            ends.append(filled)
    return ends, clique[:filled]
