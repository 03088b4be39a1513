"""Prices on the cells' capacity: bounds at any prices, allocations from good ones."""

from functools import cache

import numpy as np
from numba import njit

from formulations.association import Association, UserAssociation, read_only
from formulations.association_prices import (
    CapacityPrices,
    CapacityRay,
    TooFewPlaces,
    fits,
)
from formulations.kernels.capacity_prices import (
    FAR,
    ITERATION,
    LEAST,
    Market,
    lower,
    market_of,
)
from formulations.kernels.ejection import ROUND, SCORE
from formulations.kernels.pairs import earnings, favourites, fill, places
from formulations.kernels.shortlists import BEST
from formulations.kernels.softening import begin, search
from rrm.association.group_search import find_group_conflict, price_groups
from rrm.association_conflicts import find_conflict
from rrm.incumbent import Incumbent
from rrm.methods.association.local_search import (
    ENTRIES_PER_CHUNK,
    MANY,
    Model,
    association_at,
    association_of,
    chains_from,
    descend,
    insert,
    is_plain,
    is_settled,
    market_at,
    model_of,
    state_of,
)
from rrm.registry import method

ITERATIONS = 2000
PATIENCE = 15  # iterations without a better bound before the step is halved
SMALLEST_STEP = 1e-4
REPAIR_EVERY = 10  # iterations between allocations from the prices
ROUNDED = 160  # iterations before prices are rounded; 1 from the prices of a sample
ROUNDING = 2.5  # times what a market takes, which prices need to be rounded
CHAINED = 8.0  # with chains from what users choose
GATHERED = 1000  # entries looked at between looks at the clock, while many users move
CONFLICT_ENTRIES = 1_000_000  # looked at before the search for a conflict is put off
CONFLICT_ITERATIONS = 300
FEW_PAIRS = 1000  # up to which a knapsack per cell takes next to no time


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "sum":
        return f"prices what adds up, and the objective is {problem.objective}"
    if len(problem.group) and problem.max_links > 1:
        return "keeps limits of groups for one link per user"
    return None


