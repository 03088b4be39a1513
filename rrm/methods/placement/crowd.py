"""Tens of thousands of users: priced in groups, served and bounded one by one."""

from collections.abc import Iterator
from functools import cache
from itertools import chain

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_cases import SiteCases
from formulations.placement_model import FREE
from formulations.placement_prices import ServicePrices, contradictions
from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.placement.coarse import ALIKE, Crowd, Groups, crowd_of, grouped, is_crowd
from rrm.placement.crowd_bound import bounding, replanting
from rrm.placement.crowd_prices import finer_descent, handed_down
from rrm.placement.crowd_search import GroupSearch, Sites, through
from rrm.placement.crowd_service import place_crowd, serve_again, serve_crowd
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.dive import dive
from rrm.registry import method

SAMPLE = 4_000  # users that a first answer comes from
SAMPLE_ALIKE, SAMPLE_STEPS = 16, 80
LEAST_STEPS, PART = 40, 0.7  # on groups' prices, once this part of the time is left
FIRST_STEPS = 120  # of groups' prices before a first bound
GROUP_STEPS = 300  # before sites are searched for from them
WORSE = 0.003  # relative worth that a step of the search may lose
STEPS_PER_LOOK = 20
AGAIN = 0.1  # first step on groups' prices, once the step has become too small
HASTY = 0.15  # seconds, with less than which a fourth of the sample must do
LEAST_SECONDS = 0.03  # before which nothing is ready
LOAD_SECONDS, LOAD_WORK = 600.0, 300  # for kernels that have to be compiled
ENDED = object()
CASES = 0.25  # part of the time, at the most, for earlier cases before anything else
TRIES = 30  # exchanges judged before sites count as locally best


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    return None if is_crowd(problem) else "groups pay for thousands of users only"


