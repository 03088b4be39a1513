"""Which measurements cannot be, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twins.context_db.frames import places
from twins.context_db.quantities import HIGH, LOW, SUBJECT, UNIT

RSRP = "L1M.SS-RSRP"

Expectation = Callable[[pd.DataFrame], np.ndarray]
"""Expected RSRP (n,) dBm of rows with ``user_id``, ``cell_id`` and place; NaN: none."""


@dataclass(frozen=True)
class Limits:
    """What is taken as possible.

    Parameters
    ----------
    clock_error : s
        How far a report may be ahead of the receiver's clock.
    speed : m/s
        Of users; 500 km/h is the fastest that 5G is made for (3GPP TS 38.913).
    position_error : m
        Between two positions that need no speed.
    cell_error_db : dB
        How far the median of a cell may be from what is expected of it.
    fewest : int
        Reports of a cell in a batch, below which nothing is said of the cell.
    memory : float
        Share of the newest batch in what is kept of a cell's level.
    """

    clock_error: float = 5.0
    speed: float = 139.0
    position_error: float = 50.0
    cell_error_db: float = 15.0
    fewest: int = 10
    memory: float = 0.2

    def __post_init__(self) -> None:
        """Refuse limits that refuse everything or nothing."""
        for name in ("clock_error", "speed", "position_error", "cell_error_db"):
            if not getattr(self, name) >= 0:
                value = getattr(self, name)
                raise ValueError(f"Limits.{name} = {value}: must be in [0, inf)")
        if not 0 < self.memory <= 1:
            raise ValueError(f"Limits.memory = {self.memory}: must be in (0, 1]")


class Plausibility:
    """Judge of measurements; remembers where users were and how loud cells are.

    Parameters
    ----------
    limits : Limits
        What is possible.
    expected : callable
        RSRP that a model expects of given rows; without it, cells are compared with
        their own past.
    """

    def __init__(
        self, limits: Limits | None = None, expected: Expectation | None = None
    ) -> None:
        self.limits = Limits() if limits is None else limits
        self.expected = expected
        self._fix: dict[str, tuple[float, float, float]] = {}  # user: time, x, y
        self._level: dict[str, float] = {}  # cell: dB above what is expected

    def reasons(self, frame: pd.DataFrame, now: float) -> np.ndarray:
        """Why each row (n,) cannot be, as text; empty where it can.

        Parameters
        ----------
        frame : DataFrame
            As from :func:`twins.context_db.frames.measurements`.
        now : s
            Receiver's clock, s since epoch.
        """
        why = np.full(len(frame), "", dtype=object)
        kind = places(frame["name"])
        value, time = frame["value"].to_numpy(), frame["time"].to_numpy()

        def refuse(rows: np.ndarray, reason: str) -> None:
            why[rows & (why == "")] = reason

        refuse(kind < 0, "unknown name")
        refuse(~np.isfinite(time), "no time")
        refuse(~np.isfinite(value), "no value")
        refuse(frame["unit"].to_numpy() != UNIT[kind], "unknown unit")
        refuse(time > now + self.limits.clock_error, "future time")
        refuse((value < LOW[kind]) | (value > HIGH[kind]), "out of range")
        subject = SUBJECT[kind]
        refuse((subject != "cell") & (frame["user_id"] == "").to_numpy(), "no user")
        refuse((subject != "user") & (frame["cell_id"] == "").to_numpy(), "no cell")
        refuse(self._teleported(frame, why == ""), "teleported")
        self._judge_cells(frame, why)
        return why

    def _teleported(self, frame: pd.DataFrame, good: np.ndarray) -> np.ndarray:
        """Rows (n,) at places that their users cannot have reached."""
        placed = good & np.isfinite(frame["x"].to_numpy())
        placed &= np.isfinite(frame["y"].to_numpy()) & (frame["user_id"] != "")
        jumped = np.zeros(len(frame), bool)
        rows = np.flatnonzero(placed)
        if not rows.size:
            return jumped
        codes, names = pd.factorize(frame["user_id"].to_numpy()[rows])
        time = frame["time"].to_numpy()[rows]
        order = np.lexsort((time, codes))
        rows, codes, time = rows[order], codes[order], time[order]
        x, y = frame["x"].to_numpy()[rows], frame["y"].to_numpy()[rows]
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        far = np.zeros(len(rows), bool)
        far[1:] = self._too_far(np.diff(time), np.diff(x), np.diff(y))
        known = [self._fix.get(names[codes[k]]) for k in starts]
        past = np.array([(np.nan,) * 3 if one is None else one for one in known])
        far[starts] = self._too_far(
            np.abs(time[starts] - past[:, 0]),
            x[starts] - past[:, 1],
            y[starts] - past[:, 2],
        )
        ends = np.append(starts[1:], len(rows))
        suspect = np.logical_or.reduceat(far, starts)
        for k in np.flatnonzero(suspect):  # a jump back must not be taken for another
            last = known[k]
            for row in range(starts[k], ends[k]):
                here = (time[row], x[row], y[row])
                if last is not None and self._too_far(
                    abs(here[0] - last[0]), here[1] - last[1], here[2] - last[2]
                ):
                    jumped[rows[row]] = True
                else:
                    last = here
            self._remember(names[codes[starts[k]]], last)
        for k in np.flatnonzero(~suspect):
            row = ends[k] - 1
            self._remember(names[codes[row]], (time[row], x[row], y[row]))
        return jumped

    def _too_far(self, seconds: Any, east: Any, north: Any) -> Any:
        """Whether ways (m) need more than the time they had."""
        reach = self.limits.position_error + self.limits.speed * seconds
        return east**2 + north**2 > reach**2

    def _remember(self, user: str, fix: tuple[float, float, float] | None) -> None:
        last = self._fix.get(user)
        if fix is not None and (last is None or fix[0] >= last[0]):
            self._fix[user] = fix

    def _judge_cells(self, frame: pd.DataFrame, why: np.ndarray) -> None:
        """Put the RSRP of cells aside that are far from what is expected of them."""
        rows = np.flatnonzero((why == "") & (frame["name"] == RSRP).to_numpy())
        if not rows.size:
            return
        above = frame["value"].to_numpy()[rows]
        if self.expected is not None:
            above = above - self.expected(frame.iloc[rows])
        known = np.isfinite(above)
        rows, above = rows[known], above[known]
        codes, cells = pd.factorize(frame["cell_id"].to_numpy()[rows])
        order = np.argsort(codes, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(codes))[:-1])
        level = np.array([np.median(above[group]) for group in groups])
        enough = np.array([len(group) >= self.limits.fewest for group in groups])
        past = np.array([self._level.get(cell, np.nan) for cell in cells])
        if self.expected is not None and enough.any():
            past = np.where(np.isnan(past), np.median(level[enough]), past)
        off = level - past
        lies = enough & (np.abs(off) > self.limits.cell_error_db)
        for k in np.flatnonzero(lies):
            why[rows[groups[k]]] = f"cell is {off[k]:+.0f} dB off"
        for k in np.flatnonzero(enough & ~lies):
            weight = self.limits.memory if cells[k] in self._level else 1.0
            start = 0.0 if weight == 1.0 else self._level[cells[k]]
            self._level[cells[k]] = start + weight * (level[k] - start)
