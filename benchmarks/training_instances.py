"""Instances that the selector learns from: families of every problem, sizes drawn.

Seeds begin at ``FIRST_SEED``: suites are run with the seeds from 0 on, which are never
trained on.
"""

import zlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any, NamedTuple

import numpy as np

from benchmarks.cellular import hexagonal, large, munich, rayleigh
from benchmarks.instances.channels import scattered
from benchmarks.instances.hotspots import hotspots
from benchmarks.instances.many_users import hexagonal_association
from benchmarks.stadium import stadium
from benchmarks.suites.association import fair
from benchmarks.suites.blocks import averaged, faded, floored
from benchmarks.suites.channels import crowded, spectrum
from benchmarks.suites.hard_numerics import wide_gains
from benchmarks.suites.placement import median, split
from benchmarks.suites.power import fading_blocks, least_power
from benchmarks.training_mixed import (
    Draw,
    mixed_association,
    mixed_blocks,
    mixed_channels,
    mixed_placement,
    mixed_power,
    objective_fields,
    size,
)
from formulations.association import UserAssociation
from formulations.blocks import BlockSchedule
from formulations.channels import ChannelAssignment
from formulations.placement import LapPlacement
from formulations.power import PowerControl
from formulations.problem import FieldError, Problem

FIRST_SEED = 1_000_000

Make = Callable[[Draw, int], Problem]


class Training(NamedTuple):
    """One instance: its family, its number there, and the seed that makes it."""

    family: str
    number: int

    @property
    def seed(self) -> int:
        """Seed of the instance and of the methods that run on it."""
        return FIRST_SEED + self.number

    @property
    def label(self) -> str:
        """``family/number``."""
        return f"{self.family}/{self.number}"

    def build(self) -> Problem:
        """Make the problem anew."""
        return made(self.family, self.seed)


def _cellular(objective: str, low: int, high: int) -> Make:
    def make(rng: Draw, seed: int) -> PowerControl:
        return hexagonal(size(rng, low, high), seed, **objective_fields(objective))

    return make


def _faded_links(objective: str, low: int, high: int) -> Make:
    def make(rng: Draw, seed: int) -> PowerControl:
        return rayleigh(size(rng, low, high), seed, **objective_fields(objective))

    return make


def _munich(rng: Draw, seed: int) -> PowerControl:
    objective = rng.choice(["sum_rate", "energy_efficiency", "proportional_fair"])
    return munich(size(rng, 5, 20), seed, **objective_fields(str(objective)))


def _floors(rng: Draw, seed: int) -> PowerControl:
    objective = str(rng.choice(["sum_rate", "proportional_fair"]))
    plain = hexagonal(size(rng, 5, 80), seed, objective=objective)
    return plain.replace(min_rate=rng.uniform(0.1, 0.8) * plain.rate(plain.p_max))


def _power_blocks(rng: Draw, seed: int) -> PowerControl:
    plain = fading_blocks(size(rng, 3, 20), size(rng, 3, 32), seed)
    objectives = ["sum_rate", "proportional_fair"]
    return plain.replace(objective=str(rng.choice(objectives)))


def _sparse(rng: Draw, seed: int) -> PowerControl:
    plain = large(size(rng, 300, 3000), 20, seed, objective="max_min_rate")
    if rng.random() < 0.5:
        return plain
    return plain.replace(objective="min_power", min_rate=0.5 * plain.rate(plain.p_max))


def _loads(rng: Draw, seed: int) -> UserAssociation:
    users = size(rng, 60, 10_000)
    return hexagonal_association(
        users,
        max(4, round(users / rng.uniform(10, 60))),
        int(rng.integers(3, 9)),
        tightness=rng.uniform(0.6, 1.1),
        seed=seed,
    )


def _counts(rng: Draw, seed: int) -> UserAssociation:
    users = size(rng, 60, 10_000)
    cells = max(4, round(users / rng.uniform(10, 60)))
    return hexagonal_association(users, cells, 4, unit_load=True, seed=seed)


