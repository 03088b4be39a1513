"""First fit in rounds, which finds patterns that repeat."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_targets import LowerTops
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_rounds import Rounds, reorder
from rrm.incumbent import Incumbent
from rrm.registry import method

PLACED = 20_000  # copies times pairs placed between looks at the clock: some 0.2 ms
PATIENCE = 100  # looks at an order before another begins
RESTARTS = 8  # orders for one target


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_span":
        return f"lowers the span, not {problem.objective}"
    if (problem.exact & problem.is_hard).any():
        return "places by first fit, which exact pairs do not allow"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=8, share=0.2)
def rounds(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Give one channel to each cell in turn; search for the best order of cells [1]_.

    Where all cells need about as many, each round repeats the same pattern a period
    higher, which searches that move one transmitter at a time hardly find.

    Complexity: an order takes O(T C) for T transmitters and C channels.

    References
    ----------
    .. [1] D. Beckmann, U. Killat, "A new strategy for the application of genetic
       algorithms to the channel-assignment problem", IEEE Trans. Veh. Technol. 48(4),
       1999 (orders for first fit). https://doi.org/10.1109/25.775374
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    alike = known.copies
    copies, random = alike.copies, np.random.default_rng(incumbent.seed)
    if copies.number.max() == 1:
        return
    kinds, states = len(copies.number), len(alike.highest)
    tries = 1 + PLACED // (1 + int((copies.number * np.diff(copies.first)).sum()))
    search = Rounds(
        np.zeros(kinds, np.int64),
        np.zeros(kinds, np.int64),
        np.zeros(states, bool),
        np.zeros(states, bool),
        np.zeros(states, bool),
        np.zeros(3, np.int64),
        np.array([incumbent.seed + 88172645463325252], np.uint64),
    )
    top = int(alike.highest.max()) + 1
    if incumbent.allocation is not None:
        top = int(incumbent.allocation.channel.max())
    search.at[2] = top
    tops = LowerTops(top, int(max(incumbent.bound, 0.0)))
    while tops.aim < tops.top:
        is_open = alike.allowed & (alike.highest <= tops.aim)
        count = np.add.reduceat(is_open.astype(np.int64), copies.start[:-1])
        for look in range(RESTARTS * PATIENCE):
            if incumbent.expired() or (count < copies.number).any():
                break
            if look % PATIENCE == 0:
                search.order[:] = random.permutation(kinds)
                search.at[0] = -1
            done = reorder(tries, alike.highest, alike.allowed, count, copies, search)
            if search.at[2] < top:
                top = int(search.at[2])
                channel = known.channels(alike.states(search.best))
                incumbent.offer(Channels(channel))
            if done:
                break
        if incumbent.expired():
            return
        if top < tops.top:
            tops.reach(top, int(max(incumbent.bound, 0.0)))
        elif tops.is_last:
            return
        else:
            tops.give_up()
