"""Kriging against simpler maps: ``python -m benchmarks.twins_kriging [--drives FILE]``.

Measurements are held out of simulated Munich (whole squares; whole users) and of real
drives (every sixth, in turn), and predicted from the others by maps of each cell.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.spatial import cKDTree

import twins
from benchmarks.twins_misses import reports
from twins.coupling import TileResidual
from twins.l1.drives import read_drives
from twins.l1.kriging import NEAREST, fit_variogram, krige
from twins.l1.trace import trace

SQUARE = 48.0  # m that are held out together
TILE = 24.0  # m of the tile means
SPLITS = 6  # of the drives
NINETY = 1.645  # standard deviations of 90%

Predictor = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


class Scattered(NamedTuple):
    """Measurements: place (n, 2) m, cell, value dB, which are held out, and drive."""

    place: np.ndarray
    cell: np.ndarray
    value: np.ndarray
    held: np.ndarray
    drive: np.ndarray | None = None


class Score(NamedTuple):
    """RMSE in dB, share within the 90% interval or NaN, and number of measurements."""

    rmse: float
    covered: float
    measurements: int


def nearest(place: np.ndarray, value: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Value (m,) of the nearest measurement."""
    return value[cKDTree(place).query(wanted)[1]]


def tile_mean(place: np.ndarray, value: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mean (m,) of the tile, or of all where nothing was measured in it."""
    tile = np.floor(np.concatenate([place, wanted]) / TILE)
    which = np.unique(tile, axis=0, return_inverse=True)[1].ravel()
    count = np.bincount(which[: len(place)], minlength=which.max() + 1)
    total = np.bincount(which[: len(place)], value, which.max() + 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), value.mean())
    return mean[which[len(place) :]]


def inverse_distance(
    place: np.ndarray, value: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Mean (m,) of the nearest, weighted by the inverse square of distance [1]_.

    References
    ----------
    .. [1] D. Shepard, "A two-dimensional interpolation function for irregularly-spaced
       data", ACM 1968. https://doi.org/10.1145/800186.810616
    """
    count = min(NEAREST, len(place))
    away, near = cKDTree(place).query(wanted, k=[*range(1, count + 1)])
    weight = 1 / np.maximum(away, 1e-3) ** 2
    return (weight * value[near]).sum(axis=1) / weight.sum(axis=1)


BY_CELL: dict[str, Predictor] = {
    "nearest measurement": nearest,
    f"mean of a tile of {TILE:.0f} m": tile_mean,
    "inverse distance": inverse_distance,
}


def scores(given: Scattered) -> dict[str, Score]:
    """Errors of all maps on what is held out, of cells that were measured."""
    known = ~given.held
    asked = given.held & np.isin(given.cell, given.cell[known])
    drive = None if given.drive is None else given.drive[known]
    variogram = fit_variogram(
        given.place[known], given.value[known], given.cell[known], drive
    )
    guess = {name: np.zeros(len(given.value)) for name in (*BY_CELL, "kriging")}
    std = np.zeros(len(given.value))
    for cell in np.unique(given.cell[asked]):
        rows, wanted = known & (given.cell == cell), asked & (given.cell == cell)
        data = given.place[rows], given.value[rows], given.place[wanted]
        for name, predict in BY_CELL.items():
            guess[name][wanted] = predict(*data)
        guess["kriging"][wanted], std[wanted] = krige(*data, variogram)
    found = {name: score(given.value - one, None, asked) for name, one in guess.items()}
    std = np.hypot(std, np.sqrt(variogram.nugget))
    found["kriging"] = score(given.value - guess["kriging"], std, asked)
    return found


def score(error: np.ndarray, std: np.ndarray | None, asked: np.ndarray) -> Score:
    """Score of errors (n,) dB where they are asked for."""
    inside = np.nan
    if std is not None:
        inside = float((np.abs(error) <= NINETY * std)[asked].mean())
    rmse = float(np.sqrt(np.mean(error[asked] ** 2)))
    return Score(rmse, inside, int(asked.sum()))


def munich(minutes: float, whole: str, seed: int = 1) -> dict[str, Score]:
    """Maps of what the ray tracer misses; ``whole`` squares or users are held out."""
    start, coverage = twins.example(), twins.example_coverage()
    corner, size = coverage.origin_m, coverage.size_m
    tiles = TileResidual(start.cell_position, corner, size)
    parts: list[tuple[np.ndarray, ...]] = []
    for one in reports(minutes, seed):
        square = np.floor(one.place[:, :2] / SQUARE).astype(int) @ np.array([1, 2])
        held = (square if whole == "squares" else one.user) % 5 == 0
        told = one.place, one.cell, one.model_db, one.missed_db
        tiles.observe(one.network.time, *(part[~held] for part in told))
        parts.append((*told, held))
    place, cell, model, off, held = (
        np.concatenate(one) for one in zip(*parts, strict=True)
    )
    found = {"ray tracer alone": score(off, None, held)}
    found |= scores(Scattered(place[:, :2], cell, off, held))
    mean, std = tiles.predict(place, cell, model)
    return found | {"TileResidual": score(off - mean, std, held)}


def drives(path: str) -> dict[str, Score]:
    """Maps of the RSRP of real drives, each sixth held out in turn, pooled."""
    every = read_drives(path)
    way = trace(every)
    rows = np.flatnonzero(every.usable & np.isfinite(way.x) & np.isfinite(way.y))
    place = np.stack([way.x[rows], way.y[rows]], axis=1)
    cell, drive = every.cell[rows], every.drive[rows]
    folds = [
        scores(Scattered(place, cell, every.rsrp[rows], drive % SPLITS == part, drive))
        for part in range(SPLITS)
    ]
    return {name: pooled([one[name] for one in folds]) for name in folds[0]}


def pooled(parts: list[Score]) -> Score:
    """Score of all that is asked for in parts."""
    count = np.array([one.measurements for one in parts])
    square, covered = np.array([(one.rmse**2, one.covered) for one in parts]).T
    mean = count / count.sum()
    return Score(float(mean @ square) ** 0.5, float(mean @ covered), int(count.sum()))


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--drives", help="CSV of drives, gzip allowed")
    parser.add_argument("--minutes", type=float, nargs="*", default=[1.0, 10.0])
    chosen = parser.parse_args(arguments)
    shown = Table("held out", "map", "RMSE, dB", "in 90% intervals", "measurements")
    blocks = {
        f"Munich, {minutes:g} min, {whole}": munich(minutes, whole)
        for minutes in chosen.minutes
        for whole in ("squares", "users")
    }
    if chosen.drives:
        blocks["drives"] = drives(chosen.drives)
    for what, found in blocks.items():
        for name, one in found.items():
            covered = f"{one.covered:.0%}" if np.isfinite(one.covered) else ""
            shown.add_row(
                what, name, f"{one.rmse:.2f}", covered, f"{one.measurements:,}"
            )
    Console().print(shown)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
