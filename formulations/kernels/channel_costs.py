"""What each state of each group would cost, kept up to date as groups move."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import Network, first_above


class Costs(NamedTuple):
    """Pairs of groups, each with a table of costs by both states or with windows.

    Attributes
    ----------
    start : (W + 1,)
        States of each group.
    own : (S,)
        Cost of a state by itself.
    first, neighbour : (W + 1,), (A,)
        The other groups of each group; every pair stands at both.
    row : (A,)
        Where the costs begin that a group's first state causes at the neighbour.
        Those of the next state follow. Without rows, ``rows`` is empty.
    rows : (R,) float32
        Such costs.
    begin, end : (A,)
        States of the neighbour.
    by, at, gap, exact, weight : (A,)
        Where the channels of the two transmitters begin, separation, kind and cost.
    base : (A,)
        As in :class:`Network`.
    channel, ascending, order : (C,)
        As in :class:`Network`.
    """

    start: np.ndarray
    own: np.ndarray
    first: np.ndarray
    neighbour: np.ndarray
    row: np.ndarray
    rows: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    base: np.ndarray
    by: np.ndarray
    at: np.ndarray
    gap: np.ndarray
    exact: np.ndarray
    weight: np.ndarray
    channel: np.ndarray
    ascending: np.ndarray
    order: np.ndarray


def windows(network: Network, heavy: float) -> Costs:
    """Costs without rows; ``heavy`` is what a hard pair costs."""
    begin, end = network.start[network.neighbour], network.start[network.neighbour + 1]
    return Costs(
        network.start,
        heavy * network.hard + network.soft,
        network.first,
        network.neighbour,
        np.empty(0, np.int64),
        np.empty(0, np.float32),
        begin,
        end,
        network.base,
        network.own,
        network.other,
        network.gap,
        network.exact,
        np.where(np.isinf(network.weight), heavy, network.weight),
        network.channel,
        network.ascending,
        network.order,
    )


def rows_of(costs: Costs, most: int) -> Costs:
    """Costs with a row for each state of each pair of groups.

    As they are where that takes more than ``most`` entries, or windows are narrow.
    """
    groups = len(costs.start) - 1
    states = np.diff(costs.start)
    group = np.repeat(np.arange(groups), np.diff(costs.first))
    key, index = np.unique(group * groups + costs.neighbour, return_inverse=True)
    owner, neighbour = key // groups, key % groups
    size = states[owner] * states[neighbour]
    if size.sum() > most or not 4 * costs.gap.sum() > len(costs.gap) * NARROW:
        return costs
    row = np.cumsum(size) - size
    rows = np.zeros(size.sum(), np.float32)
    fill(costs, group, row[index], rows)
    first = np.searchsorted(owner, np.arange(groups + 1))
    return costs._replace(
        first=first,
        neighbour=neighbour,
        begin=costs.start[neighbour],
        end=costs.start[neighbour + 1],
        row=row,
        rows=rows,
    )


NARROW = 12  # four times the separation up to which windows are faster


@njit(cache=True, error_model="numpy")
def fill(
    costs: Costs, group: np.ndarray, row: np.ndarray, rows: np.ndarray
) -> None:  # pragma: no cover
    """Add the costs of each pair (A,) to ``rows`` from ``row`` (A,) on."""
    start, channel, order = costs.start, costs.channel, costs.order
    ascending = costs.ascending
    for a in range(len(group)):
        w, u, at, gap = group[a], costs.neighbour[a], costs.at[a], costs.gap[a]
        count = start[u + 1] - start[u]
        weight = np.float32(costs.weight[a])
        for s in range(start[w + 1] - start[w]):
            used = np.int64(channel[costs.by[a] + s])
            place = row[a] + s * count
            if costs.exact[a]:
                for k in range(count):
                    if abs(channel[at + k] - used) != gap:
                        rows[place + k] += weight
                continue
            k = first_above(ascending, at, at + count, used - gap + 1)
            while k < at + count and ascending[k] < used + gap:
                rows[place + order[k]] += weight
                k += 1


@njit(cache=True, error_model="numpy")
def move(
    w: Any, state: Any, costs: Costs, chosen: np.ndarray, cost: np.ndarray
) -> None:  # pragma: no cover
    """Give group ``w`` another state in ``chosen`` (W,); ``cost`` (S,) follows."""
    before = chosen[w]
    chosen[w] = state
    first, row, firsts, ends = costs.first, costs.row, costs.begin, costs.end
    if len(row):
        for a in range(first[w], first[w + 1]):
            begin, end = firsts[a], ends[a]
            here = cost[begin:end]
            left, taken = row[a] + before * len(here), row[a] + state * len(here)
            old = costs.rows[left : left + len(here)]
            new = costs.rows[taken : taken + len(here)]
            for k in range(len(here)):
                here[k] += np.float64(new[k]) - np.float64(old[k])
        return
    channel, by, base = costs.channel, costs.by, costs.base
    at, gap, exact, weights = costs.at, costs.gap, costs.exact, costs.weight
    ascending, order = costs.ascending, costs.order
    for a in range(first[w], first[w + 1]):
        left = np.int64(channel[by[a] + before])
        taken = np.int64(channel[by[a] + state])
        if left == taken:
            continue
        begin, end, weight, width = firsts[a], ends[a], weights[a], gap[a]
        if base[a] >= 0:
            middle = begin + left - base[a]
            for k in range(max(middle - width + 1, begin), min(middle + width, end)):
                cost[k] -= weight
            middle = begin + taken - base[a]
            for k in range(max(middle - width + 1, begin), min(middle + width, end)):
                cost[k] += weight
            continue
        for used, change in ((left, -weight), (taken, weight)):
            spread(
                used,
                change,
                begin,
                end,
                at[a],
                width,
                exact[a],
                channel,
                ascending,
                order,
                cost,
            )


@njit(cache=True, error_model="numpy")
def spread(
    used: Any,
    weight: float,
    begin: int,
    end: int,
    at: int,
    gap: int,
    exact: bool,
    channel: np.ndarray,
    ascending: np.ndarray,
    order: np.ndarray,
    table: np.ndarray,
) -> None:  # pragma: no cover
    """Add ``weight`` to states [begin, end) at a wrong distance from ``used``."""
    last = at + end - begin
    if exact:
        for k in range(at, last):
            if abs(channel[k] - used) != gap:
                table[begin + k - at] += weight
        return
    k = first_above(ascending, at, last, used - gap + 1)
    while k < last and ascending[k] < used + gap:
        table[begin + order[k]] += weight
        k += 1


@njit(cache=True, error_model="numpy")
def tabulate(
    costs: Costs, chosen: np.ndarray, cost: np.ndarray
) -> float:  # pragma: no cover
    """Fill ``cost`` (S,) with the others as ``chosen``; the total cost."""
    cost[:] = costs.own
    start = costs.start
    for w in range(len(chosen)):
        for a in range(costs.first[w], costs.first[w + 1]):
            begin, end = costs.begin[a], costs.end[a]
            if len(costs.row):
                place = costs.row[a] + chosen[w] * (end - begin)
                for k in range(end - begin):
                    cost[begin + k] += costs.rows[place + k]
                continue
            spread(
                np.int64(costs.channel[costs.by[a] + chosen[w]]),
                costs.weight[a],
                begin,
                end,
                costs.at[a],
                costs.gap[a],
                costs.exact[a],
                costs.channel,
                costs.ascending,
                costs.order,
                cost,
            )
    total = 0.0
    for w in range(len(chosen)):
        total += cost[start[w] + chosen[w]] + costs.own[start[w] + chosen[w]]
    return float(total / 2)
