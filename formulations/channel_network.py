"""Transmitters in groups with states: what searches for channels move in."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from formulations.channel_domains import Consistency, EmptyDomain
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_arcs import arcs_of
from formulations.kernels.channel_groups import other_costs, own_costs, sort_lists
from formulations.kernels.channel_moves import Network, largest_of, states_of

if TYPE_CHECKING:
    from formulations.channel_copies import ChannelCopies


@dataclass(frozen=True)
class ChannelNetwork:
    """Groups of transmitters whose channels follow from one state of the group.

    Attributes
    ----------
    network : Network
        What kernels move in; the largest weight is in [1, 2), so sums stay exact.
    group, offset : (V,)
        Group of each transmitter, and where its channels by state begin.
    unit : float
        Penalty that counts as 1.
    """

    network: Network
    group: np.ndarray
    offset: np.ndarray
    unit: float

    def channels(self, state: np.ndarray) -> np.ndarray:
        """Channel (V,) of each transmitter in states (W,)."""
        return self.network.channel[self.offset + state[self.group]].astype(np.intp)

    def states(self, channel: np.ndarray) -> np.ndarray:
        """State (W,) of each group that gives most members their channel, or -1."""
        network = self.network
        return states_of(
            network.start, self.group, self.offset, network.channel, channel
        )

    @cached_property
    def highest(self) -> np.ndarray:
        """Largest channel (S,) that each state uses."""
        network = self.network
        return largest_of(network.start, self.group, self.offset, network.channel)

    @cached_property
    def copies(self) -> "ChannelCopies":
        """Groups that are alike as copies of one."""
        from formulations.channel_copies import channel_copies

        return channel_copies(self)

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Entries of ``channel`` by transmitter, the state of each, entries per one."""
        start = self.network.start
        width = np.diff(start)[self.group]
        entry = np.repeat(self.offset - np.cumsum(width) + width, width)
        entry += np.arange(width.sum())
        place = np.repeat(start[self.group] - self.offset, width) + entry
        return entry, place, width


def network_of(problem: ChannelAssignment) -> ChannelNetwork | EmptyDomain:
    """Groups, states and pairs of a problem, or why no assignment exists.

    Hard exact pairs whose channels determine each other become one group [1]_.

    References
    ----------
    .. [1] S. R. Tiourine, C. A. J. Hurkens, J. K. Lenstra, "Local search algorithms for
       the radio link frequency assignment problem", Telecommunication Systems 13,
       2000. https://doi.org/10.1023/A:1019104500193
    """
    consistency = Consistency(problem)
    if consistency.emptied >= 0:
        return consistency.argument()
    groups = _Groups(*_listed(problem, consistency))
    counts = problem.objective == "min_interference"
    binds = (problem.separation > 0) | problem.exact
    binds &= problem.is_hard | counts
    for pair in np.flatnonzero(binds & problem.exact & problem.is_hard):
        u, v = problem.pairs[pair]
        groups.merge(int(u), int(v), int(problem.separation[pair]))
    group, states, offset, listed = groups.layout()
    state_start = np.concatenate(([0], np.cumsum(states)))
    hard, soft = np.zeros(state_start[-1], np.int32), np.zeros(state_start[-1])
    finite = problem.penalty[~problem.is_hard].max(initial=0.0)
    largest = float(max(finite, problem.preferred_cost.max(initial=0.0)))
    unit = 2.0 ** (np.frexp(largest)[1] - 1) if largest else 1.0  # divides exactly
    weight = np.where(problem.is_hard, np.inf, problem.penalty / unit)
    inside = binds & (group[problem.pairs[:, 0]] == group[problem.pairs[:, 1]])
    own = state_start[group], offset, states[group], listed
    if inside.any():
        asked = problem.separation[inside], problem.exact[inside], weight[inside]
        own_costs(problem.pairs[inside], *asked, *own, hard, soft)
    if counts and problem.preferred_cost.any():
        cost = np.where(problem.preferred >= 0, problem.preferred_cost, 0.0)
        other_costs(problem.preferred, cost / unit, *own, soft)
    ascending, rank = groups.ascending(group, offset, listed)
    lowest = _lowest(group, states, offset, listed)
    arcs = arcs_of(
        problem.pairs,
        binds,
        problem.separation,
        problem.exact,
        weight,
        group,
        len(states),
        offset,
        lowest,
    )
    network = Network(
        state_start,
        *arcs,
        channel=listed,
        ascending=ascending,
        order=rank,
        hard=hard,
        soft=soft,
    )
    return ChannelNetwork(network, group, offset, unit)


def _lowest(
    group: np.ndarray, states: np.ndarray, offset: np.ndarray, listed: np.ndarray
) -> np.ndarray:
    """First channel (V,) of transmitters by themselves without holes, else -1."""
    width = states[group]
    lowest, highest = listed[offset], listed[offset + width - 1]
    is_whole = highest - lowest == width - 1
    is_whole &= np.bincount(group, minlength=len(states))[group] == 1
    return np.where(is_whole, lowest, -1)


