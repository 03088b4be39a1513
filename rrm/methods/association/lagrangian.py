"""Prices on the cells' capacity: bounds at any prices, allocations from good ones."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.association import UserAssociation
from rrm.incumbent import Incumbent
from rrm.methods.association.local_search import (
    Model,
    association_of,
    descend,
    insert,
    model_of,
    state_of,
)
from rrm.registry import method

ENTRIES_PER_CHUNK = 40_000  # about 0.1 ms between looks at the clock
ITERATIONS = 2000
PATIENCE = 15  # iterations without a better bound before the step is halved
SMALLEST_STEP = 1e-4
REPAIR_EVERY = 10  # iterations between allocations from the prices
ROUNDING = 1e-12  # relative to the sizes summed, so that rounding cannot undercut
CLEAR = 1e-9  # relative excess that rounding cannot explain


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "proportional_fair" and problem.max_links > 1:
        return "adds logarithms, and several links share one"
    return None


@dataclass(frozen=True, eq=False)
class CapacityPrices:
    """Lagrangian bound with prices on capacity, backhaul and company.

    Each user takes its best links at ``value - price load - toll traffic - crowd``;
    what the constraints are worth at these prices is added. With ``crowd`` a cell
    chooses how many users n share its time, at a cost of ``n log n``.

    Attributes
    ----------
    price : (B,) utility per load
        Not negative; 0 where the capacity is infinite.
    toll : (B,) utility per bit/s
        Not negative; 0 where the backhaul is infinite or the objective is fair.
    crowd : (B,)
        Price of one more user, any sign; 0 for the sum objective.
    """

    price: np.ndarray
    toll: np.ndarray
    crowd: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        prices = self._valid(problem)
        if prices is None:
            return np.nan
        price, toll, crowd = prices
        candidates = problem.candidates
        cell, fair = candidates.cell, problem.objective == "proportional_fair"
        # the handover cost is paid once, so with several links it is left out
        value = candidates.value if problem.max_links == 1 else candidates.utility
        terms = np.stack(
            [value, -price[cell] * candidates.load, -toll[cell] * candidates.utility]
        )
        reduced = terms.sum(axis=0) - crowd[cell]
        earned = _best_links(reduced, problem)
        if not np.isfinite(earned).all():
            return -np.inf  # a user who must be served has no candidate
        worth = [
            np.where(price > 0, price, 0.0) @ _finite(problem.capacity),
            toll @ _finite(problem.backhaul),
        ]
        if fair:
            worth.append(_company(crowd, problem.sizes["U"]).sum())
        sizes = np.abs(terms).max(initial=0.0) * len(earned) + np.abs(worth).sum()
        return float(earned.sum() + sum(worth) + ROUNDING * sizes)

    def _valid(
        self, problem: UserAssociation
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        shape = problem.capacity.shape
        arrays = [np.asarray(part) for part in (self.price, self.toll, self.crowd)]
        if not all(part.shape == shape and np.isfinite(part).all() for part in arrays):
            return None
        price, toll, crowd = arrays
        fair = problem.objective == "proportional_fair"
        if (price < 0).any() or (toll < 0).any():
            return None
        if (price[np.isinf(problem.capacity)] != 0).any():
            return None
        if (toll[np.isinf(problem.backhaul)] != 0).any() or (fair and toll.any()):
            return None
        if crowd.any() and not fair:
            return None
        return price, toll, crowd


@dataclass(frozen=True, eq=False)
class CapacityRay:
    """Users who must be served need more capacity at these prices than there is."""

    price: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """-inf if the prices prove it (Farkas), else nan."""
        price = np.asarray(self.price)
        if price.shape != problem.capacity.shape or not problem.must_serve:
            return np.nan
        if not (np.isfinite(price).all() and (price >= 0).all()):
            return np.nan
        if (price[np.isinf(problem.capacity)] != 0).any():
            return np.nan
        candidates = problem.candidates
        cost = price[candidates.cell] * candidates.load
        needed = -_segment_max(-cost, candidates.start)
        if np.isinf(needed).any():
            return -np.inf
        there = price @ _finite(problem.capacity)
        return -np.inf if needed.sum() > there * (1 + CLEAR) else np.nan


@dataclass(frozen=True, eq=False)
class NoCandidate:
    """User ``user`` must be served and has no candidate."""

    user: int

    def bound(self, problem: UserAssociation) -> float:
        """-inf if that is so, else nan."""
        start = problem.candidates.start
        is_alone = problem.must_serve and start[self.user] == start[self.user + 1]
        return -np.inf if is_alone else np.nan


@method(
    UserAssociation,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by Lagrangian duality; infeasibility by a Farkas ray",
    rank=30,
)
def lagrangian(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Price the capacities by subgradient steps, repair what the prices choose [1]_.

    References
    ----------
    .. [1] M. L. Fisher, "The Lagrangian relaxation method for solving integer
       programming problems", Management Science 27(1), 1981.
       https://doi.org/10.1287/mnsc.27.1.1
    .. [2] Q. Ye et al., "User association for load balancing in heterogeneous cellular
       networks", IEEE TWC 12(6), 2013, section IV (prices on company).
       https://doi.org/10.1109/TWC.2013.040413.120676
    """
    alone = np.flatnonzero(np.diff(problem.candidates.start) == 0)
    if problem.must_serve and alone.size:
        incumbent.tighten(-np.inf, NoCandidate(int(alone[0])))
        return
    if problem.must_serve and incumbent.allocation is None:
        search_ray(problem, incumbent)
    price_cells(problem, incumbent)


