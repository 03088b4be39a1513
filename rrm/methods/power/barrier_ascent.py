"""All powers at once in their logarithms, kept off every limit by a barrier."""

from collections.abc import Callable

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.methods.power.coordinate_ascent import Model, applies, climb, model_of
from rrm.registry import method

OPERATIONS_PER_CHUNK = 60_000  # about 0.1 ms between looks at the clock
OVERHEAD = 4000  # operations of a step besides its evaluations
SECONDS_PER_ENTRY = 6e-9  # of the gain, for one evaluation of the merit
LEAST_EVALUATIONS = 20  # that a call must have time for
STARTS = 4
BARRIERS = tuple(0.1 * 0.2**step for step in range(10))  # weights, falling
MOST_STEPS = 80  # with one weight
MEMORY = 8  # of past steps
CONVERGED = 1e-9  # gain of the merit, whose size is about one, in a chunk
SHIFTS = (0.0, *(sign * size for size in (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0)
                 for sign in (-1.0, 1.0)), 4.0, 5.0, 6.0, 7.0, 8.0)  # fmt: skip
"""Of all powers in logarithms, in search of the inside."""
QUIET = (-9.0, -14.0, -19.0, -28.0)
"""Logarithm of a share of the limit, for links that the start leaves silent."""
SPREAD = 2.0  # of random starts, in logarithms
HALVINGS = 12
STEEPNESS = 12.0  # of the power mean that stands for the least rate


@method(PowerControl, kind="heuristic", applies=applies, rank=25)
def barrier_ascent(problem: PowerControl, incumbent: Incumbent) -> None:
    """Climb in log powers by quasi-Newton steps with a falling log barrier [1]_, [2]_.

    In logarithms of powers all limits are convex, and at high SINR the objectives are
    concave. Started from several points; a pass over single powers finishes.

    Complexity: an evaluation with its gradient takes O(L^2 N).

    References
    ----------
    .. [1] M. Chiang, C. W. Tan, D. P. Palomar, D. O'Neill, D. Julian, "Power control by
       geometric programming", IEEE TWC 6(7), 2007.
       https://doi.org/10.1109/TWC.2007.05960
    .. [2] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., 2006, section
       7.2 (limited-memory BFGS) and chapter 19. https://doi.org/10.1007/978-0-387-40065-5
    """
    best = incumbent.allocation or problem.trivial()
    if best is None:
        return
    scaled = problem.scaled()
    model = model_of(scaled)
    start = snapped(best.power / scaled.units["W"]).reshape(model.noise.shape)
    evaluation = SECONDS_PER_ENTRY * start.size * len(start)
    if incumbent.remaining() < LEAST_EVALUATIONS * evaluation:
        return  # a single line search would overrun

    def offer(power: np.ndarray) -> None:
        incumbent.offer(scaled.restored(Power(power.reshape(scaled.shape))))

    inner = interior(start, model, incumbent)
    if inner is None:
        return
    rng = np.random.default_rng(incumbent.seed)
    for attempt in range(STARTS):
        x = inner.copy()
        if attempt > 0:
            x = some_way(inner, rng.normal(0.0, SPREAD, x.shape), model)
        ascend(x, model, incumbent, offer)
        if incumbent.expired(0):
            return
        climb(np.exp(x), model, incumbent, offer)


def interior(
    start: np.ndarray, model: Model, incumbent: Incumbent
) -> np.ndarray | None:
    """Logarithms of powers (L, N) that keep off every limit, None if none is found.

    More power for all loosens every floor and less every limit: of the multiples of the
    start, the one with the best merit under a strong barrier.
    """
    limit = np.minimum(model.mask, model.p_max[:, None])
    tiny = np.finfo(float).tiny
    begin, silent = np.log(np.maximum(start, tiny)), np.log(np.maximum(limit, tiny))
    slope = np.empty_like(begin)
    for level in QUIET:
        x = np.maximum(begin, silent + level)
        best, found = -np.inf, None
        for shift in SHIFTS:
            value = merit(x + shift, model, 1.0, slope)
            if value > best:
                best, found = value, x + shift
            if incumbent.expired(0):
                break
        if found is not None:
            return found
    return None


def some_way(begin: np.ndarray, way: np.ndarray, model: Model) -> np.ndarray:
    """Go from ``begin`` along ``way``, halved until it is inside all limits."""
    slope = np.empty_like(begin)
    for halving in range(HALVINGS):
        x = begin + way * 0.5**halving
        if np.isfinite(merit(x, model, 1.0, slope)):
            return x
    return begin.copy()


