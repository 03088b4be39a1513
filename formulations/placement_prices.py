"""Prices that bound placements, and proofs that there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import CLOSED, FREE, OPEN, first_status
from formulations.reach import MANY_PAIRS, read_only

ROUNDING = 1e-12  # relative to the sizes summed, so that rounding cannot undercut
CLEAR = 1e-9  # relative excess that rounding cannot explain


@dataclass(frozen=True, eq=False)
class ServicePrices:
    """Lagrangian bound with prices on service, capacity, backhaul and conflicts [1]_.

    At the prices a site earns from each user the value less ``user`` less ``demand``
    times ``site`` plus ``gateway``, if that is positive; it pays its opening cost and
    the prices of its cliques of conflicts. The best ``max_laps`` sites open. What is
    sold at the prices is added. Any prices in range are valid; the best ones are the
    dual solution of the strong linear relaxation.

    Where value and cost are integers and so is some best placement's objective, the
    bound is rounded down.

    Attributes
    ----------
    user : (U,) value
        Of the right to serve the user; not negative unless users must be served.
    site : (S,) value per bit/s
        Of capacity; not negative, 0 where the capacity is infinite.
    gateway : (G,) value per bit/s
        Of backhaul; not negative, 0 where it is infinite.
    clique : (Q,) value
        Of being the one open site of each of ``problem.cliques``; not negative.

    References
    ----------
    .. [1] J. E. Beasley, "Lagrangean heuristics for location problems", EJOR 65(3),
       1993. https://doi.org/10.1016/0377-2217(93)90118-7
    """

    user: np.ndarray
    site: np.ndarray
    gateway: np.ndarray
    clique: np.ndarray

    def bound(self, problem: LapPlacement) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        if not self.is_valid(problem):
            return np.nan
        total, sizes = self.total(problem, problem.reach.value, problem.open_cost)
        total += ROUNDING * sizes
        if problem.is_integral and np.isfinite(total):
            return float(np.floor(total))
        return float(total)

    def total(
        self, problem: LapPlacement, value: np.ndarray, cost: np.ndarray
    ) -> tuple[float, float]:
        """Bound for entries ``value`` (E,) and ``cost`` (S,), and the sizes summed."""
        earned, sizes = self.earnings(problem, value, cost)
        sold, width = self.sold(problem)
        best = best_sites(problem, earned, first_status(problem))
        return best + sold, sizes + width

    def earnings(
        self, problem: LapPlacement, value: np.ndarray, cost: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """What each site (S,) earns at the prices, and the sizes summed."""
        earned, sizes = earnings_at((self,), problem, value, cost)
        return earned[:, 0], float(sizes[0])

    def sold(self, problem: LapPlacement) -> tuple[float, float]:
        """What service, backhaul and cliques cost together, and the sizes summed."""
        limit = np.where(np.isfinite(problem.backhaul), problem.backhaul, 0.0)
        parts = [self.user.sum(), self.gateway @ limit, self.clique.sum()]
        sizes = np.abs(self.user).sum() + abs(parts[1]) + abs(parts[2])
        return float(sum(parts)), float(sizes)

    def per_demand(self, problem: LapPlacement) -> np.ndarray:
        """Price (S,) of room and of backhaul for what each site serves."""
        price = self.site.copy()
        linked = problem.gateway >= 0
        price[linked] += self.gateway[problem.gateway[linked]]
        return price

    def is_valid(self, problem: LapPlacement) -> bool:
        """Whether the prices have the right shapes and signs."""
        lengths = (
            problem.sizes["U"],
            problem.sizes["S"],
            len(problem.backhaul),
            len(problem.cliques[0]) - 1,
        )
        parts = [self.user, self.site, self.gateway, self.clique]
        for part, length in zip(parts, lengths, strict=True):
            if part.shape != (length,) or not np.isfinite(part).all():
                return False
        signed = parts[1:] if problem.must_serve else parts
        if any((part < 0).any() for part in signed):
            return False
        if (self.site[np.isinf(problem.capacity)] != 0).any():
            return False
        return not (self.gateway[np.isinf(problem.backhaul)] != 0).any()


def earnings_at(
    prices: Sequence[ServicePrices],
    problem: LapPlacement,
    value: np.ndarray,
    cost: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What sites earn (S, P) at each of ``prices``, and the sizes (P,) summed."""
    tolls = np.stack([one.per_demand(problem) for one in prices], axis=1)
    gained, sizes = _gained(prices, problem, value, tolls)
    start, member = problem.cliques
    for k, one in enumerate(prices):
        room = one.site * np.where(one.site > 0, problem.capacity, 0.0)
        share = np.repeat(one.clique, np.diff(start))
        crowded = np.bincount(member, share, problem.sizes["S"])
        parts = (gained[:, k], room, -cost, -crowded)
        sizes[k] += sum(float(np.abs(part).sum()) for part in parts)
        gained[:, k] = np.sum(parts, axis=0)
    return gained, sizes


