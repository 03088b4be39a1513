"""Prices for the least bound on placements, by subgradient steps."""

from collections.abc import Sequence

import numpy as np

from formulations.kernels.interchange import two_best
from formulations.kernels.site_prices import (
    ALL,
    SMALLEST_STEP,
    choose,
    descend,
    earn,
    sold,
)
from formulations.placement import LapPlacement
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from formulations.placement_prices import ServicePrices, ServiceRay

RESTLESS, FEW = 2, 16  # sites that never rest: by those that open, and more
CALM = 0.7  # part of those awake that still are after steps that rest did not spoil
ROUNDING = 1e-12

Prices = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of users (U,), gateways (G,) and cliques (Q,)."""


class PriceDescent:
    """Prices on service, backhaul and conflicts that go down to the least bound.

    Parameters
    ----------
    model : SiteModel
        Problem in canonical units.
    status : (S,)
        What is decided about each site.
    prices : tuple of arrays
        Of users (U,), gateways (G,) and cliques (Q,) to start from.
    step : float
        First step, 1 where the prices are a guess.
    before : PriceDescent, optional
        Another at prices near these, to learn from which sites may rest.
    """

    def __init__(
        self,
        model: SiteModel,
        status: np.ndarray,
        prices: Prices,
        step: float = 1.0,
        before: "PriceDescent | None" = None,
    ) -> None:
        self.model, self.status, self.step = model, status, step
        self.prices = _copies(prices)
        sites, entries = len(status), int(np.diff(model.first).max(initial=0))
        self.best = _copies(prices)
        self.site_price = np.zeros(sites)
        self._moves = tuple(np.zeros_like(part) for part in prices)
        self._numbers = np.array([np.inf, 0.0])
        self.average, self.taken = np.zeros(sites), 0
        self._earned, self._room = np.zeros(sites), np.zeros(sites)
        self._at_best, self._most = np.zeros(sites), sites
        if before is not None:
            self._at_best[:], self._most = before._at_best, before._most  # noqa: SLF001
            self.site_price[:] = self._room[:] = before.site_price
        self._scratch = np.full(sites, ALL), np.empty(entries), np.empty(entries)
        self._scales = price_scales(model)

    @property
    def total(self) -> float:
        """Least bound found, in canonical value."""
        return float(self._numbers[0])

    @property
    def is_done(self) -> bool:
        """Whether the step has become too small to matter."""
        return self.step < SMALLEST_STEP or self.total == -np.inf

    def run(self, steps: int, known: float) -> None:
        """Take steps, sized by the distance to the objective ``known``.

        Sites that earn far less than those that open rest meanwhile.
        """
        self.taken += steps
        np.maximum(self.prices[0], self.model.floor, out=self.prices[0])
        best, total = _copies(self.best), self.total
        awake = self._awake()
        search = (
            self.best,
            self.site_price,
            self._moves,
            self._numbers,
            self.average,
            self._earned,
            self._room,
        )
        self.step = descend(
            steps,
            known,
            self.prices,
            self._scales,
            self.step,
            search,
            awake,
            self.model,
            self._scratch,
        )
        if -np.inf < self.total < total:
            self._wake(best, total)

    def _awake(self) -> np.ndarray:
        """Status (S,) without the free sites that earned least at the best prices."""
        awake = self.status.copy()
        free = np.flatnonzero(awake == FREE)
        if len(free) > self._most:
            order = np.argpartition(-self._at_best[free], self._most)
            awake[free[order[self._most :]]] = CLOSED
        return awake

    def _look(self) -> tuple[float, int]:
        """Look what all sites earn at the best prices; the bound, and how many open."""
        self._at_best[:] = self.earnings()
        chosen = np.zeros(len(self.status), bool)
        earned, _, _, number = choose(self._at_best, self.status, self.model, chosen)
        return earned + sold(self.best, self.model), number

    def _wake(self, best: Prices, total: float) -> None:
        """Correct the bound by who rested; if it is none, go back to the one before."""
        found, number = self._look()
        if found <= self.total + ROUNDING * abs(self.total):
            self._most = max(RESTLESS * number + FEW, int(CALM * self._most))
        else:
            self._most *= 2
        self._numbers[0] = min(found, total)
        if found >= total:
            for part, old in zip(self.best, best, strict=True):
                part[:] = old
            self._look()

    def restart(self, step: float) -> None:
        """Go on from the best prices with another step."""
        for part, best in zip(self.prices, self.best, strict=True):
            part[:] = best
        for part in self._moves:
            part[:] = 0.0
        self.step = step
        self._numbers[1] = 0.0

    def earnings(self) -> np.ndarray:
        """What each site (S,) earns at the best prices, -inf where closed."""
        earned = np.empty(len(self.status))
        model = self.model
        earn(self.best, self.status, model, self._scratch, earned, self.site_price)
        return earned

    def choice(self) -> tuple[np.ndarray, float]:
        """Sites (S,) bool that open at the best prices, and the bound there."""
        chosen = np.zeros(len(self.status), bool)
        total, *_ = choose(self.earnings(), self.status, self.model, chosen)
        return chosen, total + sold(self.best, self.model)

    def bounds(self, decided: Sequence[np.ndarray]) -> list[float]:
        """Bounds at the best prices where more is ``decided`` (S,) than here."""
        earned, found = self.earnings(), []
        chosen = np.zeros(len(earned), bool)
        for status in decided:
            left = np.where(status == CLOSED, -np.inf, earned)
            total, *_ = choose(left, status, self.model, chosen)
            found.append(total + sold(self.best, self.model))
        return found

    def fix(self, known: float) -> int:
        """Decide sites that cannot be otherwise where the objective beats ``known``.

        Returns how many were decided. The reduced costs are differences of earnings.
        """
        earned = self.earnings()
        chosen = np.zeros(len(self.status), bool)
        model = self.model
        total, last, following, number = choose(earned, self.status, model, chosen)
        total += sold(self.best, model)
        is_free = self.status == FREE
        displaced = last if number >= model.most else min(last, 0.0)
        forced = number - 1 < model.least
        replaced = following if forced else max(following, 0.0)
        with np.errstate(invalid="ignore"):  # closed sites earn -inf, and stay closed
            opened = total + earned - displaced
            closed = total - earned + replaced
        slack = 1e-12 * len(model.demand)
        shut = is_free & ~chosen & (opened <= known - slack)
        kept = is_free & chosen & (closed <= known - slack)
        self.status[shut] = CLOSED
        self.status[kept] = OPEN
        return int(shut.sum() + kept.sum())

    def argument(self, scaled: LapPlacement) -> ServicePrices:
        """The best prices in the units of the problem that was scaled."""
        return ServicePrices(*self._in_units(scaled))

    def ray(self, scaled: LapPlacement) -> ServiceRay:
        """The best prices as a proof of infeasibility."""
        return ServiceRay(*self._in_units(scaled))

    def _in_units(self, scaled: LapPlacement) -> tuple[np.ndarray, ...]:
        value, demand = scaled.units["value"], scaled.units["demand"]
        user, gateway, clique = self.best
        per_demand = value / demand
        return (
            user * value,
            self.site_price * per_demand,
            gateway * per_demand,
            (clique * value),
        )


def _copies(prices: Prices) -> Prices:
    user, gateway, clique = prices
    return user.copy(), gateway.copy(), clique.copy()


def price_scales(model: SiteModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes that prices of users, gateways and cliques are expected to have."""
    users, gateways = len(model.demand), len(model.backhaul)
    spread = model.spread
    size = spread.mean() or 1.0
    total = spread.sum() or 1.0
    cliques = len(model.clique_start) - 1
    per_demand = total / (model.demand.sum() or 1.0)
    return (
        np.maximum(spread, 0.01 * size),
        np.full(gateways, per_demand * np.sqrt(gateways / users)),
        np.full(cliques, total / max(model.most, 1) / np.sqrt(max(cliques, 1))),
    )


def first_prices(
    is_open: np.ndarray, price: np.ndarray, model: SiteModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prices of users from open sites (S,) and the price (S,) of room there."""
    users = len(model.demand)
    best, second = np.empty(users), np.empty(users)
    home = np.empty(users, np.intp)
    two_best(is_open, price, model, best, second, home)
    lowest = model.value.min(initial=0.0) - 1.0
    user = np.maximum(0.5 * (best + second), lowest)
    gateways = np.zeros(len(model.backhaul))
    return user, gateways, np.zeros(len(model.clique_start) - 1)
