"""Many users as few groups alike: where to look, and prices to start from."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from formulations.kernels.merge_users import FEATURES, halve, merge, project
from formulations.kernels.site_entries import site_entries
from formulations.placement import LapPlacement
from formulations.placement_model import SiteModel, limits_of, locked

LARGE = 300_000  # pairs from which on groups pay
MANY = 3_000  # users from which on they do
ALIKE = 30  # users in a group at the most
PAIRS_PER_CHUNK = 100_000  # about 1 ms between looks at the clock


class Crowd(NamedTuple):
    """Users of a large problem, whose arrays stay as they are, by user.

    Attributes
    ----------
    rows : tuple of arrays
        Start (U + 1,), site (E,) and value (E,) of the pairs in range.
    unit : float
        What values are multiplied by in models.
    units : tuple of float
        Value, and value by demand, of 1 in models.
    demand : (U,)
        In the unit of models.
    limits : mapping
        Fields of a model about sites.
    """

    rows: tuple[np.ndarray, np.ndarray, np.ndarray]
    unit: float
    units: tuple[float, float]
    demand: np.ndarray
    limits: Mapping[str, Any]

    def chunks(self, count: int) -> list[tuple[int, int]]:
        """Ranges of ``count`` users that each take about a millisecond."""
        pairs = len(self.rows[1]) / max(len(self.demand), 1)
        size = max(1, int(PAIRS_PER_CHUNK / max(pairs, 1.0)))
        return [(k, min(k + size, count)) for k in range(0, count, size)]


class Groups(NamedTuple):
    """Groups of users alike, as users who may be split.

    Attributes
    ----------
    model : SiteModel
        With a group in place of each user; its value and demand are sums.
    group : (U,) int
        Of each user, -1 for those left out of a sample.
    part : (U,)
        Of its group's price that a user pays, by its demand.
    """

    model: SiteModel
    group: np.ndarray
    part: np.ndarray


def is_crowd(problem: LapPlacement) -> bool:
    """Whether there are so many users that groups of them pay."""
    return len(problem.reach.site) >= LARGE and problem.sizes["U"] >= MANY


def reason_against_crowds(problem: LapPlacement) -> str | None:
    """Why a method that knows no groups does not fit ``problem``, None if it does."""
    if is_crowd(problem) and not problem.must_serve:
        return "prices each of thousands of users: crowd does so in groups"
    return None


def crowd_of(problem: LapPlacement) -> Crowd:
    """The users of ``problem`` in canonical units."""
    units = problem.canonical_units
    value, demand = units["value"], units["demand"]
    nothing_known = np.full(problem.sizes["S"], np.inf)
    return Crowd(
        problem.reach,
        1.0 / value,
        (value, value / demand),
        problem.demand / demand,
        limits_of(problem, value, demand, nothing_known),
    )


def grouped(
    crowd: Crowd, step: int, most: int, expired: Callable[[], bool]
) -> Groups | None:
    """Groups of up to ``most`` users, every ``step``-th taken for all; None if late.

    Halves of halves, across the widest of random projections of values by demand.
    """
    users = len(crowd.demand)
    taken = np.arange(0, users, step)
    halves = _halved(crowd, taken, most, expired)
    if halves is None:
        return None
    order, begins = halves
    groups = len(begins) - 1
    merged = _merged(crowd, step, order, begins, expired)
    if merged is None:
        return None
    model, demand = merged
    group = np.full(users, -1)
    group[order] = np.repeat(np.arange(groups), np.diff(begins))
    total = demand[group]
    part = np.divide(step * crowd.demand, total, out=np.zeros(users), where=total > 0)
    return Groups(model, group, part)


def _halved(
    crowd: Crowd, taken: np.ndarray, most: int, expired: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Users by group, and where each group begins and the last ends; None if late."""
    if most == 1:
        return taken, np.arange(len(taken) + 1)
    sites = len(crowd.limits["cost"])
    weights = np.random.default_rng(0).standard_normal((sites, FEATURES))
    point = np.empty((len(taken), FEATURES))
    for first, last in crowd.chunks(len(taken)):
        project(first, last, taken, crowd.rows, crowd.demand, weights, point)
        if expired():
            return None
    order, begins = np.arange(len(taken)), np.empty(len(taken) + 1, np.intp)
    waiting, numbers = np.zeros((64, 2), np.intp), np.array([1, 0])
    waiting[0, 1] = len(taken)
    while not halve(len(taken), most, order, point, waiting, begins, numbers):
        if expired():
            return None
    groups = int(numbers[1])
    begins[groups] = len(taken)
    return taken[order], begins[: groups + 1]


def _merged(
    crowd: Crowd,
    step: int,
    order: np.ndarray,
    begins: np.ndarray,
    expired: Callable[[], bool],
) -> tuple[SiteModel, np.ndarray] | None:
    """Model of the groups ``order[begins[g]:begins[g + 1]]``, and their demand."""
    groups, sites = len(begins) - 1, len(crowd.limits["cost"])
    most = min(groups * sites, len(crowd.rows[1]))
    merged = np.zeros(groups + 1, np.intp), np.empty(most, np.int32), np.empty(most)
    sums, scratch = np.zeros((3, groups)), (np.zeros(sites), np.full(sites, -1))
    size = max(1, groups // len(crowd.chunks(len(order))))
    for first in range(0, groups, size):
        last = min(first + size, groups)
        merge(
            first, last, order, begins, crowd.rows, step * crowd.unit, crowd.demand,
            merged, sums, scratch,
        )  # fmt: skip
        if expired():
            return None
    start, site, value = merged
    site, value = site[: start[-1]].copy(), value[: start[-1]].copy()
    demand, best, least = sums
    demand *= step
    first, user, worth, _ = site_entries(start, site, value, demand, sites)
    must = crowd.limits["must_serve"]
    spread = np.maximum(best - least if must else best, 0.0)
    model = SiteModel(
        start=start,
        site=site,
        value=value,
        first=first,
        user=user,
        worth=worth,
        demand=demand.copy(),
        floor=np.full(groups, -np.inf if must else 0.0),
        spread=spread,
        whole=False,
        **crowd.limits,
    )
    return locked(model), demand