@method(
    UserAssociation,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by Lagrangian duality; infeasibility by a Farkas ray",
    rank=10,
    share=4.0,
)
def lagrangian(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Price the capacities by subgradient steps, repair what the prices choose [1]_.

    Complexity: a step of prices takes O(E) for E candidate pairs, a repair O(E log E).

    References
    ----------
    .. [1] M. L. Fisher, "The Lagrangian relaxation method for solving integer
       programming problems", Management Science 27(1), 1981.
       https://doi.org/10.1287/mnsc.27.1.1
    """
    load_kernels()
    if problem.must_serve and incumbent.allocation is None:
        iterations = CONFLICT_ENTRIES // (1 + len(problem.candidates.cell))
        search_conflict(problem, incumbent, min(30, iterations))
        if len(problem.group) and not incumbent.is_infeasible:
            find_group_conflict(problem, incumbent, min(30, iterations))
    if len(problem.group):
        if not incumbent.is_infeasible:
            price_groups(problem, incumbent)
        is_open = incumbent.allocation is None and not incumbent.is_infeasible
        if problem.must_serve and is_open:
            find_group_conflict(problem, incumbent, CONFLICT_ITERATIONS)
    elif is_plain(problem):
        price_capacity(problem, incumbent)
    else:
        price_cells(problem, incumbent)


def price_capacity(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Lower the bound by prices on capacity, and round what users choose at them."""
    scaled = problem.scaled()
    unit = scaled.units["utility"] / scaled.units["load"]
    nothing = np.zeros(len(problem.capacity))
    left = incumbent.remaining()
    market = market_at(problem, scaled, incumbent)
    is_many = problem.sizes["U"] > MANY
    needed = (ROUNDING if is_many else CHAINED) * (left - incumbent.remaining())
    told, next_told, running = np.inf, 1, True
    rounded = 1 if is_many else ROUNDED
    while running:
        lower(market, ENTRIES_PER_CHUNK)
        done = int(market.counts[ITERATION])
        is_near = is_settled(market, incumbent.budget.gap)
        running = not (is_near or incumbent.expired())
        least = market.sums[LEAST]
        if least < told and (not running or done >= next_told):
            argument = CapacityPrices(market.best * unit, nothing, nothing)
            with incumbent.looks.finishing():  # what the last bound will take, too
                incumbent.tighten(least * scaled.units["utility"], argument)
            told, next_told = least, 2 * done
        if done >= rounded and running:
            rounded *= 10
            if has_time(needed, incumbent):
                round_prices(scaled, market, problem, incumbent)
    if has_time(needed, incumbent):
        round_prices(scaled, market, problem, incumbent)
    if problem.must_serve and incumbent.allocation is None:
        search_conflict(problem, incumbent, CONFLICT_ITERATIONS)


def has_time(seconds: float, incumbent: Incumbent) -> bool:
    """Whether there is enough of it, or nothing else to offer."""
    return incumbent.allocation is None or incumbent.remaining() > seconds


def round_prices(
    scaled: UserAssociation,
    market: Market,
    problem: UserAssociation,
    incumbent: Incumbent,
) -> None:
    """Offer what users choose at the prices: as it fits, or moved until it does."""
    start, cell, _, load, value = scaled.candidates
    reduced = value - market.best[cell] * load
    least = -np.inf if problem.must_serve else 0.0
    best, density = favourites(start, reduced, load, least, 0.0)
    chosen = np.full(problem.sizes["U"], -1)
    room = scaled.capacity.copy()
    order = np.argsort(-density)
    fill(order, best, start, cell, reduced, load, least, room, chosen)
    incumbent.offer(Association(np.where(chosen >= 0, cell[chosen], -1)))
    if problem.sizes["U"] > MANY and incumbent.allocation is not None:
        return
    s = chains_from(scaled, market.best, np.full_like(chosen, BEST), incumbent.seed)
    if s is None:
        return
    begin(s, True, 1, 1.0)
    search(s, GATHERED, 1, 1)
    while s.counts[ROUND] == 0 and not incumbent.expired():
        search(s, GATHERED, 1, 1)
    if s.sums[SCORE] > -np.inf:
        incumbent.offer(association_at(s, problem))


def price_cells(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Subgradient steps towards the least bound, offering repairs on the way."""
    scaled = problem.scaled()
    model = model_of(scaled)
    unit = scaled.units["utility"]
    to_price, nothing = unit / scaled.units["load"], np.zeros(len(model.capacity))
    prices = np.zeros((2, len(model.capacity)))
    direction = np.zeros_like(prices)
    best, step, waited = np.inf, 1.0, 0
    for iteration in range(ITERATIONS):
        total, demand = totals(prices, model, incumbent)
        if demand is None:
            return
        worth, slack = _supply(prices, demand, model)
        value = total + worth
        if value < best - 1e-9 * abs(best) or iteration == 0:
            best, waited = value, 0
            argument = CapacityPrices(prices[0] * to_price, prices[1].copy(), nothing)
            incumbent.tighten(argument.bound(problem), argument)
        elif (waited := waited + 1) >= PATIENCE:
            step, waited = 0.5 * step, 0
        if iteration % REPAIR_EVERY == 0:
            _repair(prices, model, problem, incumbent)
        direction = 0.7 * slack + 0.3 * direction
        norm = float((direction**2).sum())
        if incumbent.expired() or norm == 0.0 or step < SMALLEST_STEP:
            return
        known = incumbent.objective / unit
        gap = value - known if np.isfinite(known) else 0.1 * abs(value)
        prices = prices - step * max(gap, 1e-9 * abs(value)) / norm * direction
        np.maximum(prices, 0.0, out=prices)


def search_conflict(
    problem: UserAssociation, incumbent: Incumbent, iterations: int
) -> None:
    """Look for a conflict, then longer for prices on capacity alone, and for places."""
    if find_conflict(problem, incumbent, iterations):
        return
    scaled = problem.scaled()
    start, cell, _, load, _ = scaled.candidates
    cost = np.where(fits(scaled), 0.0, -np.inf)
    price = np.zeros(len(scaled.capacity))
    np.divide(1.0, scaled.capacity, out=price, where=scaled.capacity > 0)
    market = market_of(start, cell, cost, load, scaled.capacity, -np.inf, price, FAR)
    while market.counts[ITERATION] < iterations and not incumbent.expired():
        lower(market, ENTRIES_PER_CHUNK)
        if market.sums[LEAST] < 0.0:
            argument = CapacityRay(market.best / scaled.units["load"], 0 * price)
            if incumbent.tighten(-np.inf, argument) or is_settled(market):
                return
    if len(cell) <= FEW_PAIRS:
        argument = TooFewPlaces(np.ones(len(start) - 1))
        incumbent.tighten(argument.bound(problem), argument)


@cache
def load_kernels() -> None:
    """Run the kernels that only many pairs meet, which no example has all of."""
    one, known = np.ones(1), read_only(np.ones(1))
    start, cell = read_only(np.arange(2)), read_only(np.zeros(1, np.intp))
    earnings(start, cell, (known, known, known, one, one), one, 0.0)
    places(np.zeros(1, np.intp), np.zeros(1, np.intp), start, cell)


def totals(
    prices: np.ndarray, model: Model, incumbent: Incumbent
) -> tuple[float, np.ndarray | None]:
    """Users' earnings at the prices, and demand (2, B) of load and traffic.

    The demand is None if time ran out.
    """
    users = len(model.start) - 1
    chunk = max(1, ENTRIES_PER_CHUNK * users // max(1, len(model.cell)))
    demand = np.zeros_like(prices)
    total = 0.0
    for first in range(0, users, chunk):
        last = min(first + chunk, users)
        total += respond(first, last, prices, model, demand)
        if last < users and incumbent.expired():
            return total, None
    return total, demand


def _supply(
    prices: np.ndarray, demand: np.ndarray, model: Model
) -> tuple[float, np.ndarray]:
    """Worth of what the cells have at the prices, and slack (2, B) of supply."""
    limits = np.stack([model.capacity, model.backhaul])
    is_priced = np.isfinite(limits)
    limits = np.where(is_priced, limits, 0.0)
    slack = np.where(is_priced, limits - demand, 0.0)
    slack[(prices <= 0) & (slack > 0)] = 0.0
    return float((prices * limits).sum()), slack


def _repair(
    prices: np.ndarray, model: Model, problem: UserAssociation, incumbent: Incumbent
) -> None:
    """Offer what users choose at the prices, made feasible and improved."""
    choice = np.full(len(model.start) - 1, -1, np.intp)
    state = state_of(choice, model)
    reduced = model.value - prices[0][model.cell] * model.load
    reduced -= prices[1][model.cell] * model.traffic
    insert(reduced, state, model)
    descend(state, model, incumbent)
    incumbent.offer(association_of(state, model))


@njit(cache=True, error_model="numpy")
def respond(first, last, prices, model, demand):  # pragma: no cover
    """Earnings of users ``first`` to ``last``; adds to ``demand`` (2, B)."""
    total = 0.0
    for u in range(first, last):
        low, high = model.start[u], model.start[u + 1]
        if low == high:
            continue
        taken = 0
        before = np.inf
        place = -1
        while taken < model.links:
            best, found = -np.inf, -1
            for e in range(low, high):
                b = model.cell[e]
                worth = model.value[e] - prices[0, b] * model.load[e]
                worth -= prices[1, b] * model.traffic[e]
                is_next = worth < before or (worth == before and e > place)
                if is_next and worth > best:
                    best, found = worth, e
            forced = taken == 0 and model.must_serve
            floor = model.unserved if taken == 0 else 0.0
            if found < 0 or (best <= floor and not forced):
                break
            total += best
            b = model.cell[found]
            demand[0, b] += model.load[found]
            demand[1, b] += model.traffic[found]
            before, place = best, found
            taken += 1
        if taken == 0:
            total += model.unserved
    return total
