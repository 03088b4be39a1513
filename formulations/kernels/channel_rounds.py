"""Rounds of first fit over kinds, whose order is changed until no copy is late."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below, fraction
from formulations.kernels.channel_copies import Copies
from formulations.kernels.channel_moves import first_above

HEAT = 0.5  # temperature, in late copies


class Rounds(NamedTuple):
    """Where a search over orders stands.

    Attributes
    ----------
    order, trial : (K,)
        Kinds in the order by now, and in the one that is tried.
    used, best : (S,) bool
        States that copies have in the last order, and in the one with the lowest top.
    blocked : (S,) bool
        Room to work in.
    at : (3,)
        Late copies by now (-1 at first), those of the last order, top of the best.
    random : (1,) uint64
        State of the random numbers.
    """

    order: np.ndarray
    trial: np.ndarray
    used: np.ndarray
    best: np.ndarray
    blocked: np.ndarray
    at: np.ndarray
    random: np.ndarray


@njit(cache=True, error_model="numpy")
def reorder(
    tries: int,
    highest: np.ndarray,
    allowed: np.ndarray,
    count: np.ndarray,
    copies: Copies,
    rounds: Rounds,
) -> bool:  # pragma: no cover
    """Exchange or move kinds in the order, as annealing would; whether none is late.

    Parameters
    ----------
    tries : int
        Orders to try.
    highest, allowed : (S,)
        Largest channel of each state, and whether it may be used at all.
    count : (K,)
        First states of each kind that are within the target.
    copies : Copies
        What is placed.
    rounds : Rounds
        Changed.
    """
    order, trial, at, random = rounds.order, rounds.trial, rounds.at, rounds.random
    if at[0] < 0:
        trial[:] = order
        _place(highest, allowed, count, copies, rounds)
        at[0] = at[1]
    kinds = len(order)
    for _ in range(tries):
        if at[0] == 0:
            break
        pick, to = draw_below(random, kinds), draw_below(random, kinds)
        trial[:] = order
        moved = trial[pick]
        if draw_below(random, 2) == 0:
            trial[pick] = trial[to]
        elif to < pick:
            for i in range(pick, to, -1):
                trial[i] = trial[i - 1]
        else:
            for i in range(pick, to):
                trial[i] = trial[i + 1]
        trial[to] = moved
        _place(highest, allowed, count, copies, rounds)
        if at[1] <= at[0] or fraction(random) < np.exp((at[0] - at[1]) / HEAT):
            order[:] = trial
            at[0] = at[1]
    return at[0] == 0


@njit(cache=True, error_model="numpy")
def _place(
    highest: np.ndarray,
    allowed: np.ndarray,
    count: np.ndarray,
    copies: Copies,
    rounds: Rounds,
) -> None:  # pragma: no cover
    """Give a copy of each kind its first free state, in the trial order, and again.

    What is complete and has the lowest top is kept.
    """
    start, first, neighbour = copies.start, copies.first, copies.neighbour
    trial, blocked, used = rounds.trial, rounds.blocked, rounds.used
    for s in range(len(blocked)):
        blocked[s] = not allowed[s]
    used[:] = False
    following = start[:-1].copy()
    late, top, lost, turn, some = 0, 0, 0, 0, True
    while some:
        some = False
        for w in trial:
            if copies.number[w] <= turn:
                continue
            some = True
            s = following[w]
            while s < start[w + 1] and blocked[s]:
                s += 1
            following[w] = s
            late += s - start[w] >= count[w]
            if s == start[w + 1]:
                lost += 1
                continue
            k = s - start[w]
            used[s] = blocked[s] = True
            top = max(top, highest[s])
            for a in range(first[w], first[w + 1]):
                u, gap = neighbour[a], copies.gap[a]
                begin, end = start[u], start[u + 1]
                channel = np.int64(copies.channel[copies.own[a] + k])
                if copies.base[a] >= 0:
                    middle = begin + channel - copies.base[a]
                    low, high = max(middle - gap + 1, begin), min(middle + gap, end)
                    for t in range(low, high):
                        blocked[t] = True
                    continue
                o = copies.other[a]
                last = o + end - begin
                t = first_above(copies.ascending, o, last, channel - gap + 1)
                while t < last and copies.ascending[t] < channel + gap:
                    blocked[begin + copies.order[t]] = True
                    t += 1
        turn += 1
    rounds.at[1] = late
    if lost == 0 and top < rounds.at[2]:
        rounds.at[2] = top
        rounds.best[:] = used
