"""First schedules: the best user of each block, and floors before anything else."""

import numpy as np

from formulations.blocks import BlockSchedule


def worth(problem: BlockSchedule) -> np.ndarray:
    """What each block adds for each user (U, N), from where its average stands.

    For ``proportional_fair`` the gradient of the logarithms at no rate.
    """
    weight = problem.weight
    if problem.objective == "proportional_fair":
        weight = weight / ((problem.window - 1) * problem.average)
    return np.where(problem.usable, weight[:, None] * problem.rate, 0.0)


def best_blocks(problem: BlockSchedule) -> np.ndarray:
    """User (B, N) for whom each block is worth most, whatever the floors and limits."""
    value = worth(problem)
    user = np.full(problem.blocked.shape, -1, np.intp)
    for cell in range(len(user)):
        own = np.flatnonzero(problem.cell == cell)
        if own.size:
            best = own[np.argmax(value[own], axis=0)]
            some = value[best, np.arange(value.shape[1])] > 0
            user[cell] = np.where(some, best, -1)
    return user


def floors_first(problem: BlockSchedule) -> np.ndarray:
    """User (B, N): in turn, the user furthest below its floor takes its best block.

    Where blocks must be neighbours, it takes the better neighbour of those it has; what
    is left then stays unused.
    """
    user = np.full(problem.blocked.shape, -1, np.intp)
    blocks = problem.sizes["N"]
    for cell in range(len(user)):
        own = np.flatnonzero((problem.cell == cell) & (problem.min_rate > 0))
        left = problem.min_rate[own].copy()
        room = problem.max_blocks[own].copy()
        while (left > 0).any():
            k = int(np.argmax(np.where(room > 0, left / problem.min_rate[own], 0.0)))
            u = own[k]
            free = (user[cell] < 0) & ~problem.blocked[cell] & (problem.rate[u] > 0)
            mine = np.flatnonzero(user[cell] == u)
            if problem.contiguous and mine.size:
                beside = np.zeros(blocks, bool)
                beside[[max(mine[0] - 1, 0), min(mine[-1] + 1, blocks - 1)]] = True
                free &= beside
            if left[k] <= 0 or room[k] < 1 or not free.any():
                break
            block = int(np.argmax(np.where(free, problem.rate[u], -1.0)))
            user[cell, block] = u
            left[k] -= problem.rate[u, block]
            room[k] -= 1
    if not problem.contiguous:
        _share_out(problem, user)
    return user


def _share_out(problem: BlockSchedule, user: np.ndarray) -> None:
    """Give blocks that are left to the user for whom they are worth most, in place."""
    value = worth(problem)
    served = np.bincount(user[user >= 0], minlength=problem.sizes["U"])
    room = problem.max_blocks - served
    for cell in range(len(user)):
        own = np.flatnonzero(problem.cell == cell)
        if not own.size:
            continue
        free = np.flatnonzero((user[cell] < 0) & ~problem.blocked[cell])
        best = value[np.ix_(own, free)].max(axis=0)
        for block in free[np.argsort(-best, kind="stable")]:
            k = int(np.argmax(np.where(room[own] >= 1, value[own, block], -1.0)))
            if room[own[k]] >= 1 and value[own[k], block] > 0:
                user[cell, block] = own[k]
                room[own[k]] -= 1
