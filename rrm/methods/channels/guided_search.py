"""Local search that makes dearer what it cannot get rid of; what it finds is merged."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_costs import windows
from formulations.kernels.channel_guided import Guided, forget, guide, mirrored
from formulations.kernels.channel_merging import merge, merging_of
from formulations.kernels.channel_moves import FREE, greedy, tables
from rrm.incumbent import Incumbent
from rrm.methods.channels.annealing import Annealing
from rrm.registry import method

WORK_PER_CHUNK = 100_000  # states and pairs between looks at the clock: 0.5 ms
HEAVY = 2.0  # what a hard pair costs where the largest penalty is in [1, 2)
STEPS = (3.0, 0.3)  # of penalties, in the mean cost of what is violated
FIRST_CHUNKS = 100  # of each search in the first family, at most one for each group
FAMILY = 10  # assignments that are merged
PATIENCE = 30  # merges without anything new, until the next family
BEHIND = 0.25  # part of a turn for what has found the dearer assignment,
POWER = 4  # and less by so many powers of how much dearer that is


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_interference":
        return f"weighs penalties, not {problem.objective}"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=9, share=4.8)
def guided_search(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Descend; penalize violated pairs that cost most for their penalties; go on [1]_.

    Searches from different starts are a family. Two of it are merged: each group takes
    the state of one of them, so that nothing costs less [2]_. A search from there may
    take the place of the worse. Large steps of penalties find what heavy pairs allow,
    small ones the rest. Annealing of the best of the first family takes turns with
    that, each twice as long as the one before; the one that has found less gets a small
    part of a turn.

    Complexity: a step takes O(d C) for d pairs at a transmitter and C channels, a
    merger is a cut of O(V) nodes.

    References
    ----------
    .. [1] C. Voudouris, E. Tsang, "Guided local search and its application to the
       traveling salesman problem", EJOR 113(2), 1999.
       https://doi.org/10.1016/S0377-2217(98)00099-X
    .. [2] A. Kolen, "A genetic algorithm for the partial binary constraint satisfaction
       problem: an application to a frequency assignment problem", Statistica
       Neerlandica 61(1), 2007. https://doi.org/10.1111/j.1467-9574.2007.00357.x
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    search = _Search(known, incumbent)
    steps, turn = search.steps(), FAMILY * search.chunks
    if any(islice(steps, turn)):
        return
    walk = Annealing(known, incumbent)
    while True:
        low, high = sorted((walk.least, search.least))
        short = int(BEHIND * (low / high) ** POWER * turn)
        if walk.least < search.least:
            is_over = walk.turn(turn) or any(islice(steps, short))
        else:
            is_over = any(islice(steps, turn)) or walk.turn(short)
        if is_over:
            return
        turn *= 2


class _Search:
    """A family of assignments, and a search that goes on from one of them."""

    def __init__(self, known: ChannelNetwork, incumbent: Incumbent) -> None:
        self.known, self.incumbent = known, incumbent
        network = known.network
        self.states, self.groups = np.diff(network.start), len(network.start) - 1
        self.costs, pairs = windows(network, HEAVY), len(network.neighbour)
        self.merging = merging_of(self.groups)
        self.random = np.random.default_rng(incumbent.seed)
        self.chunks, self.least = min(FIRST_CHUNKS, self.groups), np.inf
        self.guided = Guided(
            np.empty(self.groups, np.intp),
            np.empty(self.groups, np.intp),
            np.empty(network.start[-1]),
            mirrored(self.costs),
            np.zeros(pairs, np.int64),
            np.empty(pairs),
            np.zeros(self.groups, np.intp),
            np.zeros(self.groups, bool),
            np.zeros(2, np.intp),
            np.zeros(2),
            np.array([incumbent.seed + 88172645463325252], np.uint64),
        )
        self.best = self._first()

    def _first(self) -> np.ndarray:
        """States of the best so far, greedy ones where there are none."""
        network = self.known.network
        chosen = np.full(self.groups, FREE, np.intp)
        if self.incumbent.allocation is not None:
            chosen = self.known.states(self.incumbent.allocation.channel)
        hard, soft = tables(network, chosen)
        greedy(self.known.highest, network, chosen, hard, soft)
        return chosen

    def steps(self) -> Iterator[bool]:
        """Evolve one family after the other; whether to end, chunk by chunk."""
        while True:
            yield from self.evolve()
            self.chunks *= 2

    def evolve(self) -> Iterator[bool]:
        """Search from some starts, and merge until nothing is new."""
        family, cost = [], []
        for member in range(FAMILY):
            start = self.best if member == 0 else self.random.integers(0, self.states)
            yield from self.descend(start, STEPS[0])
            family.append(self.guided.best.copy())
            cost.append(self.guided.value[1])
        idle = turn = 0
        while idle < PATIENCE:
            turn += 1
            better, worse = self.random.choice(FAMILY, 2, replace=False)
            if cost[worse] < cost[better]:
                better, worse = worse, better
            child = family[better].copy()
            merge(self.costs, child, family[worse], self.merging)
            yield from self.descend(child, STEPS[turn % len(STEPS)])
            idle += 1
            found, value = self.guided.best, self.guided.value[1]
            is_new = not any((found == one).all() for one in family)
            if is_new and value <= cost[worse]:
                if value < cost[worse]:
                    idle = 0
                family[worse], cost[worse] = found.copy(), value

    def descend(self, start: np.ndarray, step: float) -> Iterator[bool]:
        """Search from states (W,) for some chunks."""
        guided, known = self.guided, self.known
        guided.best[:] = start
        size = step * forget(self.costs, guided)
        for _ in range(self.chunks):
            done = guide(WORK_PER_CHUNK, size, self.costs, guided)
            if guided.value[1] < self.least:
                self.least = guided.value[1]
                self.best = guided.best.copy()
                self.incumbent.offer(Channels(known.channels(guided.best)))
            yield done or self.incumbent.expired()
