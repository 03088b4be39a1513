"""What other drives measured near a place, in averages that fade with distance.

Every average leaves out the drive it is made for, so that what a model learns from is
as far from its target as what it will be used with.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numba import njit

from twins.l1.drives import Drives
from twins.l1.naming import Names
from twins.l1.trace import Trace

SQUARE = 30.0  # m; samples of a drive and a cell in one square are one reference
FULL_WEIGHT = 6  # samples from which a reference counts as one
NOWHERE = 1e7  # m, where references lie whose position is not known
REACH = 5.0  # distances beyond so many lengths have no weight


@dataclass(frozen=True, eq=False)
class Places:
    """Where something was or is to be measured.

    Parameters
    ----------
    drive, cell, site, layer : (n,) int
        Who measured, the cell, and its groups.
    x, y : (n,) m
        Position.
    rsrp : (n,) dBm
        Mean of what was measured; NaN for a query.
    weight : (n,)
        0 to 1.
    """

    drive: np.ndarray
    cell: np.ndarray
    site: np.ndarray
    layer: np.ndarray
    x: np.ndarray
    y: np.ndarray
    rsrp: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.drive)

    def take(self, rows: np.ndarray) -> Self:
        """The places at ``rows`` (indices or mask)."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items()})

    def condensed(self) -> Self:
        """One place per drive, cell and square; those without position are far off."""
        nowhere = ~np.isfinite(self.x)
        east, north = (np.where(nowhere, -NOWHERE, axis) for axis in (self.x, self.y))
        square = np.floor(np.stack((east, north)) / SQUARE).astype(np.int64)
        keys = np.stack((self.drive, self.cell, *square))
        _, first, index, count = np.unique(
            keys, axis=1, return_index=True, return_inverse=True, return_counts=True
        )
        index = index.ravel()
        weight = np.minimum(count, FULL_WEIGHT) / FULL_WEIGHT
        values = {"x": east, "y": north, "rsrp": self.rsrp}
        means = {k: np.bincount(index, v) / count for k, v in values.items()}
        return replace(self.take(first), weight=weight, **means)


def places(drives: Drives, motion: Trace, names: Names) -> Places:
    """The samples of ``drives`` as queries or, condensed, as references."""
    return Places(
        drives.drive.astype(np.int64),
        drives.cell,
        names.site,
        names.layer.astype(np.int64),
        motion.x,
        motion.y,
        drives.rsrp,
        np.ones(len(drives)),
    )


def shrunk_mean(
    query: Places, reference: Places, key: str, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean RSRP (n,) dBm of the other drives' references with the same ``key``.

    A drive counts by the root of its references: they are not independent. The second
    result (n,) is the weight against one unit of the ``prior`` (n,) dBm.
    """
    group, ours = getattr(reference, key), getattr(query, key)
    blocks = np.stack((query.drive, query.cell, ours))
    _, first, index = np.unique(blocks, axis=1, return_index=True, return_inverse=True)
    total, weight = np.zeros(len(first)), np.zeros(len(first))
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], ours[first], side="left")
    end = np.searchsorted(group[order], ours[first], side="right")
    for block, row in enumerate(first):
        rows = order[start[block] : end[block]]
        rows = rows[reference.drive[rows] != query.drive[row]]
        if not len(rows):
            continue
        _, who, count = np.unique(
            reference.drive[rows], return_inverse=True, return_counts=True
        )
        share = reference.weight[rows] / np.sqrt(count[who])
        total[block] = (share * reference.rsrp[rows]).sum()
        weight[block] = share.sum()
    total, weight = total[index.ravel()], weight[index.ravel()]
    return (total + prior) / (weight + 1.0), weight


def faded_mean(
    query: Places,
    reference: Places,
    key: str | None,
    lengths: list[float],
    prior: np.ndarray,
    pull: float,
    *,
    without: str = "drive",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Averages of references with the same ``key`` that fade over ``lengths`` m.

    Those of the query's own drive never count, nor do those with the same ``without``.

    Returns
    -------
    mean : (n, k) dBm
        Pulled to ``prior`` (n,) dBm with the weight ``pull``.
    weight : (n, k)
        Of all references, without the prior.
    nearest : (n,) m
        Distance to the nearest reference, at most the farthest that has weight.
    """
    nothing = np.zeros(len(reference), np.int64)
    group = nothing if key is None else getattr(reference, key)
    ours = np.zeros(len(query), np.int64) if key is None else getattr(query, key)
    order = np.lexsort((reference.x, group))
    found = reference.take(order)
    start = np.searchsorted(group[order], ours, side="left")
    end = np.searchsorted(group[order], ours, side="right")
    return _fade(
        query.x,
        query.y,
        query.drive,
        getattr(query, without),
        start,
        end,
        found.x,
        found.y,
        found.drive,
        getattr(found, without),
        found.rsrp,
        found.weight,
        np.asarray(lengths, float),
        prior,
        pull,
    )


@njit(cache=True, error_model="numpy")
def _fade(  # pragma: no cover
    x, y, drive, own, start, end, rx, ry, rdrive, rown, rsrp, weight, lengths,
    prior, pull,
):  # fmt: skip
    """Weighted sums over references start[i]:end[i], which are sorted by ``rx``."""
    n, k = len(x), len(lengths)
    mean, total, nearest = np.empty((n, k)), np.zeros((n, k)), np.empty(n)
    far = REACH * lengths.max()
    for i in range(n):
        nearest[i] = far
        for m in range(k):
            mean[i, m] = 0.0
        low = start[i] + np.searchsorted(rx[start[i] : end[i]], x[i] - far)
        for j in range(low, end[i]):
            if rx[j] > x[i] + far:
                break
            if rdrive[j] == drive[i] or rown[j] == own[i]:
                continue
            away = np.hypot(x[i] - rx[j], y[i] - ry[j])
            nearest[i] = min(nearest[i], away)
            for m in range(k):
                if away < REACH * lengths[m]:
                    share = weight[j] * np.exp(-away / lengths[m])
                    mean[i, m] += share * (rsrp[j] - prior[i])
                    total[i, m] += share
        for m in range(k):
            mean[i, m] = prior[i] + mean[i, m] / (total[i, m] + pull)
    return mean, total, nearest
