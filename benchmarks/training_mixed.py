"""Training instances whose options are drawn: every constraint meets every other."""

from typing import Any

import numpy as np

from benchmarks.cellular import hexagonal, large
from benchmarks.instances.channels import scattered
from benchmarks.instances.many_users import hexagonal_association
from benchmarks.suites.association import fair
from benchmarks.suites.blocks import averaged, faded
from benchmarks.suites.channels import spectrum
from benchmarks.suites.power import CIRCUIT, EFFICIENCY, fading_blocks
from formulations.association import UserAssociation
from formulations.blocks import BlockSchedule
from formulations.channels import ChannelAssignment
from formulations.placement import LapPlacement
from formulations.power import PowerControl

Draw = np.random.Generator
OBJECTIVES = (
    "sum_rate",
    "max_min_rate",
    "proportional_fair",
    "min_power",
    "energy_efficiency",
)


def size(rng: Draw, low: int, high: int) -> int:
    """Integer in [low, high], its logarithm uniform."""
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def objective_fields(objective: str) -> dict[str, Any]:
    """Fields that an objective of power control goes with."""
    if objective != "energy_efficiency":
        return {"objective": objective}
    extra = {"circuit_power": CIRCUIT, "amplifier_efficiency": EFFICIENCY}
    return {"objective": objective, **extra}


def mixed_power(rng: Draw, seed: int) -> PowerControl:
    """Any objective, with floors, incumbents to protect, weights or several blocks."""
    objective = str(rng.choice(OBJECTIVES))
    fields = objective_fields(objective)
    if rng.random() < 0.3:
        plain = large(size(rng, 100, 600), 12, seed, **fields)
    elif rng.random() < 0.3:
        plain = fading_blocks(size(rng, 3, 12), size(rng, 3, 16), seed)
        plain = plain.replace(**fields)
    else:
        plain = hexagonal(size(rng, 5, 80), seed, **fields)
    links = len(plain.p_max)
    chosen: dict[str, Any] = {}
    if rng.random() < 0.4:
        chosen["weight"] = rng.lognormal(0.0, 0.7, links)
    full = np.broadcast_to(
        plain.p_max.reshape(-1, *[1] * (plain.noise.ndim - 1))
        / (plain.noise.size / links),
        plain.noise.shape,
    )
    if objective == "min_power" or rng.random() < 0.3:
        chosen["min_rate"] = rng.uniform(0.1, 0.7) * plain.rate(full)
    if rng.random() < 0.4:
        receivers = int(rng.integers(1, 6))
        heard = 10 ** -rng.uniform(9, 13, (receivers, links))
        part = rng.uniform(0.1, 2.0)
        chosen["protected_gain"] = heard
        chosen["protected_limit"] = part * heard @ plain.p_max
    return plain.replace(**chosen)


def mixed_association(rng: Draw, seed: int) -> UserAssociation:
    """Duties to serve, handover costs, backhauls and second links by chance."""
    fields: dict[str, Any] = {}
    users = size(rng, 40, 5000)
    cells = max(3, round(users / rng.uniform(8, 50)))
    if rng.random() < 0.3:
        plain = fair(users, cells, seed)
    else:
        room = rng.uniform(0.6, 1.1)
        plain = hexagonal_association(users, cells, 5, tightness=room, seed=seed)
    if rng.random() < 0.4:
        fields["previous"] = rng.integers(-1, cells, users)
        fields["handover_cost"] = rng.uniform(0.02, 0.5)
    if rng.random() < 0.4:
        served = np.sort(plain.candidates.utility)[-users:].sum()
        if plain.objective == "proportional_fair":
            served = cells * float(np.median(plain.candidates.utility))
        fields["backhaul"] = np.full(cells, rng.uniform(0.5, 1.2) * served / cells)
    if plain.objective == "sum" and rng.random() < 0.3:
        fields["max_links"] = 2
    if plain.objective == "sum" and rng.random() < 0.3:
        fields["must_serve"] = True
        fields["capacity"] = 1.6 * plain.capacity
    return plain.replace(**fields)


