"""Users who share themselves softly among cells at prices: a smooth bound."""

import numpy as np
from numba import njit

NEGLIGIBLE = 30.0  # temperatures below the best, from which on a share is nothing


@njit(cache=True, error_model="numpy")
def soft_shares(
    first, last, entries, outside, price, temperature, shares, demand
):  # pragma: no cover
    """Sum of ``T log sum exp(worth / T)`` over users ``first`` to ``last``.

    ``entries`` are start (U + 1,), cell, value, load and traffic (E,), of which each
    user has ``price`` (3, B) to pay: of company, load and traffic. What the shares take
    is added to ``demand`` (3, B); ``shares`` (most entries of a user,) is memory.
    """
    start, cell, value, load, traffic = entries
    total = 0.0
    for u in range(first, last):
        low, count = start[u], start[u + 1] - start[u]
        if count == 0:
            continue
        best = outside
        for k in range(count):
            e = low + k
            b = cell[e]
            worth = value[e] - price[0, b] - price[1, b] * load[e]
            shares[k] = worth - price[2, b] * traffic[e]
            best = max(best, shares[k])
        mass = np.exp((outside - best) / temperature)
        least = best - NEGLIGIBLE * temperature
        for k in range(count):
            is_some = shares[k] > least
            shares[k] = np.exp((shares[k] - best) / temperature) if is_some else 0.0
            mass += shares[k]
        total += best + temperature * np.log(mass)
        for k in range(count):
            if shares[k] > 0.0:
                e = low + k
                share = shares[k] / mass
                demand[0, cell[e]] += share
                demand[1, cell[e]] += share * load[e]
                demand[2, cell[e]] += share * traffic[e]
    return total
