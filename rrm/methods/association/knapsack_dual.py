"""Prices on serving each user: every cell solves a knapsack."""

import numpy as np

from formulations.association import UserAssociation
from formulations.association_prices import TooFewPlaces, UserPrices
from formulations.kernels.knapsack_prices import (
    FLOOR,
    ITERATION,
    LEAST,
    NORM,
    REACH,
    auction_of,
    lower,
)
from formulations.problem import FEASIBLE
from rrm.incumbent import Incumbent
from rrm.methods.association.local_search import lowered
from rrm.registry import method

WORK_PER_CHUNK = 20_000
CONVERGED = 1e-7  # reach of a step, relative to the bound
PREPARED = 2e-7  # s for each entry, before prices of users can begin
COUNTING = 50  # iterations of the search for too few places


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.group):
        return "keeps no limits of groups"
    if problem.objective != "sum":
        return "prices users whose values add up"
    if problem.max_links > 1:
        return "prices one link per user"
    if np.isfinite(problem.backhaul).any():
        return "packs one limit per cell, and backhaul is another"
    return None


@method(
    UserAssociation,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by a knapsack per cell; infeasibility by counting places",
    rank=30,
    share=2.0,
)
def knapsack_dual(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Lower the bound in which cells choose users and users have prices [1]_.

    Complexity: a step solves one knapsack a cell, together O(E log E) at best for E
    candidate pairs, exponential at worst.

    References
    ----------
    .. [1] M. Posta, J. A. Ferland, P. Michelon, "An exact method with variable fixing
       for solving the generalized assignment problem", Computational Optimization and
       Applications 52, 2012. https://doi.org/10.1007/s10589-011-9432-0
    """
    if incumbent.remaining() < PREPARED * len(problem.candidates.cell):
        return
    scaled = problem.scaled()
    start, cell, _, load, value = scaled.candidates
    room = scaled.capacity * (1 + 2 * FEASIBLE)
    if problem.must_serve and incumbent.allocation is None:
        count_places(problem, incumbent)
    market = lowered(problem, scaled, incumbent)
    earned = value - market.best[cell] * load
    best = np.full(len(start) - 1, 0.0)
    filled = np.diff(start) > 0
    if earned.size:
        best[filled] = np.maximum.reduceat(earned, start[:-1][filled])
    price = best if problem.must_serve else np.maximum(best, 0.0)
    auction = auction_of((start, cell, value, load), room, problem.must_serve, price)
    unit = scaled.units["utility"]
    told, next_told, running = np.inf, 1, True
    left = incumbent.remaining()
    while running:
        lower(auction, WORK_PER_CHUNK)
        least = auction.sums[LEAST]
        settled = least < np.inf and auction.sums[REACH] <= CONVERGED * abs(least)
        settled = settled or auction.sums[NORM] == 0.0 or least < auction.sums[FLOOR]
        running = not (settled or incumbent.expired())
        done = int(auction.counts[ITERATION])
        if done > 0 and told == np.inf and 2 * incumbent.remaining() < left:
            return  # the bound of a step takes the referee as long as the step
        if least < told and (not running or done >= next_told):
            with incumbent.looks.finishing():  # what the last bound will take, too
                incumbent.tighten(least * unit, UserPrices(auction.best * unit))
            told, next_told = least, 2 * done


def count_places(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Look for prices of users that no cells together can reach."""
    scaled = problem.scaled()
    start, cell, _, load, _ = scaled.candidates
    room = scaled.capacity * (1 + 2 * FEASIBLE)
    users = len(start) - 1
    zeros, price = np.zeros(len(cell)), np.full(users, -1.0)
    auction = auction_of((start, cell, zeros, load), room, True, price)
    while (
        auction.counts[ITERATION] < COUNTING
        and auction.sums[LEAST] >= auction.sums[FLOOR]
        and not incumbent.expired()
    ):
        lower(auction, WORK_PER_CHUNK)
        if auction.sums[LEAST] < 0.0:
            argument = TooFewPlaces(np.maximum(-auction.best, 0.0))
            if incumbent.tighten(-np.inf, argument) or auction.sums[NORM] == 0.0:
                return
