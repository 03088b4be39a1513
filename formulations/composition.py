"""Problems from a twin snapshot and a context report."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from formulations.association import UserAssociation
from formulations.blocks import BlockSchedule
from formulations.candidate_cells import LEAST_SINR as LEAST_SINR
from formulations.candidate_cells import NEEDED, candidate_cells
from formulations.channels import ChannelAssignment
from formulations.context import Network, in_context
from formulations.network_gains import given, labels_of, margins, raised, require
from formulations.power import PowerControl
from formulations.problem import FieldError, Origin, Problem
from formulations.slice_shares import group_limits
from formulations.spectrum_composition import block_schedule, channel_assignment
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport

PREFERENCE_WORTH = 1.0
"""bit/s/Hz that PREFER adds to a cell's utility and AVOID takes off."""
FULL_TIME = 1.0
"""Capacity of a cell: all of its time."""
ASSOCIATION_FIELDS = {
    "alive": "capacity",
    "demand": "load",
    "min_rate": "load",
    "p_max": "utility",
    "bandwidth": "utility",
    "admitted": "utility",
}
"""Field of an association that a change of the network shows in."""

AnyProblem = TypeVar("AnyProblem", bound=Problem)


def compose(
    snapshot: TwinSnapshot,
    report: "ContextReport | None",
    problem: type[AnyProblem],
    confidence: float | None = None,
) -> AnyProblem:
    """Problem of a class from the network's state and what was said about it.

    Parameters
    ----------
    snapshot : TwinSnapshot
        State of the network; its policy rules hold, too.
    report : ContextReport or None
        Items that hold at the snapshot's time change the state.
    problem : type
        ``PowerControl``, ``UserAssociation``, ``BlockSchedule`` or
        ``ChannelAssignment``.
    confidence : float
        In (0.5, 1): own gains are lowered and others raised by their standard
        deviation, so that each link's rate holds with this probability (union bound
        over the gains that it hears).

    Returns
    -------
    Problem
        With ``origin``: by field, the entries that do not come from the snapshot and
        the item or rule behind each.

    Raises
    ------
    FieldError
        If the snapshot lacks a part that the problem needs, or an item names a cell or
        user that is not there.
    """
    if problem not in BUILDERS:
        allowed = f"one of {', '.join(kind.__name__ for kind in BUILDERS)}"
        found = getattr(problem, "__name__", repr(problem))
        raise FieldError("compose.problem", None, found, allowed)
    if confidence is not None and not 0.5 < confidence < 1:
        raise FieldError("compose.confidence", None, confidence, "in (0.5, 1)")
    network = in_context(snapshot, report)
    return cast(AnyProblem, BUILDERS[problem](network, confidence))


