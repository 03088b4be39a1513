"""What measurements say of the model's gains: learned as they arrive."""

from typing import Protocol

import numpy as np

from twins.coupling.gains import mast_of
from twins.coupling.pairs import tile_residuals

MOST_RATIO = 25.0  # of squared errors to the variance that was stated


class ResidualModel(Protocol):
    """Learned part of the L1 twin; held to its number of ``cells`` if it says one."""

    name: str

    def observe(
        self,
        time: float,
        position: np.ndarray,
        cell: np.ndarray,
        base_db: np.ndarray,
        residual_db: np.ndarray,
    ) -> None:
        """Learn from what was measured over what the model said.

        Parameters
        ----------
        time : s
            Since epoch.
        position : (n, 3) m
            Of the users.
        cell : (n,) int
            Whom they heard.
        base_db, residual_db : (n,) dB
            Model's gain; measured minus model's.
        """
        ...

    def predict(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Residual (n,) dB to be expected, and its standard deviation (n,) dB."""
        ...


class TileResidual:
    """Mean of each cell, and a field of each mast on tiles, both shrunk to nothing.

    A tile's mean is that of its neighbourhood of three by three tiles with binomial
    weights, and counts as much as it has measurements: n / (n + ``prior``).

    Parameters
    ----------
    cell_position : (B, 3) m
        Cells of one mast (:func:`twins.coupling.gains.mast_of`) share a field.
    corner, size : (2,) m
        South-west corner and extent of the area; outside, its border counts.
    tile : m
        Side of a tile.
    prior : float
        Measurements that the prior is worth.
    memory : s
        After which measurements count 1/e.
    spread_db : dB
        Standard deviation of residuals before anything was measured.
    error_db : dB
        Standard deviation that is left where much was measured, at first.
    """

    name = "tiles"

    def __init__(
        self,
        cell_position: np.ndarray,
        corner: np.ndarray,
        size: np.ndarray,
        tile: float = 12.0,
        prior: float = 3.0,
        memory: float = 86_400.0,
        spread_db: float = 8.0,
        error_db: float = 3.0,
    ) -> None:
        self.cells = len(cell_position)
        self._site = mast_of(cell_position)
        self._corner = np.asarray(corner, float)
        self._tile, self._prior, self._memory = tile, prior, memory
        columns, rows = np.ceil(np.asarray(size) / tile).astype(int)
        self._shape = (self._site.max() + 1, int(rows) + 2, int(columns) + 2)
        self._sum = np.zeros(self._shape)  # with a border of one tile
        self._count = np.zeros(self._shape)
        self._cell_sum = np.zeros(len(cell_position))
        self._cell_count = np.zeros(len(cell_position))
        self._spread, self._error = spread_db**2, error_db**2
        masts = self._shape[0]
        self._scale = np.ones(masts)  # of the variance, from errors on what came next
        self._time = -np.inf
        self._offset = np.zeros(len(cell_position))
        self._mean = np.zeros(self._shape)
        self._variance = np.full(self._shape, self._spread)

    def observe(
        self,
        time: float,
        position: np.ndarray,
        cell: np.ndarray,
        base_db: np.ndarray,
        residual_db: np.ndarray,
    ) -> None:
        """Learn; the error on these measurements scales the uncertainty first."""
        if not len(cell):
            return
        expected, std = self.predict(position, cell, base_db)
        masts, mast = len(self._scale), self._site[cell]
        count = np.bincount(mast, minlength=masts)
        ratio = np.bincount(mast, (residual_db - expected) ** 2 / std**2, masts)
        ratio = np.minimum(ratio / np.maximum(count, 1), MOST_RATIO)
        share = np.minimum(0.1, count * masts / 1e4)
        self._scale = np.clip(self._scale * (1 + share * (ratio - 1)), 0.04, MOST_RATIO)
        elapsed = max(time - self._time, 0.0) if np.isfinite(self._time) else 0.0
        keep = np.exp(-elapsed / self._memory)
        for kept in (self._sum, self._count, self._cell_sum, self._cell_count):
            kept *= keep
        self._time = max(self._time, time)
        cells = len(self._cell_sum)
        self._cell_sum += np.bincount(cell, residual_db, cells)
        self._cell_count += np.bincount(cell, minlength=cells)
        self._offset = self._cell_sum / (self._cell_count + self._prior)
        place = self._place(position, cell)
        length = self._sum.size
        rest = residual_db - self._offset[cell]
        self._sum += np.bincount(place, rest, length).reshape(self._shape)
        self._count += np.bincount(place, minlength=length).reshape(self._shape)
        weight = _blurred(self._count) + self._prior
        self._mean = _blurred(self._sum) / weight
        unknown = (self._spread - self._error) * (self._prior / weight)
        self._variance = self._scale[:, None, None] * (self._error + unknown)

    def predict(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Expected residual and its standard deviation, both (n,) dB."""
        return tile_residuals(
            np.ascontiguousarray(position),
            cell,
            self._corner,
            self._tile,
            self._site,
            self._offset,
            self._mean,
            self._variance,
        )

    def _place(self, position: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Tile (n,) of each mast and place, as a flat number."""
        _, rows, columns = self._shape
        column = (position[:, 0] - self._corner[0]) / self._tile
        row = (position[:, 1] - self._corner[1]) / self._tile
        column = np.clip(column, 0, columns - 3).astype(np.intp) + 1
        row = np.clip(row, 0, rows - 3).astype(np.intp) + 1
        return (self._site[cell] * rows + row) * columns + column


def _blurred(field: np.ndarray) -> np.ndarray:
    """Sum over three by three neighbours with weights 1, 1/2 and 1/4."""
    rows = field.copy()
    rows[:, 1:] += 0.5 * field[:, :-1]
    rows[:, :-1] += 0.5 * field[:, 1:]
    both = rows.copy()
    both[:, :, 1:] += 0.5 * rows[:, :, :-1]
    both[:, :, :-1] += 0.5 * rows[:, :, 1:]
    return both
