"""Prices on what all users and groups of them take of cells, and what users choose."""

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.association_start import filled, least_value
from formulations.group_prices import GroupPrices, entry_price
from formulations.kernels.ordering import ascending
from formulations.kernels.pairs import favourites
from rrm.incumbent import Incumbent

ITERATIONS = 2000
PATIENCE = 15  # iterations without a better bound before the step is halved
SMALLEST_STEP = 1e-4
OFFER_EVERY = 3  # steps, as an offer takes as long as one


def price_groups(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Lower the bound by subgradient steps on all prices, and round on the way.

    Each user goes where it earns most at the prices, those with the most by load first,
    and where that is full to the best cell that has room.
    """
    limits = np.vstack([problem.capacity, problem.group_capacity])
    priced = np.isfinite(limits)
    worth = np.where(priced, limits, 0.0)
    size = np.maximum(worth, problem.candidates.load.max(initial=0.0)) + ~priced
    size[size <= 0] = 1.0
    prices, direction = np.zeros_like(worth), np.zeros_like(worth)
    best, step, waited = np.inf, 1.0, 0
    for number in range(ITERATIONS):
        argument = GroupPrices(prices[0], prices[1:])
        bound = argument.bound(problem)
        if bound < best:
            best, waited = bound, 0
            incumbent.tighten(bound, argument)
        elif (waited := waited + 1) >= PATIENCE:
            step, waited = 0.5 * step, 0
        best_entry, density = choices(problem, argument)
        if number % OFFER_EVERY == 0:
            order = ascending(-density)
            incumbent.offer(Association(filled(problem, order, best_entry)))
        taken = load_of(problem, best_entry)
        slack = np.where(priced, (worth - taken) / size, 0.0)
        slack[(prices <= 0) & (slack > 0)] = 0.0
        direction = 0.7 * slack + 0.3 * direction
        norm = float((direction**2).sum())
        if incumbent.expired() or norm == 0.0 or step < SMALLEST_STEP:
            return
        known = incumbent.objective
        gap = bound - known if np.isfinite(known) else 0.1 * abs(bound)
        pace = step * max(gap, 1e-9 * abs(bound)) / norm
        prices = np.maximum(prices - pace * direction / size, 0.0)


def choices(
    problem: UserAssociation, prices: GroupPrices
) -> tuple[np.ndarray, np.ndarray]:
    """Entry (U,) that users choose at the prices, -1: none; what it earns by load."""
    start, _, _, load, value = problem.candidates
    fee = entry_price(problem, prices.price, prices.group_price) * load
    return favourites(start, value - fee, load, least_value(problem), 0.0)


def load_of(problem: UserAssociation, entry: np.ndarray) -> np.ndarray:
    """Load (1 + G, B) of the entries (U,) on cells: of all users and of each group."""
    user = np.flatnonzero(entry >= 0)
    cell = problem.candidates.cell[entry[user]]
    load = problem.candidates.load[entry[user]]
    taken = np.zeros((1 + len(problem.group), problem.sizes["B"]))
    np.add.at(taken[0], cell, load)
    for row, member in zip(taken[1:], problem.group, strict=True):
        np.add.at(row, cell, np.where(member[user], load, 0.0))
    return taken
