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
HEATS = (0.4, 0.1), (2.0, 1e-3)  # first and last temperature without, with penalties
FIRST_CHUNKS = 40  # of the first run; the next ones are twice as long
PER_RUN = 4  # chunks on regions for each one before
MOST_WORK = 5000  # states times pairs of a group up to which a region takes < 1 ms
REGION = np.array([3, 20])
HEAT = np.array([4.0, 0.1])
FEWEST_USED = 4  # channels out of which one is given up
FIRST_STEP = 0.1  # of the span, which the first target is lower
SMALLEST_STEP = 0.002
NO_TARGET = ("feasible", "min_interference")


@method(ChannelAssignment, kind="heuristic", rank=10)
def annealing(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Anneal all groups of transmitters [1]_, then regions around what is violated.

    A region is a few groups that share pairs. It is heated by what its first group
    costs, cooled with all others held, and kept if the total does not rise. Spans and
    orders are a sequence of targets: states above are closed, and what used them moves.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated
       annealing", Science 220, 1983. https://doi.org/10.1126/science.220.4598.671
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    search = _Search(problem, known, incumbent)
    while not incumbent.expired():
        reached = search.aim() and search.descend()
        if not reached:
            if search.is_exhausted():
                return
            search.give_up()


class _Search:
    """One walk, and targets that come down."""

    def __init__(
        self, problem: ChannelAssignment, known: ChannelNetwork, incumbent: Incumbent
    ) -> None:
        self.problem, self.known, self.incumbent = problem, known, incumbent
        self.random = np.random.default_rng(incumbent.seed)
        network = known.network
        self.states = np.diff(network.start)
        self.chosen = self._first()
        self.goal = problem.objective
        costs = windows(network, HEAVY if self.goal == "min_interference" else 1.0)
        self.costs = rows_of(costs, MOST_ROWS)
        pairs = len(self.costs.begin) / len(self.states)
        self.is_sparse = self.states.mean() * pairs <= MOST_WORK
        self.group = np.repeat(np.arange(len(self.states)), self.states)
        self.local = np.arange(len(self.group)) - network.start[self.group]
        self.room, self.count = self.local, self.states
        self.chunks = FIRST_CHUNKS
        self.step = FIRST_STEP
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

    def aim(self) -> bool:
        """Close the states that would not improve the objective enough.

        Returns
        -------
        bool
            Whether each group has a state left.
        """
        if self.incumbent.allocation is None or self.goal in NO_TARGET:
            return True
        channel = self.incumbent.allocation.channel
        if self.goal == "min_order":
            is_open = ~self._out_of_use(channel)
        else:
            top = int(channel.max())
            is_open = self.known.highest <= top - max(1, int(self.step * top))
        start = self.known.network.start
        self.count = np.add.reduceat(is_open.astype(np.intp), start[:-1])
        if not self.count.all():
            return False
        self.room = self.local[np.lexsort((~is_open, self.group))]
        self.chosen = self.known.states(channel)
        moved = np.flatnonzero(~is_open[start[:-1] + self.chosen])
        draw = (self.random.random(len(moved)) * self.count[moved]).astype(np.intp)
        self.chosen[moved] = self.room[start[moved] + draw]
        return True

    def _out_of_use(self, channel: np.ndarray) -> np.ndarray:
        """States (S,) that use channels not used, or one of those that fewest use."""
        used, count = np.unique(channel, return_counts=True)
        few = np.sort(count)[min(FEWEST_USED, len(count)) - 1]
        kept = np.delete(used, self.random.choice(np.flatnonzero(count <= few)))
        entry, place, _ = self.known.entries()
        closed = np.zeros(self.known.network.start[-1], bool)
        closed[place[~np.isin(self.known.network.channel[entry], kept)]] = True
        return closed

    def descend(self) -> bool:
        """Anneal all, then regions, until the target is met (True) or given up."""
        walk = Walk(
            self.chosen.copy(),
            self.chosen.copy(),
            np.empty(len(self.room)),
            np.zeros(2),
            self.x,
        )
        walk.value[:] = tabulate(self.costs, walk.chosen, walk.cost)
        walk.value[1] = np.inf
        hot, cold = HEATS[self.goal == "min_interference"]
        for chunk in range(self.chunks):
            temperature = hot * (cold / hot) ** (chunk / self.chunks)
            done = channel_annealing.anneal(
                WORK_PER_CHUNK, temperature, self.costs, self.room, self.count, walk
            )
            if done or self.incumbent.expired():
                break
        if not walk.value[1] <= ZERO and self.is_sparse:
            self._regions(walk)
        self._offer(walk)
        return walk.value[1] <= ZERO

    def is_exhausted(self) -> bool:
        """Whether no target is left to try."""
        return not self.count.all() and (self.goal == "min_order" or self.step == 0)

    def give_up(self) -> None:
        """Aim lower the next time, or search longer."""
        if self.step > 0 and self.goal == "min_span":
            self.step = self.step / 2 if self.step > SMALLEST_STEP else 0.0
        else:
            self.chunks *= 2

    def _regions(self, walk: Walk) -> None:
        """Anneal regions, from the best on."""
        walk.chosen[:] = walk.best
        walk.value[0] = tabulate(self.costs, walk.chosen, walk.cost)
        for _ in range(PER_RUN * self.chunks):
            if self.incumbent.expired() or channel_regions.refine(
                WORK_PER_CHUNK, REGION, HEAT, self.costs, self.room, self.count, walk
            ):
                return

    def _offer(self, walk: Walk) -> None:
        channel = self.known.channels(walk.best)
        self.incumbent.offer(Channels(channel))
