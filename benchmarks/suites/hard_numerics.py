"""Natural units, wide gains, tight capacities: where trusted solvers are wrong.

Each family is one fact of a solver's arithmetic: coefficients below 1e-9 are dropped,
rows may be missed by 1e-6 whatever their size, and a gradient of 1e-7 looks like an
optimum. Outside solvers get each problem twice: scaled, and in SI units.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.cellular import hexagonal
from benchmarks.suites import Instance, Suite
from benchmarks.suites.power import least_power
from formulations.association import UserAssociation
from formulations.blocks import BlockSchedule
from formulations.power import PowerControl
from formulations.problem import Problem

EXCESS = 1e-7  # by which two users exceed a cell: more than rounding, less than 1e-6


def wide_gains(links: int, seed: int) -> PowerControl:
    """Least power where own gains spread over eight decades."""
    rng = np.random.default_rng([links, seed])
    own = 10 ** -rng.uniform(5, 13, links)
    gain = own[:, None] * 10 ** -rng.uniform(2, 6, (links, links))
    gain[np.diag_indices(links)] = own
    plain = PowerControl(
        gain, np.full(links, 1e-14), np.full(links, 40.0), bandwidth=1e6
    )
    return plain.replace(
        objective="min_power", min_rate=0.5 * plain.rate(np.full(links, 0.1))
    )


def water_filling(blocks: int, seed: int) -> PowerControl:
    """One link over parallel blocks far below the noise, as spread spectrum is."""
    rng = np.random.default_rng([blocks, seed])
    gain = 1e-16 * rng.exponential(size=(1, 1, blocks))
    return PowerControl(gain, np.full((1, blocks), 1e-9), np.ones(1), bandwidth=5e8)


def tight_cells(users: int, seed: int) -> UserAssociation:
    """Pairs of users exceed a cell by 1e-7 of its capacity, which is no rounding."""
    rng = np.random.default_rng([users, seed])
    cells = users // 2
    utility = rng.uniform(1, 2, (users, cells))
    return UserAssociation(
        utility, np.full(users, 0.5 * (1 + EXCESS)), np.full(cells, 1.0)
    )


def tiny_loads(users: int, cells: int, seed: int) -> UserAssociation:
    """Loads in W at a receiver: rows of size 1e-12, below what solvers look at."""
    rng = np.random.default_rng([users, cells, seed])
    utility = rng.uniform(1, 2, (users, cells))
    load = 1e-12 * rng.uniform(0.5, 1.5, (users, cells))
    capacity = np.full(cells, 0.4e-12 * users / cells)
    return UserAssociation(utility, load, capacity)


def faint_floors(users: int, blocks: int, seed: int) -> BlockSchedule:
    """Users of 1e9 bit/s beside meters of 1 bit/s whose floors count as much."""
    rng = np.random.default_rng([users, blocks, seed])
    size = np.where(np.arange(users) % 2 == 0, 1e9, 1.0)
    rate = size[:, None] * rng.exponential(size=(users, blocks))
    floors = np.where(size == 1.0, 0.8 * rate.mean(axis=1), 0.0)
    return BlockSchedule(rate, min_rate=floors)


def suites(folder: Path) -> list[Suite]:
    """The suite ``hard-numerics``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], Problem]]] = [
        ("natural-units", "least-power-19", partial(least_power, 19)),
        (
            "natural-units",
            "max-min-19",
            partial(hexagonal, 19, objective="max_min_rate"),
        ),
        ("natural-units", "loads-12x3", partial(tiny_loads, 12, 3)),
        ("wide-gains", "least-power-8", partial(wide_gains, 8)),
        ("wide-gains", "water-filling-16", partial(water_filling, 16)),
        ("wide-gains", "floors-6x12", partial(faint_floors, 6, 12)),
        ("tight-capacities", "pairs-8", partial(tight_cells, 8)),
    ]
    made = tuple(Instance("hard-numerics", *row) for row in rows)
    about = "natural units, wide gains, tight capacities: where claims go wrong"
    return [Suite("hard-numerics", about, ("1s",), made, in_si=True)]
