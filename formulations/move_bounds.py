"""Bounds on move lists by prices on the draws in which receivers are protected."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from formulations.kernels.aggregate import relief, totals
from formulations.move_list import MoveList

ROUNDING = 1e-9
SWEEPS = 20  # of all prices, each set to its best
SETTLED = 1e-6  # relative gain of a sweep, below which prices stay


@dataclass(frozen=True, eq=False)
class ProtectionPrices:
    """Lagrangian bound: a price per receiver on each draw that must be protected.

    With everything on the air, receiver m has too much by E in draw d. In a draw that
    holds in the end, the grants moved make up for E: the sum over them of
    ``min(I / E, 1)`` is at least 1. Summed over the draws that hold, at least
    ``needed`` in number, this is a linear condition on the move list; grants whose
    value at the prices exceeds their weight are moved.

    Attributes
    ----------
    price : (M,)
        Not negative, in the unit of ``weight`` per draw.
    """

    price: np.ndarray

    def bound(self, problem: MoveList) -> float:
        """Lower bound on the weight moved; nan at bad prices."""
        price = np.asarray(self.price, float)
        if price.shape != problem.limit.shape or not (price >= 0).all():
            return np.nan
        if not np.isfinite(price).all():
            return np.nan
        return Covering(problem).value(price)


class DrawRows(NamedTuple):
    """One row for each draw (R,) in which a receiver hears too much of all grants.

    Attributes
    ----------
    receiver : (R,)
        Of each row.
    part : (R, L)
        Part of the excess that moving each grant makes up for, at most 1.
    lacking : (M,)
        Rows of each receiver that must be made up for.
    """

    receiver: np.ndarray
    part: np.ndarray
    lacking: np.ndarray


class Covering:
    """Linear conditions that every move list meets, one per receiver.

    Attributes
    ----------
    part : (M, L)
        Draws that moving each grant makes up for.
    lacking : (M,)
        Draws that must be made up for.
    """

    def __init__(self, problem: MoveList) -> None:
        self.weight = problem.weight
        known = problem.levels
        receivers, grants = known.faint.shape
        heard = totals(
            np.ones(grants, bool), known.start, known.receiver, known.level, receivers
        )
        excess = heard + (known.faint.sum(axis=1) - known.room)[:, None]
        self.excess = excess
        self.part = relief(
            known.start, known.receiver, known.level, known.faint, excess
        )
        self.lacking = np.maximum(problem.needed - (excess <= 0).sum(axis=1), 0)

    def rows(self, problem: MoveList) -> DrawRows:
        """All draws one by one, dense: for small problems."""
        known = problem.levels
        grants = known.faint.shape[1]
        level = np.repeat(known.faint[:, :, None], problem.draws, axis=2)
        grant = np.repeat(np.arange(grants), np.diff(known.start))
        level[known.receiver, grant] = known.level
        receiver, draw = np.nonzero(self.excess > 0)
        part = level[receiver, :, draw] / self.excess[receiver, draw, None]
        return DrawRows(receiver, np.minimum(part, 1.0), self.lacking)

    def value(self, price: np.ndarray) -> float:
        """Bound at ``price`` (M,), rounded up to whole grants where all weigh alike."""
        surplus = np.maximum(price @ self.part - self.weight, 0.0)
        least = float(price @ self.lacking - surplus.sum())
        least -= ROUNDING * float(price @ self.lacking + surplus.sum())
        if (self.weight == self.weight[0]).all():
            unit = float(self.weight[0])
            least = np.ceil(least / unit - ROUNDING) * unit
        return max(least, 0.0)

    @cached_property
    def best_price(self) -> np.ndarray:
        """Prices (M,) of the highest bound that single changes reach."""
        price = np.zeros(len(self.lacking))
        before = 0.0
        for _ in range(SWEEPS):
            for m in np.flatnonzero(self.lacking):
                others = price @ self.part - price[m] * self.part[m]
                price[m] = self._best(m, others)
            surplus = np.maximum(price @ self.part - self.weight, 0.0).sum()
            reached = float(price @ self.lacking - surplus)
            if reached - before <= SETTLED * abs(reached):
                break
            before = reached
        return price

    def _best(self, m: Any, others: np.ndarray) -> float:
        """Price of receiver ``m`` at which the grants worth moving just suffice."""
        own = self.part[m]
        useful = np.flatnonzero(own > 0)
        level = np.maximum(self.weight[useful] - others[useful], 0.0) / own[useful]
        order = np.argsort(level)
        enough = np.cumsum(own[useful[order]]) >= self.lacking[m]
        return float(level[order[np.argmax(enough)]]) if enough.any() else 0.0
