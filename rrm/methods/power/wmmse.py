"""Weighted sum rate by weighted mean square errors."""

from collections.abc import Callable

import numpy as np
from numba import njit

from formulations.kernels.priced_limits import (
    Links,
    allowed_towards,
    first_weights,
    links_of,
    step,
)
from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.registry import method

OPERATIONS_PER_CHUNK = 200_000  # about 0.1 ms between looks at the clock
PLAIN, FLOORED = 2, 20  # operations of a turn by pairs of links, and with floors more
STARTS = 8  # random ones after the incumbent and full power
CONVERGED = 1e-10  # relative gain of the objective in a chunk
MOST_CHUNKS = 2000  # of one start


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective != "sum_rate":
        return f"maximizes the sum rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=20)
def wmmse(problem: PowerControl, incumbent: Incumbent) -> None:
    """Minimize weighted mean square errors by turns, from several starts [1]_.

    For single antennas each turn has closed forms; every turn raises the weighted sum
    rate, and the limit is a stationary point of it. Shared transmitters and protected
    receivers have prices that each turn settles, floors raise the weights of their
    links.

    Complexity: a turn takes O(L^2 N).

    References
    ----------
    .. [1] Q. Shi, M. Razaviyayn, Z.-Q. Luo, C. He, "An iteratively weighted MMSE
       approach to distributed sum-utility maximization for a MIMO interfering broadcast
       channel", IEEE TSP 59(9), 2011. https://doi.org/10.1109/TSP.2011.2147784
    """

    def turn(links: Links, weight, price, power, count: int) -> float:
        if len(price) or links.floor.any():
            return iterate_limited(links, weight, price, power, count)
        amplitude = np.sqrt(power)
        plain = links.gain, links.noise, links.weight, links.limit
        value = iterate(*plain, amplitude, count)
        power[:] = amplitude**2
        return value

    from_starts(problem, incumbent, turn)


def from_starts(
    problem: PowerControl,
    incumbent: Incumbent,
    turn: Callable[[Links, np.ndarray, np.ndarray, np.ndarray, int], float],
) -> None:
    """Run ``turn`` from the incumbent, from full power, and from random powers.

    ``turn(links, weight, price, power, count)`` changes weights (L,), prices (C,) and
    powers (L,) in place ``count`` times and returns the objective it came to. Where
    there are floors, powers are feasible from the start and stay so.
    """
    scaled = problem.scaled()
    links = links_of(scaled)
    rng = np.random.default_rng(incumbent.seed)
    size = len(links.limit)
    turn_cost = PLAIN + len(links.allowed) + (FLOORED if links.floor.any() else 0)
    count = max(1, OPERATIONS_PER_CHUNK // (turn_cost * size * size))
    known = incumbent.allocation or problem.trivial()
    if known is None:
        return  # floors, and nothing that meets them
    feasible = np.minimum(snapped(known.power / scaled.units["W"]), links.limit)
    for start in range(STARTS + 2):
        power = feasible.copy()
        if start > 0:
            level = rng.uniform(0.0, 1.0, size) if start > 1 else 1.0
            power = allowed_towards(feasible, links.limit * level, links)
        weight, price = first_weights(links), np.zeros(len(links.allowed))
        before = -np.inf
        for _ in range(MOST_CHUNKS):
            if incumbent.expired():
                return
            value = turn(links, weight, price, power, count)
            incumbent.offer(scaled.restored(Power(power)))
            if abs(value - before) <= CONVERGED * abs(value):
                break
            before = value


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def iterate(gain, noise, weight, limit, amplitude, turns):  # pragma: no cover
    """Weighted sum rate (nat) after ``turns`` on ``amplitude`` (L,), in place."""
    links = len(noise)
    pull, push = np.empty(links), np.empty(links)
    value = 0.0
    for _ in range(turns):
        value = pulls(gain, noise, weight, weight, amplitude, pull, push)
        for j in range(links):
            top = np.sqrt(limit[j])
            if pull[j] <= 0.0:
                amplitude[j] = 0.0
            elif push[j] * top <= pull[j]:
                amplitude[j] = top
            else:
                amplitude[j] = pull[j] / push[j]
    return value


@njit(cache=True, error_model="numpy")
def iterate_limited(links, weight, price, power, turns):  # pragma: no cover
    """As :func:`iterate`, with linear limits and floors; weights and prices move."""
    size = len(power)
    pull, push = np.empty(size), np.empty(size)
    amplitude = np.empty(size)
    value = 0.0
    for _ in range(turns):
        amplitude[:] = np.sqrt(power)
        value = pulls(
            links.gain, links.noise, links.weight, weight, amplitude, pull, push
        )
        step(pull, push, 2.0, links, weight, price, power)
    return value


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def pulls(gain, noise, counted, weight, amplitude, pull, push):  # pragma: no cover
    """Write numerators and denominators (L,) of the next amplitudes.

    Returns the sum rate (nat) with the weights ``counted``.
    """
    links = len(noise)
    value = 0.0
    push[:] = 0.0
    for i in range(links):
        total = noise[i]
        for j in range(i):
            total += gain[i, j] * amplitude[j] * amplitude[j]
        for j in range(i + 1, links):
            total += gain[i, j] * amplitude[j] * amplitude[j]
        signal = gain[i, i] * amplitude[i] * amplitude[i]
        value += counted[i] * np.log1p(signal / total)
        # receiver u = sqrt(g) v / (signal + total), MSE weight 1 + signal / total
        receiver = np.sqrt(gain[i, i]) * amplitude[i] / (signal + total)
        cost = weight[i] * (1.0 + signal / total)
        pull[i] = cost * receiver * np.sqrt(gain[i, i])
        cost *= receiver * receiver
        for j in range(links):
            push[j] += cost * gain[i, j]
    return value
