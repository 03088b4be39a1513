"""Compiled loops over pairs of users and cells."""

import numpy as np
from numba import njit

USER_HEIGHT = 1.5  # m
PANEL_GAIN = 8.0  # dBi, 3GPP TR 38.901 v17, Table 7.3-1
BEAM = 65.0  # degrees at 3 dB
BACK = 30.0  # dB of the side lobes
NEAREST = 10.0  # m over ground, where the model of the loss begins


@njit(cache=True, nogil=True, error_model="numpy")
def urban_gain_db(
    position: np.ndarray,
    cell: np.ndarray,
    cell_position: np.ndarray,
    azimuth: np.ndarray,
    downtilt: np.ndarray,
    carrier: np.ndarray,
) -> np.ndarray:  # pragma: no cover -- compiled
    """Gain (n,) dB at ``position`` (n, 3) m from ``cell`` (n,), as ``UrbanGain``."""
    gain = np.empty(len(cell))
    degree = 180.0 / np.pi
    for k in range(len(cell)):
        b = cell[k]
        east = position[k, 0] - cell_position[b, 0]
        north = position[k, 1] - cell_position[b, 1]
        up = position[k, 2] - cell_position[b, 2]
        level = max(np.sqrt(east * east + north * north), NEAREST)
        away = np.sqrt(level * level + up * up)
        loss = 13.54 + 39.08 * np.log10(away) + 20.0 * np.log10(carrier[b] * 1e-9)
        loss -= 0.6 * (position[k, 2] - USER_HEIGHT)
        turn = np.arctan2(east, north) - azimuth[b]
        turn = (turn + np.pi) % (2 * np.pi) - np.pi
        tilt = np.arctan2(-up, level) - downtilt[b]
        side = min(12.0 * (turn * degree / BEAM) ** 2, BACK)
        side = min(side + min(12.0 * (tilt * degree / BEAM) ** 2, BACK), BACK)
        gain[k] = PANEL_GAIN - side - loss
    return gain


@njit(cache=True, nogil=True, error_model="numpy")
def spread_pairs(
    user: np.ndarray,
    cell: np.ndarray,
    level: np.ndarray,
    error: np.ndarray,
    gain: np.ndarray,
    std: np.ndarray,
) -> None:  # pragma: no cover -- compiled
    """Write levels (E,) dB and errors (E,) dB of pairs to ``gain``, ``std`` (U, B)."""
    scale = np.log(10.0) / 10.0
    for k in range(len(user)):
        gain[user[k], cell[k]] = min(np.exp(level[k] * scale), 1.0)
        std[user[k], cell[k]] = error[k]


@njit(cache=True, nogil=True, error_model="numpy")
def tile_residuals(
    position: np.ndarray,
    cell: np.ndarray,
    corner: np.ndarray,
    tile: float,
    site: np.ndarray,
    offset: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover -- compiled
    """Residual and its deviation (n,) dB at ``position`` (n, 3) m, ``TileResidual``.

    ``site`` and ``offset`` (B,) belong to the cells, ``mean`` and ``variance``
    (S, rows, columns) to the tiles, which have a border of one.
    """
    expected, std = np.empty(len(cell)), np.empty(len(cell))
    rows, columns = mean.shape[1] - 3, mean.shape[2] - 3
    for k in range(len(cell)):
        row = int(min(max((position[k, 1] - corner[1]) / tile, 0.0), rows)) + 1
        column = int(min(max((position[k, 0] - corner[0]) / tile, 0.0), columns)) + 1
        at = site[cell[k]]
        expected[k] = offset[cell[k]] + mean[at, row, column]
        std[k] = np.sqrt(variance[at, row, column])
    return expected, std
