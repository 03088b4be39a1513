"""First schedules: the best user of each block, and floors before anything else."""

import numpy as np

from formulations.blocks import BlockSchedule
from formulations.kernels.block_start import fill_floors, fill_rest, lead


def slopes(problem: BlockSchedule) -> np.ndarray:
    """What more rate adds for each user (U,), from where its average stands.

    For ``proportional_fair`` the gradient of the logarithms at no rate.
    """
    if problem.objective == "proportional_fair":
        return problem.weight / ((problem.window - 1) * problem.average)
    return problem.weight


def best_blocks(problem: BlockSchedule) -> np.ndarray:
    """User (B, N) for whom each block is worth most, whatever the floors and limits."""
    user = np.empty(problem.blocked.shape, np.intp)
    lead(problem.rate, slopes(problem), problem.cell, problem.blocked, user)
    return user


def floors_first(problem: BlockSchedule) -> np.ndarray:
    """User (B, N): users in turn take blocks to their floor; the rest is shared out.

    Where blocks must be neighbours, what is left stays unused.
    """
    user = np.full(problem.blocked.shape, -1, np.intp)
    rate, cell, blocked = problem.rate, problem.cell, problem.blocked
    room = problem.max_blocks.copy()
    fill_floors(rate, problem.min_rate, cell, room, blocked, problem.contiguous, user)
    if not problem.contiguous:
        fill_rest(rate, slopes(problem), cell, room, blocked, user)
    return user
