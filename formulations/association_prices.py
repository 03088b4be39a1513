"""Arguments by prices: upper bounds on associations, and why there is none."""

from dataclasses import dataclass

import numpy as np

from formulations.association import MANY_PAIRS, UserAssociation
from formulations.problem import FEASIBLE

ROUNDING = 1e-12  # relative to the sizes summed, so that rounding cannot undercut
CLEAR = 4 * FEASIBLE  # relative excess that no tolerance can explain
LARGEST = 2.0**52  # below it, whole numbers are exact
LISTED = 8  # cells that a sentence names


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
        fair = problem.objective == "proportional_fair"
        total, largest = _earned(problem, price, toll, crowd)
        if not np.isfinite(total):
            return -np.inf  # a user who must be served has no candidate
        worth = [price @ _finite(problem.capacity), toll @ _finite(problem.backhaul)]
        if fair:
            worth.append(company(crowd, problem.sizes["U"]).sum())
        sizes = largest * problem.sizes["U"] + np.abs(worth).sum()
        return _whole(total + sum(worth) + ROUNDING * sizes, problem)

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
class UserPrices:
    """Lagrangian bound with a price on serving each user [1]_.

    Each cell takes the best users at ``value - user`` that fit into it together, a
    knapsack; the prices are added. It is at most the bound by any prices on capacity
    that users answer with ``user``, for no cell can sell parts of a user.

    Attributes
    ----------
    user : (U,) utility
        Of any sign where all must be served, else not negative.

    References
    ----------
    .. [1] M. L. Fisher, R. Jaikumar, L. N. Van Wassenhove, "A multiplier adjustment
       method for the generalized assignment problem", Management Science 32(9), 1986.
       https://doi.org/10.1287/mnsc.32.9.1095
    """

    user: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        from formulations.kernels.knapsack_prices import knapsacks

        user = np.asarray(self.user)
        if user.shape != (problem.sizes["U"],) or not np.isfinite(user).all():
            return np.nan
        if problem.objective != "sum" or problem.max_links > 1:
            return np.nan
        if not problem.must_serve and (user < 0).any():
            return np.nan
        start, cell, _, load, value = problem.candidates
        # what the referee takes for feasible may exceed capacities a little
        room = problem.capacity * (1 + 2 * FEASIBLE)
        total = knapsacks(start, cell, value, load, room, user).sum()
        largest = np.abs(value).max(initial=0.0) + np.abs(user).max(initial=0.0)
        sizes = largest * 2 * problem.sizes["U"]
        return _whole(total + user.sum() + ROUNDING * sizes, problem)

    def capacity_price(self, problem: UserAssociation) -> np.ndarray:
        """Price (B,) of load at which each cell just fills with users at their prices.

        The density of the user that splits the relaxed knapsack; 0 where all fit.
        """
        start, cell, _, load, value = problem.candidates
        earned = value - np.repeat(np.asarray(self.user), np.diff(start))
        wanted = np.flatnonzero((earned > 0) & (load > 0))
        wanted = wanted[fits(problem)[wanted]]
        density = earned[wanted] / load[wanted]
        order = np.lexsort((-density, cell[wanted]))
        wanted, density = wanted[order], density[order]
        total = np.cumsum(load[wanted])
        first = np.searchsorted(cell[wanted], np.arange(problem.sizes["B"]))
        before = np.concatenate(([0.0], total))[first]
        over = total - before[cell[wanted]] > problem.capacity[cell[wanted]]
        price = np.zeros(problem.sizes["B"])
        np.maximum.at(price, cell[wanted[over]], density[over])
        return price


@dataclass(frozen=True, eq=False)
class CapacityRay:
    """Users who must be served need more room at these prices than there is.

    Attributes
    ----------
    price : (B,) per load
        Not negative; 0 where the capacity is infinite.
    toll : (B,) per bit/s
        Not negative; 0 where the backhaul is infinite or the objective is fair.
    """

    price: np.ndarray
    toll: np.ndarray

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        named = [
            f"the {limit} of {_named(np.flatnonzero(prices > 0))}"
            for limit, prices in (("capacity", self.price), ("backhaul", self.toll))
            if np.any(np.asarray(prices) > 0)
        ]
        return f"must_serve against {' and '.join(named)} together"

    def bound(self, problem: UserAssociation) -> float:
        """-inf if the prices prove it (Farkas), else nan."""
        price, toll = np.asarray(self.price), np.asarray(self.toll)
        is_fair = problem.objective == "proportional_fair"
        limits = problem.capacity, problem.backhaul
        for part, limit in zip((price, toll), limits, strict=True):
            if part.shape != limit.shape or not problem.must_serve:
                return np.nan
            if not (np.isfinite(part).all() and (part >= 0).all()):
                return np.nan
            if (part[np.isinf(limit)] != 0).any():
                return np.nan
        if is_fair and toll.any():
            return np.nan
        start, cell, _, load, value = problem.candidates
        cost = price[cell] * load
        if toll.any():
            cost = cost + toll[cell] * value
            if problem.max_links > 1 and (cost < 0).any():
                return np.nan  # a second link could take from the first one's cost
        cost = np.where(fits(problem), cost, np.inf)
        needed = -segment_max(-cost, start)
        if np.isinf(needed).any():
            return -np.inf
        there = price @ _finite(problem.capacity) + toll @ _finite(problem.backhaul)
        sizes = np.abs(needed).sum()
        slack = CLEAR * there + ROUNDING * sizes
        return -np.inf if needed.sum() > there + slack else np.nan


