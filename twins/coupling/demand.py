"""Demand of each cell at the next report: what there is when nothing was learned."""

from typing import Protocol

import numpy as np


class DemandForecast(Protocol):
    """Learned part of the L2 twin."""

    name: str

    def observe(self, time: float, demand: np.ndarray) -> None:
        """Learn from the demand (B,) bit/s of the cells."""
        ...

    def predict(self, ahead: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Demand (B,) bit/s ``ahead`` reports later, and its standard deviation."""
        ...


class CellDemand:
    """Falls back from what is to what is usual, as fast as the past did.

    ``usual + pull**ahead * (now - usual)``: ``usual`` is a running mean of each cell,
    and ``pull`` the correlation of one report with the next, pooled over cells.

    Parameters
    ----------
    cells : int
        How many.
    memory : float
        Reports after which the past counts 1/e.
    """

    name = "mean reversion"

    def __init__(self, cells: int, memory: float = 30.0) -> None:
        self._share = 1.0 - np.exp(-1.0 / memory)
        self._usual = np.zeros(cells)
        self._variance = np.zeros(cells)
        self._last: np.ndarray | None = None
        self._both, self._own = 1.0, 1.0  # pull is 1 before anything was learned
        self._seen = 0

    @property
    def pull(self) -> float:
        """Share of the distance from what is usual that is kept until the next."""
        return float(np.clip(self._both / self._own, 0.0, 1.0))

    def observe(self, time: float, demand: np.ndarray) -> None:
        """Learn from the demand (B,) bit/s of the cells."""
        if self._last is not None:
            expected, _ = self.predict()
            error = (demand - expected) ** 2
            share = max(self._share, 1.0 / (self._seen + 1))
            self._variance += share * (error - self._variance)
            scale = max(float(self._usual.mean()), 1e-9)
            before = (self._last - self._usual) / scale
            after = (demand - self._usual) / scale
            if self._seen >= 3:
                keep = 1.0 - self._share / 4
                self._both = keep * self._both + float(before @ after)
                self._own = keep * self._own + float(before @ before)
        self._seen += 1
        share = max(self._share, 1.0 / self._seen)
        self._usual += share * (demand - self._usual)
        self._last = np.array(demand, float)

    def predict(self, ahead: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Demand (B,) bit/s ``ahead`` reports later, and its standard deviation.

        ``pull`` loses by each report what it keeps by one, as in an autoregressive
        process of the first order; its variance grows in the same way.
        """
        if self._last is None:
            return self._usual.copy(), np.sqrt(self._variance)
        keep = self.pull**ahead
        expected = self._usual + keep * (self._last - self._usual)
        grown = sum(self.pull ** (2 * k) for k in range(ahead))
        return np.maximum(expected, 0.0), np.sqrt(self._variance * grown)
