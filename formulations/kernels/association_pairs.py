"""Candidates of sparse problems in one pass, where all that is stored may be served."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def read_pairs(
    start: np.ndarray,
    stored: np.ndarray,
    utility: np.ndarray,
    taken: np.ndarray,
    above: float,
    cell: np.ndarray,
    load: np.ndarray,
) -> bool:  # pragma: no cover
    """Fill ``cell`` (E,) and ``load`` (E,); whether all stored pairs are candidates.

    Parameters
    ----------
    start, stored, utility : (U + 1,), (E,), (E,)
        Parts of a matrix in rows: first entries, columns, values.
    taken : (U,)
        Load of each user, in any cell; infinite: none is a candidate.
    above : float
        Utility that candidates have more of.
    cell, load : (E,)
        Written.
    """
    are_all = True
    for u in range(len(taken)):
        need = taken[u]
        are_all &= start[u] == start[u + 1] or need < np.inf
        for e in range(start[u], start[u + 1]):
            cell[e] = stored[e]
            load[e] = need
            are_all &= above < utility[e] and utility[e] < np.inf
    return are_all
