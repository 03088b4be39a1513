"""What cells will carry besides demand: handovers, and traffic on their backhaul."""

from typing import NamedTuple

import numpy as np

from twins.coupling.demand import CellDemand

TRANSPORT = 0.10
"""Of the users' traffic: headers on the backhaul, by NGMN [1]_."""


class Loads(NamedTuple):
    """What each cell sees until a report, or will see.

    Attributes
    ----------
    handover : (B,)
        Users who come from another cell, ``MM.HoExeInterSucc`` summed over the others.
    backhaul : (B,) bit/s
        Users' traffic with its headers.
    """

    handover: np.ndarray
    backhaul: np.ndarray


class CellLoads:
    """Forecasts handovers and backhaul of cells from reports of who is served where.

    Both fall back from what is to what is usual, as demand does, see
    :class:`twins.coupling.CellDemand`: at 20 to 200 users the handovers of one cell are
    too few for more.

    Parameters
    ----------
    cells : int
        How many.

    References
    ----------
    .. [1] NGMN Alliance, "Guidelines for LTE backhaul traffic estimation", 2011,
       section 2.3: 10% of overhead without encryption.
    """

    def __init__(self, cells: int) -> None:
        self._handover, self._backhaul = CellDemand(cells), CellDemand(cells)
        self._cells = cells
        self._before: dict[str, int] = {}

    def observe(
        self, time: float, user: np.ndarray, serving: np.ndarray, demand: np.ndarray
    ) -> Loads | None:
        """Learn from a report; what it shows, None at the first one.

        Parameters
        ----------
        time : s
            Of the report.
        user : (U,) str
            Who is there.
        serving : (U,)
            Number of the cell that serves each; -1 for none.
        demand : (U,) bit/s
            What each asks for.
        """
        served = serving >= 0
        names, cells = np.asarray(user)[served], np.asarray(serving)[served]
        before = self._before
        came = np.array(
            [before.get(str(n), c) != c for n, c in zip(names, cells, strict=True)],
            dtype=bool,
        )
        is_first = not before
        self._before = dict(zip(map(str, names), cells.tolist(), strict=True))
        if is_first:
            return None
        carried = np.asarray(demand)[served] * (1 + TRANSPORT)
        found = Loads(
            np.bincount(cells[came], minlength=self._cells).astype(float),
            np.bincount(cells, carried, self._cells),
        )
        self._handover.observe(time, found.handover)
        self._backhaul.observe(time, found.backhaul)
        return found

    def predict(self, ahead: int = 1) -> tuple[Loads, Loads]:
        """Expected loads ``ahead`` reports later, and their standard deviations."""
        handover, handover_std = self._handover.predict(ahead)
        backhaul, backhaul_std = self._backhaul.predict(ahead)
        return Loads(handover, backhaul), Loads(handover_std, backhaul_std)
