"""Cells that users may be served by, as far as radio goes."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.network_gains import margins

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
