"""Bounds of the cases that a tree of decisions about sites ends in."""

import numpy as np
from numba import njit

CLOSED, OPEN = -1, 1  # as in formulations.placement_model


@njit(cache=True, error_model="numpy")
def bounds(tree, worth, status, near, least, most, bound):  # pragma: no cover
    """Fill ``bound`` (N,) of the cases; -inf where one contradicts itself, or is none.

    ``tree`` are site (N,), then (N, 2) and at (N,), as in ``SiteCases``; ``worth`` are
    earnings (P, S), sites by falling earnings (P, S), and what is sold (P,). ``status``
    (S,) is what is decided before, ``near`` are start (S + 1,) and sites in conflict;
    ``least`` to ``most`` sites open.
    """
    site, then, at = tree
    earned, order, sold = worth
    near_start, close = near
    nodes, sites = len(site), len(status)
    waiting = np.empty(nodes, np.int64)
    case = np.empty((min(nodes, 64), sites), np.int8)
    case[0] = status
    waiting[0] = 0
    count = 1
    bound[:] = -np.inf
    here = np.empty(sites, np.int8)
    while count > 0:
        count -= 1
        node = waiting[count]
        here[:] = case[count]
        s = site[node]
        if s < 0:
            k = at[node]
            total = sold[k] + _best(earned[k], order[k], here, least, most)
            bound[node] = max(bound[node], total)
            continue
        if count + 2 > len(case):
            more = np.empty((2 * len(case), sites), np.int8)
            more[: len(case)] = case
            case = more
        if here[s] != OPEN:
            case[count] = here
            case[count, s] = CLOSED
            waiting[count] = then[node, 0]
            count += 1
        if here[s] != CLOSED and _may_open(s, here, near_start, close, most):
            case[count] = here
            case[count, s] = OPEN
            for i in range(near_start[s], near_start[s + 1]):
                case[count, close[i]] = CLOSED
            waiting[count] = then[node, 1]
            count += 1


@njit(cache=True, error_model="numpy")
def _may_open(s, status, near_start, close, most):  # pragma: no cover
    """Whether no site in conflict with ``s`` is open, and ``most`` sites are enough."""
    for i in range(near_start[s], near_start[s + 1]):
        if status[close[i]] == OPEN:
            return False
    opened = 0 if status[s] == OPEN else 1
    for other in range(len(status)):
        opened += status[other] == OPEN
    return opened <= most


@njit(cache=True, error_model="numpy")
def _best(earned, order, status, least, most):  # pragma: no cover
    """Most that sites can earn together, as far as ``status`` (S,) leaves them free."""
    total, opened = 0.0, 0
    for s in range(len(status)):
        if status[s] == OPEN:
            total += earned[s]
            opened += 1
    for s in order:
        if opened >= most or (opened >= least and earned[s] <= 0.0):
            break
        if status[s] != OPEN and status[s] != CLOSED:
            total += earned[s]
            opened += 1
    return total
