"""Path gains that a model gives before anything was measured."""

from typing import Protocol

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from twins.coupling.pairs import urban_gain_db
from twins.coverage import Coverage
from twins.declaration import FieldError
from twins.snapshot import TwinSnapshot

AVERAGED = 3
"""Squares of a map, a side, over which its gains are averaged."""
MAST_REACH = 5.0
"""m; antennas as near as that hang on one mast, and share shadowing."""


class BaseGain(Protocol):
    """Model of path gains; held to its number of ``cells`` if it says one."""

    name: str

    def pairs(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Users and cells (E,) that may hear each other, sorted by user.

        Users are at ``position`` (U, 3) m; other pairs have gain 0.
        """
        ...

    def at(self, position: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Gain (n,) dB with antennas, at ``position`` (n, 3) m from ``cell`` (n,)."""
        ...


class MapGain:
    """Gains looked up in a coverage map, such as a ray tracer's.

    Parameters
    ----------
    coverage : Coverage
        The map.
    cells : TwinSnapshot
        Positions of its cells.
    """

    name = "coverage map"

    def __init__(self, coverage: Coverage, cells: TwinSnapshot) -> None:
        self._coverage = coverage
        self._gain_db = map_gain_db(coverage, cells)
        self.cells = len(self._gain_db)

    def pairs(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All pairs."""
        users, cells = len(position), len(self._gain_db)
        user = np.repeat(np.arange(users), cells)
        return user, np.tile(np.arange(cells), users)

    def at(self, position: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Gain (n,) dB between the centres of the map's squares."""
        return between(self._coverage, self._gain_db, position, cell)


class UrbanGain:
    """3GPP UMa without line of sight [1]_ and its sector antenna, for nearby cells.

    Parameters
    ----------
    cells : TwinSnapshot
        With positions, azimuths, downtilts, carriers.
    nearest : int
        Cells that a user may hear; the others' gain is taken as 0.

    References
    ----------
    .. [1] 3GPP TR 38.901 v17, Tables 7.4.1-1 and 7.3-1.
    """

    name = "TR 38.901 UMa NLOS"

    def __init__(self, cells: TwinSnapshot, nearest: int = 21) -> None:
        from scipy.spatial import KDTree

        self._cells, self.cells = cells, len(cells.cell_id)
        for name in ("cell_position", "azimuth", "downtilt", "carrier"):
            if not len(getattr(cells, name)):
                raise FieldError(f"TwinSnapshot.{name}", None, "missing", "given")
        self._nearest = min(nearest, len(cells.cell_id))
        self._tree = KDTree(cells.cell_position[:, :2])

    def pairs(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each user and its nearest cells."""
        _, near = self._tree.query(position[:, :2], k=self._nearest)
        cell = np.sort(near.reshape(len(position), -1), axis=1).ravel()
        return np.repeat(np.arange(len(position)), self._nearest), cell

    def at(self, position: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Gain (n,) dB, also for cells far away."""
        cells = self._cells
        return urban_gain_db(
            np.ascontiguousarray(position),
            cell,
            cells.cell_position,
            cells.azimuth,
            cells.downtilt,
            cells.carrier,
        )


def map_gain_db(coverage: Coverage, cells: TwinSnapshot) -> np.ndarray:
    """Gain (B, rows, columns) dB of a map; where no ray arrived, less than UMa's.

    There, 10 dB below TR 38.901 v17, Table 7.4.1-1, UMa without line of sight: some ray
    would have arrived at the mean. Decibels are averaged over neighbouring squares:
    what differs from square to square is mostly the noise of drawn rays.
    """
    if len(coverage.gain_db) != len(cells.cell_position):
        raise FieldError(
            "Coverage.gain_db",
            None,
            f"maps of {len(coverage.gain_db)} cells",
            f"of the {len(cells.cell_position)} cells of the snapshot",
        )
    rows, columns = coverage.gain_db.shape[1:]
    east = coverage.origin_m[0] + coverage.cell_m * (np.arange(columns) + 0.5)
    north = coverage.origin_m[1] + coverage.cell_m * (np.arange(rows) + 0.5)
    x, y, z = (cells.cell_position[:, axis, None, None] for axis in range(3))
    away = np.sqrt((east - x) ** 2 + (north[:, None] - y) ** 2 + z**2)
    carrier = cells.carrier[:, None, None] / 1e9
    floor = -(13.54 + 39.08 * np.log10(away) + 20 * np.log10(carrier)) - 10.0
    known = coverage.gain_db.astype(float)
    whole = np.where(np.isfinite(known), known, np.minimum(floor, -120.0))
    return averaged(whole, AVERAGED)


def between(
    coverage: Coverage, gain_db: np.ndarray, position: np.ndarray, cell: np.ndarray
) -> np.ndarray:
    """Gain dB at ``position`` (n, 2 or more) m from ``cell`` (n,) or (B, 1), bilinear.

    ``gain_db`` (B, rows, columns) holds at the centres of the map's squares.
    """
    rows, columns = gain_db.shape[1:]
    east, north = ((position[:, :2] - coverage.origin_m) / coverage.cell_m - 0.5).T
    column = np.clip(east, 0, columns - 1.001).astype(np.intp)
    row = np.clip(north, 0, rows - 1.001).astype(np.intp)
    right = np.clip(east - column, 0.0, 1.0)
    above = np.clip(north - row, 0.0, 1.0)
    low = gain_db[cell, row, column] * (1 - right)
    low += gain_db[cell, row, column + 1] * right
    high = gain_db[cell, row + 1, column] * (1 - right)
    high += gain_db[cell, row + 1, column + 1] * right
    return low * (1 - above) + high * above


def grid_place(
    coverage: Coverage, position: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Row and column (U,) of positions (U, 2 or more) m, the nearest on the map."""
    place = (position[:, :2] - coverage.origin_m) / coverage.cell_m
    rows, columns = coverage.gain_db.shape[1:]
    column = np.clip(place[:, 0], 0, columns - 1).astype(np.intp)
    row = np.clip(place[:, 1], 0, rows - 1).astype(np.intp)
    return row, column


def mast_of(position: np.ndarray) -> np.ndarray:
    """Number (B,) of the mast of each cell at ``position`` (B, 3) m, west to east.

    Antennas within ``MAST_REACH`` of one of a mast's are on that mast.
    """
    one, other = cKDTree(position).query_pairs(MAST_REACH, output_type="ndarray").T
    near = coo_array((np.ones(len(one)), (one, other)), shape=2 * (len(position),))
    part = connected_components(near, directed=False)[1]
    _, first, mast = np.unique(part, return_index=True, return_inverse=True)
    east, north, _ = position[first].T
    return np.argsort(np.lexsort((north, east)))[mast]


def averaged(field: np.ndarray, side: int) -> np.ndarray:
    """Means (B, rows, columns) over ``side`` by ``side`` squares; borders repeat."""
    half = side // 2
    rows, columns = field.shape[1:]
    wide = np.pad(field, ((0, 0), (half, half), (half, half)), mode="edge")
    parts = [
        wide[:, row : row + rows, column : column + columns]
        for row in range(side)
        for column in range(side)
    ]
    return np.mean(parts, axis=0)
