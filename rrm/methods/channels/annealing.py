"""Annealing of all transmitters, then of one region after the other."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels import channel_annealing, channel_regions
from formulations.kernels.channel_annealing import ZERO, Walk
from formulations.kernels.channel_costs import rows_of, tabulate, windows
from formulations.kernels.channel_moves import FREE, greedy, tables
from rrm.incumbent import Incumbent
from rrm.registry import method

WORK_PER_CHUNK = 20_000  # proposals between looks at the clock, some 0.5 ms
MOST_ROWS = 1 << 24  # entries of 4 bytes
HEAVY = 2.0  # what a hard pair costs where the largest penalty is in [1, 2)
INSTANT = "trivial"  # method of a start without a search
HEATS = (2.0, 1e-3)  # first and last temperature
FIRST_CHUNKS = 40  # of the first run; the next ones are twice as long
PER_RUN = 4  # chunks on regions for each one before
MOST_WORK = 5000  # states times pairs of a group up to which a region takes < 1 ms
REGION = np.array([3, 20])
HEAT = np.array([4.0, 0.1])


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_interference":
        return f"weighs penalties, not {problem.objective}"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=10)
def annealing(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Anneal all groups of transmitters [1]_, then regions around what is violated.

    What another method has found begins with regions, unless they are too large.

    A region is a few groups that share pairs. It is heated by what its first group
    costs, cooled with all others held, and kept if the total does not rise.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated
       annealing", Science 220, 1983. https://doi.org/10.1126/science.220.4598.671
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    search = _Search(known, incumbent)
    while not incumbent.expired() and not search.descend():
        search.chunks *= 2


class _Search:
    """One walk."""

    def __init__(self, known: ChannelNetwork, incumbent: Incumbent) -> None:
        self.known, self.incumbent = known, incumbent
        network = known.network
        self.states = np.diff(network.start)
        self.is_known = incumbent.method not in ("", INSTANT)
        self.chosen = self._first()
        costs = windows(network, HEAVY)
        self.costs = rows_of(costs, MOST_ROWS)
        pairs = len(self.costs.begin) / len(self.states)
        self.is_sparse = self.states.mean() * pairs <= MOST_WORK
        group = np.repeat(np.arange(len(self.states)), self.states)
        self.room = np.arange(len(group)) - network.start[group]
        self.chunks = FIRST_CHUNKS
        self.x = np.array([incumbent.seed + 88172645463325252], np.uint64)

    def _first(self) -> np.ndarray:
        """States of the best so far, or greedy ones."""
        network = self.known.network
        if self.incumbent.allocation is not None:
            return self.known.states(self.incumbent.allocation.channel)
        chosen = np.full(len(self.states), FREE, np.intp)
        hard, soft = tables(network, chosen)
        greedy(self.known.highest, network, chosen, hard, soft)
        self.incumbent.offer(Channels(self.known.channels(chosen)))
        return chosen

    def descend(self) -> bool:
        """Anneal all, then regions; whether nothing costs anything."""
        walk = Walk(
            self.chosen.copy(),
            self.chosen.copy(),
            np.empty(len(self.room)),
            np.zeros(2),
            self.x,
        )
        walk.value[:] = tabulate(self.costs, walk.chosen, walk.cost)
        walk.value[1] = np.inf
        hot, cold = HEATS
        if self.is_known and self.is_sparse:
            walk.value[1] = walk.value[0]
            self._regions(walk)
            self._offer(walk)
            self.chosen = walk.best
            return walk.value[1] <= ZERO
        for chunk in range(self.chunks):
            temperature = hot * (cold / hot) ** (chunk / self.chunks)
            done = channel_annealing.anneal(
                WORK_PER_CHUNK, temperature, self.costs, self.room, self.states, walk
            )
            if done or self.incumbent.expired():
                break
        if not walk.value[1] <= ZERO and self.is_sparse:
            self._regions(walk)
        self._offer(walk)
        return walk.value[1] <= ZERO

    def _regions(self, walk: Walk) -> None:
        """Anneal regions, from the best on."""
        walk.chosen[:] = walk.best
        walk.value[0] = tabulate(self.costs, walk.chosen, walk.cost)
        for _ in range(PER_RUN * self.chunks):
            if self.incumbent.expired() or channel_regions.refine(
                WORK_PER_CHUNK, REGION, HEAT, self.costs, self.room, self.states, walk
            ):
                return

    def _offer(self, walk: Walk) -> None:
        channel = self.known.channels(walk.best)
        self.incumbent.offer(Channels(channel))