def _listed(
    problem: ChannelAssignment, consistency: Consistency
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the channels left to each transmitter begin, how many they are, and all.

    Transmitters with the same domain share its list where nothing was taken away.
    """
    if consistency.count == 0:
        begin, size, channel = problem.lists
        return begin, size, channel.astype(np.int32)
    start, channel = problem.choices
    alive = consistency.alive
    left = np.concatenate(([0], np.cumsum(alive)))[start]
    return left[:-1], np.diff(left), channel[alive].astype(np.int32)


class _Groups:
    """Channels of all members by state, of groups that grow."""

    def __init__(
        self, begin: np.ndarray, size: np.ndarray, channel: np.ndarray
    ) -> None:
        self.begin, self.size, self.channel = begin, size, channel
        self.group = np.arange(len(begin))
        self.members: dict[int, list[int]] = {}
        self.table: dict[int, np.ndarray] = {}  # (members, states)
        self._couples: dict[tuple[int, ...], np.ndarray | None] = {}

    def merge(self, u: int, v: int, gap: int) -> None:
        """Join the groups of ``u`` and ``v`` if each channel leaves one partner."""
        first, second = int(self.group[u]), int(self.group[v])
        if first == second:
            return
        if first in self.table or second in self.table:
            table = self._joined(first, second, u, v, gap)
        else:  # many couples have the same two lists
            key = *self._list(u), *self._list(v), gap
            if key not in self._couples:
                self._couples[key] = self._joined(first, second, u, v, gap)
            table = self._couples[key]
        if table is None:
            return
        self.table[first] = table
        self.members[first] = self._members(first) + self._members(second)
        self.group[self.members[first]] = first
        self.table.pop(second, None)
        self.members.pop(second, None)

    def _joined(
        self, first: int, second: int, u: int, v: int, gap: int
    ) -> np.ndarray | None:
        """Channels (members, states) of two groups; None if partners are too many."""
        ours, theirs = self._table(first), self._table(second)
        own = ours[self._members(first).index(u)]
        other = theirs[self._members(second).index(v)]
        order = np.argsort(other, kind="stable")
        partner, source = [], []
        for wanted in {gap, -gap}:
            low = np.searchsorted(other[order], own + wanted, "left")
            high = np.searchsorted(other[order], own + wanted, "right")
            reach = np.repeat(np.arange(len(own)), high - low)
            begin = np.cumsum(high - low) - (high - low)
            partner.append(order[np.arange(len(reach)) - begin[reach] + low[reach]])
            source.append(reach)
        i, j = np.concatenate(source), np.concatenate(partner)
        if not 0 < len(i) <= max(len(own), len(other)):
            return None
        table = np.concatenate((ours[:, i], theirs[:, j]))
        order = np.argsort(table.max(axis=0), kind="stable")
        return table[:, order]

    def layout(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Group (V,), states (W,), offset (V,) and all channels by state."""
        if not self.table:
            return self.group, self.size, self.begin, self.channel
        unique, group = np.unique(self.group, return_inverse=True)
        states = self.size[unique]
        for number, name in enumerate(unique.tolist()):
            if name in self.table:
                states[number] = self.table[name].shape[1]
        width = states[group]
        offset = np.cumsum(width) - width
        listed = np.empty(width.sum(), np.int32)
        place = list(zip(offset.tolist(), (offset + width).tolist(), strict=True))
        for v in np.flatnonzero(np.bincount(group)[group] == 1).tolist():
            listed[slice(*place[v])] = self._own(v)
        for name, table in self.table.items():
            for v, own in zip(self.members[name], table, strict=True):
                listed[slice(*place[v])] = own
        return group, states, offset, listed

    def ascending(
        self, group: np.ndarray, offset: np.ndarray, listed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Channels (C,) by transmitter in ascending order, and the state of each."""
        begin = np.unique(offset)
        width = np.diff(np.append(begin, len(listed)))
        order = np.arange(len(listed)) - np.repeat(begin, width)
        order, ascending = order.astype(np.int32), listed
        if not self.table:
            return ascending, order
        ascending = listed.copy()
        member = np.flatnonzero(np.bincount(group)[group] > 1)
        states = np.diff(np.append(offset, len(listed)))
        sort_lists(member, offset, states, listed, order, ascending)
        return ascending, order

    def _members(self, name: int) -> list[int]:
        return self.members.get(name, [name])

    def _table(self, name: int) -> np.ndarray:
        return self.table.get(name, self._own(name)[None])

    def _list(self, v: int) -> tuple[int, int]:
        return int(self.begin[v]), int(self.size[v])

    def _own(self, v: int) -> np.ndarray:
        return self.channel[self.begin[v] : self.begin[v] + self.size[v]]