@method(
    LapPlacement,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices on service, capacity, backhaul and conflicts",
    rank=15,
    share=100.0,
)
def crowd(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Price groups of users alike, exchange sites, then price users themselves.

    A sample comes first, for an answer at once. Exchanges are judged by the prices of
    room at the open sites, users are served at them, and sites, users and backhaul
    priced by subgradient steps [1]_ bound it.

    Complexity: a step of prices takes O(E) for E pairs of user and site, and for G
    groups O(G S).

    References
    ----------
    .. [1] J. E. Beasley, "Lagrangean heuristics for location problems", EJOR 65(3),
       1993. https://doi.org/10.1016/0377-2217(93)90118-7
    """
    load_kernels()
    if incumbent.remaining() < LEAST_SECONDS:
        return
    reasons = contradictions(problem)
    if reasons:
        incumbent.tighten(-np.inf, reasons[0])
        return
    place(problem, incumbent)


@cache
def load_kernels() -> None:
    """Take every step once on a small crowd, whatever the clock says."""
    example = LapPlacement.examples()[-1]
    incumbent = Incumbent(example, Budget(LOAD_SECONDS, gap=0.0, work=LOAD_WORK))
    place(example, incumbent)
    known = incumbent.allocation
    assert known is not None, "the example is easy to serve"
    list(serve_again(crowd_of(example), known, lambda: False))


def place(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Answer from a sample, then search and bound with groups of all users."""
    users = crowd_of(problem)
    earlier = earlier_sites(users, incumbent)
    if earlier is not None:
        offer_again(users, earlier, incumbent)
    bounds = replanting(users, problem, incumbent)
    until = (1 - CASES) * incumbent.remaining()
    while incumbent.remaining() > until and next(bounds, ENDED) is not ENDED:
        pass
    wanted = SAMPLE if incumbent.remaining() > HASTY else SAMPLE // 4
    step = max(1, problem.sizes["U"] // wanted)
    sample = grouped(users, step, SAMPLE_ALIKE, incumbent.expired)
    if sample is None:
        return
    first = _first_descent(sample, incumbent)
    is_open = dive(first, first.total, incumbent.expired)
    sites = GroupSearch(sample.model).opened(is_open, first, incumbent.expired)
    offer_at_once(users, sites, incumbent)
    groups = grouped(users, 1, ALIKE, incumbent.expired)
    if groups is None:
        return
    descent = _next_descent(groups, first, sites, incumbent)
    search_and_bound(users, groups, descent, sites, bounds, incumbent)


def _first_descent(groups: Groups, incumbent: Incumbent) -> PriceDescent:
    """Descent on the prices of a sample's groups, from what fixed sites suggest."""
    model = groups.model
    nothing = np.zeros(len(model.status))
    prices = first_prices(model.status > 0, nothing, model)
    descent = PriceDescent(model, model.status.copy(), prices)
    while descent.taken < SAMPLE_STEPS and not incumbent.expired():
        descent.run(STEPS_PER_LOOK, -np.inf)
    return descent


def _next_descent(
    groups: Groups, before: PriceDescent, sites: Sites, incumbent: Incumbent
) -> PriceDescent:
    """Descent on the prices of all groups, from those that a sample has led to."""
    descent = finer_descent(groups, before, sites)
    late = PART * incumbent.remaining()
    while descent.taken < FIRST_STEPS and not (descent.is_done or incumbent.expired()):
        descent.run(STEPS_PER_LOOK, sites.worth)
        if incumbent.remaining() < late and descent.taken >= LEAST_STEPS:
            break
    return descent


def search_and_bound(
    users: Crowd,
    groups: Groups,
    descent: PriceDescent,
    sites: Sites,
    earlier: Iterator[np.ndarray | None],
    incumbent: Incumbent,
) -> None:
    """Search for sites among groups and lower the bound on users, in turns.

    Bounds from ``earlier`` cases come first.
    """
    search, expired = GroupSearch(groups.model), incumbent.expired
    best = search.opened(dive(descent, sites.worth, expired), descent, expired)
    offer_at_once(users, best, incumbent)
    average, price = descent.average, descent.site_price
    paid = handed_down(users, groups, descent.best, price, average, expired)
    if paid is not None:
        incumbent.tighten(0.0, paid)
    best = search.improved(best, TRIES, expired)
    offer(users, best, incumbent)
    hints: list[np.ndarray] = []  # open sites to begin with, the last the best
    trials = searching(users, search, descent, best, hints, incumbent)
    bounds = chain(earlier, bounding(users, descent, best, incumbent))
    ahead, is_bounding = 0.0, True  # seconds that the search had more than the bound
    while not expired():
        began = incumbent.remaining()
        if is_bounding and ahead >= 0.0:
            hint = next(bounds, ENDED)
            is_bounding = hint is not ENDED
            if isinstance(hint, np.ndarray):
                hints.append(hint)
            ahead -= began - incumbent.remaining()
        else:
            next(trials, None)
            ahead += began - incumbent.remaining()


def searching(
    users: Crowd,
    search: GroupSearch,
    descent: PriceDescent,
    best: Sites,
    hints: list[np.ndarray],
    incumbent: Incumbent,
) -> Iterator[None]:
    """Better sites: ``hints``, or some of the open ones, and what prices open then."""
    status, expired = descent.model.status, incumbent.expired
    while descent.taken < GROUP_STEPS and not descent.is_done:
        descent.run(STEPS_PER_LOOK, best.worth)
        yield
    rng, here = np.random.default_rng(incumbent.seed), best
    offered = {best.is_open.tobytes()}
    while True:
        if descent.is_done:
            descent.restart(AGAIN)
        descent.run(STEPS_PER_LOOK, best.worth)
        kept = hints.pop() if hints else some_of(here.is_open, status, rng)
        is_open = dive(descent, best.worth, expired, kept, rng)
        if expired():
            return
        opened = search.opened(is_open, descent, expired)
        trial = search.improved(opened, TRIES, expired)
        if trial.worth > here.worth - WORSE * abs(here.worth):
            here = trial
        key = trial.is_open.tobytes()
        if trial.worth > best.worth - WORSE * abs(best.worth) and key not in offered:
            offered.add(key)
            offer(users, trial, incumbent)
        if trial.worth > best.worth:
            best = trial
        yield


def earlier_sites(users: Crowd, incumbent: Incumbent) -> Sites | None:
    """Open sites of the best answer, with what its proof says room there is worth."""
    known, proof = incumbent.allocation, incumbent.certificate().proof
    prices = proof.prices[0] if isinstance(proof, SiteCases) else proof
    if known is None or not isinstance(prices, ServicePrices):
        return None
    _, per_demand = users.units
    price = np.where(known.open, prices.site, 0.0) / per_demand
    return Sites(known.open.copy(), -np.inf, price, prices.gateway / per_demand)


def some_of(
    is_open: np.ndarray, status: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """``is_open`` (S,) without some of the sites that may be closed."""
    kept = is_open.copy()
    free = np.flatnonzero(is_open & (status == FREE))
    count = int(rng.integers(1, max(2, len(free)) + 1))
    kept[rng.choice(free, min(count, len(free)), replace=False)] = False
    return kept


def offer_at_once(users: Crowd, sites: Sites, incumbent: Incumbent) -> None:
    """Put users where they fit from the sites, for an answer early on."""
    price = sites.price + through(sites.toll, users.limits["gateway"])
    placed = place_crowd(users, sites.is_open, price, incumbent.expired)
    if placed is not None:
        incumbent.offer(placed)


def offer(users: Crowd, sites: Sites, incumbent: Incumbent) -> None:
    """Serve users one by one from the sites, at their best."""
    price = sites.price + through(sites.toll, users.limits["gateway"])
    for served in serve_crowd(users, sites.is_open, price, incumbent.expired):
        incumbent.offer(served)


def offer_again(users: Crowd, sites: Sites, incumbent: Incumbent) -> None:
    """Serve users from where they are; one by one from the sites if in shares."""
    known = incumbent.allocation
    if not len(known.site):
        offer(users, sites, incumbent)
        return
    for served in serve_again(users, known, incumbent.expired):
        incumbent.offer(served)
