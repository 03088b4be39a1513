"""Loads that interference and demand settle at together [1]_.

References
----------
.. [1] I. Siomina, D. Yuan, "Analysis of cell load coupling for LTE network planning and
   optimization", IEEE TWC 11(6), 2012. https://doi.org/10.1109/TWC.2012.051512.111532
"""

from typing import NamedTuple

import numpy as np

from twins.coupling.sharing import slice_time_shares, time_shares

ROUNDS = 12
IDLE = 0.1
"""Share of its power that an empty cell sends."""
TOLERANCE = 1e-3
"""Change of a load at which rounds end; loads are measured in percent."""


class Settled(NamedTuple):
    """State of all links.

    Attributes
    ----------
    sinr : (U,)
        Linear, 0 without a cell.
    rate : (U,) bit/s
        That users get of what they want.
    load : (B,)
        Share of the blocks in use.
    wanted : (B,)
        Share that demand would take, above 1 in congested cells.
    """

    sinr: np.ndarray
    rate: np.ndarray
    load: np.ndarray
    wanted: np.ndarray


def attached(
    gain: np.ndarray, power: np.ndarray, cell: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who (U,) is served, by which cell (0 without one), and the power received in W.

    As in :func:`settle`.
    """
    served = (cell >= 0) & (power[np.maximum(cell, 0)] > 0)
    here = np.where(served, cell, 0)
    received = gain[np.arange(len(cell)), here] * power[here]
    return served, here, np.where(served, received, 0.0)


def settle(
    gain: np.ndarray,
    power: np.ndarray,
    bandwidth: np.ndarray,
    noise: np.ndarray,
    demand: np.ndarray,
    cell: np.ndarray,
    caps: np.ndarray | None = None,
    group: np.ndarray | None = None,
    idle: float = IDLE,
    floors: np.ndarray | None = None,
) -> Settled:
    """Loads at which each cell serves the demand of its users, and what they get.

    Time is shared max-min fairly in cells that are full, within floors and caps of
    slices.

    Parameters
    ----------
    gain : (U, B)
        Linear.
    power, bandwidth : (B,) W, Hz
        Of the cells; a cell without power is down.
    noise : (U,) W
        Over the bandwidth of the serving cell.
    demand : (U,) bit/s
        Wanted.
    cell : (U,) int
        Serving cell, -1: none.
    caps : (S,)
        Share of a cell's blocks that each slice may take.
    group : (U,) int
        Slice of each user, with ``caps``.
    idle : float
        Share of its power that an empty cell sends.
    floors : (S,)
        Share of a cell's blocks that each slice gets if it needs it, with ``caps``.
    """
    cells = len(power)
    served, here, own = attached(gain, power, cell)
    width = bandwidth[here]
    load = np.full(cells, 0.5)
    sinr = need = wanted = np.zeros(0)
    for _ in range(ROUNDS):
        sending = np.maximum(load, idle)
        heard = gain @ (power * sending) - own * sending[here]
        sinr = own / (np.maximum(heard, 0.0) + noise)
        full = width * np.log2(1 + sinr)
        need = np.divide(demand, full, out=np.zeros(len(cell)), where=full > 0)
        need[~served] = 0.0
        wanted = np.bincount(here, need, cells)
        new = np.minimum(_within_caps(need, here, wanted, caps, group), 1.0)
        settled = np.abs(new - load).max(initial=0.0) < TOLERANCE
        load = new
        if settled:
            break
    heard = served & (sinr > 0)
    time = np.where(heard, need, 0.0)
    if caps is None or group is None:
        got = time_shares(time, here, cells)
    else:
        least = np.zeros(len(caps)) if floors is None else floors
        got = slice_time_shares(time, here, cells, group, caps, least)
    part = np.divide(got, time, out=np.ones(len(cell)), where=time > 0)
    rate = np.where(heard, demand * part, 0.0)
    return Settled(sinr, rate, load, wanted)


def _within_caps(
    need: np.ndarray,
    cell: np.ndarray,
    wanted: np.ndarray,
    caps: np.ndarray | None,
    group: np.ndarray | None,
) -> np.ndarray:
    """Share (B,) of the blocks that all slices want, each no more than its cap."""
    if caps is None or group is None:
        return wanted
    cells, slices = len(wanted), len(caps)
    taken = np.bincount(cell * slices + group, need, cells * slices)
    return np.minimum(taken.reshape(cells, slices), caps).sum(axis=1)
