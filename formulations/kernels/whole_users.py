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
    users, nodes = len(choice), len(flow.load)
    nobody = nodes - 1
    spare = np.empty(users, np.intp)
    is_known = False  # where each would move on to, as everybody is now
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
                unmoved = is_known = False
                continue
            _put(u, here, 1.0, flow, demand)
        if here != nobody or users > FEW:
            continue
        if not is_known:
            for v in range(users):
                spare[v] = _best_other(v, choice[v], flow, demand)
            is_known = True
        if _eject(u, spare, flow, demand, choice):
            unmoved = is_known = False
    return unmoved


@njit(cache=True, error_model="numpy")
def _best_other(v, k, flow, demand):  # pragma: no cover
    """Best node but ``k``, where ``v`` is, with room for it."""
    found = len(flow.load) - 1
    for b in range(len(flow.load) - 1):
        if b == k or not flow.value[v, b] > flow.value[v, found]:
            continue
        full = flow.load[b] + demand[v] > flow.room[b] * SLACK and demand[v] > 0.0
        g = flow.gate[b]
        if g >= 0 and g != flow.gate[k]:
            full |= flow.traffic[g] + demand[v] > flow.backhaul[g] * SLACK
        if not full:
            found = b
    return found


@njit(cache=True, error_model="numpy")
def _eject(u, spare, flow, demand, choice):  # pragma: no cover
    """Serve ``u``, who is not, in the place of another who moves on to its ``spare``.

    Where both would go through one gateway that is too much for, the other is left out.
    """
    nobody = len(flow.load) - 1
    best, who, onto = 1e-12, -1, -1
    for v in range(len(choice)):
        k = choice[v]
        gain = flow.value[u, k] - flow.value[u, nobody] - flow.value[v, k]
        if k == nobody or not gain + flow.value[v, spare[v]] > best:
            continue
        if flow.load[k] - demand[v] + demand[u] > flow.room[k] * SLACK:
            continue
        b, g = spare[v], flow.gate[k]
        if g >= 0:
            left = flow.backhaul[g] * SLACK - flow.traffic[g] - demand[u]
            if left < 0.0 and flow.gate[b] == g:
                b = nobody
            if left + demand[v] < 0.0 or not gain + flow.value[v, b] > best:
                continue
        best, who, onto = gain + flow.value[v, b], v, b
    if who < 0:
        return False
    into = choice[who]
    _put(who, into, -1.0, flow, demand)
    _put(who, onto, 1.0, flow, demand)
    choice[who] = onto
    _put(u, nobody, -1.0, flow, demand)
    _put(u, into, 1.0, flow, demand)
    choice[u] = into
    return True
