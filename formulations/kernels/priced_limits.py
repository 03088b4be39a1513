"""Prices on linear limits and on rate floors, for steps that have a closed form.

Where a step maximizes a separable concave function of the powers, each power is
``(pull / (push + price))**exponent``, cut at its own limit: ``pull`` is what the power
does for its link, ``push`` what it does to others, and ``price`` what it uses of limits
on weighted sums of powers. Floors on rates multiply the weights of their links.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from formulations.problem import snapped

if TYPE_CHECKING:
    from formulations.power import PowerControl

INSIDE = 1 - 1e-9  # of the limits, as data are rounded
ABOVE = 1 + 1e-9  # of the floors
SWEEPS = 20  # over all prices, which move each other
STEPS = 40  # of one price
CLOSE = 1e-11  # relative distance from a limit, or change of a price, that is the last
HASTE = 0.5  # exponent of floor over SINR, by which a weight is multiplied
FACTOR = 4.0  # most of that at once
HEAVIEST = 1e9  # most of a weight by the mean of those given
LIFTS = 10  # steps of the interference function towards the floors


class Links(NamedTuple):
    """Single-block power control problem in canonical units."""

    gain: np.ndarray  # (L, L)
    noise: np.ndarray  # (L,)
    weight: np.ndarray  # (L,)
    floor: np.ndarray  # (L,) SINR, 0 without one
    limit: np.ndarray  # (L,) of each power
    rows: np.ndarray  # (C, L) of linear limits: rows p <= allowed
    allowed: np.ndarray  # (C,) above 0


def links_of(scaled: "PowerControl") -> Links:
    """Arrays of a scaled problem, rounded to 32 bits and a little strict."""
    groups, first, size = np.unique(
        scaled.transmitter, return_index=True, return_counts=True
    )
    shared = size > 1
    members = np.equal.outer(groups[shared], scaled.transmitter) * 1.0
    rows = np.concatenate((scaled.protected_gain, members))
    allowed = np.concatenate((scaled.protected_limit, scaled.p_max[first[shared]]))
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = np.where(rows > 0, allowed[:, None] / rows, np.inf).min(
            0, initial=np.inf
        )
    counts = allowed > 0
    return Links(
        gain=snapped(scaled.gain),
        noise=snapped(scaled.noise),
        weight=scaled.weight.copy(),
        floor=snapped(np.expm1(np.log(2.0) * scaled.min_rate)) * ABOVE,
        limit=snapped(np.minimum(np.minimum(scaled.p_max, scaled.p_mask), alone))
        * INSIDE,
        rows=snapped(rows[counts]),
        allowed=snapped(allowed[counts]) * INSIDE,
    )


def first_weights(links: Links) -> np.ndarray:
    """Weights (L,) to begin with: a link with a floor counts even where no one asks."""
    weight = links.weight.copy()
    silent = (links.floor > 0) & (weight == 0)
    weight[silent] = weight.mean() if weight.any() else 1.0
    return weight


@njit(cache=True, error_model="numpy")
def settle(pull, push, exponent, links, price, power):  # pragma: no cover
    """Write the powers (L,) and prices (C,) at which every linear limit holds.

    Prices move by turns. At last, powers are scaled down by what is left over.
    """
    rows, allowed = links.rows, links.allowed
    base = np.empty(len(power))
    for _ in range(SWEEPS if len(price) > 1 else len(price)):
        change = 0.0
        for c in range(len(price)):
            for j in range(len(power)):
                base[j] = push[j]
                for d in range(len(price)):
                    base[j] += rows[d, j] * price[d] if d != c else 0.0
            before = price[c]
            price[c] = fit(c, pull, base, exponent, links, before)
            change = max(change, abs(price[c] - before) - CLOSE * before)
        if change <= 0.0:
            break
    for j in range(len(power)):
        cost = push[j]
        for c in range(len(price)):
            cost += rows[c, j] * price[c]
        power[j] = closed(pull[j], cost, exponent, links.limit[j])
    for c in range(len(price)):
        used = 0.0
        for j in range(len(power)):
            used += rows[c, j] * power[j]
        if used > allowed[c]:
            for j in range(len(power)):
                power[j] *= allowed[c] / used if rows[c, j] > 0.0 else 1.0


@njit(cache=True, error_model="numpy")
def closed(pull, push, exponent, limit):  # pragma: no cover
    """Best power of one link."""
    if pull <= 0.0:
        return 0.0
    if push <= 0.0:
        return limit
    return min((pull / push) ** exponent, limit)


@njit(cache=True, error_model="numpy")
def fit(c, pull, base, exponent, links, price):  # pragma: no cover
    """Price at which row ``c`` is just met, 0 if it is without.

    Without limits of single powers, what is used to the power of ``-1 / exponent`` is
    nearly linear in the price: the secant on it (Illinois) ends in a few steps.
    """
    goal = links.allowed[c] ** (-1.0 / exponent)
    low, at_low = 0.0, left_at(0.0, c, pull, base, exponent, links)
    if at_low >= goal:
        return 0.0
    high = price if price > 0.0 else 1.0
    at_high = left_at(high, c, pull, base, exponent, links)
    while at_high < goal:
        low, at_low = high, at_high
        high *= 8.0
        at_high = left_at(high, c, pull, base, exponent, links)
    below, above, side = at_low - goal, at_high - goal, 0
    miss = above
    for _ in range(STEPS):
        if miss <= CLOSE * goal or high - low <= CLOSE * high:
            break
        middle = high - above * (high - low) / (above - below)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        off = left_at(middle, c, pull, base, exponent, links) - goal
        if off >= 0.0:
            high, above, miss = middle, off, off
            below *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            low, below = middle, off
            above *= 0.5 if side < 0 else 1.0
            side = -1
    return high


@njit(cache=True, error_model="numpy")
def left_at(price, c, pull, base, exponent, links):  # pragma: no cover
    """Use of row ``c`` at a price, to the power of ``-1 / exponent``."""
    used = 0.0
    for j in range(len(pull)):
        if links.rows[c, j] > 0.0:
            cost = base[j] + links.rows[c, j] * price
            used += links.rows[c, j] * closed(pull[j], cost, exponent, links.limit[j])
    return used ** (-1.0 / exponent)


@njit(cache=True, error_model="numpy")
def step(pull, push, exponent, links, weight, price, power):  # pragma: no cover
    """Move to the best powers (L,) within all limits; prices and weights follow.

    With floors, ``power`` must be feasible and stays so. The weight of a link whose
    floor the best powers would miss is raised, and lowered where they would exceed it.
    """
    if not links.floor.any():
        settle(pull, push, exponent, links, price, power)
        return
    goal = np.empty_like(power)
    settle(pull, push, exponent, links, price, goal)
    most = HEAVIEST * max(links.weight.mean(), 1e-9)
    for i in range(len(weight)):
        if links.floor[i] > 0.0:
            need = links.floor[i] * heard_by(i, goal, links)
            signal = links.gain[i, i] * goal[i]
            factor = (need / signal) ** HASTE if signal > 0.0 else FACTOR
            raised = weight[i] * min(max(factor, 1.0 / FACTOR), FACTOR)
            weight[i] = max(min(raised, most), links.weight[i])
    power[:] = allowed_towards(power, goal, links)


@njit(cache=True, error_model="numpy")
def allowed_towards(anchor, power, links):  # pragma: no cover
    """Last point (L,) from feasible ``anchor`` towards ``power`` that keeps all limits.

    Powers are first raised to what the floors ask for. All limits are linear.
    """
    goal = power.copy()
    links_count = len(goal)
    for _ in range(LIFTS):
        rose = False
        for i in range(links_count):
            if links.floor[i] > 0.0:
                need = links.floor[i] * heard_by(i, goal, links) / links.gain[i, i]
                if need > goal[i] * (1.0 + 1e-12):
                    goal[i] = need
                    rose = True
        if not rose:
            break
    step = 1.0
    for i in range(links_count):
        if goal[i] > links.limit[i]:
            spare = max(links.limit[i] - anchor[i], 0.0)
            step = min(step, spare / (goal[i] - anchor[i]))
        if links.floor[i] > 0.0:
            here = links.floor[i] * heard_by(i, anchor, links)
            here = links.gain[i, i] * anchor[i] - here
            there = links.floor[i] * heard_by(i, goal, links)
            there = links.gain[i, i] * goal[i] - there
            if there < -1e-11 * links.gain[i, i] * goal[i]:
                step = min(step, max(here, 0.0) / (max(here, 0.0) - there))
    for c in range(len(links.allowed)):
        here, there = 0.0, 0.0
        for j in range(links_count):
            here += links.rows[c, j] * anchor[j]
            there += links.rows[c, j] * goal[j]
        if there > links.allowed[c]:
            spare = max(links.allowed[c] - here, 0.0)
            step = min(step, spare / (there - here))
    return anchor + step * (goal - anchor)


@njit(cache=True, error_model="numpy")
def heard_by(i, power, links):  # pragma: no cover
    """Noise and interference at receiver ``i``."""
    total = links.noise[i]
    for j in range(len(power)):
        total += links.gain[i, j] * power[j] if j != i else 0.0
    return total
