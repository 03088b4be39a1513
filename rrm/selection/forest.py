"""Forests as flat arrays, walked in microseconds."""

from typing import NamedTuple

import numpy as np
from numba import njit

LEAF = -1


class Forest(NamedTuple):
    """Trees of all methods of a problem, for each limit of time.

    Attributes
    ----------
    root : (T, M, K) int32
        Node that each tree begins at, by tier, method and tree; -1: none.
    feature : (N,) int16
        That a node asks for; -1 at leaves.
    threshold : (N,) float32
        Largest value of the feature that leads to the first child.
    child : (N,) int32
        First child of a node, the second follows; row of ``value`` at leaves.
    value : (V, P) float32
        What a leaf predicts.
    """

    root: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    child: np.ndarray
    value: np.ndarray


@njit(cache=True, error_model="numpy")
def predict(
    root: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    child: np.ndarray,
    value: np.ndarray,
    features: np.ndarray,
) -> np.ndarray:  # pragma: no cover
    """Mean (M, P) over trees (M, K) for features (F,) float32; nan without trees."""
    methods, trees = root.shape
    found = np.zeros((methods, value.shape[1]))
    for m in range(methods):
        count = 0
        for k in range(trees):
            node = root[m, k]
            if node < 0:
                continue
            while feature[node] != LEAF:
                goes_on = features[feature[node]] <= threshold[node]
                node = child[node] if goes_on else child[node] + 1
            count += 1
            for p in range(value.shape[1]):
                found[m, p] += value[child[node], p]
        for p in range(value.shape[1]):
            found[m, p] = found[m, p] / count if count else np.nan
    return found
