"""Dynamic programming over groups that hang together little."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_dominance import of_whole
from formulations.channel_elimination import (
    ENTRIES,
    Elimination,
    eliminate,
    narrow_order,
)
from formulations.channels import ChannelAssignment, Channels
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_ENTRIES = 5_000_000  # of all tables of pairs
MOST_PAIRS = 8  # for each transmitter: more make no narrow tree
PAIR_SECONDS = 6e-9  # that tables and dominance take for each pair of channels
STEP_ENTRIES = 5_000_000  # of one table, for each second left: a twentieth of it


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "min_order":
        return "adds costs of pairs up, not channels in use"
    if problem.sizes["E"] > MOST_PAIRS * problem.sizes["V"]:
        return f"takes at most {MOST_PAIRS} pairs for each transmitter"
    if problem.pairs_of_channels > MOST_ENTRIES:
        return f"has tables of at most {MOST_ENTRIES} pairs of channels"
    return None


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="the optimum by dynamic programming where few transmitters hang together",
    rank=7,
    share=1.5,
)
def tree_decomposition(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Decide one group after the other, for all states of those near it [1]_.

    Parts that do not hang together are decided each on its own. One that hangs together
    too much keeps the states that it has, and counts nothing in the bound.

    Complexity: O(V C^(w+1)) for C channels and a width of w.

    References
    ----------
    .. [1] A. M. C. A. Koster, S. P. M. van Hoesel, A. W. J. Kolen, "Solving partial
       constraint satisfaction problems with tree decomposition", Networks 40(3), 2002.
       https://doi.org/10.1002/net.10046
    """
    limit = incumbent.remaining()
    if limit < PAIR_SECONDS * problem.pairs_of_channels:
        return
    reduced = problem.undominated
    known = reduced.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(np.inf, of_whole(known, problem))
        return
    if incumbent.expired(0):
        return
    below, states = np.inf, np.diff(known.network.start)
    if problem.objective == "min_span" and incumbent.allocation is not None:
        below = incumbent.objective
        low = known.highest < below
        states = np.add.reduceat(low.astype(np.intp), known.network.start[:-1])

    def is_over() -> bool:  # the referee goes through the order once more
        return incumbent.expired() or incumbent.remaining() < 0.6 * limit

    entries = min(ENTRIES, int(STEP_ENTRIES * limit))
    order, is_whole = narrow_order(known, states, is_over, entries)
    order = order[is_whole[order]]
    if not order.size:
        return
    value, state = eliminate(reduced, known, order, below, is_over)
    if np.isnan(value):
        return
    if np.isfinite(value):
        held = np.full(len(states), -1, np.intp)
        if incumbent.allocation is not None:
            held = known.states(incumbent.allocation.channel)
        state = np.where(is_whole, state, held)
        if (state >= 0).all():
            incumbent.offer(Channels(known.channels(state)))
    incumbent.tighten(value, of_whole(Elimination(order, below), problem))
