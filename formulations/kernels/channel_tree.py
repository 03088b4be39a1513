"""Depth-first search over the states of groups, with a bound from what is left."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_tables import Tables


class Walk(NamedTuple):
    """Where a search stands, so that it can go on.

    Attributes
    ----------
    group : (W,)
        Group that each depth decides.
    chosen, best : (W,)
        State of each group by now (-1: none), and of the best assignment found.
    tried : (S,) bool
        States that the depth of their group has been through.
    price : (W + 1, S)
        By depth: cost of each state with those of decided groups.
    paid : (W + 1,)
        Cost of the decided groups.
    used : (C,)
        How many states hold each channel.
    upper : (1,)
        What an assignment must cost less than.
    at : (3,)
        Depth (-1: all is searched), number of channels used, improvements found.
    """

    group: np.ndarray
    chosen: np.ndarray
    best: np.ndarray
    tried: np.ndarray
    price: np.ndarray
    paid: np.ndarray
    used: np.ndarray
    upper: np.ndarray
    at: np.ndarray


@njit(cache=True, error_model="numpy")
def next_group(
    tables: Tables, begin: np.ndarray, walk: Walk, depth: int, room: float
) -> int:  # pragma: no cover
    """Undecided group with fewest states that cost no more than ``room``.

    -1 if the sum of what undecided groups cost at least is no less.
    """
    start, price = tables.start, walk.price[depth]
    bound = 0.0
    for w in range(len(start) - 1):
        if walk.chosen[w] < 0:
            least = np.inf
            for s in range(start[w], start[w + 1]):
                least = min(least, price[s])
            bound += least
    if not bound < room:
        return -1
    best, fewest = -1, np.inf
    for w in range(len(start) - 1):
        if walk.chosen[w] >= 0:
            continue
        least = np.inf
        for s in range(start[w], start[w + 1]):
            least = min(least, price[s])
        count = 0.0
        for s in range(start[w], start[w + 1]):
            count += price[s] < np.inf and bound + price[s] - least < room
        count /= begin[w + 1] - begin[w] + 1.0
        if count < fewest:
            best, fewest = w, count
    return best


@njit(cache=True, error_model="numpy")
def explore(
    tables: Tables,
    begin: np.ndarray,
    edges: np.ndarray,
    first: np.ndarray,
    channel: np.ndarray,
    by_number: bool,
    nodes: int,
    walk: Walk,
) -> bool:  # pragma: no cover
    """Go on for some nodes, or until something better is found; whether it was [1]_.

    A decided group adds its pairs to the costs of undecided ones. With ``by_number``
    what counts is how many channels are used: those of a state are in ``channel`` from
    ``first[s]``.

    References
    ----------
    .. [1] E. C. Freuder, R. J. Wallace, "Partial constraint satisfaction", Artificial
       Intelligence 58, 1992. https://doi.org/10.1016/0004-3702(92)90004-H
    """
    start = tables.start
    groups = len(start) - 1
    depth = walk.at[0]
    while depth >= 0 and nodes > 0:
        w = walk.group[depth]
        price = walk.price[depth]
        if walk.chosen[w] >= 0:  # take the state back
            s = start[w] + walk.chosen[w]
            for i in range(first[s], first[s + 1]):
                walk.used[channel[i]] -= 1
                walk.at[1] -= walk.used[channel[i]] == 0
            walk.chosen[w] = -1
        best = -1
        for s in range(start[w], start[w + 1]):
            is_open = not walk.tried[s] and price[s] < np.inf
            if is_open and (best < 0 or price[s] < price[best]):
                best = s
        room = walk.upper[0] - walk.paid[depth]
        if best < 0 or (not by_number and not price[best] < room):
            for s in range(start[w], start[w + 1]):
                walk.tried[s] = False
            depth -= 1
            continue
        nodes -= 1
        walk.tried[best] = True
        k = best - start[w]
        walk.chosen[w] = k
        for i in range(first[best], first[best + 1]):
            walk.at[1] += walk.used[channel[i]] == 0
            walk.used[channel[i]] += 1
        if by_number and not walk.at[1] < walk.upper[0]:
            continue
        walk.paid[depth + 1] = walk.paid[depth] + price[best]
        if depth + 1 == groups:
            walk.upper[0] = walk.at[1] if by_number else walk.paid[depth + 1]
            walk.best[:] = walk.chosen
            walk.at[0] = depth
            walk.at[2] += 1
            return True
        after = walk.price[depth + 1]
        after[:] = price
        for i in range(begin[w], begin[w + 1]):
            e = edges[i]
            base = tables.offset[e]
            if tables.first[e] == w:
                u = tables.second[e]
                count = start[u + 1] - start[u]
                if walk.chosen[u] < 0:
                    for m in range(count):
                        after[start[u] + m] += tables.cost[base + k * count + m]
            else:
                u = tables.first[e]
                count = start[w + 1] - start[w]
                if walk.chosen[u] < 0:
                    for m in range(start[u + 1] - start[u]):
                        after[start[u] + m] += tables.cost[base + m * count + k]
        room = np.inf if by_number else walk.upper[0] - walk.paid[depth + 1]
        following = next_group(tables, begin, walk, depth + 1, room)
        if following >= 0:
            depth += 1
            walk.group[depth] = following
    walk.at[0] = depth
    return False
