"""A placement problem as arrays for kernels, by user and by site."""

from typing import Any, NamedTuple

import numpy as np

from formulations.kernels.site_entries import site_entries
from formulations.placement import LapPlacement
from formulations.reach import read_only

ROUNDING = 1e-9  # relative, so that a limit that may bind is never dropped
CLOSED, FREE, OPEN = -1, 0, 1
"""What is decided about a site."""


class SiteModel(NamedTuple):
    """Arrays of a problem in canonical units; inf where a limit never binds."""

    start: np.ndarray  # (U + 1,) entries of each user
    site: np.ndarray  # (E,) by user
    value: np.ndarray  # (E,) by user
    first: np.ndarray  # (S + 1,) entries of each site
    user: np.ndarray  # (E,) by site
    worth: np.ndarray  # (E,) value by site
    demand: np.ndarray  # (U,)
    floor: np.ndarray  # (U,) least price of serving each user
    spread: np.ndarray  # (U,) by which a user's values differ
    capacity: np.ndarray  # (S,)
    cost: np.ndarray  # (S,)
    gateway: np.ndarray  # (S,) -1: none that could bind
    backhaul: np.ndarray  # (G,)
    clique_start: np.ndarray  # (Q + 1,)
    clique_site: np.ndarray
    near_start: np.ndarray  # (S + 1,) sites in conflict with each site
    near: np.ndarray
    status: np.ndarray  # (S,) OPEN, FREE or CLOSED before any search
    most: int  # open sites at the most
    least: int  # open sites that must serve everybody, at the least
    must_serve: bool
    whole: bool  # users are not split


def model_of(scaled: LapPlacement) -> SiteModel:
    """Arrays of a scaled problem."""
    start, site, value = scaled.reach
    users, sites = scaled.sizes["U"], scaled.sizes["S"]
    first, user, worth, asked = site_entries(start, site, value, scaled.demand, sites)
    model = SiteModel(
        start=start,
        site=site,
        value=value,
        first=first,
        user=user,
        worth=worth,
        demand=scaled.demand.copy(),
        floor=np.full(users, -np.inf if scaled.must_serve else 0.0),
        spread=spread_of(scaled),
        whole=scaled.single_source,
        **limits_of(scaled, 1.0, 1.0, asked * (1 + ROUNDING)),
    )
    return locked(model)


def locked(model: SiteModel) -> SiteModel:
    """Let nobody write to the arrays: kernels are compiled for such ones alone."""
    arrays = {
        name: read_only(part)
        for name, part in model._asdict().items()
        if isinstance(part, np.ndarray)
    }
    return model._replace(**arrays)


def changed(model: SiteModel, **fields: Any) -> SiteModel:
    """``model`` with other arrays, locked as well."""
    return locked(model._replace(**fields))


def limits_of(
    problem: LapPlacement, value: float, demand: float, load: np.ndarray
) -> dict[str, Any]:
    """Fields of a model about sites, in units of ``value`` and ``demand``.

    ``load`` (S,) is what each site could be asked for, in that unit.
    """
    total = problem.demand.sum()
    gateway = problem.gateway.copy()
    linked = gateway >= 0
    gateway[linked] = np.where(
        problem.backhaul[gateway[linked]] < total, gateway[linked], -1
    )
    near_start, near = problem.near
    clique_start, clique_site = problem.cliques
    capacity = problem.capacity / demand
    return {
        "capacity": np.where(capacity < load, capacity, np.inf),
        "cost": problem.open_cost / value,
        "gateway": gateway,
        "backhaul": problem.backhaul / demand,
        "clique_start": clique_start,
        "clique_site": clique_site,
        "near_start": near_start,
        "near": near,
        "status": first_status(problem),
        "most": problem.most_laps,
        "least": problem.least_laps,
        "must_serve": problem.must_serve,
    }


def spread_of(problem: LapPlacement) -> np.ndarray:
    """Best value of each user (U,) less the least, or less that of not being served."""
    start, _, value = problem.reach
    spread = np.zeros(problem.sizes["U"])
    filled = np.flatnonzero(np.diff(start))
    if not filled.size:
        return spread
    heads = start[:-1][filled]
    best = np.maximum.reduceat(value, heads)
    least = np.minimum.reduceat(value, heads) if problem.must_serve else 0.0
    spread[filled] = np.maximum(best - least, 0.0)
    return spread


def canonical(problem: LapPlacement) -> tuple[LapPlacement, SiteModel]:
    """Scaled problem and its arrays, built once for each problem."""
    known = problem.__dict__.get("_canonical")
    if known is None:
        scaled = problem.scaled()
        known = problem.__dict__["_canonical"] = scaled, model_of(scaled)
    return known


def first_status(problem: LapPlacement) -> np.ndarray:
    """What battery, fixed sites and their conflicts decide about each site (S,)."""
    status = np.where(problem.usable, FREE, CLOSED)
    a, b = problem.conflicts.T
    status[b[problem.fixed[a]]] = CLOSED
    status[a[problem.fixed[b]]] = CLOSED
    status[problem.fixed] = OPEN
    return status.astype(np.int64)
