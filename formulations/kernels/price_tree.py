"""Nodes of a search in which prices rule out associations of a wanted value."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.cell_columns import FREE, IN, OUT, Cells, fill_cells

MEMORY = 0.3  # weight of the last direction
HALVED_AFTER = 4  # iterations without a better bound
SHORTER = 0.6
LEAST_GAIN = 0.05  # of the way to the target, which counts as progress
LEAST_WEIGHT = 0.1  # of an iteration in the mean of what cells take


class Walk(NamedTuple):
    """Prices on their way to a bound below a target."""

    price: np.ndarray  # (U,)
    best: np.ndarray  # (U,) prices of the least bound
    direction: np.ndarray  # (U,)
    share: np.ndarray  # (E,) how often each pair is taken, the last ones most
    taken: np.ndarray  # (E,) bool, at the best prices
    trial: np.ndarray  # (E,) bool, at the last ones
    earned: np.ndarray  # (B,) at the last ones
    packed: np.ndarray  # (B,) earned at the best prices
    counts: np.ndarray  # iterations, iterations without progress
    sums: np.ndarray  # least bound, length of a step


ITERATION, WAITED = range(2)
LEAST, LENGTH = range(2)


def walk_at(m: Cells, price: np.ndarray) -> Walk:
    """Walk of cells ``m`` that begins at ``price`` (U,)."""
    pairs = len(m.user)
    walk = Walk(
        price=np.empty(m.users),
        best=np.empty(m.users),
        direction=np.empty(m.users),
        share=np.zeros(pairs),
        taken=np.zeros(pairs, bool),
        trial=np.zeros(pairs, bool),
        earned=np.zeros(len(m.capacity)),
        packed=np.zeros(len(m.capacity)),
        counts=np.zeros(2, np.int64),
        sums=np.zeros(2),
    )
    begin(walk, price)
    return walk


def begin(walk: Walk, price: np.ndarray) -> None:
    """Begin anew at ``price`` (U,)."""
    walk.price[:] = walk.best[:] = price
    walk.direction[:] = 0.0
    walk.counts[:] = 0
    walk.sums[:] = np.inf, 1.0


@njit(cache=True, error_model="numpy")
def approach(m, walk, status, target, iterations):  # pragma: no cover
    """Move prices until the bound is below ``target``; whether it was met by a set.

    Steps have the length that reaches the target if the bound falls as it begins to
    [1]_. Where cells take each user as often as allowed, their sets are the best
    association.

    References
    ----------
    .. [1] B. T. Polyak, "Minimization of unsmooth functionals", USSR Computational
       Mathematics and Mathematical Physics 9(3), 1969.
       https://doi.org/10.1016/0041-5553(69)90061-5
    """
    decided = np.zeros(m.users, np.bool_)
    for e in range(len(m.user)):
        if status[e] == IN:
            decided[m.user[e]] = True
    missing = np.empty(m.users)
    for _ in range(iterations):
        total = fill_cells(m, walk.price, status, walk.earned, walk.trial)
        weight = max(LEAST_WEIGHT, 1.0 / (walk.counts[ITERATION] + 1))
        walk.counts[ITERATION] += 1
        missing[:] = 1.0
        for e in range(len(m.user)):
            walk.share[e] *= 1.0 - weight
            if walk.trial[e]:
                missing[m.user[e]] -= 1.0
                walk.share[e] += weight
        is_met = True
        for u in range(m.users):
            is_idle = not m.must_serve and not decided[u] and walk.price[u] <= 0.0
            if is_idle and missing[u] > 0.0:
                missing[u] = 0.0
            is_met = is_met and missing[u] == 0.0
        walk.counts[WAITED] += 1
        least = walk.sums[LEAST]
        if total < least or is_met:
            if not total >= least - LEAST_GAIN * (least - target):
                walk.counts[WAITED] = 0
            walk.sums[LEAST] = total
            walk.best[:] = walk.price
            walk.taken[:] = walk.trial
            walk.packed[:] = walk.earned
            if total < target:
                return False
            if is_met:
                return True
        elif walk.counts[WAITED] % (HALVED_AFTER + 1) == HALVED_AFTER:
            walk.sums[LENGTH] *= SHORTER
            walk.price[:] = walk.best
            walk.direction[:] = 0.0
        norm = 0.0
        for u in range(m.users):
            walk.direction[u] *= MEMORY
            walk.direction[u] += (1.0 - MEMORY) * missing[u]
            norm += walk.direction[u] ** 2
        if norm == 0.0:
            continue
        size = walk.sums[LENGTH] * (total - target) / norm
        for u in range(m.users):
            walk.price[u] -= size * walk.direction[u]
            if not m.must_serve and not decided[u]:
                walk.price[u] = max(walk.price[u], 0.0)
    return False


@njit(cache=True, error_model="numpy")
def decide(m, taken, status, loss, slack):  # pragma: no cover
    """Decide pairs that ``loss`` (E,) leaves no choice of; -1: none can meet it.

    A user that one cell is to serve leaves the others, which lose by it, too. Returns
    the number decided.
    """
    without = np.zeros(m.users)
    for e in range(len(m.user)):
        if taken[e] and status[e] == FREE:
            without[m.user[e]] += loss[e]
    before = 0
    for e in range(len(m.user)):
        before += status[e] == FREE
        if status[e] != FREE:
            continue
        others = without[m.user[e]] - (loss[e] if taken[e] else 0.0)
        if others + (0.0 if taken[e] else loss[e]) > slack:
            status[e] = OUT
        elif taken[e] and loss[e] > slack:
            status[e] = IN
    if not complete(m, status):
        return -1
    for e in range(len(m.user)):
        before -= status[e] == FREE
    return before


@njit(cache=True, error_model="numpy")
def complete(m, status):  # pragma: no cover
    """Decide what follows for each user and cell; whether all may still be served.

    One pair serves a user, the last that is left where it must be served, and what
    finds no room beside the pairs in use is out.
    """
    chosen = np.full(m.users, -1)
    left = m.capacity.copy()
    for b in range(len(m.capacity)):
        for e in range(m.first[b], m.first[b + 1]):
            if status[e] == IN:
                if chosen[m.user[e]] >= 0:
                    return False
                chosen[m.user[e]] = e
                left[b] -= m.load[e]
    running = True
    while running:
        running = False
        count, last = np.zeros(m.users, np.int64), np.full(m.users, -1)
        for b in range(len(m.capacity)):
            if left[b] < 0.0:
                return False
            for e in range(m.first[b], m.first[b + 1]):
                if status[e] != FREE:
                    continue
                if chosen[m.user[e]] >= 0 or m.load[e] > left[b]:
                    status[e] = OUT
                else:
                    count[m.user[e]] += 1
                    last[m.user[e]] = e
        if not m.must_serve:
            return True
        for u in range(m.users):
            if chosen[u] >= 0:
                continue
            if count[u] == 0:
                return False
            if count[u] == 1:
                e = last[u]
                status[e], chosen[u] = IN, e
                left[np.searchsorted(m.first, e, side="right") - 1] -= m.load[e]
                running = True
    return True
