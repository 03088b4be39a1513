"""What the model misses, by tiles, and what these still miss, by boosted trees."""

from collections import Counter
from dataclasses import replace

import numpy as np

from twins.coupling.residual import TileResidual
from twins.l1.correction import LARGEST, MOST_STEPS, NEAREST
from twins.l1.unseen import Regressor
from twins.l1.versions import Versions
from twins.l1.weather import check_rain
from twins.snapshot import TwinSnapshot

COLUMNS = 10
"""East and north in m, cell, decades of distance, angle off the boresight in rad,
carrier in Hz, rain in mm/h, base in dB; mean and deviation of the tiles in dB."""
CELL = 2
MOST_CATEGORIES = 255  # that the trees can tell apart; of more cells, columns do
FEWEST = 1000  # measurements before trees are grown
FEWEST_OF_CELL = 20  # that tiles learn from before their errors tell trees anything
GROWN = 0.5  # of the measurements of the last trees, after which new ones are grown
HELD = 5  # every fifth measurement is never learned from by trees, and judges them
FARTHEST = 2.0  # deviations of the tiles that trees move what these expect
TREES, LEAVES, RATE = 100, 63, 0.2
RECENT = 4000  # errors on what came next that tell the width
FEWEST_RECENT = 200
QUANTILE, NORMAL_QUANTILE = 0.9, 1.645


