"""Dominance, the volume that points dominate, and the knee."""

import numpy as np

FLAT = 1e-12  # relative extent of an axis on which all points are alike


def undominated(points: np.ndarray) -> np.ndarray:
    """Positions of the points (P, A), more is better, that no other one dominates.

    Of equal points the first stays.
    """
    kept = []
    for k, point in enumerate(points):
        as_good = (points >= point).all(axis=1)
        better = as_good & (points > point).any(axis=1)
        equal_before = as_good[:k] & ~better[:k]
        if not better.any() and not equal_before.any():
            kept.append(k)
    return np.array(kept, np.intp)


def hypervolume(points: np.ndarray, reference: np.ndarray) -> float:
    """Volume that points (P, A) dominate beyond ``reference`` (A,); more is better.

    Slices along the last axis, which hold the volume of one axis less [1]_: exact, and
    quick for two or three axes.

    References
    ----------
    .. [1] E. Zitzler, "Evolutionary algorithms for multiobjective optimization", PhD
       thesis, ETH Zurich, 1999, section 3.1. https://doi.org/10.3929/ethz-a-003856832
    """
    points = points[(points > reference).all(axis=1)]
    if not len(points):
        return 0.0
    if points.shape[1] == 1:
        return float(points.max() - reference[0])
    points = points[np.argsort(-points[:, -1], kind="stable")]
    ends = np.append(points[1:, -1], reference[-1])
    return float(
        sum(
            (points[k, -1] - end) * hypervolume(points[: k + 1, :-1], reference[:-1])
            for k, end in enumerate(ends)
            if points[k, -1] > end
        )
    )


def knee(points: np.ndarray) -> int:
    """Position of the point (P, A) nearest to the ideal one; more is better.

    The ideal is the best of all points on each axis; distances are Euclidean with each
    axis scaled to 0 .. 1 over the points [1]_. The first of ties. Unlike the distance
    from a plane through the ends, this needs no end of its own for each axis.

    References
    ----------
    .. [1] P. L. Yu, "A class of solutions for group decision problems", Management
       Science 19(8), 1973. https://doi.org/10.1287/mnsc.19.8.936
    """
    high, extent = points.max(axis=0), np.ptp(points, axis=0)
    size = np.abs(points).max(axis=0)
    scale = np.where(extent > FLAT * size, extent, np.inf)
    return int(np.argmin((((high - points) / scale) ** 2).sum(axis=1)))
