"""A platform on its way to the demand that cells do not carry."""

from dataclasses import dataclass

import numpy as np

from formulations.lap_sites import (
    Platform,
    efficiency,
    placement_from,
    site_grid,
)
from rrm.engine import solve
from rrm.scenarios.loops import PERIOD
from twins import TwinSnapshot
from twins.coupling.sharing import time_shares
from twins.l1.air_to_ground import air_to_ground_gain

SPACING = 100.0  # m between the sites of the grid
ALTITUDES = (60.0,)  # m
READY = 20.0  # s until it is off the ground
ENVIRONMENT = "urban"
BUDGET = 0.5  # s


@dataclass(frozen=True, eq=False)
class Flight:
    """Where a platform goes, and when it is there.

    Attributes
    ----------
    site : (3,) m
        Where it hovers.
    arrives : int
        Period from which it serves.
    platform : Platform
        What it can do.
    """

    site: np.ndarray
    arrives: int
    platform: Platform

    def serves(self, place: np.ndarray, lacking: np.ndarray) -> np.ndarray:
        """What users (U,) at ``place`` (U, 3) m get of what they lack, bit/s.

        They use both the carriers of cells and that of the platform, whose time is
        shared max-min fairly.
        """
        how = self.platform
        gain = air_to_ground_gain(place, self.site[None], how.carrier, ENVIRONMENT)
        full = how.bandwidth * efficiency(gain, how)[:, 0]
        lacking = np.where(full > 0, np.maximum(lacking, 0.0), 0.0)
        need = np.divide(lacking, full, out=np.zeros(len(full)), where=full > 0)
        part = time_shares(need, np.zeros(len(need), int), 1)
        got = np.minimum(part * full, lacking)
        return got * min(1.0, how.capacity / max(got.sum(), 1.0))


def sent(
    snapshot: TwinSnapshot,
    lacking: np.ndarray,
    platform: Platform,
    period: int,
    seed: int,
) -> Flight:
    """Flight, ordered in ``period``, to where most of ``lacking`` (U,) bit/s is served.

    Raises
    ------
    RuntimeError
        If the engine finds no place.
    """
    wanting = snapshot.derived(demand=np.maximum(lacking, 1.0))  # all may be in range
    problem = placement_from(
        wanting, 1, platform=platform, environment=ENVIRONMENT, spacing=SPACING,
        altitudes=ALTITUDES,
    )  # fmt: skip
    allocation = solve(problem, BUDGET, seed=seed).allocation
    if allocation is None or not allocation.open.any():
        raise RuntimeError("the engine places no platform")
    user = snapshot.user_position
    site = site_grid(user, SPACING, ALTITUDES)[int(np.argmax(allocation.open))]
    way = float(np.linalg.norm(site[:2] - user[:, :2].mean(axis=0)))
    seconds = READY + way / platform.speed
    return Flight(site, period + 1 + int(np.ceil(seconds / PERIOD)), platform)
