"""Partial colourings with fewer channels than are known: far fewer, then 1, 2 or 3."""

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_partial import (
    Classes,
    classes_of,
    insert_colours,
    neighbours_of,
)
from rrm.incumbent import Incumbent
from rrm.methods.channels import evolution
from rrm.registry import method

MOVES = 1_000  # between looks at the clock, some 1 ms
LOOKS = 100  # at one channel less, until two less have their turn, of twice as many
LOOKS_PER_VERTEX = 0.5  # at far fewer
STEPS = 3  # channels less than is known, at most
EIGHTHS = range(1, 5)  # of the channels known, so many less are tried first
PART, LATEST = 0.3, 30  # tenure: of who has no colour, and moves drawn besides
MOST_VERTICES = 4_000  # with a table of neighbours


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.sizes["V"] > MOST_VERTICES:
        return f"has a table of at most {MOST_VERTICES} transmitters"
    return evolution.applies(problem)


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=13, share=2.5)
def partial_colouring(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Colour one vertex at a time with fewer channels than are known [1]_.

    A colouring that somebody has hidden in a graph is found where no other would do,
    with fewer channels rather than with more. One that takes far fewer than others is
    met at once, by searches for up to half of the channels. Then searches for one
    less, two and three take turns, as long as they are deep, and go on where they were.
    What has been found leads back to the first step. Tabus are longer than those that
    lead deepest in graphs drawn at random: what is hidden is met by who wanders.

    Complexity: a move takes O(V + K) for K channels, several entries at once.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    channel = np.unique(problem.domains[0])
    search = _Search(problem, channel, incumbent)
    while not incumbent.expired() and search.dive():
        pass
    while not incumbent.expired() and search.fewest() < search.number:
        for step in range(1, STEPS + 1):
            if search.number - step < search.fewest() or incumbent.expired():
                break
            if search.fill(search.number - step, step * LOOKS):
                break


class _Search:
    """The graph, the fewest channels known, and a search for each number below."""

    def __init__(
        self, problem: ChannelAssignment, channel: np.ndarray, incumbent: Incumbent
    ) -> None:
        self.problem, self.channel, self.incumbent = problem, channel, incumbent
        kept = problem.pairs[problem.is_hard & (problem.separation > 0)]
        self.is_near = neighbours_of(kept, problem.sizes["V"])
        self.x = np.array([incumbent.seed + 88172645463325252], np.uint64)
        self.looks = int(LOOKS_PER_VERTEX * len(self.is_near)) + 1
        self.classes: dict[int, Classes] = {}
        self.number = len(channel) + 1
        if incumbent.allocation is not None:
            self._known(incumbent.allocation.channel)

    def _known(self, channel: np.ndarray) -> None:
        """Count the channels that ``channel`` (V,) takes, all up to its largest."""
        self.number = len(np.unique(channel))
        if self.problem.objective == "min_span":
            self.number = int(np.searchsorted(self.channel, channel.max())) + 1
        if self.problem.objective == "feasible":
            self.number = 0

    def fewest(self) -> int:
        """Channels that are needed at the least."""
        low = max(self.incumbent.bound, 0.0)
        if self.problem.objective == "min_span":
            return int(np.searchsorted(self.channel, low)) + 1
        if self.problem.objective == "feasible":
            return len(self.channel)
        return max(int(low), 1)

    def dive(self) -> bool:
        """Whether a colouring is found with far fewer channels than are known."""
        for eighths in EIGHTHS:
            step = self.number * eighths // 8
            if self.number - step < self.fewest() or self.incumbent.expired():
                break
            if step > STEPS and self.fill(self.number - step, self.looks):
                return True
        return False

    def fill(self, colours: int, looks: int) -> bool:
        """Whether a colouring of so few is found before it is another's turn."""
        classes = self.classes.get(colours)
        if classes is None:
            classes = classes_of(self.is_near, colours, self.x)
            self.classes[colours] = classes
        for _ in range(looks):
            if insert_colours(MOVES, PART, LATEST, classes) == 0:
                found = self.channel[classes.colour]
                self.incumbent.offer(Channels(found))
                self._known(found)
                for known in [one for one in self.classes if one >= self.number]:
                    del self.classes[known]
                return True
            if self.incumbent.expired():
                break
        return False
