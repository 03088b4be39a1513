"""Constraint programming on CP-SAT, in a worker process only."""

import itertools
from typing import Any

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channel_tables import rounded_up
from formulations.channels import ChannelAssignment, Channels
from rrm.argument import BySearch
from rrm.cpsat_solver import RESOLUTION, search
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_PAIRS = 200_000  # its model is built pair by pair


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.sizes["E"] > MOST_PAIRS:
        return f"states at most {MOST_PAIRS} pairs"
    return None


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="the optimum by search, where rounding to integers loses little",
    isolated=True,
    needs=("ortools",),
    rank=60,
    share=0.3,
)
def cpsat(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """State groups by their states and pairs by which channel is above [1]_.

    That there is no assignment counts once another engine agrees.

    Complexity: exponential at worst, with a boolean for each channel of each domain.

    References
    ----------
    .. [1] L. Perron, F. Didier, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    model = cp_model.CpModel()
    start = known.network.start
    x = [model.new_bool_var("") for _ in range(start[-1])]
    for low, high in itertools.pairwise(start):
        model.add_exactly_one(x[low:high])
    missed = _add_pairs(model, x, known)
    steps = _add_objective(model, x, missed, problem, known)
    if incumbent.allocation is not None:
        state = known.states(incumbent.allocation.channel)
        for s in (start[:-1] + state)[state >= 0].tolist():
            model.add_hint(x[s], 1)

    def offer(values: np.ndarray) -> None:
        state = np.flatnonzero(values > 0) - start[:-1]
        incumbent.offer(Channels(known.channels(state)))

    is_empty, bound = search(model, x, offer, incumbent)
    if is_empty:
        incumbent.tighten(np.inf, BySearch("cp-sat"))
    elif np.isfinite(bound):
        if problem.objective == "min_interference":
            rounding = 0.5 * (len(missed) + len(x))  # steps the sum may be off by
            bound = rounded_up((bound - rounding) / steps * known.unit, problem)
        incumbent.tighten(bound, BySearch("cp-sat"))


def _add_pairs(
    model: Any, x: list[Any], known: ChannelNetwork
) -> list[tuple[Any, float]]:
    """State all pairs between groups; soft ones by whether they are missed."""
    from ortools.sat.python import cp_model

    network = known.network
    start, states = network.start, np.diff(network.start)
    owner = np.repeat(np.arange(len(states)), np.diff(network.first))
    channels: dict[int, Any] = {}

    def channel(group: int, offset: int) -> Any:
        if offset not in channels:
            values = network.channel[offset : offset + states[group]].tolist()
            own = x[start[group] : start[group + 1]]
            channels[offset] = model.new_int_var(min(values), max(values), "")
            total = cp_model.LinearExpr.weighted_sum(own, values)
            model.add(channels[offset] == total)
        return channels[offset]

    missed = []
    for a in np.flatnonzero(owner < network.neighbour).tolist():
        own = channel(int(owner[a]), int(network.own[a]))
        other = channel(int(network.neighbour[a]), int(network.other[a]))
        gap, ways = int(network.gap[a]), []
        for apart in (own - other, other - own):
            ways.append(model.new_bool_var(""))
            rule = apart == gap if network.exact[a] else apart >= gap
            model.add(rule).only_enforce_if(ways[-1])
        if np.isfinite(network.weight[a]):
            ways.append(model.new_bool_var(""))
            missed.append((ways[-1], float(network.weight[a])))
        model.add_bool_or(ways)
    for s in np.flatnonzero(network.hard).tolist():
        model.add(x[s] == 0)
    return missed


def _add_objective(
    model: Any,
    x: list[Any],
    missed: list[tuple[Any, float]],
    problem: ChannelAssignment,
    known: ChannelNetwork,
) -> float:
    """State what is minimized; integer steps of the largest penalty."""
    from ortools.sat.python import cp_model

    start, steps = known.network.start, 1.0
    if problem.objective == "min_span":
        top = model.new_int_var(0, int(known.highest.max()), "")
        for low, high in itertools.pairwise(start):
            values = known.highest[low:high].tolist()
            model.add(top >= cp_model.LinearExpr.weighted_sum(x[low:high], values))
        model.minimize(top)
    elif problem.objective == "min_order":
        entry, place, _ = known.entries()
        channel = known.network.channel[entry]
        used = {int(c): model.new_bool_var("") for c in np.unique(channel)}
        for s, c in zip(place.tolist(), channel.tolist(), strict=True):
            model.add_implication(x[s], used[c])
        model.minimize(sum(used.values()))
    elif problem.objective == "min_interference":
        weight = np.array([one for _, one in missed] + known.network.soft.tolist())
        largest = max(weight.max(initial=0.0), 1.0)
        steps = RESOLUTION / largest
        cost = np.rint(weight * steps).astype(np.int64).tolist()
        terms = [one for one, _ in missed] + x
        model.minimize(cp_model.LinearExpr.weighted_sum(terms, cost))
    return steps
