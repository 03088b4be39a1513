"""Pairs of user and cell that may be served, from dense and sparse utilities."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from formulations.association_tally import MANY_PAIRS
from formulations.reach import read_only
from twins.record import is_sparse

if TYPE_CHECKING:
    from formulations.association import UserAssociation


class Candidates(NamedTuple):
    """Pairs that may be served, sorted by user; entry k of user u in start[u:u+1].

    Attributes
    ----------
    start : (U + 1,) int
        First entry of each user.
    cell : (E,) int
        Cell of each entry.
    utility : (E,) float
        As in the problem.
    load : (E,) float
        Capacity that the entry takes from its cell.
    value : (E,) float
        Utility, or log of the full-cell rate, less the handover cost.
    """

    start: np.ndarray
    cell: np.ndarray
    utility: np.ndarray
    load: np.ndarray
    value: np.ndarray


def candidates_of(problem: "UserAssociation") -> Candidates:
    """Pairs with finite utility and load (for rates: positive), sorted by user."""
    whole = _all_stored(problem)
    if whole is not None:
        return whole
    users = problem.sizes["U"]
    if is_sparse(problem.utility):
        user = np.repeat(np.arange(users), np.diff(problem.utility.indptr))
        cell = problem.utility.indices.astype(np.intp)
        utility = np.asarray(problem.utility.data)
    else:
        user, cell = np.nonzero(np.isfinite(problem.utility))
        utility = problem.utility[user, cell]
    load = _load_at(problem, user, cell)
    fair = problem.objective == "proportional_fair"
    kept = np.isfinite(load)
    kept &= (utility > 0) & (utility < np.inf) if fair else np.isfinite(utility)
    if kept.all() and is_sparse(problem.utility):
        start = problem.utility.indptr.astype(np.intp)
    else:
        user, cell, utility, load = (part[kept] for part in (user, cell, utility, load))
        start = np.zeros(users + 1, np.intp)
        np.cumsum(np.bincount(user, minlength=users), out=start[1:])
    return _with_values(problem, start, cell, utility, load)


def _all_stored(problem: "UserAssociation") -> Candidates | None:
    """Candidates of many stored pairs with one load per user, None if not so.

    None, too, where a stored pair is no candidate.
    """
    stored = problem.utility
    if not is_sparse(stored) or len(stored.data) <= MANY_PAIRS:
        return None
    if is_sparse(problem.load) or problem.load.ndim > 1:
        return None
    from formulations.kernels.association_pairs import read_pairs

    above = 0.0 if problem.objective == "proportional_fair" else -np.inf
    first, column = read_only(stored.indptr), read_only(stored.indices)
    utility = read_only(stored.data)
    cell, load = np.empty(len(stored.data), np.intp), np.empty(len(stored.data))
    if not read_pairs(first, column, utility, problem.load, above, cell, load):
        return None
    start = stored.indptr.astype(np.intp)
    return _with_values(problem, start, cell, utility, load)


def _with_values(
    problem: "UserAssociation",
    start: np.ndarray,
    cell: np.ndarray,
    utility: np.ndarray,
    load: np.ndarray,
) -> Candidates:
    fair = problem.objective == "proportional_fair"
    value = np.log(utility) if fair else utility
    if problem.handover_cost:
        user = np.repeat(np.arange(len(start) - 1), np.diff(start))
        value = value - problem.handover_cost * (cell != problem.previous[user])
    return Candidates(*map(read_only, (start, cell, utility, load, value)))


def _load_at(
    problem: "UserAssociation", user: np.ndarray, cell: np.ndarray
) -> np.ndarray:
    load, utility = problem.load, problem.utility
    if not is_sparse(load):
        return load[user] if load.ndim == 1 else load[user, cell]
    if (
        is_sparse(utility)
        and np.array_equal(load.indptr, utility.indptr)
        and np.array_equal(load.indices, utility.indices)
    ):
        return np.asarray(load.data)
    return np.asarray(load[user, cell], dtype=float).ravel()
