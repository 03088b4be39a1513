"""Blocks of a network: what they carry, which stay unused, whose they may be."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.network_gains import margins
from formulations.problem import Origin
from formulations.slice_shares import group_limits

if TYPE_CHECKING:
    from formulations.context import Network

WHOLE = 1e-9
"""Blocks by which a share may miss a whole number by rounding."""


def block_rates(
    network: "Network", confidence: float | None, users: np.ndarray
) -> np.ndarray:
    """Rate (u,) bit/s of ``users`` (u,) on a block of theirs, all at full power."""
    snapshot, serving = network.snapshot, network.snapshot.previous
    gain, cross = margins(snapshot, confidence, int(network.powered.sum()))
    power = np.where(network.powered, network.p_max, 0.0) / snapshot.blocks
    heard = cross[users] * power
    heard[np.arange(len(users)), serving[users]] = 0.0
    own = gain[users, serving[users]] * power[serving[users]]
    sinr = own / (snapshot.noise[users] + heard.sum(axis=1))
    width = network.bandwidth / snapshot.blocks
    return width[serving[users]] * np.log2(1 + sinr)


def blocked_blocks(
    network: "Network", cells: np.ndarray, most: int
) -> tuple[np.ndarray, Origin]:
    """Blocks (B, N) to leave unused and who asked for it."""
    snapshot = network.snapshot
    count = snapshot.blocks[cells]
    blocked = np.arange(most) >= count[:, None]
    origin: Origin = {}
    for row, cell in enumerate(cells):
        width = network.bandwidth[cell] / count[row]
        low = snapshot.carrier[cell] - network.bandwidth[cell] / 2
        edges = low + width * np.arange(most + 1)
        for band, item in network.silent.get(int(cell), []):
            bottom, top = band or (0.0, np.inf)
            shut = (edges[:-1] < top) & (edges[1:] > bottom) & ~blocked[row]
            blocked[row] |= shut
            origin.setdefault("blocked", []).extend(
                ((row, int(block)), item) for block in np.flatnonzero(shut)
            )
    return blocked, {field: entries for field, entries in origin.items() if entries}


def block_groups(
    network: "Network", users: np.ndarray, cells: np.ndarray, blocked: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Origin]:
    """Groups (G, U) of users, whole blocks (G, B) that each may have, and who says so.

    Of the blocks that are not blocked; a slice without users in a cell keeps none.
    """
    room = np.zeros(len(network.p_max))
    room[cells] = (~blocked).sum(axis=1)
    use = np.zeros((len(network.admitted), len(room)))
    here = users[network.admitted[users]]
    serving = network.snapshot.previous[here]
    use[here, serving] = room[serving]
    field = "group_blocks"
    groups, limits, behind = group_limits(network.shares, room, use, field)
    row = {int(cell): place for place, cell in enumerate(cells)}
    entries = [((g, row[b]), item) for (g, b), item in behind.get(field, [])]
    whole = np.floor(limits[:, cells] + WHOLE)
    return groups[:, users], whole, {field: entries} if entries else {}