def price_cells(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Subgradient steps towards the least bound, offering repairs on the way."""
    scaled = problem.scaled()
    model = model_of(scaled)
    unit = scaled.units["utility"] if problem.objective == "sum" else 1.0
    to_price = unit / scaled.units["load"]
    to_toll = unit / scaled.units["utility"]
    shift = 0.0
    if problem.objective == "proportional_fair":
        reachable = int((np.diff(model.start) > 0).sum())
        shift = reachable * np.log(scaled.units["utility"])
    prices = np.zeros((3, len(model.capacity)))
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
            argument = CapacityPrices(
                prices[0] * to_price, prices[1] * to_toll, prices[2].copy()
            )
            incumbent.tighten(argument.bound(problem), argument)
        elif (waited := waited + 1) >= PATIENCE:
            step, waited = 0.5 * step, 0
        if iteration % REPAIR_EVERY == 0:
            _repair(prices, model, problem, incumbent)
        direction = 0.7 * slack + 0.3 * direction
        norm = float((direction**2).sum())
        if incumbent.expired() or norm == 0.0 or step < SMALLEST_STEP:
            return
        known = (incumbent.objective - shift) / unit
        gap = value - known if np.isfinite(known) else 0.1 * abs(value)
        prices = prices - step * max(gap, 1e-9 * abs(value)) / norm * direction
        np.maximum(prices[:2], 0.0, out=prices[:2])


def search_ray(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Look for prices at which all users together need more than there is."""
    scaled = problem.scaled()
    candidates, capacity = scaled.candidates, scaled.capacity
    finite = np.isfinite(capacity)
    largest = float(candidates.load.max(initial=0.0)) or 1.0
    price = np.where(finite, 1.0 / np.maximum(capacity, 1e-3 * largest), 0.0)
    for iteration in range(1, 200):
        argument = CapacityRay(price / scaled.units["load"])
        if argument.bound(problem) == -np.inf:
            incumbent.tighten(-np.inf, argument)
            return
        if incumbent.expired() or not price.any():
            return
        cost = price[candidates.cell] * candidates.load
        least = -_segment_max(-cost, candidates.start)
        owner = np.repeat(np.arange(len(least)), np.diff(candidates.start))
        chosen = cost <= least[owner]
        share = chosen / np.bincount(owner, chosen)[owner]
        used = np.bincount(candidates.cell, share * candidates.load, len(capacity))
        over = np.where(finite, used - capacity, 0.0)
        size = np.abs(over).max() or 1.0
        price = np.maximum(price * np.exp(over / size / np.sqrt(iteration)), 0.0)
        price /= price.max()


def totals(
    prices: np.ndarray, model: Model, incumbent: Incumbent
) -> tuple[float, np.ndarray | None]:
    """Users' earnings at the prices, and demand (3, B) of load, traffic, company.

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
    """Worth of what the cells have at the prices, and slack (3, B) of supply."""
    limits = np.stack([model.capacity, model.backhaul])
    limits = np.where(np.isfinite(limits), limits, 0.0)
    worth = float((prices[:2] * limits).sum())
    slack = np.zeros_like(prices)
    slack[:2] = limits - demand[:2]
    slack[:2][~np.isfinite(np.stack([model.capacity, model.backhaul]))] = 0.0
    slack[:2][(prices[:2] <= 0) & (slack[:2] > 0)] = 0.0
    if model.fair:
        company = _company_size(prices[2], len(model.start) - 1)
        worth += float(_company(prices[2], len(model.start) - 1).sum())
        slack[2] = company - demand[2]
    return worth, slack


def _repair(
    prices: np.ndarray, model: Model, problem: UserAssociation, incumbent: Incumbent
) -> None:
    """Offer what users choose at the prices, made feasible and improved."""
    choice = np.full(len(model.start) - 1, -1, np.intp)
    state = state_of(choice, model)
    reduced = model.value - prices[0][model.cell] * model.load
    reduced -= prices[1][model.cell] * model.traffic + prices[2][model.cell]
    insert(reduced, state, model)
    descend(state, model, incumbent)
    incumbent.offer(association_of(state, model))


@njit(cache=True, error_model="numpy")
def respond(first, last, prices, model, demand):  # pragma: no cover
    """Earnings of users ``first`` to ``last``; adds to ``demand`` (3, B)."""
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
                worth -= prices[1, b] * model.traffic[e] + prices[2, b]
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
            demand[2, b] += 1.0
            before, place = best, found
            taken += 1
        if taken == 0:
            total += model.unserved
    return total


def _best_links(reduced: np.ndarray, problem: UserAssociation) -> np.ndarray:
    """What each user earns at most by its links, at reduced values (E,)."""
    start = problem.candidates.start
    best = _segment_max(reduced, start)
    reachable = np.diff(start) > 0
    unserved = np.where(reachable, problem.unserved_value, 0.0)
    if not problem.must_serve:
        best = np.maximum(best, unserved)
    if problem.max_links == 1:
        return best
    owner = np.repeat(np.arange(len(best)), np.diff(start))
    order = np.lexsort((-reduced, owner))
    rank = np.arange(len(reduced)) - start[owner]
    more = np.maximum(reduced[order], 0.0) * ((rank > 0) & (rank < problem.max_links))
    return best + np.bincount(owner, more, len(best))


def _segment_max(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Largest of each segment, -inf of an empty one."""
    result = np.full(len(start) - 1, -np.inf)
    filled = np.diff(start) > 0
    if values.size:
        result[filled] = np.maximum.reduceat(values, start[:-1][filled])
    return result


def _finite(limit: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(limit), limit, 0.0)


def _company_size(crowd: np.ndarray, users: int) -> np.ndarray:
    """Integer n in 0 .. users that maximizes ``crowd n - n log n``."""
    peak = np.exp(np.minimum(crowd - 1, np.log(users) + 1))
    low = np.clip(np.floor(peak), 0, users)
    high = np.clip(np.ceil(peak), 0, users)
    at_low = crowd * low - low * np.log(np.maximum(low, 1))
    at_high = crowd * high - high * np.log(np.maximum(high, 1))
    return np.where(at_high > at_low, high, low)


def _company(crowd: np.ndarray, users: int) -> np.ndarray:
    """Largest ``crowd n - n log n`` over integers n in 0 .. users."""
    size = _company_size(crowd, users)
    return crowd * size - size * np.log(np.maximum(size, 1))
