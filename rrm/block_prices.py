"""Prices of cells: scaled data, the best prices there are, and floors in conflict."""

from collections.abc import Iterator

import numpy as np

from formulations.block_prices import (
    CLEAR,
    TooFewBlocks,
    fewest_blocks,
    most_blocks,
    most_of_groups,
)
from formulations.blocks import BlockSchedule
from formulations.kernels.block_prices import (
    Cell,
    Market,
    bound_at,
    contest,
    market_of,
)
from formulations.kernels.block_smoothing import (
    inside,
    lowest_prices,
    newton,
    number_prices,
)
from rrm.incumbent import Incumbent

HOT, COLD, COLDEST = 0.005, 1e-4, 1e-7  # temperatures, in mean offers for a block
COOLING = 0.1  # of the temperature from stage to stage
STEPS = 30  # of Newton at each temperature, at the most
CLOSE = 0.5  # decrease left, in units of the temperature, that ends a stage


def coolings(cell: Cell, market: Market) -> Iterator[None]:
    """Newton steps from hot to cold, until the prices are the best there are."""
    users = len(cell.weight)
    low, place = np.empty(users), np.empty((2, users), np.int64)
    lowest_prices(cell, market.top, low)
    free = number_prices(cell, place)
    unit = float(market.first.mean())
    if not free or unit <= 0.0:
        return
    slope, curve = np.empty(free), np.empty((free, free))
    inside(cell, low, place, HOT * unit, market.price, market.toll)
    heat = HOT * unit
    cold = COLDEST if cell.is_fair else COLD  # logarithms are fine to parts of 1e-6
    while heat > cold * unit:
        for _ in range(STEPS):
            try:
                left = newton(cell, market, low, place, heat, slope, curve)
            except np.linalg.LinAlgError:  # prices without end: floors contradict
                return
            yield
            if left < CLOSE * heat:
                break
        heat *= COOLING


def cells_of(
    problem: BlockSchedule,
    own: list[np.ndarray],
    rate_unit: float,
    weight_unit: float,
) -> list[Cell]:
    """Users ``own`` of each cell, scaled by the units."""
    room = most_blocks(problem)
    base = (problem.window - 1) * problem.average / rate_unit
    return [
        Cell(
            np.where(
                problem.blocked[problem.cell[users[0]]] | (room[users, None] == 0),
                0.0,
                problem.rate[users] / rate_unit,
            ),
            problem.weight[users] / weight_unit,
            problem.min_rate[users] / rate_unit,
            room[users],
            base[users],
            problem.objective == "proportional_fair",
        )
        for users in own
    ]


def tell_count(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Give the argument that a cell or group has too few blocks for its floors."""
    if incumbent.allocation is not None or not problem.min_rate.any():
        return
    need, free = fewest_blocks(problem), (~problem.blocked).sum(axis=1)
    taken = np.bincount(problem.cell, need, len(free))
    for b in np.flatnonzero(taken > free)[:1]:
        incumbent.tighten(-np.inf, TooFewBlocks(int(b)))
    for g, room in enumerate(most_of_groups(problem)):
        taken = np.bincount(
            problem.cell, np.where(problem.group[g], need, 0), len(free)
        )
        for b in np.flatnonzero(taken > room)[:1]:
            incumbent.tighten(-np.inf, TooFewBlocks(int(b), g))


def conflict(cell: Cell, incumbent: Incumbent) -> tuple[np.ndarray, np.ndarray] | None:
    """Prices on floors and blocks that no schedule can pay, None if none was found."""
    users, blocks = cell.rate.shape
    market = market_of(cell)
    for u in np.flatnonzero(cell.floor * (1 - CLEAR) > market.top):
        price, toll = np.zeros(users), np.zeros(users)
        price[u] = 1.0
        if cell.room[u] < blocks:
            toll[u] = np.sort(cell.rate[u])[blocks - 1 - cell.room[u]]
        return price, toll
    # floors alone: without weights the bound falls below 0 where they contradict
    floors = cell._replace(weight=0 * cell.weight, is_fair=False, base=0 * cell.base)
    market = market_of(floors)
    with np.errstate(divide="ignore"):
        market.price[:] = np.where(cell.floor > 0, 1.0 / cell.floor, 0.0)
    contest(floors, market)
    bound_at(floors, market)
    for _ in coolings(floors, market):
        if market.least[0] < 0.0:
            return market.best_price.copy(), market.best_toll.copy()
        if incumbent.expired():
            return None
    return None