def _handovers(rng: Draw, seed: int) -> UserAssociation:
    plain = _loads(rng, seed)
    users, cells = plain.sizes["U"], plain.sizes["B"]
    before = rng.integers(-1, cells, users)
    return plain.replace(previous=before, handover_cost=rng.uniform(0.05, 0.5))


def _fair_users(rng: Draw, seed: int) -> UserAssociation:
    users = size(rng, 40, 3000)
    return fair(users, max(3, round(users / rng.uniform(8, 40))), seed)


def _fair_limits(rng: Draw, seed: int) -> UserAssociation:
    plain = _fair_users(rng, seed)
    users, cells = plain.sizes["U"], plain.sizes["B"]
    load = rng.lognormal(0.0, 0.5, users)
    return plain.replace(load=load, capacity=np.full(cells, 1.2 * load.sum() / cells))


def _two_links(rng: Draw, seed: int) -> UserAssociation:
    users = size(rng, 40, 2000)
    cells = max(4, round(users / rng.uniform(8, 30)))
    plain = hexagonal_association(users, cells, 5, tightness=0.5, seed=seed)
    return plain.replace(max_links=2)


def _assignment(kind: str) -> Make:
    """Generalized assignment of the types C, D and E of Chu, Beasley and Yagiura."""

    def make(rng: Draw, seed: int) -> UserAssociation:
        agents = size(rng, 5, 40)
        jobs = agents * int(rng.integers(5, 30))
        shape = (jobs, agents)
        load = rng.integers(5, 26, shape).astype(float)
        cost = rng.integers(10, 51, shape).astype(float)
        if kind == "D":
            load = rng.integers(1, 101, shape).astype(float)
            cost = 111 - load + rng.integers(-10, 11, shape)
        if kind == "E":
            load = np.floor(1 - 10 * np.log(1 - rng.random(shape)))
            cost = np.floor(1000 / load - 10 * rng.random(shape))
        capacity = 0.8 * load.sum(axis=0) / agents
        return UserAssociation(-cost, load, np.floor(capacity), must_serve=True)

    return make


