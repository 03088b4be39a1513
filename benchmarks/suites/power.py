"""Power control: cellular and fading networks, each objective, several blocks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.cellular import hexagonal, large, munich, rayleigh
from benchmarks.suites import Instance, Suite
from formulations.power import PowerControl

LOAD = 0.6  # floors, as a part of the rates at full power
CIRCUIT = 10.0  # W, for energy efficiency
EFFICIENCY = 0.3


def least_power(links: int, seed: int) -> PowerControl:
    """Floors that full power meets, at the least total power."""
    plain = hexagonal(links, seed)
    floors = LOAD * plain.rate(plain.p_max)
    return plain.replace(objective="min_power", min_rate=floors)


def efficient(links: int, seed: int) -> PowerControl:
    """Bits per joule with circuits and amplifiers."""
    return hexagonal(
        links,
        seed,
        objective="energy_efficiency",
        circuit_power=CIRCUIT,
        amplifier_efficiency=EFFICIENCY,
    )


def fading_blocks(links: int, blocks: int, seed: int) -> PowerControl:
    """A hexagonal network with Rayleigh fading on each block."""
    plain = hexagonal(links, seed)
    fading = np.random.default_rng([links, seed]).exponential(
        size=(links, links, blocks)
    )
    noise = np.repeat(plain.noise[:, None], blocks, axis=1) / blocks
    return plain.replace(
        gain=plain.gain[:, :, None] * fading,
        noise=noise,
        bandwidth=plain.bandwidth / blocks,
    )


def suites(folder: Path) -> list[Suite]:
    """The suite ``power``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], PowerControl]]] = []
    for links in (8, 15, 30, 100):
        rows.append(("urban-macro", f"sum-{links}", partial(hexagonal, links)))
        rows.append(("rayleigh", f"sum-{links}", partial(rayleigh, links)))
    for links in (10, 20):
        rows.append(("munich", f"sum-{links}", partial(munich, links)))
    for objective in ("max_min_rate", "proportional_fair"):
        for links in (8, 50):
            build = partial(hexagonal, links, objective=objective)
            rows.append((objective.replace("_", "-"), f"{links}", build))
    for links in (19, 100):
        rows.append(("least-power", f"{links}", partial(least_power, links)))
        rows.append(("efficiency", f"{links}", partial(efficient, links)))
    rows.append(("blocks", "sum-8x12", partial(fading_blocks, 8, 12)))
    fair = partial(large, 1000, 20, objective="max_min_rate")
    rows.append(("sparse", "max-min-1000", fair))
    made = tuple(Instance("power", *row) for row in rows)
    about = "PowerControl: hexagonal, ray-traced and fading networks, every objective"
    return [Suite("power", about, ("1ms", "10ms", "1s"), made)]
