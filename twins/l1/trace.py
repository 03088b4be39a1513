"""Where the phone was between two positions that its receiver gave.

Phones log a position every 7 to 10 s and repeat it until the next: at 50 km/h the
logged position is up to 140 m behind. ``smoothed`` uses the next position as well, for
maps made after the drive; ``live`` only what was known by then.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from twins.l1.drives import Drives

FARTHEST_STEP = 300.0  # m ahead of the last position, in a tunnel or without fix
DELAY = 1.5  # s that a position is old when logged, fitted on repeated roads
INDOORS = 300.0  # s; a phone that rests for longer is not waiting at a crossing
WALKING = 1.0  # m/s


@dataclass(frozen=True, eq=False)
class Trace:
    """Motion of each sample: position, direction, and how long it is with its cell.

    Parameters
    ----------
    x, y : (n,) m
        Position between the fixes.
    east, north : (n,)
        Direction of travel, a unit vector, or 0 at the start.
    dwell : (n,) s
        Since the serving cell last changed.
    age : (n,) s
        Of the logged position.
    still : (n,) bool
        Whether the phone has not moved for ``INDOORS``.
    """

    x: np.ndarray
    y: np.ndarray
    east: np.ndarray
    north: np.ndarray
    dwell: np.ndarray
    age: np.ndarray
    still: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """The samples at ``rows`` (indices or mask)."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items()})


def trace(drives: Drives, *, live: bool = False) -> Trace:
    """Motion of the samples; with ``live``, later samples play no part."""
    columns = [np.full(len(drives), np.nan) for _ in range(7)]
    for number in np.unique(drives.drive):
        rows = np.flatnonzero(drives.drive == number)
        one = _one_drive(drives.take(rows), live)
        for column, values in zip(columns, one, strict=True):
            column[rows] = values
    return Trace(*columns[:-1], still=columns[-1] > 0)


def _one_drive(drive: Drives, live: bool) -> tuple[np.ndarray, ...]:
    time = drive.time
    dwell = time - time[_last(np.r_[True, np.diff(drive.cell) != 0])]
    known = np.isfinite(drive.x)
    if not known.any():
        nothing, zero = np.full(len(time), np.nan), np.zeros(len(time))
        return nothing, nothing, zero, zero, dwell, zero, zero
    new = known.copy()
    at = np.flatnonzero(known)
    moved = (np.diff(drive.x[at]) != 0) | (np.diff(drive.y[at]) != 0)
    new[at[1:]] = moved
    fix = np.flatnonzero(new)
    x, y, when = drive.x[fix], drive.y[fix], time[fix]
    step = np.maximum(np.hypot(np.diff(x), np.diff(y)), 1.0)
    east, north = np.r_[0.0, np.diff(x) / step], np.r_[0.0, np.diff(y) / step]
    latest = np.maximum(np.cumsum(new) - 1, 0)
    age = np.maximum(time - when[latest], 0.0)
    speed = np.nan_to_num(drive.speed)
    ahead = np.minimum(speed * ((age if live else 0.0) + DELAY), FARTHEST_STEP)
    here = (
        (x[latest], y[latest])
        if live
        else (np.interp(time, when, x), np.interp(time, when, y))
    )
    east, north = east[latest], north[latest]
    return (
        here[0] + east * ahead,
        here[1] + north * ahead,
        east,
        north,
        dwell,
        age,
        _rests(time, speed, live),
    )


def _rests(time: np.ndarray, speed: np.ndarray, live: bool) -> np.ndarray:
    """Which samples (n,) bool belong to a rest of ``INDOORS``; live: so far."""
    moves = speed >= WALKING
    since = time - time[_last(np.r_[True, moves[1:] | moves[:-1]])]
    if live:
        return since >= INDOORS
    group = np.cumsum(np.r_[True, moves[1:] | moves[:-1]])
    longest = np.zeros(group[-1] + 1)
    np.maximum.at(longest, group, since)
    return longest[group] >= INDOORS


def _last(starts: np.ndarray) -> np.ndarray:
    """Index (n,) of the last True at or before each element of ``starts``."""
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0))
