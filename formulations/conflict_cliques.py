"""Sets of sites in mutual conflict."""

import numpy as np


def near_of(conflicts: np.ndarray, sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Sites in conflict with each site s: ``start`` (S + 1,), and rising by site."""
    pairs = np.concatenate((conflicts, conflicts[:, ::-1])).astype(np.int64)
    first, second = np.divmod(np.unique(pairs[:, 0] * sites + pairs[:, 1]), sites)
    start = np.zeros(sites + 1, np.intp)
    np.cumsum(np.bincount(first, minlength=sites), out=start[1:])
    return start, second.astype(np.intp)


def conflict_cliques(
    conflicts: np.ndarray, sites: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cliques that cover all pairs of ``conflicts`` (C, 2), each grown greedily.

    Returns ``start`` (Q + 1,) and ``site``; clique q is from ``start[q]`` to
    ``start[q + 1]`` in ``site``.
    """
    if not len(conflicts):
        return np.zeros(1, np.intp), np.zeros(0, np.intp)
    from formulations.kernels.conflict_cliques import grow

    start, near = near_of(conflicts, sites)
    ends, member = grow(start, near, np.ones(len(near), bool))
    return np.array(ends, np.intp), member.astype(np.intp)
