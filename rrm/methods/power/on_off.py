"""Powers on or off, from many starts, the best of them polished."""

from collections.abc import Callable

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.methods.power.coordinate_ascent import (
    Model,
    climb,
    interval,
    model_of,
    move,
    objective_at,
    state_of,
)
from rrm.registry import method

LOGARITHMS_PER_CHUNK = 60_000  # about 0.2 ms between looks at the clock
STARTS = 20  # of a round
FEW_STARTS = 4  # of the only round where smooth methods do better
ROUNDS = 40
LINKS_PER_ROUND = 8  # so many more links, one more round without a better allocation
POLISHED = 4  # of a round, those with the best values
WORTHY = 0.03  # relative distance from the best of a round that is worth polishing
LEADERS = 6  # links of which one is in the pair that the first start begins with
TRIED = 600  # entries tried with leaders, which limits those of many links
FIRST = 2  # links that it then chooses with most care
HASTY = 1e-3  # s, with less than which one leader must do
GAIN = 1e-9  # relative, of a step worth taking
SWEEPS = 20  # over all powers, of one start


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in ("sum_rate", "energy_efficiency"):
        return f"turns links off, which {problem.objective} forbids"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=14, share=2.0)
def on_off(problem: PowerControl, incumbent: Incumbent) -> None:
    """Switch powers between the ends of their intervals while that helps [1]_, [2]_.

    Each start adds links in another order, then switches single ones and swaps pairs.
    The best are polished one power at a time. Two links are at their best with each
    power at an end of its range, and with more this is rarely far off.

    Complexity: a start takes O(L^2 N) for a round of switches, O(L) for each.

    References
    ----------
    .. [1] A. Gjendemsjø, D. Gesbert, G. E. Øien, S. G. Kiani, "Binary power control for
       sum rate maximization over multiple interfering links", IEEE TWC 7(8), 2008.
       https://doi.org/10.1109/TWC.2008.070227
    .. [2] R. Martí, M. G. C. Resende, C. C. Ribeiro, "Multi-start methods for
       combinatorial optimization", EJOR 226(1), 2013.
       https://doi.org/10.1016/j.ejor.2012.10.012
    """
    known = incumbent.allocation or problem.trivial()
    if known is None:
        return
    scaled = problem.scaled()
    model = model_of(scaled)
    if incumbent.expired(0):
        return
    start = snapped(known.power / scaled.units["W"]).reshape(model.noise.shape)
    if not model.floor.any():
        start = np.zeros_like(start)  # floors need a feasible start

    def offer(power: np.ndarray) -> None:
        incumbent.offer(scaled.restored(Power(power.reshape(scaled.shape))))

    signal = model.own * model.mask / model.noise
    alone = (model.weight[:, None] * np.log1p(signal)).ravel()
    rng = np.random.default_rng(incumbent.seed)
    patience = 1 + alone.size // LINKS_PER_ROUND
    best, since = incumbent.objective, 0
    is_plain = problem.objective == "sum_rate" and not model.floor.any()
    for turn in range(ROUNDS):
        found: list[tuple[float, np.ndarray]] = []
        starts = STARTS if is_plain else FEW_STARTS
        for attempt in range(min(starts, alone.size)):
            score = alone.copy()
            if turn == 0 and attempt > 0:
                first = int(np.argsort(-alone, kind="stable")[attempt % alone.size])
                score[first] = np.inf  # each of the best links leads once
            elif attempt > 0 or turn > 0:
                score *= rng.uniform(0.0, 1.0, score.size)
            power = start.copy()
            order = np.argsort(-score, kind="stable")
            if turn == attempt == 0:
                begin(power, order, model, incumbent)
            first_offer = offer if turn == attempt == 0 else None
            value = switch(power, order, model, incumbent, first_offer)
            if incumbent.expired(0):
                offer(max([*found, (value, power)], key=lambda entry: entry[0])[1])
                return
            found.append((value, power))
        _polish(found, model, incumbent, offer)
        since = since + 1 if incumbent.objective == best else 0
        if since == patience or incumbent.expired(0) or not is_plain:
            return
        best = incumbent.objective


