"""Log-distance path loss of each cell, in numbers that can be read.

    RSRP = offset - 10 * exponent * log10(distance / 100 m)

The mast is where the strongest samples are. Exponents are pulled to the one all cells
share, offsets to the mean of their layer, since most cells are seen from few places.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twins.l1.neighbours import NOWHERE, Places

STRONGEST = 0.1  # share of a cell's references that show where its mast is
NEAREST = 30.0  # m; nearer than that, the mast's position is not known well enough
REFERENCE = 100.0  # m
EXPONENT_PULL = 20.0  # references that the shared exponent counts as, times variance
OFFSET_PULL = 3.0  # references that the layer's mean counts as
RANGE = (1.0, 6.0)  # of exponents that are plausible


@dataclass(frozen=True, eq=False)
class PathLossFit:
    """Numbers of each cell; :func:`fit_path_loss` makes them.

    Parameters
    ----------
    cell : (c,) int
        Sorted identities.
    x, y : (c,) m
        Estimated mast.
    offset : (c,) dBm
        RSRP expected at 100 m.
    exponent : (c,)
        Path loss exponent.
    count : (c,) int
        References used.
    error : (c,) dB
        Root mean square error of the fit.
    default : float
        dBm for cells not listed.
    """

    cell: np.ndarray
    x: np.ndarray
    y: np.ndarray
    offset: np.ndarray
    exponent: np.ndarray
    count: np.ndarray
    error: np.ndarray
    default: float

    def predict(self, cell: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """RSRP (n,) dBm expected of ``cell`` (n,) at ``x``, ``y`` (n,) m."""
        index = np.minimum(np.searchsorted(self.cell, cell), len(self.cell) - 1)
        away = np.hypot(x - self.x[index], y - self.y[index])
        decades = _decades(np.nan_to_num(away, nan=10 * REFERENCE))
        level = self.offset[index] - 10 * self.exponent[index] * decades
        return np.where(self.cell[index] == cell, level, self.default)

    def table(self) -> Any:
        """The numbers as a ``pandas.DataFrame``, the most measured cells first."""
        import pandas as pd

        columns = {
            "cell": self.cell,
            "east_m": self.x,
            "north_m": self.y,
            "rsrp_100m_dbm": self.offset,
            "exponent": self.exponent,
            "references": self.count,
            "rmse_db": self.error,
        }
        table = pd.DataFrame(columns)
        return table.sort_values("references", ascending=False, ignore_index=True)


def fit_path_loss(reference: Places) -> PathLossFit:
    """Fit all cells of ``reference``."""
    reference = reference.take(np.abs(reference.x) < NOWHERE)
    cells, index = np.unique(reference.cell, return_inverse=True)
    mast = np.empty((len(cells), 2))
    for number in range(len(cells)):
        rows = np.flatnonzero(index == number)
        best = rows[np.argsort(-reference.rsrp[rows], kind="stable")]
        best = best[: max(1, round(STRONGEST * len(rows)))]
        mast[number] = reference.x[best].mean(), reference.y[best].mean()
    away = np.hypot(reference.x - mast[index, 0], reference.y - mast[index, 1])
    decades = _decades(away)
    count = np.bincount(index)
    mean_decades = np.bincount(index, decades) / count
    mean_rsrp = np.bincount(index, reference.rsrp) / count
    apart, level = decades - mean_decades[index], reference.rsrp - mean_rsrp[index]
    square = np.bincount(index, apart**2)
    slope = np.bincount(index, apart * level)
    shared = slope.sum() / max(square.sum(), 1e-9)
    pull = EXPONENT_PULL * apart.var()
    exponent = -(slope + pull * shared) / np.maximum(square + pull, 1e-9) / 10
    exponent = np.clip(exponent, *RANGE)
    own = mean_rsrp + 10 * exponent * mean_decades
    layers = reference.layer[np.unique(index, return_index=True)[1]]
    offset = own.copy()
    for layer in np.unique(layers):
        rows = layers == layer
        prior = np.average(own[rows], weights=np.sqrt(count[rows]))
        pulled = count[rows] * own[rows] + OFFSET_PULL * prior
        offset[rows] = pulled / (count[rows] + OFFSET_PULL)
    error = reference.rsrp - offset[index] + 10 * exponent[index] * decades
    rms = np.sqrt(np.bincount(index, error**2) / count)
    default = float(reference.rsrp.mean())
    east, north = mast.T
    return PathLossFit(cells, east, north, offset, exponent, count, rms, default)


def _decades(away: np.ndarray) -> np.ndarray:
    """Decades (n,) of distance beyond 100 m."""
    return np.log10(np.maximum(away, NEAREST) / REFERENCE)
