"""Bounds on rates and their ratio to power over boxes of powers.

A box is a range ``low`` to ``high`` (L,) of powers, in canonical units and nat. The
objective is the weighted sum of rates, of their logarithms, or the former divided by
the consumed power.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.linear_limits import allows, is_held, priced, propagate

TURNS = 8  # points of a box where its relaxation is linearized, at most
SLOW = 0.1  # of what a bound is above the target: less is no progress
PATIENCE = 2  # turns without progress
STEEP = 0.1  # of the slope where a step begins, that it may fall by at its end
SHORTEST = 0.1  # part of a step that a turn may shorten it to
APART = 1e-9  # part of a range of interference that is not one of its ends
SMALL = 1e-4  # below which the logarithm of one more is a series
TINY = 1e-6  # of a rate's bound: where its logarithm is linearized at the least
HALF = 0.5  # of what a power misses, counts for splitting it
EDGE = 0.25  # share of a range that a split leaves at least on each side
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
    heard: np.ndarray  # at the point
    rates: np.ndarray  # relaxed
    pull: np.ndarray  # derivative of the objective by each rate
    own: np.ndarray  # derivative of the relaxation by each power alone
    tilt: np.ndarray  # by each interference
    # second derivatives: a rate bends along signal + lean * interference alone
    lean: np.ndarray
    sharp: np.ndarray  # by power and signal
    turned: np.ndarray  # by interference and signal
    bend: np.ndarray  # by interference twice
    moved: np.ndarray  # of signal + lean * interference by a sweep
    old: np.ndarray  # point where a step begins
    errors: np.ndarray  # what each link's relaxation adds to the bound
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


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def bound_of(low, high, target, gap, point, box, scratch):  # pragma: no cover
    """Upper bound over a box; cuts off points of it that cannot exceed ``target``.

    ``point`` (L,) starts and ends the search for the best point of the relaxation. A
    bound within ``gap`` of the target is good enough.
    """
    links = len(low)
    rise, old = scratch.loose, scratch.old
    level = max(target, 0.0) if box.ratio else 0.0  # of the ratio, to be exceeded
    price = level * box.per_watt
    to_beat = 0.0 if box.ratio else target
    least = box.fixed if box.ratio else 1.0  # power consumed
    for j in range(links):
        point[j] = min(max(point[j], low[j]), high[j])
        scratch.quiet[j] = box.noise[j] + inner(box.cross, j, low)
        scratch.loud[j] = box.noise[j] + inner(box.cross, j, high)
        least += box.per_watt * low[j] if box.ratio else 0.0
    bound = monotonic(low, high, least, box, scratch)
    spare, begin, since, length = np.inf, 0.0, 0, 0.0
    for turn in range(TURNS):
        # the linearization at the point bounds the concave relaxation
        concave = relaxed(low, high, level, point, box, scratch)
        for j in range(links):
            rise[j] = inner(box.sent, j, scratch.tilt) + scratch.own[j] - price
            end = high[j] if rise[j] > 0.0 else low[j]
            concave += rise[j] * (end - point[j])
        spare = (concave - to_beat) * (1.0 + 1e-9)
        if len(box.allowed) > 0:
            concave -= priced(low, high, point, rise, box)
        found = level + max(concave, 0.0) / least if box.ratio else concave
        since = 0 if found < bound - SLOW * (bound - target) else since + 1
        bound = min(bound, found)
        if bound <= target + gap:
            return bound
        if turn == TURNS - 1 or since == PATIENCE:
            break
        end = 0.0
        for j in range(links):
            end += rise[j] * (point[j] - old[j])
        if length > SHORTEST and end < -STEEP * begin * length:
            # the step went too far: back to where the slope along it would vanish
            part = begin * length / (begin * length - end)
            part = min(max(part, SHORTEST), 1.0 - SHORTEST)
            for j in range(links):
                point[j] = old[j] + part * (point[j] - old[j])
            length *= part
            continue
        old[:] = point
        climb(low, high, price, point, box, scratch)
        begin, length = 0.0, 1.0
        for j in range(links):
            begin += rise[j] * (point[j] - old[j])
    for j in range(links):
        slant = rise[j]
        rise[j] *= (high[j] if slant > 0.0 else low[j]) - point[j]
        if target > -np.inf and spare > 0.0 and low[j] < high[j]:
            if slant > 0.0:
                low[j] = max(low[j], high[j] - spare / slant)
            elif slant < 0.0:
                high[j] = min(high[j], low[j] - spare / slant)
    missed(point, box, scratch)
    return bound


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy", inline="always")
def climb(low, high, price, point, box, scratch):  # pragma: no cover
    """One sweep of coordinate steps on the quadratic model of the relaxation."""
    own, tilt, moved = scratch.own, scratch.tilt, scratch.moved
    sharp, turned, bend = scratch.sharp, scratch.turned, scratch.bend
    links = len(low)
    moved[:] = 0.0
    for j in range(links):
        if low[j] == high[j]:
            continue
        first = own[j] - sharp[j] * moved[j] - price
        second = sharp[j] * box.direct[j]
        for i in range(links):
            part = box.sent[j, i]
            first += part * (tilt[i] - turned[i] * moved[i])
            second += part * part * bend[i]
        if second <= 0.0:
            goal = high[j] if first > 0.0 else low[j]
        else:
            goal = min(max(point[j] + first / second, low[j]), high[j])
        if goal != point[j]:
            step = goal - point[j]
            for i in range(links):
                moved[i] += box.sent[j, i] * scratch.lean[i] * step
            moved[j] += box.direct[j] * step
            point[j] = goal


@njit(cache=True, error_model="numpy")
def monotonic(low, high, least, box, scratch):  # pragma: no cover
    """Bound by each link at its highest power and the least interference."""
    total = 0.0
    for i in range(len(high)):
        if box.weight[i] > 0.0:
            rate = np.log1p(box.direct[i] * high[i] / scratch.quiet[i])
            total += box.weight[i] * (np.log(rate) if box.fair else rate)
    return total / least


@njit(cache=True, error_model="numpy", inline="always")
def log_of_one_and(x):  # pragma: no cover
    """Logarithm of 1 + x, to 1e-12 of itself however small, and from above."""
    return x * (1.0 - x * (0.5 - x / 3.0)) if x < SMALL else np.log(1.0 + x)


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def relaxed(low, high, level, point, box, scratch):  # pragma: no cover
    """Relaxed objective at ``point``, and its derivatives.

    A rate is concave in its signal and convex in the interference. Its concave envelope
    over the box spends a part of the time at each end of the range of interference, and
    shares the signal among them as water-filling does. At any water level and any
    point, the tangent bounds the rate.
    """
    concave, sent = 0.0, 0.0
    for i in range(len(point)):
        sent += point[i]
        scratch.own[i], scratch.tilt[i], scratch.lean[i] = 0.0, 0.0, 0.0
        scratch.sharp[i], scratch.turned[i], scratch.bend[i] = 0.0, 0.0, 0.0
        if box.weight[i] == 0.0:
            continue
        quiet, loud = scratch.quiet[i], scratch.loud[i]
        heard = box.noise[i] + inner(box.cross, i, point)
        scratch.heard[i] = heard
        signal = box.direct[i] * point[i]
        least, most = box.direct[i] * low[i], box.direct[i] * high[i]
        part, width = 1.0, np.inf  # of the time at the quiet end
        if loud - quiet > 1e-12 * loud:
            width = loud - quiet
            part = min(max((loud - heard) / width, 0.0), 1.0)
        water, time, lean, kind = signal + heard, 1.0, 1.0, 0
        even = part * most + (1.0 - part) * least
        if water > most + quiet and signal >= even and part < 1.0 - APART:
            time, kind = 1.0 - part, 1  # all of the quiet end's signal
            water = (signal - part * most) / time + loud
        elif water < least + loud and part > APART:
            time, kind = part, 2  # least of the loud end's signal
            water = (signal - (1.0 - part) * least) / time + quiet
        slope = 1.0 / water
        first = min(max(water - quiet, least), most)
        second = min(max(water - loud, least), most)
        here = log_of_one_and(first / quiet) - first * slope
        there = log_of_one_and(second / loud) - second * slope
        rate = part * here + (1.0 - part) * there + slope * signal
        if kind > 0:
            lean = (most - second if kind == 1 else first - least) / width
        pull = box.weight[i]
        if box.fair:
            base = max(rate, TINY * log_of_one_and(most / quiet), 1e-300)
            concave += pull * (np.log(base) + (rate - base) / base)
            pull /= base
        else:
            concave += pull * rate
        scratch.pull[i], scratch.rates[i] = pull, rate
        scratch.own[i] = pull * slope * box.direct[i]
        scratch.tilt[i] = pull * (there - here) / width
        curve = pull * slope * slope / time
        scratch.lean[i] = lean
        scratch.sharp[i] = curve * box.direct[i]
        scratch.turned[i] = curve * lean
        scratch.bend[i] = curve * lean * lean
    if box.ratio:
        concave -= level * (box.fixed + box.per_watt * sent)
    return concave


@njit(cache=True, error_model="numpy")
def missed(point, box, scratch):  # pragma: no cover
    """What the relaxation of each link adds at ``point``, in ``errors``."""
    for i in range(len(point)):
        scratch.errors[i] = 0.0
        if box.weight[i] > 0.0:
            rate = log_of_one_and(box.direct[i] * point[i] / scratch.heard[i])
            scratch.errors[i] = scratch.pull[i] * max(scratch.rates[i] - rate, 0.0)


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def split(low, high, box, scratch):  # pragma: no cover
    """Power to split and where.

    The error of each link's relaxation is shared among the powers by their part in the
    range of its interference, and half of what the best point was missed by is added.
    The power with the most is split where the logarithm of the interference at the
    link that gave it most is halved, or in halves where the miss alone is more.
    """
    links = len(low)
    quiet, loud, scale = scratch.quiet, scratch.loud, scratch.tilt
    errors, loose = scratch.errors, scratch.loose
    for i in range(links):
        spread = loud[i] - quiet[i]
        scale[i] = errors[i] / spread if spread > 0.0 else 0.0
    best, power = 0.0, -1
    for j in range(links):
        score = inner(box.sent, j, scale) * (high[j] - low[j]) + HALF * loose[j]
        if score > best:
            best, power = score, j
    missed = int(np.argmax(loose))
    if loose[missed] > best and high[missed] > low[missed]:
        return missed, 0.5 * (low[missed] + high[missed])
    if power < 0:  # nothing errs: the widest range at all
        power = int(np.argmax(high - low))
        return power, 0.5 * (low[power] + high[power])
    link = int(np.argmax(box.sent[power] * scale))
    width = box.cross[link, power] * (high[power] - low[power])
    begin = box.noise[link] + inner(box.cross, link, low)
    step = (np.sqrt(begin * (begin + width)) - begin) / width
    step = min(max(step, EDGE), 1.0 - EDGE)
    return power, low[power] + step * (high[power] - low[power])


@njit(cache=True, error_model="numpy")
def objective_of(power, box):  # pragma: no cover
    """Objective at ``power`` (L,); -inf where a limit is broken."""
    if not allows(power, box):
        return -np.inf
    value, sent = 0.0, 0.0
    for i in range(len(power)):
        sent += power[i]
        if box.weight[i] > 0.0:
            heard = box.noise[i] + inner(box.cross, i, power)
            rate = log_of_one_and(box.direct[i] * power[i] / heard)
            value += box.weight[i] * (np.log(rate) if box.fair else rate)
    return value / (box.fixed + box.per_watt * sent) if box.ratio else value
