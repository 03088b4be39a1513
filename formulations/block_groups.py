"""Schedules in which groups of users keep to their part of the blocks."""

import numpy as np

from formulations.blocks import BlockSchedule


def within_groups(problem: BlockSchedule, user: np.ndarray) -> np.ndarray:
    """User (B, N) where groups with too many blocks give up those worth least.

    Blocks that are free then, or were before, go to whom they are worth most among
    those who may have more. Blocks that must be neighbours are given up, and given, at
    the ends of what users have.
    """
    if not len(problem.group):
        return user
    from formulations.kernels import block_groups

    contiguous = problem.contiguous
    settle = block_groups.settle_neighbours if contiguous else block_groups.settle
    user = np.array(user, np.intp)
    base = (problem.window - 1) * problem.average
    is_fair = problem.objective == "proportional_fair"
    terms = problem.rate, problem.weight, base, is_fair, problem.min_rate
    for b, row in enumerate(user):
        room = problem.group_blocks[:, b].copy()
        own, blocked = np.flatnonzero(problem.cell == b), problem.blocked[b]
        settle(own, *terms, problem.max_blocks, blocked, problem.group, room, row)
    return user
