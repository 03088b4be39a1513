"""A platform on its way to those who lost their cell, and what they get of it."""

from dataclasses import dataclass

import numpy as np

from formulations.lap_sites import (
    Platform,
    efficiency,
    placement_from,
    site_grid,
)
from rrm.budget import Budget
from rrm.engine import solve
from twins import TwinSnapshot
from twins.coupling.sharing import time_shares
from twins.l1.air_to_ground import air_to_ground_gain

SPACING = 100.0  # m between the sites of the grid
ALTITUDES = (60.0,)  # m
READY = 20.0  # s until it is off the ground
ENVIRONMENT = "urban"
BUDGET = Budget(10.0, work=200)


@dataclass(frozen=True, eq=False)
class Flight:
    """Where a platform goes, when, and for whom.

    Attributes
    ----------
    home, site : (3,) m
        Where it is when it is off the ground, and where it hovers in the end.
    leaves : float
        s since epoch from which it flies, and serves on its way.
    first : (U,) bool
        Users that it is sent for; others get what they leave.
    platform : Platform
        What it can do.
    """

    home: np.ndarray
    site: np.ndarray
    leaves: float
    first: np.ndarray
    platform: Platform

    @property
    def arrives(self) -> float:
        """Time in s since epoch from which it hovers at its site."""
        return self.leaves + self._way / self.platform.speed

    @property
    def _way(self) -> float:
        return float(np.linalg.norm(self.site - self.home))

    def place(self, time: float) -> np.ndarray:
        """Where it is (3,) m."""
        flown = (time - self.leaves) * self.platform.speed
        part = np.clip(flown / max(self._way, 1e-9), 0.0, 1.0)
        return self.home + part * (self.site - self.home)

    def serves(self, time: float, user: np.ndarray, lacking: np.ndarray) -> np.ndarray:
        """What users (U,) at ``user`` (U, 3) m get of what they lack, bit/s.

        They use both the carriers of cells and that of the platform. Its time is shared
        max-min fairly among those it is sent for, and then among others.
        """
        got = np.zeros(len(lacking))
        if time < self.leaves:
            return got
        how, one_cell = self.platform, np.zeros(len(got), int)
        gain = air_to_ground_gain(
            user, self.place(time)[None], how.carrier, ENVIRONMENT
        )
        full = how.bandwidth * efficiency(gain, how)[:, 0]
        lacking = np.where(full > 0, np.maximum(lacking, 0.0), 0.0)
        left, capacity = 1.0, how.capacity
        for who in (self.first, ~self.first):
            asked = np.where(who, lacking, 0.0)
            need = np.divide(asked, full, out=np.zeros(len(got)), where=full > 0)
            part = time_shares(need, one_cell, 1, np.array([left]))
            rate = np.minimum(part * full, asked)
            within = min(1.0, capacity / max(rate.sum(), 1e-9))
            got += rate * within
            left = max(left - part.sum() * within, 0.0)
            capacity = max(capacity - rate.sum() * within, 0.0)
        return got


def sent(
    snapshot: TwinSnapshot,
    demand: np.ndarray,
    platform: Platform,
    seed: int,
    alarm: float = np.inf,
) -> Flight:
    """Flight, ordered now, to where most of ``demand`` (U,) bit/s can be served.

    It gets ready from now on, or from an ``alarm`` in s since epoch before.

    Raises
    ------
    RuntimeError
        If the engine finds no place.
    """
    wanting = snapshot.derived(demand=np.maximum(demand, 1.0))  # all may be in range
    problem = placement_from(
        wanting, 1, platform=platform, environment=ENVIRONMENT, spacing=SPACING,
        altitudes=ALTITUDES,
    )  # fmt: skip
    allocation = solve(problem, BUDGET, seed=seed).allocation
    if allocation is None or not allocation.open.any():
        raise RuntimeError("the engine places no platform")
    user = snapshot.user_position
    site = site_grid(user, SPACING, ALTITUDES)[int(np.argmax(allocation.open))]
    home = np.array([*user[:, :2].mean(axis=0), site[2]])
    leaves = max(min(alarm, snapshot.time) + READY, snapshot.time)
    return Flight(home, site, leaves, demand > 0, platform)
