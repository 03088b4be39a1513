"""Groups that can wait until all others have their states, and the part without them.

A pair blocks at most so many states of a group as lie in the widest window of channels
that it forbids. A group whose pairs together cannot block all of its open states finds
one whatever the others take, so it can be placed last. Without it, others may be such
groups in turn.
"""

from dataclasses import dataclass

import numpy as np

from formulations.channel_network import ChannelNetwork
from formulations.kernels.channel_moves import FREE, Network
from formulations.kernels.channel_peeling import peel, place_last

MOST_ARCS = 64
"""Pairs at a group, on average, above which nobody is looked for."""


@dataclass(frozen=True)
class Peeling:
    """What is left of a network without groups that are placed last [1]_.

    Every assignment of the part that uses open states extends to one of all groups that
    does, and no pair of the others is violated. An assignment of all is one of the
    part, so that bounds of the part are bounds.

    Attributes
    ----------
    known : ChannelNetwork
        All groups.
    is_open : (S,) bool
        States that may be used.
    order : (P,)
        Groups in the order in which they go.
    kept : (K,)
        Groups of the part, ascending.
    part : ChannelNetwork
        Those alone, with the pairs between them.

    References
    ----------
    .. [1] D. W. Matula, L. L. Beck, "Smallest-last ordering and clustering and graph
       coloring algorithms", J. ACM 30(3), 1983. https://doi.org/10.1145/2402.322385
    """

    known: ChannelNetwork
    is_open: np.ndarray
    order: np.ndarray
    kept: np.ndarray
    part: ChannelNetwork

    def states(self, state: np.ndarray) -> np.ndarray:
        """State (W,) of each group from those (K,) of the part, which use open ones."""
        chosen = np.full(len(self.known.network.start) - 1, FREE, np.intp)
        chosen[self.kept] = state
        place_last(self.known.network, self.is_open, self.order, chosen)
        return chosen


def peeled(known: ChannelNetwork, is_open: np.ndarray) -> Peeling:
    """Take groups away while one is left that its pairs cannot block.

    ``is_open`` (S,) are the states that may be used, and that cost nothing.
    """
    network, groups = known.network, len(known.network.start) - 1
    order = np.zeros(0, np.int64)
    if len(network.neighbour) <= MOST_ARCS * groups:
        order = peel(network, is_open)
    is_kept = np.ones(groups, bool)
    is_kept[order] = False
    part = part_of(known, is_kept) if order.size else known
    return Peeling(known, is_open, order, np.flatnonzero(is_kept), part)


def part_of(known: ChannelNetwork, is_kept: np.ndarray) -> ChannelNetwork:
    """Groups ``is_kept`` (W,) alone, with all of their states and the pairs between."""
    network, inside = known.network, is_kept[known.group]
    number = np.full(len(is_kept), -1)
    part = cut_out(network, np.flatnonzero(is_kept), number)
    number = np.cumsum(is_kept) - 1
    group, offset = number[known.group[inside]], known.offset[inside]
    return ChannelNetwork(part, group, offset, known.unit)


def cut_out(network: Network, groups: np.ndarray, place: np.ndarray) -> Network:
    """Groups (K,) alone; ``place`` (W,) is -1 for all, and is so again afterwards."""
    place[groups] = np.arange(len(groups))
    arcs = network.first[groups + 1] - network.first[groups]
    states = network.start[groups + 1] - network.start[groups]
    arc = _ranges(network.first[groups], arcs)
    owner, neighbour = np.repeat(np.arange(len(groups)), arcs), network.neighbour[arc]
    inside = place[neighbour] >= 0
    arc, owner, neighbour = arc[inside], owner[inside], place[neighbour[inside]]
    place[groups] = -1
    first = np.zeros(len(groups) + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=len(groups)), out=first[1:])
    start = np.zeros(len(groups) + 1, network.start.dtype)
    np.cumsum(states, out=start[1:])
    state = _ranges(network.start[groups], states)
    return network._replace(
        start=start,
        first=first,
        neighbour=neighbour,
        own=network.own[arc],
        other=network.other[arc],
        base=network.base[arc],
        gap=network.gap[arc],
        exact=network.exact[arc],
        weight=network.weight[arc],
        hard=network.hard[state],
        soft=network.soft[state],
    )


def _ranges(begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Numbers from each of ``begin`` on, ``size`` of them."""
    shift = begin - np.cumsum(size) + size
    return np.repeat(shift, size) + np.arange(size.sum())
