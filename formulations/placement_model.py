"""A placement problem as arrays for kernels, by user and by site."""

from typing import NamedTuple

import numpy as np

from formulations.placement import LapPlacement

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
    sites = scaled.sizes["S"]
    order = np.argsort(site, kind="stable")
    first = np.zeros(sites + 1, np.intp)
    np.cumsum(np.bincount(site, minlength=sites), out=first[1:])
    user = scaled.owner[order]
    load = np.bincount(site, scaled.demand[scaled.owner], sites)
    binds = np.zeros(len(scaled.backhaul), bool)
    for gate in range(len(binds)):
        reach = np.isin(site, np.flatnonzero(scaled.gateway == gate))
        served = np.unique(scaled.owner[reach])
        binds[gate] = scaled.backhaul[gate] < scaled.demand[served].sum()
    linked = scaled.gateway >= 0
    gateway = np.where(linked, scaled.gateway, -1)
    gateway[linked] = np.where(binds[scaled.gateway[linked]], gateway[linked], -1)
    pairs = np.concatenate((scaled.conflicts, scaled.conflicts[:, ::-1]))
    pairs = np.unique(pairs, axis=0) if len(pairs) else pairs
    near_start = np.zeros(sites + 1, np.intp)
    np.cumsum(np.bincount(pairs[:, 0], minlength=sites), out=near_start[1:])
    clique_start, clique_site = scaled.cliques
    return SiteModel(
        start=start,
        site=site,
        value=np.ascontiguousarray(value),
        first=first,
        user=user,
        worth=value[order],
        demand=scaled.demand.copy(),
        capacity=np.where(scaled.capacity < load, scaled.capacity, np.inf),
        cost=scaled.open_cost.copy(),
        gateway=gateway,
        backhaul=scaled.backhaul.copy(),
        clique_start=clique_start,
        clique_site=clique_site,
        near_start=near_start,
        near=np.ascontiguousarray(pairs[:, 1]),
        status=first_status(scaled),
        most=scaled.most_laps,
        least=scaled.least_laps,
        must_serve=scaled.must_serve,
        whole=scaled.single_source,
    )


def first_status(problem: LapPlacement) -> np.ndarray:
    """What battery, fixed sites and their conflicts decide about each site (S,)."""
    status = np.where(problem.usable, FREE, CLOSED)
    a, b = problem.conflicts.T
    status[b[problem.fixed[a]]] = CLOSED
    status[a[problem.fixed[b]]] = CLOSED
    status[problem.fixed] = OPEN
    return status.astype(np.int64)
