"""Cuts of Benders' decomposition: what users can earn from shares of sites."""

from typing import NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_array, vstack

from formulations.kernels.site_prices import ALL, earn
from formulations.placement import LapPlacement
from formulations.placement_model import FREE, SiteModel, changed
from formulations.placement_prices import ServicePrices

VIOLATED = 1e-7  # canonical value by which a cut must cut
RAY = -1
"""Block of a cut on the sites alone: some users could not be served otherwise."""


class Cuts(NamedTuple):
    """``theta[block] <= level + slope @ sites``; 0 in place of theta for a RAY.

    Attributes
    ----------
    block : (K,) int
        Which part of the value each cut limits.
    level : (K,)
        What is sold at the prices.
    slope : (K, S)
        What each site earns at the prices.
    prices : (K, U + S + G)
        Of users, of room at sites and of gateways.
    """

    block: np.ndarray
    level: np.ndarray
    slope: csr_array
    prices: csr_array

    def violated(self, theta: np.ndarray, sites: np.ndarray) -> "Cuts":
        """Those that ``theta`` (blocks,) and ``sites`` (S,) do not meet."""
        claimed = np.where(self.block == RAY, 0.0, theta[self.block])
        kept = np.flatnonzero(claimed > self.level + self.slope @ sites + VIOLATED)
        return Cuts(
            self.block[kept], self.level[kept], self.slope[kept], self.prices[kept]
        )


class Separator(Protocol):
    """Finds cuts at shares of sites."""

    blocks: int

    def first(self) -> Cuts:
        """Cuts that hold without any site: what users are worth at their best."""
        ...

    def at(self, sites: np.ndarray) -> Cuts:
        """Cuts that are tight at ``sites`` (S,)."""
        ...


def joined(parts: list[Cuts]) -> Cuts:
    """All of the cuts, in order."""
    blocks, levels, slopes, prices = zip(*parts, strict=True)
    return Cuts(
        np.concatenate(blocks),
        np.concatenate(levels),
        csr_array(vstack(slopes)),
        csr_array(vstack(prices)),
    )


def best_values(model: SiteModel) -> np.ndarray:
    """Value (U,) of each user at its best site; 0 where it may go without, or must."""
    top = np.zeros(len(model.demand))
    filled = np.flatnonzero(np.diff(model.start))
    top[filled] = np.maximum.reduceat(model.value, model.start[:-1][filled])
    return top if model.must_serve else np.maximum(top, 0.0)


def cut_at(
    user: np.ndarray, gateway: np.ndarray, model: SiteModel, *, ray: bool = False
) -> Cuts:
    """Cut at prices of users (U,) and gateways (G,), valid at any in range [1]_.

    Room at each site is priced by the knapsack that the other prices leave. For a
    ``ray`` values count as 0.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Benders decomposition without
       separability: a computational study for capacitated facility location
       problems", EJOR 253(3), 2016. https://doi.org/10.1016/j.ejor.2016.03.002
    """
    model = changed(model, cost=np.zeros_like(model.cost))
    if ray:
        model = changed(model, worth=np.zeros_like(model.worth))
    sites, entries = len(model.cost), int(np.diff(model.first).max(initial=0))
    earned, room = np.empty(sites), np.zeros(sites)
    prices = user, gateway, np.zeros(len(model.clique_start) - 1)
    scratch = np.full(sites, ALL), np.empty(entries), np.empty(entries)
    earn(prices, model.status, model, scratch, earned, room)
    earned[model.status < FREE] = 0.0
    sold = gateway[gateway > 0] @ model.backhaul[gateway > 0]
    return Cuts(
        np.array([RAY if ray else 0]),
        np.array([user.sum() + sold]),
        csr_array(earned[None, :]),
        csr_array(np.concatenate((user, room, gateway))[None, :]),
    )


class UserCuts:
    """Cuts in closed form where nothing but sites limits users: one for each [1]_.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Redesigning Benders decomposition for
       large-scale facility location", Management Science 63(7), 2017, section 3.
       https://doi.org/10.1287/mnsc.2016.2461
    """

    def __init__(self, model: SiteModel) -> None:
        self._model = model
        self.blocks = len(model.demand)
        self._owner = np.repeat(np.arange(self.blocks), np.diff(model.start))
        self._order = np.lexsort((-model.value, self._owner))

    def first(self) -> Cuts:
        """What each user is worth at its best."""
        return self._of(best_values(self._model))

    def at(self, sites: np.ndarray) -> Cuts:
        """Level of each user: the last site that it takes until shares are one."""
        model, owner, order = self._model, self._owner, self._order
        share = np.cumsum(sites[model.site[order]])
        before = np.concatenate(([0.0], share))[model.start[:-1]]
        share -= before[owner]
        level = np.zeros(self.blocks)
        if model.must_serve:
            filled = np.diff(model.start) > 0
            level[filled] = model.value[order][model.start[1:][filled] - 1]
        reached = np.flatnonzero(share >= 1 - 1e-9)
        first = reached[np.diff(owner[reached], prepend=-1) > 0]
        found = model.value[order][first]
        level[owner[first]] = found if model.must_serve else np.maximum(found, 0.0)
        return self._of(level)

    def _of(self, level: np.ndarray) -> Cuts:
        model = self._model
        shape = self.blocks, len(model.capacity)
        more = np.maximum(model.value - level[self._owner], 0.0)
        slope = csr_array((more, model.site.copy(), model.start.copy()), shape=shape)
        slope.eliminate_zeros()
        users = np.arange(self.blocks)
        width = self.blocks + len(model.capacity) + len(model.backhaul)
        prices = csr_array((level, (users, users)), shape=(self.blocks, width))
        return Cuts(users, level, slope, prices)


def average_prices(
    cuts: list[Cuts], duals: np.ndarray, blocks: int, users: int
) -> tuple[np.ndarray, np.ndarray]:
    """Prices of the cuts by their ``duals`` (K,), as far as these bound something.

    Cuts of a block share a weight of one; those on the sites alone come on top, as
    earnings at the sum of two prices are at most the sum of earnings. Returns prices
    of users (U,), and of room and gateways (S + G,).
    """
    block = np.concatenate([part.block for part in cuts])
    weight = np.maximum(duals, 0.0)
    held = block != RAY
    total = np.bincount(block[held], weight[held], blocks)
    weight[held] /= np.maximum(total, 1e-9)[block[held]]
    ends = np.cumsum([len(part.block) for part in cuts])[:-1]
    shares = np.split(weight, ends)
    parts = [w @ part.prices for w, part in zip(shares, cuts, strict=True)]
    paid = np.sum(parts, axis=0)
    return paid[:users], paid[users:]


def service_prices(
    user: np.ndarray, rest: np.ndarray, clique: np.ndarray, scaled: LapPlacement
) -> ServicePrices:
    """Argument from canonical prices, in the units of the problem that was scaled."""
    unit = scaled.units["value"]
    per_demand = unit / scaled.units["demand"]
    sites = scaled.sizes["S"]
    floor = -np.inf if scaled.must_serve else 0.0
    room, gateway = np.maximum(rest[:sites], 0.0), np.maximum(rest[sites:], 0.0)
    return ServicePrices(
        np.maximum(user, floor) * unit,
        np.where(np.isfinite(scaled.capacity), room, 0.0) * per_demand,
        np.where(np.isfinite(scaled.backhaul), gateway, 0.0) * per_demand,
        np.maximum(clique, 0.0) * unit,
    )
