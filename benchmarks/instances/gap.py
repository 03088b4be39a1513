"""Generalized assignment in the format of Chu, Beasley and Yagiura et al."""

import json
from pathlib import Path

import numpy as np

from formulations.association import UserAssociation

FOLDER = Path(__file__).parents[3] / "shared/instances/association"


def read_gap(path: Path) -> UserAssociation:
    """Jobs as users who must be served, agents as cells, utility as negative cost.

    Parameters
    ----------
    path : Path
        Text of numbers: agents m, jobs n, cost m x n, load m x n, capacity m [1]_.

    References
    ----------
    .. [1] M. Yagiura, T. Ibaraki, F. Glover, "An ejection chain approach for the
       generalized assignment problem", INFORMS Journal on Computing 16(2), 2004.
       https://doi.org/10.1287/ijoc.1030.0036
    """
    numbers = np.array(path.read_text().split(), dtype=float)
    agents, jobs = int(numbers[0]), int(numbers[1])
    cost, load, capacity, rest = np.split(
        numbers[2:], np.cumsum([agents * jobs, agents * jobs, agents])
    )
    if rest.size or capacity.size != agents:
        raise ValueError(f"{path}: {len(numbers)} numbers for {agents} x {jobs}")
    return UserAssociation(
        utility=-cost.reshape(agents, jobs).T,
        load=load.reshape(agents, jobs).T,
        capacity=capacity,
        must_serve=True,
    )


def best_known() -> dict[str, tuple[float, float]]:
    """Lower bound and best cost by the name of each set in ``FOLDER``."""
    text = (FOLDER / "best_known.json").read_text()
    return {
        name: (float(low), float(best))
        for name, (low, best) in json.loads(text).items()
    }
