"""Placements that may be feasible, in a few passes over the pairs in range."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from formulations.association_start import packing_tries
from formulations.placement import Placement
from formulations.problem import FEASIBLE
from formulations.reach import read_only

if TYPE_CHECKING:
    from formulations.placement import LapPlacement

LONG = 100_000  # pairs that take longer than a moment to go through
SAMPLED = 400_000  # pairs that sites are judged by
SLACK = 1.05, 1.5, np.inf  # capacity of open sites to try, in demands of all users


def attempts_at(problem: "LapPlacement") -> Iterator[Placement]:
    """Sites that each add most, users by density; then nobody.

    Among many pairs nobody comes first, where nobody must be served. Where everybody
    must be, all as they fit, which comes first under capacities.
    """
    if len(problem.reach.site) > LONG and not problem.must_serve:
        yield nobody(problem)
    if problem.must_serve and problem.is_capacitated:
        yield from everybody(problem)
    yield promising(problem)
    yield from everybody(problem) if problem.must_serve else (nobody(problem),)


def nobody(problem: "LapPlacement") -> Placement:
    """Fixed sites alone, and nobody served."""
    return Placement(problem.fixed.copy(), np.full(problem.sizes["U"], -1, np.intp))


def promising(problem: "LapPlacement") -> Placement:
    """Sites that each add most to those before, and who fits in [1]_.

    References
    ----------
    .. [1] G. Cornuéjols, M. L. Fisher, G. L. Nemhauser, "Location of bank accounts to
       optimize float", Management Science 23(8), 1977 (greedy addition).
       https://doi.org/10.1287/mnsc.23.8.789
    """
    from formulations.kernels.opening import add_sites

    start, site, value = problem.reach
    step = 1 + len(site) // SAMPLED  # of the users, where there are many
    users = np.arange(0, problem.sizes["U"], step)
    count = np.diff(start)[users]
    ends = np.cumsum(count)
    if step > 1:
        place = np.arange(ends[-1]) + np.repeat(start[users] - ends + count, count)
        site, value = site[place], value[place]
    start = np.concatenate((np.zeros(1, np.intp), ends))
    floor, state = least_values(problem)[users], candidates(problem)
    parts = start, site, value, problem.demand[users]
    costs = problem.capacity / step, problem.open_cost / step
    start, site, value, demand, capacity, cost = map(read_only, (*parts, *costs))
    pairs, most = problem.conflicts, problem.most_laps
    add_sites(start, site, value, demand, capacity, cost, pairs, most, floor, state)
    return serve(state == 1, problem)


def candidates(problem: "LapPlacement") -> np.ndarray:
    """Sites (S,) int8: 1 where fixed, -1 where no battery is enough, else 0."""
    state = np.where(problem.usable, 0, -1).astype(np.int8)
    state[problem.fixed] = 1
    return state


def least_values(problem: "LapPlacement") -> np.ndarray:
    """What each user (U,) earns without a choice: nothing, or its worst site."""
    least = np.zeros(problem.sizes["U"])
    start, _, value = problem.reach
    if problem.must_serve and value.size:
        inside = np.flatnonzero(np.diff(start))
        least[inside] = np.minimum.reduceat(value, start[inside])
    return least


def everybody(problem: "LapPlacement") -> Iterator[Placement]:
    """All users from sites that lose least by demand, else from where most room is.

    Sites open until they have room for all, then for ever more than that; nothing where
    that does not serve all [1]_.

    References
    ----------
    .. [1] D. S. Hochbaum, "Heuristics for the fixed cost median problem", Mathematical
       Programming 22, 1982. https://doi.org/10.1007/BF01581035
    """
    from formulations.kernels.opening import add_sites, by_site, open_stars

    reach, demand = problem.reach, problem.demand
    costs = problem.capacity, problem.open_cost, problem.conflicts, problem.most_laps
    stars = by_site(*reach, demand, problem.sizes["S"])
    floor, state = least_values(problem), candidates(problem)
    for slack in SLACK:
        open_stars(*stars, demand, *costs, slack * demand.sum(), state)
        add_sites(*reach, demand, *costs, floor, state)
        placement = packed(problem, state == 1)
        if placement is not None:
            yield placement
            return
    placement = packed(problem, spacious(problem))
    if placement is not None:
        yield placement


def room_behind(problem: "LapPlacement", is_open: np.ndarray) -> float:
    """Demand that the ``is_open`` (S,) sites have room for, through their gateways."""
    gateways = len(problem.backhaul)
    gate = np.where(problem.gateway < 0, gateways, problem.gateway)
    room = np.bincount(gate[is_open], problem.capacity[is_open], gateways + 1)
    return float(np.minimum(room, np.append(problem.backhaul, np.inf)).sum())


def packed(problem: "LapPlacement", is_open: np.ndarray) -> Placement | None:
    """Everybody served from the ``is_open`` (S,) sites, or None if not all fit."""
    from formulations.kernels.packing import pack_best, pour

    if room_behind(problem, is_open) < problem.demand.sum() * (1 - FEASIBLE):
        return None
    kept = np.flatnonzero(is_open[problem.reach.site])
    owner, users = problem.owner[kept], problem.sizes["U"]
    start = np.zeros(users + 1, np.intp)
    np.cumsum(np.bincount(owner, minlength=users), out=start[1:])
    site = problem.reach.site[kept].astype(np.intp)
    parts = start, site, problem.gateway[site], problem.reach.value[kept]
    start, site, gate, value = map(read_only, parts)
    limits = problem.capacity, problem.backhaul
    if problem.single_source:
        need = read_only(problem.demand[owner])
        tries = packing_tries(len(kept))
        chosen = pack_best(
            start, site, gate, value, need, need, *limits, -np.inf, tries
        )
        return Placement(is_open, site[chosen]) if (chosen >= 0).all() else None
    part = np.empty(len(kept))
    if pour(start, site, gate, value, problem.demand, *limits, part) > 0.0:
        return None
    share = np.zeros((users, len(is_open)))
    share[owner, site] = part
    return Placement(is_open, share=share)


def spacious(problem: "LapPlacement") -> np.ndarray:
    """Open (S,) those that each add most room, through their gateways; then by value.

    What a gateway lets through is room once: sites behind one that is full add none.
    """
    left = np.append(problem.backhaul, np.inf)  # -1 is no gateway
    worth = np.bincount(problem.reach.site, problem.reach.value, problem.sizes["S"])
    state = candidates(problem)
    rank = np.argsort(np.argsort(-worth, kind="stable"), kind="stable")
    fixed, first, second = problem.fixed, *problem.conflicts.T
    chosen = list(np.flatnonzero(fixed))
    is_open = np.zeros(problem.sizes["S"], bool)
    while True:
        for site in chosen:
            is_open[site], state[site] = True, 1
            gate = problem.gateway[site]
            if np.isfinite(left[gate]):
                left[gate] -= min(problem.capacity[site], left[gate])
            shut = np.concatenate((second[first == site], first[second == site]))
            state[shut[~is_open[shut]]] = -1
        waits = np.flatnonzero(state == 0)
        if is_open.sum() >= problem.most_laps or not waits.size:
            return is_open
        room = np.minimum(problem.capacity[waits], left[problem.gateway[waits]])
        chosen = [waits[np.lexsort((rank[waits], -room))[0]]]


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
    """Best open site for everybody, the most value by demand first; then what is left.

    Who does not fit there is served where there is room.
    """
    from formulations.kernels.admit_users import best_open

    users = problem.sizes["U"]
    wish, worth = np.empty(users, np.intp), np.empty(users)
    best_open(*problem.reach, is_open, least_worth(problem), wish, worth)
    order = by_density(np.flatnonzero(wish >= 0), worth, problem)
    return Placement(is_open, admitted(order, wish, is_open, problem))


def least_worth(problem: "LapPlacement") -> float:
    """Value above which it is worth to serve a user at all."""
    return -np.inf if problem.must_serve else 0.0


def by_density(
    users: np.ndarray, worth: np.ndarray, problem: "LapPlacement"
) -> np.ndarray:
    """``users`` (N,) by falling ``worth`` (U,) for each unit of their demand."""
    from formulations.kernels.ordering import ascending

    demand = problem.demand[users]
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(demand > 0, worth[users] / demand, np.inf)
    return users[ascending(-density)]


def admitted(
    order: np.ndarray,
    wish: np.ndarray,
    is_open: np.ndarray,
    problem: "LapPlacement",
) -> np.ndarray:
    """Sites (U,) of users who come in their ``order`` to the site that they ``wish``.

    Who does not fit there, or wishes none (-1), then goes where there is room.
    """
    from formulations.kernels.admit_users import admit, place_waiting

    demand, gateway = problem.demand, problem.gateway
    chosen = np.full(len(wish), -1, np.intp)
    room, left = problem.capacity.copy(), problem.backhaul.copy()
    admit(order, wish, demand, gateway, room, left, chosen)
    waiting = order[chosen[order] < 0]
    start, site, value = problem.reach
    least = least_worth(problem)
    place_waiting(
        waiting, start, site, gateway, value, demand, is_open, room, left, least, chosen
    )
    return chosen


def mended(problem: "LapPlacement", placement: Placement) -> Placement:
    """``placement`` with each user whom its site cannot serve at the best with room.

    Sites that may not fly any more close. Who takes least value by demand gives way.
    """
    is_open = choose_sites(np.where(placement.open, 1.0, -np.inf), problem)
    user, site, _, value = problem.links(placement)
    kept = np.isfinite(value) & is_open[site] & (value > least_worth(problem))
    wish = np.full(problem.sizes["U"], -1)
    worth = np.full(len(wish), -np.inf)
    wish[user[kept]], worth[user[kept]] = site[kept], value[kept]
    order = by_density(user, worth, problem)
    return Placement(is_open, admitted(order, wish, is_open, problem))
