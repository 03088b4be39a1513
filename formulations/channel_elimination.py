"""One group of transmitters gone after the other: exact where few hang together."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channel_tables import rounded_up, tables_of
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_moves import Network

ENTRIES = 1 << 21
"""States that a group and those near it have together when it goes, at most."""
MOST_NEAR = 30  # dimensions of a numpy array, less some
ROUNDING = 1e-12
"""Relative error of sums of costs, all of them positive."""


@dataclass(frozen=True)
class Elimination:
    """Groups that are decided by dynamic programming, in the order in which they go.

    Groups that are not among them are left out with their pairs, which cost nothing
    then, so that the least cost of those that are is a bound.

    Attributes
    ----------
    order : (M,)
        Groups.
    below : float
        Largest channels from here on are not looked at: the bound ends here.
    """

    order: np.ndarray
    below: float = np.inf

    def bound(self, problem: ChannelAssignment) -> float:
        """Least interference or span of these groups; inf if they find no channels."""
        known = problem.network
        if isinstance(known, EmptyDomain):
            return np.inf
        order = np.asarray(self.order)
        groups = len(known.network.start) - 1
        if problem.objective == "min_order" or len(np.unique(order)) != len(order):
            return np.nan
        if order.size and not ((order >= 0) & (order < groups)).all():
            return np.nan
        value, _ = eliminate(problem, known, order, self.below, lambda: False)
        if problem.objective == "min_span":
            return min(value, self.below)
        if problem.objective == "feasible" or np.isinf(value):
            return value
        return rounded_up(value * (1 - ROUNDING) * known.unit, problem)


def narrow_order(
    known: ChannelNetwork,
    states: np.ndarray,
    is_over: Callable[[], bool],
    entries: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Order (M,) in which groups go, and who hangs together with what is left out.

    Next goes the group whose table with those near it is smallest. Where that is larger
    than ``entries``, the group with most others near it is left out instead.

    Parameters
    ----------
    known : ChannelNetwork
        Whose groups are ordered.
    states : (W,)
        States of each group that count.
    is_over : callable
        Whether to stop: what is left by then is left out.
    entries : int
        Of the largest table.

    Returns
    -------
    order : (M,) int
        Groups that are decided.
    is_whole : (W,) bool
        Groups that hang together with none that is left out.
    """
    network = known.network
    owner = np.repeat(np.arange(len(states)), np.diff(network.first))
    first, neighbour = network.first.tolist(), network.neighbour.tolist()
    near = {w: set(neighbour[a:b]) for w, (a, b) in enumerate(pairwise(first))}
    size = np.log(np.maximum(states, 1)).tolist()
    room = np.log(entries)
    cost = {w: size[w] + sum([size[u] for u in near[w]]) for w in near}
    queue = _Queue(cost)
    order, wide = [], []
    while cost and not is_over():
        w = queue.least(cost)
        is_wide = cost[w] > room or len(near[w]) > MOST_NEAR
        if is_wide:
            w = max(near, key=lambda u: len(near[u]))
            wide.append(w)
        else:
            order.append(w)
        around = near.pop(w)
        del cost[w]
        for u in around:
            near[u].discard(w)
            if not is_wide:
                near[u] |= around - {u}
        for u in around:
            cost[u] = size[u] + sum([size[v] for v in near[u]])
            queue.add(u, cost[u])
    return np.array(order, np.intp), _whole(network, owner, [*wide, *cost])


