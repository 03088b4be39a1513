"""Cells that users may be served by, as far as radio goes."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.network_gains import margins
from formulations.precedence import SetAside

if TYPE_CHECKING:
    from formulations.context import Network

LEAST_SINR = 0.1
"""-10 dB: below it a cell is no candidate (lowest CQI, 3GPP TS 38.214)."""
NEEDED = ("gain", "noise", "p_max", "bandwidth", "blocks")
"""Parts of a snapshot that candidates rest on."""


def candidate_cells(
    network: "Network", confidence: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each cell is a candidate of each user (U, B), and bit/s/Hz (U, B).

    With all cells at full power the SINR must be ``LEAST_SINR``, and the whole cell
    must keep the user's floor.
    """
    snapshot = network.snapshot
    gain, cross = margins(snapshot, confidence, len(network.p_max))
    power = np.where(network.alive, network.p_max, 0.0) / snapshot.blocks  # per block
    received = gain * power
    heard = cross * power
    others = heard.sum(axis=1, keepdims=True) - heard
    sinr = received / (snapshot.noise[:, None] + np.maximum(others, 0.0))
    efficiency = np.log2(1 + sinr)
    able = efficiency * network.bandwidth >= network.min_rate[:, None]
    return (sinr >= LEAST_SINR) & able & network.admitted[:, None], efficiency


def out_of_reach(network: "Network") -> list[SetAside]:
    """SHALLs for users of whom no cell that they may have is a candidate.

    They rule out nothing in an association: the user would be left without any.
    """
    shall: dict[int, list[int]] = {}
    behind = {}
    for (user, cell), (word, item) in network.preference.items():
        if word == "SHALL":
            shall.setdefault(user, []).append(cell)
            behind[user] = item
    if not shall or not all(getattr(network.snapshot, name).size for name in NEEDED):
        return []
    able, _ = candidate_cells(network, None)
    lost: dict[int, list[int]] = {}
    for user, cells in shall.items():
        if not able[user, cells].any():
            lost.setdefault(id(behind[user]), []).append(user)
    items = {id(item): item for item in behind.values()}
    why = "the cell is no candidate: too weak, or not enough for the floor"
    return [SetAside(items[k], np.array(users), None, why) for k, users in lost.items()]
