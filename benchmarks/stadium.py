"""An event with low-altitude platforms: many users in hotspots, few platforms."""

import numpy as np
from scipy.sparse import csr_array

from formulations.lap_sites import (
    Platform,
    flight_energy,
    too_close,
    value_of,
)
from formulations.placement import LapPlacement
from twins.l1.air_to_ground import air_to_ground_gain

SIDE = 2000.0  # m of the event area
REACH = 500.0  # m over ground beyond which a user does not attach
DEMANDS = (0.5e6, 1e6, 2e6, 4e6)  # bit/s: messages, audio, video, live upload
SHARES = (0.35, 0.35, 0.2, 0.1)
SPREAD = 2.5  # m of the users of a hotspot: a block of seats
GATEWAYS = 4


def stadium(
    users: int = 60_000,
    hotspots: int = 3_000,
    sites: int = 400,
    laps: int = 12,
    seed: int = 0,
    moved: float = 0.0,
) -> LapPlacement:
    """Placement for an event: a stadium, streets around it, and four gateways.

    Half the hotspots are in a stadium of 180 m, the others cluster at entrances and
    stations. Gains follow Al-Hourani et al. (dense urban) at altitudes of 60 to 150 m;
    energy that of a rotary wing from a base in a corner, which leaves the far corner
    out of reach. Sites closer than 150 m are in conflict. Platforms carry 1.2 times
    less than an equal part of all demand; the gateways less than their platforms.
    The part ``moved`` of the users has gone to another hotspot since.
    """
    rng = np.random.default_rng(seed)
    inside = hotspots // 2
    angle = rng.uniform(0, 2 * np.pi, inside)
    radius = 90.0 + rng.uniform(0, 90.0, inside)
    seats = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    centres = rng.uniform(-0.45 * SIDE, 0.45 * SIDE, (40, 2))
    chosen = rng.choice(40, hotspots - inside, p=rng.dirichlet(np.full(40, 2.0)))
    streets = centres[chosen] + rng.normal(0, 90.0, (hotspots - inside, 2))
    centre = np.clip(np.concatenate((seats, streets)), -SIDE / 2, SIDE / 2)
    hotspot = np.repeat(np.arange(hotspots), -(-users // hotspots))[:users]
    flat = centre[hotspot] + rng.normal(0, SPREAD, (users, 2))
    user = np.column_stack((flat, np.full(users, 1.5)))
    side = int(np.ceil(np.sqrt(sites)))
    line = (np.arange(side) + 0.5) / side * SIDE - SIDE / 2
    east, north = np.meshgrid(line, line)
    grid = np.stack([east.ravel(), north.ravel()], axis=1)[:sites]
    height = rng.choice([60.0, 90.0, 120.0, 150.0], sites)
    site = np.column_stack((grid + rng.uniform(-20, 20, (sites, 2)), height))
    demand = rng.choice(DEMANDS, users, p=SHARES)
    who = rng.choice(users, int(moved * users), replace=False)
    user[who, :2] = centre[rng.integers(0, hotspots, len(who))]
    user[who, :2] += rng.normal(0, SPREAD, (len(who), 2))
    platform = Platform(
        power=0.2,
        capacity=demand.sum() / laps / 1.2,
        battery=385e3,
        speed=12.0,
        mission=2000.0,
    )
    base = np.array([-0.5 * SIDE, -0.5 * SIDE, 0.0])
    gateway = (site[:, 0] > 0) * 2 + (site[:, 1] > 0)
    return LapPlacement(
        in_range(user, site, demand, platform),
        open_cost=np.full(sites, 0.002 * demand.sum()),
        demand=demand,
        capacity=np.full(sites, platform.capacity),
        max_laps=float(laps),
        gateway=gateway.astype(np.intp),
        backhaul=np.full(GATEWAYS, 0.9 * platform.capacity * laps / GATEWAYS),
        energy=flight_energy(site, base, platform),
        battery=platform.battery,
        conflicts=too_close(site, 150.0),
    )


def in_range(
    user: np.ndarray, site: np.ndarray, demand: np.ndarray, platform: Platform
) -> csr_array:
    """Values (U, S) of the pairs within reach, in blocks of users."""
    parts = []
    for first in range(0, len(user), 4000):
        block = slice(first, first + 4000)
        gain = air_to_ground_gain(user[block], site, platform.carrier, "dense urban")
        value = value_of(gain, demand[block], platform)
        apart = user[block, None, :2] - site[None, :, :2]
        near = (np.hypot(apart[..., 0], apart[..., 1]) <= REACH) & np.isfinite(value)
        rows, columns = np.nonzero(near)
        parts.append((rows + first, columns, value[near]))
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return csr_array((values, (rows, columns)), shape=(len(user), len(site)))
