"""Forests as flat arrays: which training instances a problem is like."""

from typing import NamedTuple

import numpy as np
from numba import njit

LEAF = -1


class Forest(NamedTuple):
    """Trees of one problem class, for each limit of time.

    Attributes
    ----------
    root : (T, K) int32
        Node that each tree begins at, by tier and tree.
    feature : (N,) int16
        That a node asks for; -1 at leaves.
    threshold : (N,) float32
        Largest value of the feature that leads to the first child.
    child : (N,) int32
        First child of a node, the second follows; number of the leaf at leaves.
    start : (V + 1,) int32
        Where the instances of a leaf begin in ``member``.
    member : (E,) int32
        Training instances that end in each leaf.
    """

    root: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    child: np.ndarray
    start: np.ndarray
    member: np.ndarray


@njit(cache=True, error_model="numpy")
def likeness_to(
    root: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    child: np.ndarray,
    start: np.ndarray,
    member: np.ndarray,
    features: np.ndarray,
    count: int,
) -> np.ndarray:  # pragma: no cover
    """Weights (I,) of ``count`` training instances: who shares leaves of trees (K,).

    Each tree gives 1 / K to the instances in the leaf of ``features`` (F,) float32, in
    equal parts, as in T. Hothorn et al., Statistics in Medicine 23(1), 2004,
    https://doi.org/10.1002/sim.1593.
    """
    weight = np.zeros(count)
    trees = len(root)
    for k in range(trees):
        node = root[k]
        while feature[node] != LEAF:
            goes_on = features[feature[node]] <= threshold[node]
            node = child[node] if goes_on else child[node] + 1
        first, stop = start[child[node]], start[child[node] + 1]
        for e in range(first, stop):
            weight[member[e]] += 1.0 / (trees * (stop - first))
    return weight


@njit(cache=True, error_model="numpy")
def of_kind(
    weight: np.ndarray, kinds: np.ndarray, columns: np.ndarray, features: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Weights (I,) of the instances whose ``kinds`` (I, K) are those of a problem.

    Those are ``features`` (F,) in ``columns`` (K,). They get all of the weight, in
    equal parts where they had none; as it is where no instance is of the kind.
    """
    same, total, count = np.ones(len(weight), np.bool_), 0.0, 0
    for i in range(len(weight)):
        for k in range(len(columns)):
            same[i] &= kinds[i, k] == (features[columns[k]] > 0)
        if same[i]:
            total += weight[i]
            count += 1
    if count == 0:
        return weight
    found = np.zeros(len(weight))
    for i in range(len(weight)):
        if same[i]:
            found[i] = weight[i] / total if total > 0 else 1.0 / count
    return found
