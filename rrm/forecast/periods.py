"""A forecast as one model of sites for each period, in canonical units."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from formulations.forecast import LapForecast, PlacementPlan
from formulations.forecast_moves import saved_between
from formulations.placement_model import SiteModel, changed, model_of
from rrm.placement.service import Service, serve


class Periods(NamedTuple):
    """Models of all periods; values and costs carry the periods' weights.

    Attributes
    ----------
    scaled : LapForecast
        The problem in canonical units.
    models : list of SiteModel
        Of each period. The cost of a site is that of a launch for one period.
    saved : (S, S)
        Value saved by each move between two steps; 0 without moves.
    moves : bool
        Whether sites may change between periods.
    """

    scaled: LapForecast
    models: list[SiteModel]
    saved: np.ndarray
    moves: bool


def periods_of(problem: LapForecast) -> Periods:
    """Models of a problem, built once for it."""
    known = problem.__dict__.get("_periods")
    if known is None:
        known = problem.__dict__["_periods"] = _built(problem)
    return known


def _built(problem: LapForecast) -> Periods:
    scaled = problem.scaled()
    models = []
    for t, one in enumerate(scaled.placements):
        model, weight = model_of(one), scaled.weight[t]
        models.append(
            changed(
                model,
                value=model.value * weight,
                worth=model.worth * weight,
                spread=model.spread * weight,
                cost=scaled.upkeep[t].copy(),
            )
        )
    if not problem.moves:
        least = max(model.least for model in models)
        models = [changed(model, least=least) for model in models]
    return Periods(scaled, models, scaled.saved, problem.moves)


class Plan(NamedTuple):
    """Users served in all periods from open sites."""

    services: list[Service]
    worth: float

    @property
    def is_open(self) -> np.ndarray:
        """Open sites (T, S)."""
        return np.array([service.is_open for service in self.services])

    @property
    def complete(self) -> bool:
        """Whether everybody is served who must be."""
        return all(service.complete for service in self.services)

    def with_service(self, t: int, service: Service, periods: Periods) -> "Plan":
        """Plan with another service in period ``t``."""
        services = list(self.services)
        services[t] = service
        return plan_of(services, periods)

    def allocation(self, problem: LapForecast) -> PlacementPlan:
        """The allocation."""
        return problem.plan([service.placement() for service in self.services])


def plan_of(services: list[Service], periods: Periods) -> Plan:
    """Plan of the services, worth what they are and what moves save."""
    worth = sum(service.worth for service in services)
    for before, after in pairwise(services):
        worth += saved_between(periods.saved, before.is_open, after.is_open)
    return Plan(services, worth)


def serve_all(
    is_open: np.ndarray,
    periods: Periods,
    expired: Callable[[], bool],
    known: Plan | None = None,
) -> Plan:
    """Serve users from open sites (T, S), starting from the prices of ``known``."""
    services = []
    for t, model in enumerate(periods.models):
        price = None if known is None else known.services[t].price
        services.append(serve(is_open[t], model, price, expired))
    return plan_of(services, periods)