def _gained(
    prices: Sequence[ServicePrices],
    problem: LapPlacement,
    value: np.ndarray,
    tolls: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What sites take from users (S, P) at prices, and the sizes (P,) subtracted."""
    start, site, _ = problem.reach
    gained, sizes = np.zeros(tolls.shape), np.zeros(len(prices))
    if len(site) > MANY_PAIRS:
        from formulations.kernels.user_levels import earnings

        user = np.stack([one.user for one in prices], axis=1)
        value = read_only(value)
        earnings(start, site, value, problem.demand, user, tolls, gained, sizes)
        return gained, sizes
    owner = problem.owner
    for k, one in enumerate(prices):
        reduced = value - one.user[owner]
        if tolls[:, k].any():
            reduced = reduced - tolls[site, k] * problem.demand[owner]
        kept = np.flatnonzero(reduced > 0)
        gained[:, k] = np.bincount(site[kept], reduced[kept], len(tolls))
        # entries are differences, so their rounding is that of what was subtracted
        sizes[k] = np.abs(value[kept]).sum() + np.abs(one.user[owner[kept]]).sum()
    return gained, sizes


def best_sites(problem: LapPlacement, earned: np.ndarray, status: np.ndarray) -> float:
    """Most that sites can earn together, as far as ``status`` (S,) leaves them free."""
    number = int((status == OPEN).sum())
    free = np.sort(earned[status == FREE])[::-1][: max(problem.most_laps - number, 0)]
    forced = max(problem.least_laps - number, 0)
    free[forced:] = np.maximum(free[forced:], 0.0)
    return float(earned[status == OPEN].sum() + free.sum())


@dataclass(frozen=True, eq=False)
class ServiceRay:
    """Prices at which serving everybody for nothing would still cost (Farkas).

    With all values and opening costs 0, each placement is worth 0. A bound below 0
    of that problem at these prices, as in :class:`ServicePrices`, leaves none.
    """

    user: np.ndarray
    site: np.ndarray
    gateway: np.ndarray
    clique: np.ndarray

    def bound(self, problem: LapPlacement) -> float:
        """-inf if the prices prove it, else nan."""
        prices = ServicePrices(self.user, self.site, self.gateway, self.clique)
        if not prices.is_valid(problem):
            return np.nan
        nothing = np.zeros_like(problem.reach.value)
        total, sizes = prices.total(problem, nothing, np.zeros(problem.sizes["S"]))
        return -np.inf if total < -CLEAR * sizes else np.nan


@dataclass(frozen=True)
class Contradiction:
    """Constraints that cannot hold together, and where.

    Attributes
    ----------
    constraints : str
        Their names, such as ``fixed, battery``.
    index : int
        User or site that shows it, -1 where all together do.
    """

    constraints: str
    index: int = -1

    def bound(self, problem: LapPlacement) -> float:
        """-inf if that is so, else nan."""
        found = CHECKS.get(self.constraints)
        shown = found is not None and self.index in found(problem)
        return -np.inf if shown else np.nan


def contradictions(problem: LapPlacement) -> list[Contradiction]:
    """Reasons why there is no placement, that can be seen without a search."""
    return [
        Contradiction(constraints, int(found[0]))
        for constraints, check in CHECKS.items()
        if len(found := check(problem))
    ]


def _fixed_beyond_battery(problem: LapPlacement) -> np.ndarray:
    return np.flatnonzero(problem.fixed & ~problem.usable)


def _fixed_in_conflict(problem: LapPlacement) -> np.ndarray:
    return problem.conflicts[problem.fixed[problem.conflicts].all(axis=1), 0]


def _fixed_too_many(problem: LapPlacement) -> np.ndarray:
    return _all_if(problem.fixed.sum() > problem.most_laps)


def _battery_too_small(problem: LapPlacement) -> np.ndarray:
    return _all_if(problem.must_serve and not problem.usable.any())


def _unreachable(problem: LapPlacement) -> np.ndarray:
    """Users out of range of every site."""
    if not problem.must_serve:
        return _all_if(False)
    return np.flatnonzero(np.diff(problem.reach.start) == 0)


def _unreachable_within_battery(problem: LapPlacement) -> np.ndarray:
    """Users in range only of sites that cannot be open."""
    if not problem.must_serve:
        return _all_if(False)
    open_to = first_status(problem)[problem.reach.site] != CLOSED
    count = np.bincount(problem.owner, open_to, problem.sizes["U"])
    return np.flatnonzero(count == 0)


def _too_large_to_serve(problem: LapPlacement) -> np.ndarray:
    """Users in range only of sites with less room than they demand as a whole."""
    if not (problem.must_serve and problem.single_source):
        return _all_if(False)
    site, owner = problem.reach.site, problem.owner
    room = problem.capacity.copy()
    linked = problem.gateway >= 0
    room[linked] = np.minimum(room[linked], problem.backhaul[problem.gateway[linked]])
    room[first_status(problem) == CLOSED] = -1.0
    fits = problem.demand[owner] <= room[site] * (1 + CLEAR)
    count = np.bincount(owner, fits, problem.sizes["U"])
    return np.flatnonzero(count == 0)


def _capacity_too_small(problem: LapPlacement) -> np.ndarray:
    """Whether the largest sites together have less room than all users demand."""
    if not problem.must_serve:
        return _all_if(False)
    open_to = first_status(problem) != CLOSED
    room = np.sort(problem.capacity[open_to])[::-1][: problem.most_laps].sum()
    return _all_if(problem.demand.sum() > room * (1 + CLEAR))


def _backhaul_too_small(problem: LapPlacement) -> np.ndarray:
    """Whether the gateways together carry less than all users demand."""
    if not problem.must_serve:
        return _all_if(False)
    room = np.where(first_status(problem) == CLOSED, 0.0, problem.capacity)
    linked = problem.gateway >= 0
    gateways = len(problem.backhaul)
    through = np.bincount(problem.gateway[linked], room[linked], gateways)
    total = room[~linked].sum() + np.minimum(through, problem.backhaul).sum()
    return _all_if(problem.demand.sum() > total * (1 + CLEAR))


def _all_if(shown: bool) -> np.ndarray:
    return np.array([-1] if shown else [], np.intp)


CHECKS = {
    "fixed, battery": _fixed_beyond_battery,
    "fixed, conflicts": _fixed_in_conflict,
    "fixed, max_laps": _fixed_too_many,
    "must_serve, battery": _battery_too_small,
    "must_serve, value": _unreachable,
    "must_serve, value, battery, conflicts": _unreachable_within_battery,
    "must_serve, single_source, capacity, backhaul": _too_large_to_serve,
    "must_serve, capacity, max_laps, battery": _capacity_too_small,
    "must_serve, backhaul, capacity": _backhaul_too_small,
}
