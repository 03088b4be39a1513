"""Prices on what all users and groups of them take of cells, and what users choose."""

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.association_prices import segment_max
from formulations.association_start import filled, least_value
from formulations.group_prices import GroupPrices, GroupRay, entry_price, fits_groups
from formulations.kernels.ordering import ascending
from formulations.kernels.pairs import favourites
from rrm.incumbent import Incumbent

ITERATIONS = 2000
PATIENCE = 15  # iterations without a better bound before the step is halved
SMALLEST_STEP = 1e-4
OFFER_EVERY = 3  # steps, as an offer takes as long as one
LEAST_NORM = 1e-24  # of relative slack, squared, at which no step is left
SHRINK = 50  # iterations after which steps of weights have shrunk to 70%


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
        taken = load_of(problem, best_entry)
        slack = np.where(priced, (worth - taken) / size, 0.0)
        slack[(prices <= 0) & (slack > 0)] = 0.0
        is_lowest = not (slack**2).sum() > LEAST_NORM
        if number % OFFER_EVERY == 0 or is_lowest:
            order = ascending(-density)
            incumbent.offer(Association(filled(problem, order, best_entry)))
        direction = 0.7 * slack + 0.3 * direction
        norm = float((direction**2).sum())
        is_stuck = not norm > LEAST_NORM or step < SMALLEST_STEP
        if incumbent.expired() or is_lowest or is_stuck:
            return
        known = incumbent.objective
        gap = bound - known if np.isfinite(known) else 0.1 * abs(bound)
        pace = step * max(gap, 1e-9 * abs(bound)) / norm
        prices = np.maximum(prices - pace * direction / size, 0.0)


def find_group_conflict(
    problem: UserAssociation, incumbent: Incumbent, iterations: int
) -> bool:
    """Look for prices on cells and groups at which all need too much [1]_.

    Users who must be served take what costs them least; what is asked for more than it
    has grows dearer, by multiplication. Whether such prices were found.

    References
    ----------
    .. [1] S. Arora, E. Hazan, S. Kale, "The multiplicative weights update method",
       Theory of Computing 8, 2012, section 3.2 (covering and packing).
       https://doi.org/10.4086/toc.2012.v008a006
    """
    start, _, _, load, _ = problem.candidates
    limits = np.vstack([problem.capacity, problem.group_capacity])
    counts = np.isfinite(limits) & (limits > 0)
    able, users = fits_groups(problem), problem.sizes["U"]
    owner = np.repeat(np.arange(users), np.diff(start))
    weight = counts.astype(float)
    for iteration in range(iterations):
        if incumbent.expired():
            return False
        weight /= weight.sum() or 1.0
        prices = np.divide(weight, limits, out=np.zeros_like(weight), where=counts)
        fee = entry_price(problem, prices[0], prices[1:]) * load
        cost = np.where(able, fee, np.inf)
        least = -segment_max(-cost, start)
        if least.sum() > 1.0:
            ray = GroupRay(prices[0], prices[1:])
            if incumbent.tighten(-np.inf, ray):
                return True
        chosen = np.full(users, -1)
        cheapest = np.flatnonzero(cost <= least[owner])
        chosen[owner[cheapest]] = cheapest
        taken = load_of(problem, chosen)
        excess = np.divide(taken, limits, out=np.ones_like(taken), where=counts) - 1.0
        step = 1.0 / max(1.0, float(np.abs(excess).max()))
        weight *= np.exp(step / np.sqrt(1 + iteration / SHRINK) * excess)
    return False


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
