"""Bound by prices on what groups of users may take of cells, beside all users'."""

from dataclasses import dataclass

import numpy as np

from formulations.association import UserAssociation
from formulations.association_prices import CLEAR, ROUNDING, fits, segment_max
from formulations.problem import FEASIBLE


@dataclass(frozen=True, eq=False)
class GroupPrices:
    """Lagrangian bound with prices on capacity, of all users and of groups.

    Each user takes its best cell at its value less load times the price there, which
    is the sum of the cell's and that of each group it is in; what the limits are worth
    at these prices is added.

    Attributes
    ----------
    price : (B,) utility per load
        Not negative; 0 where the capacity is infinite.
    group_price : (G, B) utility per load
        Not negative; 0 where the group's capacity is infinite.
    """

    price: np.ndarray
    group_price: np.ndarray

    def bound(self, problem: UserAssociation) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        if problem.objective != "sum" or problem.max_links > 1:
            return np.nan
        worth = worth_of_limits(problem, self.price, self.group_price)
        if np.isnan(worth):
            return np.nan
        start, _, _, load, value = problem.candidates
        fee = entry_price(problem, self.price, self.group_price) * load
        best = segment_max(value - fee, start)
        if not problem.must_serve:
            best = np.maximum(best, 0.0)
        elif not np.isfinite(best).all():
            return -np.inf  # a user who must be served has no candidate
        largest = (np.abs(value) + fee).max(initial=0.0)
        sizes = largest * problem.sizes["U"] + worth
        return float(best.sum() + worth + ROUNDING * sizes)


@dataclass(frozen=True, eq=False)
class GroupRay:
    """Users who must be served need more room at these prices than there is.

    Attributes
    ----------
    price : (B,) per load
        Not negative; 0 where the capacity is infinite.
    group_price : (G, B) per load
        Not negative; 0 where the group's capacity is infinite.
    """

    price: np.ndarray
    group_price: np.ndarray

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        priced = np.flatnonzero(np.asarray(self.group_price).sum(axis=1))
        named = "groups" + (f" {', '.join(map(str, priced))}" if priced.size else "")
        return f"must_serve against the capacity of cells and {named} together"

    def bound(self, problem: UserAssociation) -> float:
        """-inf if the prices prove it (Farkas), else nan."""
        there = worth_of_limits(problem, self.price, self.group_price)
        if not problem.must_serve or np.isnan(there):
            return np.nan
        fee = entry_price(problem, self.price, self.group_price)
        cost = np.where(fits_groups(problem), fee * problem.candidates.load, np.inf)
        needed = -segment_max(-cost, problem.candidates.start)
        if np.isinf(needed).any():
            return -np.inf
        slack = CLEAR * there + ROUNDING * needed.sum()
        return -np.inf if needed.sum() > there + slack else np.nan


def worth_of_limits(
    problem: UserAssociation, price: np.ndarray, group_price: np.ndarray
) -> float:
    """What all limits are worth at prices; nan where the prices are not valid."""
    if np.shape(group_price) != problem.group_capacity.shape:
        return np.nan
    if np.shape(price) != problem.capacity.shape:
        return np.nan
    limits = np.vstack([problem.capacity, problem.group_capacity])
    prices = np.vstack([price, group_price])
    if not np.isfinite(prices).all() or (prices < 0).any():
        return np.nan
    limited = np.isfinite(limits)
    if (prices[~limited] != 0).any():
        return np.nan
    return float((prices[limited] * limits[limited]).sum())


def fits_groups(problem: UserAssociation) -> np.ndarray:
    """Whether each candidate (E,) fits alone into its cell and its user's groups."""
    start, cell, _, load, _ = problem.candidates
    owner = np.repeat(np.arange(problem.sizes["U"]), np.diff(start))
    able = fits(problem)
    for member, limit in zip(problem.group, problem.group_capacity, strict=True):
        able &= ~member[owner] | (load <= limit[cell] * (1 + 2 * FEASIBLE))
    return able


def entry_price(
    problem: UserAssociation, price: np.ndarray, group_price: np.ndarray
) -> np.ndarray:
    """Price (E,) of load that the user of each candidate pays there."""
    start, cell = problem.candidates[:2]
    owner = np.repeat(np.arange(problem.sizes["U"]), np.diff(start))
    total = np.asarray(price)[cell]
    for member, here in zip(problem.group, group_price, strict=True):
        total = total + np.where(member[owner], here[cell], 0.0)
    return total