def begin(
    power: np.ndarray, order: np.ndarray, model: Model, incumbent: Incumbent
) -> None:
    """Switch on the best pair with a leader, then the best entry, a few times."""
    state = state_of(power, model)
    is_hasty = incumbent.remaining() < HASTY
    most = 1 if is_hasty else min(LEADERS, TRIED // order.size)
    best = -np.inf, -1, -1
    for leader in order[: max(1, most)]:
        best = best_pair(leader, state, model, best)
        if incumbent.expired():
            break
    lit_first(best[1], best[2], state, model, FIRST)


def switch(
    power: np.ndarray,
    order: np.ndarray,
    model: Model,
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None] | None = None,
) -> float:
    """Switch and swap entries of ``power`` (L, N) while it helps; the objective."""
    state = state_of(power, model)
    count = max(1, LOGARITHMS_PER_CHUNK // (4 * len(power)))
    value = -np.inf
    for _ in range(SWEEPS):
        before = value
        for first in range(0, power.size, count):
            value = switched(state, model, order[first : first + count], value)
            if incumbent.expired():
                return value
        if value > before + GAIN * abs(before):
            continue
        if offer is not None:
            offer(power)  # before swaps, which take longer
        lit = order[power.ravel()[order] > 0]
        pairs = max(1, LOGARITHMS_PER_CHUNK // (power.size * max(len(lit), 1)))
        for first in range(0, len(lit), pairs):
            value = swapped(state, model, lit[first : first + pairs], value)
            if incumbent.expired():
                return value
        if value <= before + GAIN * abs(before):
            break
    return value


def _polish(
    found: list[tuple[float, np.ndarray]],
    model: Model,
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None],
) -> None:
    """Climb from the best of ``found`` that differ, one power at a time."""
    found.sort(key=lambda entry: -entry[0])
    best = found[0][0]
    seen: list[float] = []
    for value, power in found:
        is_near = value >= best - WORTHY * abs(best)
        if len(seen) == POLISHED or not is_near:
            return
        if any(abs(value - one) <= GAIN * abs(one) for one in seen):
            continue
        seen.append(value)
        climb(power, model, incumbent, offer)
        if incumbent.expired(0):
            return


@njit(cache=True, error_model="numpy")
def best_pair(leader, state, model, best):  # pragma: no cover
    """Objective and entries of the best pair: ``best`` or one with the leader."""
    blocks = state.power.shape[1]
    i, n = leader // blocks, leader % blocks
    now, high = state.power[i, n], interval(i, n, state, model)[1]
    if high <= now:
        return best
    value = objective_at(high, i, n, state, model)
    move(high, i, n, state, model)
    partner, both = best_entry(state, model, value)
    move(now, i, n, state, model)
    return (both, leader, partner) if both > best[0] else best


@njit(cache=True, error_model="numpy")
def lit_first(first, second, state, model, count):  # pragma: no cover
    """Switch on two entries (none where -1), then the best one ``count`` times."""
    for k in (first, second):
        if k >= 0:
            light(k, state, model)
    found = objective_at(state.power[0, 0], 0, 0, state, model)
    for _ in range(count):
        k, found = best_entry(state, model, found)
        if k < 0:
            break
        light(k, state, model)


@njit(cache=True, error_model="numpy")
def light(k, state, model):  # pragma: no cover
    """Move entry ``k`` to the upper end of its interval."""
    i, n = k // state.power.shape[1], k % state.power.shape[1]
    move(interval(i, n, state, model)[1], i, n, state, model)


@njit(cache=True, error_model="numpy")
def best_entry(state, model, value):  # pragma: no cover
    """Entry that gains most when switched on, -1 if none does, and the objective."""
    blocks = state.power.shape[1]
    best, found = -1, value + GAIN * abs(value)
    for k in range(state.power.size):
        i, n = k // blocks, k % blocks
        low, high = interval(i, n, state, model)
        if high <= low or state.power[i, n] > low:
            continue
        y = objective_at(high, i, n, state, model)
        if y > found:
            best, found = k, y
    return best, found if best >= 0 else value


@njit(cache=True, error_model="numpy")
def switched(state, model, entries, value):  # pragma: no cover
    """Move entries to the better end of their intervals in turn; the objective."""
    blocks = state.power.shape[1]
    for e in range(len(entries)):
        i, n = entries[e] // blocks, entries[e] % blocks
        now = state.power[i, n]
        if value == -np.inf:
            value = objective_at(now, i, n, state, model)
        low, high = interval(i, n, state, model)
        if high <= low:
            continue
        best, found = now, value + GAIN * abs(value)
        for side in range(2):
            x = low if side == 0 else high
            if x != now:
                y = objective_at(x, i, n, state, model)
                if y > found:
                    best, found = x, y
        if best != now:
            move(best, i, n, state, model)
            value = found
    return value


@njit(cache=True, error_model="numpy")
def swapped(state, model, lit, value):  # pragma: no cover
    """Swap each entry of ``lit``, which is on, with the best that is off."""
    blocks = state.power.shape[1]
    for e in range(len(lit)):
        i, n = lit[e] // blocks, lit[e] % blocks
        now = state.power[i, n]
        low, high = interval(i, n, state, model)
        if now <= low or high <= low:
            continue
        move(low, i, n, state, model)
        best, found, level = -1, value + GAIN * abs(value), 0.0
        for k in range(state.power.size):
            j, m = k // blocks, k % blocks
            if k == lit[e]:
                continue
            least, most = interval(j, m, state, model)
            if most <= least or state.power[j, m] > least:
                continue
            y = objective_at(most, j, m, state, model)
            if y > found:
                best, found, level = k, y, most
        if best >= 0:
            move(level, best // blocks, best % blocks, state, model)
            value = found
        else:
            move(now, i, n, state, model)
    return value
