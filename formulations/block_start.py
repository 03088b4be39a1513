"""First schedules: the best user of each block, and floors before anything else."""

import numpy as np

from formulations.block_prices import fewest_blocks, most_blocks
from formulations.blocks import BlockSchedule
from formulations.kernels.block_floors import fill_windows, make_way
from formulations.kernels.block_start import fill_floors, fill_rest, lead
from formulations.reach import read_only


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

    Whose floor is not met takes blocks of others then, unless blocks must be
    neighbours, where what is left stays unused.
    """
    user = np.full(problem.blocked.shape, -1, np.intp)
    rate, floor, cell = problem.rate, problem.min_rate, problem.cell
    blocked, limit = problem.blocked, most_blocks(problem).astype(float)
    room = limit.copy()
    fill_floors(rate, floor, cell, room, blocked, problem.contiguous, user)
    if not problem.contiguous:
        make_way(rate, floor, limit, cell, blocked, user)
        room = limit - np.bincount(user[user >= 0], minlength=len(limit))
        fill_rest(rate, slopes(problem), cell, room, blocked, user)
    return user


def windows(problem: BlockSchedule) -> np.ndarray:
    """User (B, N): cells are filled from one end, the better of both; rests unused.

    For a fixed order of users, to take the window that ends first is best.
    """
    user = np.full(problem.blocked.shape, -1, np.intp)
    need, limit = fewest_blocks(problem), most_blocks(problem)
    mirrored = read_only(problem.rate[:, ::-1])
    other = np.empty(problem.sizes["N"], np.intp)
    for b, blocked in enumerate(problem.blocked):
        members = np.flatnonzero((problem.cell == b) & (problem.min_rate > 0))
        missing = fill_windows(
            problem.rate, problem.min_rate, limit, need, blocked, members, user[b]
        )
        if missing:
            less = fill_windows(
                mirrored, problem.min_rate, limit, need, read_only(blocked[::-1]),
                members, other,
            )  # fmt: skip
            if less < missing:
                user[b] = other[::-1]
    return user
