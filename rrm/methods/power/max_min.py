"""Highest common rate: least powers at rising levels, and a proof above the last."""

from dataclasses import dataclass

import numpy as np

from formulations.power import Power, PowerControl
from formulations.problem import FEASIBLE
from rrm.incumbent import Incumbent
from rrm.methods.power.fixed_point import (
    HEADROOM,
    PowerFloor,
    SpectralRadius,
    beyond_limits,
    coupling,
    least_power,
    perron,
    shrunk_floor,
)
from rrm.methods.power.interference_free import InterferenceFree
from rrm.registry import method

WIDTH = 0.2  # of the allowed gap that remains between the two levels
DIVISOR = 8.0
STEPS_ABOVE = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)  # relative, above the best level
MOST_LINKS = 300  # a dense solve per level: 3 ms there


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "max_min_rate":
        return f"maximizes the least rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if not problem.weight.any():
        return "needs a link that counts"
    if len(problem.p_max) > MOST_LINKS:
        return f"solves dense systems of up to {MOST_LINKS} links"
    return None


def at_level(problem: PowerControl, level: float) -> PowerControl:
    """``problem`` with the floors that a least weighted rate of ``level`` asks for."""
    floors = np.maximum(problem.min_rate, problem.weight * level)
    return problem.derived(objective="min_power", min_rate=floors)


@dataclass(frozen=True, eq=False)
class LevelCeiling:
    """No allocation reaches ``level`` bit/s: ``vector`` rules its floors out."""

    level: float
    vector: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """``level`` if the vector proves it as power floor or Perron vector."""
        floors = at_level(problem, self.level)
        proofs = PowerFloor(self.vector), SpectralRadius(self.vector)
        is_proven = any(proof.bound(floors) == np.inf for proof in proofs)
        return float(self.level) if is_proven else np.nan


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="an upper bound: a level whose floors no power meets",
    rank=10,
)
def max_min(problem: PowerControl, incumbent: Incumbent) -> None:
    """Bisect the level; each is a linear fixed point with its own certificate [1]_.

    References
    ----------
    .. [1] C. W. Tan, M. Chiang, R. Srikant, "Fast algorithms and performance bounds for
       sum rate maximization in wireless networks", IEEE/ACM ToN 21(3), 2013, section
       III. https://doi.org/10.1109/TNET.2012.2210240
    """
    low, high = 0.0, InterferenceFree().bound(problem) * (1 + 1e-9)
    if not high > 0:
        return
    width = WIDTH * max(incumbent.budget.gap, 1e-9)
    while not incumbent.expired() and high - low > width * high:
        # the level may be decades below the first bound: divide until one is reached
        level = 0.5 * (low + high) if low > 0 else high / DIVISOR
        vector = _reach(at_level(problem, level), incumbent)
        if vector is None:
            low = level
        else:
            high = level
            incumbent.tighten(level, LevelCeiling(level, vector))
    for step in STEPS_ABOVE:  # rounding can leave the last levels without a proof
        level = low * (1 + step)
        if incumbent.expired() or level >= incumbent.bound:
            break
        vector = _reach(at_level(problem, level), incumbent)
        if vector is not None and incumbent.tighten(level, LevelCeiling(level, vector)):
            break


def _reach(floors: PowerControl, incumbent: Incumbent) -> np.ndarray | None:
    """Offer the least power that meets the floors, or return why there is none."""
    coupled, alone = coupling(floors)
    if not np.isfinite(alone).all():
        return np.zeros_like(alone)
    power = least_power(coupled, alone)
    if power is None:
        return beyond_limits(perron(coupled, incumbent), floors)
    offered = Power(power * (1 + HEADROOM))
    if max(floors.violations(offered).values()) <= FEASIBLE:
        incumbent.offer(offered)
        return None
    return shrunk_floor(power, floors)
