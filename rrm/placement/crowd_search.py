"""Better open sites for groups of users, judged by prices of room."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from formulations.kernels.interchange import PENALTY
from formulations.kernels.room_prices import sweep, worth_at
from formulations.placement_model import SiteModel
from rrm.placement.descent import PriceDescent
from rrm.placement.moves import promising_moves, shaken
from rrm.placement.service import Service

SWEEPS = 6  # over prices of room that are far from fitting
TRIAL_SWEEPS = 2  # after an exchange
BETTER = 1e-6  # relative gain of an exchange


class Sites(NamedTuple):
    """Open sites, the prices of room there and of backhaul, and what they are worth."""

    is_open: np.ndarray  # (S,) bool
    worth: float
    price: np.ndarray  # (S,)
    toll: np.ndarray  # (G,)

    @classmethod
    def at_fixed(cls, model: SiteModel) -> "Sites":
        """Fixed sites alone, and no prices."""
        nothing = np.zeros(len(model.status)), np.zeros(len(model.backhaul))
        return cls(model.status > 0, -np.inf, *nothing)

    def paid(self, model: SiteModel) -> np.ndarray:
        """Price (S,) of room and backhaul together."""
        return self.price + through(self.toll, model)


def through(toll: np.ndarray, model: SiteModel) -> np.ndarray:
    """Price (S,) of the backhaul that each site's traffic takes."""
    return np.where(model.gateway >= 0, np.append(toll, 0.0)[model.gateway], 0.0)


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

    def judged(self, sites: Sites, sweeps: int = SWEEPS) -> Sites:
        """``sites`` with prices that fit better, and what groups are worth at them.

        That is an upper bound on it, tight at the best prices.
        """
        model = self._model
        opened = np.flatnonzero(sites.is_open)
        table = np.full((len(model.demand), len(opened)), -np.inf)
        for k, s in enumerate(opened):
            entries = slice(model.first[s], model.first[s + 1])
            table[model.user[entries], k] = model.worth[entries]
        limits = model.capacity[opened], model.gateway[opened], model.backhaul
        prices = sites.price[opened], sites.toll.copy()
        count = len(opened) + len(sites.toll)
        rest = table, self._left_out, model.demand, limits, prices
        for _ in range(sweeps):
            sweep(0, count, *rest, self._scratch)
        worth = worth_at(*rest) - model.cost[opened].sum()
        price = np.zeros(len(sites.is_open))
        price[opened] = prices[0]
        return Sites(sites.is_open, float(worth), price, prices[1])

    def opened(self, is_open: np.ndarray, descent: PriceDescent) -> Sites:
        """Sites (S,) that prices open, at these prices."""
        price = np.where(is_open, descent.site_price, 0.0)
        return self.judged(Sites(is_open, -np.inf, price, descent.best[1]))

    def improved(self, sites: Sites, tries: int, expired: Callable[[], bool]) -> Sites:
        """Descend from ``sites`` until none of the likeliest moves is better."""
        while not expired():
            better = self._first_better(sites, tries, expired)
            if better is None:
                return sites
            sites = better
        return sites

    def _first_better(
        self, sites: Sites, tries: int, expired: Callable[[], bool]
    ) -> Sites | None:
        for enters, leaves in promising_moves(
            self._service(sites), self._model, self._model.status, tries
        ):
            is_open, price = sites.is_open.copy(), sites.price.copy()
            if leaves >= 0:
                is_open[leaves] = False
            if enters >= 0:
                is_open[enters] = True
                price[enters] = price[leaves] if leaves >= 0 else 0.0
            trial = self.judged(
                Sites(is_open, -np.inf, price, sites.toll), TRIAL_SWEEPS
            )
            least = sites.worth + BETTER * abs(sites.worth)
            if trial.worth > least:
                trial = self.judged(trial)
                if trial.worth > least:
                    return trial
            if expired():
                return None
        return None

    def shaken(self, sites: Sites, rng: np.random.Generator) -> Sites:
        """``sites`` with up to a quarter exchanged at random."""
        most = max(2, int(sites.is_open.sum()) // 4)
        exchanges = int(rng.integers(1, most + 1))
        model = self._model
        is_open = shaken(self._service(sites), model, model.status, exchanges, rng)
        price = np.where(is_open, sites.price, 0.0)
        return self.judged(Sites(is_open, -np.inf, price, sites.toll))

    def _service(self, sites: Sites) -> Service:
        nobody = np.empty(0, np.intp), np.empty((0, 0))
        price = sites.paid(self._model)
        return Service(sites.is_open, sites.worth, *nobody, price, complete=True)
