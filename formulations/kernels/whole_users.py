"""Users as a whole instead of in parts: rounding and repair of a flow."""

import numpy as np
from numba import njit

FEW = 2000  # users up to which pairs of them are tried; among more, small ones fit
SLACK = 1 + 1e-12  # of the room that may be filled: sums of demands are rounded


@njit(cache=True, error_model="numpy")
def _fits(u, k, flow, demand):  # pragma: no cover
    """Whether node ``k`` has room for all of user ``u``."""
    if flow.load[k] + demand[u] > flow.room[k] * SLACK and demand[u] > 0.0:
        return False
    g = flow.gate[k]
    return not (g >= 0 and flow.traffic[g] + demand[u] > flow.backhaul[g] * SLACK)


@njit(cache=True, error_model="numpy")
def _put(u, k, sign, flow, demand):  # pragma: no cover
    """Add user ``u`` to node ``k``, or take it away with ``sign`` -1."""
    flow.load[k] += sign * demand[u]
    if flow.gate[k] >= 0:
        flow.traffic[flow.gate[k]] += sign * demand[u]


@njit(cache=True, error_model="numpy")
def round_users(price, flow, demand, choice):  # pragma: no cover
    """Fill ``choice`` (U,) with one node each; forgets the shares of ``flow``.

    Users in one part stay. The others, by falling demand, go where there is room, by
    the price. ``load`` and ``traffic`` are of ``choice`` afterwards.
    """
    nodes = len(flow.load)
    nobody = nodes - 1
    number = 0
    split = np.empty(len(demand), np.intp)
    flow.load[:] = 0.0
    flow.traffic[:] = 0.0
    for u in range(len(demand)):
        best, at = 0.0, nobody
        for k in range(nodes):
            if flow.share[u, k] > best:
                best, at = flow.share[u, k], k
        choice[u] = at
        if demand[u] > 0.0 and best < demand[u] * (1 - 1e-9):
            split[number] = u
            number += 1
            choice[u] = nobody
        else:
            _put(u, at, 1.0, flow, demand)
    for k in range(nobody):  # rounding may leave a site overfull by a hair
        if flow.load[k] > flow.room[k] * (1 + 1e-10):
            for u in range(len(demand)):
                over = flow.load[k] > flow.room[k] * (1 + 1e-10)
                if over and choice[u] == k and demand[u] > 0.0:
                    _put(u, k, -1.0, flow, demand)
                    choice[u] = nobody
                    split[number] = u
                    number += 1
    order = np.argsort(-demand[split[:number]])
    for i in order:
        u = split[i]
        best, at = -np.inf, nobody
        for k in range(nodes):
            value = flow.value[u, k] - price[k] * demand[u]
            if value > best and (k == nobody or _fits(u, k, flow, demand)):
                best, at = value, k
        choice[u] = at
        _put(u, at, 1.0, flow, demand)


@njit(cache=True, error_model="numpy")
def place_users(order, price, value, demand, limits, choice):  # pragma: no cover
    """Fill ``choice`` (U,): in ``order``, each user's best node at prices, with room.

    ``value`` (U, m + 1) as of a flow, ``price`` (m + 1,); ``limits`` are room (m,),
    gate (m,) and backhaul (G,), and what is left of them afterwards.
    """
    room, gate, backhaul = limits
    nobody = len(room)
    for u in order:
        need = demand[u]
        best, at = value[u, nobody], nobody
        for k in range(nobody):
            worth = value[u, k] - price[k] * need
            left = room[k] if gate[k] < 0 else min(room[k], backhaul[gate[k]])
            if worth > best and (need == 0.0 or need <= left):
                best, at = worth, k
        choice[u] = at
        if at < nobody:
            room[at] -= need
            if gate[at] >= 0:
                backhaul[gate[at]] -= need


@njit(cache=True, error_model="numpy")
def improve_users(first, last, flow, demand, choice):  # pragma: no cover
    """Move users from ``first`` on to better nodes with room, or make room there.

    Room is made by one other who moves on. Returns whether nobody moved.
    """
    nodes = len(flow.load)
    nobody = nodes - 1
    unmoved = True
    for u in range(first, last):
        here = choice[u]
        for k in range(nodes):
            gain = flow.value[u, k] - flow.value[u, here]
            if not gain > 1e-12:
                continue
            _put(u, here, -1.0, flow, demand)
            if k == nobody or _fits(u, k, flow, demand):
                choice[u] = k
                _put(u, k, 1.0, flow, demand)
                here = k
                unmoved = False
                continue
            _put(u, here, 1.0, flow, demand)
        if here != nobody or len(choice) > FEW:
            continue
        if _eject(u, nobody, flow, demand, choice):
            unmoved = False
    return unmoved


@njit(cache=True, error_model="numpy")
def _eject(u, nobody, flow, demand, choice):  # pragma: no cover
    """Serve user ``u``, who is not, in the place of another who moves on."""
    best, who, onto, into = 1e-12, -1, -1, -1
    for k in range(nobody):
        gain = flow.value[u, k] - flow.value[u, nobody]
        if not gain > best:
            continue
        for v in range(len(choice)):
            if choice[v] != k or v == u:
                continue
            if flow.load[k] - demand[v] + demand[u] > flow.room[k] * SLACK:
                continue
            for b in range(nobody + 1):
                value = gain + flow.value[v, b] - flow.value[v, k]
                if b == k or not value > best:
                    continue
                _put(v, k, -1.0, flow, demand)
                fits = b == nobody or _fits(v, b, flow, demand)
                if fits:
                    _put(v, b, 1.0, flow, demand)
                    fits = _fits(u, k, flow, demand)
                    _put(v, b, -1.0, flow, demand)
                _put(v, k, 1.0, flow, demand)
                if fits:
                    best, who, onto, into = value, v, b, k
    if who < 0:
        return False
    _put(who, into, -1.0, flow, demand)
    _put(who, onto, 1.0, flow, demand)
    choice[who] = onto
    _put(u, nobody, -1.0, flow, demand)
    _put(u, into, 1.0, flow, demand)
    choice[u] = into
    return True
