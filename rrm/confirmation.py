"""What an allocation does on the twin's gains, apart from any problem's model of it."""

from dataclasses import dataclass

import numpy as np

from twins import TwinSnapshot


@dataclass(frozen=True, eq=False)
class Replay:
    """Outcome of an association and powers.

    Attributes
    ----------
    sinr : (U,)
        Linear, with every cell sending; 0 for users that are not served.
    rate : (U,) bit/s
        With the cell's time shared equally among its users.
    users : (B,) int
        Users of each cell.
    load : (B,)
        Share of the cell's time that its users' demand takes.
    floors : (B,)
        Share of the cell's time that its users' rate floors take.
    received : (M,) W
        Interference at the protected receivers.
    """

    sinr: np.ndarray
    rate: np.ndarray
    users: np.ndarray
    load: np.ndarray
    floors: np.ndarray
    received: np.ndarray


def replay(snapshot: TwinSnapshot, cell: np.ndarray, power: np.ndarray) -> Replay:
    """Replay an association ``cell`` (U,) and powers (B,) W over the band.

    Raises
    ------
    FieldError
        If a shape is wrong or a cell does not exist.
    """
    from formulations.kernels import sinr

    served = cell >= 0
    width = snapshot.bandwidth[np.maximum(cell, 0)]
    noise = snapshot.noise * snapshot.blocks[np.maximum(cell, 0)]
    found = sinr(snapshot.gain, power, noise, cell)
    cells = snapshot.sizes["B"]
    users = np.bincount(cell[served], minlength=cells)
    full = width * np.log2(1 + found)
    rate = np.where(served, full / np.maximum(users[np.maximum(cell, 0)], 1), 0.0)
    taken = []
    for known in (snapshot.demand, snapshot.min_rate):
        needed = known if known.size else np.zeros(len(full))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(served & (needed > 0), needed / full, 0.0)
        taken.append(np.bincount(cell[served], share[served], cells))
    heard = np.zeros(0)
    if snapshot.protected_gain.size:
        heard = snapshot.protected_gain @ power
    return Replay(found, rate, users, taken[0], taken[1], heard)
