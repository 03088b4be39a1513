"""Bounds on rates and their ratio to power over boxes of powers.

A box is a range ``low`` to ``high`` (L,) of powers, in canonical units and nat. The
objective is the weighted sum of rates, of their logarithms, or the former divided by
the consumed power.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

SWEEPS = 2  # of coordinate Newton steps towards the best point of a relaxation
WIDE = 1e-9  # of a row's size, by which it may be exceeded before it rules a box out
STRICT = 5e-10  # of a row's size, which a point must keep off it
EDGE = 0.4  # share of a range that a split leaves at least on each side
# sums may be reordered to vectorize; NaN and infinities keep their meaning
REASSOCIATE = {"reassoc", "contract", "nsz"}


class Rates(NamedTuple):
    """Canonical power control problem as arrays."""

    cross: np.ndarray  # (L, L) gain with zeros for the own ones
    sent: np.ndarray  # (L, L) gain by sender, zeros for the own ones
    direct: np.ndarray  # (L,)
    noise: np.ndarray  # (L,)
    weight: np.ndarray  # (L,)
    limit: np.ndarray  # (L,) of each power
    rows: np.ndarray  # (C, L) of linear constraints: rows p <= allowed
    allowed: np.ndarray  # (C,)
    fair: bool  # sum of logarithms of rates
    ratio: bool  # sum of rates by consumed power
    fixed: float  # consumed besides transmission
    per_watt: float  # consumed by power sent


class Scratch(NamedTuple):
    """Arrays (L,) that a bound works with; ``errors`` and ``loose`` are results."""

    quiet: np.ndarray  # least noise and interference of each link in the box
    loud: np.ndarray  # most
    heard: np.ndarray  # noise and interference of each link at the point
    slope: np.ndarray  # of the secant of minus the logarithm between them
    whole: np.ndarray  # with the signal
    inverse: np.ndarray
    rates: np.ndarray
    pull: np.ndarray  # derivative of the objective by each rate
    tilt: np.ndarray
    errors: np.ndarray  # what each link's secant adds to the bound
    loose: np.ndarray  # what each power adds as the point is not the best


def scratch_of(links: int) -> Scratch:
    """Scratch for problems of ``links`` links."""
    return Scratch(*np.zeros((len(Scratch._fields), links)))


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy", inline="always")
def inner(rows, row, values):  # pragma: no cover
    """Sum of products of one row with ``values``."""
    total = 0.0
    for i in range(len(values)):
        total += rows[row, i] * values[i]
    return total


@njit(cache=True, error_model="numpy")
def allows(power, box):  # pragma: no cover
    """Whether ``power`` (L,) keeps strictly off every linear constraint."""
    for c in range(len(box.allowed)):
        used, size = 0.0, abs(box.allowed[c])
        for j in range(len(power)):
            used += box.rows[c, j] * power[j]
            size += abs(box.rows[c, j] * power[j])
        if used > box.allowed[c] - STRICT * size:
            return False
    return True


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
def shrink(low, high, target, upper, box, scratch):  # pragma: no cover
    """Fix powers where the objective is monotone; whether the box may hold a point.

    ``upper`` bounds the objective over the box; points up to ``target`` may be lost.
    """
    links = len(low)
    if not propagate(low, high, box):
        return False
    quiet, loud = scratch.quiet, scratch.loud
    if box.fair:
        return True
    for i in range(links):
        quiet[i] = box.noise[i] + inner(box.cross, i, low)
        loud[i] = box.noise[i] + inner(box.cross, i, high)
    # each link suffers from others at least and at most this much per interference
    least, most = scratch.pull, scratch.tilt
    for i in range(links):
        signal = box.direct[i] * low[i]
        least[i] = box.weight[i] * signal / (loud[i] * (loud[i] + signal))
        signal = box.direct[i] * high[i]
        most[i] = box.weight[i] * signal / (quiet[i] * (quiet[i] + signal))
    cheap = box.per_watt * max(target, 0.0) if box.ratio else 0.0
    dear = box.per_watt * upper if box.ratio else 0.0
    for j in range(links):
        if low[j] == high[j]:
            continue
        own = box.weight[j] * box.direct[j]
        harm = inner(box.sent, j, least) + cheap
        gain = own / (quiet[j] + box.direct[j] * low[j])
        if gain <= harm * (1.0 - 1e-12) and not is_held(j, -1.0, box):
            high[j] = low[j]
            continue
        harm = inner(box.sent, j, most) + dear
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
def bound_of(low, high, target, point, box, scratch):  # pragma: no cover
    """Upper bound over a box, and the objective at a point of it; cuts the box.

    ``point`` (L,) starts and ends the search for the best point of the relaxation,
    whose objective is -inf where a constraint is violated. Points of the box that
    cannot exceed ``target`` are cut off.
    """
    links = len(low)
    quiet, loud, slope = scratch.quiet, scratch.loud, scratch.slope
    whole, inverse, pull = scratch.whole, scratch.inverse, scratch.pull
    rates, tilt = scratch.rates, scratch.tilt
    errors, rise = scratch.errors, scratch.loose
    level = max(target, 0.0) if box.ratio else 0.0  # of the ratio, to be exceeded
    price = level * box.per_watt
    for j in range(links):
        point[j] = min(max(point[j], low[j]), high[j])
    for i in range(links):
        quiet[i] = box.noise[i] + inner(box.cross, i, low)
        loud[i] = box.noise[i] + inner(box.cross, i, high)
        whole[i] = box.noise[i] + inner(box.cross, i, point)
        whole[i] += box.direct[i] * point[i]
        slope[i] = -1.0 / quiet[i]
        if loud[i] > quiet[i] * (1.0 + 1e-12):
            slope[i] = -np.log(loud[i] / quiet[i]) / (loud[i] - quiet[i])
        pull[i] = box.weight[i]
    for _ in range(SWEEPS):
        if box.fair:
            relaxed(point, box, scratch)
        for i in range(links):
            inverse[i] = 1.0 / whole[i]
            tilt[i] = pull[i] * slope[i]
        for j in range(links):
            if low[j] == high[j]:
                continue
            part = box.direct[j] * inverse[j]
            first = pull[j] * part - price
            second = first * part + price * part
            for i in range(links):
                part = box.sent[j, i] * inverse[i]
                first += pull[i] * part + box.sent[j, i] * tilt[i]
                second += pull[i] * part * part
            if second <= 0.0:
                goal = high[j] if first > 0.0 else low[j]
            else:
                goal = min(max(point[j] + first / second, low[j]), high[j])
            if goal != point[j]:
                step = goal - point[j]
                for i in range(links):
                    whole[i] += box.sent[j, i] * step
                whole[j] += box.direct[j] * step
                for i in range(links):
                    inverse[i] = 1.0 / whole[i]
                point[j] = goal
    # relaxed and true objective at the point
    relaxed(point, box, scratch)
    concave, value, sent, least_sent = 0.0, 0.0, 0.0, 0.0
    for i in range(links):
        sent += point[i]
        least_sent += low[i]
        if box.weight[i] > 0.0:
            heard = scratch.heard[i]
            missed = np.log(heard / quiet[i]) + slope[i] * (heard - quiet[i])
            errors[i] = pull[i] * missed
            rate = max(rates[i] - missed, 0.0)
            concave += box.weight[i] * (np.log(rates[i]) if box.fair else rates[i])
            value += box.weight[i] * (np.log(rate) if box.fair else rate)
        tilt[i] = pull[i] * (1.0 / whole[i] + slope[i])
    least = 1.0  # power consumed
    if box.ratio:
        concave -= level * (box.fixed + box.per_watt * sent)
        value /= box.fixed + box.per_watt * sent
        least = box.fixed + box.per_watt * least_sent
    if len(box.allowed) > 0 and not allows(point, box):
        value = -np.inf
    # the linearization at the point bounds the concave relaxation
    for j in range(links):
        own = pull[j] * box.direct[j] / whole[j]
        rise[j] = inner(box.sent, j, tilt) + own - price
        end = high[j] if rise[j] > 0.0 else low[j]
        concave += rise[j] * (end - point[j])
    to_beat = 0.0 if box.ratio else target
    spare = (concave - to_beat) * (1.0 + 1e-9)
    if len(box.allowed) > 0:
        concave -= priced(low, high, point, rise, box)
    bound = level + max(concave, 0.0) / least if box.ratio else concave
    if bound > target:
        bound = min(bound, monotonic(low, high, least, box, scratch))
    for j in range(links):
        slant = rise[j]
        rise[j] *= (high[j] if slant > 0.0 else low[j]) - point[j]
        if target > -np.inf and spare > 0.0 and low[j] < high[j]:
            if slant > 0.0:
                low[j] = max(low[j], high[j] - spare / slant)
            elif slant < 0.0:
                high[j] = min(high[j], low[j] - spare / slant)
    return bound, value


@njit(cache=True, error_model="numpy")
def monotonic(low, high, least, box, scratch):  # pragma: no cover
    """Bound by each link at its highest power and the least interference."""
    total = 0.0
    for i in range(len(high)):
        if box.weight[i] > 0.0:
            rate = np.log1p(box.direct[i] * high[i] / scratch.quiet[i])
            total += box.weight[i] * (np.log(rate) if box.fair else rate)
    return total / least


@njit(cache=True, error_model="numpy")
def relaxed(point, box, scratch):  # pragma: no cover
    """Relaxed rates at ``point``, what is heard, and derivatives by the rates.

    The secant stands for the logarithm of the interference.
    """
    for i in range(len(point)):
        quiet, heard = scratch.quiet[i], box.noise[i] + inner(box.cross, i, point)
        scratch.heard[i] = heard
        scratch.whole[i] = heard + box.direct[i] * point[i]
        rate = np.log(scratch.whole[i] / quiet) + scratch.slope[i] * (heard - quiet)
        scratch.rates[i] = max(rate, 1e-300)
        if box.fair:
            scratch.pull[i] = box.weight[i] / scratch.rates[i]


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


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def split(low, high, box, scratch):  # pragma: no cover
    """Power to split and where.

    The error of each link's secant is shared among the powers by their part in the
    range of its interference. The power with the most is split where the logarithm of
    the interference at the link that gave it most is halved. Where the relaxation's
    best point was missed by more, the power that missed most is halved.
    """
    links = len(low)
    quiet, loud, scale = scratch.quiet, scratch.loud, scratch.tilt
    errors, loose = scratch.errors, scratch.loose
    for i in range(links):
        spread = loud[i] - quiet[i]
        scale[i] = errors[i] / spread if spread > 0.0 else 0.0
    best, power = 0.0, -1
    for j in range(links):
        score = inner(box.sent, j, scale) * (high[j] - low[j])
        if score > best:
            best, power = score, j
    missed = int(np.argmax(loose))
    if loose[missed] > best and high[missed] > low[missed]:
        return missed, 0.5 * (low[missed] + high[missed])
    if power < 0:  # no secant errs: the widest range at all
        power = int(np.argmax(high - low))
        return power, 0.5 * (low[power] + high[power])
    link = int(np.argmax(box.sent[power] * scale))
    width = box.cross[link, power] * (high[power] - low[power])
    begin = box.noise[link] + inner(box.cross, link, low)
    step = (np.sqrt(begin * (begin + width)) - begin) / width
    step = min(max(step, EDGE), 1.0 - EDGE)
    return power, low[power] + step * (high[power] - low[power])
