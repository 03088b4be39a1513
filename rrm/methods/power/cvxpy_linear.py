"""Reference model: least power as a linear program in CVXPY."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import method

HEADROOMS = (0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)  # against the solver's tolerance
ROUNDING = 1e-12
TOLERANCES = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-12)


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective != "min_power":
        return f"minimizes power, not {problem.objective}"
    return "needs a single resource block" if len(problem.shape) == 2 else None


@dataclass(frozen=True, eq=False)
class FloorPrices:
    """Weak duality with prices (L,) on the rate floors, over the box of the limits.

    Every feasible power has ``d p - t (C p + n) >= 0`` with own gains d, cross gains C
    and SINR floors t; adding it with prices >= 0 cannot raise the total power above
    what some feasible power needs.
    """

    price: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Lower bound on the total power in W, valid at any prices >= 0."""
        scaled = problem.scaled()
        price = np.asarray(self.price)
        if price.shape != scaled.p_max.shape or not (price >= 0).all():
            return np.nan
        sinr = floors(scaled)
        earned = price * sinr * scaled.noise
        reduced = 1.0 + (price * sinr) @ scaled.cross - price * scaled.direct
        box = np.minimum(reduced, 0.0) * scaled.p_max
        slack = ROUNDING * (np.abs(earned).sum() + np.abs(box).sum())
        return float(earned.sum() + box.sum() - slack) * scaled.units["W"]


def floors(problem: PowerControl) -> np.ndarray:
    """SINR (L,) that each link's rate floor asks for."""
    return np.expm1(np.log(2.0) * problem.min_rate / problem.bandwidth)


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="a lower bound by linear programming duality",
    isolated=True,
    needs=("cvxpy", "clarabel"),
    rank=90,
)
def cvxpy_linear(problem: PowerControl, incumbent: Incumbent) -> None:
    """State SINR floors as linear constraints and minimize the total power [1]_.

    Complexity: a pivot takes O(L^2) with gains between all links; exponential at worst,
    in practice O(L) pivots.

    References
    ----------
    .. [1] R. D. Yates, "A framework for uplink power control in cellular radio
       systems", IEEE JSAC 13(7), 1995. https://doi.org/10.1109/49.414651
    .. [2] S. Diamond, S. Boyd, "CVXPY: a Python-embedded modeling language for convex
       optimization", JMLR 17(83), 2016. https://jmlr.org/papers/v17/15-408.html
    """
    import cvxpy as cp

    scaled = problem.scaled()
    sinr = floors(scaled)
    needed = sinr > 0
    power = cp.Variable(len(sinr), nonneg=True)
    row = 1.0 / np.maximum(scaled.direct, np.finfo(float).tiny)  # rows of size 1
    own = cp.multiply(scaled.direct * row, power)
    heard = (sinr * row)[:, None] * scaled.cross
    floor = own[needed] >= heard[needed] @ power + (sinr * row * scaled.noise)[needed]
    constraints: list[Any] = [floor, power <= np.minimum(scaled.p_max, scaled.p_mask)]
    if problem.shares_transmitters:
        shared = np.equal.outer(scaled.transmitter, scaled.transmitter).astype(float)
        constraints.append(shared @ power <= scaled.p_max)
    if scaled.protected_limit.size:
        constraints.append(scaled.protected_gain @ power <= scaled.protected_limit)
    model = cp.Problem(cp.Minimize(cp.sum(power)), constraints)
    seconds = max(incumbent.remaining(), 1e-3)
    model.solve(solver=cp.CLARABEL, time_limit=seconds, **TOLERANCES)
    if power.value is None:
        return
    found = np.maximum(np.asarray(power.value), 0.0)
    for headroom in HEADROOMS:
        if incumbent.offer(scaled.restored(Power(found * (1 + headroom)))):
            break
    if floor.dual_value is not None:
        price = np.zeros(len(sinr))
        price[needed] = np.maximum(np.asarray(floor.dual_value), 0.0) * row[needed]
        argument = FloorPrices(price)
        incumbent.tighten(argument.bound(problem), argument)
