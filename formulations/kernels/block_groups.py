"""Groups of users brought within their part of one cell's blocks."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def gain(weight, base, total, more, is_fair):  # pragma: no cover
    """What ``more`` bit/s adds for a user with ``total``, ``base`` from before."""
    if not is_fair:
        return weight * more
    return weight * np.log1p(max(more, -total) / (base + total))


@njit(cache=True, error_model="numpy")
def loss(weight, base, total, less, is_fair, floor):  # pragma: no cover
    """What a user with ``total`` loses with ``less`` bit/s; floors come last."""
    if total - less < floor:
        return 1e300
    return -gain(weight, base, total, -less, is_fair)


@njit(cache=True, error_model="numpy")
def fullest(room):  # pragma: no cover
    """Group that is farthest beyond its ``room`` (G,), -1 if none is."""
    over = -1
    for g in range(len(room)):
        if room[g] < 0.0 and (over < 0 or room[g] < room[over]):
            over = g
    return over


@njit(cache=True, error_model="numpy")
def take(member, user, blocks, room):  # pragma: no cover
    """Take ``blocks`` of the ``room`` (G,) of each group that ``user`` is in."""
    for g in range(len(room)):
        if member[g, user]:
            room[g] -= blocks


@njit(cache=True, error_model="numpy")
def has_room(member, user, room):  # pragma: no cover
    """Whether each group that ``user`` is in has ``room`` (G,) for one more block."""
    fits = True
    for g in range(len(room)):
        if member[g, user] and room[g] < 1.0:
            fits = False
    return fits


@njit(cache=True, error_model="numpy")
def settle(
    own, rate, weight, base, is_fair, floor, limit, blocked, member, room, row
):  # pragma: no cover
    """Change the owners ``row`` (N,) of a cell until no group has more than ``room``.

    Parameters
    ----------
    own : (u,)
        Users of the cell.
    rate, weight, base, floor, limit : (U, N), (U,), (U,), (U,), (U,)
        Of all users; bit/s so far that a logarithm is of, floors, most blocks.
    is_fair : bool
        Whether logarithms are added, else weighted rates.
    blocked : (N,) bool
        Blocks for nobody.
    member : (G, U) bool
        Users of each group.
    room : (G,)
        Blocks that each group may have; what is left of them in the end.
    row : (N,)
        User of each block, -1 for none.
    """
    users, blocks = rate.shape
    total, count = np.zeros(users), np.zeros(users)
    for n in range(blocks):
        u = row[n]
        if u >= 0:
            total[u] += rate[u, n]
            count[u] += 1.0
            take(member, u, 1.0, room)
    while True:
        over = fullest(room)
        if over < 0:
            break
        found, least = -1, np.inf
        for n in range(blocks):
            u = row[n]
            if u < 0 or not member[over, u]:
                continue
            lost = loss(weight[u], base[u], total[u], rate[u, n], is_fair, floor[u])
            if found < 0 or lost < least:
                found, least = n, lost
        u = row[found]
        row[found] = -1
        total[u] -= rate[u, found]
        count[u] -= 1.0
        take(member, u, -1.0, room)
    for n in range(blocks):
        if row[n] >= 0 or blocked[n]:
            continue
        best, most = -1, 0.0
        for u in own:
            if count[u] + 1.0 <= limit[u] and has_room(member, u, room):
                worth = gain(weight[u], base[u], total[u], rate[u, n], is_fair)
                if worth > most:
                    best, most = u, worth
        if best >= 0:
            row[n] = best
            total[best] += rate[best, n]
            count[best] += 1.0
            take(member, best, 1.0, room)


@njit(cache=True, error_model="numpy")
def settle_neighbours(
    own, rate, weight, base, is_fair, floor, limit, blocked, member, room, row
):  # pragma: no cover
    """As :func:`settle`, where the blocks of each user are neighbours and stay so.

    Groups with too many give up ends of what users have; then users grow from what they
    have, or begin anywhere, where a block is worth most.
    """
    users, blocks = rate.shape
    total, count = np.zeros(users), np.zeros(users)
    low, high = np.full(users, -1), np.full(users, -2)
    for n in range(blocks):
        u = row[n]
        if u < 0:
            continue
        if low[u] >= 0 and high[u] != n - 1:
            row[n] = -1  # what is apart from the first of a user's blocks
            continue
        low[u], high[u] = n if low[u] < 0 else low[u], n
        total[u] += rate[u, n]
        count[u] += 1.0
        take(member, u, 1.0, room)
    while True:
        over = fullest(room)
        if over < 0:
            break
        found, least = -1, np.inf
        for u in own:
            if low[u] < 0 or not member[over, u]:
                continue
            for n in (low[u], high[u]):
                lost = loss(weight[u], base[u], total[u], rate[u, n], is_fair, floor[u])
                if found < 0 or lost < least:
                    found, least = n, lost
        u = row[found]
        row[found] = -1
        total[u] -= rate[u, found]
        count[u] -= 1.0
        if count[u] == 0.0:
            low[u], high[u] = -1, -2
        elif found == low[u]:
            low[u] += 1
        else:
            high[u] -= 1
        take(member, u, -1.0, room)
    while True:
        best, most, place = -1, 0.0, -1
        for u in own:
            if count[u] + 1.0 > limit[u] or not has_room(member, u, room):
                continue
            begin, step = 0, 1
            if low[u] >= 0:
                begin, step = low[u] - 1, high[u] - low[u] + 2
            for n in range(begin, blocks, step):
                if n < 0 or row[n] >= 0 or blocked[n]:
                    continue
                if low[u] >= 0 and n > high[u] + 1:
                    break
                worth = gain(weight[u], base[u], total[u], rate[u, n], is_fair)
                if worth > most:
                    best, most, place = u, worth, n
        if best < 0:
            break
        row[place] = best
        total[best] += rate[best, place]
        count[best] += 1.0
        if low[best] < 0:
            low[best], high[best] = place, place
        low[best], high[best] = min(low[best], place), max(high[best], place)
        take(member, best, 1.0, room)
