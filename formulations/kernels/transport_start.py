"""Where a transportation problem begins: users at prices, or where they were."""

import numpy as np
from numba import njit

from formulations.kernels.transport import join


@njit(cache=True, error_model="numpy")
def start_flow(price, order, flow, demand, waiting):  # pragma: no cover
    """Put users where value less ``price`` (m + 1,) times demand is best, if it fits.

    Whoever does not fit waits; how many is returned.
    """
    number = 0
    for u in order:
        best, at = -np.inf, -1
        for k in range(len(price)):
            value = flow.value[u, k] - price[k] * demand[u]
            if value > best:
                best, at = value, k
        if demand[u] == 0.0:
            flow.share[u, at] = 1.0  # takes no room: a share of itself
            continue
        g = flow.gate[at]
        fits = flow.load[at] + demand[u] <= flow.room[at]
        if g >= 0 and flow.traffic[g] + demand[u] > flow.backhaul[g]:
            fits = False
        if fits:
            join(u, at, demand[u], flow, demand)
        else:
            waiting[number] = u
            number += 1
    return number


@njit(cache=True, error_model="numpy")
def keep_users(node, flow, demand, waiting):  # pragma: no cover
    """Put users at the ``node`` (U,) that served them, if it still can.

    Whoever does not fit waits; how many is returned.
    """
    number = 0
    for u in range(len(node)):
        k = node[u]
        g = flow.gate[k]
        fits = flow.value[u, k] > -np.inf
        if demand[u] > 0.0:
            fits = fits and flow.load[k] + demand[u] <= flow.room[k]
            fits = fits and (g < 0 or flow.traffic[g] + demand[u] <= flow.backhaul[g])
        if not fits:
            waiting[number] = u
            number += 1
        elif demand[u] == 0.0:
            flow.share[u, k] = 1.0
        else:
            join(u, k, demand[u], flow, demand)
    return number
