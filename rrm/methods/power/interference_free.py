"""Bound on every maximized objective: each link as if it were alone."""

from dataclasses import dataclass

import numpy as np

from formulations.kernels.water_filling import water_filling
from formulations.power import PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import method
from twins.record import is_sparse

ROUNDING = 1e-12  # relative, added so that rounding cannot make the bound false
RATIO_SLACK = 1e-9  # relative, so that the last ratio of the iteration is above
RATIO_STEPS = 60  # of Dinkelbach's iteration, which converges superlinearly


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if is_sparse(problem.protected_gain):
        return "needs a dense protected gain"
    return "bounds rates from above" if problem.objective == "min_power" else None


@dataclass(frozen=True, eq=False)
class InterferenceFree:
    """No link does better than alone, with all of its own limits and nobody's noise."""

    def bound(self, problem: PowerControl) -> float:
        """Upper bound on the objective; nan where a link can have no rate at all."""
        limit = alone_limit(problem)
        noise = np.broadcast_to(_blocks(problem.noise), limit.shape)
        quality = _blocks(problem.direct) / noise
        if problem.objective == "energy_efficiency":
            return _ratio(problem, quality, limit) * (1 + ROUNDING)
        power = water_filling(quality, limit, problem.p_max)
        rate = np.log1p(quality * power).sum(axis=1) * problem.bandwidth / np.log(2.0)
        counted = problem.weight > 0
        weight, rate = problem.weight[counted], rate[counted] * (1 + ROUNDING)
        if problem.objective == "max_min_rate":
            return float((rate / weight).min()) if counted.any() else np.nan
        if problem.objective == "proportional_fair":
            if not (rate > 0).all():
                return np.nan
            terms = weight * np.log(rate)
            return float(terms.sum() + ROUNDING * np.abs(terms).sum())
        return float(weight @ rate)


@method(
    PowerControl,
    kind="heuristic",
    applies=applies,
    proves="an upper bound: every link alone, by water-filling over its blocks",
    rank=15,
)
def interference_free(problem: PowerControl, incumbent: Incumbent) -> None:
    """Tighten by the optimum without cross gains, a relaxation in closed form [1]_.

    Complexity: O(L N log N).

    References
    ----------
    .. [1] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006,
       section 9.4 (water-filling). https://doi.org/10.1002/047174882X
    """
    argument = InterferenceFree()
    incumbent.tighten(argument.bound(problem), argument)


def alone_limit(problem: PowerControl) -> np.ndarray:
    """Power (L, N) W that no feasible allocation exceeds on any block (N = 1: none)."""
    limit = np.minimum(problem.p_max[:, None], _blocks(problem.p_mask))
    limit = np.broadcast_to(limit, (*problem.shape, 1)[:2])
    if not problem.protected_limit.size:
        return limit
    gain = problem.protected_gain
    gain = gain if gain.ndim == 3 else gain[:, :, None]
    allowed = _blocks(problem.protected_limit)[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(gain > 0, allowed / gain, np.inf)
    return np.minimum(limit, most.min(axis=0))


def _blocks(values: np.ndarray) -> np.ndarray:
    """(L,) as (L, 1); (L, N) unchanged."""
    return values[:, None] if values.ndim == 1 else values


def _ratio(problem: PowerControl, quality: np.ndarray, limit: np.ndarray) -> float:
    """Largest weighted rate by consumed power without interference, from above."""
    worth = problem.weight[:, None] * problem.bandwidth / np.log(2.0)
    fixed, efficiency = problem.circuit_power, problem.amplifier_efficiency
    if fixed == 0:
        # log(1 + q p) <= q p, and a ratio of sums is at most the largest ratio
        return float((worth * quality * efficiency).max())
    useful = (quality > 0) & (worth > 0)
    bottom = np.divide(1.0, quality, out=np.zeros(limit.shape), where=useful)
    ratio = 0.0
    for _ in range(RATIO_STEPS):
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where(useful, worth * efficiency / ratio, 0.0)
        power = np.clip(level - bottom, 0.0, limit)
        rate = float((worth * np.log1p(quality * power)).sum())
        consumed = fixed + float(power.sum()) / efficiency
        if rate <= ratio * consumed:  # no power earns more than ``ratio``
            return ratio
        ratio = rate / consumed * (1 + RATIO_SLACK)
    return np.nan
