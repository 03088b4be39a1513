"""Assignments that are always valid but not complete, by tabu search."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below
from formulations.kernels.channel_copies import Copies
from formulations.kernels.channel_moves import first_above

LATEST = 10  # moves that a tabu lasts at least, drawn anew each time
TENURE = 0.6  # of the copies without a state, which a tabu lasts besides
MOST_KINDS = 64  # without a state, that one move chooses from
WEIGHT = 100  # of a copy before it is pushed out for the first time


class Partial(NamedTuple):
    """Where a search stands.

    Attributes
    ----------
    used : (S,) int32
        Weight of the copy that has a state, 0 without one.
    conflicts : (S,) int32
        Weight of the copies that each state is too close to.
    weight : (K,) int32
        What pushing out a copy of each kind counts.
    left : (K,)
        Copies of each kind without a state.
    tabu : (S,)
        Move until which a state is not taken again.
    waiting, place : (K,)
        Kinds with copies left, and where they stand there.
    at : (3,)
        Moves, kinds waiting, and copies without a state.
    random : (1,) uint64
        State of the random numbers.
    """

    used: np.ndarray
    conflicts: np.ndarray
    weight: np.ndarray
    left: np.ndarray
    tabu: np.ndarray
    waiting: np.ndarray
    place: np.ndarray
    at: np.ndarray
    random: np.ndarray


def nothing_placed(copies: Copies, seed: int) -> Partial:
    """Partial assignment without any copy placed."""
    states, kinds = copies.start[-1], len(copies.number)
    return Partial(
        used=np.zeros(states, np.int32),
        conflicts=np.zeros(states, np.int32),
        weight=np.zeros(kinds, np.int32),
        left=np.zeros(kinds, np.int64),
        tabu=np.zeros(states, np.int64),
        waiting=np.zeros(kinds, np.int64),
        place=np.zeros(kinds, np.int64),
        at=np.zeros(3, np.int64),
        random=np.array([seed], np.uint64),
    )


@njit(cache=True, error_model="numpy")
def begin(
    is_open: np.ndarray, copies: Copies, partial: Partial
) -> None:  # pragma: no cover
    """Keep the ``used`` states that are open and in nobody's way; count the rest.

    ``is_open`` (S,) are the states that may be used.
    """
    used, conflicts, left = partial.used, partial.conflicts, partial.left
    partial.at[1:] = 0
    partial.tabu[:] = partial.at[0]
    conflicts[:] = 0
    partial.weight[:] = WEIGHT
    for w in range(len(left)):
        left[w] = copies.number[w]
        for s in range(copies.start[w], copies.start[w + 1]):
            if used[s] != 0:
                used[s] = 0
                if is_open[s] and conflicts[s] == 0 and left[w] > 0:
                    _take(w, s, 0, copies, partial)
                    left[w] -= 1
        partial.place[w] = -1
        if left[w] > 0:
            _wait(w, partial)
            partial.at[2] += left[w]


@njit(cache=True, error_model="numpy")
def insert(
    work: Any,
    rise: int,
    room: np.ndarray,
    count: np.ndarray,
    copies: Copies,
    partial: Partial,
) -> int:  # pragma: no cover
    """Give copies the states that push least weight out; copies without a state [1]_.

    Where weights rise, those that are pushed out often are so no longer.

    Parameters
    ----------
    work : int
        States and pairs to look at.
    rise : int
        By how much the weight of a copy grows when it is pushed out.
    room, count : (S,), (K,)
        Open states of each kind first, and how many they are.
    copies : Copies
        What is placed.
    partial : Partial
        Changed.

    References
    ----------
    .. [1] I. Blöchliger, N. Zufferey, "A graph coloring heuristic using partial
       solutions and a reactive tabu scheme", Computers & OR 35(3), 2008.
       https://doi.org/10.1016/j.cor.2006.05.014
    """
    start, first = copies.start, copies.first
    used, conflicts, tabu = partial.used, partial.conflicts, partial.tabu
    at, random, waiting = partial.at, partial.random, partial.waiting
    while work > 0 and at[2] > 0:
        at[0] += 1
        move, least, ties = -1, 1 << 60, 0
        kind = waiting[0]
        some = min(at[1], MOST_KINDS)
        turn = draw_below(random, at[1]) if at[1] > some else 0
        for _ in range(some):
            w = waiting[turn]
            turn = turn + 1 if turn + 1 < at[1] else 0
            most = least + partial.weight[w]
            for q in range(start[w], start[w] + count[w]):
                s = room[q]
                pushed = conflicts[s]
                if pushed > most or used[s] != 0 or (tabu[s] > at[0] and pushed > 0):
                    continue
                if pushed < most:
                    move, kind, ties = s, w, 1
                    most = np.int64(pushed)
                    continue
                ties += 1
                if draw_below(random, ties) == 0:
                    move, kind = s, w
            least = most - partial.weight[w]
            work -= count[w]
        work -= 8
        if move < 0:
            continue
        partial.left[kind] -= 1
        if partial.left[kind] == 0:
            _served(kind, partial)
        before = at[2]
        at[2] -= 1
        _take(kind, move, rise, copies, partial)
        work -= 4 * (at[2] - before + 2) * (first[kind + 1] - first[kind])
    return at[2]


@njit(cache=True, error_model="numpy")
def _take(
    w: Any, state: Any, rise: int, copies: Copies, partial: Partial
) -> None:  # pragma: no cover
    """Use a state: count it at all in conflict, and push used ones out."""
    used, conflicts = partial.used, partial.conflicts
    k, weight = state - copies.start[w], partial.weight[w]
    for a in range(copies.first[w], copies.first[w + 1]):
        u, gap = copies.neighbour[a], copies.gap[a]
        begin, end = copies.start[u], copies.start[u + 1]
        channel = np.int64(copies.channel[copies.own[a] + k])
        if copies.base[a] >= 0:
            middle = begin + channel - copies.base[a]
            for t in range(max(middle - gap + 1, begin), min(middle + gap, end)):
                conflicts[t] += weight
                if used[t] != 0:
                    _push(u, t, rise, copies, partial)
            continue
        o = copies.other[a]
        last = o + end - begin
        if copies.exact[a]:
            for t in range(begin, end):
                if abs(copies.channel[o + t - begin] - channel) != gap:
                    conflicts[t] += weight
                    if used[t] != 0:
                        _push(u, t, rise, copies, partial)
            continue
        i = first_above(copies.ascending, o, last, channel - gap + 1)
        while i < last and copies.ascending[i] < channel + gap:
            t = begin + copies.order[i]
            conflicts[t] += weight
            if used[t] != 0:
                _push(u, t, rise, copies, partial)
            i += 1
    used[state] = weight


@njit(cache=True, error_model="numpy")
def _push(
    w: Any, state: Any, rise: int, copies: Copies, partial: Partial
) -> None:  # pragma: no cover
    """Take a state from a copy that has to wait."""
    at, conflicts = partial.at, partial.conflicts
    k, weight = state - copies.start[w], partial.used[state]
    partial.used[state] = 0
    for a in range(copies.first[w], copies.first[w + 1]):
        u, gap = copies.neighbour[a], copies.gap[a]
        begin, end = copies.start[u], copies.start[u + 1]
        channel = np.int64(copies.channel[copies.own[a] + k])
        if copies.base[a] >= 0:
            middle = begin + channel - copies.base[a]
            for t in range(max(middle - gap + 1, begin), min(middle + gap, end)):
                conflicts[t] -= weight
            continue
        o = copies.other[a]
        last = o + end - begin
        if copies.exact[a]:
            for t in range(begin, end):
                if abs(copies.channel[o + t - begin] - channel) != gap:
                    conflicts[t] -= weight
            continue
        i = first_above(copies.ascending, o, last, channel - gap + 1)
        while i < last and copies.ascending[i] < channel + gap:
            conflicts[begin + copies.order[i]] -= weight
            i += 1
    if partial.left[w] == 0:
        _wait(w, partial)
    partial.left[w] += 1
    partial.weight[w] += rise
    at[2] += 1
    tenure = np.int64(TENURE * at[2]) + draw_below(partial.random, LATEST) + 1
    partial.tabu[state] = at[0] + tenure + 1


@njit(cache=True, error_model="numpy")
def _wait(w: Any, partial: Partial) -> None:  # pragma: no cover
    """Add a kind to those with copies left."""
    partial.waiting[partial.at[1]], partial.place[w] = w, partial.at[1]
    partial.at[1] += 1


@njit(cache=True, error_model="numpy")
def _served(w: Any, partial: Partial) -> None:  # pragma: no cover
    """Remove a kind from those with copies left."""
    partial.at[1] -= 1
    last = partial.waiting[partial.at[1]]
    partial.waiting[partial.place[w]], partial.place[last] = last, partial.place[w]
    partial.place[w] = -1