@dataclass(frozen=True, eq=False)
class NoCandidate:
    """User ``user`` must be served, and fits into none of the cells it could have."""

    user: int

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        return (
            f"must_serve of user {self.user} against utility and capacity: "
            "it has no candidate, or takes more of each than that cell has"
        )

    def bound(self, problem: UserAssociation) -> float:
        """-inf if that is so, else nan."""
        start = problem.candidates.start
        if not problem.must_serve or not 0 <= self.user < problem.sizes["U"]:
            return np.nan
        own = slice(start[self.user], start[self.user + 1])
        return np.nan if fits(problem)[own].any() else -np.inf


@dataclass(frozen=True, eq=False)
class TooFewPlaces:
    """Cells cannot take as many users as must be served, whichever those are.

    Attributes
    ----------
    user : (U,)
        Not negative; what serving a user counts: no cell can reach more than the
        best of its knapsack, and all together not the sum.
    """

    user: np.ndarray

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        count = int((np.asarray(self.user) > 0).sum())
        return (
            f"must_serve of {count} users against the capacity of all cells: "
            "fewer fit, as nobody can be split"
        )

    def bound(self, problem: UserAssociation) -> float:
        """-inf if the knapsacks prove it, else nan."""
        from formulations.kernels.knapsack_prices import knapsacks

        user = np.asarray(self.user)
        if user.shape != (problem.sizes["U"],) or not problem.must_serve:
            return np.nan
        if not (np.isfinite(user).all() and (user >= 0).all()):
            return np.nan
        start, cell, _, load, _ = problem.candidates
        room = problem.capacity * (1 + 2 * FEASIBLE)
        counted = knapsacks(start, cell, np.zeros(len(cell)), load, room, -user).sum()
        return -np.inf if counted < user.sum() * (1 - CLEAR) else np.nan


def fits(problem: UserAssociation) -> np.ndarray:
    """Whether each candidate (E,) fits into its cell alone."""
    load, room = problem.candidates.load, problem.capacity * (1 + 2 * FEASIBLE)
    return load <= room[problem.candidates.cell]


def _named(cells: np.ndarray) -> str:
    """Numbers of cells in words."""
    names = ", ".join(map(str, cells[:LISTED]))
    more = f" and {len(cells) - LISTED} more" if len(cells) > LISTED else ""
    return f"cell{'s' if len(cells) > 1 else ''} {names}{more}"


def _whole(bound: float, problem: UserAssociation) -> float:
    """``bound``, rounded down where all values are whole numbers."""
    value = problem.candidates.value
    if problem.objective != "sum" or problem.max_links > 1 or abs(bound) > LARGEST:
        return float(bound)
    for part in (value[:100], value):
        if (part != np.rint(part)).any():
            return float(bound)
    return float(np.floor(bound))


def _earned(
    problem: UserAssociation, price: np.ndarray, toll: np.ndarray, crowd: np.ndarray
) -> tuple[float, float]:
    """What users earn at most, and the largest of the terms."""
    start, cell, utility, load, value = problem.candidates
    if problem.max_links == 1 and len(cell) > MANY_PAIRS:
        from formulations.kernels.pairs import earnings

        nothing = -np.inf if problem.must_serve else problem.unserved_value
        terms = value, load, utility, price, toll
        return earnings(start, cell, terms, crowd, nothing)
    # the handover cost is paid once, so with several links it is left out
    value = value if problem.max_links == 1 else utility
    terms = np.stack([value, -price[cell] * load, -toll[cell] * utility])
    reduced = terms.sum(axis=0) - crowd[cell]
    earned = _best_links(reduced, problem)
    return float(earned.sum()), float(np.abs(terms).max(initial=0.0))


def _best_links(reduced: np.ndarray, problem: UserAssociation) -> np.ndarray:
    """What each user earns at most by its links, at reduced values (E,)."""
    start = problem.candidates.start
    best = segment_max(reduced, start)
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


def segment_max(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Largest of each segment, -inf of an empty one."""
    result = np.full(len(start) - 1, -np.inf)
    filled = np.diff(start) > 0
    if values.size:
        result[filled] = np.maximum.reduceat(values, start[:-1][filled])
    return result


def _finite(limit: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(limit), limit, 0.0)


def company_size(crowd: np.ndarray, users: int) -> np.ndarray:
    """Integer n in 0 .. users that maximizes ``crowd n - n log n``."""
    peak = np.exp(np.minimum(crowd - 1, np.log(users) + 1))
    low = np.clip(np.floor(peak), 0, users)
    high = np.clip(np.ceil(peak), 0, users)
    at_low = crowd * low - low * np.log(np.maximum(low, 1))
    at_high = crowd * high - high * np.log(np.maximum(high, 1))
    return np.where(at_high > at_low, high, low)


def company(crowd: np.ndarray, users: int) -> np.ndarray:
    """Largest ``crowd n - n log n`` over integers n in 0 .. users."""
    size = company_size(crowd, users)
    return crowd * size - size * np.log(np.maximum(size, 1))
