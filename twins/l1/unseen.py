"""RSRP of cells that nobody measured, by randomized trees of their own.

What is known of such a cell does without its measurements: its layer, the sequence of
cells, what the cells before and after are expected to send and on which layers, and
what other cells send near there. So every cell is one to learn from, as if it were
never seen. Trees are better than a regression, since what a column means rests on
others: near a mast counts where the layer is strong, and what others send only where
there are some.
"""

from typing import Protocol

import numpy as np

from twins.l1.drives import Drives
from twins.l1.features import Table

LEVEL = -87.0  # dBm around which levels act
SEQUENCE = ("sector_150", "sector_400", "sectors", "slow_200", "slow_600")
LEVELS = ("others_60", "others_site_60", "others_site_200")
WEIGHTS = ("others_200_weight", "others_layer_200_weight")
STRETCH = 50.0  # m; samples of a cell on one stretch of a drive are one to learn from
TREES = 100
LEAST_STRETCHES = 5  # in a leaf
LEAST_STRETCHES_LIVE = 25  # measurements that come correct a smooth map better
COLUMN_SHARE = 0.7  # of columns that a split chooses from


class Regressor(Protocol):
    """What has learned to predict from columns."""

    def predict(self, columns: np.ndarray, /) -> np.ndarray:
        """What is expected (n,) for ``columns`` (n, k)."""
        ...


def design(table: Table, around: np.ndarray, before_after: np.ndarray) -> np.ndarray:
    """Columns (n, k) of what is known of a cell that nobody measured.

    ``around`` (n, j) dB is what the drive's other cells are expected to send, above
    ``LEVEL``; ``before_after`` (n, i) are the layers of the cells before and after.
    """
    layers = [table["layer"] == layer for layer in range(4)]
    told = [table[name] for name in (*SEQUENCE, *WEIGHTS)]
    apart = [table[name] - table["layer_mean"] for name in LEVELS]
    columns = [*layers, *told, *apart, around, before_after]
    return np.column_stack(columns).astype(float)


def stretches(drives: Drives, way: np.ndarray) -> np.ndarray:
    """Number (n,) of the stretch of each sample, given the ``way`` (n,) m."""
    keys = np.stack((drives.drive, drives.cell, np.floor(way / STRETCH).astype(int)))
    return np.unique(keys, axis=1, return_inverse=True)[1].ravel()


def cell_weight(cell: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weight (n,) of samples: a cell counts by the root of what it had of ``weight``.

    Samples of a cell share what its columns do not tell, so a cell with ten times the
    drives does not tell ten times as much of cells that nobody saw.
    """
    index = np.unique(cell, return_inverse=True)[1]
    return weight / np.sqrt(np.bincount(index, weight)[index])


def learn_unseen(
    columns: np.ndarray,
    above: np.ndarray,
    weight: np.ndarray,
    stretch: np.ndarray,
    *,
    live: bool,
) -> Regressor:
    """Trees [1]_ that predict the level ``above`` (n,) dB from ``columns`` (n, k).

    ``weight`` (n,) is of samples; those of one ``stretch`` (n,) count as one.

    References
    ----------
    .. [1] P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine
       Learning 63, 2006, pp. 3-42. https://doi.org/10.1007/s10994-006-6226-1
    """
    from sklearn.ensemble import ExtraTreesRegressor

    stretch = np.unique(stretch, return_inverse=True)[1]
    count = np.bincount(stretch)
    means = [np.bincount(stretch, column) / count for column in (*columns.T, above)]
    trees = ExtraTreesRegressor(
        TREES,
        min_samples_leaf=LEAST_STRETCHES_LIVE if live else LEAST_STRETCHES,
        max_features=COLUMN_SHARE,
        random_state=0,
    )
    known, level = np.stack(means[:-1], axis=1), means[-1]
    return trees.fit(known, level, sample_weight=np.bincount(stretch, weight))
