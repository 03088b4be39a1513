"""Rates by successive concave approximation in the logarithms of powers."""

import numpy as np
from numba import njit

from formulations.kernels.priced_limits import Links, heard_by, step
from formulations.power import PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.wmmse import from_starts
from rrm.registry import method

INNER = 3  # steps on one approximation
SHORT = 2e-3  # s, in which ``on_off`` does more for a sum rate without other limits
LEAST_RATE = 1e-12  # nat, to divide by


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in ("sum_rate", "proportional_fair", "energy_efficiency"):
        return f"maximizes rates, their logarithms or ratio, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=13, share=0.5)
def log_domain_sca(problem: PowerControl, incumbent: Incumbent) -> None:
    """Bound each rate from below by ``alpha log SINR + beta``, maximize, repeat [1]_.

    With ``alpha = SINR / (1 + SINR)`` the bound is tight at the last powers and concave
    in their logarithms. Where its derivatives vanish, each power is its link's weight
    by what a watt costs the others, which is iterated as a fixed point.

    Complexity: a turn takes O(L^2 N).

    References
    ----------
    .. [1] J. Papandriopoulos, J. S. Evans, "SCALE: a low-complexity distributed
       protocol for spectrum balancing in multiuser DSL networks", IEEE Transactions on
       Information Theory 55(8), 2009, pp. 3711-3724.
    """
    is_plain = not (problem.min_rate.any() or problem.protected_limit.size)
    is_plain = is_plain and problem.objective == "sum_rate"
    if is_plain and incumbent.remaining() < SHORT:
        return
    scaled = problem.scaled()
    is_fair = problem.objective == "proportional_fair"
    fixed = per_watt = 0.0
    if problem.objective == "energy_efficiency":
        fixed, per_watt = scaled.circuit_power, 1.0 / scaled.amplifier_efficiency

    def turn(links: Links, weight, price, power, count: int) -> float:
        return approximated(
            links, weight, price, power, count, is_fair, fixed, per_watt
        )

    from_starts(problem, incumbent, turn)


@njit(cache=True, error_model="numpy")
def approximated(
    links, weight, price, power, turns, is_fair, fixed, per_watt
):  # pragma: no cover
    """Objective after ``turns`` on ``power`` (L,) in place; weights, prices move, too.

    In nat, by consumed power if any has a price; or the sum of logarithms of rates.
    """
    size = len(power)
    pull, push, slope = np.empty(size), np.empty(size), np.empty(size)
    value = 0.0
    for turn in range(turns):
        is_new = turn % INNER == 0
        value, consumed = 0.0, fixed
        push[:] = 0.0
        for i in range(size):
            heard = heard_by(i, power, links)
            sinr = links.gain[i, i] * power[i] / heard
            consumed += per_watt * power[i]
            rate = np.log1p(sinr)
            if links.weight[i] > 0.0:
                value += links.weight[i] * (np.log(rate) if is_fair else rate)
            if is_new:
                slope[i] = sinr / (1.0 + sinr)
                slope[i] /= max(rate, LEAST_RATE) if is_fair else 1.0
            pull[i] = weight[i] * slope[i]
            for j in range(size):
                push[j] += pull[i] * links.gain[i, j] / heard if j != i else 0.0
        if per_watt > 0.0:
            value /= consumed
            for j in range(size):
                push[j] += per_watt * value
        step(pull, push, 1.0, links, weight, price, power)
    return value
