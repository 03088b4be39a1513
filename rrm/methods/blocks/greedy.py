"""Every block to the user for whom it is worth most."""

import numpy as np

from formulations.block_prices import SchedulePrices
from formulations.block_start import best_blocks
from formulations.blocks import BlockSchedule, Schedule
from rrm.incumbent import Incumbent
from rrm.registry import method


def applies(problem: BlockSchedule) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "sum_rate":
        return f"adds rates, and the objective is {problem.objective}"
    if problem.contiguous:
        return "blocks of a user must be neighbours"
    if len(problem.group):
        return "groups of users have limits"
    if problem.min_rate.any():
        return "users have floors"
    limited = problem.max_blocks < problem.sizes["N"]
    return "users may have a limited number of blocks" if limited.any() else None


@method(
    BlockSchedule,
    kind="exact",
    applies=applies,
    proves="the optimum: no block could earn more",
    rank=10,
)
def greedy(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Take the largest weighted rate of each block; the weights prove it best [1]_.

    Complexity: O(U N).

    References
    ----------
    .. [1] J. Jang, K. B. Lee, "Transmit power adaptation for multiuser OFDM systems",
       IEEE JSAC 21(2), 2003. https://doi.org/10.1109/JSAC.2002.807348
    """
    incumbent.offer(Schedule(best_blocks(problem)))
    argument = SchedulePrices(problem.weight, np.zeros(len(problem.weight)))
    incumbent.tighten(argument.bound(problem), argument)
