"""Two assignments merged: for each group the state of one of them, by elimination."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_costs import Costs
from formulations.kernels.channel_guided import is_violated

LARGEST = 256  # groups that are decided together
WIDTH = 12  # undecided neighbours of a group when it is eliminated
ENTRIES = 1 << 19  # of all tables
ZERO = 1e-12  # interaction that counts as none


class Merging(NamedTuple):
    """Room for groups that are decided together, M at the most, one gone at a time.

    Attributes
    ----------
    place : (W,)
        Number of each group among those decided together, else -1.
    done : (W,) bool
        Groups that have been decided.
    group, order, rank : (M,)
        Groups by number, numbers in the order in which they go, and the reverse.
    gain : (M,)
        What the other state of each costs more, the others as they are.
    both : (M, M)
        What other states of two cost more than each of them alone.
    near, degree : (M, M) bool, (M,)
        Groups left that have to do with each other, also by those gone; their number.
    scope, size, at : (M, WIDTH), (M,), (M,)
        Neighbours of a group when it goes, their number, and where its table begins.
    latest, following : (M,)
        Tables, as lists, by the group of their scope that goes next.
    takes : (M,) bool
        Who takes the other state.
    table, better : (ENTRIES,)
        Least cost by states of the scope, and whether the other state has it.
    spare, places : (2, 2**WIDTH), (2**WIDTH,)
        Costs of both states by those of the scope, and places in another table.
    """

    place: np.ndarray
    done: np.ndarray
    group: np.ndarray
    order: np.ndarray
    rank: np.ndarray
    gain: np.ndarray
    both: np.ndarray
    near: np.ndarray
    degree: np.ndarray
    scope: np.ndarray
    size: np.ndarray
    at: np.ndarray
    latest: np.ndarray
    following: np.ndarray
    takes: np.ndarray
    table: np.ndarray
    better: np.ndarray
    spare: np.ndarray
    places: np.ndarray


def merging_of(groups: int) -> Merging:
    """Room to merge assignments of ``groups`` groups."""
    most = min(LARGEST, groups)
    numbers = np.empty((8, most), np.int64)
    group, order, rank, degree, size, at, latest, following = numbers
    return Merging(
        np.full(groups, -1, np.int64),
        np.zeros(groups, bool),
        group,
        order,
        rank,
        np.empty(most),
        np.empty((most, most)),
        np.empty((most, most), bool),
        degree,
        np.empty((most, WIDTH), np.int64),
        size,
        at,
        latest,
        following,
        np.empty(most, bool),
        np.empty(ENTRIES),
        np.empty(ENTRIES, bool),
        np.empty((2, 1 << WIDTH)),
        np.empty(1 << WIDTH, np.int64),
    )


@njit(cache=True, error_model="numpy")
def merge(
    costs: Costs, chosen: np.ndarray, other: np.ndarray, merging: Merging
) -> float:  # pragma: no cover
    """Give groups their state in ``other`` (W,) where all in all that costs less [1]_.

    Groups that differ are decided together with those near them, exactly unless they
    are too many or too entangled: then some stay as they are.

    Parameters
    ----------
    costs : Costs
        What is moved in, without rows.
    chosen, other : (W,)
        Two assignments; the first is changed.
    merging : Merging
        Room to work in.

    Returns
    -------
    float
        By how much the cost has changed, never more than 0.

    References
    ----------
    .. [1] A. Kolen, "A genetic algorithm for the partial binary constraint satisfaction
       problem: an application to a frequency assignment problem", Statistica
       Neerlandica 61(1), 2007. https://doi.org/10.1111/j.1467-9574.2007.00357.x
    """
    merging.done[:] = False
    change = 0.0
    for w in range(len(chosen)):
        if chosen[w] == other[w] or merging.done[w]:
            continue
        count = _gather(w, costs, chosen, other, merging)
        _weigh(count, costs, chosen, other, merging)
        change += _eliminate(count, _ordered(count, merging), merging)
        _apply(count, chosen, other, merging)
    return change


@njit(cache=True, error_model="numpy")
def _gather(
    first: int, costs: Costs, chosen: np.ndarray, other: np.ndarray, merging: Merging
) -> int:  # pragma: no cover
    """List ``first`` and undecided groups that differ around it; how many they are."""
    group, place = merging.group, merging.place
    group[0], place[first] = first, 0
    count, at = 1, 0
    while at < count:
        w = group[at]
        at += 1
        for a in range(costs.first[w], costs.first[w + 1]):
            u = costs.neighbour[a]
            is_new = place[u] < 0 and not merging.done[u] and chosen[u] != other[u]
            if is_new and count < len(group):
                group[count], place[u] = u, count
                count += 1
    return count


@njit(cache=True, error_model="numpy")
def _weigh(
    count: int, costs: Costs, chosen: np.ndarray, other: np.ndarray, merging: Merging
) -> None:  # pragma: no cover
    """Fill what other states of one and of two groups cost more."""
    gain, both, near = merging.gain, merging.both, merging.near
    both[:count, :count] = 0.0
    for i in range(count):
        w = merging.group[i]
        old, new = chosen[w], other[w]
        gain[i] = costs.own[costs.start[w] + new] - costs.own[costs.start[w] + old]
        for a in range(costs.first[w], costs.first[w + 1]):
            u, weight = costs.neighbour[a], costs.weight[a]
            after = weight * is_violated(a, new, chosen[u], costs)
            before = weight * is_violated(a, old, chosen[u], costs)
            gain[i] += after - before
            if merging.place[u] >= 0:
                together = weight * is_violated(a, new, other[u], costs) - after
                alone = weight * is_violated(a, old, other[u], costs) - before
                both[i, merging.place[u]] += together - alone
    for i in range(count):
        for j in range(count):
            near[i, j] = abs(both[i, j]) > ZERO


@njit(cache=True, error_model="numpy")
def _ordered(count: int, merging: Merging) -> int:  # pragma: no cover
    """Order in which groups go, those with fewest neighbours first; how many do.

    Where all have too many, the one with most stays as it is.
    """
    near, order, rank, degree = (
        merging.near,
        merging.order,
        merging.rank,
        merging.degree,
    )
    scope, size = merging.scope, merging.size
    for i in range(count):
        size[i] = -1  # is left
        degree[i] = 0
        for j in range(count):
            degree[i] += near[i, j]
    gone, room = 0, len(merging.table)
    for _ in range(count):
        i = most = -1
        for j in range(count):
            if size[j] < 0:
                i = j if i < 0 or degree[j] < degree[i] else i
                most = j if most < 0 or degree[j] > degree[most] else most
        stays = degree[i] > WIDTH or 1 << degree[i] > room
        i = most if stays else i
        rank[i] = count if stays else gone
        size[i] = 0
        for j in range(count):
            if not near[i, j] or size[j] >= 0:
                continue
            degree[j] -= 1
            if not stays:
                scope[i, size[i]] = j
                size[i] += 1
            else:
                near[i, j] = near[j, i] = False
        if stays:
            continue
        for k in range(size[i]):
            j = scope[i, k]
            for m in range(k):
                u = scope[i, m]
                if not near[j, u]:
                    near[j, u] = near[u, j] = True
                    degree[j] += 1
                    degree[u] += 1
        room -= 1 << size[i]
        order[gone] = i
        gone += 1
    return gone


@njit(cache=True, error_model="numpy")
def _eliminate(count: int, gone: int, merging: Merging) -> float:  # pragma: no cover
    """Least cost by one table for each group in order; who takes the other state."""
    order, scope, size, at = merging.order, merging.scope, merging.size, merging.at
    latest, following, takes = merging.latest, merging.following, merging.takes
    old, new = merging.spare[0], merging.spare[1]
    for i in range(count):
        takes[i] = False
        latest[i] = -1
    top, least = 0, 0.0
    for k in range(gone):
        i = order[k]
        entries = 1 << size[i]
        old[0], new[0] = 0.0, merging.gain[i]
        for m in range(size[i]):
            more = merging.both[i, scope[i, m]]
            for e in range(1 << m):
                old[e + (1 << m)] = 0.0
                new[e + (1 << m)] = new[e] + more
        behind = latest[i]
        while behind >= 0:
            _take_in(behind, i, merging)
            behind = following[behind]
        for e in range(entries):
            merging.better[top + e] = new[e] < old[e] - ZERO
            merging.table[top + e] = min(new[e], old[e])
        at[i] = top
        after = -1
        for m in range(size[i]):
            j = scope[i, m]
            goes = merging.rank[j] < gone
            if goes and (after < 0 or merging.rank[j] < merging.rank[after]):
                after = j
        if after < 0:
            least += merging.table[top]
        else:
            following[i], latest[after] = latest[after], i
        top += entries
    for k in range(gone - 1, -1, -1):
        i = order[k]
        e = at[i]
        for m in range(size[i]):
            e += np.int64(takes[scope[i, m]]) << m
        takes[i] = merging.better[e]
    return least


@njit(cache=True, error_model="numpy")
def _take_in(behind: Any, i: Any, merging: Merging) -> None:  # pragma: no cover
    """Add the table of one that has gone to the costs of both states of ``i``."""
    scope, size, places = merging.scope, merging.size, merging.places
    own = 0
    for m in range(size[behind]):
        if scope[behind, m] == i:
            own = 1 << m
    places[0] = merging.at[behind]
    for k in range(size[i]):
        step = 0
        for m in range(size[behind]):
            if scope[behind, m] == scope[i, k]:
                step = 1 << m
        for e in range(1 << k):
            places[e + (1 << k)] = places[e] + step
    for e in range(1 << size[i]):
        merging.spare[0, e] += merging.table[places[e]]
        merging.spare[1, e] += merging.table[places[e] + own]


@njit(cache=True, error_model="numpy")
def _apply(
    count: int, chosen: np.ndarray, other: np.ndarray, merging: Merging
) -> None:  # pragma: no cover
    """Give groups what was decided, and forget their numbers."""
    for i in range(count):
        w = merging.group[i]
        merging.done[w] = True
        merging.place[w] = -1
        if merging.takes[i]:
            chosen[w] = other[w]