def _event(rng: Draw, seed: int) -> LapPlacement:
    users = size(rng, 150, 6000)
    sites, laps = size(rng, 9, 144), int(rng.integers(2, 9))
    return stadium(users, max(20, users // 8), sites, laps, seed=seed)


def _median(rng: Draw, seed: int) -> LapPlacement:
    points = size(rng, 30, 400)
    return median(points, max(2, round(points * rng.uniform(0.02, 0.2))), seed)


def _split(rng: Draw, seed: int) -> LapPlacement:
    users = size(rng, 20, 400)
    return split(users, max(6, round(users * rng.uniform(0.15, 0.6))), seed)


def _whole(rng: Draw, seed: int) -> LapPlacement:
    return _split(rng, seed).replace(single_source=True)


def _open_access(rng: Draw, seed: int) -> LapPlacement:
    plain = _split(rng, seed)
    return plain.replace(capacity=np.full(plain.sizes["S"], np.inf))


def _chosen_users(rng: Draw, seed: int) -> LapPlacement:
    users, sites = size(rng, 50, 1500), size(rng, 8, 60)
    place = rng.uniform(0, 1, (users + sites, 2))
    apart = np.linalg.norm(place[:users, None] - place[users:], axis=2)
    demand = rng.uniform(1, 5, users)
    value = np.where(apart < 0.35, demand[:, None] * (1 - apart), -np.inf)
    laps = float(max(2, sites // 6))
    capacity = np.full(sites, demand.sum() / laps * rng.uniform(0.4, 1.2))
    return LapPlacement(value, demand=demand, capacity=capacity, max_laps=laps)


def _span(rng: Draw, seed: int) -> ChannelAssignment:
    neighbours = int(rng.integers(4, 14))
    return scattered(size(rng, 30, 2000), neighbours, 5 * neighbours, seed)


def _interference(rng: Draw, seed: int) -> ChannelAssignment:
    neighbours = int(rng.integers(6, 16))
    channels = max(3, round(neighbours * rng.uniform(0.4, 0.8)))
    return crowded(size(rng, 30, 2000), neighbours, channels, seed)


def _network_costs(rng: Draw, seed: int) -> ChannelAssignment:
    """As a cellular operator's: many pairs, prices over decades, some hard."""
    count = size(rng, 40, 600)
    plain = scattered(count, int(rng.integers(10, 40)), int(rng.integers(6, 40)), seed)
    price = rng.lognormal(0.0, 2.0, len(plain.pairs))
    price[rng.random(len(price)) < 0.02] = np.inf
    return plain.replace(penalty=price, objective="min_interference")


def _order(rng: Draw, seed: int) -> ChannelAssignment:
    return spectrum(2 * size(rng, 15, 150), 8, 2 * int(rng.integers(16, 30)), seed)


def _graph(objective: str) -> Make:
    """Colouring of a random graph: separations of 1."""

    def make(rng: Draw, seed: int) -> ChannelAssignment:
        count, density = size(rng, 30, 250), rng.uniform(0.1, 0.6)
        first, second = np.triu_indices(count, 1)
        kept = rng.random(len(first)) < density
        pairs = np.stack((first[kept], second[kept]), axis=1)
        channels = np.arange(max(6, round(1.2 * count * density)))
        apart = np.ones(len(pairs), int)
        return ChannelAssignment((channels,) * count, pairs, apart, objective=objective)

    return make


def _cells(rng: Draw, seed: int) -> ChannelAssignment:
    """Cells that ask for several channels each, and are apart by distance."""
    cells = size(rng, 7, 30)
    demand = rng.integers(1, int(rng.integers(3, 30)), cells)
    place = rng.uniform(0, np.sqrt(cells), (cells, 2))
    apart = np.linalg.norm(place[:, None] - place, axis=2)
    need = (apart < 0.9).astype(int) + (apart < 1.8) + 3 * np.eye(cells, dtype=int)
    cell = np.repeat(np.arange(cells), demand)
    first, second = np.triu_indices(len(cell), 1)
    gap = need[cell[first], cell[second]]
    pairs = np.stack((first, second), axis=1)[gap > 0]
    channels = (np.arange(6 * int(demand.max()) + 60),) * len(cell)
    return ChannelAssignment(channels, pairs, gap[gap > 0], objective="min_span")


def _blocks(
    make: Callable[..., BlockSchedule], **fields: Any
) -> Callable[[Draw, int], BlockSchedule]:
    def built(rng: Draw, seed: int) -> BlockSchedule:
        cells = size(rng, 1, 12)
        users = max(3, cells * size(rng, 3, 30))
        return make(users, cells, size(rng, 12, 273), seed, **fields)

    return built


def _limited_blocks(rng: Draw, seed: int) -> BlockSchedule:
    plain = _blocks(floored)(rng, seed)
    most = rng.uniform(1, 4) * plain.sizes["N"] * plain.sizes["B"] / plain.sizes["U"]
    return plain.replace(max_blocks=np.full(plain.sizes["U"], np.ceil(most)))


def _incumbents(rng: Draw, seed: int) -> PowerControl:
    """Receivers to protect at the edge of what full power does to them."""
    links, receivers = size(rng, 5, 100), size(rng, 1, 12)
    plain = hexagonal(
        links, seed, objective=str(rng.choice(["sum_rate", "max_min_rate"]))
    )
    heard = 10 ** -rng.uniform(8, 14, (receivers, links))
    limit = rng.uniform(0.05, 1.5, receivers) * (heard @ plain.p_max)
    return plain.replace(protected_gain=heard, protected_limit=limit)


def _backhaul(rng: Draw, seed: int) -> UserAssociation:
    plain = _loads(rng, seed)
    best = np.sort(plain.candidates.utility)[-plain.sizes["U"] :].sum()
    share = rng.uniform(0.5, 1.5, plain.sizes["B"])
    return plain.replace(backhaul=0.9 * best * share / share.sum())


FAMILIES: dict[str, Make] = {
    "power-sum-cellular": _cellular("sum_rate", 4, 150),
    "power-sum-rayleigh": _faded_links("sum_rate", 4, 100),
    "power-munich": _munich,
    "power-floors": _floors,
    "power-blocks": _power_blocks,
    "power-fair-cellular": _cellular("proportional_fair", 5, 100),
    "power-max-min-cellular": _cellular("max_min_rate", 5, 200),
    "power-max-min-rayleigh": _faded_links("max_min_rate", 5, 100),
    "power-least-cellular": lambda rng, seed: least_power(size(rng, 7, 200), seed),
    "power-least-wide": lambda rng, seed: wide_gains(size(rng, 5, 60), seed),
    "power-efficiency-cellular": _cellular("energy_efficiency", 5, 100),
    "power-sparse": _sparse,
    "association-loads": _loads,
    "association-counts": _counts,
    "association-handovers": _handovers,
    "association-fair": _fair_users,
    "association-fair-limits": _fair_limits,
    "association-two-links": _two_links,
    "association-gap-c": _assignment("C"),
    "association-gap-d": _assignment("D"),
    "association-gap-e": _assignment("E"),
    "placement-event": _event,
    "placement-median": _median,
    "placement-split": _split,
    "placement-whole": _whole,
    "placement-open-access": _open_access,
    "placement-chosen-users": _chosen_users,
    "channels-span": _span,
    "channels-cells": _cells,
    "channels-interference": _interference,
    "channels-network": _network_costs,
    "channels-order": _order,
    "channels-colouring": _graph("min_order"),
    "channels-feasible": _graph("feasible"),
    "blocks-sum": _blocks(faded),
    "blocks-floors": _blocks(floored),
    "blocks-limits": _limited_blocks,
    "blocks-fair": _blocks(averaged),
    "blocks-contiguous": _blocks(averaged, contiguous=True),
    "blocks-contiguous-sum": _blocks(faded, contiguous=True),
    "power-incumbents": _incumbents,
    "association-backhaul": _backhaul,
    "placement-hotspots": hotspots,
    "power-mixed": mixed_power,
    "association-mixed": mixed_association,
    "placement-mixed": mixed_placement,
    "channels-mixed": mixed_channels,
    "blocks-mixed": mixed_blocks,
}
"""How an instance of each family is made, from random numbers and a seed."""


GROUP = "rrm.families"
"""Entry points of families in other packages: ``make(rng, seed)`` builds a problem."""
MIXED = "-mixed"
"""Families of this name are worth ``MIXED_COUNT`` others."""
MIXED_COUNT = 3


@cache
def families() -> dict[str, Make]:
    """All families: ours, and those of other packages by their entry points."""
    added = {entry.name: entry.load() for entry in entry_points(group=GROUP)}
    return {**FAMILIES, **added}


def made(family: str, seed: int) -> Problem:
    """Instance of a family by its seed."""
    name = zlib.crc32(family.encode())
    return families()[family](np.random.default_rng([name, seed]), seed)


def training_instances(count: int, names: Sequence[str] = ()) -> list[Training]:
    """``count`` instances of each family, one family after the other in turns.

    Parameters
    ----------
    count : int
        Of each family.
    names : sequence of str
        Families; all by default.

    Raises
    ------
    FieldError
        If there is no such family.
    """
    for name in names:
        if name not in families():
            allowed = f"one of {', '.join(families())}"
            raise FieldError("families", None, repr(name), allowed)
    found = []
    for number in range(count):
        for name in names or families():
            many = MIXED_COUNT if name.endswith(MIXED) else 1
            found += [Training(name, number * many + k) for k in range(many)]
    return found
