"""Better open sites for groups of users, judged by prices of room."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from formulations.kernels.interchange import PENALTY
from formulations.kernels.room_prices import sweep, worth_at
from formulations.placement_model import SiteModel
from rrm.placement.descent import PriceDescent
from rrm.placement.moves import promising_moves
from rrm.placement.service import Service, serve

SWEEPS = 2  # over prices of room before users are served exactly
UNKNOWN = -1.0  # price of room at a site that has just been opened
BETTER = 1e-6  # relative gain of an exchange
FULL = 1 - 1e-9  # part of a backhaul from where on it binds


class Sites(NamedTuple):
    """Open sites, the prices of room there and of backhaul, and what they are worth."""

    is_open: np.ndarray  # (S,) bool
    worth: float
    price: np.ndarray  # (S,)
    toll: np.ndarray  # (G,)


def through(toll: np.ndarray, gateway: np.ndarray) -> np.ndarray:
    """Price (S,) of the backhaul that each site's traffic takes."""
    return np.append(toll, 0.0)[gateway]  # -1: the last


class GroupSearch:
    """Opens, closes and exchanges sites for groups of users.

    Parameters
    ----------
    model : SiteModel
        Of the groups.
    """

    def __init__(self, model: SiteModel) -> None:
        self._model = model
        groups = len(model.demand)
        self._scratch = np.empty(groups), np.empty(groups)
        self._left_out = -PENALTY if model.must_serve else 0.0

    def served(
        self, sites: Sites, expired: Callable[[], bool], least: float = -np.inf
    ) -> Sites | None:
        """``sites`` with the prices at which groups are served from them, and worth.

        None where prices show that it is not worth more than ``least``.
        """
        model = self._model
        opened = np.flatnonzero(sites.is_open)
        table = np.full((len(model.demand), len(opened)), -np.inf)
        for k, s in enumerate(opened):
            entries = slice(model.first[s], model.first[s + 1])
            table[model.user[entries], k] = model.worth[entries]
        limits = model.capacity[opened], model.gateway[opened], model.backhaul
        prices = sites.price[opened], sites.toll.copy()
        rest = table, self._left_out, model.demand, limits, prices
        for k in np.flatnonzero(prices[0] < 0):  # unknown, unlike the others
            prices[0][k] = 0.0
            sweep(k, k + 1, *rest, self._scratch)
        cost = model.cost[opened].sum()
        for _ in range(SWEEPS):
            if worth_at(*rest) - cost <= least:
                return None
            sweep(0, len(opened) + len(sites.toll), *rest, self._scratch)
        if worth_at(*rest) - cost <= least:
            return None
        price = np.zeros(len(sites.is_open))
        price[opened] = prices[0]
        price += through(prices[1], model.gateway) * sites.is_open
        return self._exactly(serve(sites.is_open, model, price, expired))

    def _exactly(self, service: Service) -> Sites:
        """Sites, with the price that backhaul has by itself set apart."""
        model, is_open = self._model, service.is_open
        price, toll = service.price.copy(), np.zeros(len(model.backhaul))
        opened = np.flatnonzero(is_open)
        if service.share.size:
            load = model.demand @ service.share
        else:
            at = service.site[service.site >= 0]
            demand = model.demand[service.site >= 0]
            load = np.bincount(at, demand, len(is_open))[opened]
        gate = model.gateway[opened]
        for g in range(len(toll)):
            members = opened[gate == g]
            if load[gate == g].sum() >= FULL * model.backhaul[g] and members.size:
                toll[g] = price[members].min()
                price[members] -= toll[g]
        return Sites(is_open, service.worth, price, toll)

    def opened(
        self, is_open: np.ndarray, descent: PriceDescent, expired: Callable[[], bool]
    ) -> Sites:
        """Sites (S,) that prices open, served from these prices on."""
        price = np.where(is_open, descent.site_price, 0.0)
        sites = Sites(is_open, -np.inf, price, descent.best[1])
        found = self.served(sites, expired)
        return sites if found is None else found

    def improved(self, sites: Sites, tries: int, expired: Callable[[], bool]) -> Sites:
        """Descend from ``sites`` until none of the likeliest moves is better."""
        while not expired():
            better = self._first_better(sites, tries, expired)
            if better is None:
                break
            sites = better
        return sites

    def _first_better(
        self, sites: Sites, tries: int, expired: Callable[[], bool]
    ) -> Sites | None:
        least = sites.worth + BETTER * abs(sites.worth)
        model = self._model
        for enters, leaves in promising_moves(
            self._service(sites), model, model.status, tries
        ):
            is_open, price = sites.is_open.copy(), sites.price.copy()
            if leaves >= 0:
                is_open[leaves] = False
            if enters >= 0:
                is_open[enters], price[enters] = True, UNKNOWN
            start = Sites(is_open, -np.inf, price, sites.toll)
            trial = self.served(start, expired, least)
            if expired():
                return None
            if trial is not None and trial.worth > least:
                return trial
        return None

    def _service(self, sites: Sites) -> Service:
        nobody = np.empty(0, np.intp), np.empty((0, 0))
        price = sites.price + through(sites.toll, self._model.gateway)
        return Service(sites.is_open, sites.worth, *nobody, price, complete=True)
