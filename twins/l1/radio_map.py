"""RSRP at places where nobody measured yet, with intervals, learned from drives.

A linear model weighs the averages of neighbours (``features``) against each other: how
much, depends on how much there is to average. It is the same for all cells, and starts
from the neighbours on the same layer, so a place without evidence falls back to the
level of its layer. Trees were tried on the same columns; on drives never seen they are
worse, since hundreds of samples of one cell in one drive share one error.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from twins.l1.drives import Drives
from twins.l1.features import Table, features
from twins.l1.naming import Names, names, older_networks
from twins.l1.neighbours import Places, places
from twins.l1.penetration import learned_loss
from twins.l1.sequence import around, neighbour_layers, sequence, travelled
from twins.l1.trace import Trace, trace
from twins.l1.unseen import (
    LEVEL,
    Regressor,
    cell_weight,
    design,
    learn_unseen,
    stretches,
)

START = "layer_40"
LEVELS = (
    "layer_mean", "site_mean", "cell_mean", "any_60", "any_200", "layer_150", "site_80",
    "site_300", "cell_20", "cell_50", "cell_120", "cell_400",
)  # fmt: skip
GATES = ("cell_50_weight", "layer_40_weight", "any_60_weight", "site_80_weight")
SECTORS = ("sector_150", "sector_400")
SPREADS = (*GATES, "cell_400_weight", "any_200_weight")
RIDGE = 1e4  # dB^2 against the sum of squares of samples: flat between 3e3 and 3e4
SPREAD_RIDGE = 300.0
FOLDS = 5
COVERAGE = 0.9
LEAST_SPREAD, MOST_SPREAD = 2.0, 20.0  # dB
Fit = TypeVar("Fit")


class TooFewDrives(ValueError):
    """Nothing can be learned: errors between drives need two of them."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is expected at each sample.

    Parameters
    ----------
    mean : (n,) dBm
        Expected RSRP.
    low, high : (n,) dBm
        Interval that holds 90% of the measurements of a new drive.
    seen : (n,) bool
        Whether the serving cell was measured before.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True, eq=False)
class RadioMap:
    """A learned map; :func:`learn` makes one.

    Parameters
    ----------
    reference : Places
        What was measured, free of the loss into buildings.
    older : (k,) int
        Upper halves of identities of older networks.
    weight, spread_weight : arrays
        Of the columns of the mean, and of the logarithm of the error.
    unseen : Regressor
        Of the level of cells never seen.
    width : float
        Half an interval in units of the expected error.
    unseen_width : float
        Half an interval of cells never seen in dB.
    indoors : float
        Loss into buildings in dB.
    live : bool
        Whether later samples of a drive play no part in its positions.
    held_out : (n,) dBm
        Mean of each training sample, learned without its drive.
    """

    reference: Places
    older: np.ndarray
    weight: np.ndarray
    unseen: Regressor
    spread_weight: np.ndarray
    width: float
    unseen_width: float
    indoors: float
    live: bool
    held_out: np.ndarray

    def predict(self, drives: Drives) -> Prediction:
        """Expected RSRP of the usable samples of ``drives``, other than the learned."""
        known = _known(drives, self.older, self.live)
        kept = replace(known.kept, drive=-1 - known.kept.drive)
        table = known.table(self.reference, kept)
        mean = _mean(table, self.weight)
        seen = np.isin(kept.cell, self.reference.cell)
        unseen = self.unseen.predict(_as_unseen(known, table, mean, seen))
        mean = np.where(seen, mean, unseen + LEVEL)
        mean -= self.indoors * known.motion.still
        half = self.width * _spread(table, self.spread_weight)
        half = np.where(seen, half, self.unseen_width)
        return Prediction(mean, mean - half, mean + half, seen)


@dataclass(frozen=True, eq=False)
class _Known:
    """What is known of the usable samples of drives before any is measured."""

    motion: Trace
    kept: Drives
    groups: Names
    told: Table
    way: np.ndarray
    live: bool

    def table(self, reference: Places, kept: Drives | None = None) -> Table:
        """All columns, from the references of other drives."""
        kept = self.kept if kept is None else kept
        near = features(kept, self.motion, self.groups, reference)
        columns = near.columns + self.told.columns
        return Table(columns, np.hstack([near.values, self.told.values]))


def _known(drives: Drives, older: np.ndarray, live: bool) -> _Known:
    rows, motion = drives.usable, trace(drives, live=live)
    groups = names(drives.cell, drives.mode, older)
    told = _rows(sequence(drives, motion, groups, live=live), rows)
    kept = drives.take(rows)
    way = travelled(drives, motion)[rows]
    return _Known(
        motion.take(rows), kept, names(kept.cell, kept.mode, older), told, way, live
    )


def _as_unseen(
    known: _Known, table: Table, mean: np.ndarray, seen: np.ndarray
) -> np.ndarray:
    """Columns (n, k) of cells never seen, given the ``mean`` (n,) dBm of those seen."""
    near = around(known.kept, known.way, mean - LEVEL, seen, live=known.live)
    layers = neighbour_layers(known.kept, table["layer"], seen, live=known.live)
    return design(table, near, layers)


