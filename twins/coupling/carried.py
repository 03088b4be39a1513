"""Loads at which several demands settle under the same settings, side by side."""

from typing import NamedTuple

import numpy as np

from twins.coupling.load import IDLE, ROUNDS, TOLERANCE, attached
from twins.coupling.sharing import time_shares


class Carried(NamedTuple):
    """State of all links under each demand.

    Attributes
    ----------
    sinr, rate : (K, U)
        Linear; bit/s that users get of what they want.
    wanted : (K, B)
        Share of the blocks that demand would take, above 1 in congested cells.
    """

    sinr: np.ndarray
    rate: np.ndarray
    wanted: np.ndarray


def carried(
    gain: np.ndarray,
    power: np.ndarray,
    bandwidth: np.ndarray,
    noise: np.ndarray,
    demands: np.ndarray,
    cell: np.ndarray,
) -> Carried:
    """What :func:`twins.coupling.load.settle` finds for each of ``demands`` (K, U).

    Parameters
    ----------
    gain : (U, B)
        Linear.
    power, bandwidth : (B,) W, Hz
        Of the cells; a cell without power is down.
    noise : (U,) W
        Over the bandwidth of the serving cell.
    demands : (K, U) bit/s
        Wanted.
    cell : (U,) int
        Serving cell, -1: none.
    """
    cells, users = len(power), np.arange(len(cell))
    served, here, received_own = attached(gain, power, cell)
    own = received_own[:, None]
    received = gain * power
    member = np.zeros((cells, len(cell)))
    member[here, users] = served
    width, asked = bandwidth[here, None], demands.T
    load = np.full((cells, len(demands)), 0.5)
    sinr = need = wanted = np.zeros((0, 0))
    for _ in range(ROUNDS):
        sending = np.maximum(load, IDLE)
        heard = received @ sending - own * sending[here]
        sinr = own / (np.maximum(heard, 0.0) + noise[:, None])
        full = width * np.log2(1 + sinr)
        need = np.divide(asked, full, out=np.zeros(full.shape), where=full > 0)
        wanted = member @ need
        new = np.minimum(wanted, 1.0)
        settled = np.abs(new - load).max(initial=0.0) < TOLERANCE
        load = new
        if settled:
            break
    rate = np.where(sinr > 0, asked, 0.0)
    for k in np.flatnonzero(wanted.max(axis=0, initial=0.0) > 1.0):
        time = np.where(sinr[:, k] > 0, need[:, k], 0.0)
        part = time_shares(time, here, cells)
        rate[:, k] *= np.divide(part, time, out=np.ones(len(cell)), where=time > 0)
    return Carried(sinr.T, rate.T, wanted.T)
