"""Arguments: upper bounds on schedules by prices, and why there is no schedule."""

from dataclasses import dataclass

import numpy as np

from formulations.blocks import BlockSchedule
from formulations.problem import FEASIBLE

ROUNDING = 1e-12  # relative to the sizes summed, so that rounding cannot undercut
CLEAR = 4 * FEASIBLE  # relative excess that no tolerance can explain
LISTED = 8  # users that a sentence names


@dataclass(frozen=True, eq=False)
class SchedulePrices:
    """Lagrangian bound with prices on what users get and on the blocks they take [1]_.

    Each block goes to the user who offers most, ``rate_price rate - block_price``, and
    each user chooses the rate that it would buy, at least its floor and at most what
    all its blocks carry. Holds for contiguous blocks, too: those are fewer schedules.

    Attributes
    ----------
    rate_price : (U,) objective per bit/s
        Not negative.
    block_price : (U,) objective per block
        Not negative; only where ``max_blocks`` is finite.

    References
    ----------
    .. [1] W. Yu, R. Lui, "Dual methods for nonconvex spectrum optimization of
       multicarrier systems", IEEE TCOM 54(7), 2006, section III.
       https://doi.org/10.1109/TCOMM.2006.877962
    """

    rate_price: np.ndarray
    block_price: np.ndarray

    def bound(self, problem: BlockSchedule) -> float:
        """Upper bound on the objective; nan where the prices are not valid."""
        found = _offers(problem, self.rate_price, self.block_price)
        if found is None:
            return np.nan
        price, sold, top = found
        low = problem.min_rate * (1 - 2 * FEASIBLE)
        high = np.maximum(top, low)
        if problem.objective == "sum_rate":
            wanted = np.where(price >= problem.weight, low, high)
            value = (problem.weight - price) * wanted
            sizes = np.abs(value)
        else:
            base = (problem.window - 1) * problem.average
            with np.errstate(divide="ignore", over="ignore"):
                wanted = np.where(price > 0, problem.weight / price - base, np.inf)
            wanted = np.clip(wanted, low, high)
            logarithm = np.log((base + wanted) / problem.window)
            value = problem.weight * logarithm - price * wanted
            sizes = problem.weight * np.abs(logarithm) + price * wanted
        sizes = sizes.sum() + abs(sold)
        return float(value.sum() + sold + ROUNDING * sizes)


@dataclass(frozen=True, eq=False)
class FloorRay:
    """Floors are worth more, at these prices, than all blocks together could carry.

    Attributes
    ----------
    rate_price : (U,) per bit/s
        Of the floors, not negative.
    block_price : (U,) per block
        Not negative; only where ``max_blocks`` is finite.
    """

    rate_price: np.ndarray
    block_price: np.ndarray

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        users = np.flatnonzero(np.asarray(self.rate_price) > 0)
        names = ", ".join(map(str, users[:LISTED]))
        more = f" and {len(users) - LISTED} more" if len(users) > LISTED else ""
        limits = "blocks"
        if np.any(np.asarray(self.block_price) > 0):
            limits = "blocks and max_blocks"
        return f"min_rate of users {names}{more} against the {limits} they could have"

    def bound(self, problem: BlockSchedule) -> float:
        """-inf if the prices prove it (Farkas), else nan."""
        found = _offers(problem, self.rate_price, self.block_price)
        if found is None:
            return np.nan
        price, sold, _ = found
        return -np.inf if price @ problem.min_rate * (1 - CLEAR) > sold else np.nan


@dataclass(frozen=True, eq=False)
class TooFewBlocks:
    """The floors of one cell take more blocks than it has, each user by itself.

    Attributes
    ----------
    cell : int
        Which.
    group : int
        Users whose floors alone take more than the group may have, -1 for all users.
    """

    cell: int
    group: int = -1

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The constraints in conflict."""
        if self.group < 0:
            return f"min_rate of all users of cell {self.cell} against its blocks"
        limit = f"group_blocks of group {self.group}"
        return f"min_rate of its users of cell {self.cell} against {limit}"

    def bound(self, problem: BlockSchedule) -> float:
        """-inf if the fewest blocks that meet each floor are too many, else nan."""
        if not 0 <= self.cell < problem.sizes["B"] or self.group >= len(problem.group):
            return np.nan
        need, theirs = fewest_blocks(problem), problem.cell == self.cell
        free = int((~problem.blocked[self.cell]).sum())
        if self.group >= 0:
            theirs = theirs & problem.group[self.group]
            free = most_of_groups(problem)[self.group, self.cell]
        return -np.inf if need[theirs].sum() > free else np.nan


def fewest_blocks(problem: BlockSchedule) -> np.ndarray:
    """Blocks (U,) int that each floor takes at the least, N + 1 where none meet it."""
    from formulations.kernels.block_floors import fewest

    need = np.empty(problem.sizes["U"], np.intp)
    floor = problem.min_rate * (1 - CLEAR)
    limit = most_blocks(problem)
    fewest(
        problem.rate, floor, limit, problem.cell, problem.blocked,
        problem.contiguous, need,
    )  # fmt: skip
    return need


def most_blocks(problem: BlockSchedule) -> np.ndarray:
    """Blocks (U,) int that each user may have, as the referee counts them."""
    limit = problem.max_blocks + FEASIBLE * np.maximum(problem.max_blocks, 1.0)
    return np.floor(np.minimum(limit, problem.sizes["N"])).astype(np.intp)


def most_of_groups(problem: BlockSchedule) -> np.ndarray:
    """Blocks (G, B) int that each group may have, as the referee counts them."""
    limit = problem.group_blocks
    limit = limit + FEASIBLE * np.maximum(limit, 1.0)
    return np.floor(np.minimum(limit, problem.sizes["N"])).astype(np.intp)


def _offers(
    problem: BlockSchedule, rate_price: np.ndarray, block_price: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """Price (U,), what is paid for all blocks, and rate (U,) with all of them.

    None where the prices are not valid.
    """
    from formulations.kernels.block_prices import income

    price, toll = (np.array(part, float) for part in (rate_price, block_price))
    for part in (price, toll):
        if part.shape != problem.weight.shape or not np.isfinite(part).all():
            return None
        if (part < 0).any():
            return None
    top = np.empty(len(price))
    paid = income(problem.rate, problem.blocked, problem.cell, price, toll, top)
    return price, paid + float(toll @ most_blocks(problem)), top
