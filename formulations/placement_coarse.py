"""Many users as few groups alike: where to look, and prices to start from."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from formulations.kernels.merge_users import merge_rows, signatures
from formulations.placement_model import SiteModel

LARGE = 300_000  # pairs from which on groups pay
FEWER = 4  # times fewer pairs that groups must have


class Groups(NamedTuple):
    """Groups of users alike, as users who may be split.

    Attributes
    ----------
    model : SiteModel
        With a group in place of each user; its value and demand are sums.
    group : (U,) int
        Of each user.
    part : (U,)
        Of its group's price that a user pays, by its best value.
    """

    model: SiteModel
    group: np.ndarray
    part: np.ndarray


def groups_of(model: SiteModel) -> Groups | None:
    """Groups of a large problem, None where they do not pay."""
    if len(model.site) < LARGE:
        return None
    users, sites = len(model.demand), len(model.capacity)
    key = np.empty(users, np.int64)
    signatures(model, key)
    _, group = np.unique(key, return_inverse=True)
    groups = int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    first = np.zeros(groups + 1, np.intp)
    np.cumsum(np.bincount(group), out=first[1:])
    start = np.zeros(groups + 1, np.intp)
    nothing = np.empty(0, np.int32), np.empty(0)
    merge_rows(order, first, model, start, *nothing, True)
    if FEWER * start[-1] > len(model.site):
        return None
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
        whole=False,
    )
    filled = np.flatnonzero(np.diff(model.start))
    best = np.zeros(users)
    best[filled] = np.abs(np.maximum.reduceat(model.value, model.start[:-1][filled]))
    total = np.bincount(group, best)[group]
    part = np.divide(best, total, out=np.zeros(users), where=total > 0)
    return Groups(coarse, group, part)
