"""Public location instances as placement problems, and their best known values."""

import json
from pathlib import Path

import numpy as np

from formulations.placement import LapPlacement

FOLDER = Path(__file__).parents[3] / "shared/instances/placement"
"""Where the instances are, beside the checkout; they do not ship with it."""


def p_median(cost: np.ndarray, medians: int) -> LapPlacement:
    """Serve all users (U, S) from ``medians`` sites at the least cost.

    The OR-Library sets of J. E. Beasley, "A note on solving large p-median problems",
    EJOR 21(2), 1985. https://doi.org/10.1016/0377-2217(85)90040-2
    """
    value = -np.asarray(cost, dtype=float)
    return LapPlacement(value, must_serve=True, max_laps=float(medians))


def facility_location(
    cost: np.ndarray, demand: np.ndarray, capacity: np.ndarray, open_cost: np.ndarray
) -> LapPlacement:
    """Serve all users, in parts if need be, at the least total cost.

    ``cost`` (S, U) is that of serving all of a user; J. E. Beasley, "An algorithm for
    solving large capacitated warehouse location problems", EJOR 33(3), 1988.
    https://doi.org/10.1016/0377-2217(88)90175-0
    """
    return LapPlacement(
        -np.asarray(cost, dtype=float).T,
        open_cost=open_cost,
        demand=demand,
        capacity=capacity,
        must_serve=True,
        single_source=False,
    )


def read(name: str) -> LapPlacement:
    """Instance ``name`` of the folder."""
    data = np.load(FOLDER / f"{name}.npz")
    if "p" in data:
        return p_median(data["cost"], int(data["p"]))
    fields = ("cost", "demand", "capacity", "open_cost")
    return facility_location(*(data[field] for field in fields))


def names() -> list[str]:
    """Instances of the folder, p-median by number first; empty without it."""
    found = [path.stem for path in FOLDER.glob("*.npz")]
    return sorted(found, key=lambda name: (name[:4] != "pmed", len(name), name))


def best_known() -> dict[str, float]:
    """Least known cost by name."""
    groups = json.loads((FOLDER / "best_known.json").read_text())
    return {name: cost for group in groups.values() for name, cost in group.items()}
