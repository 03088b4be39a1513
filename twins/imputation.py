"""Missing measurements from their neighbours, with uncertainty.

This is simple kriging by a sparse precision: the mean of the field is taken to be that
of what is known, and a gap is filled from its borders in place, time and cell at once.
:mod:`twins.l1.kriging` is ordinary kriging, for maps: the mean is not known, and how
alike places are is fitted to the measurements.

References
----------
.. [1] X. Zhu, Z. Ghahramani, J. Lafferty, "Semi-Supervised Learning Using Gaussian
   Fields and Harmonic Functions", ICML 2003: the mean. The precision of the field gives
   the deviation (H. Rue, L. Held, "Gaussian Markov Random Fields", 2005, theorem 2.3).
"""

import numpy as np

NEIGHBOURS = 8
PULL = 0.02
"""Weight of the mean of all known values, against a neighbour at distance 0."""
LONE = 1e-3
"""Weight of a neighbour at any distance, so that nobody is cut off."""
AT_ONCE = 256
"""Columns of the inverse that are computed together."""


def imputed(place: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) with the missing ones filled in, and their standard deviation (n,).

    A Gaussian field on the graph of nearest neighbours [1]_: neighbours at distance d
    differ with precision exp(-d) over a variance that is estimated on known values,
    which are hidden in the pattern of the missing ones. Known values keep theirs, with
    deviation 0.

    Parameters
    ----------
    place : (n, d)
        Where and when values are, in units over which they change notably.
    value : (n,)
        NaN where it is missing.

    Raises
    ------
    ValueError
        If nothing is known, or a place is not finite.
    """
    known = np.isfinite(value)
    if not known.any() or not np.isfinite(place).all():
        raise ValueError("value, place: must hold one number at least, and finite ones")
    result, std = np.array(value, float), np.zeros(len(value))
    missing = np.flatnonzero(~known)
    if not missing.size:
        return result, std
    result[missing], variance = _conditional(place, value, missing)
    std[missing] = np.sqrt(_scale(place, value, known) * variance)
    return result, std


def _scale(place: np.ndarray, value: np.ndarray, known: np.ndarray) -> float:
    """Variance of the field, from known values hidden in the pattern of the missing.

    The pattern is moved by a third, so that gaps are held against gaps.
    """
    hidden = known & np.roll(~known, max(len(value) // 3, 1))
    if not hidden.any() or not (known & ~hidden).any():
        return float(np.var(value[known])) or 1.0
    less = np.where(hidden, np.nan, value)
    asked = np.flatnonzero(hidden)
    missing = np.flatnonzero(~np.isfinite(less))
    guess, variance = _conditional(place, less, missing)
    mine = np.searchsorted(missing, asked)
    return float(np.mean((value[asked] - guess[mine]) ** 2 / variance[mine])) or 1e-12


def _conditional(
    place: np.ndarray, value: np.ndarray, missing: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (m,) of the missing entries in a field of variance 1."""
    from scipy import sparse
    from scipy.sparse.linalg import splu
    from scipy.spatial import KDTree

    anchors = np.flatnonzero(np.isfinite(value))
    near = min(NEIGHBOURS, len(anchors))
    away, which = KDTree(place[anchors]).query(place[missing], k=near)
    away = away.reshape(len(missing), -1)
    own = np.exp(-away) + LONE
    at = value[anchors][which.reshape(away.shape)]
    rows, columns, weight = _edges(place[missing])
    size = len(missing)
    mutual = sparse.csc_array((weight, (rows, columns)), shape=(size, size))
    mutual = mutual.maximum(mutual.T)
    total = own.sum(axis=1) + np.asarray(mutual.sum(axis=1)).ravel() + PULL
    factor = splu(sparse.csc_array(sparse.diags_array(total) - mutual))
    mean = factor.solve((own * at).sum(axis=1) + PULL * value[anchors].mean())
    variance = np.empty(size)
    for first in range(0, size, AT_ONCE):
        some = np.arange(first, min(first + AT_ONCE, size))
        unit = np.zeros((size, len(some)))
        unit[some, some - first] = 1.0
        variance[some] = factor.solve(unit)[some, some - first]
    return mean, variance


def _edges(place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of missing entries that are near, and their weights."""
    from scipy.spatial import KDTree

    near = min(3, len(place))
    away, which = KDTree(place).query(place, k=near)
    away, which = away.reshape(len(place), -1), which.reshape(len(place), -1)
    rows = np.repeat(np.arange(len(place)), away.shape[1])
    other = which.ravel() != rows
    return rows[other], which.ravel()[other], np.exp(-away.ravel()[other])
