"""Pairs of users and sites in range, from dense or sparse values."""

from typing import Any, NamedTuple

import numpy as np

from twins.record import is_sparse

MANY_PAIRS = 20_000  # from which on compiled loops pay, which take 0.3 s to load


class Reach(NamedTuple):
    """Pairs that may be served, by user; entry k of user u in start[u:u+1].

    Attributes
    ----------
    start : (U + 1,) int
        First entry of each user.
    site : (E,) int32
        Site of each entry, rising within a user.
    value : (E,) float
        Of serving the whole user from there.
    """

    start: np.ndarray
    site: np.ndarray
    value: np.ndarray


def reach_of(value: Any) -> Reach:
    """Pairs of ``value`` (U, S), dense or CSR, whose value is finite."""
    users = value.shape[0]
    if is_sparse(value):
        count = np.diff(value.indptr)
        site, values = value.indices, np.asarray(value.data)
        kept = np.isfinite(values)
        if not kept.all():
            user = np.repeat(np.arange(users), count)
            count = np.bincount(user[kept], minlength=users)
            site, values = site[kept], values[kept]
    else:
        finite = np.isfinite(value)
        count = finite.sum(axis=1)
        site = np.nonzero(finite)[1]
        values = value[finite]
    start = np.zeros(users + 1, np.intp)
    np.cumsum(count, out=start[1:])
    site = site.astype(np.int32, copy=False)
    return Reach(read_only(start), read_only(site), read_only(values))


def read_only(values: np.ndarray) -> np.ndarray:
    """Contiguous view that nobody can write to: kernels are compiled for this once."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view


def value_at(
    reach: Reach, value: Any, user: np.ndarray, site: np.ndarray
) -> np.ndarray:
    """Value of each pair, nan where it is out of range."""
    if not is_sparse(value):
        found = value[user, site]
        return np.where(np.isfinite(found), found, np.nan)
    start, sites, values = reach
    if len(sites) > MANY_PAIRS:
        from formulations.kernels.user_levels import values_of

        return values_of(user, site, start, sites, values)
    if not len(sites):
        return np.full(len(user), np.nan)
    width = value.shape[1]
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    keys, wanted = owner * width + sites, user * width + site
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], np.nan)
