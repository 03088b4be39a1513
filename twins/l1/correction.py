"""What a cell's gain differs by from its base prediction, learned as measurements come.

Each cell has an offset (antenna, cable, power) and a slope over the logarithm of the
distance (clutter), estimated recursively as a Bayesian linear regression from a prior
of no difference, and each square of the map around that its own remainder. Numbers are
those an engineer knows: dB, and the path loss exponent to add. ``attenuation`` sums
the loss that a city hears; here each measurement is judged before it is learned.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OFFSET_STD = 8.0  # dB between a cell and its base prediction, before measurements
SLOPE_STD = 8.0  # dB per decade of distance: an exponent's standard deviation of 0.8
SQUARE_STD = 5.0  # dB of the remainder of a square, TR 38.901: shadowing of 4 to 8 dB
NOISE_STD = 4.0  # dB between measurements in one square
SQUARE = 50.0  # m, TR 38.901 Table 7.5-6: shadowing is alike over 37 to 50 m
REFERENCE = 100.0  # m, where the offset is stated
NEAREST = 10.0  # m
MOST_STEPS = 4.0  # standard deviations beyond which a measurement is implausible
LEAST_KNOWN = 3  # measurements of a cell before any is called implausible
LARGEST = 60.0  # dB that no cell differs by


@dataclass(eq=False)
class _Cell:
    """Mean and covariance of offset and slope; sums of each square's remainders."""

    mean: np.ndarray = field(default_factory=lambda: np.zeros(2))
    covariance: np.ndarray = field(
        default_factory=lambda: np.diag([OFFSET_STD**2, SLOPE_STD**2])
    )
    count: int = 0
    squares: dict[tuple[int, int], tuple[int, float]] = field(default_factory=dict)


@dataclass(eq=False)
class Correction:
    """Corrections of all cells; starts empty, :meth:`observe` teaches it.

    Attributes
    ----------
    refused : Counter
        How many measurements were not learned from, by reason.
    """

    refused: Counter[str] = field(default_factory=Counter)
    _cells: dict[Any, _Cell] = field(default_factory=dict, repr=False)

    def predict(
        self, cell: Iterable[Any], distance: np.ndarray, x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Difference to the base prediction, and its standard deviation.

        Parameters
        ----------
        cell : (n,)
            Names of the cells.
        distance : (n,) m
            From the cell.
        x, y : (n,) m
            Position.

        Returns
        -------
        mean, std : (n,) dB
            Of what a measurement there would differ by.
        """
        rows = [
            self._one(self._cells.get(name, _Cell()), away, east, north)
            for name, away, east, north in zip(cell, distance, x, y, strict=True)
        ]
        mean, variance = np.array(rows).reshape(-1, 2).T
        return mean, np.sqrt(variance)

    def observe(
        self,
        cell: Iterable[Any],
        distance: np.ndarray,
        x: np.ndarray,
        y: np.ndarray,
        residual: np.ndarray,
    ) -> np.ndarray:
        """Learn from measured minus base prediction, ``residual`` (n,) dB, in order.

        Returns
        -------
        error : (n,) dB
            Of each measurement against what was expected before it was learned: the
            prequential error; NaN where it was refused.
        """
        error = np.full(len(residual), np.nan)
        given = zip(cell, distance, x, y, residual, strict=True)
        for i, (name, away, east, north, value) in enumerate(given):
            if not np.isfinite([away, east, north, value]).all() or away < 0:
                self.refused["not finite"] += 1
                continue
            known = self._cells.setdefault(name, _Cell())
            mean, variance = self._one(known, away, east, north)
            far = abs(value - mean) > MOST_STEPS * np.sqrt(variance)
            if abs(value) > LARGEST or (far and known.count >= LEAST_KNOWN):
                self.refused["implausible"] += 1
                continue
            error[i] = value - mean
            _learn(known, away, _square(east, north), value)
        return error

    def table(self) -> Any:
        """Offset, exponent and their standard deviations per cell, as a DataFrame."""
        import pandas as pd

        rows = [
            {
                "cell": name,
                "offset_db": one.mean[0],
                "offset_std_db": np.sqrt(one.covariance[0, 0]),
                "exponent": -one.mean[1] / 10,
                "exponent_std": np.sqrt(one.covariance[1, 1]) / 10,
                "measurements": one.count,
                "squares": len(one.squares),
            }
            for name, one in self._cells.items()
        ]
        return pd.DataFrame(rows)

    def _one(
        self, known: _Cell, away: float, east: float, north: float
    ) -> tuple[float, float]:
        row = _row(away)
        mean = float(row @ known.mean)
        variance = float(row @ known.covariance @ row) + NOISE_STD**2
        square = _square(east, north) if np.isfinite(east + north) else None
        count, total = known.squares.get(square, (0, 0.0)) if square else (0, 0.0)
        kept = count / (count + NOISE_STD**2 / SQUARE_STD**2)
        if count:
            mean += kept * (total / count - mean)
        return mean, variance * (1 - kept) + NOISE_STD**2 * kept + (
            SQUARE_STD**2 * (1 - kept)
        )


def _learn(known: _Cell, away: float, square: tuple[int, int], value: float) -> None:
    """Update the cell by a square's share of news, then the square."""
    count, total = known.squares.get(square, (0, 0.0))
    row = _row(away)
    # the n-th measurement in a square tells of its remainder, hardly of the cell
    noise = (SQUARE_STD**2 + NOISE_STD**2) * (count + 1) ** 2
    spread = known.covariance @ row
    gain = spread / (row @ spread + noise)
    known.mean = known.mean + gain * (value - row @ known.mean)
    known.covariance = known.covariance - np.outer(gain, spread)
    known.squares[square] = count + 1, total + value
    known.count += 1


def _row(away: float) -> np.ndarray:
    return np.array([1.0, np.log10(max(away, NEAREST) / REFERENCE)])


def _square(east: float, north: float) -> tuple[int, int]:
    return int(east // SQUARE), int(north // SQUARE)