def learn(drives: Drives, *, live: bool = False) -> RadioMap:
    """Learn a map from ``drives``.

    Raises
    ------
    TooFewDrives
        If fewer than two drives have usable samples.
    """
    older = older_networks(drives)
    known = _known(drives, older, live)
    motion, kept = known.motion, known.kept
    if len(np.unique(kept.drive)) < 2:
        raise TooFewDrives("learning needs usable samples of two drives or more")
    measured = places(kept, motion, known.groups)
    weight = block_weight(kept)
    indoors = learned_loss(kept.drive[:0], kept.rsrp[:0])
    if motion.still.any():
        moved = ~motion.still
        there = known.table(measured.take(moved).condensed())
        outside = _fit_mean(_rows(there, moved), kept.rsrp[moved], weight[moved])
        error = kept.rsrp - _mean(there, outside)
        indoors = learned_loss(kept.drive[motion.still], error[motion.still])
    outdoors = measured.rsrp + indoors * motion.still
    reference = replace(measured, rsrp=outdoors).condensed()
    table, fold = known.table(reference), _folds(kept.drive)
    held_out = _held_out(
        fold,
        lambda rows: _fit_mean(_rows(table, rows), outdoors[rows], weight[rows]),
        lambda rows, fit: _mean(_rows(table, rows), fit),
    )
    seen = table["cell_weight"] > 0
    columns = _as_unseen(known, table, held_out, seen)
    above = outdoors - LEVEL
    told = columns, above, cell_weight(kept.cell, weight), stretches(kept, known.way)
    unseen = _held_out(
        fold,
        lambda rows: learn_unseen(*(one[rows] for one in told), live=live),
        lambda rows, fit: fit.predict(columns[rows]),
    )
    held_out = np.where(seen, held_out, unseen + LEVEL)
    error = np.abs(outdoors - held_out)
    spread = _held_out(
        fold,
        lambda rows: _fit_spread(_rows(table, rows), error[rows], weight[rows]),
        lambda rows, fit: _spread(_rows(table, rows), fit),
    )
    return RadioMap(
        reference,
        older,
        _fit_mean(table, outdoors, weight),
        learn_unseen(*told, live=live),
        _fit_spread(table, error, weight),
        _quantile(error / spread, seen),
        _quantile(np.abs(above - unseen), ~seen),
        indoors,
        live,
        held_out - indoors * motion.still,
    )


def _held_out(
    fold: np.ndarray,
    fit: Callable[[np.ndarray], Fit],
    predict: Callable[[np.ndarray, Fit], np.ndarray],
) -> np.ndarray:
    """What ``predict`` says (n,) of each fold by what ``fit`` learned of the others."""
    found = np.empty(len(fold))
    for part in range(fold.max() + 1):
        found[fold == part] = predict(fold == part, fit(fold != part))
    return found


def block_weight(drives: Drives) -> np.ndarray:
    """Weight (n,) of samples: a drive with a cell counts by the root of its samples."""
    block = np.stack((drives.drive, drives.cell))
    _, index, count = np.unique(block, axis=1, return_inverse=True, return_counts=True)
    weight = count[index.ravel()] ** -0.5
    return weight / weight.mean()


def _folds(drive: np.ndarray) -> np.ndarray:
    """Part (n,) of each sample; whole drives, large ones spread first."""
    number, index, count = np.unique(drive, return_inverse=True, return_counts=True)
    part = np.empty(len(number), np.int64)
    load = np.zeros(min(FOLDS, len(number)))
    for one in np.argsort(-count, kind="stable"):
        part[one] = load.argmin()
        load[part[one]] += count[one]
    return part[index]


def _rows(table: Table, rows: np.ndarray) -> Table:
    return Table(table.columns, table.values[rows])


def _design(table: Table) -> np.ndarray:
    """Columns (n, k) of the mean beyond ``START``."""
    start = table[START]
    apart = np.stack([table[name] - start for name in LEVELS], axis=1)
    parts = [np.ones((len(start), 1)), (start - LEVEL)[:, None], apart]
    for name in GATES:
        gate = 1 / (1 + np.exp(-table[name]))[:, None]
        parts += [apart * gate, gate]
    parts += [(table["layer"] == layer)[:, None] for layer in range(4)]
    parts += [np.minimum(np.nan_to_num(table["speed"]), 20.0)[:, None] / 10]
    parts += [np.log1p(table["dwell"])[:, None]]
    parts += [table[name][:, None] for name in SECTORS]
    return np.hstack(parts)


def ridge(a: np.ndarray, b: np.ndarray, weight: np.ndarray, pull: float) -> np.ndarray:
    """Least squares (k,) of ``a`` (n, k) to ``b`` (n,), pulled to 0."""
    normal = (a * weight[:, None]).T @ a + pull * np.eye(a.shape[1])
    return np.linalg.solve(normal, a.T @ (weight * b))


def _fit_mean(table: Table, rsrp: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return ridge(_design(table), rsrp - table[START], weight, RIDGE)


def _mean(table: Table, weight: np.ndarray) -> np.ndarray:
    return table[START] + _design(table) @ weight


def _spread_design(table: Table) -> np.ndarray:
    start = table[START]
    parts = [np.ones(len(start)), table["cell_weight"] == 0, (start - LEVEL) / 10]
    parts += [table[name] for name in SPREADS]
    parts += [np.log1p(table["any_nearest"]), np.log1p(table["age"])]
    parts += [np.abs(table["cell_50"] - table["any_60"])]
    return np.stack([part.astype(float) for part in parts], axis=1)


def _fit_spread(table: Table, error: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return ridge(_spread_design(table), np.log(error + 1.0), weight, SPREAD_RIDGE)


def _spread(table: Table, weight: np.ndarray) -> np.ndarray:
    spread = np.exp(_spread_design(table) @ weight)
    return np.clip(spread, LEAST_SPREAD, MOST_SPREAD)


def _quantile(error: np.ndarray, rows: np.ndarray) -> float:
    """Conformal quantile of the errors of ``rows`` (n,); of all, if there are none."""
    error = error[rows] if rows.any() else error
    return float(np.quantile(error, min(COVERAGE * (1 + 1 / len(error)), 1.0)))
