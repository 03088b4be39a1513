"""Costs of pairs of groups as tables, and messages that move costs to single groups."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import Network


class Tables(NamedTuple):
    """Costs of states of groups, and of each two that have pairs in common.

    Attributes
    ----------
    start : (W + 1,)
        States of each group.
    single : (S,)
        Cost of each state.
    first, second : (P,)
        Groups, the first below the second; pairs of groups in ascending order.
    offset : (P + 1,)
        Where the table of each begins.
    cost : (T,)
        By state of the first, then by state of the second.
    """

    start: np.ndarray
    single: np.ndarray
    first: np.ndarray
    second: np.ndarray
    offset: np.ndarray
    cost: np.ndarray


class Moves(NamedTuple):
    """Costs on the way from tables to single groups.

    Attributes
    ----------
    begin, edges : (W + 1,), (2 P,)
        Tables of each group.
    above, below : (P,)
        Where states of its second and first group begin in ``up`` and ``down``.
    up, down : arrays
        What has moved to the second and to the first group.
    total : (S,)
        Cost of each state with what has moved there.
    spare : (largest group,)
        Room to work in.
    """

    begin: np.ndarray
    edges: np.ndarray
    above: np.ndarray
    below: np.ndarray
    up: np.ndarray
    down: np.ndarray
    total: np.ndarray
    spare: np.ndarray


@njit(cache=True, error_model="numpy")
def fill(
    network: Network,
    owner: np.ndarray,
    arc: np.ndarray,
    place: np.ndarray,
    forbidden: float,
    tables: Tables,
) -> None:  # pragma: no cover
    """Add the costs of pairs ``arc`` of groups ``owner`` to table ``place`` of each.

    What a hard pair or a group forbids costs ``forbidden`` more.
    """
    start, channel = network.start, network.channel
    for s in range(len(network.hard)):
        tables.single[s] = network.soft[s]
        if network.hard[s] > 0:
            tables.single[s] += forbidden
    for i in range(len(arc)):
        a = arc[i]
        w, u = owner[i], network.neighbour[a]
        weight = network.weight[a] if np.isfinite(network.weight[a]) else forbidden
        rows, columns = start[w + 1] - start[w], start[u + 1] - start[u]
        base = tables.offset[place[i]]
        for k in range(rows):
            own = channel[network.own[a] + k]
            for m in range(columns):
                apart = abs(channel[network.other[a] + m] - own)
                gap = network.gap[a]
                if apart != gap if network.exact[a] else apart < gap:
                    tables.cost[base + k * columns + m] += weight


@njit(cache=True, error_model="numpy")
def bound_of_messages(
    tables: Tables, up: np.ndarray, down: np.ndarray
) -> tuple[float, float]:  # pragma: no cover
    """Least cost of each group and pair alone after moving costs, and its scale.

    ``up`` (sum of states of the second,) moves from the tables to their second group,
    ``down`` to the first. The scale bounds the rounding error.
    """
    total = tables.single.copy()
    value, scale = 0.0, 0.0
    a = b = 0
    for e in range(len(tables.first)):
        w, u = tables.first[e], tables.second[e]
        rows = tables.start[w + 1] - tables.start[w]
        columns = tables.start[u + 1] - tables.start[u]
        least = np.inf
        base = tables.offset[e]
        for k in range(rows):
            total[tables.start[w] + k] += down[b + k]
            for m in range(columns):
                rest = tables.cost[base + k * columns + m] - down[b + k] - up[a + m]
                least = min(least, rest)
        for m in range(columns):
            total[tables.start[u] + m] += up[a + m]
        value += least
        scale += abs(least)
        a += columns
        b += rows
    for w in range(len(tables.start) - 1):
        least = np.inf
        for s in range(tables.start[w], tables.start[w + 1]):
            least = min(least, total[s])
        value += least
        scale += abs(least)
    return value, scale


@njit(cache=True, error_model="numpy")
def pass_messages(
    tables: Tables,
    moves: Moves,
    ascending: bool,
) -> None:  # pragma: no cover
    """One sweep over the groups that moves costs ahead [1]_, in place.

    Each group takes what the tables with groups behind it can spare, and spreads its
    costs over the tables with groups ahead. No sweep lowers the bound.

    References
    ----------
    .. [1] V. Kolmogorov, "A new look at reweighted message passing", IEEE TPAMI 37(5),
       2015. https://doi.org/10.1109/TPAMI.2014.2363465
    """
    begin, edges, above, below, up, down, total, spare = moves
    groups = len(tables.start) - 1
    for step in range(groups):
        w = step if ascending else groups - 1 - step
        low, states = tables.start[w], tables.start[w + 1] - tables.start[w]
        ahead = behind = 0
        for i in range(begin[w], begin[w + 1]):
            e = edges[i]
            is_first = tables.first[e] == w
            if is_first == ascending:
                ahead += 1
                continue
            behind += 1
            u = tables.second[e] if is_first else tables.first[e]
            count, base = tables.start[u + 1] - tables.start[u], tables.offset[e]
            a, b = above[e], below[e]
            if is_first:
                for k in range(states):
                    least = np.inf
                    for m in range(count):
                        cost = tables.cost[base + k * count + m] - up[a + m]
                        least = min(least, cost)
                    total[low + k] += least - down[b + k]
                    down[b + k] = least
            else:
                for k in range(states):
                    spare[k] = np.inf
                for m in range(count):
                    moved = down[b + m]
                    row = tables.cost[base + m * states : base + (m + 1) * states]
                    for k in range(states):
                        spare[k] = min(spare[k], row[k] - moved)
                for k in range(states):
                    total[low + k] += spare[k] - up[a + k]
                    up[a + k] = spare[k]
        if ahead == 0:
            continue
        part = 1.0 / max(ahead, behind)
        for i in range(begin[w], begin[w + 1]):
            e = edges[i]
            is_first = tables.first[e] == w
            if is_first != ascending:
                continue
            if is_first:
                for k in range(states):
                    down[below[e] + k] -= part * total[low + k]
            else:
                for k in range(states):
                    up[above[e] + k] -= part * total[low + k]
        for k in range(states):
            total[low + k] *= 1.0 - part * ahead


@njit(cache=True, error_model="numpy")
def move_costs(
    tables: Tables, moves: Moves, cost: np.ndarray
) -> float:  # pragma: no cover
    """Take what has moved from ``cost`` (T,), then the least entry from each table.

    Returns
    -------
    float
        Sum of those least entries; tables in which all is forbidden stay as they are.
    """
    constant = 0.0
    for e in range(len(tables.first)):
        w, u = tables.first[e], tables.second[e]
        rows = tables.start[w + 1] - tables.start[w]
        columns = tables.start[u + 1] - tables.start[u]
        base, a, b = tables.offset[e], moves.above[e], moves.below[e]
        least = np.inf
        for k in range(rows):
            for m in range(columns):
                place = base + k * columns + m
                cost[place] -= moves.down[b + k]
                cost[place] -= moves.up[a + m]
                least = min(least, cost[place])
        if least < np.inf:
            for place in range(base, base + rows * columns):
                cost[place] -= least
            constant += float(least)
    return constant


@njit(cache=True, error_model="numpy")
def best_states(
    tables: Tables,
    moves: Moves,
    chosen: np.ndarray,
) -> None:  # pragma: no cover
    """Choose states (W,) one group after the other, cheapest after moving costs."""
    begin, edges, above, _, up, _, total, _ = moves
    for w in range(len(chosen)):
        low, states = tables.start[w], tables.start[w + 1] - tables.start[w]
        price = total[low : low + states].copy()
        for i in range(begin[w], begin[w + 1]):
            e = edges[i]
            if tables.second[e] != w:
                continue
            row = tables.offset[e] + chosen[tables.first[e]] * states
            for k in range(states):
                price[k] += tables.cost[row + k] - up[above[e] + k]
        chosen[w] = np.argmin(price)
