"""Prices on service: bounds at any prices, open sites from good ones."""

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import (
    CLOSED,
    FREE,
    SiteModel,
    canonical,
    changed,
)
from formulations.placement_prices import contradictions
from rrm.incumbent import Incumbent
from rrm.placement.coarse import reason_against_crowds
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.dive import dive
from rrm.placement.moves import improve
from rrm.placement.service import Service, has_limits, serve, serve_in_time
from rrm.registry import method

ENTRIES_PER_CHUNK = 100_000, 400_000  # 0.9 ms of steps: where room is filled, or not
STEPS_PER_LOOK = 20  # most steps between looks at the clock
STEPS_PER_BOUND = 20  # least steps between bounds handed in
STEPS_PER_CHOICE = 50  # steps before the first choice is improved
WAIT = 2.0  # times as many steps before the next
RESTARTS = (0.5, 0.25)  # steps to go on with once the first has become small
TRIES = 30  # moves served exactly when a choice at the prices is improved
UNLIKELY = 0.002  # average over the last steps below which a site is left out of that
TIGHTER = 0.02  # part of the gap that a bound must close to be handed in
RAY_LOOKS = 300  # looks at the bound while searching for a proof of infeasibility


@method(
    LapPlacement,
    kind="decomposition",
    applies=reason_against_crowds,
    proves="an upper bound by prices on service, capacity, backhaul and conflicts; "
    "infeasibility by a Farkas ray",
    rank=30,
    share=3.0,
)
def lagrangian(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Price service by subgradient steps [2]_, improve the sites that they open [1]_.

    At the prices each site picks its users by a knapsack, and the best sites open.
    Where capacities bind, sites are opened one after the other as prices follow.

    Complexity: a step takes O(E log U) for E pairs of user and site.

    References
    ----------
    .. [1] J. E. Beasley, "Lagrangean heuristics for location problems", EJOR 65(3),
       1993. https://doi.org/10.1016/0377-2217(93)90118-7
    .. [2] P. M. Camerini, L. Fratta, F. Maffioli, "On improving relaxation methods by
       modified gradient techniques", Mathematical Programming Study 3, 1975.
       https://doi.org/10.1007/BFb0120697
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
    if incumbent.expired(0):
        return
    known = incumbent.allocation
    is_open = model.status > 0 if known is None else known.open
    service = serve(is_open, model, None, incumbent.expired)
    if service.complete:
        incumbent.offer(service.placement())
    if incumbent.expired(0):
        return
    prices = first_prices(is_open, service.price, model)
    descent = PriceDescent(model, model.status.copy(), prices)
    unit = scaled.units["value"]
    chooser = Chooser(model, service, incumbent, unit)
    _descend(descent, chooser, problem, scaled, incumbent)


def _descend(
    descent: PriceDescent,
    chooser: "Chooser",
    problem: LapPlacement,
    scaled: LapPlacement,
    incumbent: Incumbent,
) -> None:
    """Descend, hand bounds in, and let choices be improved, until the step is small."""
    unit = scaled.units["value"]
    steps = _steps(descent.model, descent.status)
    restarts = list(RESTARTS)
    handed_in, bound_at = np.inf, 0
    while True:
        known = _known(incumbent, unit)
        if not incumbent.expired(0):  # else what is known is handed in
            descent.run(steps, known)
        if descent.total == -np.inf:
            return
        is_last = incumbent.expired() or descent.is_done
        is_tighter = handed_in - descent.total > TIGHTER * (descent.total - known)
        if (is_tighter and descent.taken >= bound_at) or is_last:
            handed_in, bound_at = descent.total, descent.taken + STEPS_PER_BOUND
            with incumbent.looks.finishing():  # what the last bound will take, too
                argument = descent.argument(scaled)
                incumbent.tighten(argument.bound(problem), argument)
        if incumbent.expired(0):
            return
        if descent.is_done and not restarts:
            return
        chooser.look(descent)
        if descent.is_done:
            descent.restart(restarts.pop(0))


class Chooser:
    """Improves what the prices open, every so many steps, and each set once.

    Parameters
    ----------
    model : SiteModel
        To search in.
    best : Service
        To begin with.
    incumbent : Incumbent
        Gets what is found.
    unit : float
        Value of 1 in the models.
    """

    def __init__(
        self,
        model: SiteModel,
        best: Service,
        incumbent: Incumbent,
        unit: float,
    ) -> None:
        self._model, self._incumbent = model, incumbent
        self._unit = unit
        self._best = best
        self._tried: set[bytes] = set()
        self._next = STEPS_PER_CHOICE
        self._tries = TRIES if has_limits(model.status >= FREE, model) else 1

    def look(self, descent: PriceDescent) -> None:
        """Serve users from the sites that open at the prices, improve and offer it."""
        if descent.taken < self._next:
            return
        self._next = int(WAIT * descent.taken)
        model, expired = self._model, self._incumbent.expired
        if self._tries > 1:
            chosen = dive(descent, _known(self._incumbent, self._unit), expired)
        else:
            chosen, _ = descent.choice()
            chosen = without_conflicts(chosen, descent.earnings(), model)
        key = np.packbits(chosen).tobytes()
        if key in self._tried or expired(0):
            return
        self._tried.add(key)
        service = serve_in_time(chosen, model, descent.site_price, expired)
        if service is None:
            return
        self._take(service)
        core = self._core(descent, chosen)
        improve(service, model, core, expired, self._tries, self._take)

    def _core(self, descent: PriceDescent, chosen: np.ndarray) -> np.ndarray:
        """Status (S,) with sites closed that the prices hardly ever open."""
        core = self._model.status.copy()
        unlikely = (descent.average < UNLIKELY) & ~chosen & ~self._best.is_open
        core[unlikely & (core == FREE)] = CLOSED
        return core

    def _take(self, service: Service) -> None:
        """Keep and offer ``service`` if it is the best."""
        if service.worth > self._best.worth:
            self._best = service
            if service.complete:
                self._incumbent.offer(service.placement())


def _known(incumbent: Incumbent, unit: float) -> float:
    """Best objective so far in canonical value, -inf without one."""
    known = incumbent.objective / unit
    return known if np.isfinite(known) else -np.inf


def _steps(model: SiteModel, status: np.ndarray) -> int:
    """Steps that take as long as one look at the clock should."""
    part = max(int((status >= 0).sum()), 1) / len(status)
    entries = max(int(len(model.user) * part), 1)
    is_free = not np.isfinite(model.capacity).any()
    return min(max(1, ENTRIES_PER_CHUNK[is_free] // entries), STEPS_PER_LOOK)


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
    free = changed(
        model,
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
