"""A residual of each cell in numbers that can be read, as a part of the twins."""

import numpy as np

from twins.l1.clutter import CLUTTER, ClutterMap
from twins.l1.correction import Correction


class LineResidual:
    """Offset and exponent of each cell and class of clutter, and a rest on squares.

    :class:`twins.l1.correction.Correction` learns them, one measurement at a time: for
    scenes of some hundred users, not for cities.

    Parameters
    ----------
    cell_id : (B,) str
        Cells.
    cell_position : (B, 3) m
        Their antennas.
    clutter : ClutterMap
        Class of the users' places.
    """

    name = "offset and exponent by clutter"

    def __init__(
        self, cell_id: np.ndarray, cell_position: np.ndarray, clutter: ClutterMap
    ) -> None:
        self.correction = Correction()
        self._cell_id, self._position, self._clutter = cell_id, cell_position, clutter

    def observe(
        self,
        time: float,
        position: np.ndarray,
        cell: np.ndarray,
        base_db: np.ndarray,
        residual_db: np.ndarray,
    ) -> None:
        """Learn from each of the residuals (n,) dB, in order."""
        names, away = self._lines(position, cell)
        x, y = position[:, 0], position[:, 1]
        self.correction.observe(names, away, x, y, residual_db)

    def predict(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Expected residual and its standard deviation, both (n,) dB."""
        names, away = self._lines(position, cell)
        return self.correction.predict(names, away, position[:, 0], position[:, 1])

    def _lines(
        self, position: np.ndarray, cell: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        """Cell with class (n,), and distance (n,) m from its antenna."""
        away = np.linalg.norm(position - self._position[cell], axis=1)
        kind = self._clutter.at(position)
        names = [
            f"{name} {CLUTTER[k]}"
            for name, k in zip(self._cell_id[cell], kind, strict=True)
        ]
        return names, away
