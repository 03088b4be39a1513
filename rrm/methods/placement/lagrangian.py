"""Prices on service: bounds at any prices, open sites from good ones."""

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_descent import PriceDescent, first_prices
from formulations.placement_model import SiteModel, canonical
from formulations.placement_moves import improve
from formulations.placement_prices import ServicePrices, contradictions
from formulations.placement_service import Service, has_limits, serve
from rrm.incumbent import Incumbent
from rrm.registry import method

ENTRIES_PER_CHUNK = 400_000  # about 0.5 ms between looks at the clock
STEPS_PER_LOOK = 20  # most steps between looks at the clock
STEPS_PER_BOUND = 20  # least steps between bounds handed in
STEPS_PER_CHOICE = 40  # steps before the first choice is improved, and then more
RESTARTS = (0.5, 0.25)  # steps to go on with once the first has become small
TRIES = 12  # moves served exactly when a choice at the prices is improved
TIGHTER = 0.02  # part of the gap that a bound must close to be handed in
RAY_LOOKS = 300  # looks at the bound while searching for a proof of infeasibility


@method(
    LapPlacement,
    kind="decomposition",
    proves="an upper bound by prices on service, capacity, backhaul and conflicts; "
    "infeasibility by a Farkas ray",
    rank=30,
)
def lagrangian(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Price service by subgradient steps, improve the sites that the prices open [1]_.

    At the prices each site picks its users by a knapsack; sites that cannot be in
    anything better than the incumbent are fixed by reduced costs on the way [2]_.

    References
    ----------
    .. [1] J. E. Beasley, "Lagrangean heuristics for location problems", EJOR 65(3),
       1993. https://doi.org/10.1016/0377-2217(93)90118-7
    .. [2] N. Christofides, J. E. Beasley, "A tree search algorithm for the p-median
       problem", EJOR 10(2), 1982. https://doi.org/10.1016/0377-2217(82)90160-6
    """
    reasons = contradictions(problem)
    if reasons:
        incumbent.tighten(-np.inf, reasons[0])
        return
    scaled, model = canonical(problem)
    if incumbent.allocation is None and problem.must_serve:
        search_ray(problem, scaled, model, incumbent)
    price_service(problem, scaled, model, incumbent)


def price_service(
    problem: LapPlacement,
    scaled: LapPlacement,
    model: SiteModel,
    incumbent: Incumbent,
) -> None:
    """Descend to the least bound, offering what the prices open on the way."""
    unit = scaled.units["value"]
    service = _start(model, incumbent)
    status = model.status.copy()
    descent = PriceDescent(
        model, status, first_prices(service.is_open, service.price, model)
    )
    tried: set[bytes] = set()
    restarts = list(RESTARTS)
    handed_in, taken, bound_at, choice_at = np.inf, 0, 0, STEPS_PER_CHOICE
    while not incumbent.expired():
        known = incumbent.objective / unit
        known = known if np.isfinite(known) else -np.inf
        steps = _steps(model, status)
        descent.run(steps, known)
        if descent.total == -np.inf:
            return
        taken += steps
        is_tighter = handed_in - descent.total > TIGHTER * (descent.total - known)
        if (is_tighter and taken >= bound_at) or descent.is_done:
            handed_in, bound_at = descent.total, taken + STEPS_PER_BOUND
            argument = descent.argument(scaled)
            incumbent.tighten(argument.bound(problem), argument)
        if taken >= choice_at:
            choice_at = taken + int(0.5 * taken)
            service = _improve_choice(descent, service, model, tried, incumbent)
        if descent.is_done:
            if not restarts:
                return
            descent.restart(restarts.pop(0))


def _start(model: SiteModel, incumbent: Incumbent) -> Service:
    """Service of the best allocation so far, or of nothing much."""
    known = incumbent.allocation
    is_open = model.status > 0 if known is None else known.open
    return serve(is_open, model, None, incumbent.expired)


def _steps(model: SiteModel, status: np.ndarray) -> int:
    """Steps that take as long as one look at the clock should."""
    part = max(int((status >= 0).sum()), 1) / len(status)
    entries = max(int(len(model.user) * part), 1)
    return min(max(1, ENTRIES_PER_CHUNK // entries), STEPS_PER_LOOK)


def _improve_choice(
    descent: PriceDescent,
    best: Service,
    model: SiteModel,
    tried: set[bytes],
    incumbent: Incumbent,
) -> Service:
    """Serve users from the sites that open at the prices, improve and offer that."""
    chosen, _ = descent.choice()
    chosen = without_conflicts(chosen, descent.earnings(), model)
    key = np.packbits(chosen).tobytes()
    if key in tried:
        return best
    tried.add(key)
    service = serve(chosen, model, descent.site_price, incumbent.expired)
    tries = TRIES if has_limits(model.status >= 0, model) else 1
    service = improve(service, model, model.status, incumbent.expired, tries)
    if service.complete:
        incumbent.offer(service.placement())
    return service if service.worth > best.worth else best


def without_conflicts(
    chosen: np.ndarray, earned: np.ndarray, model: SiteModel
) -> np.ndarray:
    """``chosen`` (S,) less sites in conflict with one that earns more."""
    if not len(model.near):
        return chosen
    kept = model.status > 0
    for s in np.argsort(-earned, kind="stable"):
        near = model.near[model.near_start[s] : model.near_start[s + 1]]
        if chosen[s] and not kept[near].any():
            kept[s] = True
    return kept


def search_ray(
    problem: LapPlacement,
    scaled: LapPlacement,
    model: SiteModel,
    incumbent: Incumbent,
) -> None:
    """Look for prices at which serving everybody costs something at no cost."""
    free = model._replace(
        value=np.zeros_like(model.value),
        worth=np.zeros_like(model.worth),
        cost=np.zeros_like(model.cost),
    )
    status = model.status.copy()
    users = len(model.demand)
    prices = (
        np.full(users, -1.0),
        np.zeros(len(model.backhaul)),
        np.zeros(len(model.clique_start) - 1),
    )
    descent = PriceDescent(free, status, prices)
    for _ in range(RAY_LOOKS):
        if incumbent.expired():
            return
        descent.run(_steps(model, status), -1e-3 * users)
        if descent.total < 0:
            ray = descent.ray(scaled)
            if ray.bound(problem) == -np.inf:
                incumbent.tighten(-np.inf, ray)
                return
        if descent.is_done:
            return


def prices_of(incumbent: Incumbent) -> ServicePrices | None:
    """Prices that the best bound so far rests on, if it is one of prices."""
    proof = incumbent.certificate().proof
    return proof if isinstance(proof, ServicePrices) else None