class BoostedResidual:
    """Gradient boosting [1]_ on place, cell, distance, angle, band, rain and base.

    ``TileResidual`` learns as measurements arrive. From its errors on what arrives
    next, the newest of each cell, trees learn to correct it, by two of its deviations
    at most; what it expected and how surely are columns as well. Trees are grown anew
    as measurements accumulate, and replace the older ones (at first, none) where they
    are better on measurements that no trees learn from. The deviation is that of the
    tiles, times what makes 90% intervals hold on what arrives next [2]_.

    Parameters
    ----------
    cells : TwinSnapshot
        Positions, azimuths (else the bearing counts) and carriers.
    corner, size : (2,) m
        South-west corner and extent of the area.
    kept : int
        Newest measurements of each cell that trees are grown from.

    Attributes
    ----------
    rain : mm/h
        Now; set it as the weather changes. What is no rate is refused.
    refused : Counter
        Measurements not learned from (*not finite*, *implausible*), and those that
        were too far from what was expected and count as if less far (*clipped*).
    versions : Versions
        Of the trees, with data range and RMSE in dB on held measurements.

    References
    ----------
    .. [1] J. H. Friedman, "Greedy function approximation: a gradient boosting machine",
       Annals of Statistics 29(5), 2001. https://doi.org/10.1214/aos/1013203451
    .. [2] V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World",
       Springer 2005. https://doi.org/10.1007/b106715
    """

    name = "boosted trees and tiles"

    def __init__(
        self,
        cells: TwinSnapshot,
        corner: np.ndarray,
        size: np.ndarray,
        kept: int = 1000,
    ) -> None:
        self._cells, self._rain = cells, 0.0
        self.refused: Counter[str] = Counter()
        self.versions = Versions()
        self._tiles = TileResidual(cells.cell_position, corner, size)
        self.cells = count = len(cells.cell_id)
        self._heard = np.zeros(count, np.int64)  # measurements of each cell
        self._kept = np.zeros(count, np.int64)  # of them, for trees
        self._column = np.zeros((count, kept, COLUMNS))
        self._value, self._time = np.zeros((2, count, kept))
        self._held = np.zeros((count, kept), bool)
        self._total, self._due = 0, FEWEST
        self._ratio = np.zeros(0)
        self._width = 1.0

    @property
    def rain(self) -> float:
        """Rate in mm/h."""
        return self._rain

    @rain.setter
    def rain(self, rate: float) -> None:
        check_rain("BoostedResidual.rain", rate)
        self._rain = float(rate)

    def observe(
        self,
        time: float,
        position: np.ndarray,
        cell: np.ndarray,
        base_db: np.ndarray,
        residual_db: np.ndarray,
    ) -> None:
        """Learn; the errors on these measurements tell the width first."""
        possible = np.isfinite(residual_db + base_db + position.sum(axis=1))
        absurd = possible & (np.abs(residual_db) > LARGEST)
        self.refused += Counter(
            {"not finite": int((~possible).sum()), "implausible": int(absurd.sum())}
        )
        rows = np.flatnonzero(possible & ~absurd)
        if not rows.size:
            return
        position, cell, base_db = position[rows], cell[rows], base_db[rows]
        column = self._columns(position, cell, base_db)
        tiles, spread = column[:, -2], column[:, -1]
        expected = tiles + self._grown(column)
        off = residual_db[rows] - expected
        self._widen(np.abs(off) / spread)
        most = MOST_STEPS * self._width * spread
        near = np.clip(off, -most, most)
        self.refused += Counter({"clipped": int((near != off).sum())})
        value = expected + near
        known = self._heard[cell] >= FEWEST_OF_CELL
        self._heard += np.bincount(cell, minlength=len(self._heard))
        self._keep(time, cell[known], column[known], (value - tiles)[known])
        self._tiles.observe(time, position, cell, base_db, value)
        if self._total >= self._due:
            self._grow(time)

    def predict(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Expected residual and its standard deviation, both (n,) dB."""
        column = self._columns(position, cell, base_db)
        mean, std = column[:, -2], column[:, -1]
        return mean + self._grown(column), self._width * std

    def _columns(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> np.ndarray:
        """What trees know (n, ``COLUMNS``) of places and cells."""
        cells = self._cells
        east, north = (position - cells.cell_position[cell])[:, :2].T
        away = np.log10(np.maximum(np.hypot(east, north), NEAREST))
        turn = np.arctan2(east, north)
        if len(cells.azimuth):
            turn = (turn - cells.azimuth[cell] + np.pi) % (2 * np.pi) - np.pi
        rain = np.full(len(cell), self.rain)
        known = position[:, 0], position[:, 1], cell, away, turn, cells.carrier[cell]
        tiles = self._tiles.predict(position, cell, base_db)
        return np.stack([*known, rain, base_db, *tiles], axis=1)

    def _grown(self, column: np.ndarray) -> np.ndarray:
        """What the trees add (n,) dB; 0 before there are any."""
        current = self.versions.current
        if current is None or current.model is None or not len(column):
            return np.zeros(len(column))
        return _corrected(current.model, column)

    def _widen(self, ratio: np.ndarray) -> None:
        """Width from errors over the tiles' deviations, the newest of all cells."""
        self._ratio = np.append(self._ratio, ratio)[-RECENT:]
        if len(self._ratio) >= FEWEST_RECENT:
            spread = float(np.quantile(self._ratio, QUANTILE))
            self._width = max(spread / NORMAL_QUANTILE, 0.1)

    def _keep(
        self, time: float, cell: np.ndarray, column: np.ndarray, value: np.ndarray
    ) -> None:
        """Put measurements in the place of the oldest of their cells."""
        order = np.argsort(cell, kind="stable")
        cell = cell[order]
        number = self._kept[cell] + np.arange(len(cell)) - np.searchsorted(cell, cell)
        at = cell, number % self._value.shape[1]
        self._column[at], self._value[at] = column[order], value[order]
        self._time[at] = time
        self._held[at] = (self._total + order) % HELD == 0
        self._kept += np.bincount(cell, minlength=len(self._kept))
        self._total += len(cell)

    def _grow(self, time: float) -> None:
        """Grow trees, and take them into use if they are better."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        size = np.minimum(self._kept, self._value.shape[1])
        kept = np.arange(self._value.shape[1]) < size[:, None]
        column, value, held = self._column[kept], self._value[kept], self._held[kept]
        self._due = self._total + max(FEWEST, round(GROWN * len(value)))
        few = len(self._kept) <= MOST_CATEGORIES
        trees = HistGradientBoostingRegressor(
            max_iter=TREES,
            max_leaf_nodes=LEAVES,
            learning_rate=RATE,
            categorical_features=[CELL] if few else None,
            early_stopping=False,
            random_state=0,
        )
        with threadpool_limits(1, "openmp"):
            trees.fit(column[~held], value[~held])

        def rmse(model: Regressor | None) -> float:
            known = 0.0 if model is None else _corrected(model, column[held])
            return float(np.sqrt(np.mean((value[held] - known) ** 2)))

        first = float(self._time[kept].min())
        if self.versions.current is None:
            self.versions.offer(None, first, time, rmse)
        self.versions.offer(trees, first, time, rmse)
        current = self.versions.current
        self.versions.history = [  # data range and score, without trees not in use
            one if one is current else replace(one, model=None)
            for one in self.versions.history
        ]


def _corrected(model: Regressor, column: np.ndarray) -> np.ndarray:
    """What trees add (n,) dB, within deviations of the tiles.

    On one thread: threads that meet after each tree wait for whatever else is running
    on their cores, which takes ten times longer.
    """
    from threadpoolctl import threadpool_limits

    most = FARTHEST * column[:, -1]
    with threadpool_limits(1, "openmp"):
        return np.clip(model.predict(column), -most, most)
