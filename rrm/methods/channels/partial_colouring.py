"""Partial colourings with one, two or three channels less than is known."""

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_partial import Classes, classes_of, insert_colours
from rrm.incumbent import Incumbent
from rrm.methods.channels import evolution
from rrm.registry import method

MOVES = 1_000  # between looks at the clock, some 1 ms
LOOKS = 100  # at one number of channels, until another has its turn
MOST_MOVES = 1 << 30  # so that they are counted with 32 bits
STEPS = 3  # channels less than is known, at most
MOST_VERTICES = 4_000  # with a table of neighbours


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.sizes["V"] > MOST_VERTICES:
        return f"has a table of at most {MOST_VERTICES} transmitters"
    return evolution.applies(problem)


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=13, share=2.5)
def partial_colouring(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Colour one vertex at a time, one channel less than is known, or two, three [1]_.

    A colouring that somebody has hidden in a graph is found where no other would do,
    with fewer channels rather than with more: a search for one channel less finds
    neither. Searches take turns, and go on where they were. What has been found leads
    back to the first step.

    Complexity: a move looks at O(W C) entries and updates O(d) for W who wait, C
    channels and d pairs at a vertex.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    channel = np.unique(problem.domains[0])
    search = _Search(problem, channel, incumbent)
    while not incumbent.expired() and search.fewest() < search.number:
        for step in range(1, STEPS + 1):
            if search.number - step < search.fewest() or incumbent.expired():
                break
            if search.fill(search.number - step):
                break


class _Search:
    """The graph, the fewest channels known, and a search for each number below."""

    def __init__(
        self, problem: ChannelAssignment, channel: np.ndarray, incumbent: Incumbent
    ) -> None:
        self.problem, self.channel, self.incumbent = problem, channel, incumbent
        vertices = problem.sizes["V"]
        self.is_near = np.zeros((vertices, vertices), np.uint8)
        kept = problem.pairs[problem.is_hard & (problem.separation > 0)].T
        self.is_near[kept[0], kept[1]] = self.is_near[kept[1], kept[0]] = 1
        self.x = np.array([incumbent.seed + 88172645463325252], np.uint64)
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

    def fill(self, colours: int) -> bool:
        """Whether a colouring of so few is found before it is another's turn."""
        classes = self.classes.get(colours)
        if classes is None or classes.at[0] > MOST_MOVES:
            nothing = np.full(len(self.is_near), -1)
            classes = classes_of(self.is_near, nothing, colours, self.x)
            self.classes[colours] = classes
        for _ in range(LOOKS):
            if insert_colours(MOVES, classes) == 0:
                found = self.channel[classes.colour]
                self.incumbent.offer(Channels(found))
                self._known(found)
                for known in range(self.number, colours + STEPS + 1):
                    self.classes.pop(known, None)
                return True
            if self.incumbent.expired():
                break
        return False
