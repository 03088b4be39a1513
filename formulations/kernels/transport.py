"""Serving users from open sites at the highest value: a transportation problem.

Users are put in one by one along the cheapest chain of displacements, found by
Bellman and Ford between sites and gateways [1]_. A site more, the last, stands for not
being served; it has room for everybody.

References
----------
.. [1] R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows", 1993, section 9.7
   (successive shortest paths), with users as arcs between the sites they choose from.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.user_values import fill_values, price_out

EMPTY = 1e-13  # relative flow that counts as none
DUST = 1e-10  # relative flow that is dropped where it holds up a cycle
FULL = 1 - 1e-13  # of the room, from where on there is none
NEGATIVE = 1e-11  # relative cost that is below zero beyond rounding


class Flow(NamedTuple):
    """Who is served from which of the m open sites, or not (column m)."""

    value: np.ndarray  # (U, m + 1) -inf out of range
    share: np.ndarray  # (U, m + 1) demand served from there
    members: np.ndarray  # (m + 1, U) users with a share, in any order
    number: np.ndarray  # (m + 1,) of members
    place: np.ndarray  # (U, m + 1) position among the members
    load: np.ndarray  # (m + 1,)
    room: np.ndarray  # (m + 1,) capacity
    gate: np.ndarray  # (m + 1,) gateway, -1 for none
    traffic: np.ndarray  # (G,)
    backhaul: np.ndarray  # (G,)
    cost: np.ndarray  # (m + 1, m + 1) least loss by demand of moving a member
    mover: np.ndarray  # (m + 1, m + 1) that member
    scale: np.ndarray  # (1,) largest value by demand


def new_flow(opened: np.ndarray, model) -> Flow:
    """Flow with nobody put anywhere, for ``opened`` (m,) sites."""
    value = np.full((len(model.demand), len(opened) + 1), -np.inf)
    fill_values(opened, model, value)
    scale = price_out(value, model.demand, model.must_serve)
    room, gate = model.capacity[opened], model.gateway[opened]
    return empty_flow(value, room, gate, model.backhaul, scale)


def empty_flow(
    value: np.ndarray,
    room: np.ndarray,
    gate: np.ndarray,
    backhaul: np.ndarray,
    scale: float,
) -> Flow:
    """Flow with nobody put anywhere, from values (U, m + 1) and limits of sites."""
    users, nodes = value.shape
    return Flow(
        value=value,
        share=np.zeros((users, nodes)),
        members=np.empty((nodes, users), np.int32),
        number=np.zeros(nodes, np.intp),
        place=np.zeros((users, nodes), np.int32),
        load=np.zeros(nodes),
        room=np.append(room, np.inf),
        gate=np.append(gate, -1),
        traffic=np.zeros(len(backhaul)),
        backhaul=backhaul,
        cost=np.full((nodes, nodes), np.inf),
        mover=np.full((nodes, nodes), -1, np.intp),
        scale=np.array([scale]),
    )


@njit(cache=True, error_model="numpy")
def join(u, k, amount, flow, demand):  # pragma: no cover
    """Serve ``amount`` more of user ``u`` from node ``k``."""
    if flow.share[u, k] == 0.0:
        flow.place[u, k] = flow.number[k]
        flow.members[k, flow.number[k]] = u
        flow.number[k] += 1
        for b in range(len(flow.load)):
            loss = (flow.value[u, k] - flow.value[u, b]) / demand[u]
            if b != k and loss < flow.cost[k, b]:
                flow.cost[k, b] = loss
                flow.mover[k, b] = u
    flow.share[u, k] += amount
    flow.load[k] += amount
    if flow.gate[k] >= 0:
        flow.traffic[flow.gate[k]] += amount


@njit(cache=True, error_model="numpy")
def _leave(u, k, amount, flow, demand):  # pragma: no cover
    """Serve ``amount`` less of user ``u`` from node ``k``."""
    flow.load[k] -= amount
    if flow.gate[k] >= 0:
        flow.traffic[flow.gate[k]] -= amount
    if flow.share[u, k] - amount > EMPTY * demand[u]:
        flow.share[u, k] -= amount
        return
    flow.share[u, k] = 0.0
    last = flow.members[k, flow.number[k] - 1]
    flow.members[k, flow.place[u, k]] = last
    flow.place[last, k] = flow.place[u, k]
    flow.number[k] -= 1
    for b in range(len(flow.load)):
        if flow.mover[k, b] != u:
            continue
        least, who = np.inf, -1
        for i in range(flow.number[k]):
            v = flow.members[k, i]
            loss = (flow.value[v, k] - flow.value[v, b]) / demand[v]
            if loss < least:
                least, who = loss, v
        flow.cost[k, b] = least
        flow.mover[k, b] = who


@njit(cache=True, error_model="numpy")
def _shortest(distance, before, flow, tiny):  # pragma: no cover
    """Relax all arcs until nothing changes; cheapest node with room, -1 if none.

    Nodes are the sites, then the gateways. A site hands a unit on by moving a member,
    or keeps it if it has room, and then its gateway has one more: that has room, or
    another of its sites must give one up.
    """
    nodes = len(flow.load)
    gates = len(flow.traffic)
    for _ in range(nodes + gates):
        changed = False
        for a in range(nodes):
            if distance[a] == np.inf:
                continue
            for b in range(nodes):
                value = distance[a] + flow.cost[a, b]
                if value < distance[b] - tiny:
                    distance[b], before[b] = value, a
                    changed = True
            g = flow.gate[a]
            keeps = g >= 0 and flow.load[a] < flow.room[a] * FULL
            if keeps and distance[a] < distance[nodes + g] - tiny:
                distance[nodes + g], before[nodes + g] = distance[a], a
                changed = True
        for g in range(gates):
            if distance[nodes + g] == np.inf:
                continue
            for b in range(nodes):
                gives = flow.gate[b] == g and flow.number[b] > 0
                if gives and distance[nodes + g] < distance[b] - tiny:
                    distance[b], before[b] = distance[nodes + g], nodes + g
                    changed = True
        if not changed:
            break
    best, end = np.inf, -1
    for a in range(nodes):
        has_room = flow.load[a] < flow.room[a] * FULL
        if flow.gate[a] < 0 and has_room and distance[a] < best:
            best, end = distance[a], a
    for g in range(gates):
        is_free = flow.traffic[g] < flow.backhaul[g] * FULL
        if is_free and distance[nodes + g] < best:
            best, end = distance[nodes + g], nodes + g
    return end


@njit(cache=True, error_model="numpy")
def _push(end, begin, amount, before, flow, demand, path):  # pragma: no cover
    """Send up to ``amount`` along the path back from ``end`` to ``begin``.

    ``begin`` is a node below which ``before`` is -1. Returns what was sent, 0 if the
    path does not end.
    """
    nodes = len(flow.load)
    length = 0
    node = end
    while node >= 0:
        if length == len(path):
            return 0.0
        path[length] = node
        length += 1
        node = before[node]
    top = path[0]
    if top >= nodes:
        amount = min(amount, flow.backhaul[top - nodes] - flow.traffic[top - nodes])
    else:
        amount = min(amount, flow.room[top] - flow.load[top])
    for i in range(length - 1):
        b, a = path[i], path[i + 1]
        if a < nodes and b < nodes:
            amount = min(amount, flow.share[flow.mover[a, b], a])
        elif b >= nodes:
            amount = min(amount, flow.room[a] - flow.load[a])
    if path[length - 1] >= nodes:
        g = path[length - 1] - nodes
        amount = min(amount, flow.traffic[g])
    begin[0] = path[length - 1]
    for i in range(length - 1):
        b, a = path[i], path[i + 1]
        if a < nodes and b < nodes:
            u = flow.mover[a, b]
            join(u, b, amount, flow, demand)
            _leave(u, a, amount, flow, demand)
    return amount


@njit(cache=True, error_model="numpy")
def insert_users(first, last, waiting, flow, demand):  # pragma: no cover
    """Put in the ``waiting[first:last]`` users along cheapest chains."""
    nodes = len(flow.load)
    size = nodes + len(flow.traffic)
    distance, before = np.empty(size), np.empty(size, np.intp)
    path, begin = np.empty(size + 1, np.intp), np.empty(1, np.intp)
    tiny = NEGATIVE * flow.scale[0]
    for i in range(first, last):
        u = waiting[i]
        left = demand[u]
        while left > EMPTY * demand[u]:
            distance[:] = np.inf
            before[:] = -1
            for k in range(nodes):
                distance[k] = -flow.value[u, k] / demand[u]
            end = _shortest(distance, before, flow, tiny)
            sent = _push(end, begin, left, before, flow, demand, path)
            if sent <= 0.0:
                join(u, nodes - 1, left, flow, demand)
                break
            join(u, begin[0], sent, flow, demand)
            left -= sent


@njit(cache=True, error_model="numpy")
def fill_room(rounds, flow, demand):  # pragma: no cover
    """Move members around cycles that gain, most of them through free room [1]_.

    Returns whether none is left. Needed after a start at prices that do not fit.

    References
    ----------
    .. [1] R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows", 1993, section 9.6.
    """
    nodes = len(flow.load)
    size = nodes + len(flow.traffic)
    distance, before = np.empty(size), np.empty(size, np.intp)
    path, begin = np.empty(size + 1, np.intp), np.empty(1, np.intp)
    tiny = NEGATIVE * flow.scale[0]
    for _ in range(rounds):
        distance[:] = np.inf
        before[:] = -1
        for k in range(nodes):
            if flow.gate[k] < 0 and flow.number[k] > 0:
                distance[k] = 0.0
        for g in range(size - nodes):
            if flow.traffic[g] > 0.0:
                distance[nodes + g] = 0.0
        end = _shortest(distance, before, flow, tiny)
        inside = _on_cycle(before)
        if inside >= 0:
            if _cancel(inside, before, flow, demand, path) <= 0.0:
                return True
            continue
        if end < 0 or distance[end] >= -10 * size * tiny:
            return True
        if _push(end, begin, np.inf, before, flow, demand, path) <= 0.0:
            return True
    return False


@njit(cache=True, error_model="numpy")
def _on_cycle(before):  # pragma: no cover
    """Return a node on a cycle of predecessors, -1 if there is none."""
    size = len(before)
    for first in range(size):
        node = first
        for _ in range(size + 1):
            node = before[node]
            if node < 0:
                break
        if node >= 0:
            return node
    return -1


@njit(cache=True, error_model="numpy")
def _cancel(inside, before, flow, demand, path):  # pragma: no cover
    """Send what fits around the cycle through ``inside``; returns how much."""
    nodes = len(flow.load)
    length, node = 0, inside
    while True:
        path[length] = node
        length += 1
        node = before[node]
        if node == inside:
            break
    path[length] = inside
    amount = np.inf
    for i in range(length):
        b, a = path[i], path[i + 1]
        if a < nodes and b < nodes:
            amount = min(amount, flow.share[flow.mover[a, b], a])
        elif b >= nodes:
            amount = min(amount, flow.room[a] - flow.load[a])
    if not 0.0 < amount < np.inf:
        return 0.0
    movers, is_held = np.full(length, -1, np.intp), False
    for i in range(length):
        b, a = path[i], path[i + 1]
        if a < nodes and b < nodes:
            u = flow.mover[a, b]
            movers[i] = u
            if flow.share[u, a] <= DUST * demand[u]:
                _leave(u, a, flow.share[u, a], flow, demand)
                is_held = True
    if is_held:
        return amount
    for i in range(length):
        if movers[i] >= 0:
            join(movers[i], path[i], amount, flow, demand)
    for i in range(length):
        if movers[i] >= 0:
            _leave(movers[i], path[i + 1], amount, flow, demand)
    return amount


@njit(cache=True, error_model="numpy")
def served_value(flow, demand):  # pragma: no cover
    """Value of all shares, those of users without demand included."""
    total = 0.0
    for u in range(len(demand)):
        size = demand[u] if demand[u] > 0.0 else 1.0
        for k in range(len(flow.load)):
            if flow.share[u, k] > 0.0:
                total += flow.value[u, k] * flow.share[u, k] / size
    return total


@njit(cache=True, error_model="numpy")
def node_prices(flow):  # pragma: no cover
    """Price (m + 1,) of room at each node: the cheapest way to hand a unit on."""
    nodes, gates = len(flow.load), len(flow.traffic)
    price = np.full(nodes + gates, np.inf)
    for g in range(gates):
        if flow.traffic[g] < flow.backhaul[g] * FULL:
            price[nodes + g] = 0.0
    for _ in range(nodes + gates):
        changed = False
        for a in range(nodes):
            least = price[a]
            if flow.load[a] < flow.room[a] * FULL:
                g = flow.gate[a]
                least = min(least, price[nodes + g] if g >= 0 else 0.0)
            for b in range(nodes):
                least = min(least, flow.cost[a, b] + price[b])
            if least < price[a]:
                price[a] = max(least, 0.0)
                changed = price[a] == least or changed
        for g in range(gates):
            for b in range(nodes):
                gives = flow.gate[b] == g and flow.number[b] > 0
                if gives and price[b] < price[nodes + g]:
                    price[nodes + g] = price[b]
                    changed = True
        if not changed:
            break
    return price
