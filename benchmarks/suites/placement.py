"""Placement of platforms: events with hotspots, medians, and split service."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.instances.facility import facility_location, p_median
from benchmarks.stadium import stadium
from benchmarks.suites import Instance, Suite
from formulations.placement import LapPlacement

EVENTS = {
    "200x16": (200, 40, 16, 3),
    "1000x49": (1000, 120, 49, 5),
    "6000x144": (6000, 600, 144, 8),
}
"""Users, hotspots, sites and platforms."""


def event(size: str, seed: int) -> LapPlacement:
    """An event with gateways, batteries and conflicts."""
    return stadium(*EVENTS[size], seed=seed)


def median(points: int, medians: int, seed: int) -> LapPlacement:
    """p-median of points in a square: every point may hold a platform."""
    point = np.random.default_rng([points, seed]).uniform(0, 1000, (points, 2))
    return p_median(np.linalg.norm(point[:, None] - point, axis=2), medians)


def split(users: int, sites: int, seed: int) -> LapPlacement:
    """Facility location with capacities; users may be served in parts.

    Drawn as by G. Cornuéjols, R. Sridharan, J.-M. Thizy, EJOR 50(3), 1991.
    """
    rng = np.random.default_rng([users, sites, seed])
    place = rng.uniform(size=(users + sites, 2))
    apart = np.linalg.norm(place[users:, None] - place[:users], axis=2)
    demand = rng.uniform(5, 35, users)
    capacity = rng.uniform(10, 160, sites)
    capacity *= 5 * demand.sum() / capacity.sum()
    open_cost = rng.uniform(0, 90, sites) + rng.uniform(100, 110, sites) * np.sqrt(
        capacity
    )
    return facility_location(10 * apart * demand, demand, capacity, open_cost)


def suites(folder: Path) -> list[Suite]:
    """The suite ``placement``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], LapPlacement]]] = []
    rows += [("event", size, partial(event, size)) for size in EVENTS]
    for points, medians in ((60, 5), (200, 10)):
        build = partial(median, points, medians)
        rows.append(("median", f"{points}-{medians}", build))
    for users, sites in ((50, 20), (200, 50)):
        rows.append(("split", f"{users}x{sites}", partial(split, users, sites)))
    made = tuple(Instance("placement", *row) for row in rows)
    about = "LapPlacement: events, medians, and service in parts"
    return [Suite("placement", about, ("10ms", "100ms", "1s"), made)]
