"""Forecasts within a drive: the map, corrected by what the phone just measured.

The error of the map persists while the phone is with the same cell and near, and part
of it (the phone, the vehicle) throughout. How much persists is learned from errors of
held-out drives: a linear filter whose gains fall with distance and time.
"""

from dataclasses import dataclass

import numpy as np

from twins.l1.drives import Drives
from twins.l1.radio_map import RadioMap, block_weight, ridge
from twins.l1.trace import Trace, trace

HORIZON = 10.0  # s
MEMORY = (4.0, 20.0, 100.0)  # s over which errors are averaged
FADES = (40.0, 200.0, 1000.0)  # m over which an error is forgotten
SHRINK = 1.0  # samples at zero that each average starts from
RIDGE = 300.0
MOST_ERROR = 30.0  # dB that a single measurement may differ from the map


@dataclass(frozen=True, eq=False)
class Forecaster:
    """A map and the gains of its recent errors; :func:`learn_ahead` makes one."""

    radio_map: RadioMap
    gain: np.ndarray
    horizon: float

    def predict(self, drives: Drives) -> np.ndarray:
        """Expected RSRP (n,) dBm of usable samples, from those a horizon earlier."""
        rows = drives.usable
        motion, kept = trace(drives, live=True).take(rows), drives.take(rows)
        mean = self.radio_map.predict(drives).mean
        return mean + _history(kept, motion, mean, self.horizon) @ self.gain


def learn_ahead(
    radio_map: RadioMap, drives: Drives, horizon: float = HORIZON
) -> Forecaster:
    """Learn how errors persist from the ``drives`` that ``radio_map`` learned from."""
    rows = drives.usable
    motion, kept = trace(drives, live=True).take(rows), drives.take(rows)
    past = _history(kept, motion, radio_map.held_out, horizon)
    error = kept.rsrp - radio_map.held_out
    return Forecaster(radio_map, ridge(past, error, block_weight(kept), RIDGE), horizon)


def _history(
    drives: Drives, motion: Trace, mean: np.ndarray, horizon: float
) -> np.ndarray:
    """Columns (n, k) dB of errors up to ``horizon`` s before each sample."""
    error = np.clip(drives.rsrp - mean, -MOST_ERROR, MOST_ERROR)
    columns = np.zeros((len(error), 2 * len(MEMORY) + 3 * len(FADES)))
    for number in np.unique(drives.drive):
        rows = np.flatnonzero(drives.drive == number)
        columns[rows] = _one_drive(
            drives.take(rows), motion.take(rows), error[rows], mean[rows], horizon
        )
    return columns


def _one_drive(
    drive: Drives, motion: Trace, error: np.ndarray, mean: np.ndarray, horizon: float
) -> np.ndarray:
    time = drive.time
    last = np.searchsorted(time, time - horizon, side="right") - 1
    any_cell = [_faded(time, error, memory, time, last) for memory in MEMORY]
    same_cell = [np.zeros(len(time)) for _ in MEMORY]
    for cell in np.unique(drive.cell):
        rows = np.flatnonzero(drive.cell == cell)
        known = np.searchsorted(time[rows], time[rows] - horizon, side="right") - 1
        for column, memory in zip(same_cell, MEMORY, strict=True):
            column[rows] = _faded(time[rows], error[rows], memory, time[rows], known)
    known, last = last >= 0, np.maximum(last, 0)
    stays = known & (drive.cell == drive.cell[last])
    moved = np.hypot(motion.x - motion.x[last], motion.y - motion.y[last])
    moved = np.nan_to_num(moved, nan=1e6)
    step = np.clip(drive.rsrp[last] - mean, -MOST_ERROR, MOST_ERROR)
    near = [np.exp(-moved / fade) for fade in FADES]
    recent = any_cell[0]
    return np.stack(
        [
            *any_cell,
            *same_cell,
            *(recent * stays * one for one in near),
            *(recent * (known & ~stays) * one for one in near),
            *(step * stays * one for one in near),
        ],
        axis=1,
    )


def _faded(
    time: np.ndarray,
    error: np.ndarray,
    memory: float,
    now: np.ndarray,
    last: np.ndarray,
) -> np.ndarray:
    """Means (n,) dB at ``now`` of errors up to index ``last``, shrunk to 0."""
    total, weight = np.zeros(len(time) + 1), np.zeros(len(time) + 1)
    for i in range(len(time)):
        kept = np.exp(-(time[i] - time[i - 1]) / memory) if i else 0.0
        total[i + 1] = total[i] * kept + error[i]
        weight[i + 1] = weight[i] * kept + 1.0
    age = np.where(last >= 0, now - time[np.maximum(last, 0)], 0.0)
    fade = np.exp(-age / memory)
    return total[last + 1] * fade / (weight[last + 1] * fade + SHRINK)
