"""Best-first search over boxes of powers within a fixed memory."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.linear_limits import last_allowed
from formulations.kernels.rate_bounds import (
    Rates,
    bound_of,
    objective_of,
    shrink,
    split,
)

MEMORY = 256_000_000  # bytes for boxes, of which only what is used is taken
RESERVE = 64  # slots kept for going deep once the others are taken


class Tree(NamedTuple):
    """Open boxes: a heap of slots with the highest bound on top."""

    low: np.ndarray  # (slots, L)
    high: np.ndarray  # (slots, L)
    point: np.ndarray  # (slots, L) best of the relaxation
    bound: np.ndarray  # (slots,)
    branch: np.ndarray  # (slots,) power to split
    at: np.ndarray  # (slots,) where to split it
    top: np.ndarray  # (slots,) heap order of slots; free slots follow the heap
    used: np.ndarray  # (1,) slots taken so far, which lead in ``top``
    heap: np.ndarray  # (1,) boxes in the heap
    closed: np.ndarray  # (1,) highest bound among boxes closed within the gap
    splits: np.ndarray  # (1,) boxes split so far


def tree_of(links: int) -> Tree:
    """Tree without a box."""
    slots = max(MEMORY // (24 * links + 40), 4 * RESERVE)
    return Tree(
        low=np.empty((slots, links)),
        high=np.empty((slots, links)),
        point=np.empty((slots, links)),
        bound=np.empty(slots),
        branch=np.empty(slots, np.int64),
        at=np.empty(slots),
        top=np.empty(slots, np.int64),
        used=np.zeros(1, np.int64),
        heap=np.zeros(1, np.int64),
        closed=np.full(1, -np.inf),
        splits=np.zeros(1, np.int64),
    )


def plant(tree: Tree, box: Rates) -> None:
    """Put the whole range of powers into an empty tree."""
    tree.top[0], tree.used[0] = 0, 1
    tree.low[0], tree.high[0], tree.bound[0] = 0.0, box.limit, np.inf
    tree.point[0] = 0.5 * box.limit
    tree.branch[0] = int(np.argmax(box.limit))
    tree.at[0] = 0.5 * box.limit.max()
    tree.heap[0] = 1


def is_full(tree: Tree) -> bool:
    """Whether no box can be split for want of memory."""
    return bool(tree.heap[0] + 2 >= len(tree.top))


def highest(tree: Tree) -> float:
    """Highest bound of what is open or was closed within the gap."""
    return float(
        max(tree.bound[tree.top[0]] if tree.heap[0] else -np.inf, *tree.closed)
    )


@njit(cache=True, nogil=True, error_model="numpy")
def explore(count, target, gap, best, box, tree, scratch):  # pragma: no cover
    """Split ``count`` boxes; the best objective found, its power in ``best``.

    The box with the highest bound comes first; with the memory full, the last one put
    in, which goes deep and frees slots.
    """
    point = np.empty_like(best)
    low, high = np.empty_like(best), np.empty_like(best)
    start, trial = np.empty_like(best), np.empty_like(best)
    found = target
    for _ in range(count):
        if tree.heap[0] == 0:
            break
        if tree.heap[0] + RESERVE < len(tree.top):
            slot = pop(tree)
            if tree.bound[slot] <= found + gap:
                tree.closed[0] = max(tree.closed[0], tree.bound[slot])
                tree.heap[0] = 0  # the others are no higher
                break
        elif tree.heap[0] + 2 < len(tree.top):
            tree.heap[0] -= 1
            slot = tree.top[tree.heap[0]]
        else:
            break
        tree.splits[0] += 1
        low[:], high[:], start[:] = tree.low[slot], tree.high[slot], tree.point[slot]
        parent = tree.bound[slot]  # the first half takes the slot
        j, x = tree.branch[slot], tree.at[slot]
        for side in range(2):
            into = first_free(tree)
            below, above = tree.low[into], tree.high[into]
            below[:], above[:] = low, high
            if side == 0:
                above[j] = x
            else:
                below[j] = x
            if not shrink(below, above, found, parent, box, scratch):
                continue
            point[:] = start
            bound = bound_of(below, above, found, gap, point, box, scratch)
            bound = min(bound, parent)
            if bound <= found + gap:
                if bound > found:
                    tree.closed[0] = max(tree.closed[0], bound)
                continue
            trial[:] = point
            if found > -np.inf:
                last_allowed(best, point, trial, box)
            value = objective_of(trial, box)
            if value > found:
                found = value
                best[:] = trial
            tree.bound[into] = bound
            tree.point[into] = point
            tree.branch[into], tree.at[into] = split(below, above, box, scratch)
            push(tree)
    return found


@njit(cache=True, error_model="numpy")
def share(tree, other):  # pragma: no cover
    """Move every second box of ``tree`` to ``other``, which has none."""
    boxes = tree.top[: tree.heap[0]].copy()
    kept, moved = boxes[::2].copy(), boxes[1::2].copy()
    for slot in moved:
        into = first_free(other)
        other.low[into], other.high[into] = tree.low[slot], tree.high[slot]
        other.point[into], other.bound[into] = tree.point[slot], tree.bound[slot]
        other.branch[into], other.at[into] = tree.branch[slot], tree.at[slot]
        push(other)
    tree.top[: len(kept)] = kept
    tree.top[len(kept) : len(boxes)] = moved
    tree.heap[0] = 0
    for _ in kept:
        push(tree)


@njit(cache=True, error_model="numpy")
def first_free(tree):  # pragma: no cover
    """Return the slot that stands first behind the heap."""
    place = tree.heap[0]
    if place == tree.used[0]:
        tree.top[place] = place
        tree.used[0] += 1
    return tree.top[place]


@njit(cache=True, error_model="numpy")
def push(tree):  # pragma: no cover
    """Put the slot that stands first behind the heap into it."""
    child = tree.heap[0]
    tree.heap[0] += 1
    while child > 0:
        parent = (child - 1) // 2
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        child = parent


@njit(cache=True, error_model="numpy")
def pop(tree):  # pragma: no cover
    """Take the slot with the highest bound, which becomes free behind the heap."""
    tree.heap[0] -= 1
    size = tree.heap[0]
    slot = tree.top[0]
    tree.top[0], tree.top[size] = tree.top[size], slot
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        right = child + 1
        if right < size and tree.bound[tree.top[right]] > tree.bound[tree.top[child]]:
            child = right
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        parent = child
    return slot
