"""Allocations of shared time within loads and backhaul, from ones that exceed them."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.fair_flow import TIE, move

ROOM = 1e-12  # relative rounding allowed in what a cell carries


class Limits(NamedTuple):
    """What entries take, and what cells have."""

    load: np.ndarray  # (E,)
    rate: np.ndarray  # (E,) bit/s
    capacity: np.ndarray  # (B,)
    backhaul: np.ndarray  # (B,) bit/s, of the mean rate


@njit(cache=True, error_model="numpy")
def evict(regret, carried, network, flow, limits):  # pragma: no cover
    """Take users out where ``carried`` (2, B), load and rates, is too much.

    ``regret`` (U,) becomes what each loses at the prices by its second choice; those
    with the least per load or per rate above the backhaul leave first.
    """
    users = len(flow.choice)
    carried[:] = 0.0
    by_load, by_rate = np.full(users, np.inf), np.full(users, np.inf)
    for u in range(users):
        now = flow.choice[u]
        if now < 0:
            continue
        here = network.cell[now]
        carried[0, here] += limits.load[now]
        carried[1, here] += limits.rate[now]
        other = network.outside
        for e in range(network.start[u], network.start[u + 1]):
            if e != now:
                other = max(other, network.value[e] - flow.price[network.cell[e]])
        regret[u] = max(network.value[now] - flow.price[here] - other, TIE)
        if limits.load[now] > 0.0:
            by_load[u] = regret[u] / limits.load[now]
        if limits.rate[now] > limits.backhaul[here]:
            by_rate[u] = regret[u] / (limits.rate[now] / limits.backhaul[here] - 1.0)
    for u in np.argsort(by_load):
        now = flow.choice[u]
        if now >= 0 and limits.load[now] > 0.0:
            b = network.cell[now]
            if carried[0, b] > limits.capacity[b] * (1 + ROOM):
                _shift(u, -1, carried, network, flow, limits)
    for u in np.argsort(by_rate):
        now = flow.choice[u]
        if now >= 0 and limits.rate[now] > limits.backhaul[network.cell[now]]:
            b = network.cell[now]
            if carried[1, b] > limits.backhaul[b] * flow.company[b] * (1 + ROOM):
                _shift(u, -1, carried, network, flow, limits)


@njit(cache=True, error_model="numpy")
def _shift(u, e, carried, network, flow, limits):  # pragma: no cover
    """Move user ``u`` to entry ``e``, -1: outside."""
    now = flow.choice[u]
    if now >= 0:
        carried[0, network.cell[now]] -= limits.load[now]
        carried[1, network.cell[now]] -= limits.rate[now]
    if e >= 0:
        carried[0, network.cell[e]] += limits.load[e]
        carried[1, network.cell[e]] += limits.rate[e]
    move(u, e, network, flow)


@njit(cache=True, error_model="numpy")
def fill(first, last, carried, network, flow, limits):  # pragma: no cover
    """Give users ``first`` to ``last`` their best place that fits; how many moved."""
    moved = 0
    outside = len(network.room)
    for u in range(first, last):
        now = flow.choice[u]
        here, best, found = outside, network.outside, now
        if now >= 0:
            here = network.cell[now]
            n = flow.company[here] - 1
            rest = carried[1, here] - limits.rate[now]
            if n > 0 and rest > limits.backhaul[here] * n:
                continue  # those who stay need it to keep the mean low
            best = network.value[now] - network.marginal[n + 1]
            if network.outside > best + TIE:
                best, found = network.outside, -1
        for e in range(network.start[u], network.start[u + 1]):
            b = network.cell[e]
            n = flow.company[b] + 1
            if b == here or n > network.room[b]:
                continue
            if carried[0, b] + limits.load[e] > limits.capacity[b]:
                continue
            if carried[1, b] + limits.rate[e] > limits.backhaul[b] * n:
                continue
            worth = network.value[e] - network.marginal[n]
            if worth > best + TIE:
                best, found = worth, e
        if found != now:
            _shift(u, found, carried, network, flow, limits)
            moved += 1
    return moved
