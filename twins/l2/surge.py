"""Hotspots: a demand that jumps away from what is usual for the cell and the hour.

Demand above the usual lasts, so each report is first compared with what the one before
foretells; what is left is news, and independent. News far out is a surge at once; two
reports in a row that are unlikely together are one, too. Levels are set from how often
false alarms may be raised, with tails extrapolated as those of an exponential
distribution [1]_, since a week has more reports than were held out.

References
----------
.. [1] J. Pickands, "Statistical inference using extreme order statistics", Annals of
   Statistics 3(1), 1975, pp. 119-131. https://doi.org/10.1214/aos/1176343003
"""

from dataclasses import dataclass, field

import numpy as np

from twins.l2.profile import WEEK, DemandProfile, usual

ALARMS = 0.5  # false alarms a week and 100 cells aimed at: half of what is promised
TAIL = 0.03  # share of the news that the tail is fitted to
USUAL = 0.9  # share of reports in which no surge can begin, and that end one
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
    _ratio: np.ndarray = field(init=False, repr=False)
    _surging: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cells = len(self.profile.mean)
        self._previous, self._ratio = np.zeros((2, cells))
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
        level = usual(self.profile.level, np.array([time]))[:, 0]
        ratios = self.profile.ratio
        with np.errstate(divide="ignore"):
            ratio = np.log(np.maximum(demand, 0.0)) - level
        ratio = np.maximum(ratio, ratios[:, 0])  # silence foretells no surge
        known = np.isfinite(ratio)
        ratio = np.where(known, ratio, self._ratio)
        foretold = self.profile.memory * self._ratio
        surprise = np.where(known, _surprise(ratio - foretold, self.profile.news), 0.0)
        single = np.log(2 * 100 * WEEK / self.period / ALARMS)
        # the sum of two independent surprises is Gamma(2): P = (1 + s) exp(-s)
        double = single + np.log1p(single + np.log1p(single))
        unusual = ratio > np.quantile(ratios, USUAL, axis=1)
        high = (surprise >= single) | (surprise + self._previous >= double)
        new = high & unusual & known & ~self._surging
        self._surging = (self._surging | new) & (unusual | ~known)
        self._previous = np.where(known, surprise, self._previous)
        self._ratio = ratio
        return np.flatnonzero(new)


def _surprise(value: np.ndarray, known: np.ndarray) -> np.ndarray:
    """-log of the chance (B,) of ``value`` (B,) or more, of sorted ``known`` (B, r)."""
    start = np.quantile(known, 1 - TAIL, axis=1)
    beyond = known > start[:, None]
    excess = np.where(beyond, known - start[:, None], 0.0).sum(axis=1)
    scale = np.maximum(excess / beyond.sum(axis=1), LEAST_SCALE)
    inside = -np.log(np.maximum((known >= value[:, None]).mean(axis=1), TAIL))
    return np.where(value > start, -np.log(TAIL) + (value - start) / scale, inside)