def user_association(network: Network, confidence: float | None) -> UserAssociation:
    """Spectral efficiency of each pair, and the share of a cell's time it takes.

    Utility is ``log2(1 + SINR)`` at full power of all cells; the load is what the user
    needs, the larger of demand and floor, over the rate with the whole cell. Shares of
    slices limit the load of their users, or of all others, in each cell.
    """
    snapshot = network.snapshot
    require(snapshot, UserAssociation, *NEEDED)
    candidate, efficiency = candidate_cells(network, confidence)
    rate = efficiency * network.bandwidth
    utility = np.where(candidate, efficiency, -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.maximum(network.demand, network.min_rate)[:, None] / rate
    load = np.where(candidate, needed, np.inf)
    origin: Origin = {}
    _prefer(network, utility, origin)
    for name, target in ASSOCIATION_FIELDS.items():
        for index, item in network.changes.get(name, []):
            origin.setdefault(target, []).append((index, item))
    capacity = np.where(network.alive, FULL_TIME, 0.0)
    could = np.where(np.isfinite(utility), load, 0.0)
    field = "group_capacity"
    groups, limits, behind = group_limits(network.shares, capacity, could, field)
    return UserAssociation(
        utility=utility,
        load=load,
        capacity=capacity,
        **given(previous=snapshot.previous, group=groups, group_capacity=limits),
        origin=origin | behind,
        labels=labels_of(U=snapshot.user_id, B=snapshot.cell_id),
    )


def power_control(network: Network, confidence: float | None) -> PowerControl:
    """One link for each cell that serves somebody, to the user it serves worst.

    The receiver of a cell's link is its user with the lowest SINR at full power. Its
    floor is the sum of the floors of the cell's users: if the worst can be sent that
    much with all of the cell's time, shares of the time meet every floor. The objective
    is proportionally fair, as a link stands for all users of its cell: none is
    silenced. The weight is the cell's demand, relative to the
    mean demand of a user in the snapshot.
    """
    snapshot = network.snapshot
    require(
        snapshot,
        PowerControl,
        *("gain", "noise", "p_max", "bandwidth", "blocks", "previous"),
    )
    serving = np.where(network.admitted, snapshot.previous, -1)
    cells = np.flatnonzero(network.alive & (network.p_max > 0))
    cells = cells[np.isin(cells, serving)]
    if not cells.size:
        found = "no cell in service that serves a user"
        raise FieldError("TwinSnapshot.previous", None, found, "a cell for some user")
    gain, cross = margins(snapshot, confidence, len(cells))
    sent = np.where(network.alive, network.p_max, 0.0)
    noise = snapshot.noise * snapshot.blocks[np.maximum(serving, 0)]
    floors = np.bincount(
        serving[serving >= 0], network.min_rate[serving >= 0], len(network.p_max)
    )[cells]
    receiver = _worst_served(serving, cells, gain, cross, sent, noise)
    link_gain = cross[np.ix_(receiver, cells)]
    diagonal = np.diag_indices(len(cells))
    link_gain[diagonal] = gain[receiver, cells]
    demand = np.bincount(serving[serving >= 0], network.demand[serving >= 0],
                         len(network.p_max))  # fmt: skip
    mean = float(snapshot.demand.mean()) if snapshot.demand.size else 0.0
    protected = snapshot.protected_gain[:, cells] * raised(snapshot, confidence, cells)
    return PowerControl(
        gain=link_gain,
        noise=noise[receiver],
        p_max=network.p_max[cells],
        bandwidth=float(network.bandwidth[cells].min()),
        objective="proportional_fair",
        min_rate=floors,
        **given(
            weight=demand[cells] / mean if mean > 0 else np.empty(0),
            protected_gain=protected,
            protected_limit=network.protected_limit,
        ),
        origin=_power_origin(network, cells, serving),
        labels=labels_of(
            L=snapshot.cell_id[cells] if snapshot.cell_id.size else snapshot.cell_id,
            M=snapshot.protected_id,
        ),
    )


def _worst_served(
    serving: np.ndarray,
    cells: np.ndarray,
    gain: np.ndarray,
    cross: np.ndarray,
    sent: np.ndarray,
    noise: np.ndarray,
) -> np.ndarray:
    """User (L,) of each cell with the lowest SINR when all cells send ``sent``."""
    served = np.flatnonzero(serving >= 0)
    cell = serving[served]
    heard = cross[served] * sent
    heard[np.arange(len(served)), cell] = 0.0
    sinr = np.full(len(serving), np.inf)
    sinr[served] = gain[served, cell] * sent[cell] / (noise[served] + heard.sum(axis=1))
    return np.array(
        [
            users[np.argmin(sinr[users])]
            for users in (np.flatnonzero(serving == cell) for cell in cells)
        ]
    )


def _power_origin(network: Network, cells: np.ndarray, serving: np.ndarray) -> Origin:
    """Who is behind the entries of a power problem."""
    found: Origin = {
        "p_max": [],
        "min_rate": [],
        "weight": [],
        "protected_limit": list(network.changes.get("protected_limit", [])),
    }
    for link, cell in enumerate(cells):
        found["p_max"] += [(link, item) for item in network.by("p_max", int(cell))]
        for name, field in (("min_rate", "min_rate"), ("demand", "weight")):
            asked = {
                id(item): item
                for user in np.flatnonzero(serving == cell)
                for item in network.by(name, int(user))
            }
            found[field] += [(link, item) for item in asked.values()]
    return {name: entries for name, entries in found.items() if entries}


def _prefer(network: Network, utility: np.ndarray, origin: Origin) -> None:
    """Apply preferences to the utility: SHALL and FORBID rule out, others add.

    A SHALL for cells that are no candidates rules out nothing: the user would be left
    without any.
    """
    shall: dict[int, set[int]] = {}
    items: dict[int, Any] = {}
    for (user, cell), (word, item) in network.preference.items():
        before = utility[user, cell]
        if word == "SHALL":
            shall.setdefault(user, set()).add(cell)
            items[user] = item
            continue
        worth = {"PREFER": PREFERENCE_WORTH, "AVOID": -PREFERENCE_WORTH}
        utility[user, cell] += worth.get(word, -np.inf)
        if utility[user, cell] != before:
            origin.setdefault("utility", []).append(((user, cell), item))
    for user, cells in shall.items():
        if not np.isfinite(utility[user, list(cells)]).any():
            continue
        others = np.setdiff1d(np.flatnonzero(np.isfinite(utility[user])), list(cells))
        utility[user, others] = -np.inf
        for cell in others:
            origin.setdefault("utility", []).append(((user, int(cell)), items[user]))


BUILDERS: dict[type[Problem], Callable[[Network, float | None], Problem]] = {
    UserAssociation: user_association,
    PowerControl: power_control,
    BlockSchedule: block_schedule,
    ChannelAssignment: channel_assignment,
}
"""Function that makes each problem of a network."""
