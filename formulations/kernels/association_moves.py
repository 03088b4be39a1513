"""Moves of users between cells: shifts, swaps and ejections that keep limits."""

import numpy as np
from numba import njit

PARTNERS = 48  # other users tried for swaps and ejections of one user
PENALTY = 1e3  # of a user left out who must be served, in canonical utility
IMPROVES = 1e-12  # least gain of a move
ROOM = 1e-12  # relative rounding allowed in a cell's load


@njit(cache=True, error_model="numpy")
def left_out(model):  # pragma: no cover
    """What a reachable user adds who is not served."""
    return model.unserved - (PENALTY if model.must_serve else 0.0)


@njit(cache=True, error_model="numpy")
def company(n):  # pragma: no cover
    """Cost n log n of n users who share a cell's time."""
    return n * np.log(n) if n > 0 else 0.0


@njit(cache=True, error_model="numpy")
def gain_of(u, e, state, model):  # pragma: no cover
    """Change of the objective if user ``u`` moves to entry ``e`` (-1: unserved)."""
    now = state.choice[u]
    gain = model.value[e] if e >= 0 else left_out(model)
    gain -= model.value[now] if now >= 0 else left_out(model)
    if model.fair:
        if e >= 0:
            n = state.users[model.cell[e]]
            gain -= company(n + 1) - company(n)
        if now >= 0:
            n = state.users[model.cell[now]]
            gain += company(n) - company(n - 1)
    return gain


@njit(cache=True, error_model="numpy")
def fits(e, load, traffic, state, model):  # pragma: no cover
    """Whether entry ``e`` fits after ``load`` and ``traffic`` have left its cell."""
    b = model.cell[e]
    used = state.used[b] - load + model.load[e]
    carried = state.carried[b] - traffic + model.traffic[e]
    return used <= model.capacity[b] * (1 + ROOM) and carried <= model.backhaul[b] * (
        1 + ROOM
    )


@njit(cache=True, error_model="numpy")
def move(u, e, state, model):  # pragma: no cover
    """Move user ``u`` to entry ``e`` (-1: unserved)."""
    now = state.choice[u]
    if now >= 0:
        b = model.cell[now]
        state.used[b] -= model.load[now]
        state.carried[b] -= model.traffic[now]
        state.users[b] -= 1
    if e >= 0:
        b = model.cell[e]
        state.used[b] += model.load[e]
        state.carried[b] += model.traffic[e]
        state.users[b] += 1
    state.choice[u] = e


@njit(cache=True, error_model="numpy")
def place(users, order, state, model):  # pragma: no cover
    """Give unserved ``users`` in turn their first entry in ``order`` that fits."""
    for u in users:
        if state.choice[u] >= 0:
            continue
        for position in range(model.start[u], model.start[u + 1]):
            e = order[position]
            if fits(e, 0.0, 0.0, state, model) and gain_of(u, e, state, model) > 0.0:
                move(u, e, state, model)
                break


@njit(cache=True, error_model="numpy")
def add_links(order, cell, used, carried, model, first):  # pragma: no cover
    """Add entries in ``order`` that pay and fit to ``cell`` (U, links) from ``first``.

    A user without ``first`` links gets none.
    """
    for e in order:
        u = np.searchsorted(model.start, e, side="right") - 1
        b = model.cell[e]
        free = -1
        for k in range(model.links):
            if cell[u, k] == b:
                free = -1
                break
            if cell[u, k] < 0 and free < 0:
                free = k
        if free < first or model.value[e] <= 0.0:
            continue
        if used[b] + model.load[e] > model.capacity[b]:
            continue
        if carried[b] + model.traffic[e] > model.backhaul[b]:
            continue
        cell[u, free] = b
        used[b] += model.load[e]
        carried[b] += model.traffic[e]


@njit(cache=True, error_model="numpy")
def entry_at(u, b, model):  # pragma: no cover
    """Entry of user ``u`` at cell ``b``, -1 if it is no candidate."""
    for e in range(model.start[u], model.start[u + 1]):
        if model.cell[e] == b:
            return e
    return -1


@njit(cache=True, error_model="numpy")
def draw(state, below):  # pragma: no cover
    """Next pseudo-random integer in [0, below): xorshift of Marsaglia."""
    x = state.random[0]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    state.random[0] = x
    return (x & 0x7FFFFFFFFFFFFFFF) % below


@njit(cache=True, error_model="numpy")
def improve(first, last, state, model):  # pragma: no cover
    """Best shift, then a swap or ejection, of users ``first`` to ``last``; the gain."""
    users = len(model.start) - 1
    total = 0.0
    for u in range(first, last):
        if model.start[u] == model.start[u + 1]:
            continue
        best, found = IMPROVES, -2
        if state.choice[u] >= 0 and gain_of(u, -1, state, model) > best:
            best, found = gain_of(u, -1, state, model), -1
        for e in range(model.start[u], model.start[u + 1]):
            if e != state.choice[u] and fits(e, 0.0, 0.0, state, model):
                gain = gain_of(u, e, state, model)
                if gain > best:
                    best, found = gain, e
        if found > -2:
            move(u, found, state, model)
            total += best
        tries = min(PARTNERS, users)
        offset = 0 if tries == users else draw(state, users)
        for k in range(tries):
            w = (offset + k) % users
            if w != u and state.choice[w] >= 0:
                total += swap(u, w, state, model) + eject(u, w, state, model)
    return total


@njit(cache=True, error_model="numpy")
def swap(u, w, state, model):  # pragma: no cover
    """Exchange the cells of two users if that gains; the gain."""
    a, b = state.choice[u], state.choice[w]
    if a < 0 or b < 0 or model.cell[a] == model.cell[b]:
        return 0.0
    to = entry_at(u, model.cell[b], model)
    back = entry_at(w, model.cell[a], model)
    if to < 0 or back < 0:
        return 0.0
    gain = model.value[to] + model.value[back] - model.value[a] - model.value[b]
    if gain <= IMPROVES:
        return 0.0
    if not fits(to, model.load[b], model.traffic[b], state, model):
        return 0.0
    if not fits(back, model.load[a], model.traffic[a], state, model):
        return 0.0
    move(u, to, state, model)
    move(w, back, state, model)
    return gain


@njit(cache=True, error_model="numpy")
def eject(u, w, state, model):  # pragma: no cover
    """Take the cell of ``w`` for ``u`` and move ``w`` on, if both together gain."""
    a, b = state.choice[u], state.choice[w]
    if b < 0 or (a >= 0 and model.cell[a] == model.cell[b]):
        return 0.0
    to = entry_at(u, model.cell[b], model)
    if to < 0 or not fits(to, model.load[b], model.traffic[b], state, model):
        return 0.0
    out = gain_of(w, -1, state, model)
    move(w, -1, state, model)
    into = gain_of(u, to, state, model)
    move(u, to, state, model)
    best, found = 0.0, -1
    for e in range(model.start[w], model.start[w + 1]):
        if e != b and fits(e, 0.0, 0.0, state, model):
            gain = gain_of(w, e, state, model)
            if gain > best:
                best, found = gain, e
    if out + into + best > IMPROVES:
        move(w, found, state, model)
        return out + into + best
    move(u, a, state, model)
    move(w, b, state, model)
    return 0.0
