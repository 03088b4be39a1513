"""Demand of a cell over the week: what is usual at this hour, and how far off it gets.

Hours of the week share strength: each hour's level is pulled to that of the same hour
on other days, and that to the mean of the cell. Levels are of the logarithm, since
demand is positive and its swings are factors.
"""

from dataclasses import dataclass

import numpy as np

HOURS = 168
WEEK = 604_800.0  # s
MONDAY = 345_600.0  # s since epoch of the first Monday, 5 January 1970
PULL = 2.0  # reports that the level above counts as
LEAST_SPREAD = 0.05  # of the logarithm
MOST_MEMORY = 0.95
SMALLEST = 1e-3  # of the mean demand: silence has no logarithm


@dataclass(frozen=True, eq=False)
class DemandProfile:
    """Usual demand per cell; :func:`learn_profile` makes one.

    Parameters
    ----------
    level : (B, 168)
        Mean logarithm of the demand in each hour of the week.
    ratio : (B, r)
        Sorted differences of the logarithm to the level, of reports held out.
    memory : (B,)
        Correlation of two such differences in a row.
    news : (B, r)
        Sorted part of each difference that the one before did not foretell.
    mean : (B,) bit/s
        Over all time.
    """

    level: np.ndarray
    ratio: np.ndarray
    memory: np.ndarray
    news: np.ndarray
    mean: np.ndarray

    def forecast(
        self, time: np.ndarray, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Median, low and high demand (n, B) bit/s at ``time`` (n,) s since epoch."""
        level = usual(self.level, time).T
        tail = (1 - coverage) / 2
        low, middle, high = np.quantile(self.ratio, [tail, 0.5, 1 - tail], axis=1)
        return np.exp(level + middle), np.exp(level + low), np.exp(level + high)


def hour_of_week(time: np.ndarray) -> np.ndarray:
    """0 on Monday at midnight to 167."""
    return ((np.asarray(time) - MONDAY) % WEEK // 3600).astype(int)


def usual(level: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Level (B, n) at ``time`` (n,) s, linear between the middles of hours."""
    place = (np.asarray(time) - MONDAY) % WEEK / 3600 - 0.5
    hour = np.floor(place).astype(int)
    share = place - hour
    return level[:, hour % HOURS] * (1 - share) + level[:, (hour + 1) % HOURS] * share


def learn_profile(time: np.ndarray, demand: np.ndarray) -> DemandProfile:
    """Learn from reports of ``demand`` (n, B) bit/s at ``time`` (n,) s since epoch.

    The last quarter is predicted from the rest to see how far off demand gets, then
    all of it is learned from.

    Raises
    ------
    ValueError
        If there are fewer than four reports, or a demand is negative or not finite.
    """
    if len(time) < 4 or not np.isfinite(demand).all() or (demand < 0).any():
        raise ValueError("a profile needs four reports or more, finite and >= 0")
    mean = demand.mean(axis=0)
    floor = np.maximum(SMALLEST * mean, np.finfo(float).tiny)
    logarithm, hour = np.log(np.maximum(demand, floor)), hour_of_week(time)
    first = 3 * len(time) // 4
    held = _levels(hour[:first], logarithm[:first])
    off = logarithm[first:].T - usual(held, time[first:])
    before, after = off[:, :-1], off[:, 1:]
    square = np.maximum((before**2).sum(axis=1), np.finfo(float).tiny)
    memory = np.clip((before * after).sum(axis=1) / square, 0.0, MOST_MEMORY)
    return DemandProfile(
        _levels(hour, logarithm),
        _spread_out(off),
        memory,
        _spread_out(after - memory[:, None] * before),
        mean,
    )


def _spread_out(off: np.ndarray) -> np.ndarray:
    """Sorted differences (B, r), not all alike where demand never varied."""
    edge = np.tile([-LEAST_SPREAD, LEAST_SPREAD], (len(off), 1))
    return np.sort(np.concatenate([off, edge], axis=1), axis=1)


def _levels(hour: np.ndarray, logarithm: np.ndarray) -> np.ndarray:
    """Level (B, 168) of each hour of the week, from coarse to fine."""
    level = np.repeat(logarithm.mean(axis=0)[:, None], HOURS, axis=1)
    weekend = np.arange(HOURS) >= 120
    for group in (np.arange(HOURS) % 24, np.arange(HOURS) % 24 + 24 * weekend):
        level = _pulled(level, group, hour, logarithm)
    return _pulled(level, np.arange(HOURS), hour, logarithm)


def _pulled(
    prior: np.ndarray, group: np.ndarray, hour: np.ndarray, logarithm: np.ndarray
) -> np.ndarray:
    level = prior.copy()
    mine = group[hour]
    for number in np.unique(mine):
        rows, hours = logarithm[mine == number], group == number
        kept = len(rows) / (len(rows) + PULL)
        # of the difference to what is expected at the hours of these reports
        off = rows - prior[:, hour[mine == number]].T
        level[:, hours] += kept * off.mean(axis=0)[:, None]
    return level
