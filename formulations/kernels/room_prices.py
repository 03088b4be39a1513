"""Prices of room at open sites, one after the other at its best [1]_.

References
----------
.. [1] D. P. Bertsekas, "Nonlinear Programming", 2nd ed., 1999, section 6.5.1
   (coordinate descent on a dual), where each coordinate is a knapsack.
"""

import numpy as np
from numba import njit

from formulations.kernels.site_prices import knapsack_price

LEAST = 1e-300  # demand that takes room


@njit(cache=True, error_model="numpy")
def sweep(
    first, last, value, left_out, demand, limits, prices, scratch
):  # pragma: no cover
    """Set prices ``first`` to ``last``: of the m open sites, then of the gateways.

    Each is the least at which those who pay more fit, while the others stay.
    ``value`` (U, m) is -inf out of range, ``left_out`` that of not being served;
    ``limits`` are room (m,), gate (m,) and backhaul (G,), ``prices`` those of room
    (m,) and of backhaul (G,).
    """
    room, gate, backhaul = limits
    price, toll = prices
    ratio, weight = scratch
    sites = len(price)
    each = np.empty(sites)
    for c in range(first, last):
        g = c - sites
        limit = backhaul[g] if g >= 0 else room[c]
        if np.isinf(limit):
            continue
        for k in range(sites):
            each[k] = price[k] + (toll[gate[k]] if gate[k] >= 0 else 0.0)
            if g < 0 and k == c:
                each[k] -= price[k]
            elif g >= 0 and gate[k] == g:
                each[k] -= toll[g]
        count, used = 0, 0.0
        for u in range(len(demand)):
            if demand[u] < LEAST:
                continue
            inside, outside = -np.inf, left_out
            for k in range(sites):
                paid = value[u, k] - each[k] * demand[u]
                if k == c or (g >= 0 and gate[k] == g):
                    inside = max(inside, paid)
                else:
                    outside = max(outside, paid)
            if inside > outside:
                ratio[count] = (inside - outside) / demand[u]
                weight[count] = demand[u]
                used += demand[u]
                count += 1
        found = knapsack_price(ratio, weight, count, limit) if used > limit else 0.0
        if g >= 0:
            toll[g] = found
        else:
            price[c] = found


@njit(cache=True, error_model="numpy")
def worth_at(value, left_out, demand, limits, prices):  # pragma: no cover
    """Bound on the value served from the open sites, at the prices."""
    room, gate, backhaul = limits
    price, toll = prices
    total = 0.0
    for k in range(len(price)):
        if price[k] > 0.0:
            total += price[k] * room[k]
    for g in range(len(toll)):
        if toll[g] > 0.0:
            total += toll[g] * backhaul[g]
    for u in range(len(demand)):
        best = left_out
        for k in range(len(price)):
            each = price[k] + (toll[gate[k]] if gate[k] >= 0 else 0.0)
            best = max(best, value[u, k] - each * demand[u])
        total += best
    return total
