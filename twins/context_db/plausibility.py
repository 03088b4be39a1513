"""Which measurements cannot be, and why."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twins.context_db.frames import UNREADABLE, places
from twins.context_db.quantities import HIGH, LOW, SUBJECT, UNIT

RSRP = "L1M.SS-RSRP"
UNIT_NAMES = pd.Index(UNIT, dtype="str")
PLACE = ["x", "y", "z"]
PAIR = ["user_id", "cell_id", *PLACE]

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
        if not (isinstance(self.fewest, int) and self.fewest >= 1):
            raise ValueError(f"Limits.fewest = {self.fewest!r}: must be 1, 2, ...")


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
        self._users = pd.Index([], dtype="str")
        self._fix = np.zeros((0, 5))  # time, x, y, z of each, and when z was known
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
        period = frame["period"].to_numpy()

        def refuse(rows: np.ndarray, reason: str) -> None:
            why[rows & (why == "")] = reason

        refuse(kind < 0, "unknown name")
        refuse(~np.isfinite(time), "no time")
        refuse(~np.isfinite(value), "no value")
        refuse(~np.isfinite(period), "no period")
        refuse(period < 0, "negative period")
        unit, units = pd.factorize(frame["unit"])
        known = pd.Index(units).get_indexer(UNIT_NAMES)
        refuse(unit != known[kind], "unknown unit")
        refuse(time > now + self.limits.clock_error, "future time")
        refuse(np.isinf(frame[PLACE].to_numpy()).any(axis=1), "no place")
        refuse((value < LOW[kind]) | (value > HIGH[kind]), "out of range")
        of_user, of_cell = (SUBJECT != "cell")[kind], (SUBJECT != "user")[kind]
        refuse(of_user & (frame["user_id"] == "").to_numpy(), "no user")
        refuse(of_cell & (frame["cell_id"] == "").to_numpy(), "no cell")
        for name in ("source", "user_id", "cell_id", "target"):
            unreadable = frame[name].str.contains(UNREADABLE, regex=False)
            refuse(unreadable.to_numpy(bool), "unreadable text")
        refuse(self._teleported(frame, why == ""), "teleported")
        self._judge_cells(frame, why)
        return why

    def _teleported(self, frame: pd.DataFrame, good: np.ndarray) -> np.ndarray:
        """Rows (n,) at places that their users cannot have reached."""
        placed = good & np.isfinite(frame["x"].to_numpy())
        placed &= np.isfinite(frame["y"].to_numpy())
        placed &= (frame["user_id"] != "").to_numpy()
        jumped = np.zeros(len(frame), bool)
        rows = np.flatnonzero(placed)
        if not rows.size:
            return jumped
        codes, names = pd.factorize(frame["user_id"])
        codes, time = codes[rows], frame["time"].to_numpy()[rows]
        order = np.lexsort((time, codes))
        rows, codes, time = rows[order], codes[order], time[order]
        place = frame[PLACE].to_numpy()[rows]
        told = np.column_stack([time, place, time])
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        who = self._places_of(names[codes[starts]])
        past = self._fix[who]
        fixes = _with_heights(told, starts, past)
        far = np.zeros(len(rows), bool)
        far[1:] = self._too_far(np.diff(fixes, axis=0))
        far[starts] = self._too_far(fixes[starts] - past)
        ends = np.append(starts[1:], len(rows))
        last = fixes[ends - 1]
        for k in np.flatnonzero(np.logical_or.reduceat(far, starts)):
            here = past[k]  # a jump back must not be taken for another
            for row in range(starts[k], ends[k]):
                fix = _with_heights(told[row : row + 1], np.zeros(1, int), here[None])
                if self._too_far(fix[0] - here):
                    jumped[rows[row]] = True
                else:
                    here = fix[0]
            last[k] = here
        newer = ~(last[:, 0] < past[:, 0])
        self._fix[who[newer]] = last[newer]
        return jumped

    def _places_of(self, names: pd.Index) -> np.ndarray:
        """Row of each user in what is remembered; new ones are nowhere yet."""
        who = self._users.get_indexer(names)
        new = np.flatnonzero(who < 0)
        who[new] = len(self._users) + np.arange(len(new))
        self._users = self._users.append(pd.Index(names[new], dtype="str"))
        nowhere = np.full((len(new), 5), np.nan)
        self._fix = np.concatenate([self._fix, nowhere])
        return who

    def _too_far(self, way: np.ndarray) -> np.ndarray:
        """Whether ways (..., 5) need more than the time that they had, or the climb."""
        limits = self.limits
        seconds, east, north, up, climbing = np.moveaxis(way, -1, 0)
        reach = limits.position_error + limits.speed * np.abs(seconds)
        height = limits.position_error + limits.speed * np.abs(climbing)
        return (east**2 + north**2 > reach**2) | (np.abs(up) > height)

    def _judge_cells(self, frame: pd.DataFrame, why: np.ndarray) -> None:
        """Put the RSRP of cells aside that are far from what is expected of them."""
        rows = np.flatnonzero((why == "") & (frame["name"] == RSRP).to_numpy())
        if not rows.size:
            return
        above = frame["value"].to_numpy()[rows]
        if self.expected is not None:
            above = above - self.expected(frame[PAIR].iloc[rows])
        known = np.isfinite(above)
        rows, above = rows[known], above[known]
        codes, cells = pd.factorize(frame["cell_id"].iloc[rows])
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


def _with_heights(told: np.ndarray, starts: np.ndarray, past: np.ndarray) -> np.ndarray:
    """Fixes (n, 5) with the newest height before, where none is told, and its time.

    Users' rows begin at ``starts`` (m,); ``past`` (m, 5) is what was known before.
    """
    known = np.where(np.isnan(told[:, 3]), -1, np.arange(len(told)))
    newest = np.maximum.accumulate(known)
    first = np.repeat(starts, np.diff(np.append(starts, len(told))))
    user = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(told))))
    here = (newest >= first)[:, None]
    found = told.copy()
    found[:, 3:] = np.where(here, told[newest, 3:], past[user, 3:])
    return found
