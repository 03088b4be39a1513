"""Reference model: links that do not hear each other, as a convex program in CVXPY."""

from typing import Any

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import method

TOLERANCES = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-10)
HEADROOMS = (0.0, 1e-9, 1e-8, 1e-7, 1e-6)  # against the solver's tolerance


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in ("sum_rate", "proportional_fair"):
        return f"states sum_rate and proportional_fair, not {problem.objective}"
    return "needs links without cross gains" if problem.cross.any() else None


@method(
    PowerControl,
    kind="heuristic",
    applies=applies,
    isolated=True,
    needs=("cvxpy", "clarabel"),
    rank=92,
)
def cvxpy_water_filling(problem: PowerControl, incumbent: Incumbent) -> None:
    """State concave rates and linear limits, with every constraint of the problem [1]_.

    Gains are those of the scaled problem: in watts conic solvers call allocations
    optimal that lose most of the rate.

    Complexity: an interior-point step takes O(L N) without gains between links.

    References
    ----------
    .. [1] S. Boyd, L. Vandenberghe, "Convex Optimization", 2004, example 5.2
       (water-filling). https://doi.org/10.1017/CBO9780511804441
    """
    import cvxpy as cp

    scaled = problem.scaled()
    links = len(scaled.p_max)
    blocks = scaled.shape[1] if len(scaled.shape) == 2 else 1

    def wide(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values.reshape(links, -1), (links, blocks))

    power = cp.Variable((links, blocks), nonneg=True)
    quality = wide(scaled.direct) / wide(scaled.noise)
    rate = cp.sum(cp.log1p(cp.multiply(quality, power)), axis=1) / np.log(2.0)
    same = np.equal.outer(scaled.transmitter, scaled.transmitter) * 1.0
    constraints: list[Any] = [same @ cp.sum(power, axis=1) <= scaled.p_max]
    mask = wide(scaled.p_mask)
    if np.isfinite(mask).any():
        constraints.append(power <= np.minimum(mask, scaled.p_max[:, None]))
    if scaled.min_rate.any():
        constraints.append(rate >= scaled.min_rate)
    for m, limit in enumerate(scaled.protected_limit):
        gain = np.broadcast_to(
            scaled.protected_gain[m].reshape(links, -1), (links, blocks)
        )
        heard = cp.sum(cp.multiply(gain, power), axis=0)
        constraints.append((heard if limit.ndim else cp.sum(heard)) <= limit)
    counted = np.flatnonzero(scaled.weight)
    worth = cp.log(rate[counted]) if problem.objective != "sum_rate" else rate[counted]
    model = cp.Problem(cp.Maximize(scaled.weight[counted] @ worth), constraints)
    seconds = max(incumbent.remaining(), 1e-3)
    model.solve(solver=cp.CLARABEL, time_limit=seconds, **TOLERANCES)
    if power.value is None:
        return
    found = np.maximum(np.asarray(power.value), 0.0).reshape(scaled.shape)
    for headroom in HEADROOMS:
        if incumbent.offer(scaled.restored(Power(found * (1 - headroom)))):
            return
