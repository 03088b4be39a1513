"""Annealing of all transmitters, between the temperatures that matter."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_annealing import ZERO, Walk, anneal
from formulations.kernels.channel_costs import rows_of, tabulate, windows
from formulations.kernels.channel_moves import FREE, greedy, tables
from rrm.incumbent import Incumbent
from rrm.registry import method

WORK_PER_CHUNK = 60_000  # proposals between looks at the clock, some 0.3 ms
MOST_ROWS = 1 << 24  # entries of 4 bytes
HEAVY = 2.0  # what a hard pair costs where the largest penalty is in [1, 2)
COLDEST = 0.02  # of the least penalty, first temperature that is tried
WARMER = 1.25  # factor between those
CAP = 10.0  # warmest temperatures that a pair costs at the most
RISE = 1.2  # of the best cost, at which it is warm enough
COOLED = 0.2  # of the warmest temperature, the last one
FIRST_CHUNKS = 28  # of the first turn; the next ones are twice as long
SHORTEST = 1e-9  # s
PARTS = ((0.5, 1.0), (0.25, 0.6), (0.25, 0.35))  # of a turn, and of the first heat


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_interference":
        return f"weighs penalties, not {problem.objective}"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=10, share=0.2)
def annealing(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Anneal all groups of transmitters [1]_, in turns that are longer each time.

    It begins where the best assignment melts, and warms what is best again, less each
    time. The last run is cold when time is out. Pairs that cost far more than what is
    accepted there count as less, so that walks pass through them.

    Complexity: a step takes O(d) for d pairs at a transmitter.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated
       annealing", Science 220, 1983. https://doi.org/10.1126/science.220.4598.671
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    walk, chunks = Annealing(known, incumbent), FIRST_CHUNKS
    while not walk.turn(chunks):
        chunks *= 2


class Annealing:
    """One walk, which is heated and cooled again."""

    def __init__(self, known: ChannelNetwork, incumbent: Incumbent) -> None:
        self.known, self.incumbent = known, incumbent
        network = known.network
        self.states = np.diff(network.start)
        group = np.repeat(np.arange(len(self.states)), self.states)
        self.room = np.arange(len(group)) - network.start[group]
        chosen = self._first()
        self.walk = Walk(
            chosen,
            chosen.copy(),
            np.empty(len(group)),
            np.zeros(2),
            np.array([incumbent.seed + 88172645463325252], np.uint64),
        )
        self.costs = self.uncapped = windows(network, HEAVY)
        self.walk.value[:] = tabulate(self.costs, chosen, self.walk.cost)
        self.hot, self.least, self.best = 0.0, self.walk.value[0], chosen.copy()

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

    def turn(self, chunks: int) -> bool:
        """Cool the melt, then what is best again, less warm; whether to end."""
        if not self.hot and self._melt():
            return True
        for part, heat in PARTS:
            if heat < 1.0:
                self.walk.chosen[:] = self.best
                value = tabulate(self.costs, self.walk.chosen, self.walk.cost)
                self.walk.value[0] = value
            if self._cool(max(int(part * chunks), 1), heat * self.hot):
                return True
        return False

    def _cool(self, chunks: int, hot: float) -> bool:
        """Cool for some chunks, or what time is left; whether to end."""
        self.walk.value[1] = np.inf
        seconds = max(self.incumbent.remaining(), SHORTEST)
        for chunk in range(chunks):
            gone = 1.0 - self.incumbent.remaining() / seconds
            if self._walks(hot * COOLED ** max(chunk / chunks, gone)):
                return True
        return False

    def _melt(self) -> bool:
        """Find the temperature to begin with, and cap penalties; whether to end."""
        walk, costs = self.walk, self.costs
        every = np.concatenate((costs.weight, costs.own))
        self.hot, best = COLDEST * every[every > 0].min(initial=1.0), walk.value[1]
        while walk.value[0] < RISE * best + ZERO and self.hot < HEAVY:
            self.hot *= WARMER
            if self._walks(self.hot):
                return True
        capped = costs._replace(weight=np.minimum(costs.weight, CAP * self.hot))
        self.costs = rows_of(capped, MOST_ROWS)
        walk.value[0] = tabulate(self.costs, walk.chosen, walk.cost)
        return False

    def _walks(self, temperature: float) -> bool:
        """Propose moves at a temperature for a chunk; whether to end."""
        walk = self.walk
        done = anneal(
            WORK_PER_CHUNK, temperature, self.costs, self.room, self.states, walk
        )
        if walk.value[1] < self.least - ZERO and self.cost() < self.least - ZERO:
            self.least, self.best = self.cost(), walk.best.copy()
            self.incumbent.offer(Channels(self.known.channels(walk.best)))
        return done or self.incumbent.expired()

    def cost(self) -> float:
        """What the best of the last run costs, no pair capped."""
        best = self.walk.best
        return tabulate(self.uncapped, best, np.empty(len(self.room)))
