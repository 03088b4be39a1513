"""First channels: at least cost, by frequency, first fit, greedy by saturation."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_exhaustive import frequency_exhaustive
from formulations.kernels.channel_first_fit import first_fit
from formulations.kernels.channel_least_cost import least_cost
from formulations.kernels.channel_moves import FREE, greedy, tables

LOOKED_AT = 12_000  # pairs, while transmitters are asked again, about 0.5 ms
ROUNDS = 4  # in which each transmitter is asked again, at the most
MOST_KEY = 2.0**62  # of need and transmitter in one integer
WIDEST = 10**6  # from the lowest channel to the highest, which takes 1 ms to go through


def cheapest_channels(problem: ChannelAssignment) -> np.ndarray | None:
    """Channel (V,) of each transmitter that costs least, None where one has none."""
    start, channel = problem.choices
    if not np.diff(start).all():
        return None
    return least_cost(
        start,
        channel,
        problem.pairs,
        problem.separation,
        problem.exact,
        problem.is_hard,
        problem.penalty,
        problem.preferred,
        problem.preferred_cost,
        int(min(ROUNDS, LOOKED_AT // max(problem.sizes["E"], 1))),
    )


def exhaustive_channels(problem: ChannelAssignment) -> np.ndarray | None:
    """Channel (V,) by each frequency in turn, None where that leaves some without.

    None, too, where a hard pair is exact, or channels lie very far apart.
    """
    start, channel = problem.choices
    is_hard, need = problem.is_hard, float(problem.separation.sum()) + 1.0
    if (problem.exact & is_hard).any() or not np.diff(start).all():
        return None
    listed = problem.lists[2]
    ends = int(listed.min()), int(listed.max())
    if need * len(start) > MOST_KEY or ends[1] - ends[0] > WIDEST:
        return None
    pairs, gap = problem.pairs, problem.separation
    chosen = frequency_exhaustive(start, channel, pairs, gap, is_hard, ends)
    return None if (chosen < 0).any() else chosen


def first_fitting(problem: ChannelAssignment) -> np.ndarray | None:
    """Channel (V,) of each transmitter in one pass, None where a hard pair is exact."""
    start, channel = problem.choices
    is_hard = problem.is_hard
    if (problem.exact & is_hard).any() or not np.diff(start).all():
        return None
    return first_fit(start, channel, problem.pairs, problem.separation, is_hard)


def greedy_channels(problem: ChannelAssignment) -> np.ndarray | None:
    """Channel (V,) of each transmitter, or None where domains are inconsistent.

    Those with fewest channels left come first, and take the lowest of them.
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        return None
    chosen = np.full(len(known.network.start) - 1, FREE, np.intp)
    hard, soft = tables(known.network, chosen)
    greedy(known.highest, known.network, chosen, hard, soft)
    return known.channels(chosen)
