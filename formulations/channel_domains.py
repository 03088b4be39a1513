"""Channels that hard pairs leave to each transmitter, and proofs that none is left."""

from dataclasses import dataclass

import numpy as np

from formulations.channels import ChannelAssignment
from formulations.kernels.channel_domains import are_wide, grouped, supported


@dataclass(frozen=True)
class EmptyDomain:
    """No assignment: pairs after pairs take all channels from one transmitter.

    Attributes
    ----------
    transmitter : int
        Whose domain becomes empty.
    chain : (C,)
        Pairs in the order in which they take channels away. The last ones empty the
        domain.
    """

    transmitter: int
    chain: np.ndarray

    def bound(self, problem: ChannelAssignment) -> float:
        """``inf`` if the pairs of the chain alone empty the domain; else nan."""
        chain = np.asarray(self.chain)
        if chain.size and not ((chain >= 0) & (chain < problem.sizes["E"])).all():
            return np.nan
        kept = Consistency(problem, np.unique(chain))
        is_empty = kept.emptied == self.transmitter or not kept.left(self.transmitter)
        return np.inf if is_empty else np.nan

    def __str__(self) -> str:
        pairs = ", ".join(map(str, self.chain.tolist()))
        return f"pairs {pairs} leave transmitter {self.transmitter} no channel"


@dataclass(frozen=True)
class NothingBelow:
    """No assignment has only channels below ``top``, because of ``reason``."""

    top: int
    reason: EmptyDomain

    def bound(self, problem: ChannelAssignment) -> float:
        """``top`` for the span, if the reason holds; else nan."""
        if problem.objective != "min_span" or type(self.reason) is not EmptyDomain:
            return np.nan
        is_proven = self.reason.bound(problem.below(self.top)) == np.inf
        return float(self.top) if is_proven else np.nan

    def __str__(self) -> str:
        return f"below channel {self.top}, {self.reason}"


class Consistency:
    """Channels that hard pairs leave, each with partners along all of its pairs.

    Parameters
    ----------
    problem : ChannelAssignment
        Whose domains are looked at.
    pairs : array of int
        Which pairs count, all by default.

    Attributes
    ----------
    alive : (D,) bool
        Entries of ``problem.choices`` that may stand in an assignment.
    emptied : int
        Transmitter without any channel, -1 if each has one.
    reason : (D,)
        Pair that took an entry away, -1 for none; absent where no pair can take any.
    """

    def __init__(self, problem: ChannelAssignment, pairs: np.ndarray | None = None):
        kept = problem.is_hard & ((problem.separation > 0) | problem.exact)
        if pairs is not None:
            kept = kept & np.isin(np.arange(len(kept)), pairs)
        self.problem, self.pair = problem, np.flatnonzero(kept)
        begin, size, listed = problem.lists
        self.alive = np.ones(size.sum(), bool)
        self.emptied, self.count = -1, 0
        gaps = problem.separation, problem.exact
        if are_wide(begin, size, listed, problem.pairs, kept, *gaps):
            return
        start, channel = problem.choices
        ends = problem.pairs[self.pair]
        self.reason = np.full(len(channel), -1, np.intp)
        self.taken = np.empty(len(channel), np.intp)
        owner = np.concatenate((ends[:, 0], ends[:, 1]))
        order, first = grouped(owner, len(start) - 1)
        self.emptied, self.count = supported(
            start,
            channel,
            first,
            np.concatenate((ends[:, 1], ends[:, 0]))[order],
            np.tile(self.pair, 2)[order],
            problem.separation,
            problem.exact,
            self.alive,
            self.reason,
            self.taken,
        )

    def left(self, transmitter: int) -> int:
        """Number of channels left to a transmitter."""
        start = self.problem.choices.start
        return int(self.alive[start[transmitter] : start[transmitter + 1]].sum())

    def argument(self) -> EmptyDomain:
        """Why there is no assignment: what led to the empty domain, nothing else.

        Goes back from the entries of the empty domain to what had taken the partners
        of each away.
        """
        problem, start = self.problem, self.problem.choices.start
        owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
        needed = np.zeros(len(start) - 1, bool)
        needed[self.emptied] = True
        chain = []
        for entry in self.taken[: self.count][::-1]:
            if not needed[owner[entry]]:
                continue
            chain.append(self.reason[entry])
            needed[problem.pairs[self.reason[entry]]] = True
        pairs = list(dict.fromkeys(chain[::-1]))
        return EmptyDomain(int(self.emptied), np.asarray(pairs, np.intp))
