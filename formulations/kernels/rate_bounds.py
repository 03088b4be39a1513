"""Bounds on sum and proportionally fair rates over boxes of powers.

A box is a range ``low`` to ``high`` (L,) of powers, in canonical units and nat.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

SWEEPS = 2  # of coordinate Newton steps towards the best point of a relaxation
WIDE = 1e-9  # of a row's size, by which it may be exceeded before it rules a box out
STRICT = 5e-10  # of a row's size, which a point must keep off it
EDGE = 0.35  # share of a range that a split leaves at least on each side
# sums may be reordered to vectorize; NaN and infinities keep their meaning
REASSOCIATE = {"reassoc", "contract", "nsz"}


class Rates(NamedTuple):
    """Canonical power control problem as arrays."""

    cross: np.ndarray  # (L, L) gain with zeros for the own ones
    sent: np.ndarray  # (L, L) gain by sender
    direct: np.ndarray  # (L,)
    noise: np.ndarray  # (L,)
    weight: np.ndarray  # (L,)
    limit: np.ndarray  # (L,) of each power
    rows: np.ndarray  # (C, L) of linear constraints: rows p <= allowed
    allowed: np.ndarray  # (C,)
    fair: bool


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy", inline="always")
def inner(rows, row, values):  # pragma: no cover
    """Sum of products of one row with ``values``."""
    total = 0.0
    for i in range(len(values)):
        total += rows[row, i] * values[i]
    return total


@njit(cache=True, error_model="numpy")
def value_of(power, box):  # pragma: no cover
    """Objective at ``power`` (L,), -inf where a constraint is violated."""
    for c in range(len(box.allowed)):
        used, size = 0.0, abs(box.allowed[c])
        for j in range(len(power)):
            used += box.rows[c, j] * power[j]
            size += abs(box.rows[c, j] * power[j])
        if used > box.allowed[c] - STRICT * size:
            return -np.inf
    value = 0.0
    for i in range(len(power)):
        heard = box.noise[i] + inner(box.cross, i, power)
        rate = np.log1p(box.direct[i] * power[i] / heard)
        if box.weight[i] > 0.0:
            value += box.weight[i] * (np.log(rate) if box.fair else rate)
    return value


@njit(cache=True, error_model="numpy")
def propagate(low, high, box):  # pragma: no cover
    """Cut ranges by each linear constraint; whether the box may hold a point."""
    for c in range(len(box.allowed)):
        least, size = 0.0, abs(box.allowed[c])
        for j in range(len(low)):
            factor = box.rows[c, j]
            least += factor * (low[j] if factor > 0.0 else high[j])
            size += abs(factor) * high[j]
        spare = box.allowed[c] + WIDE * size - least
        if spare < 0.0:
            return False
        for j in range(len(low)):
            factor = box.rows[c, j]
            if factor > 0.0:
                high[j] = min(high[j], low[j] + spare / factor)
            elif factor < 0.0:
                low[j] = max(low[j], high[j] + spare / factor)
    return True


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def shrink(low, high, box):  # pragma: no cover
    """Fix powers where the objective is monotone; whether the box may hold a point."""
    links = len(low)
    if not propagate(low, high, box):
        return False
    if box.fair:
        return True
    quiet, loud = np.empty(links), np.empty(links)
    for i in range(links):
        quiet[i] = box.noise[i] + inner(box.cross, i, low)
        loud[i] = box.noise[i] + inner(box.cross, i, high)
    # each link suffers from others at least and at most this much per interference
    least, most = np.empty(links), np.empty(links)
    for i in range(links):
        signal = box.direct[i] * low[i]
        least[i] = box.weight[i] * signal / (loud[i] * (loud[i] + signal))
        signal = box.direct[i] * high[i]
        most[i] = box.weight[i] * signal / (quiet[i] * (quiet[i] + signal))
    for j in range(links):
        if low[j] == high[j]:
            continue
        own = box.weight[j] * box.direct[j]
        harm = inner(box.sent, j, least) - box.direct[j] * least[j]
        gain = own / (quiet[j] + box.direct[j] * low[j])
        if gain <= harm * (1.0 - 1e-12) and not is_held(j, -1.0, box):
            high[j] = low[j]
            continue
        harm = inner(box.sent, j, most) - box.direct[j] * most[j]
        gain = own / (loud[j] + box.direct[j] * high[j])
        if gain >= harm * (1.0 + 1e-12) and not is_held(j, 1.0, box):
            low[j] = high[j]
    return True


@njit(cache=True, error_model="numpy")
def is_held(j, sign, box):  # pragma: no cover
    """Whether a linear constraint may forbid to move power ``j`` by ``sign``."""
    held = False
    for c in range(len(box.allowed)):
        held = held or box.rows[c, j] * sign > 0.0
    return held


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def bound_of(low, high, target, point, box):  # pragma: no cover
    """Upper bound over a box, and why it is loose; cuts the box.

    With it come what each link's secant adds to it, and what it adds in each power that
    ``point`` is not the best point of the relaxation, each (L,).

    ``point`` (L,) starts and ends the search for the best point of the relaxation.
    Points of the box that cannot exceed ``target`` are cut off.
    """
    links = len(low)
    quiet, slope, whole = np.empty(links), np.empty(links), np.empty(links)
    pull, rates, rise = np.empty(links), np.empty(links), np.empty(links)
    mixed = 0.0
    for j in range(links):
        point[j] = min(max(point[j], low[j]), high[j])
    for i in range(links):
        quiet[i] = box.noise[i] + inner(box.cross, i, low)
        loud = box.noise[i] + inner(box.cross, i, high)
        slope[i] = -1.0 / quiet[i]
        if loud > quiet[i] * (1.0 + 1e-12):
            slope[i] = -np.log(loud / quiet[i]) / (loud - quiet[i])
        rate = np.log1p(box.direct[i] * high[i] / quiet[i])
        if box.weight[i] > 0.0:
            mixed += box.weight[i] * (np.log(rate) if box.fair else rate)
        heard = box.noise[i] + inner(box.cross, i, point)
        whole[i] = heard + box.direct[i] * point[i]
    inverse = 1.0 / whole
    for _ in range(SWEEPS):
        weigh(pull, rates, point, whole, quiet, slope, box)
        tilt = pull * slope
        for j in range(links):
            if low[j] == high[j]:
                continue
            first, second = -box.direct[j] * tilt[j], 0.0
            for i in range(links):
                part = box.sent[j, i] * inverse[i]
                first += pull[i] * part + box.sent[j, i] * tilt[i]
                second += pull[i] * part * part
            if second <= 0.0:
                goal = high[j] if first > 0.0 else low[j]
            else:
                goal = min(max(point[j] + first / second, low[j]), high[j])
            if goal != point[j]:
                for i in range(links):
                    whole[i] += box.sent[j, i] * (goal - point[j])
                    inverse[i] = 1.0 / whole[i]
                point[j] = goal
    weigh(pull, rates, point, whole, quiet, slope, box)
    concave, errors, loose = 0.0, np.zeros(links), np.empty(links)
    for i in range(links):
        if box.weight[i] > 0.0:
            rate = np.log(rates[i]) if box.fair else rates[i]
            concave += box.weight[i] * rate
            heard = whole[i] - box.direct[i] * point[i]
            secant = slope[i] * (heard - quiet[i])
            errors[i] = pull[i] * (np.log(heard / quiet[i]) + secant)
    tilt = pull * (inverse + slope)
    for j in range(links):
        rise[j] = inner(box.sent, j, tilt) - box.direct[j] * pull[j] * slope[j]
        end = high[j] if rise[j] > 0.0 else low[j]
        loose[j] = rise[j] * (end - point[j])
        concave += loose[j]
    concave -= priced(low, high, point, rise, box)
    if concave > target and target > -np.inf and len(box.allowed) == 0:
        spare = (concave - target) * (1.0 + 1e-9)
        for j in range(links):
            if rise[j] > 0.0:
                low[j] = max(low[j], high[j] - spare / rise[j])
            elif rise[j] < 0.0:
                high[j] = min(high[j], low[j] - spare / rise[j])
    return min(mixed, concave), errors, loose


@njit(cache=True, error_model="numpy")
def priced(low, high, point, rise, box):  # pragma: no cover
    """What a price on the best linear constraint takes off the linear bound.

    ``rise (p - point)`` over the box has its maximum at an end of each range. With a
    price on a row, any price >= 0 gives a bound; the best is where a power turns.
    """
    links = len(low)
    plain = 0.0
    for j in range(links):
        plain += rise[j] * ((high[j] if rise[j] > 0.0 else low[j]) - point[j])
    saved = 0.0
    for c in range(len(box.allowed)):
        used, there, size = 0.0, 0.0, abs(box.allowed[c])
        for j in range(links):
            used += box.rows[c, j] * (high[j] if rise[j] > 0.0 else low[j])
            there += box.rows[c, j] * point[j]
            size += abs(box.rows[c, j]) * high[j]
        spare = box.allowed[c] + WIDE * size
        if used <= spare:
            continue
        for k in range(links):
            if box.rows[c, k] == 0.0 or rise[k] / box.rows[c, k] <= 0.0:
                continue
            price = rise[k] / box.rows[c, k]
            worth = price * (spare - there)
            for j in range(links):
                slope = rise[j] - price * box.rows[c, j]
                worth += slope * ((high[j] if slope > 0.0 else low[j]) - point[j])
            saved = max(saved, plain - worth)
    return saved


@njit(cache=True, error_model="numpy")
def weigh(pull, rates, point, whole, quiet, slope, box):  # pragma: no cover
    """Relaxed rates at ``point``, and the objective's derivatives by them.

    The secant stands for the logarithm of the interference.
    """
    for i in range(len(point)):
        heard = whole[i] - box.direct[i] * point[i]
        rate = np.log(whole[i] / quiet[i]) + slope[i] * (heard - quiet[i])
        rates[i] = max(rate, 1e-300)
        pull[i] = box.weight[i] / rates[i] if box.fair else box.weight[i]


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def split(low, high, errors, loose, box):  # pragma: no cover
    """Power to split and where.

    The error of each link's secant is shared among the powers by their part in the
    range of its interference. The power with the most is split where the logarithm of
    the interference at the link that gave it most is halved. Where the relaxation's
    best point was missed by more, the power that missed most is halved.
    """
    links = len(low)
    quiet, spread = np.empty(links), np.empty(links)
    for i in range(links):
        quiet[i] = box.noise[i] + inner(box.cross, i, low)
        spread[i] = inner(box.cross, i, high) - inner(box.cross, i, low)
    best, power, link = 0.0, -1, -1
    for j in range(links):
        score, most, giver = 0.0, 0.0, -1
        for i in range(links):
            if spread[i] > 0.0:
                part = errors[i] * box.cross[i, j] * (high[j] - low[j]) / spread[i]
                score += part
                if part > most:
                    most, giver = part, i
        if score > best:
            best, power, link = score, j, giver
    missed = int(np.argmax(loose))
    if loose[missed] > best and high[missed] > low[missed]:
        return missed, 0.5 * (low[missed] + high[missed])
    if power < 0:  # no secant errs: the widest range at all
        power = int(np.argmax(high - low))
        return power, 0.5 * (low[power] + high[power])
    width = box.cross[link, power] * (high[power] - low[power])
    step = (np.sqrt(quiet[link] * (quiet[link] + width)) - quiet[link]) / width
    step = min(max(step, EDGE), 1.0 - EDGE)
    return power, low[power] + step * (high[power] - low[power])