def mixed_placement(rng: Draw, seed: int) -> LapPlacement:
    """Gateways, batteries, conflicts, duties to serve and shares by chance."""
    users, sites = size(rng, 40, 800), size(rng, 8, 80)
    place = rng.uniform(0, 1, (users + sites, 2))
    apart = np.linalg.norm(place[:users, None] - place[users:], axis=2)
    demand = rng.uniform(1, 5, users)
    must = bool(rng.random() < 0.4)
    value = demand[:, None] * (1 - apart)
    if not must:
        value = np.where(apart < 0.4, value, -np.inf)
    laps = max(3, sites // int(rng.integers(2, 8)))
    room = demand.sum() / laps * rng.uniform(1.3 if must else 0.4, 2.0)
    fields: dict[str, Any] = {"must_serve": must, "max_laps": float(laps)}
    if rng.random() < 0.6:
        fields["capacity"] = np.full(sites, room)
    if rng.random() < 0.5:
        fields["open_cost"] = rng.uniform(0.5, 2.0, sites) * demand.sum() / sites / 4
    if rng.random() < 0.4:
        fields["gateway"] = rng.integers(0, 3, sites)
        fields["backhaul"] = np.full(3, demand.sum() * rng.uniform(0.3, 0.6))
    if rng.random() < 0.4:
        between = np.linalg.norm(place[users:, None] - place[users:], axis=2)
        fields["conflicts"] = np.argwhere(np.triu(between < 0.05, 1))
    if rng.random() < 0.3:
        fields["energy"], fields["battery"] = rng.uniform(0, 1, sites), 0.9
    if rng.random() < 0.3:
        fields["single_source"] = False
    return LapPlacement(value, demand=demand, **fields)


def mixed_channels(rng: Draw, seed: int) -> ChannelAssignment:
    """Any objective, with exact pairs and channels that transmitters would keep."""
    count, neighbours = size(rng, 20, 400), int(rng.integers(4, 14))
    channels = int(rng.integers(3, 5) * neighbours)
    if rng.random() < 0.4:
        plain = spectrum(2 * (count // 2), neighbours, 2 * channels, seed)
    else:
        plain = scattered(count, neighbours, channels, seed)
    objective = str(
        rng.choice(["feasible", "min_span", "min_order", "min_interference"])
    )
    fields: dict[str, Any] = {"objective": objective}
    if objective == "min_interference":
        soft = ~plain.exact & (rng.random(len(plain.pairs)) < 0.9)
        price = rng.lognormal(0.0, rng.uniform(0.3, 2.0), len(plain.pairs))
        fields["penalty"] = np.where(soft, price, np.inf)
        few = np.arange(max(4, channels // int(rng.integers(4, 9))))
        if not plain.exact.any():
            fields["domains"] = (few,) * plain.sizes["V"]
        if rng.random() < 0.5:
            fields["preferred"] = rng.integers(0, len(few), plain.sizes["V"])
            fields["preferred_cost"] = rng.uniform(0, 1, plain.sizes["V"])
    return plain.replace(**fields)


def mixed_blocks(rng: Draw, seed: int) -> BlockSchedule:
    """Floors, limits, neighbours and fairness by chance."""
    is_fair, joined = bool(rng.random() < 0.5), bool(rng.random() < 0.4)
    cells, blocks = size(rng, 1, 12), size(rng, 12, 273)
    users = max(3, cells * size(rng, 3, 30))
    make = averaged if is_fair else faded
    plain = make(users, cells, blocks, seed, contiguous=joined)
    share = blocks * cells / users
    fields: dict[str, Any] = {}
    if rng.random() < 0.4:
        fields["min_rate"] = rng.uniform(0.05, 0.4) * share * plain.rate.mean(axis=1)
    if rng.random() < 0.4:
        fields["max_blocks"] = np.full(users, np.ceil(rng.uniform(1.2, 4) * share))
    if rng.random() < 0.4:
        fields["weight"] = rng.lognormal(0.0, 0.5, users)
    return plain.replace(**fields)
