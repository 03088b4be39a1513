"""RSRP at places where nobody measured yet, with intervals, learned from drives.

A linear model weighs the averages of neighbours (``features``) against each other: how
much, depends on how much there is to average. It is the same for all cells, and starts
from the neighbours on the same layer, so a place without evidence falls back to the
level of its layer. Trees were tried on the same columns; on drives never seen they are
worse, since hundreds of samples of one cell in one drive share one error.
"""

from dataclasses import dataclass, replace

import numpy as np

from twins.l1.drives import Drives
from twins.l1.features import Table, features
from twins.l1.naming import names, older_networks
from twins.l1.neighbours import Places, places
from twins.l1.penetration import learned_loss
from twins.l1.trace import Trace, trace

START = "layer_40"
LEVELS = (
    "layer_mean", "site_mean", "cell_mean", "any_60", "any_200", "layer_150", "site_80",
    "site_300", "cell_20", "cell_50", "cell_120", "cell_400",
)  # fmt: skip
GATES = ("cell_50_weight", "layer_40_weight", "any_60_weight", "site_80_weight")
SPREADS = (*GATES, "cell_400_weight", "any_200_weight")
RIDGE = 1e4  # dB^2 against the sum of squares of samples: flat between 3e3 and 3e4
SPREAD_RIDGE = 300.0
LEVEL = -87.0  # dBm around which the level acts
FOLDS = 5
COVERAGE = 0.9
LEAST_SPREAD, MOST_SPREAD = 2.0, 20.0  # dB


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
        Of the columns of the mean and of the logarithm of the error.
    width : float
        Half an interval in units of the expected error.
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
    spread_weight: np.ndarray
    width: float
    indoors: float
    live: bool
    held_out: np.ndarray

    def predict(self, drives: Drives) -> Prediction:
        """Expected RSRP of the usable samples of ``drives``, other than the learned."""
        motion, kept = _usable(drives, self.live)
        table = self._table(motion, replace(kept, drive=-1 - kept.drive))
        mean = _mean(table, self.weight) - self.indoors * motion.still
        half = self.width * _spread(table, self.spread_weight)
        seen = np.isin(kept.cell, self.reference.cell)
        return Prediction(mean, mean - half, mean + half, seen)

    def _table(self, motion: Trace, kept: Drives) -> Table:
        groups = names(kept.cell, kept.mode, self.older)
        return features(kept, motion, groups, self.reference)


def learn(drives: Drives, *, live: bool = False) -> RadioMap:
    """Learn a map from ``drives``.

    Raises
    ------
    TooFewDrives
        If fewer than two drives have usable samples.
    """
    older = older_networks(drives)
    motion, kept = _usable(drives, live)
    if len(np.unique(kept.drive)) < 2:
        raise TooFewDrives("learning needs usable samples of two drives or more")
    groups = names(kept.cell, kept.mode, older)
    measured = places(kept, motion, groups)
    weight = block_weight(kept)

    def fitted(indoors: float) -> tuple[Places, Table, np.ndarray]:
        outdoors = measured.rsrp + indoors * motion.still
        reference = replace(measured, rsrp=outdoors).condensed()
        return reference, features(kept, motion, groups, reference), outdoors

    indoors = learned_loss(kept.drive[:0], kept.rsrp[:0])
    if motion.still.any():
        moving = measured.take(~motion.still).condensed()
        there = features(kept, motion, groups, moving)
        moved = ~motion.still
        outside = _fit_mean(_rows(there, moved), kept.rsrp[moved], weight[moved])
        error = kept.rsrp - _mean(there, outside)
        indoors = learned_loss(kept.drive[motion.still], error[motion.still])
    reference, table, outdoors = fitted(indoors)
    fold = _folds(kept.drive)
    held_out, spread = np.empty(len(kept)), np.empty(len(kept))
    for part in range(fold.max() + 1):
        away, here = fold != part, fold == part
        fit = _fit_mean(_rows(table, away), outdoors[away], weight[away])
        held_out[here] = _mean(_rows(table, here), fit)
    error = np.abs(outdoors - held_out)
    for part in range(fold.max() + 1):
        away, here = fold != part, fold == part
        fit = _fit_spread(_rows(table, away), error[away], weight[away])
        spread[here] = _spread(_rows(table, here), fit)
    return RadioMap(
        reference,
        older,
        _fit_mean(table, outdoors, weight),
        _fit_spread(table, error, weight),
        _quantile(error / spread, COVERAGE),
        indoors,
        live,
        held_out - indoors * motion.still,
    )


def _usable(drives: Drives, live: bool) -> tuple[Trace, Drives]:
    """Motion and samples that can be used; the motion knows the others too."""
    rows = drives.usable
    return trace(drives, live=live).take(rows), drives.take(rows)


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


def _quantile(ratio: np.ndarray, level: float) -> float:
    """Conformal quantile of errors, in units of those expected."""
    return float(np.quantile(ratio, min(level * (1 + 1 / len(ratio)), 1.0)))
