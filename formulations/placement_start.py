"""Placements that may be feasible, in a few passes over the pairs in range."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.placement import Placement

if TYPE_CHECKING:
    from formulations.placement import LapPlacement

SAMPLED = 400_000  # pairs that sites are judged by


def nobody(problem: "LapPlacement") -> Placement:
    """Fixed sites alone, and nobody served."""
    return Placement(problem.fixed.copy(), np.full(problem.sizes["U"], -1, np.intp))


def promising(problem: "LapPlacement") -> Placement:
    """Sites by what each alone would earn within its capacity, and who fits in."""
    start, site, value = problem.reach
    sites = problem.sizes["S"]
    step = 1 + len(site) // SAMPLED  # of the users, where there are many
    users = np.arange(0, problem.sizes["U"], step)
    count = np.diff(start)[users]
    ends = np.cumsum(count)
    place = np.arange(ends[-1]) + np.repeat(start[users] - ends + count, count)
    site, value = site[place], value[place]
    floor = value.min(initial=0.0) if problem.must_serve else 0.0
    earned = step * np.bincount(site, np.maximum(value - floor, 0.0), sites)
    load = step * np.bincount(site, np.repeat(problem.demand[users], count), sites)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(load > 0, np.minimum(problem.capacity / load, 1.0), 1.0)
    score = earned * part - problem.open_cost
    is_open = choose_sites(score, problem)
    return serve(is_open, problem)


def choose_sites(score: np.ndarray, problem: "LapPlacement") -> np.ndarray:
    """Open (S,) by falling score, as conflicts, battery and number allow."""
    is_open = problem.fixed.copy()
    blocked = ~problem.usable
    first, second = problem.conflicts.T

    def block() -> None:
        blocked[second[is_open[first]]] = True
        blocked[first[is_open[second]]] = True

    block()
    left = problem.most_laps - int(is_open.sum())
    worth = -np.inf if problem.must_serve else 0.0
    for site in np.argsort(-score, kind="stable"):
        if left <= 0 or not score[site] > worth:
            break
        if is_open[site] or blocked[site]:
            continue
        is_open[site] = True
        left -= 1
        if len(first):
            block()
    return is_open


def serve(is_open: np.ndarray, problem: "LapPlacement") -> Placement:
    """Best open site for everybody, without those who earn least by demand."""
    _, site, value = problem.reach
    chosen = np.full(problem.sizes["U"], -1, np.intp)
    place = np.flatnonzero(is_open[site])
    if not problem.must_serve:
        place = place[value[place] > 0]
    if not place.size:
        return Placement(is_open, chosen)
    owner, worth = problem.owner[place], value[place]
    heads = np.flatnonzero(np.diff(owner, prepend=-1))
    best = np.repeat(
        np.maximum.reduceat(worth, heads), np.diff(heads, append=len(owner))
    )
    place = place[worth == best]
    place = place[np.diff(problem.owner[place], prepend=-1) > 0]
    user, at = problem.owner[place], site[place]
    _keep(user, at, value[place], chosen, problem)
    return Placement(is_open, chosen)


def _keep(
    user: np.ndarray,
    at: np.ndarray,
    value: np.ndarray,
    chosen: np.ndarray,
    problem: "LapPlacement",
) -> None:
    """Set ``chosen`` (U,) of those users who fit, the most value by demand first."""
    with np.errstate(divide="ignore", invalid="ignore"):
        demand = problem.demand[user]
        density = np.where(demand > 0, value / demand, np.inf)
    order = np.lexsort((-density, at))
    user, at = user[order], at[order]
    user, at = _within(user, at, problem.capacity, problem.sizes["S"], problem)
    gate = problem.gateway[at]
    order = np.argsort(gate, kind="stable")
    user, at, gate = user[order], at[order], gate[order]
    free = gate < 0
    chosen[user[free]] = at[free]
    limit, gateways = problem.backhaul, len(problem.backhaul)
    kept, _ = _within(user[~free], gate[~free], limit, gateways, problem)
    home = np.full(len(chosen), -1, np.intp)
    home[user] = at
    chosen[kept] = home[kept]


def mended(problem: "LapPlacement", placement: Placement) -> Placement:
    """``placement`` with each user whom its site cannot serve at the best with room.

    Sites that may not fly any more close. Who takes least value by demand gives way.
    """
    is_open = choose_sites(np.where(placement.open, 1.0, -np.inf), problem)
    user, site, _, value = problem.links(placement)
    kept = np.isfinite(value) & is_open[site]
    kept &= (value > 0) | problem.must_serve
    chosen = np.full(problem.sizes["U"], -1, np.intp)
    _keep(user[kept], site[kept], value[kept], chosen, problem)
    waiting = user[chosen[user] < 0]
    load, traffic = problem.carried(Placement(is_open, chosen))
    room, left = problem.capacity - load, np.append(problem.backhaul - traffic, np.inf)
    start, sites, values = problem.reach
    floor = -np.inf if problem.must_serve else 0.0
    for u in waiting[np.argsort(problem.demand[waiting], kind="stable")]:
        at = sites[start[u] : start[u + 1]]
        fits = is_open[at] & (problem.demand[u] <= room[at])
        fits &= problem.demand[u] <= left[problem.gateway[at]]
        worth = np.where(fits, values[start[u] : start[u + 1]], -np.inf)
        if worth.max(initial=-np.inf) > floor:
            s = at[np.argmax(worth)]
            chosen[u] = s
            room[s] -= problem.demand[u]
            left[problem.gateway[s]] -= problem.demand[u]
    return Placement(is_open, chosen)


def _within(
    user: np.ndarray,
    group: np.ndarray,
    limit: np.ndarray,
    groups: int,
    problem: "LapPlacement",
) -> tuple[np.ndarray, np.ndarray]:
    """Users of sorted groups whose running demand stays within the group's limit."""
    total = np.concatenate(([0.0], np.cumsum(problem.demand[user])))
    before = total[np.searchsorted(group, np.arange(groups))]
    kept = total[1:] - before[group] <= limit[group]
    return user[kept], group[kept]
