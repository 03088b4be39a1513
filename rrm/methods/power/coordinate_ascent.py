"""One power at a time over its feasible interval, with every constraint."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.registry import method

LOGARITHMS_PER_CHUNK = 20_000  # about 0.2 ms between looks at the clock
DECADES = 11  # points of one line search from the upper end, each a quarter of the last
SECTIONS = 14  # golden sections between the best two neighbours
POINTS = DECADES + SECTIONS + 4  # evaluations of one line search
FACTORS = 16  # of a product of changes of power, below 1e18 each, without overflow
STEEPNESS = 12.0  # of the power mean that stands for the least rate
GOLDEN = 0.618033988749895
ROUNDING = 5e-10  # relative, kept from the ends of an interval: data are rounded
SWEEPS = 60  # of one start
STARTS = 6  # after the incumbent
CONVERGED = 1e-9  # relative gain of the objective in a sweep
OBJECTIVES = {
    "sum_rate": 0,
    "proportional_fair": 1,
    "energy_efficiency": 2,
    "min_power": 3,
    "max_min_rate": 4,
}


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective in ("min_power", "max_min_rate") and len(problem.shape) == 1:
        return f"leaves {problem.objective} on a single block to exact methods"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=30)
def coordinate_ascent(problem: PowerControl, incumbent: Incumbent) -> None:
    """Maximize over one power at a time, over its whole feasible interval [1]_.

    With all other powers fixed, every constraint leaves an interval: limits and
    protected receivers cap it, the own floor lifts it, floors of others cap it. The
    objective is searched over the whole interval, as it may have several maxima there.
    It needs a feasible start. Complexity: a pass over all powers takes O(L^2 N).

    References
    ----------
    .. [1] A. Gjendemsjø, D. Gesbert, G. E. Øien, S. G. Kiani, "Binary power control for
       sum rate maximization over multiple interfering links", IEEE TWC 7(8), 2008.
       https://doi.org/10.1109/TWC.2008.070227
    """
    best = incumbent.allocation or problem.trivial()
    if best is None:
        return
    scaled = problem.scaled()
    model = model_of(scaled)
    start = snapped(best.power / scaled.units["W"]).reshape(model.noise.shape)

    def offer(power: np.ndarray) -> None:
        incumbent.offer(scaled.restored(Power(power.reshape(scaled.shape))))

    rng = np.random.default_rng(incumbent.seed)
    for attempt in range(STARTS + 1):
        power = start.copy()
        if attempt > 0:
            levels = rng.uniform(0.0, 1.0, power.size)
            search(state_of(power, model), model, 0, power.size, levels)
        climb(power, model, incumbent, offer)
        if incumbent.expired(0):
            return


def climb(
    power: np.ndarray,
    model: "Model",
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None],
) -> None:
    """Sweep over ``power`` (L, N) until converged or expired, offering each result."""
    nowhere = np.empty(0)
    count = max(1, LOGARITHMS_PER_CHUNK // (POINTS * len(power)))
    before = value = -np.inf
    for _ in range(SWEEPS):
        state = state_of(power, model)
        for first in range(0, power.size, count):
            last = min(first + count, power.size)
            value = search(state, model, first, last, nowhere)
            if incumbent.expired():
                break
        offer(power)
        if value - before <= CONVERGED * abs(value) or incumbent.expired(0):
            return
        before = value


class Model(NamedTuple):
    """Canonical problem as contiguous arrays, with N = 1 for a single block."""

    sent: np.ndarray  # [sender, block, receiver] gain
    noise: np.ndarray  # (L, N)
    heard: np.ndarray  # (M, L, N) gain to the protected receivers
    allowed: np.ndarray  # (M, 1) over all blocks, or (M, N)
    transmitter: np.ndarray  # (L,)
    p_max: np.ndarray  # (L,)
    mask: np.ndarray  # (L, N)
    floor: np.ndarray  # (L,) nat per bandwidth
    floored: np.ndarray  # links that have a floor
    own: np.ndarray  # (L, N) gain of each link's own signal
    weight: np.ndarray  # (L,)
    common: float  # weight of all links that count, 0 if they differ
    objective: int
    fixed: float
    efficiency: float


class State(NamedTuple):
    """A power and what follows from it, kept up to date entry by entry."""

    power: np.ndarray  # (L, N)
    interference: np.ndarray  # (L, N), with noise
    rate: np.ndarray  # (L,) nat per bandwidth
    total: np.ndarray  # (L,) of each transmitter
    received: np.ndarray  # (M, N)
    spent: np.ndarray  # (1,) sum of all powers
    summed: np.ndarray  # (1,) sum of the rates of links that count
    lit: np.ndarray  # (N, L) links that send on each block: the first ``active``
    place: np.ndarray  # (L, N) of each in there
    active: np.ndarray  # (N,)


def model_of(scaled: PowerControl) -> Model:
    """Arrays of a scaled problem as the kernels take them."""
    counted = scaled.weight[scaled.weight > 0]
    links = len(scaled.p_max)
    blocks = scaled.shape[1] if len(scaled.shape) == 2 else 1
    gain = _on_blocks(scaled.gain, blocks)
    sent = snapped(np.ascontiguousarray(gain.transpose(1, 2, 0)))
    heard, allowed = scaled.protected_gain, scaled.protected_limit
    per_link = np.empty((2 * blocks + 2, links))  # together: each call takes time
    per_link[0] = scaled.p_max
    per_link[1] = scaled.min_rate * np.log(2.0)
    per_link[2 : 2 + blocks] = scaled.noise.T
    per_link[2 + blocks :] = np.minimum(scaled.p_mask.T, scaled.p_max)
    p_max, floor, *others = snapped(per_link)
    return Model(
        sent=sent,
        noise=np.stack(others[:blocks], axis=1),
        heard=snapped(np.ascontiguousarray(_on_blocks(heard, blocks))),
        allowed=snapped(allowed if allowed.ndim == 2 else allowed[:, None]),
        transmitter=scaled.transmitter.copy(),
        p_max=p_max,
        mask=np.stack(others[blocks:], axis=1),
        floor=floor,
        floored=scaled.min_rate.nonzero()[0],
        own=np.einsum("ini->in", sent).copy(),
        weight=scaled.weight.copy(),
        common=float(counted[0]) if counted.size and np.ptp(counted) == 0 else 0.0,
        objective=OBJECTIVES[scaled.objective],
        fixed=float(snapped(np.array(scaled.circuit_power))),
        efficiency=scaled.amplifier_efficiency,
    )


def _on_blocks(gain: np.ndarray, blocks: int) -> np.ndarray:
    """Gains of two axes, or three, with one for ``blocks`` at the end."""
    if gain.ndim == 3:
        return gain
    wide = gain[:, :, None]
    return wide if blocks == 1 else np.broadcast_to(wide, (*gain.shape, blocks))


@njit(cache=True, error_model="numpy")
def state_of(power, model):  # pragma: no cover
    """State of a power (L, N), which it holds and changes."""
    links, blocks = power.shape
    interference = model.noise.copy()
    total = np.zeros(links)
    received = np.zeros((len(model.heard), blocks))
    for j in range(links):
        for n in range(blocks):
            if power[j, n] == 0.0:
                continue
            total[model.transmitter[j]] += power[j, n]
            for i in range(links):
                if i != j:
                    interference[i, n] += model.sent[j, n, i] * power[j, n]
            for m in range(len(model.heard)):
                received[m, n] += model.heard[m, j, n] * power[j, n]
    rate = np.zeros(links)
    for i in range(links):
        for n in range(blocks):
            if power[i, n] > 0.0:
                signal = model.own[i, n] * power[i, n]
                rate[i] += np.log1p(signal / interference[i, n])
    lit, place = (
        np.zeros((blocks, links), np.int64),
        np.zeros((links, blocks), np.int64),
    )
    count = np.zeros(blocks, np.int64)
    for n in range(blocks):
        for i in range(links):
            if power[i, n] > 0.0:
                lit[n, count[n]], place[i, n] = i, count[n]
                count[n] += 1
    spent, summed = np.full(1, power.sum()), np.zeros(1)
    for i in range(links):
        summed[0] += rate[i] if model.weight[i] > 0.0 else 0.0
    return State(
        power, interference, rate, total, received, spent, summed, lit, place, count
    )


@njit(cache=True, error_model="numpy")
def interval(i, n, state, model):  # pragma: no cover
    """Range of ``power[i, n]`` that keeps every constraint, others fixed."""
    now = state.power[i, n]
    spare = model.p_max[i] - state.total[model.transmitter[i]]
    high = min(model.mask[i, n], now + spare)
    per_block = model.allowed.shape[1] > 1
    for m in range(len(model.heard)):
        if model.heard[m, i, n] > 0.0:
            if per_block:
                spare = model.allowed[m, n] - state.received[m, n]
            else:
                spare = model.allowed[m, 0] - state.received[m].sum()
            high = min(high, now + spare / model.heard[m, i, n])
    low = 0.0
    for k in model.floored:
        if k != i and model.sent[i, n, k] <= 0.0:
            continue
        signal = model.own[k, n] * state.power[k, n]
        here = np.log1p(signal / state.interference[k, n])
        need = np.expm1(model.floor[k] - (state.rate[k] - here))  # SINR on this block
        if need <= 0.0:
            continue
        if k == i:
            low = need * state.interference[i, n] / model.sent[i, n, i]
        else:
            spare = signal / need - state.interference[k, n]
            high = min(high, now + spare / model.sent[i, n, k])
    return low * (1.0 + ROUNDING), max(high * (1.0 - ROUNDING), 0.0)


@njit(cache=True, error_model="numpy")
def objective_at(x, i, n, state, model):  # pragma: no cover
    """Objective if ``power[i, n]`` were ``x``."""
    change = x - state.power[i, n]
    if model.objective == 3:
        return -(state.spent[0] + change)
    value = 0.0
    if model.common > 0.0 and (model.objective == 0 or model.objective == 2):
        value = model.common * total_at(x, i, n, state, model)
        if model.objective == 0:
            return value
        consumed = model.fixed + (state.spent[0] + change) / model.efficiency
        return value / consumed if consumed > 0.0 else 0.0
    for k in range(len(model.weight)):
        if model.weight[k] > 0.0:
            rate = state.rate[k] + rate_change(k, x, i, n, state, model)
            if model.objective == 1:
                value += model.weight[k] * np.log(max(rate, 0.0))
            elif model.objective == 4:
                value -= (model.weight[k] / max(rate, 0.0)) ** STEEPNESS
            else:
                value += model.weight[k] * rate
    if model.objective == 2:
        consumed = model.fixed + (state.spent[0] + change) / model.efficiency
        return value / consumed if consumed > 0.0 else 0.0
    return value


@njit(cache=True, error_model="numpy")
def total_at(x, i, n, state, model):  # pragma: no cover
    """Sum of the rates in nat of links that count if ``power[i, n]`` were ``x``.

    One logarithm of a product takes the place of several.
    """
    total, ratio, factors = state.summed[0], 1.0, 0
    now, before = state.power[i, n], state.interference[i, n]
    if model.weight[i] > 0.0:
        ratio = (before + model.own[i, n] * x) / (before + model.own[i, n] * now)
    for e in range(state.active[n]):
        k = state.lit[n, e]
        if k == i or model.weight[k] == 0.0:
            continue
        before, signal = state.interference[k, n], model.own[k, n] * state.power[k, n]
        after = before + model.sent[i, n, k] * (x - now)
        ratio *= (after + signal) * before / (after * (before + signal))
        factors += 1
        if factors == FACTORS:
            total += np.log(ratio)
            ratio, factors = 1.0, 0
    return total + np.log(ratio)


@njit(cache=True, error_model="numpy")
def rate_change(k, x, i, n, state, model):  # pragma: no cover
    """Change of link ``k``'s rate in nat if ``power[i, n]`` were ``x``."""
    if k != i and state.power[k, n] == 0.0:
        return 0.0
    heard = state.interference[k, n]
    signal = model.sent[k, n, k] * state.power[k, n]
    before = signal / heard
    if k == i:
        after = model.sent[i, n, i] * x / heard
    else:
        after = signal / (heard + model.sent[i, n, k] * (x - state.power[i, n]))
    return np.log1p((after - before) / (1.0 + before))


