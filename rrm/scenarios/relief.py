"""Cells to which users move so that more of the demand is carried, one by one."""

import numpy as np

from rrm.controller.trial import LEAST_EFFICIENCY, Outcome, Trial
from twins.coupling.sharing import time_shares

MOST = 40
"""Moves that are proposed."""
LACKS = 1e-6
"""Part of its demand from which a user counts as one who lacks."""


def relieved(trial: Trial, start: Outcome, least: float) -> np.ndarray:
    """Cells (U,) that carry more than those of ``start`` at the same interference.

    The move that promises most is tried first: who moves uses the room of the other
    cell, and leaves time to those who lack at the old one. It counts if, shared anew,
    the two cells carry more.

    Parameters
    ----------
    trial : Trial
        Network, and what users want.
    start : Outcome
        Where all are now.
    least : float
        Share of the demand that each move must win.
    """
    network, want = trial.network, trial.wanted
    cells, users = len(network.alive), np.arange(len(want))
    efficiency = trial.efficiency(start.power, start.load)
    able = trial.permitted & (efficiency >= LEAST_EFFICIENCY) & network.alive
    full = np.where(able, efficiency * network.bandwidth, 0.0)
    need = np.divide(want[:, None], full, out=np.full(full.shape, np.inf), where=able)
    movable = ~trial.held & (want > 0) & (start.cell >= 0)
    cell = np.maximum(start.cell, 0)
    part = time_shares(need[users, cell], cell, cells)
    for _ in range(MOST):
        rate = full[users, cell]
        got = np.minimum(part * rate, want)
        room = np.maximum(1.0 - np.bincount(cell, part, cells), 0.0)
        gain = np.minimum(room * full, want[:, None]) - got[:, None]
        gain += _left_to_others(cell, part, rate, want - got, cells)[:, None]
        gain[~movable], gain[users, cell] = 0.0, 0.0
        user, there = np.unravel_index(gain.argmax(), gain.shape)
        if gain[user, there] <= least * want.sum():
            break
        movable[user] = False
        other = cell.copy()
        other[user] = there
        shares = time_shares(need[users, other], other, cells)
        carried = np.minimum(shares * full[users, other], want).sum()
        if carried > got.sum() + least * want.sum():
            cell, part = other, shares
    return np.where(start.cell >= 0, cell, -1)


def _left_to_others(
    cell: np.ndarray, part: np.ndarray, rate: np.ndarray, lack: np.ndarray, cells: int
) -> np.ndarray:
    """What others of its cell get, bit/s, if a user (U,) leaves them its time."""
    lacks = (lack > LACKS * (lack + part * rate)) & (rate > 0)
    lack = np.where(lacks, lack, 0.0)

    def of_others(value: np.ndarray) -> np.ndarray:
        return np.bincount(cell, value, cells)[cell] - value

    count = of_others(lacks.astype(float))
    mean = of_others(lacks * rate) / np.maximum(count, 1.0)
    return np.minimum(part * mean, of_others(lack))