def _whole(network: Network, owner: np.ndarray, left_out: list[int]) -> np.ndarray:
    """Groups (W,) that hang together with none of those left out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups = len(network.start) - 1
    entries = np.ones(len(owner), bool)
    graph = coo_array((entries, (owner, network.neighbour)), shape=(groups, groups))
    _, part = connected_components(graph, directed=False)
    return ~np.isin(part, part[left_out])


class _Queue:
    """Groups by what they cost, with entries that no longer hold."""

    def __init__(self, cost: dict[int, float]) -> None:
        from heapq import heapify

        self.heap = [(value, w) for w, value in cost.items()]
        heapify(self.heap)

    def add(self, group: int, cost: float) -> None:
        from heapq import heappush

        heappush(self.heap, (cost, group))

    def least(self, cost: dict[int, float]) -> int:
        """Group of least cost, among those that are left."""
        from heapq import heappop

        while True:
            value, group = self.heap[0]
            if cost.get(group) == value:
                return group
            heappop(self.heap)


def eliminate(
    problem: ChannelAssignment,
    known: ChannelNetwork,
    order: np.ndarray,
    below: float,
    is_over: Callable[[], bool],
) -> tuple[float, np.ndarray]:
    """Least cost of the groups in ``order``, and their states (W,), -1 for others [1]_.

    Each group takes its best state for all states of those near it that are left.
    The cost is in the network's unit, or the largest channel for the span; nan if it
    ``is_over`` before the end.

    References
    ----------
    .. [1] A. M. C. A. Koster, S. P. M. van Hoesel, A. W. J. Kolen, "Solving partial
       constraint satisfaction problems with tree decomposition", Networks 40(3), 2002.
       https://doi.org/10.1002/net.10046
    """
    spans = problem.objective == "min_span"
    combine = np.maximum if spans else np.add
    tables = tables_of(known, np.inf)
    single = tables.single
    if spans:
        low = known.highest < below
        single = np.where(np.isinf(single) | ~low, np.inf, known.highest)
    begin, total = tables.start, 0.0
    kept = [np.flatnonzero(single[a:b] < np.inf) for a, b in _parts(begin)]
    place = {int(w): k for k, w in enumerate(order)}
    waiting: list[list[tuple[list[int], np.ndarray]]] = [[] for _ in order]
    for e, (w, u) in enumerate(zip(tables.first, tables.second, strict=True)):
        w, u = int(w), int(u)
        if w in place and u in place:
            part = tables.cost[tables.offset[e] : tables.offset[e + 1]]
            part = part.reshape(np.diff(begin)[w], -1)[np.ix_(kept[w], kept[u])]
            waiting[min(place[w], place[u])].append(([w, u], part))
    best: list[tuple[list[int], np.ndarray]] = []
    for k, w in enumerate(order.tolist()):
        if is_over():
            return np.nan, np.zeros(0, np.intp)
        near = sorted({u for scope, _ in waiting[k] for u in scope} - {w})
        axes = {u: axis for axis, u in enumerate([*near, w])}
        joint = np.zeros([len(kept[u]) for u in axes])
        combine(joint, single[begin[w] + kept[w]], out=joint)
        for scope, part in waiting[k]:
            spread = _spread(part, [axes[u] for u in scope], joint.ndim)
            combine(joint, spread, out=joint)
        waiting[k] = []
        if joint.size == 0:
            return np.inf, np.zeros(0, np.intp)
        best.append((near, joint.argmin(axis=-1).astype(np.int32)))
        least = joint.min(axis=-1)
        if near:
            waiting[min(place[u] for u in near)].append((near, least))
        else:
            total = float(combine(total, least))
            if np.isinf(total):
                return np.inf, np.zeros(0, np.intp)
    state = np.full(len(begin) - 1, -1, np.intp)
    for w, (near, choice) in zip(order[::-1].tolist(), best[::-1], strict=True):
        state[w] = choice[tuple(state[u] for u in near)]
    chosen = state >= 0
    for w in np.flatnonzero(chosen):
        state[w] = kept[w][state[w]]
    return total, state


def _parts(begin: np.ndarray) -> list[tuple[int, int]]:
    """Where the states of each group begin and end."""
    return list(zip(begin[:-1].tolist(), begin[1:].tolist(), strict=True))


def _spread(part: np.ndarray, axes: list[int], dimensions: int) -> np.ndarray:
    """``part`` with its axes where they are among ``dimensions``."""
    shape = [1] * dimensions
    for axis, size in zip(axes, part.shape, strict=True):
        shape[axis] = size
    return np.transpose(part, np.argsort(axes)).reshape(shape)