def ascend(
    x: np.ndarray,
    model: Model,
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None],
) -> None:
    """Climb from ``x`` (L, N), changed in place, offering at each barrier weight."""
    steps = max(1, OPERATIONS_PER_CHUNK // (6 * x.size * len(x) + OVERHEAD))
    for barrier in BARRIERS:
        moves = np.zeros((MEMORY, x.size))
        turns = np.zeros((MEMORY, x.size))
        known = np.zeros(1, np.int64)
        before = -np.inf
        for _ in range(0, MOST_STEPS, steps):
            value = quasi_newton(x, model, barrier, steps, moves, turns, known)
            if incumbent.expired():
                offer(np.exp(x))
                return
            if value - before <= CONVERGED:
                break
            before = value
        offer(np.exp(x))


@njit(cache=True, error_model="numpy")
def merit(x, model, barrier, slope):  # pragma: no cover
    """Objective of size one plus barrier at log powers ``x``; writes its gradient.

    -inf outside the limits. Logarithms make every part free of units.
    """
    links, blocks = x.shape
    power = np.exp(x)
    heard = model.noise.copy()
    for j in range(links):
        for n in range(blocks):
            for i in range(links):
                if i != j:
                    heard[i, n] += model.sent[j, n, i] * power[j, n]
    rate = np.zeros(links)
    for i in range(links):
        for n in range(blocks):
            rate[i] += np.log1p(model.sent[i, n, i] * power[i, n] / heard[i, n])
    pull = np.zeros(links)  # derivative by the rate of each link
    push = 0.0  # derivative by the sum of powers
    spent = power.sum()
    value = 0.0
    objective = model.objective
    if objective == 0 or objective == 2:
        total = (model.weight * rate).sum()
        if total <= 0.0:
            return -np.inf
        value = np.log(total)
        pull = model.weight / total
        if objective == 2:
            consumed = model.fixed + spent / model.efficiency
            value -= np.log(consumed)
            push = -1.0 / (consumed * model.efficiency)
    elif objective == 3:
        value = -np.log(spent)
        push = -1.0 / spent
    else:
        weight = model.weight.sum()
        for i in range(links):
            if model.weight[i] > 0.0:
                if rate[i] <= 0.0:
                    return -np.inf
                if objective == 1:
                    value += model.weight[i] * np.log(rate[i]) / weight
                    pull[i] = model.weight[i] / (weight * rate[i])
                else:
                    part = (model.weight[i] / rate[i]) ** STEEPNESS
                    value += part
                    pull[i] = part / rate[i]
        if objective == 4:
            pull /= value
            value = -np.log(value) / STEEPNESS
    for i in range(links):
        if model.floor[i] > 0.0:
            slack = rate[i] - model.floor[i]
            if slack <= 0.0:
                return -np.inf
            value += barrier * np.log(slack / model.floor[i])
            pull[i] += barrier / slack
    total_of = np.zeros(links)
    for i in range(links):
        total_of[model.transmitter[i]] += power[i].sum()
    slope[:] = push
    for i in range(links):
        spare = 1.0 - total_of[model.transmitter[i]] / model.p_max[i]
        if spare <= 0.0:
            return -np.inf
        value += barrier * np.log(spare)
    for i in range(links):
        for k in range(links):
            if model.transmitter[k] == model.transmitter[i]:
                spare = model.p_max[k] - total_of[model.transmitter[k]]
                slope[i] -= barrier / spare
        for n in range(blocks):
            if model.mask[i, n] < np.inf:
                spare = 1.0 - power[i, n] / model.mask[i, n]
                if spare <= 0.0:
                    return -np.inf
                value += barrier * np.log(spare)
                slope[i, n] -= barrier / (model.mask[i, n] * spare)
    per_block = model.allowed.shape[1] > 1
    for m in range(len(model.heard)):
        for column in range(model.allowed.shape[1]):
            received = 0.0
            for n in range(blocks):
                if not per_block or n == column:
                    received += (model.heard[m, :, n] * power[:, n]).sum()
            spare = model.allowed[m, column] - received
            if spare <= 0.0:
                return -np.inf
            value += barrier * np.log(spare / model.allowed[m, column])
            for n in range(blocks):
                if not per_block or n == column:
                    slope[:, n] -= barrier / spare * model.heard[m, :, n]
    for i in range(links):
        for n in range(blocks):
            signal = model.sent[i, n, i] * power[i, n]
            both = heard[i, n] + signal
            slope[i, n] += pull[i] * model.sent[i, n, i] / both
            harm = pull[i] * signal / (heard[i, n] * both)
            for j in range(links):
                if j != i:
                    slope[j, n] -= harm * model.sent[j, n, i]
    slope *= power
    return value


@njit(cache=True, error_model="numpy")
def quasi_newton(x, model, barrier, steps, moves, turns, known):  # pragma: no cover
    """Take ``steps`` of limited-memory BFGS on ``x`` in place; return the merit."""
    size = x.size
    memory = len(moves)
    slope, trial_slope = np.empty_like(x), np.empty_like(x)
    value = merit(x, model, barrier, slope)
    factors = np.empty(memory)
    for _ in range(steps):
        way = slope.copy().ravel()
        stored = min(known[0], memory)
        for back in range(stored):
            k = (known[0] - 1 - back) % memory
            factors[k] = np.dot(moves[k], way) / np.dot(moves[k], turns[k])
            way -= factors[k] * turns[k]
        if stored > 0:
            k = (known[0] - 1) % memory
            way *= np.dot(moves[k], turns[k]) / np.dot(turns[k], turns[k])
        for back in range(stored - 1, -1, -1):
            k = (known[0] - 1 - back) % memory
            again = np.dot(turns[k], way) / np.dot(moves[k], turns[k])
            way += (factors[k] - again) * moves[k]
        climbs = np.dot(way, slope.ravel())
        if climbs <= 0.0:
            way = slope.copy().ravel()
            climbs = np.dot(way, way)
            known[0] = 0
        if climbs <= 1e-24:
            return value
        length = min(1.0, 2.0 / np.abs(way).max())
        for _ in range(30):
            trial = x + length * way.reshape(x.shape)
            found = merit(trial, model, barrier, trial_slope)
            if found >= value + 1e-4 * length * climbs:
                break
            length *= 0.4
        else:
            if known[0] == 0:
                return value
            known[0] = 0
            continue
        k = known[0] % memory
        for e in range(size):
            moves[k, e] = length * way[e]
            turns[k, e] = slope.ravel()[e] - trial_slope.ravel()[e]
        if np.dot(moves[k], turns[k]) > 1e-14 * np.dot(turns[k], turns[k]):
            known[0] += 1
        x[:] = trial
        slope[:] = trial_slope
        value = found
    return value
