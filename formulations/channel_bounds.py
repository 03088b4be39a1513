"""Why channels cannot be fewer or lower: arguments that anybody can recompute."""

from dataclasses import dataclass

import numpy as np

from formulations.channel_domains import Consistency
from formulations.channels import ChannelAssignment

ROUNDING = 1e-9
"""Relative error of sums of prices that rounding up to integers allows for."""


@dataclass(frozen=True)
class SmallestChannels:
    """Costs are not negative; nobody goes below the first channel that is left."""

    def bound(self, problem: ChannelAssignment) -> float:
        """Least objective that domains alone allow; inf if one is empty."""
        kept = Consistency(problem)
        if kept.emptied >= 0:
            return np.inf
        if problem.objective == "min_span":
            start, channel = problem.choices
            alive = np.flatnonzero(kept.alive)
            first = alive[np.searchsorted(alive, start[:-1])]
            return float(channel[first].max(initial=0))
        return float(problem.objective == "min_order" and problem.sizes["V"] > 0)


@dataclass(frozen=True)
class Clique:
    """Transmitters of which each two need different channels.

    Attributes
    ----------
    member : (K,)
        Transmitters.
    """

    member: np.ndarray

    def bound(self, problem: ChannelAssignment) -> float:
        """Number of channels, or the largest where they lie as close as they may.

        In ascending order, the channels of the members are the least separation apart
        and in the union of the domains, so the lowest choice is a bound for each; inf
        if the union has not enough of them.
        """
        member = np.unique(self.member)
        apart = separation_table(problem, member)
        gap = int(apart[np.triu_indices(len(member), 1)].min(initial=1 << 30))
        if len(member) < 2 or gap < 1:
            return np.nan
        parts = {id(problem.domains[v]): problem.domains[v] for v in member}
        union = np.unique(np.concatenate(list(parts.values())))
        last, taken = -gap, 0
        for channel in union.tolist():
            if channel >= last + gap:
                last, taken = channel, taken + 1
            if taken == len(member):
                break
        if taken < len(member):
            return np.inf
        return {"min_span": float(last), "min_order": float(taken)}.get(
            problem.objective, 0.0
        )


@dataclass(frozen=True)
class SpacingPrices:
    """Prices of transmitters; no two cost more than they must be apart [1]_.

    In ascending order of channels, two that follow each other are at least their two
    prices apart. Each transmitter is in two such pairs, but for the first and the
    last. That is the dual of an assignment bound on the shortest path.

    Attributes
    ----------
    member : (K,)
        Transmitters.
    price : (K,) channels
        Half of what each takes of the band.

    References
    ----------
    .. [1] S. M. Allen, D. H. Smith, S. Hurley, "Lower bounding techniques for frequency
       assignment", Discrete Mathematics 197/198, 1999, pp. 41-52.
       https://doi.org/10.1016/S0012-365X(99)90036-1
    """

    member: np.ndarray
    price: np.ndarray

    def bound(self, problem: ChannelAssignment) -> float:
        """Largest channel that is needed; inf if all domains end below it."""
        member, price = np.asarray(self.member), np.asarray(self.price, float)
        if len(np.unique(member)) != len(member) or len(member) < 2:
            return np.nan
        apart = separation_table(problem, member)
        np.fill_diagonal(apart, np.iinfo(np.int64).max)
        if not (price[:, None] + price <= apart).all():
            return np.nan
        domains = [problem.domains[v] for v in member]
        if not all(len(domain) for domain in domains):
            return np.inf
        low = np.array([domain.min() for domain in domains])
        top = np.array([domain.max() for domain in domains])
        length = 2 * price.sum()
        slack = ROUNDING * (np.abs(price).sum() + top.max())
        if length > -_least_of_two(low - price, -top - price) + slack:
            return np.inf
        if problem.objective != "min_span":
            return np.nan
        return float(np.ceil(length + _least_of_two(low - price, -price) - slack))


def _least_of_two(first: np.ndarray, second: np.ndarray) -> float:
    """Least of ``first[u] + second[v]`` for u other than v."""
    u, v = np.argsort(first)[:2], np.argsort(second)[:2]
    sums = first[u][:, None] + second[v]
    return float(sums[u[:, None] != v].min())


def separation_table(problem: ChannelAssignment, member: np.ndarray) -> np.ndarray:
    """Hard separation (K, K) of some transmitters, 0 where there is none."""
    place = np.full(problem.sizes["V"], -1)
    place[member] = np.arange(len(member))
    a, b = place[problem.pairs[:, 0]], place[problem.pairs[:, 1]]
    kept = np.flatnonzero(problem.is_hard & (a >= 0) & (b >= 0))
    table = np.zeros((len(member), len(member)), np.int64)
    np.maximum.at(table, (a[kept], b[kept]), problem.separation[kept])
    return np.maximum(table, table.T)
