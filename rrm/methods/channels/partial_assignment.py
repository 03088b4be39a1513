"""Tabu search over assignments that hold every pair but leave some out."""

import numpy as np

from formulations.channel_domains import NothingBelow
from formulations.channel_network import ChannelNetwork
from formulations.channel_peeling import Peeling, peeled
from formulations.channel_targets import FewerChannels, LowerTops
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_copies import open_first
from formulations.kernels.channel_insertion import begin, insert, nothing_placed
from rrm.incumbent import Incumbent
from rrm.methods.channels import partial_colouring
from rrm.registry import method

WORK_PER_CHUNK = 50_000  # states and pairs between looks at the clock: 0.1 ms
FIRST_PATIENCE = 8.0  # chunks for the first targets; twice that for each one failed
LAST_PATIENCE = 4_000.0  # where others colour graphs better, some 0.4 s


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "min_interference":
        return "holds all pairs, also those that may be violated"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=10, share=2.0)
def partial_assignment(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Place one transmitter at a time; those in its way have to wait [1]_.

    Transmitters that are alike, as those of a cell, are copies of one: what counts is
    which channels the cell has. Spans begin at their bound and go half way back to what
    is known; orders close a channel that few use, or exchange some. Who finds a channel
    below a target whatever the others take is left out of the search, and placed last.
    Graphs that are not coloured by then are left to searches for that alone.

    Complexity: a move looks at O(C) states and updates O(d C) counts for d pairs and C
    channels.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    known = network_for_less(problem, incumbent)
    if known is None:
        return
    search = _Search(problem, known, incumbent)
    while not incumbent.expired():
        is_open = search.aim()
        if is_open is None:
            return
        if not search.fill(is_open):
            search.give_up()
            is_slow = search.patience > LAST_PATIENCE
            if is_slow and partial_colouring.applies(problem) is None:
                return


def network_for_less(
    problem: ChannelAssignment, incumbent: Incumbent
) -> ChannelNetwork | None:
    """Groups and states of all that may be better than the incumbent.

    None, and a proof, where there is nothing.
    """
    is_span = problem.objective == "min_span"
    if not is_span or incumbent.allocation is None:
        known = problem.network
        if isinstance(known, ChannelNetwork):
            return known
        incumbent.tighten(known.bound(problem), known)
        return None
    top = int(incumbent.allocation.channel.max())
    known = problem.below(top).network
    if isinstance(known, ChannelNetwork):
        return known
    incumbent.tighten(top, NothingBelow(top, known))
    return None


class _Search:
    """One partial assignment, and targets."""

    def __init__(
        self, problem: ChannelAssignment, known: ChannelNetwork, incumbent: Incumbent
    ) -> None:
        self.problem, self.known, self.incumbent = problem, known, incumbent
        self.patience, self.rise = FIRST_PATIENCE, 1
        self.tops: LowerTops | None = None
        self.fewer: FewerChannels | None = None
        self.last: np.ndarray | None = None  # channels (V,), complete
        if incumbent.allocation is not None:
            self.last = incumbent.allocation.channel
        self.peeling: Peeling | None = None
        self.lowest = np.inf  # target for which some were left out

    def aim(self) -> np.ndarray | None:
        """States (S,) that are open for something better, None if there is no such."""
        last, allowed = self.last, self.known.network.hard == 0
        if self.problem.objective == "min_order":
            if self.peeling is None:
                self._search(np.zeros(len(allowed), bool))
            if last is None:
                return self.alike.allowed
            if self.fewer is None:
                random = np.random.default_rng(self.incumbent.seed)
                self.fewer = FewerChannels(self.known, self.alike, random)
            self.partial.used[:] = self.used
            return self.alike.allowed & self.fewer.open(last)
        if self.problem.objective == "feasible":
            if last is not None:
                return None
            if self.peeling is None:
                self._search(allowed)
            return self.alike.allowed
        top = int(self.known.highest.max()) + 1 if last is None else int(last.max())
        low = int(max(self.incumbent.bound, 0.0))
        if self.tops is None:
            self.tops = LowerTops(top, low)
        self.tops.reach(top, low)
        if self.tops.aim < self.lowest:  # who can be last there can be so above
            self.lowest = self.tops.aim
            self._search(allowed & (self.known.highest <= self.lowest))
        return self.alike.allowed & (self.alike.highest <= self.tops.aim)

    def _search(self, is_open: np.ndarray) -> None:
        """Begin with those who cannot be placed last in open states (S,)."""
        before = self.peeling
        self.peeling = peeling = peeled(self.known, is_open)
        if before is not None and np.array_equal(before.kept, peeling.kept):
            return
        self.alike = peeling.part.copies
        seed = self.incumbent.seed + 88172645463325252
        self.partial = nothing_placed(self.alike.copies, seed)
        if self.last is not None:
            state = self.known.states(self.last)[peeling.kept]
            self.partial.used[:] = self.alike.used(state)
        self.used = self.partial.used.copy()

    def fill(self, is_open: np.ndarray) -> bool:
        """Search among open states until all have one (True), or patience is out."""
        copies, partial = self.alike.copies, self.partial
        room, count = open_first(copies.start, is_open)
        if (count < copies.number).any():
            return False
        begin(is_open, copies, partial)
        for _ in range(int(self.patience)):
            left = insert(WORK_PER_CHUNK, self.rise, room, count, copies, partial)
            if left == 0:
                self._offer()
                return True
            if self.incumbent.expired():
                break
        return False

    def _offer(self) -> None:
        """Place the others, too, and have the assignment verified."""
        assert self.peeling is not None
        self.used[:] = self.partial.used
        state = self.peeling.states(self.alike.states(self.used))
        self.last = self.known.channels(state)
        self.incumbent.offer(Channels(self.last))

    def give_up(self) -> None:
        """Aim higher the next time, or search longer, with weights or without."""
        if self.tops is not None and not self.tops.is_last:
            self.tops.give_up()
            return
        self.rise = 1 - self.rise
        if self.fewer is not None:
            self.patience *= 1.01
        elif self.rise:
            self.patience *= 2.0
