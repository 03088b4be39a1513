"""Biconnected parts of a channel assignment, decided from the outermost inwards.

Two parts have at most one group in common. What an outer part costs at the least, for
each state of the group at which it hangs on the rest, becomes a cost of that state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channel_peeling import cut_out
from formulations.channel_search import least_costs
from formulations.channel_tables import rounded_up
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_blocks import components

ROUNDING = 1e-9
"""Relative error of sums of costs, all of them positive."""


class Decided(NamedTuple):
    """What all parts together cost.

    Attributes
    ----------
    value : float
        Least cost in the network's unit, or a bound on it where parts are left out; inf
        if there is no assignment; nan if it was over before the end.
    state : (W,)
        State of each group, -1 where a part was left out.
    is_whole : bool
        Whether no part was left out.
    """

    value: float
    state: np.ndarray
    is_whole: bool


@dataclass(frozen=True)
class BlockTree:
    """Parts decided by search, one after the other; what takes too long costs nothing.

    Attributes
    ----------
    nodes : int
        Of the search in each part, for each state of the group at which it hangs.
    below : float
        For the span: largest channels from here on are not looked at.
    """

    nodes: int
    below: float = np.inf

    def bound(self, problem: ChannelAssignment) -> float:
        """Least interference; the span ``below`` which nothing is; inf if all fails."""
        known = problem.network
        if isinstance(known, EmptyDomain):
            return np.inf
        if problem.objective == "min_order":
            return np.nan
        value = decide(problem, known, self.nodes, self.below, lambda work: False).value
        if problem.objective == "min_span":
            return self.below if np.isinf(value) else 0.0
        if problem.objective == "feasible" or np.isinf(value):
            return value
        return rounded_up(value * (1 - ROUNDING) * known.unit, problem)


def decide(
    problem: ChannelAssignment,
    known: ChannelNetwork,
    nodes: int,
    below: float,
    is_over: Callable[[int], bool],
) -> Decided:
    """Go through the parts from the outermost inwards, then take their states [1]_.

    Whether it ``is_over`` is asked with 1 before each part, and with 0 within.

    References
    ----------
    .. [1] E. C. Freuder, "A sufficient condition for backtrack-bounded search", J. ACM
       32(4), 1985. https://doi.org/10.1145/4221.4225
    """
    network = known.network
    start = network.start
    cost = np.where(network.hard > 0, np.inf, network.soft)
    if problem.objective == "min_span":
        cost[known.highest >= below] = np.inf
    first, member, top = parts_of(known)
    kept: list[tuple[np.ndarray, np.ndarray | None]] = []
    is_whole, extra, place = True, 0.0, np.full(len(start) - 1, -1)
    for k, root in enumerate(top.tolist()):
        if is_over(1):
            return Decided(np.nan, np.zeros(0, np.intp), False)
        others = member[first[k] : first[k + 1]]
        groups = np.sort(np.append(others, root))
        part = _alone(known, groups, cost, place)
        found = least_costs(part, groups, root, nodes, lambda: is_over(0))
        if found is None and is_over(0):
            return Decided(np.nan, np.zeros(0, np.intp), False)
        if found is None:
            is_whole = False
            extra += sum(cost[start[w] : start[w + 1]].min() for w in others.tolist())
            kept.append((groups, None))
            continue
        least, states = found
        cost[start[root] : start[root + 1]] = least
        kept.append((groups, states))
    inner = np.ones(len(start) - 1, bool)
    inner[member] = False
    value, state = extra, np.full(len(start) - 1, -1, np.intp)
    for w in np.flatnonzero(inner).tolist():
        own = cost[start[w] : start[w + 1]]
        state[w] = own.argmin()
        value += own[state[w]]
    for root, (groups, states) in zip(top[::-1], kept[::-1], strict=True):
        if states is not None and state[root] >= 0:
            state[groups] = states[state[root]]
    return Decided(float(value), state, is_whole)


def parts_of(known: ChannelNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Blocks of the graph of groups as :func:`components` has them, a large one last.

    The search begins at a group of the largest block.
    """
    network = known.network
    each = np.arange(len(network.start) - 1)
    first, member, top = components(each, network.first, network.neighbour)
    if not len(top):
        return first, member, top
    largest = int(np.diff(first).argmax())
    inside = member[first[largest] : first[largest + 1]]
    only = inside[~np.isin(inside, top)]
    root = (only if only.size else inside)[0]
    roots = np.append(root, np.delete(each, root))
    return components(roots, network.first, network.neighbour)


def _alone(
    known: ChannelNetwork, groups: np.ndarray, cost: np.ndarray, place: np.ndarray
) -> ChannelNetwork:
    """Groups (K,) alone, with states that cost ``cost`` (S,)."""
    network = cut_out(known.network, groups, place)
    start = known.network.start
    own = np.concatenate([cost[start[w] : start[w + 1]] for w in groups])
    closed = np.isinf(own)
    network = network._replace(
        hard=closed.astype(np.int32), soft=np.where(closed, 0.0, own)
    )
    nobody = np.zeros(0, np.intp)
    return ChannelNetwork(network, nobody, nobody, known.unit)
