"""Aggregate interference of the grants that are kept, draw by draw."""

from typing import Any

import numpy as np
from numba import njit

EDGE = 1e-9  # relative, by which sums kept up to date stay below what is summed anew


@njit(cache=True, error_model="numpy")
def draw(
    seed: int,
    rows: np.ndarray,
    median: np.ndarray,
    factor: np.ndarray,
    level: np.ndarray,
) -> None:  # pragma: no cover
    """Fill ``rows`` of ``level`` (P, D) with a median times one of 65,536 factors.

    Each row has random numbers of its own (splitmix64: G. L. Steele, D. Lea,
    C. H. Flood, 2014), four to a word.
    """
    draws = level.shape[1]
    for row in rows:
        middle = np.float32(median[row])
        state = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(row)
        state *= np.uint64(0x2545F4914F6CDD1D)
        own = level[row]
        for first in range(0, draws, 4):
            state += np.uint64(0x9E3779B97F4A7C15)
            word = state
            word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            word ^= word >> np.uint64(31)
            for d in range(first, min(first + 4, draws)):
                own[d] = middle * factor[word & np.uint64(0xFFFF)]
                word >>= np.uint64(16)


@njit(cache=True, error_model="numpy")
def totals(
    kept: np.ndarray,
    start: np.ndarray,
    receiver: np.ndarray,
    level: np.ndarray,
    receivers: int,
) -> np.ndarray:  # pragma: no cover
    """Sum (M, D) of the rows of all grants kept."""
    heard = np.zeros((receivers, level.shape[1]))
    for j in range(len(kept)):
        if kept[j]:
            for row in range(start[j], start[j + 1]):
                own = heard[receiver[row]]
                for d in range(level.shape[1]):
                    own[d] += level[row, d]
    return heard


@njit(cache=True, error_model="numpy")
def shift(
    j: int,
    sign: float,
    start: np.ndarray,
    receiver: np.ndarray,
    level: np.ndarray,
    faint: np.ndarray,
    heard: np.ndarray,
    room: np.ndarray,
) -> None:  # pragma: no cover
    """Add a grant to (or with sign -1 take it off) ``heard`` (M, D), in place.

    What its faint pairs add goes off ``room`` (M,).
    """
    for row in range(start[j], start[j + 1]):
        own = heard[receiver[row]]
        for d in range(level.shape[1]):
            own[d] += sign * level[row, d]
    for m in range(len(room)):
        room[m] -= sign * faint[m, j]


@njit(cache=True, error_model="numpy")
def met(
    m: int, heard: np.ndarray, room: np.ndarray, more: Any
) -> int:  # pragma: no cover
    """Draws in which receiver ``m`` hears no more than its room less ``more``."""
    count = 0
    most = (room[m] - more) * (1 - EDGE)
    for d in range(heard.shape[1]):
        count += heard[m, d] <= most
    return count


@njit(cache=True, error_model="numpy")
def take_off(
    order: np.ndarray,
    needed: int,
    kept: np.ndarray,
    start: np.ndarray,
    receiver: np.ndarray,
    level: np.ndarray,
    faint: np.ndarray,
    heard: np.ndarray,
    room: np.ndarray,
) -> None:  # pragma: no cover
    """Take grants off in order until every receiver is protected, in place.

    Those that no unprotected receiver hears, but faintly, are passed over.
    """
    is_met = np.empty(len(room), np.bool_)
    open_ones = 0
    for m in range(len(room)):
        is_met[m] = met(m, heard, room, 0.0) >= needed
        open_ones += not is_met[m]
    for j in order:
        if open_ones == 0:
            return
        if not kept[j]:
            continue
        concerned = False
        for row in range(start[j], start[j + 1]):
            concerned |= not is_met[receiver[row]]
        if not concerned:
            continue
        kept[j] = False
        shift(j, -1.0, start, receiver, level, faint, heard, room)
        for row in range(start[j], start[j + 1]):
            m = receiver[row]
            if not is_met[m] and met(m, heard, room, 0.0) >= needed:
                is_met[m] = True
                open_ones -= 1


@njit(cache=True, error_model="numpy")
def put_back(
    order: np.ndarray,
    needed: int,
    kept: np.ndarray,
    start: np.ndarray,
    receiver: np.ndarray,
    level: np.ndarray,
    faint: np.ndarray,
    heard: np.ndarray,
    room: np.ndarray,
) -> int:  # pragma: no cover
    """Put grants back in order where every receiver stays protected; how many."""
    draws = level.shape[1]
    count = 0
    faintest = np.empty(len(room))
    easy = np.empty(len(room), np.bool_)  # any faint pair fits
    for m in range(len(room)):
        faintest[m] = faint[m].max()
        easy[m] = met(m, heard, room, faintest[m]) >= needed
    for j in order:
        if kept[j]:
            continue
        fits = True
        for m in range(len(room)):
            if fits and faint[m, j] > 0 and not easy[m]:
                fits = met(m, heard, room, faint[m, j]) >= needed
        for row in range(start[j], start[j + 1]):
            if not fits:
                break
            m = receiver[row]
            most = room[m] * (1 - EDGE)
            held = 0
            for d in range(draws):
                held += heard[m, d] + level[row, d] <= most
            fits = held >= needed
        if fits:
            kept[j] = True
            count += 1
            shift(j, 1.0, start, receiver, level, faint, heard, room)
            for row in range(start[j], start[j + 1]):
                m = receiver[row]
                easy[m] = met(m, heard, room, faintest[m]) >= needed
    return count


@njit(cache=True, error_model="numpy")
def relief(
    start: np.ndarray,
    receiver: np.ndarray,
    level: np.ndarray,
    faint: np.ndarray,
    excess: np.ndarray,
) -> np.ndarray:  # pragma: no cover
    """What taking each grant off does for each receiver (M, L), summed over draws.

    In a draw, the part of the ``excess`` (M, D) that the grant makes up, at most 1.
    Draws without excess do not count. For faint pairs it is an upper bound, of sums
    over draws that all of them share.
    """
    receivers, draws = excess.shape
    part = np.zeros(faint.shape)
    inverse = np.zeros(excess.shape)
    for m in range(receivers):
        for d in range(draws):
            if excess[m, d] > 0:
                inverse[m, d] = 1.0 / excess[m, d]
    slope, count = np.zeros(receivers), np.zeros(receivers)
    for m in range(receivers):
        faintest = faint[m].max()
        for d in range(draws):
            if inverse[m, d] * faintest > 1:
                count[m] += 1
            else:
                slope[m] += inverse[m, d]
    for j in range(faint.shape[1]):
        for row in range(start[j], start[j + 1]):
            m = receiver[row]
            total = 0.0
            for d in range(draws):
                total += min(level[row, d] * inverse[m, d], 1.0)
            part[m, j] = total
        for m in range(receivers):
            if faint[m, j] > 0:
                part[m, j] = faint[m, j] * slope[m] + count[m]
    return part
