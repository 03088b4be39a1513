"""First channels: at least cost, first fit, and greedy by saturation."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_first_fit import first_fit
from formulations.kernels.channel_least_cost import least_cost
from formulations.kernels.channel_moves import FREE, greedy, tables

LOOKED_AT = 20_000  # pairs, while transmitters are asked again, about 1 ms
ROUNDS = 4  # in which each transmitter is asked again, at the most


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
