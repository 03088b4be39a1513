"""Bounds on placements by cases: which sites are open, and prices for the rest."""

from dataclasses import dataclass

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import first_status
from formulations.placement_prices import ROUNDING, ServicePrices, earnings_at

AT_ONCE = 16  # prices at which sites' earnings are added up together


@dataclass(frozen=True, eq=False)
class SiteCases:
    """Upper bound from a tree of decisions about sites, with prices at each end [1]_.

    A node decides one site: closed, or open with all in conflict with it closed.
    Where a node decides none, prices bound what is left. All placements are in one of
    the cases, so the largest bound holds; nothing rests on how the tree was found.

    Attributes
    ----------
    site : (N,) int
        That each node decides, -1 for none. The tree begins at node 0.
    then : (N, 2) int
        Nodes that follow, all behind their parent, if the site is closed or open.
    at : (N,) int
        Which of ``prices`` bound a node that decides nothing.
    prices : tuple of ServicePrices
        Valid for the whole problem, whatever has been decided.

    References
    ----------
    .. [1] A. H. Land, A. G. Doig, "An automatic method of solving discrete programming
       problems", Econometrica 28(3), 1960. https://doi.org/10.2307/1910129
    """

    site: np.ndarray
    then: np.ndarray
    at: np.ndarray
    prices: tuple[ServicePrices, ...]

    def bound(self, problem: LapPlacement) -> float:
        """Upper bound on the objective; nan where tree or prices are not valid."""
        if not self.is_valid(problem):
            return np.nan
        total = float(self.bounds(problem).max())
        if problem.is_integral and np.isfinite(total):
            return float(np.floor(total))
        return total

    def outline(self) -> ServicePrices:
        """Prices that bound the whole problem at once: quick to check, not as tight."""
        return self.prices[0]

    def bounds(self, problem: LapPlacement) -> np.ndarray:
        """Bound of the case at each node (N,).

        It is -inf where a case contradicts itself, and for nodes that are none.
        """
        from formulations.kernels.site_cases import bounds

        earned, sold = self._sums(problem)
        earned = np.ascontiguousarray(earned.T)
        order = np.argsort(-earned, axis=1)
        status = first_status(problem).astype(np.int8)
        tree = [np.asarray(part, np.intp) for part in (self.site, self.then, self.at)]
        limits = problem.least_laps, problem.most_laps
        found = np.empty(len(self.site))
        worth = earned, order, sold
        bounds(tuple(tree), worth, status, problem.near, *limits, found)
        return found

    def _sums(self, problem: LapPlacement) -> tuple[np.ndarray, np.ndarray]:
        """Earnings (S, P) at each of the prices, and what is sold (P,), rounded up."""
        parts, sold = [], np.zeros(len(self.prices))
        value, cost = problem.reach.value, problem.open_cost
        for first in range(0, len(sold), AT_ONCE):
            some = self.prices[first : first + AT_ONCE]
            earned, sizes = earnings_at(some, problem, value, cost)
            parts.append(earned)
            for k, prices in enumerate(some):
                total, width = prices.sold(problem)
                sold[first + k] = total + ROUNDING * (sizes[k] + width)
        return np.concatenate(parts, axis=1), sold

    def is_valid(self, problem: LapPlacement) -> bool:
        """Whether the tree is one, and all its prices are valid."""
        nodes, sites = len(self.site), problem.sizes["S"]
        if not (nodes and self.prices and self.then.shape == (nodes, 2)):
            return False
        if self.at.shape != (nodes,) or not (self.site < sites).all():
            return False
        decides = self.site >= 0
        behind = (self.then > np.arange(nodes)[:, None]) & (self.then < nodes)
        known = (self.at >= 0) & (self.at < len(self.prices))
        if not (behind[decides].all() and known[~decides].all()):
            return False
        are_prices = all(type(prices) is ServicePrices for prices in self.prices)
        return are_prices and all(prices.is_valid(problem) for prices in self.prices)
