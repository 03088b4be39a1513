"""Floors of a cell in compiled loops: how many blocks they take, and who gives way."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def fewest(rate, floor, limit, cell, blocked, contiguous, need):  # pragma: no cover
    """Fewest blocks (U,) of ``need`` that meet each floor; N + 1 where none do.

    Parameters
    ----------
    rate : (U, N)
    floor, limit : (U,)
        Rate that a user must have, and blocks that it may have.
    cell : (U,)
    blocked : (B, N)
    contiguous : bool
        Whether a user's blocks must be neighbours.
    """
    users, blocks = rate.shape
    free = np.empty(blocks)
    for u in range(users):
        need[u] = 0
        if floor[u] <= 0.0:
            continue
        need[u] = blocks + 1
        if contiguous:
            end, start = window(rate[u], floor[u], limit[u], blocked[cell[u]], 0)
            while end < blocks:
                need[u] = min(need[u], end + 1 - start)
                end, start = window(
                    rate[u], floor[u], limit[u], blocked[cell[u]], start + 1
                )
            continue
        for n in range(blocks):
            free[n] = 0.0 if blocked[cell[u], n] else rate[u, n]
        got = 0.0
        for count, n in enumerate(np.argsort(-free)):
            if count >= limit[u]:
                break
            got += free[n]
            if got >= floor[u]:
                need[u] = count + 1
                break


@njit(cache=True, error_model="numpy")
def window(rate, floor, limit, blocked, first):  # pragma: no cover
    """Last and first block of the window from ``first`` on that meets a floor soonest.

    The shortest of those with the same end. N where there is none.
    """
    blocks = len(rate)
    start, got = first, 0.0
    for end in range(first, blocks):
        if blocked[end]:
            start, got = end + 1, 0.0
            continue
        got += rate[end]
        while end + 1 - start > limit or (start < end and got - rate[start] >= floor):
            got -= rate[start]
            start += 1
        if got >= floor and start <= end:
            return end, start
    return blocks, blocks


@njit(cache=True, error_model="numpy")
def fill_windows(rate, floor, limit, need, blocked, members, user):  # pragma: no cover
    """Fill a cell from its first block on, with the user next who wastes fewest blocks.

    Parameters
    ----------
    rate : (U, N)
    floor, limit, need : (U,)
        As in :func:`fewest`, which gives ``need``.
    blocked : (N,)
    members : (m,)
        Users of the cell that have a floor.
    user : (N,)
        Is filled; -1 where a block stays empty.

    Returns
    -------
    int
        Users whose floor is not met.
    """
    blocks = len(blocked)
    user[:] = -1
    waits = np.ones(len(members), np.bool_)
    first = 0
    for turn in range(len(members)):
        best, begin, last, chosen = np.inf, 0, 0, -1
        for k in range(len(members)):
            if not waits[k]:
                continue
            u = members[k]
            end, start = window(rate[u], floor[u], limit[u], blocked, first)
            if end == blocks:
                continue
            waste = end + 1 - first - need[u] + 1e-3 * (blocks - need[u])
            if waste < best:
                best, begin, last, chosen = waste, start, end, k
        if chosen < 0:
            return len(members) - turn
        user[begin : last + 1] = members[chosen]
        waits[chosen] = False
        first = last + 1
    return 0


@njit(cache=True, error_model="numpy")
def make_way(rate, floor, limit, cell, blocked, user):  # pragma: no cover
    """Have users without their floor take blocks of others, who take others' in turn.

    A chain ends with a free block, or one that its owner does not need; the shortest
    chain for each missing rate, by breadth-first search as in bipartite matching. Who
    finds none gives up what it has, and begins anew, once.

    Parameters
    ----------
    rate : (U, N)
    floor, limit : (U,)
    cell : (U,)
    blocked : (B, N)
    user : (B, N)
        Who has each block, -1: nobody; is changed.

    Returns
    -------
    int
        Users whose floor is still not met.
    """
    users, blocks = rate.shape
    held, count = np.zeros(users), np.zeros(users)
    for b in range(blocked.shape[0]):
        for n in range(blocks):
            if user[b, n] >= 0:
                held[user[b, n]] += rate[user[b, n], n]
                count[user[b, n]] += 1
    missing = 0
    queue, wanted = np.empty(users, np.int64), np.empty(users)
    lost, parent = np.empty(users, np.int64), np.full(users, -1)
    for u in range(users):
        anew = False
        while held[u] < floor[u]:
            left, done = floor[u] - held[u], False
            for part in (left, left / 2, left / 4):
                if count[u] >= limit[u]:
                    break
                parent[:] = -2
                parent[u], wanted[u], lost[u] = -1, part, -1
                queue[0] = u
                head, tail = 0, 1
                while head < tail and not done:
                    x = queue[head]
                    head += 1
                    for n in range(blocks):
                        if blocked[cell[u], n] or rate[x, n] < wanted[x]:
                            continue
                        v = user[cell[u], n]
                        if v >= 0 and parent[v] != -2:
                            continue
                        if v >= 0:
                            gap = floor[v] - (held[v] - rate[v, n])
                            if gap > 0.0:
                                parent[v], wanted[v], lost[v] = x, gap, n
                                queue[tail] = v
                                tail += 1
                                continue
                            held[v] -= rate[v, n]
                            count[v] -= 1
                        while x >= 0:  # everybody on the chain takes, and gives
                            user[cell[u], n] = x
                            held[x] += rate[x, n]
                            count[x] += 1
                            n = lost[x]
                            if n >= 0:
                                held[x] -= rate[x, n]
                                count[x] -= 1
                            x = parent[x]
                        done = True
                        break
                if done:
                    break
            if done:
                continue
            if anew:
                break
            anew = True  # what it holds may be too little to build on
            for n in range(blocks):
                if user[cell[u], n] == u:
                    user[cell[u], n] = -1
            held[u], count[u] = 0.0, 0.0
        missing += held[u] < floor[u]
    return missing
