"""Opening, closing and exchanging sites where capacities do not bind."""

import numpy as np
from numba import njit

PENALTY = 1e3  # of a user left out who must be served, in canonical value
IMPROVES = 1e-12  # least gain of a move, relative to the canonical values summed


@njit(cache=True, error_model="numpy")
def two_best(is_open, price, model, best, second, home):  # pragma: no cover
    """Best and second-best value (U,) of open sites less ``price`` times demand.

    ``home`` (U,) is the site of the best, -1 where leaving the user out is.
    """
    base = -PENALTY if model.must_serve else 0.0
    for u in range(len(home)):
        first, following, at = base, base, -1
        demand = model.demand[u]
        for e in range(model.start[u], model.start[u + 1]):
            s = model.site[e]
            if not is_open[s]:
                continue
            value = model.value[e] - price[s] * demand
            if value > first:
                first, following, at = value, first, s
            elif value > following:
                following = value
        best[u], second[u], home[u] = first, following, at


@njit(cache=True, error_model="numpy")
def blockers(is_open, model, count, blocker):  # pragma: no cover
    """How many open sites are in conflict with each site (S,), and one of them."""
    count[:] = 0
    blocker[:] = -1
    for s in range(len(is_open)):
        if is_open[s]:
            for k in range(model.near_start[s], model.near_start[s + 1]):
                count[model.near[k]] += 1
                blocker[model.near[k]] = s


@njit(cache=True, error_model="numpy")
def move_gains(
    is_open, status, price, room, model, place, gain, loss, extra, state
):  # pragma: no cover
    """Estimate every opening, closing and exchange by the two best sites [1]_.

    ``gain`` (S,) of opening, ``loss`` (S,) of closing, ``extra`` (S, m) what an
    exchange gains besides; ``place`` (S,) numbers the open sites. Openings are limited
    to the part of ``gain`` that fits ``room`` (S,), where that is finite.

    References
    ----------
    .. [1] M. G. C. Resende, R. F. Werneck, "A fast swap-based local search procedure
       for location problems", Annals of Operations Research 150, 2007.
       https://doi.org/10.1007/s10479-006-0154-0
    """
    best, second, home = state
    sites = len(is_open)
    loss[:] = 0.0
    for u in range(len(home)):
        if home[u] >= 0:
            loss[home[u]] += best[u] - second[u]
    for s in range(sites):
        loss[s] -= model.cost[s]
        gain[s] = -model.cost[s]
        if is_open[s] or status[s] < 0:
            continue
        for k in range(extra.shape[1]):
            extra[s, k] = 0.0
        used, earned = 0.0, 0.0
        for e in range(model.first[s], model.first[s + 1]):
            u = model.user[e]
            value = model.worth[e]
            if value <= second[u]:
                continue
            if value > best[u]:
                earned += value - best[u]
                used += model.demand[u]
                if home[u] >= 0:
                    extra[s, place[home[u]]] += best[u] - second[u]
            elif home[u] >= 0:
                extra[s, place[home[u]]] += value - second[u]
        part = 1.0
        if used > room[s]:
            part = room[s] / used
            for k in range(extra.shape[1]):
                extra[s, k] *= part
        gain[s] += earned * part


@njit(cache=True, error_model="numpy")
def best_move(
    is_open, status, model, count, blocker, place, opened, gain, loss, extra
):  # pragma: no cover
    """Best of all openings, closings and exchanges: gain, site in, site out."""
    best, enters, leaves = -np.inf, -1, -1
    number = len(opened)
    for k in range(number):
        out = opened[k]
        if status[out] == 0 and -loss[out] > best:
            best, enters, leaves = -loss[out], -1, out
    for s in range(len(is_open)):
        if is_open[s] or status[s] < 0 or count[s] > 1:
            continue
        if count[s] == 0 and number < model.most and gain[s] > best:
            best, enters, leaves = gain[s], s, -1
        for k in range(number):
            out = opened[k]
            if status[out] != 0 or (count[s] == 1 and blocker[s] != out):
                continue
            value = gain[s] - loss[out] + extra[s, k]
            if value > best:
                best, enters, leaves = value, s, out
    return best, enters, leaves


@njit(cache=True, error_model="numpy")
def interchange(moves, is_open, status, model, state, scratch):  # pragma: no cover
    """Make up to ``moves`` best moves of ``is_open`` (S,); whether none was left."""
    best, second, home = state
    count, blocker, place, gain, loss = scratch
    price = np.zeros(len(is_open))
    room = np.full(len(is_open), np.inf)
    for _ in range(moves):
        two_best(is_open, price, model, best, second, home)
        blockers(is_open, model, count, blocker)
        opened = np.flatnonzero(is_open)
        for k in range(len(opened)):
            place[opened[k]] = k
        extra = np.empty((len(is_open), len(opened)))
        move_gains(is_open, status, price, room, model, place, gain, loss, extra, state)
        better, enters, leaves = best_move(
            is_open, status, model, count, blocker, place, opened, gain, loss, extra
        )
        if better <= IMPROVES * len(home):
            return True
        if enters >= 0:
            is_open[enters] = True
        if leaves >= 0:
            is_open[leaves] = False
    two_best(is_open, price, model, best, second, home)
    return False
