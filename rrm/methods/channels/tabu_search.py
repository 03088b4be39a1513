"""Tabu search for channels: fewest violations, least interference, smaller spans."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels import channel_search as kernel
from formulations.kernels.channel_moves import FREE, Network, greedy, tables
from rrm.incumbent import Incumbent
from rrm.registry import method

WORK_PER_CHUNK = 200_000  # states looked at between looks at the clock
CLOSED = 1 << 20  # violations that a state out of use counts as
PATIENCE = 20_000  # moves without a better assignment before it is shaken
SHAKEN = 0.05  # of the groups


@method(ChannelAssignment, kind="heuristic", rank=10)
def tabu_search(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Move one group at a time, never back at once; shake what does not improve [1]_.

    Spans and orders come down step by step: states above the target are closed and
    what used them moves.

    References
    ----------
    .. [1] A. Hertz, D. de Werra, "Using tabu search techniques for graph coloring",
       Computing 39, 1987. https://doi.org/10.1007/BF02239976
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    search = _Search(problem, known, incumbent)
    if problem.objective in ("feasible", "min_interference"):
        search.descend(known.network)
        return
    while search.descend(known.network._replace(hard=search.target())):
        pass


class _Search:
    """One walk, and targets that come down."""

    def __init__(
        self, problem: ChannelAssignment, known: ChannelNetwork, incumbent: Incumbent
    ) -> None:
        self.problem, self.known, self.incumbent = problem, known, incumbent
        self.random = np.random.default_rng(incumbent.seed)
        network = known.network
        self.chosen = np.full(len(network.start) - 1, FREE, np.intp)
        if incumbent.allocation is not None:
            self.chosen = known.states(incumbent.allocation.channel)
        else:
            hard, soft = tables(network, self.chosen)
            greedy(known.highest, network, self.chosen, hard, soft)
            incumbent.offer(Channels(known.channels(self.chosen)))
        self.heavy = 1.0
        if problem.objective == "min_interference":
            self.heavy = 1.0 + 2.0 * float(
                np.max(network.weight, where=np.isfinite(network.weight), initial=0.0)
            )

    def target(self) -> np.ndarray:
        """Violations (S,) by state; what would not improve is closed."""
        known = self.known
        if self.incumbent.allocation is None:
            return known.network.hard
        channel = self.incumbent.allocation.channel
        if self.problem.objective == "min_span":
            closed = known.highest >= channel.max()
        else:
            closed = self._out_of_use(channel)
        return known.network.hard + np.where(closed, CLOSED, 0).astype(np.int32)

    def _out_of_use(self, channel: np.ndarray) -> np.ndarray:
        """States (S,) that use channels not used, or the ones that fewest use."""
        used, count = np.unique(channel, return_counts=True)
        fewest = self.random.choice(
            np.flatnonzero(count <= np.sort(count)[min(3, len(count) - 1)])
        )
        kept = np.delete(used, fewest)
        entry, place, _ = self.known.entries()
        closed = np.zeros(self.known.network.start[-1], bool)
        closed[place[~np.isin(self.known.network.channel[entry], kept)]] = True
        return closed

    def descend(self, network: Network) -> bool:
        """Search until the target is met (True), or the time is out."""
        hard, soft = tables(network, self.chosen)
        walk = kernel.Walk(
            self.chosen,
            self.chosen.copy(),
            hard,
            soft,
            np.zeros(len(hard), np.int64),
            np.zeros(4),
            np.zeros(2, np.int64),
            np.array([self.incumbent.seed + 88172645463325252], np.uint64),
        )
        kernel.measure(network, walk)
        moves = max(1, WORK_PER_CHUNK // (len(hard) + 1))
        best = np.inf
        while True:
            done = kernel.search(moves, self.heavy, network, walk)
            if walk.value[2] == 0 and walk.value[3] < best:
                best = walk.value[3]
                self.incumbent.offer(Channels(self.known.channels(walk.best)))
                if self.problem.objective != "min_interference":
                    self.chosen = walk.best.copy()
                    return True
            if done or self.incumbent.expired():
                return False
            if walk.move[0] - walk.move[1] > PATIENCE:
                self._shake(network, walk)

    def _shake(self, network: Network, walk: kernel.Walk) -> None:
        """Go back to the best, with some groups anywhere."""
        walk.chosen[:] = walk.best
        start = network.start
        some = self.random.random(len(walk.chosen)) < SHAKEN
        walk.chosen[some] = self.random.integers(0, np.diff(start)[some])
        kept = walk.best.copy(), walk.value[2:].copy()
        walk.hard[:], walk.soft[:] = tables(network, walk.chosen)
        kernel.measure(network, walk)
        walk.best[:], walk.value[2:] = kept
        walk.tabu[:] = 0
        walk.move[1] = walk.move[0]
