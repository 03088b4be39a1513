"""Hotspots: a demand that jumps away from what is usual for the cell and the hour.

Each report is compared with the profile's distribution of ratios. A single report far
out is a surge at once; two in a row that are unlikely together are one, too. Levels
are set from how often false alarms may be raised, with tails extrapolated as those of
an exponential distribution [1]_, since a week has more reports than were held out.

References
----------
.. [1] J. Pickands, "Statistical inference using extreme order statistics", Annals of
   Statistics 3(1), 1975, pp. 119-131. https://doi.org/10.1214/aos/1176343003
"""

from dataclasses import dataclass, field

import numpy as np

from twins.l2.profile import WEEK, DemandProfile, hour_of_week

ALARMS = 0.5  # false alarms a week and 100 cells aimed at: half of what is promised
TAIL = 0.1  # share of the ratios that the tail is fitted to
LEAST_SCALE = 0.02  # of the logarithm


@dataclass(eq=False)
class SurgeDetector:
    """Watches reports of all cells; :meth:`update` says where a surge begins.

    Parameters
    ----------
    profile : DemandProfile
        What is usual.
    period : float
        s between two reports.
    """

    profile: DemandProfile
    period: float
    _previous: np.ndarray = field(init=False, repr=False)
    _surging: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cells = len(self.profile.mean)
        self._previous = np.zeros(cells)
        self._surging = np.zeros(cells, bool)

    def update(self, time: float, demand: np.ndarray) -> np.ndarray:
        """Indices of cells in which a surge was noticed by this report.

        A cell is named once, until a report is usual again.

        Parameters
        ----------
        time : float
            s since epoch.
        demand : (B,) bit/s
            Of each cell; NaN where there was no report.
        """
        surprise = self._surprise(time, demand)
        reports = WEEK / self.period
        single = np.log(2 * 100 * reports / ALARMS)
        # the sum of two independent surprises is Gamma(2): P = (1 + s) exp(-s)
        double = single + np.log1p(single + np.log1p(single))
        known = np.isfinite(surprise)
        surprise = np.where(known, surprise, 0.0)
        pair = (surprise + self._previous >= double) & (surprise > 0)
        high = (surprise >= single) | pair
        new = high & ~self._surging
        quiet = known & (surprise < -np.log(TAIL))
        self._surging = (self._surging | high) & ~(quiet & ~high)
        self._previous = np.where(known, surprise, self._previous)
        return np.flatnonzero(new)

    def _surprise(self, time: float, demand: np.ndarray) -> np.ndarray:
        """-log of the chance (B,) of this demand or more."""
        level = self.profile.level[:, hour_of_week(np.array([time]))[0]]
        with np.errstate(divide="ignore"):
            ratio = np.log(np.maximum(demand, 0.0)) - level
        ratios = self.profile.ratio
        start = np.quantile(ratios, 1 - TAIL, axis=1)
        beyond = np.maximum(ratios - start[:, None], 0.0).sum(axis=1)
        scale = np.maximum(beyond / (ratios > start[:, None]).sum(axis=1), LEAST_SCALE)
        tail = -np.log(TAIL) + (ratio - start) / scale
        rank = (ratios >= ratio[:, None]).mean(axis=1)
        inside = -np.log(np.maximum(rank, TAIL))
        return np.where(np.isnan(ratio), np.nan, np.where(ratio > start, tail, inside))
