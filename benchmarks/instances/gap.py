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


def drawn_gap(kind: str, agents: int, jobs: int, seed: int) -> UserAssociation:
    """Random member of the families c, d and e, with loads and costs in integers [1]_.

    Capacities are 0.8 of the mean load of an agent that had all jobs to share. In d and
    e what costs little takes much.

    References
    ----------
    .. [1] P. C. Chu, J. E. Beasley, "A genetic algorithm for the generalised assignment
       problem", Computers & OR 24(1), 1997 (c and d), and M. Yagiura et al. as above
       (e). https://doi.org/10.1016/S0305-0548(96)00032-9
    """
    rng = np.random.default_rng([ord(kind), agents, jobs, seed])
    shape = jobs, agents
    if kind == "c":
        load = rng.integers(5, 26, shape).astype(float)
        cost = rng.integers(10, 51, shape).astype(float)
    elif kind == "d":
        load = rng.integers(1, 101, shape).astype(float)
        cost = 111 - load + rng.integers(-10, 11, shape)
    else:
        load = np.floor(1 - 10 * np.log1p(-rng.random(shape)))
        cost = np.floor(1000 / load - 10 * rng.random(shape))
    capacity = np.floor(0.8 * load.sum(axis=0) / agents)
    return UserAssociation(-cost, load, capacity, must_serve=True)


def best_known() -> dict[str, tuple[float, float]]:
    """Lower bound and best cost by the name of each set in ``FOLDER``."""
    text = (FOLDER / "best_known.json").read_text()
    return {
        name: (float(low), float(best))
        for name, (low, best) in json.loads(text).items()
    }
