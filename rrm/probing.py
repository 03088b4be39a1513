"""Which links to measure next, when not all can be: asked of the engine."""

from typing import NamedTuple

import numpy as np

from formulations import UserAssociation
from rrm.budget import Budget
from rrm.engine import solve
from rrm.solution import Solution
from twins import TwinSnapshot

ERROR_DB = 2.0  # of a measurement
RELEVANT_DB = 25.0  # below a user's strongest cell, beyond which a link matters little
PLACE = 25.0  # m within which users would tell the same of a cell


class Probes(NamedTuple):
    """Links to measure.

    Attributes
    ----------
    user, cell : (n,) int
        Who is asked for which cell, most informative first.
    solution : Solution
        Of the problem, with its certificate.
    """

    user: np.ndarray
    cell: np.ndarray
    solution: Solution


def information(snapshot: TwinSnapshot) -> np.ndarray:
    """What measuring a link would tell, (U, B) in nats; 0 where that matters little.

    Mutual information of a Gaussian error of ``gain_std_db`` and its measurement, for
    as many users as are near. Only the first of them tells of a cell: the others would
    repeat it.
    """
    power = np.where(snapshot.alive, snapshot.p_max, 0.0)
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(snapshot.gain * power)
    matters = level >= level.max(axis=1, keepdims=True) - RELEVANT_DB
    worth = 0.5 * np.log1p((snapshot.gain_std_db / ERROR_DB) ** 2) * matters
    place = np.floor(snapshot.user_position[:, :2] / PLACE).astype(np.int64)
    _, group, near = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    worth *= near[group.ravel()][:, None]
    order = np.argsort(-worth, axis=0, kind="stable")
    for cell in range(worth.shape[1]):
        _, first = np.unique(group.ravel()[order[:, cell]], return_index=True)
        repeats = np.delete(order[:, cell], first)
        worth[repeats, cell] = 0.0
    return worth


def next_probes(
    snapshot: TwinSnapshot, budget: int, most: int = 1, seconds: float = 0.1
) -> Probes:
    """Choose ``budget`` links, at most ``most`` of a user and an even part of a cell.

    Parameters
    ----------
    snapshot : TwinSnapshot
        With gains and their errors.
    budget : int
        Measurements that may be asked for.
    most : int
        Cells that one user may be asked for.
    seconds : s
        Of the engine.
    """
    worth = information(snapshot)
    cells = worth.shape[1]
    each = -(-2 * budget // cells)  # twice an even part: some cells are known well
    problem = UserAssociation(
        utility=np.where(worth > 0, worth, -np.inf),
        load=np.ones(len(worth)),
        capacity=np.full(cells, float(each)),
        max_links=most,
    )
    solution = solve(problem, Budget(seconds=seconds))
    if solution.allocation is None:
        raise RuntimeError(f"no probes: {solution}")
    chosen = solution.allocation.cell.reshape(len(worth), -1)
    user, link = np.nonzero(chosen >= 0)
    cell = chosen[user, link]
    best = np.argsort(-worth[user, cell], kind="stable")[:budget]
    return Probes(user[best], cell[best], solution)
