"""Maps from scattered measurements by ordinary kriging in a local neighbourhood.

A value at a place is a weighted mean of the nearest measurements, with the weights of
least variance that sum to one, so no mean needs to be known [1]_. How alike places are
is told by an exponential variogram, which is fitted to the measurements [2]_.

References
----------
.. [1] G. Matheron, "Principles of geostatistics", Economic Geology 58(8), 1963.
   https://doi.org/10.2113/gsecongeo.58.8.1246
.. [2] N. Cressie, "Fitting variogram models by weighted least squares", Mathematical
   Geology 17(5), 1985. https://doi.org/10.1007/BF01032109
.. [3] N. A. C. Cressie, "Statistics for Spatial Data", revised edition, Wiley 1993,
   sections 2.4 (variogram), 3.2 (ordinary kriging).
   https://doi.org/10.1002/9781119115151
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NEAREST = 32
"""Measurements that a value is computed from."""
LAGS = 16
"""Classes of distance of the empirical variogram, each wider than the one before."""
SHORTEST = 0.01  # of the longest distance, where the first class ends
PAIRED = 500
"""Measurements of a cell of which all pairs count; of more, these are drawn."""
LEAST_PAIRS = 30  # of a class that counts
ROUNDING = 1e-10  # of the sill, so that places that all but coincide can be told apart
AT_ONCE = 1024  # places whose weights are computed together


@dataclass(frozen=True)
class Variogram:
    """Exponential variogram: half the mean square of differences at a distance.

    Parameters
    ----------
    sill : dB^2
        Variance of the field.
    reach : m
        Distance at which correlation has fallen to 1/e.
    nugget : dB^2
        Variance of what is not shared by places however near, such as errors.
    """

    sill: float
    reach: float
    nugget: float

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises
        ------
        ValueError
            For values that make no variogram.
        """
        for name, least in (("sill", 0.0), ("reach", 0.0), ("nugget", -1.0)):
            value = getattr(self, name)
            if not (least < value < np.inf and value >= 0):
                raise ValueError(f"{name}: {value} is not finite and positive")

    def at(self, distance: np.ndarray) -> np.ndarray:
        """Semivariance (n,) dB^2 of two measurements ``distance`` (n,) m apart."""
        return self.nugget + self.sill * -np.expm1(-distance / self.reach)


def fit_variogram(
    place: np.ndarray,
    value: np.ndarray,
    cell: np.ndarray,
    drive: np.ndarray | None = None,
) -> Variogram:
    """Variogram of measurements, shared by the cells.

    Matheron's estimate [1]_ in classes of distance up to half the extent of the places,
    of pairs within a cell; Cressie's weighted least squares [2]_.

    Parameters
    ----------
    place : (n, 2) m
        Where it was measured.
    value : (n,) dB
        What was measured; finite.
    cell : (n,) int
        Of which cell.
    drive : (n,) int
        On which drive: pairs of one drive share its errors and do not count, so that
        the nugget has them. Without, all pairs count.

    Raises
    ------
    ValueError
        If there are too few pairs of measurements.
    """
    from scipy.optimize import least_squares

    longest = 0.5 * float(np.hypot(*np.ptp(place, axis=0))) if len(place) else 0.0
    ends = longest * np.geomspace(SHORTEST, 1.0, LAGS)
    count, away, half = _pairs(place, value, cell, drive, ends)
    enough = count >= LEAST_PAIRS
    if not (longest > 0 and enough.sum() >= 3):
        raise ValueError(f"place, value: {len(value)} measurements are too few pairs")
    count, away, half = count[enough], away[enough], half[enough]
    scale = max(float(half.max()), 1e-12)

    def off(logarithm: np.ndarray) -> np.ndarray:
        there = Variogram(*np.exp(logarithm).tolist()).at(away)
        return np.sqrt(count / count.sum()) * (half / there - 1)

    least = np.log([1e-6 * scale, ends[0], 1e-6 * scale])
    most = np.log([10 * scale, 10 * longest, 10 * scale])
    start = np.log([0.7 * scale, 0.2 * longest, 0.3 * scale])
    found = least_squares(off, start, bounds=(least, most)).x
    return Variogram(*np.exp(found).tolist())


