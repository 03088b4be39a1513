"""Users who share cells' time fairly, as a flow whose cost is convex in each cell.

Nodes are the cells, then ``B`` for users left outside, then ``B + 1``, the hub that all
users flow to. User ``u`` at node ``a`` can move to a candidate ``b`` at the loss
``value[a] - value[b]``; the ``n``-th user of a cell costs ``marginal[n]`` on its way to
the hub. Prices keep reduced costs ``cost - price[tail] + price[head]`` at 0 or above.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

TIE = 1e-12  # gain, in units of log rate, below which rounding decides
MORE, BALANCED, STUCK = 0, 1, 2  # how a repair ends
FASTER, LONGEST = 1.5, 1.0  # growth of price steps, and their limit


class Network(NamedTuple):
    """What does not change; entries are sorted by user."""

    start: np.ndarray  # (U + 1,) first entry of each user
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    room: np.ndarray  # (B,) int, most users of each cell
    marginal: np.ndarray  # (most users + 2,) cost of the n-th user of a cell
    outside: float  # value of a user who is not served, -inf where all must be


class Flow(NamedTuple):
    """Where users are, what cells pass on to the hub, and prices."""

    choice: np.ndarray  # (U,) entry of each user, -1 outside
    company: np.ndarray  # (B + 1,) users at each node
    supply: np.ndarray  # (B + 1,) users that each node passes on
    excess: np.ndarray  # (B + 2,) users there less users passed on
    price: np.ndarray  # (B + 2,)
    first: np.ndarray  # (B + 1,) a user at each node, -1: none; then follow ``after``
    after: np.ndarray  # (U,)
    before: np.ndarray  # (U,)
    distance: np.ndarray  # (B + 2,) by reduced costs, inf where not reached
    parent: np.ndarray  # (B + 2,) node before, on the shortest path
    mover: np.ndarray  # (B + 2,) user who moves from there, -1: along the hub
    target: np.ndarray  # (B + 2,) entry that the user moves to
    reached: np.ndarray  # (B + 2,) nodes with a distance, settled ones first


def network_of(
    start: np.ndarray,
    cell: np.ndarray,
    value: np.ndarray,
    room: np.ndarray,
    outside: float,
) -> Network:
    """Network with its table of marginal costs ``n log n - (n - 1) log(n - 1)``."""
    most = int(np.bincount(cell, minlength=1).max(initial=0))
    n = np.arange(2.0, most + 2)
    marginal = np.zeros(most + 2)
    marginal[2:] = np.log(n) + (n - 1) * np.log1p(1 / (n - 1))
    room = np.minimum(room, most + 1).astype(np.int64)  # no limit is more than ``most``
    return Network(start, cell, value, room, marginal, outside)


def flow_of(choice: np.ndarray, network: Network) -> Flow:
    """Flow of the entries (U,) that users have chosen; holds and changes ``choice``."""
    users, cells = len(choice), len(network.room)

    def nodes(more: int, fill: int = 0) -> np.ndarray:
        return np.full(cells + more, fill, np.int64)

    flow = Flow(
        choice,
        nodes(1),
        nodes(1),
        nodes(2),
        np.zeros(cells + 2),
        nodes(1, -1),
        np.empty(users, np.int64),
        np.empty(users, np.int64),
        np.full(cells + 2, np.inf),
        nodes(2),
        nodes(2),
        nodes(2),
        nodes(2),
    )
    enter(network, flow)
    return flow


@njit(cache=True, error_model="numpy")
def enter(network, flow):  # pragma: no cover
    """Fill lists and counts from the choices."""
    outside = len(network.room)
    flow.first[:] = -1
    flow.company[:] = 0
    for u in range(len(flow.choice)):
        if network.start[u] == network.start[u + 1]:
            continue
        e = flow.choice[u]
        _join(u, network.cell[e] if e >= 0 else outside, flow)


@njit(cache=True, error_model="numpy")
def _join(u, b, flow):  # pragma: no cover
    """Add user ``u`` to node ``b``."""
    flow.before[u] = -1
    flow.after[u] = flow.first[b]
    if flow.first[b] >= 0:
        flow.before[flow.first[b]] = u
    flow.first[b] = u
    flow.company[b] += 1


@njit(cache=True, error_model="numpy")
def _leave(u, b, flow):  # pragma: no cover
    """Take user ``u`` from node ``b``."""
    if flow.before[u] >= 0:
        flow.after[flow.before[u]] = flow.after[u]
    else:
        flow.first[b] = flow.after[u]
    if flow.after[u] >= 0:
        flow.before[flow.after[u]] = flow.before[u]
    flow.company[b] -= 1


@njit(cache=True, error_model="numpy")
def move(u, e, network, flow):  # pragma: no cover
    """Move user ``u`` to entry ``e``, -1: outside."""
    outside = len(network.room)
    now = flow.choice[u]
    _leave(u, network.cell[now] if now >= 0 else outside, flow)
    _join(u, network.cell[e] if e >= 0 else outside, flow)
    flow.choice[u] = e


@njit(cache=True, error_model="numpy")
def respond(first, last, network, flow):  # pragma: no cover
    """Give users ``first`` to ``last`` their best place with room; how many moved."""
    moved = 0
    outside = len(network.room)
    for u in range(first, last):
        now = flow.choice[u]
        here, best, found = outside, network.outside, now
        if now >= 0:
            here = network.cell[now]
            best = network.value[now] - network.marginal[flow.company[here]]
            if network.outside > best + TIE:
                best, found = network.outside, -1
        for e in range(network.start[u], network.start[u + 1]):
            b = network.cell[e]
            n = flow.company[b]
            if b == here or n >= network.room[b]:
                continue
            worth = network.value[e] - network.marginal[n + 1]
            if worth > best + TIE:
                best, found = worth, e
        if found != now:
            move(u, found, network, flow)
            moved += 1
    return moved


@njit(cache=True, error_model="numpy")
def start_prices(network, flow):  # pragma: no cover
    """Prices at which each cell would pass on one more; infinite where it is full."""
    outside = len(network.room)
    for b in range(outside):
        n = flow.company[b]
        is_full = n >= network.room[b]
        flow.price[b] = np.inf if is_full else network.marginal[n + 1]
    flow.price[outside:] = 0.0


@njit(cache=True, error_model="numpy")
def lower_prices(first, last, network, flow):  # pragma: no cover
    """Lower prices until no user ``first`` to ``last`` wants to go; how many fell.

    From :func:`start_prices` on this is the method of Bellman and Ford for distances to
    the hub: a cell passes on one more, or a user moves to another cell that does. What
    the last user of a cell costs is the least price.
    """
    price, lowered = flow.price, 0
    for u in range(first, last):
        now = flow.choice[u]
        if now < 0:
            continue
        b = network.cell[now]
        worth = network.value[now]
        least = min(price[b], worth - network.outside)
        least -= worth
        for e in range(network.start[u], network.start[u + 1]):
            loss = price[network.cell[e]] - network.value[e]
            if loss < least:
                least = loss
        least += worth
        least = max(least, network.marginal[flow.company[b]])
        if least < price[b]:
            lowered += 1
            price[b] = least
    return lowered


@njit(cache=True, error_model="numpy")
def clear(network, flow):  # pragma: no cover
    """Take everybody out of the lists, and make infinite prices finite."""
    flow.first[:] = -1
    flow.company[:] = 0
    for b in range(len(network.room)):
        if np.isinf(flow.price[b]):
            flow.price[b] = network.marginal[network.room[b]]


@njit(cache=True, error_model="numpy")
def choose(first, last, network, flow):  # pragma: no cover
    """Put users ``first`` to ``last`` where it is best at the prices."""
    outside = len(network.room)
    for u in range(first, last):
        if network.start[u] == network.start[u + 1]:
            continue
        now = flow.choice[u]
        best, found = network.outside - flow.price[outside], -1
        if now >= 0:
            stay = network.value[now] - flow.price[network.cell[now]]
            if best <= stay + TIE:
                best, found = stay, now
        for e in range(network.start[u], network.start[u + 1]):
            worth = network.value[e] - flow.price[network.cell[e]]
            if worth > best + TIE:
                best, found = worth, e
        flow.choice[u] = found
        _join(u, network.cell[found] if found >= 0 else outside, flow)


@njit(cache=True, error_model="numpy")
def balance(network, flow):  # pragma: no cover
    """Have cells pass on what pays at the prices; the excess of all together."""
    outside, hub = len(network.room), len(network.room) + 1
    total = 0
    flow.supply[outside] = flow.company[outside]
    flow.excess[outside:] = 0
    for b in range(outside):
        n = min(flow.company[b], network.room[b])
        paid = flow.price[b] - flow.price[hub]
        while n < network.room[b] and network.marginal[n + 1] < paid - TIE:
            n += 1
        while n > 0 and network.marginal[n] > paid + TIE:
            n -= 1
        flow.supply[b] = n
        flow.excess[b] = flow.company[b] - n
        flow.excess[hub] -= flow.excess[b]
        total += max(flow.excess[b], 0)
    return total + max(flow.excess[hub], 0)


@njit(cache=True, error_model="numpy")
def adjust(step, sign, network, flow):  # pragma: no cover
    """Raise prices of cells with excess and lower those that lack.

    ``step`` (B,) grows while ``sign`` (B,), that of the last excess, is kept, and
    halves where it changes: the resilient propagation of Riedmiller and Braun.
    """
    for b in range(len(network.room)):
        now = np.sign(flow.excess[b])
        if now * sign[b] > 0:
            step[b] = min(step[b] * FASTER, LONGEST)
        elif now * sign[b] < 0:
            step[b] *= 0.5
        sign[b] = now
        flow.price[b] = max(flow.price[b] + now * step[b], 0.0)


@njit(cache=True, error_model="numpy")
def repair(work, network, flow):  # pragma: no cover
    """Send excess along shortest paths to where it lacks, for about ``work`` steps.

    Returns MORE, BALANCED, or STUCK if there is excess that cannot go anywhere: the
    nodes with a finite distance have no room for it.
    """
    nodes = len(flow.excess)
    for source in range(nodes):
        while flow.excess[source] > 0:
            sink, steps = _search(source, network, flow)
            if sink < 0:
                return STUCK
            _send(source, sink, network, flow)
            work -= steps
            if work < 0:
                return MORE
    return BALANCED


@njit(cache=True, error_model="numpy")
def _offer_distance(b, d, a, u, e, reached, flow):  # pragma: no cover
    """Note a path of length ``d`` to ``b`` over ``a``; how many nodes are reached."""
    if d >= flow.distance[b]:
        return reached
    if np.isinf(flow.distance[b]):
        flow.reached[reached] = b
        reached += 1
    flow.distance[b] = d
    flow.parent[b] = a
    flow.mover[b] = u
    flow.target[b] = e
    return reached


@njit(cache=True, error_model="numpy")
def _search(source, network, flow):  # pragma: no cover
    """Dijkstra from ``source`` to the nearest lack; updates prices on the way.

    Returns the sink, -1 where there is none, and the number of steps.
    """
    outside, hub = len(network.room), len(network.room) + 1
    price, distance = flow.price, flow.distance
    distance[:] = np.inf
    reached = _offer_distance(source, 0.0, -1, -1, -1, 0, flow)
    settled, steps, limit = 0, 0, np.inf
    sink = -1
    while settled < reached:
        best = settled
        for k in range(settled + 1, reached):
            if distance[flow.reached[k]] < distance[flow.reached[best]]:
                best = k
        a = flow.reached[best]
        flow.reached[best] = flow.reached[settled]
        flow.reached[settled] = a
        steps += reached - settled
        if flow.excess[a] < 0:
            sink = a
            break
        settled += 1
        d = distance[a]
        if a == hub:
            for b in range(outside + 1):
                if flow.supply[b] > 0:
                    cost = -network.marginal[flow.supply[b]] if b < outside else 0.0
                    far = d + max(0.0, cost + price[b] - price[hub])
                    if far < limit:
                        reached = _offer_distance(b, far, a, -1, -1, reached, flow)
                        if flow.excess[b] < 0:
                            limit = far
            steps += outside
            continue
        u = flow.first[a]
        while u >= 0:
            now = flow.choice[u]
            worth = network.value[now] if now >= 0 else network.outside
            offset = d + worth - price[a]
            for e in range(network.start[u], network.start[u + 1]):
                b = network.cell[e]
                far = max(d, offset - network.value[e] + price[b])
                if far < limit and far < distance[b]:
                    reached = _offer_distance(b, far, a, u, e, reached, flow)
                    if flow.excess[b] < 0:
                        limit = far
            if now >= 0:
                far = max(d, offset - network.outside + price[outside])
                if far < limit and far < distance[outside]:
                    reached = _offer_distance(outside, far, a, u, -1, reached, flow)
            steps += network.start[u + 1] - network.start[u]
            u = flow.after[u]
        if a == outside or flow.supply[a] < network.room[a]:
            cost = network.marginal[flow.supply[a] + 1] if a < outside else 0.0
            far = d + max(0.0, cost - price[a] + price[hub])
            if far < limit:
                reached = _offer_distance(hub, far, a, -1, -1, reached, flow)
                if flow.excess[hub] < 0:
                    limit = far
    if sink >= 0:
        for k in range(settled):
            b = flow.reached[k]
            price[b] += distance[sink] - distance[b]
    return sink, steps


@njit(cache=True, error_model="numpy")
def _send(source, sink, network, flow):  # pragma: no cover
    """Move one unit along the path that was found."""
    hub = len(network.room) + 1
    flow.excess[source] -= 1
    flow.excess[sink] += 1
    b = sink
    while b != source:
        a = flow.parent[b]
        if flow.mover[b] >= 0:
            move(flow.mover[b], flow.target[b], network, flow)
        elif b == hub:
            flow.supply[a] += 1
        else:
            flow.supply[b] -= 1
        b = a
