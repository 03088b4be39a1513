"""Block schedules and channel assignments from the network's state."""

from itertools import combinations

import numpy as np

from formulations.blocks import BlockSchedule
from formulations.channels import ChannelAssignment
from formulations.context import Network
from formulations.network_blocks import block_groups, block_rates, blocked_blocks
from formulations.network_gains import given, labels_of, margins, require
from formulations.problem import FieldError, Origin

LEAST_AVERAGE = 1.0
"""bit/s at the least that a user has had so far, so that its logarithm is finite."""


def block_schedule(network: Network, confidence: float | None) -> BlockSchedule:
    """Blocks of the cells in service, for the users that each of them serves.

    A user's rate on a block is that at full power of all cells in service. What a
    radar silences is blocked, block by block where a band is named. Averages start
    from an equal share of the cell's blocks, and weights are demands relative to their
    mean. Users whose cell is out of service have no row. Shares of slices limit the
    blocks of their users, or of all others, in each cell.
    """
    snapshot = network.snapshot
    require(
        snapshot,
        BlockSchedule,
        *("gain", "noise", "p_max", "carrier", "bandwidth", "blocks", "previous"),
    )
    serving = snapshot.previous
    users = np.flatnonzero((serving >= 0) & network.powered[serving])
    if not users.size:
        found = "no cell in service that serves a user"
        raise FieldError("TwinSnapshot.previous", None, found, "a cell for some user")
    cells = np.flatnonzero(network.powered)
    cell = np.searchsorted(cells, serving[users])
    each = block_rates(network, confidence, users)
    most = int(snapshot.blocks[cells].max())
    blocked, origin = blocked_blocks(network, cells, most)
    rate = np.repeat(each[:, None], most, axis=1)
    served = np.bincount(cell, minlength=len(cells))
    share = snapshot.blocks[cells][cell] / served[cell]
    admitted = network.admitted[users]
    groups, most_of_groups, behind = block_groups(network, users, cells, blocked)
    demand = network.demand[users]
    mean = float(snapshot.demand.mean()) if snapshot.demand.size else 0.0
    for name, field in (
        ("p_max", "rate"),
        ("bandwidth", "rate"),
        ("demand", "weight"),
        ("min_rate", "min_rate"),
        ("admitted", "max_blocks"),
    ):
        of_cells = name in ("p_max", "bandwidth")
        places = serving[users] if of_cells else users
        entries = [
            (row, item)
            for row, place in enumerate(places)
            for item in network.by(name, int(place))
        ]
        if entries:
            origin.setdefault(field, []).extend(entries)
    return BlockSchedule(
        rate=rate,
        cell=cell,
        min_rate=np.where(admitted, network.min_rate[users], 0.0),
        max_blocks=np.where(admitted, np.inf, 0.0),
        blocked=blocked,
        objective="proportional_fair",
        average=np.maximum(each * share, LEAST_AVERAGE),
        **given(
            weight=demand / mean if mean > 0 else np.empty(0),
            group=groups,
            group_blocks=most_of_groups,
        ),
        origin=origin | behind,
        labels=labels_of(
            U=_named(snapshot.user_id, users), B=_named(snapshot.cell_id, cells)
        ),
    )


def channel_assignment(network: Network, confidence: float | None) -> ChannelAssignment:
    """Carriers of the cells in service, so that they disturb each other least.

    Channels are the carriers of the snapshot in ascending order, and a cell would keep
    its own where that costs nothing. Two cells on one carrier cost what their users
    lose: the sum over the users of both of ``log2(1 + SNR)`` less what is left of it
    with the other cell at full power, in bit/s/Hz. Carriers that a radar silences are
    in no domain of the cells that it hears.
    """
    snapshot = network.snapshot
    require(
        snapshot,
        ChannelAssignment,
        *("gain", "noise", "p_max", "carrier", "bandwidth", "blocks", "previous"),
    )
    cells = np.flatnonzero(network.powered)
    if not cells.size:
        raise FieldError("TwinSnapshot.alive", None, "no cell", "a cell in service")
    carriers, own = np.unique(snapshot.carrier, return_inverse=True)
    origin: Origin = {}
    domains = []
    for row, cell in enumerate(cells):
        half = network.bandwidth[cell] / 2
        allowed = np.ones(len(carriers), bool)
        for band, item in network.silent.get(int(cell), []):
            low, high = band or (0.0, np.inf)
            shut = (carriers - half < high) & (carriers + half > low)
            if (shut & allowed).any():
                origin.setdefault("domains", []).append((row, item))
            allowed &= ~shut
        domains.append(np.flatnonzero(allowed))
    lost = _losses(network, confidence, cells)
    pairs = np.array(list(combinations(range(len(cells)), 2)), int).reshape(-1, 2)
    penalty = (lost + lost.T)[pairs[:, 0], pairs[:, 1]]
    kept = penalty > 0
    origin["penalty"] = [
        (place, item)
        for place, pair in enumerate(pairs[kept])
        for item in _behind_loss(network, cells[pair])
    ]
    return ChannelAssignment(
        domains=tuple(domains),
        pairs=pairs[kept],
        separation=np.ones(int(kept.sum()), int),
        penalty=penalty[kept],
        preferred=own[cells],
        objective="min_interference",
        origin={field: entries for field, entries in origin.items() if entries},
        labels=labels_of(V=_named(snapshot.cell_id, cells)),
    )


def _losses(
    network: Network, confidence: float | None, cells: np.ndarray
) -> np.ndarray:
    """What users of each cell lose (C, C), row by the cell that they hear beside."""
    snapshot = network.snapshot
    gain, cross = margins(snapshot, confidence, len(cells))
    power = network.p_max / snapshot.blocks
    users = np.flatnonzero(network.admitted & np.isin(snapshot.previous, cells))
    serving = snapshot.previous[users]
    own = (gain[users, serving] * power[serving])[:, None]
    noise = snapshot.noise[users][:, None]
    heard = cross[np.ix_(users, cells)] * power[cells]
    loss = np.log2(1 + own / noise) - np.log2(1 + own / (noise + heard))
    of_cell = np.searchsorted(cells, serving)
    lost = np.zeros((len(cells), len(cells)))
    np.add.at(lost, of_cell, loss)
    np.fill_diagonal(lost, 0.0)
    return lost


def _behind_loss(network: Network, pair: np.ndarray) -> list[object]:
    """Items that changed what two cells send, or whom they serve; each once."""
    users = np.flatnonzero(np.isin(network.snapshot.previous, pair))
    items = [item for cell in pair for item in network.by("p_max", int(cell))]
    items += [item for user in users for item in network.by("admitted", int(user))]
    return list({id(item): item for item in items}.values())


def _named(names: np.ndarray, index: np.ndarray) -> np.ndarray:
    return names[index] if names.size else names