@njit(cache=True, error_model="numpy")
def search(state, model, first, last, levels):  # pragma: no cover
    """Improve entries ``first`` to ``last``, or move to ``levels`` of their intervals.

    Returns the objective.
    """
    value = -np.inf
    for entry in range(first, last):
        i, n = entry // state.power.shape[1], entry % state.power.shape[1]
        low, high = interval(i, n, state, model)
        value = objective_at(state.power[i, n], i, n, state, model)
        if high <= low:
            continue
        if levels.size:
            move(low + levels[entry] * (high - low), i, n, state, model)
        else:
            best, found = line_search(low, high, value, i, n, state, model)
            if found > value:
                value = found
                move(best, i, n, state, model)
    return value


@njit(cache=True, error_model="numpy")
def line_search(low, high, value, i, n, state, model):  # pragma: no cover
    """Best of points spread over ``low`` to ``high``, refined by golden sections."""
    now = state.power[i, n]
    width = high - low
    best, found = now, value
    left, right = max(low, 0.5 * now), min(high, 2.0 * now)
    for point in range(DECADES + 1):
        x = low if point == DECADES else low + width * 4.0**-point
        y = objective_at(x, i, n, state, model)
        if y > found:
            best, found = x, y
            left = low if point >= DECADES - 1 else low + width * 4.0 ** -(point + 1)
            right = min(high, low + width * 4.0 ** (1 - point))
    a, b = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    at_a = objective_at(a, i, n, state, model)
    at_b = objective_at(b, i, n, state, model)
    for _ in range(SECTIONS):
        if at_a >= at_b:
            right, b, at_b = b, a, at_a
            a = right - GOLDEN * (right - left)
            at_a = objective_at(a, i, n, state, model)
        else:
            left, a, at_a = a, b, at_b
            b = left + GOLDEN * (right - left)
            at_b = objective_at(b, i, n, state, model)
    if at_a > found:
        best, found = a, at_a
    if at_b > found:
        best, found = b, at_b
    return best, found


@njit(cache=True, error_model="numpy")
def move(x, i, n, state, model):  # pragma: no cover
    """Set ``power[i, n]`` to ``x`` and update what follows."""
    now = state.power[i, n]
    change = x - now
    for e in range(state.active[n] + 1):
        k = state.lit[n, e] if e < state.active[n] else i
        if k == i and e < state.active[n]:
            continue
        more = rate_change(k, x, i, n, state, model)
        state.rate[k] += more
        state.summed[0] += more if model.weight[k] > 0.0 else 0.0
    for k in range(len(state.rate)):
        if k != i:
            state.interference[k, n] += model.sent[i, n, k] * change
    for m in range(len(model.heard)):
        state.received[m, n] += model.heard[m, i, n] * change
    state.total[model.transmitter[i]] += change
    state.spent[0] += change
    state.power[i, n] = x
    if now == 0.0 and x > 0.0:
        state.lit[n, state.active[n]], state.place[i, n] = i, state.active[n]
        state.active[n] += 1
    elif now > 0.0 and x == 0.0:
        state.active[n] -= 1
        last = state.lit[n, state.active[n]]
        state.lit[n, state.place[i, n]] = last
        state.place[last, n] = state.place[i, n]
