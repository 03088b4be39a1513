"""Weighted sum rate by weighted mean square errors."""

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.registry import method

OPERATIONS_PER_CHUNK = 200_000  # about 0.1 ms between looks at the clock
STARTS = 8  # random ones after the incumbent and full power
CONVERGED = 1e-10  # relative gain of the objective in a chunk
INSIDE = 1 - 2e-10  # of the limits, as data are rounded
MOST_CHUNKS = 2000  # of one start


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective != "sum_rate":
        return f"maximizes the sum rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if problem.min_rate.any():
        return "knows no rate floors"
    if problem.protected_limit.size:
        return "knows no protected receivers"
    if problem.shares_transmitters:
        return "knows no shared transmitters"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=20)
def wmmse(problem: PowerControl, incumbent: Incumbent) -> None:
    """Minimize weighted mean square errors by turns, from several starts [1]_.

    For single antennas each turn has closed forms; every turn raises the weighted sum
    rate, and the limit is a stationary point of it.

    References
    ----------
    .. [1] Q. Shi, M. Razaviyayn, Z.-Q. Luo, C. He, "An iteratively weighted MMSE
       approach to distributed sum-utility maximization for a MIMO interfering broadcast
       channel", IEEE TSP 59(9), 2011. https://doi.org/10.1109/TSP.2011.2147784
    """
    scaled = problem.scaled()
    gain, noise = snapped(scaled.gain), snapped(scaled.noise)
    limit = snapped(np.minimum(scaled.p_max, scaled.p_mask)) * INSIDE
    rng = np.random.default_rng(incumbent.seed)
    turns = max(1, OPERATIONS_PER_CHUNK // (2 * limit.size**2))
    for start in range(STARTS + 2):
        amplitude = np.sqrt(limit)
        if start == 0 and incumbent.allocation is not None:
            power = snapped(incumbent.allocation.power / scaled.units["W"])
            amplitude = np.sqrt(np.minimum(power, limit))
        elif start > 1:
            amplitude *= rng.uniform(0.0, 1.0, limit.size)
        before = -np.inf
        for _ in range(MOST_CHUNKS):
            if incumbent.expired():
                return
            value = iterate(gain, noise, scaled.weight, limit, amplitude, turns)
            incumbent.offer(scaled.restored(Power(amplitude**2)))
            if value - before <= CONVERGED * abs(value):
                break
            before = value


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def iterate(gain, noise, weight, limit, amplitude, turns):  # pragma: no cover
    """Weighted sum rate (nat) after ``turns`` on ``amplitude`` (L,), in place."""
    links = len(noise)
    pull = np.empty(links)
    push = np.empty(links)
    value = 0.0
    for _ in range(turns):
        value = 0.0
        push[:] = 0.0
        for i in range(links):
            total = noise[i]
            for j in range(i):
                total += gain[i, j] * amplitude[j] * amplitude[j]
            for j in range(i + 1, links):
                total += gain[i, j] * amplitude[j] * amplitude[j]
            signal = gain[i, i] * amplitude[i] * amplitude[i]
            value += weight[i] * np.log1p(signal / total)
            # receiver u = sqrt(g) v / (signal + total), MSE weight 1 + signal / total
            receiver = np.sqrt(gain[i, i]) * amplitude[i] / (signal + total)
            cost = weight[i] * (1.0 + signal / total)
            pull[i] = cost * receiver * np.sqrt(gain[i, i])
            cost *= receiver * receiver
            for j in range(links):
                push[j] += cost * gain[i, j]
        for j in range(links):
            top = np.sqrt(limit[j])
            if pull[j] <= 0.0:
                amplitude[j] = 0.0
            elif push[j] * top <= pull[j]:
                amplitude[j] = top
            else:
                amplitude[j] = pull[j] / push[j]
    return value
