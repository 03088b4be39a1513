"""Throughput of the next seconds, from that of the last ones.

The forecast is of the mean over a horizon, which is what an allocation for that time
needs. A linear model of recent means on several scales, bent by logarithms, the state
of the download, and what the cell gave others.
"""

from dataclasses import dataclass

import numpy as np

from twins.l1.drives import Drives
from twins.l1.radio_map import ridge

HORIZON = 10.0  # s
STEP = 5  # samples between two origins: their targets overlap by half
WINDOWS = (1.0, 5.0, 10.0, 30.0, 100.0)  # s
UNIT = 1e6  # bit/s
RIDGE = 100.0
STATES = 12  # of the Markov baseline
CELL_PULL = 30.0  # origins that the mean of all cells counts as


@dataclass(frozen=True, eq=False)
class Origins:
    """Times at which a forecast is made.

    Parameters
    ----------
    row : (n,) int
        Sample of the drives.
    drive, cell : (n,) int
        Drive and serving cell.
    recent : (n, w) Mbit/s
        Means over ``WINDOWS`` before.
    downloading : (n,)
        Share of the last horizon with something to receive.
    ahead : (n,) Mbit/s
        Mean over the horizon after: what is to be forecast.
    """

    row: np.ndarray
    drive: np.ndarray
    cell: np.ndarray
    recent: np.ndarray
    downloading: np.ndarray
    ahead: np.ndarray

    def __len__(self) -> int:
        return len(self.drive)


def origins(drives: Drives) -> Origins:
    """Every ``STEP``-th sample with a horizon before and after it in its drive."""
    rate = np.nan_to_num(drives.rate) / UNIT
    parts = []
    for number in np.unique(drives.drive):
        rows = np.flatnonzero(drives.drive == number)
        time = drives.time[rows]
        summed = np.r_[0.0, np.cumsum(rate[rows])]
        busy = np.r_[0.0, np.cumsum(drives.downloading[rows])]
        last = np.arange(0, len(rows), STEP)
        now = time[last]
        keep = (now >= time[0] + HORIZON) & (now + HORIZON <= time[-1])
        last, now = last[keep], now[keep]
        end = np.searchsorted(time, now, side="right")

        def mean(total: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
            return (total[stop] - total[start]) / np.maximum(stop - start, 1)

        recent = [
            mean(summed, np.searchsorted(time, now - window, side="right"), end)
            for window in WINDOWS
        ]
        later = np.searchsorted(time, now + HORIZON, side="right")
        begin = np.searchsorted(time, now - HORIZON, side="right")
        parts.append((
            rows[last], np.full(len(last), number), drives.cell[rows][last],
            np.stack(recent, axis=1), mean(busy, begin, end), mean(summed, end, later),
        ))  # fmt: skip
    return Origins(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True, eq=False)
class RateForecast:
    """Learned weights; :func:`learn_rate` makes one."""

    weight: np.ndarray
    cell: np.ndarray
    cell_rate: np.ndarray
    overall: float
    edges: np.ndarray
    state_rate: np.ndarray

    def predict(self, query: Origins) -> np.ndarray:
        """Mean rate (n,) Mbit/s of the next horizon."""
        return np.maximum(_design(query, self.rate_of_cell(query)) @ self.weight, 0.0)

    def markov(self, query: Origins) -> np.ndarray:
        """As :meth:`predict`, by a chain over states of the last horizon's rate."""
        return self.state_rate[np.searchsorted(self.edges, query.recent[:, 2])]

    def rate_of_cell(self, query: Origins) -> np.ndarray:
        """Mean rate (n,) Mbit/s that the serving cell gave, of all where not known."""
        index = np.minimum(np.searchsorted(self.cell, query.cell), len(self.cell) - 1)
        known = self.cell[index] == query.cell
        return np.where(known, self.cell_rate[index], self.overall)


def learn_rate(drives: Drives) -> RateForecast:
    """Learn from the rates of ``drives``.

    Raises
    ------
    ValueError
        If no sample has a rate, or no drive is longer than two horizons.
    """
    if not np.isfinite(drives.rate).any():
        raise ValueError("no sample to learn from has a rate (DL_bitrate)")
    known = origins(drives)
    if not len(known):
        raise ValueError("no drive is long enough to learn a forecast of rates from")
    overall = float(known.ahead.mean())
    cell, index = np.unique(known.cell, return_inverse=True)
    total, count = np.bincount(index, known.ahead), np.bincount(index)
    cell_rate = (total + CELL_PULL * overall) / (count + CELL_PULL)
    # a sample must not see itself in its cell's mean
    own = (total[index] - known.ahead + CELL_PULL * overall) / (
        count[index] - 1 + CELL_PULL
    )
    weight = ridge(_design(known, own), known.ahead, np.ones(len(known)), RIDGE)
    edges = np.unique(np.quantile(known.recent[:, 2], np.linspace(0, 1, STATES + 1)))
    edges = edges[1:-1]
    state = np.searchsorted(edges, known.recent[:, 2])
    visits = np.bincount(state, minlength=len(edges) + 1)
    reached = np.bincount(state, known.ahead, minlength=len(edges) + 1)
    state_rate = (reached + overall) / (visits + 1)
    return RateForecast(weight, cell, cell_rate, overall, edges, state_rate)


def _design(query: Origins, cell_rate: np.ndarray) -> np.ndarray:
    recent = query.recent
    parts = [np.ones((len(query), 1)), recent, np.log1p(recent), np.sqrt(recent)]
    parts += [query.downloading[:, None], cell_rate[:, None]]
    parts += [recent * query.downloading[:, None]]
    parts += [np.minimum(recent[:, 1:2], cell_rate[:, None])]
    return np.hstack(parts)
