"""Users around a few places, and sites of which some are too close to each other."""

import numpy as np

from benchmarks.training_mixed import size
from formulations.placement import LapPlacement


def hotspots(rng: np.random.Generator, seed: int) -> LapPlacement:
    """Equal or heavy-tailed demands, on few sites of which some are too close."""
    users, sites = size(rng, 50, 2000), size(rng, 9, 100)
    centre = rng.uniform(0, 1, (max(2, sites // 4), 2))
    place = centre[rng.integers(len(centre), size=users)]
    place = place + rng.normal(0, 0.05, (users, 2))
    site = rng.uniform(0, 1, (sites, 2))
    apart = np.linalg.norm(place[:, None] - site, axis=2)
    demand = np.ones(users) if rng.random() < 0.5 else rng.lognormal(0, 1, users)
    value = np.where(apart < 0.3, demand[:, None] * np.exp(-8 * apart), -np.inf)
    between = np.linalg.norm(site[:, None] - site, axis=2)
    laps = max(2, sites // int(rng.integers(3, 12)))
    return LapPlacement(
        value,
        demand=demand,
        capacity=np.full(sites, rng.uniform(0.4, 1.5) * demand.sum() / laps),
        max_laps=float(laps),
        energy=rng.uniform(0, 1, sites),
        battery=0.85,
        conflicts=np.argwhere(np.triu(between < 0.07, 1)),
    )
