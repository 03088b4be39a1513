"""Transmitters that are alike, placed as copies of one."""

from dataclasses import dataclass

import numpy as np

from formulations.channel_network import ChannelNetwork
from formulations.kernels.channel_copies import (
    Copies,
    copies_of,
    kinds_of,
    single_copies,
)


@dataclass(frozen=True)
class ChannelCopies:
    """Kinds of groups of a network: those of a cell are one kind with many copies.

    Attributes
    ----------
    copies : Copies
        What kernels place.
    highest : (S,)
        Largest channel that each state of a kind uses.
    allowed : (S,) bool
        States that no pair inside a group forbids.
    kind, copy : (W,)
        Kind of each group, and which of its copies it is.
    source : (S,)
        State of the network that each state of a kind is.
    """

    copies: Copies
    highest: np.ndarray
    allowed: np.ndarray
    kind: np.ndarray
    copy: np.ndarray
    source: np.ndarray

    def states(self, used: np.ndarray) -> np.ndarray:
        """State (W,) of each group where states ``used`` (S,) are those of copies."""
        taken = np.flatnonzero(used)
        start = self.copies.start
        begin = np.searchsorted(taken, start[:-1])
        return taken[begin[self.kind] + self.copy] - start[self.kind]

    def used(self, state: np.ndarray) -> np.ndarray:
        """Whether each state of a kind (S,) is that of a copy; -1 is none."""
        used = np.zeros(len(self.highest), bool)
        placed = state >= 0
        used[self.copies.start[self.kind[placed]] + state[placed]] = True
        return used


def channel_copies(known: ChannelNetwork) -> ChannelCopies:
    """Kinds of the groups of ``known``."""
    network = known.network
    first = kinds_of(network, np.bincount(known.group) > 1)
    leader = np.flatnonzero(first == np.arange(len(first)))
    if len(leader) == len(first):
        none, each = np.zeros(len(first), np.intp), np.arange(network.start[-1])
        copies = single_copies(network)
        return ChannelCopies(
            copies, known.highest, network.hard == 0, leader, none, each
        )
    copies = copies_of(network, first)
    kind = np.searchsorted(leader, first)
    order = np.argsort(kind, kind="stable")
    copy = np.empty(len(kind), np.intp)
    begin = np.cumsum(copies.number) - copies.number
    copy[order] = np.arange(len(kind)) - begin[kind[order]]
    width = np.diff(copies.start)
    source = np.arange(copies.start[-1])
    source += np.repeat(network.start[leader] - copies.start[:-1], width)
    return ChannelCopies(
        copies,
        known.highest[source],
        network.hard[source] == 0,
        kind,
        copy,
        source,
    )
