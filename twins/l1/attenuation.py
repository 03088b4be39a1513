"""Path loss exponent and offset of each cell in each class of clutter, as measured.

    loss = offset + 10 * exponent * log10(distance / 100 m)

Measurements of a cell and class are kept as sums, so that many arrive at the cost of
few. A cell's numbers are pulled to those of all cells in its class, and these to the
exponent of the tables, the more the less was measured. ``correction`` has offsets and
exponents of what a model misses, to predict with; these, of the loss, are to read.
"""

from typing import Any

import numpy as np

from twins.l1.clutter import CLUTTER, ClutterMap

REFERENCE = 100.0  # m
NEAREST = 10.0  # m
EXPONENT = 3.9  # TR 38.901 v17, Table 7.4.1-1, UMa without line of sight
EXPONENT_STD = 0.8
OFFSET_STD = 8.0  # dB of a cell around its class: antennas, cables, what stands around
SHADOWING_STD = 8.0  # dB of a place around its cell's line
REPEATED = 20.0  # measurements that tell as much as one at a place of its own


class Attenuation:
    """Learns exponents and offsets; starts empty.

    Parameters
    ----------
    cell_id : (B,) str
        Cells.
    cell_position : (B, 3) m
        Their antennas.
    clutter : ClutterMap
        Class of the users' places.
    """

    def __init__(
        self, cell_id: np.ndarray, cell_position: np.ndarray, clutter: ClutterMap
    ) -> None:
        self._cell_id, self._position, self._clutter = cell_id, cell_position, clutter
        shape = len(cell_id), len(CLUTTER)
        self._sums = np.zeros((*shape, 6))  # of 1, d, d^2, loss, d * loss, loss^2

    def observe(self, position: np.ndarray, cell: np.ndarray, loss: np.ndarray) -> None:
        """Learn from ``loss`` (n,) dB at ``position`` (n, 3) m from ``cell`` (n,)."""
        away = np.linalg.norm(position - self._position[cell], axis=1)
        decades = np.log10(np.maximum(away, NEAREST) / REFERENCE)
        place = cell * len(CLUTTER) + self._clutter.at(position)
        parts = (np.ones(len(cell)), decades, decades**2, loss, decades * loss, loss**2)
        shape = self._sums.shape[:2]
        for number, part in enumerate(parts):
            sums = np.bincount(place, part, shape[0] * shape[1])
            self._sums[..., number] += sums.reshape(shape)

    def numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Offset in dB and exponent, and their standard deviations, both (B, C, 2)."""
        pooled = self._sums.sum(axis=0)
        count = np.maximum(pooled[:, 0], 1e-9)
        level = (pooled[:, 3] - 10 * EXPONENT * pooled[:, 1]) / count  # at 100 m
        start = np.stack([level, np.full(len(CLUTTER), 10 * EXPONENT)], axis=-1)
        shared, _ = _posterior(pooled, start, (1e3, 10 * EXPONENT_STD))
        line, std = _posterior(self._sums, shared, (OFFSET_STD, 10 * EXPONENT_STD))
        unit = np.array([1.0, 10.0])
        return line / unit, std / unit

    def table(self) -> Any:
        """The numbers as a ``pandas.DataFrame``, of cells and classes measured."""
        import pandas as pd

        line, std = self.numbers()
        cell, kind = np.nonzero(self._sums[..., 0])
        sums, line, std = self._sums[cell, kind], line[cell, kind], std[cell, kind]
        offset, slope = line[:, 0], 10 * line[:, 1]
        square = sums[:, 5] - 2 * offset * sums[:, 3] - 2 * slope * sums[:, 4]
        square += offset**2 * sums[:, 0] + 2 * offset * slope * sums[:, 1]
        square += slope**2 * sums[:, 2]
        return pd.DataFrame(
            {
                "cell": self._cell_id[cell],
                "clutter": np.array(CLUTTER)[kind],
                "loss_100m_db": offset,
                "loss_100m_std_db": std[:, 0],
                "exponent": line[:, 1],
                "exponent_std": std[:, 1],
                "rmse_db": np.sqrt(np.maximum(square, 0.0) / sums[:, 0]),
                "measurements": sums[:, 0].astype(int),
            }
        )


def _posterior(
    sums: np.ndarray, start: np.ndarray, spread: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Offset and slope (..., 2) by Bayesian regression of sums (..., 6), and spread."""
    noise = SHADOWING_STD**2 * REPEATED
    prior = np.diag(np.array(spread) ** -2.0)
    moments = np.stack([sums[..., [0, 1]], sums[..., [1, 2]]], axis=-2)
    precision = moments / noise + prior
    told = sums[..., [3, 4]] / noise + start @ prior
    covariance = np.linalg.inv(precision)
    line = (covariance @ told[..., None])[..., 0]
    return line, np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
