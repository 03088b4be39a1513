"""All associations of few users that could beat the best known one."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.problem import FEASIBLE

FOUND, CLOSED, MORE = 0, 1, 2  # how a search pauses


class Tree(NamedTuple):
    """Search in depth, user by user; the last cell stands for nobody.

    Entries of a user are sorted by ``loss``, what a bound loses by the entry.
    """

    start: np.ndarray  # (U + 1,)
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    traffic: np.ndarray  # (E,) rate over backhaul, less 1; 0 without backhaul
    loss: np.ndarray  # (E,)
    capacity: np.ndarray  # (B + 1,)
    used: np.ndarray  # (B + 1,)
    place: np.ndarray  # (U,) entry of each user in its list, -1: none yet
    lost: np.ndarray  # (U + 1,) by the users before
    sums: np.ndarray  # bound, and the value that is to be beaten
    depth: np.ndarray  # (1,) users placed


def tree_of(
    entries: tuple[np.ndarray, ...], capacity: np.ndarray, bound: float, known: float
) -> Tree:
    """Root of a tree; ``entries`` are start, cell, value, load, traffic and loss."""
    users = len(entries[0]) - 1
    return Tree(
        *entries,
        capacity=np.append(capacity * (1 + FEASIBLE), np.inf),
        used=np.zeros(len(capacity) + 1),
        place=np.full(users, -1),
        lost=np.zeros(users + 1),
        sums=np.array([bound, known]),
        depth=np.zeros(1, np.int64),
    )


@njit(cache=True, error_model="numpy")
def visit(t, nodes):  # pragma: no cover
    """Visit ``nodes`` more: FOUND with a better association, CLOSED at the end, MORE.

    Its value becomes the one to be beaten.
    """
    users = len(t.start) - 1
    d = t.depth[0] - (t.depth[0] == users)
    for _ in range(nodes):
        if d < 0:
            return CLOSED
        k = t.start[d] + t.place[d]
        if t.place[d] >= 0:
            t.used[t.cell[k]] -= t.load[k]
        spare = t.sums[0] - t.sums[1] - t.lost[d]
        k += 1
        while k < t.start[d + 1] and t.loss[k] <= spare:
            if t.used[t.cell[k]] + t.load[k] <= t.capacity[t.cell[k]]:
                break
            k += 1
        if k >= t.start[d + 1] or not t.loss[k] <= spare:
            t.place[d] = -1
            d -= 1
            continue
        t.place[d] = k - t.start[d]
        t.used[t.cell[k]] += t.load[k]
        t.lost[d + 1] = t.lost[d] + t.loss[k]
        d += 1
        if d < users:
            t.place[d] = -1
            continue
        if _is_better(t):
            t.depth[0] = d
            return FOUND
        d -= 1
    t.depth[0] = d
    return MORE


@njit(cache=True, error_model="numpy")
def _is_better(t):  # pragma: no cover
    """Whether the association is within backhaul and worth more than any before."""
    cells = len(t.capacity)
    number, carried = np.zeros(cells), np.zeros(cells)
    value = 0.0
    for u in range(len(t.place)):
        e = t.start[u] + t.place[u]
        number[t.cell[e]] += 1.0
        carried[t.cell[e]] += t.traffic[e]
        value += t.value[e]
    for b in range(cells - 1):
        if number[b] > 0.0:
            value -= number[b] * np.log(number[b])
        if carried[b] > FEASIBLE * number[b]:
            return False
    if value <= t.sums[1]:
        return False
    t.sums[1] = value
    return True
