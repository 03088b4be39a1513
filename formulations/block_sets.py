"""Bound by prices on blocks, at which each user buys a whole set of them."""

from dataclasses import dataclass

import numpy as np

from formulations.block_prices import ROUNDING, most_blocks
from formulations.blocks import BlockSchedule
from formulations.problem import FEASIBLE


@dataclass(frozen=True, eq=False)
class BlockPrices:
    """Lagrangian bound with prices on blocks: floors hold, blocks sell twice [1]_.

    Each user buys the set of blocks that is worth most to it, ``weight rate - price -
    count_price``, among those that meet its floor: a knapsack. As no user can buy part
    of a block, the bound is at most that by :class:`SchedulePrices` at the same prices.

    Attributes
    ----------
    price : (B, N) objective
        Of each block, not negative.
    count_price : (U,) objective per block
        Not negative; only where ``max_blocks`` is finite.
    rate_price : (U,) objective per bit/s
        What floors cost where blocks could be shared; not part of the bound.

    References
    ----------
    .. [1] M. L. Fisher, "The Lagrangian relaxation method for solving integer
       programming problems", Management Science 27(1), 1981.
       https://doi.org/10.1287/mnsc.27.1.1
    """

    price: np.ndarray
    count_price: np.ndarray
    rate_price: np.ndarray

    def bound(self, problem: BlockSchedule) -> float:
        """Upper bound on a sum of rates; nan where the prices are not valid.

        -inf where all blocks together do not meet some floor.
        """
        from formulations.kernels.block_sets import buy
        from formulations.kernels.knapsack import RECORDS, STATES, room

        price, toll = (np.array(p, float) for p in (self.price, self.count_price))
        if problem.objective != "sum_rate" or price.shape != problem.blocked.shape:
            return np.nan
        if toll.shape != problem.weight.shape:
            return np.nan
        for part in (price, toll):
            if not np.isfinite(part).all() or (part < 0).any():
                return np.nan
        unit = float(problem.rate.max(initial=0.0)) or 1.0
        floor = problem.min_rate * (1 - 2 * FEASIBLE) / unit
        open_price = np.where(problem.blocked, np.inf, price / unit)
        memory = room(STATES, RECORDS)
        gained, counted = 0.0, float(toll @ most_blocks(problem))
        for b in range(problem.sizes["B"]):
            users = np.flatnonzero(problem.cell == b)
            gained += unit * buy(
                0,
                len(users),
                problem.rate[users] / unit,
                problem.weight[users].copy(),
                floor[users],
                toll[users] / unit,
                open_price[b],
                memory,
                np.zeros(problem.sizes["N"]),
                np.empty(len(users)),
            )
        if gained == -np.inf:
            return -np.inf
        sold = float(price[~problem.blocked].sum())
        sizes = abs(gained) + counted + sold
        sizes += float(problem.weight @ problem.min_rate) + sold
        return float(gained + counted + sold + ROUNDING * sizes)
