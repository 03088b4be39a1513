"""Reference model: problems that are convex in the logarithms of powers, in CVXPY."""

from typing import Any

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import method

TOLERANCES = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-12)
HEADROOMS = (0.0, 1e-9, 1e-8, 1e-7, 1e-6)  # against the solver's tolerance


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in ("sum_rate", "max_min_rate"):
        return f"states sum_rate and max_min_rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    counted = problem.weight[problem.weight > 0]
    if problem.objective == "max_min_rate" and np.ptp(counted) > 0:
        return "needs equal weights to compare SINR for rates"
    largest = np.minimum(problem.p_max, problem.p_mask)
    if not (problem.direct > 0).all() or not (largest > 0).all():
        return "needs a gain and a limit above zero on every link"
    return None


@method(
    PowerControl,
    kind="heuristic",
    applies=applies,
    isolated=True,
    needs=("cvxpy", "clarabel"),
    rank=91,
)
def cvxpy_geometric(problem: PowerControl, incumbent: Incumbent) -> None:
    """Solve the geometric program: exact for max-min, high SINR for the sum rate [1]_.

    In ``x = log p`` the logarithm of SINR is concave. The sum rate is replaced by the
    weighted sum of these logarithms, its limit at high SINR and a lower bound anywhere.

    Complexity: an interior-point step takes O(L^3) with gains between all links.

    References
    ----------
    .. [1] M. Chiang, C. W. Tan, D. P. Palomar, D. O'Neill, D. Julian, "Power control by
       geometric programming", IEEE TWC 6(7), 2007.
       https://doi.org/10.1109/TWC.2007.05960
    """
    import cvxpy as cp

    scaled = problem.scaled()
    x = cp.Variable(len(scaled.p_max))
    sinr = cp.hstack([_log_sinr(cp, scaled, x, i) for i in range(len(scaled.p_max))])
    constraints: list[Any] = [x <= np.log(np.minimum(scaled.p_max, scaled.p_mask))]
    needed = np.flatnonzero(scaled.min_rate > 0)
    if needed.size:
        floor = np.log(np.expm1(np.log(2.0) * scaled.min_rate[needed]))
        constraints.append(sinr[needed] >= floor)
    for group in np.unique(scaled.transmitter):
        members = np.flatnonzero(scaled.transmitter == group)
        if members.size > 1:
            limit = np.log(scaled.p_max[members[0]])
            constraints.append(cp.log_sum_exp(x[members]) <= limit)
    for heard, limit in zip(scaled.protected_gain, scaled.protected_limit, strict=True):
        members = np.flatnonzero(heard)
        if members.size and limit > 0:
            received = cp.log_sum_exp(x[members] + np.log(heard[members]))
            constraints.append(received <= np.log(limit))
    counted = np.flatnonzero(scaled.weight > 0)
    if problem.objective == "max_min_rate":
        goal = cp.min(sinr[counted])
    else:
        goal = scaled.weight[counted] @ sinr[counted]
    model = cp.Problem(cp.Maximize(goal), constraints)
    seconds = max(incumbent.remaining(), 1e-3)
    model.solve(solver=cp.CLARABEL, time_limit=seconds, **TOLERANCES)
    if x.value is None:
        return
    limit = np.minimum(scaled.p_max, scaled.p_mask)
    for headroom in HEADROOMS:
        power = np.minimum(np.exp(np.asarray(x.value)) * (1 - headroom), limit)
        if incumbent.offer(scaled.restored(Power(power))):
            return


def _log_sinr(cp: Any, scaled: PowerControl, x: Any, link: int) -> Any:
    """Logarithm of one link's SINR, concave in the logarithms ``x`` of powers."""
    senders = np.flatnonzero(scaled.cross[link])
    heard = [x[senders] + np.log(scaled.cross[link, senders])] if senders.size else []
    noise = cp.Constant([float(np.log(scaled.noise[link]))])
    interference = cp.log_sum_exp(cp.hstack([*heard, noise]))
    return float(np.log(scaled.direct[link])) + x[link] - interference
