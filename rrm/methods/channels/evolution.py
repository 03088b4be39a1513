"""Colourings that have children, where all channels are alike."""

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_partial import (
    Classes,
    begin_colouring,
    child_of,
    classes_of,
    insert_colours,
    neighbours_of,
)
from rrm.incumbent import Incumbent
from rrm.registry import method

MOVES = 1_000  # between looks at the clock, some 1 ms
LOOKS = 10  # for each child
GENERATIONS = 10  # after which the best of the ones before comes back
PART, LATEST = 0.6, 10  # tenure: of who has no colour, and moves drawn besides
MOST_VERTICES = 4_000  # with a table of neighbours
MOST_ENTRIES = 10_000_000  # transmitters times channels


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "min_interference":
        return "holds all pairs, also those that may be violated"
    if problem.sizes["V"] > MOST_VERTICES:
        return f"has a table of at most {MOST_VERTICES} transmitters"
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


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=12, share=1.0)
def evolution(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Two colourings have two children, which tabu search improves, and so on [1]_.

    As channels may change names, a child takes whole classes of transmitters with the
    same channel. Each colouring found leads to a search for one with a channel less.

    Children are partial: who gets no class waits, as in ``partial_colouring``.

    Complexity: a move of tabu search takes O(V + K) for K channels, several entries
    at once, a child O(V K).

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
        kept = problem.is_hard & (problem.separation > 0)
        vertices = problem.sizes["V"]
        self.is_near = neighbours_of(problem.pairs[kept], vertices)
        self.nothing = np.full(vertices, -1, np.int32)
        self.channel = np.unique(problem.domains[0])
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
        classes = classes_of(self.is_near, self.colours, self.x)
        pair = [self.nothing, self.nothing]
        kept = elite = best = self.nothing
        fewest = len(best) + 1
        generation = 0
        while True:
            children = []
            for first, second in (pair, pair[::-1]):
                child, left = self._improved(first, second, classes)
                if left == 0:
                    self._offer(child)
                if left == 0 or self.incumbent.expired():
                    return
                if left < fewest:
                    best, fewest = child, left
                children.append(child)
            pair = children
            generation += 1
            if generation % GENERATIONS == 0:
                pair[0], kept, elite = kept, elite, best
                fewest = len(best) + 1
            if (pair[0] == pair[1]).all():
                return

    def _improved(
        self, first: np.ndarray, second: np.ndarray, classes: Classes
    ) -> tuple[np.ndarray, int]:
        """Best partial colouring found from a child, and how many have no colour."""
        child = np.empty_like(self.nothing)
        child_of(first, second, self.colours, child)
        begin_colouring(child, classes)
        for _ in range(LOOKS):
            left = insert_colours(MOVES, PART, LATEST, classes)
            if left == 0 or self.incumbent.expired():
                break
        return classes.best.copy(), int(classes.at[2])

    def _offer(self, colour: np.ndarray) -> None:
        channel = self.channel[colour]
        self.incumbent.offer(Channels(channel))
        self._aim(channel)
