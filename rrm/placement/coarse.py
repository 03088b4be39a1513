"""Many users as few groups alike: where to look, and prices to start from."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from formulations.kernels.merge_users import merge_rows
from formulations.placement import LapPlacement
from formulations.placement_model import SiteModel, canonical

LARGE = 300_000  # pairs from which on groups pay
MANY = 3_000  # users from which on they do
ALIKE = 30  # users in a group at the most
FEATURES = 8  # projections of what a user gets from all sites, to split groups by


class Groups(NamedTuple):
    """Groups of users alike, as users who may be split.

    Attributes
    ----------
    model : SiteModel
        With a group in place of each user; its value and demand are sums.
    group : (U,) int
        Of each user.
    part : (U,)
        Of its group's price that a user pays, by its demand.
    """

    model: SiteModel
    group: np.ndarray
    part: np.ndarray


def groups_of(problem: LapPlacement) -> Groups | None:
    """Groups of a large problem, made once for it; None where they do not pay."""
    if "_groups" not in problem.__dict__:
        problem.__dict__["_groups"] = _grouped(canonical(problem)[1])
    return problem.__dict__["_groups"]


def _grouped(model: SiteModel) -> Groups | None:
    if len(model.site) < LARGE or len(model.demand) < MANY:
        return None
    users, sites = len(model.demand), len(model.capacity)
    group = alike(model)
    groups = int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    first = np.zeros(groups + 1, np.intp)
    np.cumsum(np.bincount(group), out=first[1:])
    start = np.zeros(groups + 1, np.intp)
    nothing = np.empty(0, np.int32), np.empty(0)
    merge_rows(order, first, model, start, *nothing, True)
    site, value = np.empty(start[-1], np.int32), np.empty(start[-1])
    merge_rows(order, first, model, start, site, value, False)
    columns = csr_array((value, site, start), shape=(groups, sites)).tocsc()
    columns.sort_indices()
    coarse = model._replace(
        start=start,
        site=site,
        value=value,
        first=columns.indptr.astype(np.intp),
        user=columns.indices.astype(np.int32),
        worth=columns.data,
        demand=np.bincount(group, model.demand),
        floor=np.bincount(group, model.floor),
        spread=np.bincount(group, model.spread),
        whole=False,
    )
    total = np.bincount(group, model.demand)[group]
    part = np.divide(model.demand, total, out=np.zeros(users), where=total > 0)
    return Groups(coarse, group, part)


def alike(model: SiteModel) -> np.ndarray:
    """Group (U,) of each user: halves of halves, across the widest projection.

    Projections are of the values by demand from all sites, with random weights.
    """
    users, sites = len(model.demand), len(model.capacity)
    owner = np.repeat(np.arange(users), np.diff(model.start))
    demand = np.where(model.demand > 0, model.demand, 1.0)
    density = model.value / demand[owner]
    rows = csr_array((density, model.site, model.start), shape=(users, sites))
    weights = np.random.default_rng(0).standard_normal((sites, FEATURES))
    projected = rows @ weights
    group = np.empty(users, np.intp)
    number, waiting = 0, [np.arange(users)]
    while waiting:
        here = waiting.pop()
        if len(here) <= ALIKE:
            group[here] = number
            number += 1
            continue
        points = projected[here]
        widest = points[:, np.argmax(points.std(axis=0))]
        half = len(here) // 2
        order = np.argpartition(widest, half)
        waiting += [here[order[:half]], here[order[half:]]]
    return group