def krige(
    place: np.ndarray, value: np.ndarray, wanted: np.ndarray, variogram: Variogram
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (m,) dB of the field at ``wanted`` (m, 2) m.

    The field is what measurements share: a further measurement there spreads by the
    nugget more. Without nugget, it is what was measured where it was measured.

    Parameters
    ----------
    place : (n, 2) m
        Where one cell was measured.
    value : (n,) dB
        What was measured; finite.
    variogram : Variogram
        Of the field.

    Raises
    ------
    ValueError
        If nothing was measured, or a number is not finite.
    """
    place, value, wanted = (np.asarray(one, float) for one in (place, value, wanted))
    if not (
        len(place) and all(np.isfinite(one).all() for one in (place, value, wanted))
    ):
        raise ValueError(
            "place, value, wanted: must hold a measurement, finite numbers"
        )
    mean, std = np.empty((2, len(wanted)))
    for part, near, weight, variance in _weights(place, wanted, variogram):
        mean[part] = (weight * value[near]).sum(axis=1)
        std[part] = np.sqrt(variance)
    return mean, std


def kriged_map(
    place: np.ndarray,
    value: np.ndarray,
    variogram: Variogram,
    corner: np.ndarray,
    side: float,
    shape: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (rows, columns) dB at the centres of squares.

    Parameters
    ----------
    place, value, variogram
        As in :func:`krige`.
    corner : (2,) m
        South-west corner; as ``Coverage.origin_m``.
    side : m
        Of a square; as ``Coverage.cell_m``.
    shape : (rows, columns)
        Rows go north.
    """
    row, column = np.indices(shape)
    centre = np.stack([column.ravel(), row.ravel()], axis=1) + 0.5
    mean, std = krige(place, value, corner + side * centre, variogram)
    return mean.reshape(shape), std.reshape(shape)


def _weights(
    place: np.ndarray, wanted: np.ndarray, variogram: Variogram
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Slices of ``wanted``, each with its nearest, their weights, and the variance.

    With covariance K among measurements and c to the place, weights are K^-1 (c + m 1),
    where m makes them sum to one [3]_ (3.2.15).
    """
    from scipy.spatial import cKDTree

    tree, count = cKDTree(place), min(NEAREST, len(place))
    error = (variogram.nugget + ROUNDING * variogram.sill) * np.eye(count)
    for first in range(0, len(wanted), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        away, near = tree.query(wanted[part], k=[*range(1, count + 1)])
        x, y = np.moveaxis(place[near], -1, 0)
        apart = np.hypot(x[:, :, None] - x[:, None], y[:, :, None] - y[:, None])
        among = variogram.sill * np.exp(-apart / variogram.reach) + error
        shared = variogram.sill * np.exp(-away / variogram.reach)
        right = np.stack([shared, np.ones_like(shared)], axis=-1)
        simple, unit = np.moveaxis(np.linalg.solve(among, right), -1, 0)
        left = 1 - simple.sum(axis=1)  # what the unknown mean weighs
        more = left / unit.sum(axis=1)
        weight = simple + more[:, None] * unit
        variance = variogram.sill - (shared * simple).sum(axis=1) + left * more
        yield part, near, weight, np.maximum(variance, 0.0)


def _pairs(
    place: np.ndarray,
    value: np.ndarray,
    cell: np.ndarray,
    drive: np.ndarray | None,
    ends: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, mean distance and mean half squared difference of pairs, by class."""
    from scipy.spatial.distance import pdist

    draws = np.random.default_rng(0)
    sums = np.zeros((3, len(ends) + 1))
    order = np.argsort(cell, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        some = rows
        if len(rows) > PAIRED:
            some = draws.choice(rows, PAIRED, replace=False)
        away = pdist(place[some])
        half = 0.5 * pdist(value[some, None], "sqeuclidean")
        which = np.searchsorted(ends, away)
        if drive is not None:
            which[pdist(drive[some, None], "hamming") == 0] = len(ends)
        for total, part in zip(sums, (np.ones(len(away)), away, half), strict=True):
            total += np.bincount(which, part, len(ends) + 1)
    count, away, half = sums[:, :-1]
    return count, *(part / np.maximum(count, 1) for part in (away, half))
