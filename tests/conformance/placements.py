"""Placements by enumeration, and checked by loops."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from formulations import LapPlacement, Placement


def placements(problem: LapPlacement) -> Iterator[Placement]:
    """All open sets with all sites of users, or with all halves of users."""
    users, sites = problem.sizes["U"], problem.sizes["S"]
    whole = range(-1, sites)
    halves = [
        np.array(part) / 2 for part in product(range(3), repeat=sites) if sum(part) <= 2
    ]
    for is_open in product([False, True], repeat=sites):
        choices = [k for k in whole if k < 0 or is_open[k]]
        parts = [part for part in halves if not part[~np.array(is_open)].any()]
        for chosen in product(
            choices if problem.single_source else parts, repeat=users
        ):
            if problem.single_source:
                yield Placement(np.array(is_open), np.array(chosen))
            else:
                yield Placement(np.array(is_open), share=np.array(chosen))


def placement_by_hand(p, allocation):
    """Objective and largest violation of a placement."""
    users, sites = p.sizes["U"], p.sizes["S"]
    value = p.value.toarray() if hasattr(p.value, "toarray") else p.value
    share = np.zeros((users, sites))
    for u in range(users):
        for s in range(sites):
            if allocation.share.size:
                share[u, s] = allocation.share[u, s]
            elif allocation.site[u] == s:
                share[u, s] = 1.0
    worst = [0.0]
    total = 0.0
    for s in range(sites):
        if allocation.open[s]:
            total -= p.open_cost[s]
            worst.append(float(p.energy[s] > p.battery))
        else:
            worst.append(float(p.fixed[s]))
        load = 0.0
        for u in range(users):
            if share[u, s] > 0:
                assert allocation.open[s]
                assert np.isfinite(value[u, s])
                assert not hasattr(p.value, "toarray") or value[u, s] != 0
                total += share[u, s] * value[u, s]
                load += share[u, s] * p.demand[u]
        worst.append(float(load > p.capacity[s] * (1 + 1e-9)))
    for g in range(len(p.backhaul)):
        load = sum(share[u, s] * p.demand[u] for u in range(users)
                   for s in range(sites) if p.gateway[s] == g)  # fmt: skip
        worst.append(float(load > p.backhaul[g] * (1 + 1e-9)))
    for u in range(users):
        served = share[u].sum()
        worst.append(served - 1)
        if p.must_serve:
            worst.append(1 - served)
    worst += [float(allocation.open[a] and allocation.open[b]) for a, b in p.conflicts]
    worst.append(float(allocation.open.sum() > p.max_laps))
    return total, max(worst)
