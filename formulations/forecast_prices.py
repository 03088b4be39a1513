"""Prices that bound plans over a forecast, and proofs that there is none."""

from dataclasses import dataclass

import numpy as np

from formulations.forecast import LapForecast
from formulations.forecast_moves import arrivals
from formulations.placement import LapPlacement
from formulations.placement_model import OPEN, first_status
from formulations.placement_prices import (
    ROUNDING,
    Contradiction,
    ServicePrices,
    contradictions,
)


@dataclass(frozen=True, eq=False)
class ForecastPrices:
    """Lagrangian bound with prices on service in every period, and on moves.

    In each period sites earn at its prices as in :class:`ServicePrices`. In scenarios
    the best sites by the sum over all open. In steps of time moves save at most the
    potentials of the sites left and taken, which the sites earn on top: potentials of
    leaving are given, those of arriving are the least that go with them (dual of the
    flow of platforms through time [1]_). The best sites of each step open.

    Attributes
    ----------
    user : (R,) value
        Of the right to serve a demand point, its period's weight included.
    site, gateway, clique : (T, S), (T, G), (T, Q)
        Of room, backhaul and conflicts, the weights included.
    leave : (T, S) value
        Potential of leaving a site after each step; the last does not count.

    References
    ----------
    .. [1] R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows", 1993, section 9.4.
    """

    user: np.ndarray
    site: np.ndarray
    gateway: np.ndarray
    clique: np.ndarray
    leave: np.ndarray

    def bound(self, problem: LapForecast) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        periods, sites = problem.sizes["T"], problem.sizes["S"]
        shapes = (
            (self.user, (problem.sizes["R"],)),
            (self.site, (periods, sites)),
            (self.gateway, (periods, len(problem.backhaul))),
            (self.clique, (periods, len(problem.placement_of(0).cliques[0]) - 1)),
            (self.leave, (periods, sites)),
        )
        if any(part.shape != shape for part, shape in shapes):
            return np.nan
        if not (np.isfinite(self.leave).all() and (self.leave >= 0).all()):
            return np.nan
        earned, total, sizes = np.zeros((periods, sites)), 0.0, 0.0
        for t, one in enumerate(problem.placements):
            prices = self.of(problem, t)
            if not prices.is_valid(one):
                return np.nan
            weight = problem.weight[t]
            parts = weight * one.reach.value, weight * one.open_cost
            earned[t], width = prices.earnings(one, *parts)
            limit = np.where(np.isfinite(one.backhaul), one.backhaul, 0.0)
            through = prices.gateway @ limit
            total += prices.user.sum() + through + prices.clique.sum()
            sizes += width + np.abs(prices.user).sum() + through + prices.clique.sum()
        if not problem.moves:
            total += best_sites(earned.sum(axis=0), problem.placements)
            return float(total + ROUNDING * sizes)
        flown = problem.energy_cost * problem.energy
        earned -= flown
        sizes += periods * flown.sum()
        for t in range(periods - 1):
            arrive = arrivals(problem.saved, self.leave[t])
            earned[t] += self.leave[t]
            earned[t + 1] += arrive
            sizes += self.leave[t].sum() + arrive.sum()
        for t, one in enumerate(problem.placements):
            total += best_sites(earned[t], [one])
        return float(total + ROUNDING * sizes)

    def of(self, problem: LapForecast, t: int) -> ServicePrices:
        """Prices of period ``t`` alone."""
        rows = problem.rows[t]
        return ServicePrices(
            self.user[rows], self.site[t], self.gateway[t], self.clique[t]
        )


def best_sites(earned: np.ndarray, placements: list[LapPlacement]) -> float:
    """Most that sites open in all of ``placements`` earn, of ``earned`` (S,) each."""
    first = placements[0]
    status = first_status(first)
    opened = int((status == OPEN).sum())
    least = max(one.least_laps for one in placements)
    room = max(first.most_laps - opened, 0)
    free = np.sort(earned[status == 0])[::-1][:room]
    forced = max(least - opened, 0)
    free[forced:] = np.maximum(free[forced:], 0.0)
    return float(earned[status == OPEN].sum() + free.sum())


@dataclass(frozen=True)
class PeriodContradiction:
    """Constraints that cannot hold together in one period, and where.

    Attributes
    ----------
    period : int
        The period.
    constraints : str
        As of :class:`Contradiction`.
    index : int
        User of that period or site that shows it, -1 where all together do.
    """

    period: int
    constraints: str
    index: int

    def bound(self, problem: LapForecast) -> float:
        """-inf if that is so, else nan."""
        if not 0 <= self.period < problem.sizes["T"]:
            return np.nan
        reason = Contradiction(self.constraints, self.index)
        return reason.bound(problem.placement_of(self.period))


def first_contradiction(problem: LapForecast) -> PeriodContradiction | None:
    """Reason why there is no plan, that can be seen without a search."""
    for t, one in enumerate(problem.placements):
        for reason in contradictions(one):
            return PeriodContradiction(t, reason.constraints, reason.index)
    return None
