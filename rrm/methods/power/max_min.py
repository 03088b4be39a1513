"""Highest common rate: least powers at rising levels, and a proof above the last."""

from dataclasses import dataclass

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.fixed_point import (
    HEADROOM,
    SHRINKS,
    PowerFloor,
    SpectralRadius,
    coupling,
    least_power,
    perron,
)
from rrm.methods.power.interference_free import InterferenceFree
from rrm.registry import method

WIDTH = 0.2  # of the allowed gap that remains between the two levels
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
    proof = None
    while not incumbent.expired() and high - low > width * high:
        # levels span decades: the geometric mean finds the right one in few steps
        level = np.sqrt(low * high) if low > 0.1 * high else 0.5 * (low + high)
        level = float(level) if low > 0 or proof is None else 0.5 * high
        vector = _reach(at_level(problem, level), incumbent)
        if vector is None:
            low = level
        else:
            high, proof = level, LevelCeiling(level, vector)
    if proof is not None:
        incumbent.tighten(high, proof)
    bound = InterferenceFree()
    incumbent.tighten(bound.bound(problem), bound)


def _reach(floors: PowerControl, incumbent: Incumbent) -> np.ndarray | None:
    """Offer the least power that meets the floors, or return why there is none."""
    coupled, alone = coupling(floors)
    if not np.isfinite(alone).all():
        return np.zeros_like(alone)
    power = least_power(coupled, alone)
    if power is None:
        return perron(coupled, incumbent)
    if not any(floors.violations(Power(power * (1 + HEADROOM))).values()):
        incumbent.offer(Power(power * (1 + HEADROOM)))
        return None
    for shrink in SHRINKS:
        if PowerFloor(power * (1 - shrink)).bound(floors) == np.inf:
            return power * (1 - shrink)
    return power
