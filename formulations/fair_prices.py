"""Bounds on fair sharing by prices, and proofs that too many users must be served."""

from dataclasses import dataclass

import numpy as np

from formulations.association import MANY_PAIRS, UserAssociation
from formulations.problem import FEASIBLE

SLACK = 1e-12  # relative to the sizes summed, so that rounding cannot undercut


@dataclass(frozen=True, eq=False)
class FairPrices:
    """Bound by prices on company, load and traffic, valid at any prices.

    A user takes its best cell at ``value - price - toll load - fare (rate - backhaul)``
    or stays outside; a cell takes the number n of users, no more than fit, for which
    ``price n - n log n`` is highest; its capacity is worth ``toll`` times its size. A
    mean rate within the backhaul means ``rate - backhaul`` adds up to 0 at the most.

    Attributes
    ----------
    price : (B,)
        Of one more user, in units of log rate, any sign.
    toll : (B,) 1 / load
        Not negative; 0 where the capacity is infinite.
    fare : (B,) s/bit
        Not negative; 0 where the backhaul is infinite.
    """

    price: np.ndarray
    toll: np.ndarray
    fare: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        capacity = _limit(problem.capacity, self.toll)
        backhaul = _limit(problem.backhaul, self.fare)
        shape = problem.capacity.shape
        is_fair = problem.objective == "proportional_fair" and problem.max_links == 1
        shapes = {np.shape(part) for part in (self.price, self.toll, self.fare)}
        if not is_fair or shapes != {shape} or not np.isfinite(self.price).all():
            return np.nan
        if not (np.isfinite(capacity).all() and np.isfinite(backhaul).all()):
            return np.nan
        company = company_worth(self.price, rooms(problem))
        worth = self.toll * capacity
        paid = np.abs(worth).sum() + np.abs(company).sum()
        earned, sizes = self._earned(problem, backhaul)
        if not np.isfinite(earned):
            return -np.inf
        sizes = SLACK * (sizes + paid)
        return float(earned + worth.sum() + company.sum() + sizes)

    def _earned(
        self, problem: UserAssociation, backhaul: np.ndarray
    ) -> tuple[float, float]:
        """What users earn at most, -inf where one cannot, and the sizes summed."""
        start, cell, rate, load, value = problem.candidates
        kept = allowed(problem)
        if not self.fare.any() and len(cell) > MANY_PAIRS and kept.all():
            nothing = -np.inf if problem.must_serve else problem.unserved_value
            if not self.toll.any():
                from formulations.kernels.fair_earnings import earnings

                found = earnings(start, cell, value, self.price, nothing)
            else:
                from formulations.kernels.pairs import earnings

                terms = value, load, load, self.toll, np.zeros_like(self.toll)
                found = earnings(start, cell, terms, self.price, nothing)
            return found[0], found[1] * len(start)
        reduced = value - self.price[cell]
        if self.toll.any():
            reduced -= self.toll[cell] * load
        if self.fare.any():
            reduced -= self.fare[cell] * (rate - backhaul[cell])
        reduced[~kept] = -np.inf
        filled = np.diff(start) > 0
        best = np.full(len(filled), -np.inf if problem.must_serve else 0.0)
        if reduced.size:
            best[filled] = np.maximum.reduceat(reduced, start[:-1][filled])
        if not problem.must_serve:
            best[filled] = np.maximum(best[filled], problem.unserved_value)
        sizes = np.abs(best).sum() + np.abs(value).max(initial=0.0) * len(best)
        return float(best.sum()), float(sizes)


@dataclass(frozen=True, eq=False)
class CrowdedCells:
    """``users`` must be served, can be nowhere but in ``cells``, and are too many [1]_.

    References
    ----------
    .. [1] P. Hall, "On representatives of subsets", J. London Math. Soc. 10(1), 1935.
       https://doi.org/10.1112/jlms/s1-10.37.26
    """

    users: np.ndarray
    cells: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """-inf if that is so, else nan."""
        is_crowded = np.zeros(problem.sizes["B"], bool)
        is_crowded[self.cells] = True
        trapped = np.unique(self.users)
        start, cell, *_ = problem.candidates
        owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
        escapes = owner[allowed(problem) & ~is_crowded[cell]]
        if not problem.must_serve or np.isin(trapped, escapes).any():
            return np.nan
        there = rooms(problem)[is_crowded].sum()
        return -np.inf if len(trapped) > there else np.nan


def allowed(problem: UserAssociation) -> np.ndarray:
    """Candidates (E,) bool that fit into their cell alone and its backhaul at all."""
    _, cell, rate, load, _ = problem.candidates
    fits = np.ones(len(cell), bool)
    if np.isfinite(problem.capacity).any():
        fits = load <= (problem.capacity * (1 + FEASIBLE))[cell]
    if np.isfinite(problem.backhaul).any():
        slowest = np.full(problem.sizes["B"], np.inf)
        np.minimum.at(slowest, cell, rate)
        fits &= (slowest <= problem.backhaul * (1 + FEASIBLE))[cell]
    return fits


def rooms(problem: UserAssociation) -> np.ndarray:
    """Most users (B,) that fit into each cell: those with the least loads."""
    users, cells = problem.sizes["U"], problem.sizes["B"]
    capacity = problem.capacity * (1 + FEASIBLE)
    _, cell, _, load, _ = problem.candidates
    if np.isinf(capacity).all():
        return np.full(cells, users)
    least, most = load_range(problem)
    if (least >= most).all():
        counts = (least > 0) & np.isfinite(least)
        room = np.where(counts, np.floor(capacity / np.where(counts, least, 1)), np.inf)
        return np.minimum(room, users).astype(np.int64)
    order = np.lexsort((load, cell))
    total = np.concatenate(([0.0], np.cumsum(load[order])))
    first = np.searchsorted(cell[order], np.arange(cells))
    used = total[1:] - total[first][cell[order]]
    fits = used <= capacity[cell[order]] + FEASIBLE * total[-1]
    return np.bincount(cell[order][fits], minlength=cells)


def counts_users(problem: UserAssociation) -> bool:
    """Whether capacities limit the number of users and nothing else is limited."""
    if np.isfinite(problem.backhaul).any():
        return False
    limited = np.isfinite(problem.capacity)
    if not limited.any():
        return True
    least, most = load_range(problem)
    return not (limited & (least < most)).any()


def load_range(problem: UserAssociation) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest load (B,) of the candidates of each cell."""
    _, cell, _, load, _ = problem.candidates
    least, most = np.full((2, problem.sizes["B"]), [[np.inf], [-np.inf]])
    np.minimum.at(least, cell, load)
    np.maximum.at(most, cell, load)
    return least, most


def company_worth(price: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Largest ``price n - n log n`` (B,) over integers n in 0 .. ``room``."""
    peak = np.exp(np.minimum(price - 1, np.log(np.maximum(room, 1)) + 1))

    def at(n: np.ndarray) -> np.ndarray:
        n = np.clip(n, 0, room)
        return price * n - n * np.log(np.maximum(n, 1))

    return np.maximum(at(np.floor(peak)), at(np.ceil(peak)))


def _limit(limit: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """``limit`` as the referee holds it, 0 where it is infinite and has no multiplier.

    nan where a multiplier is not valid.
    """
    multiplier = np.asarray(multiplier)
    if multiplier.shape != limit.shape:
        return np.full(limit.shape, np.nan)
    valid = np.isfinite(multiplier) & (multiplier >= 0)
    valid &= np.isfinite(limit) | (multiplier == 0)
    finite = np.where(np.isfinite(limit), limit * (1 + FEASIBLE), 0.0)
    return np.where(valid, finite, np.nan)
