"""Prices of blocks, lowered until what users buy by whole sets fits."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.block_prices import Cell
from formulations.kernels.block_sets import buy
from formulations.kernels.knapsack import RECORDS, STATES, room
from formulations.problem import FEASIBLE

USERS_PER_CHUNK = 10  # about 0.5 ms between looks at the clock
FIRST_STEP = 0.3  # of the way that the gap suggests
SMALLEST_STEP = 0.02
PATIENCE = 4  # steps without a lower bound before they are halved
MARGIN = 1e-3  # relative, by which the best is taken to be above what is known
KEPT = 0.4  # part of the last direction that a step keeps


class SetPrices:
    """Prices of the blocks of one cell, and on the counts of its users' blocks [1]_.

    Attributes
    ----------
    best : tuple of (N,), (K,)
        Prices of the lowest bound.
    least : float
        That bound.
    step : float
        Of the way that the gap suggests; below ``SMALLEST_STEP`` there is nothing left.

    References
    ----------
    .. [1] M. Held, P. Wolfe, H. P. Crowder, "Validation of subgradient optimization",
       Mathematical Programming 6, 1974. https://doi.org/10.1007/BF01580223
    """

    def __init__(self, cell: Cell, price: np.ndarray, toll: np.ndarray) -> None:
        self.cell, self.memory = cell, room(STATES, RECORDS)
        is_open = cell.rate.any(axis=0)
        self.price, self.toll = np.where(is_open, price, np.inf), toll.copy()
        self.best, self.least = (self.price.copy(), self.toll.copy()), np.inf
        self.step, self.waited = FIRST_STEP, 0
        self.is_limited = cell.room < cell.rate.shape[1]
        self.direction = np.zeros(len(price)), np.zeros(len(toll))

    def lower(self, known: float, expired: Callable[[], bool]) -> bool:
        """Bound at the prices and a step of them; whether in time.

        ``known`` is the value of a schedule, -inf without one.
        """
        cell = self.cell
        count, taken = np.zeros(len(self.price)), np.empty(len(self.toll))
        floor = cell.floor * (1 - 2 * FEASIBLE)
        total = float(self.price[np.isfinite(self.price)].sum())
        total += float(self.toll @ np.where(self.is_limited, cell.room, 0))
        for first in range(0, len(floor), USERS_PER_CHUNK):
            last = min(first + USERS_PER_CHUNK, len(floor))
            total += buy(
                first, last, cell.rate, cell.weight, floor, self.toll, self.price,
                self.memory, count, taken,
            )  # fmt: skip
            if expired():
                return False
        if total < self.least:
            self.best, self.least = (self.price.copy(), self.toll.copy()), total
            self.waited = 0
        else:
            self.waited += 1
            if self.waited >= PATIENCE:
                self.step, self.waited = self.step / 2, 0
        self._move(total, known, count, taken)
        return True

    def _move(
        self, total: float, known: float, count: np.ndarray, taken: np.ndarray
    ) -> None:
        """Raise prices of blocks that several buy, lower those of blocks left over."""
        slope = count - 1.0
        slope[(self.price <= 0.0) & (slope < 0.0)] = 0.0
        slope[~np.isfinite(self.price)] = 0.0
        excess = np.where(self.is_limited, taken - self.cell.room, 0.0)
        excess[(self.toll <= 0.0) & (excess < 0.0)] = 0.0
        self.direction = (
            (1 - KEPT) * slope + KEPT * self.direction[0],
            (1 - KEPT) * excess + KEPT * self.direction[1],
        )
        blocks, users = self.direction
        norm = float(blocks @ blocks + users @ users)
        aim = known * (1 + MARGIN) if np.isfinite(known) else 0.98 * total
        if norm <= 0.0 or total <= aim:
            self.step = 0.0
            return
        length = self.step * (total - aim) / norm
        self.price = np.maximum(self.price + length * blocks, 0.0)
        self.toll = np.maximum(self.toll + length * users, 0.0)
