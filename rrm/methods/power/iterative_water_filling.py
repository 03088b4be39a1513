"""Each link in turn fills its blocks against what it hears from the others."""

import numpy as np

from formulations.kernels.water_filling import water_filling
from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import Incumbent
from rrm.registry import method

ROUNDS = 200
CONVERGED = 1e-12  # relative change of the powers of a round
INSIDE = 1 - 2e-10  # of the limits, as data are rounded


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "sum_rate":
        return f"maximizes rates, not {problem.objective}"
    if len(problem.shape) == 1:
        return "needs several resource blocks"
    if problem.min_rate.any():
        return "knows no rate floors"
    if problem.protected_limit.size:
        return "knows no protected receivers"
    if problem.shares_transmitters:
        return "knows no shared transmitters"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=16)
def iterative_water_filling(problem: PowerControl, incumbent: Incumbent) -> None:
    """Fill by turns until nothing changes: exact for links that hear no others [1]_.

    A fixed point is a Nash equilibrium, which need not be the best for the sum; each
    round is offered, and the best one counts.

    Complexity: a round takes O(L^2 N + L N log N).

    References
    ----------
    .. [1] W. Yu, G. Ginis, J. M. Cioffi, "Distributed multiuser power control for
       digital subscriber lines", IEEE JSAC 20(5), 2002.
       https://doi.org/10.1109/JSAC.2002.1007390
    """
    scaled = problem.scaled()
    links, blocks = scaled.shape
    cross = snapped(np.broadcast_to(scaled.cross.reshape(links, links, -1),
                                    (links, links, blocks)))  # fmt: skip
    direct = snapped(np.broadcast_to(scaled.per_block(scaled.direct), scaled.shape))
    limit = np.broadcast_to(scaled.per_block(scaled.p_mask), scaled.shape) * INSIDE
    heard = snapped(np.broadcast_to(scaled.per_block(scaled.noise), scaled.shape))
    heard = heard.copy()
    total = np.where(scaled.weight > 0, snapped(scaled.p_max) * INSIDE, 0.0)
    power = np.zeros(scaled.shape)
    for _ in range(ROUNDS):
        change = 0.0
        for i in range(links):
            quality = direct[i : i + 1] / heard[i]
            new = water_filling(quality, limit[i : i + 1], total[i : i + 1])[0]
            step = new - power[i]
            heard += cross[:, i] * step
            np.maximum(heard, 0.0, out=heard)
            power[i] = new
            change = max(change, float(np.abs(step).max()))
            if incumbent.expired():
                break
        incumbent.offer(scaled.restored(Power(power)))
        if change <= CONVERGED or incumbent.expired(0):
            return
