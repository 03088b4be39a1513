"""Largest set of links whose floors can be met together, by branch and bound."""

import numpy as np
from numba import njit

ROOM = 1e-10  # relative, of the limits, against rounding


@njit(cache=True, error_model="numpy")
def is_admissible(members, count, coupled, alone, rows):  # pragma: no cover
    """Whether the first ``count`` of ``members`` meet their floors within the limits.

    ``coupled`` (n, n) and ``alone`` (n,) say what power meets a floor, ``rows`` (K, n)
    how much of each limit a power uses. Without pivoting all pivots of ``I - F`` are
    positive exactly where its spectral radius is below 1 (a nonsingular M-matrix).
    """
    system = np.empty((count, count))
    power = np.empty(count)
    for i in range(count):
        power[i] = alone[members[i]]
        for j in range(count):
            system[i, j] = -coupled[members[i], members[j]]
        system[i, i] += 1.0
    for k in range(count):
        if not system[k, k] > ROOM:
            return False
        for i in range(k + 1, count):
            ratio = system[i, k] / system[k, k]
            if ratio != 0.0:
                for j in range(k + 1, count):
                    system[i, j] -= ratio * system[k, j]
                power[i] -= ratio * power[k]
    for k in range(count - 1, -1, -1):
        for j in range(k + 1, count):
            power[k] -= system[k, j] * power[j]
        power[k] /= system[k, k]
    for row in range(len(rows)):
        used = 0.0
        for i in range(count):
            used += rows[row, members[i]] * power[i]
        if not used <= 1.0 + ROOM:
            return False
    return True


@njit(cache=True, error_model="numpy")
def conflicts(coupled, alone, rows):  # pragma: no cover
    """Pairs (n, n) bool that cannot both be admitted."""
    links = len(alone)
    found = np.zeros((links, links), np.bool_)
    pair = np.empty(2, np.int64)
    for i in range(links):
        for j in range(i):
            pair[0], pair[1] = i, j
            found[i, j] = not is_admissible(pair, 2, coupled, alone, rows)
            found[j, i] = found[i, j]
    return found


@njit(cache=True, error_model="numpy")
def covered(candidates, first, count, apart):  # pragma: no cover
    """Groups of pairwise conflicts that cover the candidates: each admits one link."""
    group = np.empty(count, np.int64)
    groups = 0
    for a in range(first, count):
        group[a] = groups
        for g in range(groups):
            fits = True
            for b in range(first, a):
                if group[b] == g and not apart[candidates[a], candidates[b]]:
                    fits = False
                    break
            if fits:
                group[a] = g
                break
        if group[a] == groups:
            groups += 1
    return groups


@njit(cache=True, error_model="numpy")
def search(
    coupled, alone, rows, apart, chosen, candidates, count, place, state, best, nodes
):  # pragma: no cover
    """Go on with a depth-first search for at most ``nodes`` nodes; whether it ended.

    A set that cannot be admitted is not part of one that can. Level ``d`` tries each of
    ``candidates[d, place[d]:count[d]]`` beside ``chosen[:d]``, with which each can be
    admitted. ``state`` holds the depth and the size of the ``best`` set (n,), and all
    are changed in place.
    """
    for _ in range(nodes):
        depth = state[0]
        if depth < 0:
            return True
        left = covered(candidates[depth], place[depth], count[depth], apart)
        if place[depth] == count[depth] or depth + left <= state[1]:
            state[0] -= 1
            continue
        link = candidates[depth, place[depth]]
        place[depth] += 1
        chosen[depth] = link
        if depth + 1 > state[1]:
            state[1] = depth + 1
            best[: depth + 1] = chosen[: depth + 1]
        kept = 0
        for entry in range(place[depth], count[depth]):
            other = candidates[depth, entry]
            chosen[depth + 1] = other
            is_apart = apart[link, other]
            if not is_apart and is_admissible(chosen, depth + 2, coupled, alone, rows):
                candidates[depth + 1, kept] = other
                kept += 1
        count[depth + 1], place[depth + 1] = kept, 0
        state[0] = depth + 1
    return state[0] < 0
