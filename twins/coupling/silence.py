"""Which cells have gone silent: neither they nor their users say anything of them."""

import numpy as np

LONGEST = 180.0
"""Time in s without a report after which a cell counts as down in any case."""
MISSED = 1.5
"""Usual times between reports after which it does if nobody hears it either."""
SHARE = 0.3
"""Of the newest interval in the usual one."""


class Silence:
    """Follows when cells were heard of.

    One lost report takes no cell down, and nor does silence of the whole network.

    Parameters
    ----------
    cells : int
        How many.
    time : float
        s since epoch at which all were up.
    """

    def __init__(self, cells: int, time: float) -> None:
        self._own = np.full(cells, time)
        self._users = np.full(cells, -np.inf)
        self._usual = np.full(cells, np.nan)

    def hear(self, time: np.ndarray, cell: np.ndarray, of_cell: np.ndarray) -> None:
        """Take rows (n,): s since epoch, cell or -1, and whether the cell says it."""
        known = cell >= 0
        mine = known & of_cell
        newest = self._own.copy()
        np.maximum.at(newest, cell[mine], time[mine])
        interval = newest - self._own
        later = interval > 0
        usual = np.where(np.isnan(self._usual), interval, self._usual)
        self._usual[later] = (usual + SHARE * (interval - usual))[later]
        self._own = newest
        users = known & ~of_cell
        np.maximum.at(self._users, cell[users], time[users])

    def alive(self, time: float) -> np.ndarray:
        """Whether each cell (B,) counts as up at ``time`` s since epoch."""
        late = time - self._own > LONGEST
        last = np.maximum(self._own, self._users)
        with np.errstate(invalid="ignore"):
            missed = self._own.max(initial=-np.inf) - last > MISSED * self._usual
        return ~(late | missed)
