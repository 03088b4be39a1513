"""First schedules in compiled loops: the best user of a block, floors before all."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def lead(rate, weight, cell, blocked, user):  # pragma: no cover
    """Give each block (B, N) of ``user`` to whom it is worth most, -1: nobody."""
    best = np.zeros(blocked.shape)
    user[:] = -1
    for u in range(rate.shape[0]):
        b, w = cell[u], weight[u]
        for n in range(rate.shape[1]):
            value = w * rate[u, n]
            if value > best[b, n] and not blocked[b, n]:
                best[b, n] = value
                user[b, n] = u


@njit(cache=True, error_model="numpy")
def fill_floors(rate, floor, cell, room, blocked, contiguous, user):  # pragma: no cover
    """Let users with the most to gain from choice take their best blocks to the floor.

    Those whose floor needs the largest part of what all their blocks carry come first.
    Where blocks must be neighbours they grow from their best free block.
    """
    users, blocks = rate.shape
    need = np.zeros(users)
    for u in range(users):
        total = 0.0
        for n in range(blocks):
            if not blocked[cell[u], n]:
                total += rate[u, n]
        need[u] = floor[u] / total if total > 0.0 else 0.0
    for u in np.argsort(-need, kind="mergesort"):
        b, left = cell[u], floor[u]
        low, high = -1, -1
        while left > 0.0 and room[u] >= 1.0:
            best, place = 0.0, -1
            if contiguous and low >= 0:
                for n in (low - 1, high + 1):
                    inside = 0 <= n < blocks
                    if (
                        inside
                        and user[b, n] < 0
                        and not blocked[b, n]
                        and rate[u, n] > best
                    ):
                        best, place = rate[u, n], n
            else:
                for n in range(blocks):
                    if rate[u, n] > best and user[b, n] < 0 and not blocked[b, n]:
                        best, place = rate[u, n], n
            if place < 0:
                break
            user[b, place] = u
            left -= best
            room[u] -= 1.0
            low = place if low < 0 else min(low, place)
            high = max(high, place)


@njit(cache=True, error_model="numpy")
def fill_rest(rate, weight, cell, room, blocked, user):  # pragma: no cover
    """Give the blocks that are left to users who have room, the most valued first.

    Where all have room for whatever they value most, the order does not matter.
    """
    blocks = rate.shape[1]
    best = np.zeros(blocked.shape)
    choice = np.full(blocked.shape, -1)
    wanted = np.zeros(len(room))
    for u in range(rate.shape[0]):
        b, w = cell[u], weight[u]
        if room[u] >= 1.0:
            for n in range(blocks):
                value = w * rate[u, n]
                if value > best[b, n] and user[b, n] < 0 and not blocked[b, n]:
                    best[b, n] = value
                    choice[b, n] = u
    for u in choice.ravel():
        if u >= 0:
            wanted[u] += 1.0
    if (wanted <= room).all():
        for b in range(blocked.shape[0]):
            for n in range(blocks):
                if choice[b, n] >= 0:
                    user[b, n] = choice[b, n]
                    room[choice[b, n]] -= 1.0
        return
    for place in np.argsort(-best.ravel(), kind="mergesort"):
        b, n = place // blocks, place % blocks
        u = choice[b, n]
        if u < 0:
            break
        if room[u] >= 1.0:
            user[b, n] = u
            room[u] -= 1.0
