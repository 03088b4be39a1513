"""Best prices of one cell: a smoothed bound, minimized by Newton steps.

The best offer for each block is replaced by a logarithm of exponentials, and limits of
prices by logarithms, both at a temperature that is lowered in stages.
"""

import numpy as np
from numba import njit

from formulations.kernels.block_prices import bound_at, contest, wanted

FAINT = 36.0  # exponents below the largest that count as none
BACK = 0.9  # part of the way to a limit that a step may go
ENOUGH = 0.1  # part of the decrease that the slope promises
HALVINGS = 20
RIDGE = 1e-10  # relative, so that the system can be solved


@njit(cache=True, error_model="numpy")
def lowest_prices(c, top, low):  # pragma: no cover
    """Least price (K,) that each user's rate can have at the best prices."""
    for u in range(len(low)):
        low[u] = c.weight[u] / (c.base[u] + top[u]) if c.is_fair else c.weight[u]


@njit(cache=True, error_model="numpy")
def number_prices(c, place):  # pragma: no cover
    """Number the prices that are free: ``place`` (2, K) of rates, of blocks; -1: not.

    Returns how many there are.
    """
    count = 0
    for u in range(len(c.floor)):
        place[0, u] = place[1, u] = -1
        if c.is_fair or c.floor[u] > 0.0:
            place[0, u] = count
            count += 1
        if 0 < c.room[u] < c.rate.shape[1]:
            place[1, u] = count
            count += 1
    return count


@njit(cache=True, error_model="numpy")
def smoothed(c, top, low, place, price, toll, heat):  # pragma: no cover
    """Bound at the prices, smoothed at temperature ``heat``."""
    users, blocks = c.rate.shape
    total = 0.0
    for n in range(blocks):
        best = 0.0
        for u in range(users):
            best = max(best, price[u] * c.rate[u, n] - toll[u])
        mass = np.exp(-best / heat)
        for u in range(users):
            offer = price[u] * c.rate[u, n] - toll[u]
            if c.rate[u, n] > 0.0 and offer > best - FAINT * heat:
                mass += np.exp((offer - best) / heat)
        total += best + heat * np.log(mass)
    for u in range(users):
        p = price[u]
        r = wanted(p, c.weight[u], c.floor[u], c.base[u], top[u], c.is_fair)
        if c.is_fair:
            if c.weight[u] > 0.0:
                total += c.weight[u] * np.log(c.base[u] + r)
            total -= p * r
        elif place[0, u] >= 0:
            total += (c.weight[u] - p) * c.floor[u]
        if place[0, u] >= 0:
            total -= heat * np.log(p - low[u])
        if place[1, u] >= 0:
            total += toll[u] * c.room[u] - heat * np.log(toll[u])
    return total


@njit(cache=True, error_model="numpy")
def derive(c, top, low, place, price, toll, heat, slope, curve):  # pragma: no cover
    """Fill slope (V,) and curvature (V, V) of the smoothed bound."""
    users, blocks = c.rate.shape
    slope[:] = 0.0
    curve[:] = 0.0
    near, part = np.empty(users, np.int64), np.empty(users)
    for n in range(blocks):
        best = 0.0
        for u in range(users):
            best = max(best, price[u] * c.rate[u, n] - toll[u])
        mass, count = np.exp(-best / heat), 0
        for u in range(users):
            offer = price[u] * c.rate[u, n] - toll[u]
            if c.rate[u, n] > 0.0 and offer > best - FAINT * heat:
                near[count], part[count] = u, np.exp((offer - best) / heat)
                mass += part[count]
                count += 1
        for i in range(count):
            u = near[i]
            part[i] /= mass
            for a in range(2):
                row = place[a, u]
                if row < 0:
                    continue
                pull = c.rate[u, n] if a == 0 else -1.0
                slope[row] += part[i] * pull
                for b in range(2):
                    if place[b, u] >= 0:
                        other = c.rate[u, n] if b == 0 else -1.0
                        curve[row, place[b, u]] += part[i] * pull * other / heat
                for j in range(i + 1):
                    v = near[j]
                    share = part[i] * part[j] / heat
                    for b in range(2):
                        column = place[b, v]
                        if column < 0:
                            continue
                        other = c.rate[v, n] if b == 0 else -1.0
                        curve[row, column] -= share * pull * other
                        if i != j:
                            curve[column, row] -= share * pull * other
    for u in range(users):
        row, p = place[0, u], price[u]
        if row >= 0:
            r = c.floor[u]
            if c.is_fair:
                r = wanted(p, c.weight[u], c.floor[u], c.base[u], top[u], True)
                if c.floor[u] < r < top[u]:
                    curve[row, row] += c.weight[u] / p**2
            slope[row] -= r + heat / (p - low[u])
            curve[row, row] += heat / (p - low[u]) ** 2
        row = place[1, u]
        if row >= 0:
            slope[row] += c.room[u] - heat / toll[u]
            curve[row, row] += heat / toll[u] ** 2


@njit(cache=True, error_model="numpy")
def inside(c, low, place, heat, price, toll):  # pragma: no cover
    """Move prices off their limits by what the temperature asks for, at the least."""
    for u in range(len(price)):
        if place[0, u] >= 0:
            wide = heat / max(c.floor[u], c.rate[u].max(), 1e-9)
            price[u] = max(price[u], low[u] + wide)
        else:
            price[u] = low[u]
        toll[u] = max(toll[u], heat / c.room[u]) if place[1, u] >= 0 else 0.0


@njit(cache=True, error_model="numpy")
def newton(c, m, low, place, heat, slope, curve):  # pragma: no cover
    """One damped Newton step; half the decrease that it promised.

    Prices move in ``m``, and the lowest exact bound is kept there.
    """
    users, count = len(m.price), len(slope)
    derive(c, m.top, low, place, m.price, m.toll, heat, slope, curve)
    for v in range(count):
        curve[v, v] *= 1.0 + RIDGE
    way = np.linalg.solve(curve, -slope)
    promised = -(slope @ way)
    length = 1.0
    for u in range(users):
        if place[0, u] >= 0 and way[place[0, u]] < 0.0:
            length = min(length, BACK * (low[u] - m.price[u]) / way[place[0, u]])
        if place[1, u] >= 0 and way[place[1, u]] < 0.0:
            length = min(length, -BACK * m.toll[u] / way[place[1, u]])
    before = smoothed(c, m.top, low, place, m.price, m.toll, heat)
    price, toll = m.price.copy(), m.toll.copy()
    for _ in range(HALVINGS):
        for u in range(users):
            if place[0, u] >= 0:
                m.price[u] = price[u] + length * way[place[0, u]]
            if place[1, u] >= 0:
                m.toll[u] = toll[u] + length * way[place[1, u]]
        after = smoothed(c, m.top, low, place, m.price, m.toll, heat)
        if after <= before - ENOUGH * length * promised:
            break
        length *= 0.5
    contest(c, m)
    bound_at(c, m)
    return promised / 2
