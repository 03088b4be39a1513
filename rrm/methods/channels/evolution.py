"""Colourings that have children, where all channels are alike."""

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_colouring import child_of, recolour
from formulations.kernels.channel_domains import grouped
from rrm.incumbent import Incumbent
from rrm.registry import method

MOVES = 1_000  # between looks at the clock, some 1 ms
LOOKS = 10  # for each child
GENERATIONS = 10  # after which the best of the ones before comes back
MOST_ENTRIES = 10_000_000  # transmitters times channels


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "min_interference":
        return "holds all pairs, also those that may be violated"
    hard = problem.is_hard
    if problem.exact[hard].any() or problem.separation[hard].max(initial=0) > 1:
        return "colours graphs: separations are 1"
    start, channel = problem.choices
    size = int(start[1]) if len(start) > 1 else 0
    if not size or (np.diff(start) != size).any():
        return "needs the same channels for all"
    if len(channel) > MOST_ENTRIES:
        return f"has tables of at most {MOST_ENTRIES} entries"
    if (channel.reshape(-1, size) != channel[:size]).any():
        return "needs the same channels for all"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=12, share=1.5)
def evolution(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Two colourings have two children, which tabu search improves, and so on [1]_.

    As channels may change names, a child takes whole classes of transmitters with the
    same channel. Each colouring found leads to a search for one with a channel less.

    Complexity: a step of tabu search takes O(d + V) for d pairs at a vertex, a child
    O(V).

    References
    ----------
    .. [1] L. Moalic, A. Gondran, "Variations on memetic algorithms for graph coloring
       problems", J. Heuristics 24, 2018. https://doi.org/10.1007/s10732-017-9354-9
    """
    search = _Search(problem, incumbent)
    while search.colours > 0 and not incumbent.expired():
        search.evolve()


class _Search:
    """Two colourings, the best of some generations, and the target."""

    def __init__(self, problem: ChannelAssignment, incumbent: Incumbent) -> None:
        self.problem, self.incumbent = problem, incumbent
        self.vertices = problem.sizes["V"]
        kept = problem.is_hard & (problem.separation > 0)
        pairs = np.unique(np.sort(problem.pairs[kept], axis=1), axis=0)
        order, self.first = grouped(pairs.T.ravel(), self.vertices)
        self.near = pairs[:, ::-1].T.ravel()[order]
        self.channel = np.unique(problem.domains[0])
        self.random = np.random.default_rng(incumbent.seed)
        self.x = np.array([incumbent.seed + 88172645463325252], np.uint64)
        self.colours = len(self.channel)
        if incumbent.allocation is not None:
            self._aim(incumbent.allocation.channel)

    def _aim(self, channel: np.ndarray) -> None:
        """Look for a colouring with a channel less than ``channel`` (V,) has."""
        number = len(np.unique(channel))
        if self.problem.objective == "min_span":
            number = int(np.searchsorted(self.channel, channel.max())) + 1
        self.colours = 0 if self.problem.objective == "feasible" else number - 1

    def evolve(self) -> None:
        """Go on until a colouring is found (and the target lowered), or time is out."""
        pair = [self._drawn(), self._drawn()]
        kept, elite = self._drawn(), self._drawn()
        best, fewest = elite, self.vertices**2
        generation = 0
        while True:
            children = []
            for first, second in (pair, pair[::-1]):
                child = np.empty(self.vertices, np.int64)
                child_of(first, second, self.colours, child, self.x)
                child, conflicts = self._improved(child)
                if conflicts == 0:
                    self._offer(child)
                if conflicts == 0 or self.incumbent.expired():
                    return
                if conflicts < fewest:
                    best, fewest = child, conflicts
                children.append(child)
            pair = children
            generation += 1
            if generation % GENERATIONS == 0:
                pair[0], kept, elite = kept, elite, best
                fewest = self.vertices**2
            if (pair[0] == pair[1]).all():
                return

    def _drawn(self) -> np.ndarray:
        return self.random.integers(0, self.colours, self.vertices)

    def _improved(self, colour: np.ndarray) -> tuple[np.ndarray, int]:
        """Best colouring that tabu search finds from ``colour``, and its conflicts."""
        best, at = colour.copy(), np.zeros(2, np.int64)
        same = np.empty((self.vertices, self.colours), np.int32)
        tabu = np.empty((self.vertices, self.colours), np.int32)
        for _ in range(LOOKS):
            done = recolour(
                MOVES, self.first, self.near, colour, best, same, tabu, at, self.x
            )
            if done or self.incumbent.expired():
                break
        return best, int(at[1])

    def _offer(self, colour: np.ndarray) -> None:
        channel = self.channel[colour]
        self.incumbent.offer(Channels(channel))
        self._aim(channel)
