"""Local search over the open sites of all periods."""

import numpy as np

from formulations.forecast import LapForecast
from formulations.forecast_prices import first_contradiction
from formulations.placement_model import changed
from rrm.forecast.periods import Periods, Plan, periods_of, plan_of, serve_all
from rrm.forecast.scenarios import best_of_each, improve_together
from rrm.forecast.steps import each_alone, first_candidates, improve_step, with_sites
from rrm.incumbent import Incumbent
from rrm.placement.moves import shaken
from rrm.placement.service import serve
from rrm.registry import method

TRIES = 20  # moves served exactly before a place counts as locally best
ROUNDS = 40  # from shaken sites without improvement before giving up
MOST_STEPS = 3  # that are shaken together, as a site may pay in none of them alone
MANY = 300  # users of a period from which on the search serves parts of them
SHAKEN = 0.1  # share of the open sites that is exchanged


@method(
    LapForecast,
    kind="heuristic",
    proves="infeasibility where single constraints contradict each other",
    rank=20,
    share=1.5,
)
def local_search(problem: LapForecast, incumbent: Incumbent) -> None:
    """Improve the sites of all scenarios, or of one step after the other [1]_.

    Scenarios share their sites: moves are estimated in each, and made by the sum. For
    steps of time, sites are improved with what moves from and to the neighbouring steps
    save, and a dynamic program picks among the candidates of all steps. Both start
    again from shaken sites.

    Complexity: estimating all moves takes O(E) for E pairs of user and site in all
    periods; the dynamic program O(T K^2) for K candidates in T steps.

    References
    ----------
    .. [1] G. O. Wesolowsky, W. G. Truscott, "The multiperiod location-allocation
       problem with relocation of facilities", Management Science 22(1), 1975.
       https://doi.org/10.1287/mnsc.22.1.57
    """
    reason = first_contradiction(problem)
    if reason is not None:
        incumbent.tighten(-np.inf, reason)
        return
    periods = searched(periods_of(problem))
    rng = np.random.default_rng(incumbent.seed)
    if periods.moves:
        _search_steps(problem, periods, incumbent, rng)
    else:
        _search_scenarios(problem, periods, incumbent, rng)


def searched(periods: Periods) -> Periods:
    """Models to search in: parts of users may be served where users are many."""
    if max(len(model.demand) for model in periods.models) < MANY:
        return periods
    parts = [changed(model, whole=False) for model in periods.models]
    return periods._replace(models=parts)


def _search_scenarios(
    problem: LapForecast,
    periods: Periods,
    incumbent: Incumbent,
    rng: np.random.Generator,
) -> None:
    expired, model = incumbent.expired, periods.models[0]
    best = best_of_each(periods, expired, TRIES)
    known = incumbent.allocation
    if known is not None and not expired():
        start = serve_all(known.open, periods, expired, best)
        best = start if start.worth > best.worth else best
    best = improve_together(best, periods, expired, TRIES)
    _offer(best, problem, incumbent)
    failed = 0
    while failed < ROUNDS and not expired():
        start = _shaken(best, 0, periods, rng)
        is_open = np.broadcast_to(start, (len(periods.models), len(model.status)))
        trial = serve_all(is_open, periods, expired, best)
        trial = improve_together(trial, periods, expired, TRIES)
        failed += 1
        if trial.worth > best.worth:
            best, failed = trial, 0
            _offer(best, problem, incumbent)


def _search_steps(
    problem: LapForecast,
    periods: Periods,
    incumbent: Incumbent,
    rng: np.random.Generator,
) -> None:
    expired, count = incumbent.expired, len(periods.models)
    alone = each_alone(periods, expired, TRIES)
    _offer(alone, problem, incumbent)
    candidates = first_candidates(alone, periods, expired)
    best = candidates.best()
    _offer(best, problem, incumbent)
    known = incumbent.allocation
    if known is not None and not expired():
        start = serve_all(known.open, periods, expired, best)
        for t, service in enumerate(start.services):
            candidates.add(t, service)
    failed, turn = 0, 0
    while failed < ROUNDS * count and not expired():
        first = turn % count
        last = first + 1
        start = best
        if failed >= count:  # no step can be better alone: several change together
            last = min(first + int(rng.integers(1, MOST_STEPS + 1)), count)
            sites = _shaken(best, first, periods, rng)
            start = with_sites(best, sites, first, last, periods, expired)
        for t in range(first, last):
            candidates.add(t, start.services[t])
            service = improve_step(start, t, periods, expired, TRIES)
            candidates.add(t, service)
            start = start.with_service(t, service, periods)
        turn, failed = turn + 1, failed + 1
        trial = candidates.best()
        if trial.worth > best.worth + 1e-12 * abs(best.worth):
            best, failed = trial, 0
            _offer(best, problem, incumbent)


def _shaken(
    plan: Plan, t: int, periods: Periods, rng: np.random.Generator
) -> np.ndarray:
    """Sites (S,) of period ``t`` with some exchanged at random."""
    service, model = plan.services[t], periods.models[t]
    exchanges = max(2, int(SHAKEN * service.is_open.sum()))
    number = int(rng.integers(1, exchanges + 1))
    return shaken(service, model, model.status, number, rng)


def _offer(plan: Plan, problem: LapForecast, incumbent: Incumbent) -> None:
    """Offer ``plan``, users served as a whole if they must be and time is left."""
    periods, services = periods_of(problem), plan.services
    if problem.single_source and services[0].share.size:
        services = []
        for found, model in zip(plan.services, periods.models, strict=True):
            if incumbent.expired(0):
                return
            served = serve(found.is_open, model, found.price, incumbent.expired)
            services.append(served)
    plan = plan_of(services, periods)
    if plan.complete:
        incumbent.offer(plan.allocation(problem))
