"""Rate floors of users and shares of their slices that do not fit together."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.network_blocks import WHOLE, block_groups, block_rates, blocked_blocks
from formulations.precedence import PRIORITIES, RULE_PRIORITY, SetAside, rank

if TYPE_CHECKING:
    from formulations.context import Network

NEEDED = ("gain", "noise", "p_max", "carrier", "bandwidth", "blocks", "previous")
"""What the blocks that a floor takes follow from."""
Waived = tuple[Any, np.ndarray]
"""A share, and users whose floors in the snapshot it leaves no blocks for."""
Place = tuple[Any, int, np.ndarray, float]
"""Item of a share, cell, users (u,) bool whom it leaves blocks there, and how many."""
SNAPSHOT_RANK = PRIORITIES.index(RULE_PRIORITY)
"""Of floors that nobody says."""


def crowded_cells(network: "Network") -> set[int]:
    """Cells of which floors need more blocks than shares of equals leave them.

    Others gave way, see :func:`give_way`. ``BlockSchedule`` has no answer then.
    """
    found = _beside_shares(network)
    if found is None:
        return set()
    _, need, places = found
    return {cell for _, cell, group, limit in places if need[group].sum() > limit}


def give_way(network: "Network") -> tuple[list[SetAside], list[Waived]]:
    """What is weaker where floors need more blocks of a cell than a share leaves.

    Floors of lower priority than the share give way, the lowest and then the largest
    first, until what is left fits; a share gives way to floors of higher priority that
    need more alone, and is taken from ``network.shares`` in that cell. Of equals both
    stay. Floors of the snapshot, which nobody says, count as an SLA. Users are where
    they are served now; floors are left as they are.
    """
    found = _beside_shares(network)
    if found is None:
        return [], []
    users, need, places = found
    gone: dict[tuple[int, int], tuple[Any, Any, set[int]]] = {}
    for item, cell, group, limit in places:
        here = group & (need > 0)
        if need[here].sum() <= limit:
            continue
        own = rank(item)
        last = {
            u: next(reversed(network.by("min_rate", users[u])), None)
            for u in np.flatnonzero(here).tolist()
        }
        ranks = {u: rank(of) if of else SNAPSHOT_RANK for u, of in last.items()}
        strong = [u for u in last if own < ranks[u]]
        if need[strong].sum() > limit:
            to = last[strong[0]]
            named = gone.setdefault((id(item), id(to)), (item, to, set()))[2]
            named.update(users[strong].tolist())
            _take(network, item, cell)
            continue
        weak = [u for u in last if ranks[u] < own]
        for u in sorted(weak, key=lambda u: (ranks[u], -need[u])):
            if need[here].sum() <= limit:
                break
            floor = last[u]
            named = gone.setdefault((id(floor), id(item)), (floor, item, set()))[2]
            named.add(int(users[u]))
            need[u] = 0.0
    told: list[SetAside] = []
    waived: list[Waived] = []
    for item, to, named in gone.values():
        theirs = np.array(sorted(named))
        if item is None:
            waived.append((to, theirs))
            why = "it holds, but leaves no blocks for floors of the snapshot"
            told.append(SetAside(to, theirs, None, why))
        else:
            told.append(SetAside(item, theirs, to, "no blocks are left for both"))
    return told, waived


def _beside_shares(
    network: "Network",
) -> tuple[np.ndarray, np.ndarray, list[Place]] | None:
    """Users in service, blocks that their floors take, and what shares leave.

    None where there is nothing of both, or blocks are not known.
    """
    snapshot = network.snapshot
    if not network.shares or not network.min_rate.any():
        return None
    serving = snapshot.previous
    users = np.flatnonzero((serving >= 0) & network.powered[serving])
    is_known = all(getattr(snapshot, name).size for name in NEEDED)
    if not is_known or not users.size:
        return None
    cells = np.flatnonzero(network.powered)
    blocked, _ = blocked_blocks(network, cells, int(snapshot.blocks[cells].max()))
    groups, limits, behind = block_groups(network, users, cells, blocked)
    places: list[Place] = []
    for (g, row), item in behind.get("group_blocks", []):
        group = groups[g] & (serving[users] == cells[row])
        places.append((item, int(cells[row]), group, float(limits[g, row])))
    return users, _needed(network, users), places


def _needed(network: "Network", users: np.ndarray) -> np.ndarray:
    """Blocks (u,) that the floors of ``users`` take."""
    each, floor = block_rates(network, None, users), network.min_rate[users]
    need = np.where((floor > 0) & network.admitted[users], np.inf, 0.0)
    np.divide(floor, each, out=need, where=(each > 0) & (need > 0))
    return np.ceil(need - WHOLE)


def _take(network: "Network", item: Any, cell: int) -> None:
    """Let the shares of an item hold in a cell no more."""
    network.shares = [
        replace(one, cells=one.cells[one.cells != cell]) if one.item is item else one
        for one in network.shares
    ]
