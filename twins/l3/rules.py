"""Rules of regulators for a band, with the time they hold."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BandRule:
    """Limit on what is sent in a band.

    Parameters
    ----------
    band : (low, high) Hz
        Where it holds.
    density : W/Hz
        Most that a cell may send; 0: nothing.
    start, end : s since epoch
        From when until before when.
    source : str
        Which regulation.
    """

    band: tuple[float, float]
    density: float
    start: float = -np.inf
    end: float = np.inf
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse empty bands and times, and negative densities."""
        if not self.band[0] < self.band[1]:
            raise ValueError(f"BandRule.band = {self.band}: must have low < high")
        if not self.density >= 0:
            raise ValueError(f"BandRule.density = {self.density}: must be in [0, inf)")
        if not self.start < self.end:
            raise ValueError(f"BandRule.start = {self.start}: must be before its end")

    def holds(self, time: float) -> bool:
        """Whether it holds at ``time`` s."""
        return self.start <= time < self.end


def band_limits(
    rules: Iterable[BandRule],
    time: float,
    carrier: np.ndarray,
    bandwidth: np.ndarray,
    p_max: np.ndarray,
) -> np.ndarray:
    """Power (B,) W that cells may send, spread evenly over their bandwidth.

    Every Hz of a carrier must meet every rule of its band, so the strictest density
    that a carrier touches holds for all of it.

    Parameters
    ----------
    rules : iterable of BandRule
        Those that do not hold at ``time`` are left out.
    time : s
        Since the epoch.
    carrier, bandwidth, p_max : (B,) Hz, Hz, W
        Of the cells.
    """
    limit = np.array(p_max, float)
    low, high = carrier - bandwidth / 2, carrier + bandwidth / 2
    for rule in rules:
        if rule.holds(time):
            touches = (low < rule.band[1]) & (high > rule.band[0])
            allowed = rule.density * bandwidth
            limit = np.where(touches, np.minimum(limit, allowed), limit)
    return limit
