"""First channels, greedy by saturation."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_moves import FREE, greedy, tables


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
