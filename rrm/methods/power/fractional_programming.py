"""Sum rate and energy efficiency by the quadratic transform of ratios."""

import numpy as np
from numba import njit

from formulations.kernels.priced_limits import Links, heard_by, step
from formulations.power import PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.wmmse import from_starts
from rrm.registry import method

RESTART = 3.0  # steps after which extrapolation takes off, as in Nesterov's method

LEAST = 0.1  # of a root that extrapolation leaves: a power of zero would stay so


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in ("sum_rate", "energy_efficiency"):
        return f"maximizes ratios and sums of their logarithms, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=31, share=0.2)
def fractional_programming(problem: PowerControl, incumbent: Incumbent) -> None:
    """Transform ratios so that each turn has a closed form, and extrapolate [1]_, [2]_.

    The logarithms' ratios are taken out by auxiliary SINRs, the ratios themselves by
    ``2 y sqrt(signal) - y**2 total``; powers then maximize a separable function, in
    their square roots. The consumed power has the best ratio as its price [3]_. Turns
    begin beyond the last point, along the last step, as long as that helps.

    Complexity: a turn takes O(L^2 N).

    References
    ----------
    .. [1] K. Shen, W. Yu, "Fractional programming for communication systems, part I",
       IEEE TSP 66(10), 2018. https://doi.org/10.1109/TSP.2018.2812733
    .. [2] K. Shen, Z. Zhao, Y. Chen, Z. Zhang, H. V. Cheng, "Accelerating quadratic
       transform and WMMSE", IEEE JSAC 42(11), 2024.
       https://doi.org/10.48550/arXiv.2312.05726
    .. [3] W. Dinkelbach, "On nonlinear fractional programming", Management Science
       13(7), 1967. https://doi.org/10.1287/mnsc.13.7.492
    """
    fixed = per_watt = 0.0
    if problem.objective == "energy_efficiency":
        scaled = problem.scaled()
        fixed, per_watt = scaled.circuit_power, 1.0 / scaled.amplifier_efficiency

    def turn(links: Links, weight, price, power, count: int) -> float:
        return transformed(links, weight, price, power, count, fixed, per_watt)

    from_starts(problem, incumbent, turn)


@njit(cache=True, error_model="numpy")
def transformed(
    links, weight, price, power, turns, fixed, per_watt
):  # pragma: no cover
    """Objective (nat, by consumed power if any) after ``turns`` on ``power`` in place.

    Weights (L,) and prices (C,) move, too.
    """
    size = len(power)
    pull, push = np.empty(size), np.empty(size)
    last, ahead = power.copy(), power.copy()
    value, steps = -np.inf, 0.0
    for _ in range(turns):
        push[:] = 0.0
        rates, consumed = 0.0, fixed
        for i in range(size):
            heard = heard_by(i, ahead, links)
            signal = links.gain[i, i] * ahead[i]
            rates += links.weight[i] * np.log1p(signal / heard)
            consumed += per_watt * ahead[i]
            worth = weight[i] * (1.0 + signal / heard)
            auxiliary = np.sqrt(worth * signal) / (heard + signal)
            pull[i] = auxiliary * np.sqrt(worth * links.gain[i, i])
            for j in range(size):
                push[j] += auxiliary * auxiliary * links.gain[i, j]
        found = rates / consumed if per_watt > 0.0 else rates
        steps = steps + 1.0 if found >= value else 0.0
        value = found
        for j in range(size):
            push[j] += per_watt * (rates / consumed if per_watt > 0.0 else 0.0)
        last[:] = power
        step(pull, push, 2.0, links, weight, price, power)
        reach = steps / (steps + RESTART)
        for j in range(size):
            root = np.sqrt(power[j])
            root = max(root + reach * (root - np.sqrt(last[j])), LEAST * root)
            ahead[j] = min(root * root, links.limit[j])
    return value
