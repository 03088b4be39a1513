"""Biconnected parts of a problem, each decided for all states at which it hangs on."""

import numpy as np

from formulations.channel_blocks import BlockTree, decide, parts_of
from formulations.channel_domains import EmptyDomain
from formulations.channel_dominance import of_whole
from formulations.channels import ChannelAssignment, Channels
from rrm.incumbent import Incumbent
from rrm.registry import method

FIRST_NODES = 500  # of a search in one part, for each state of one group
MORE_NODES = 8  # times as many the next time
MOST_NODES = 1 << 30
MOST_GROUPS = 64  # in one part: a search through more of them hardly ends
MOST_ENTRIES = 4_000_000  # of tables
PAIR_SECONDS = 4e-9  # that dominance and groups take for each pair of channels
LEFT = 0.55  # of the time, when the referee has to go through the parts once more


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "min_order":
        return "adds costs of parts up, not channels in use"
    if problem.pairs_of_channels > MOST_ENTRIES:
        return f"has tables of at most {MOST_ENTRIES} pairs of channels"
    return None


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="the optimum where biconnected parts are small",
    rank=8,
    share=1.0,
)
def block_tree(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Decide outer biconnected parts first; costs go to where they hang on [1]_.

    A part that takes too many nodes counts nothing, until a search with more of them.
    One part alone, or one of more than 64 groups, is left to other methods.

    Complexity: exponential in the size of the largest part at worst, times its states.

    References
    ----------
    .. [1] E. C. Freuder, "A sufficient condition for backtrack-bounded search", J. ACM
       32(4), 1985. https://doi.org/10.1145/4221.4225
    """
    if incumbent.remaining() < PAIR_SECONDS * problem.pairs_of_channels:
        return
    reduced = problem.undominated
    known = reduced.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(np.inf, of_whole(known, problem))
        return
    first, _, top = parts_of(known)
    if len(top) < 2 or np.diff(first).max() >= MOST_GROUPS:
        return
    nodes, below = FIRST_NODES, np.inf
    while nodes < MOST_NODES and not incumbent.expired():
        if problem.objective == "min_span" and incumbent.allocation is not None:
            below = incumbent.objective
        limit = LEFT * incumbent.remaining()

        def is_over(work: int, limit: float = limit) -> bool:
            return incumbent.expired(work) or incumbent.remaining() < limit

        found = decide(reduced, known, nodes, below, is_over)
        if np.isnan(found.value):
            return
        if np.isfinite(found.value) and found.is_whole:
            incumbent.offer(Channels(known.channels(found.state)))
        if incumbent.remaining() >= limit:
            argument = of_whole(BlockTree(nodes, below), problem)
            incumbent.tighten(found.value, argument)
        is_span = problem.objective == "min_span"  # lower and lower, until none is left
        if np.isinf(found.value) or (found.is_whole and not is_span):
            return
        if not found.is_whole:
            nodes *= MORE_NODES
