"""User association: clustered users of hexagonal networks, loads and fair shares."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.instances.many_users import hexagonal_association
from benchmarks.suites import Instance, Suite
from formulations.association import UserAssociation

BANDWIDTH = 10e6  # Hz
CANDIDATES = 4


def loaded(users: int, cells: int, seed: int) -> UserAssociation:
    """Loads as shares of a cell's time, capacities nearly used up."""
    return hexagonal_association(users, cells, CANDIDATES, seed=seed)


def counted(users: int, cells: int, seed: int) -> UserAssociation:
    """So many users a cell."""
    return hexagonal_association(users, cells, CANDIDATES, unit_load=True, seed=seed)


def fair(users: int, cells: int, seed: int) -> UserAssociation:
    """Proportionally fair shares of the cells' rates."""
    rng = np.random.default_rng([users, cells, seed])
    snr = rng.lognormal(0.5, 1.5, (users, cells))
    strongest = np.sort(snr, axis=1)[:, -min(CANDIDATES, cells)]
    rate = np.where(snr >= strongest[:, None], BANDWIDTH * np.log2(1 + snr), -np.inf)
    return UserAssociation(
        rate, np.ones(users), np.full(cells, np.inf), objective="proportional_fair"
    )


def suites(folder: Path) -> list[Suite]:
    """The suite ``association``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], UserAssociation]]] = []
    for users, cells in ((100, 7), (1000, 37), (10_000, 127)):
        size = f"{users}x{cells}"
        rows.append(("loads", size, partial(loaded, users, cells)))
        rows.append(("counts", size, partial(counted, users, cells)))
    for users, cells in ((60, 7), (1000, 37)):
        rows.append(("fair", f"{users}x{cells}", partial(fair, users, cells)))
    made = tuple(Instance("association", *row) for row in rows)
    about = "UserAssociation: loads, counts, and fair shares of hexagonal networks"
    return [Suite("association", about, ("10ms", "100ms", "1s"), made)]
