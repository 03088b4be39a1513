"""Least bound by prices of users: subgradient steps, then a master of sets in a box."""

import numpy as np

from formulations.association_prices import UserPrices
from formulations.kernels.cell_columns import FREE, Cells, fill_cells
from formulations.kernels.knapsack_prices import (
    FLOOR,
    ITERATION,
    LEAST,
    NORM,
    REACH,
    Auction,
    lower,
)
from rrm.association.cell_master import CellMaster
from rrm.incumbent import Incumbent

WORK_PER_CHUNK = 5000  # of a search for prices, about 0.1 ms
CONVERGED = 1e-6  # reach of a step, relative to the bound, at which the master begins
GATHERED = 40  # iterations whose sets are the first columns
NEARBY = 1e-4  # reach of their steps, relative to the bound
BOX = 0.005  # width to each side, of the range of values
WIDER = 2.0  # times, where the box holds a price
SMOOTHED = 0.5  # way from the master's prices to the best ones, to begin with
SMOOTHEST, STEP = 0.99, 0.1
EQUAL = 1e-9  # relative difference of bound and master that ends it


def descend(auction: Auction, unit: float, incumbent: Incumbent) -> None:
    """Take subgradient steps until they are short; ``unit`` is that of utility."""
    running = True
    while running:
        lower(auction, WORK_PER_CHUNK)
        least, reach, norm, floor = auction.sums[[LEAST, REACH, NORM, FLOOR]]
        settled = least < np.inf and reach <= CONVERGED * abs(least)
        running = not (settled or norm == 0.0 or least < floor or incumbent.expired())
    if auction.sums[LEAST] < np.inf:
        incumbent.tighten(auction.sums[LEAST] * unit, UserPrices(auction.best * unit))


def meet(
    cells: Cells, auction: Auction, unit: float, seconds: float, incumbent: Incumbent
) -> np.ndarray:
    """Lower the auction's best prices to the least bound; shares (E,) of the master.

    Prices between the master's and the best so far are tried, the nearer to the best,
    the more often bounds fall on the way to it.
    """
    end = incumbent.remaining() - seconds
    status = np.full(len(cells.user), FREE, np.int8)
    earned, taken = np.zeros(len(cells.capacity)), np.zeros(len(status), bool)
    width = BOX * (float(np.ptp(cells.value)) or float(np.abs(cells.value).max()))
    master = CellMaster(cells, auction.best, width, incumbent.seed)
    gather(cells, auction, master, incumbent)
    told, smooth = auction.sums[LEAST], SMOOTHED
    stopped = incumbent.expired()
    while not stopped and master.solve(incumbent.remaining() - end):
        back, price, new = smooth, master.price, 0
        while True:
            price = back * auction.best + (1 - back) * master.price
            bound = fill_cells(cells, price, status, earned, taken)
            new = master.add(taken)
            stopped = incumbent.expired() or incumbent.remaining() <= end
            if bound < auction.sums[LEAST]:
                auction.sums[LEAST] = bound
                auction.best[:] = price
            if new or back == 0.0 or stopped:
                break
            back = max(0.0, back - (1 - smooth))
        missing = 1 - np.bincount(cells.user[taken], minlength=cells.users)
        is_ahead = missing @ (master.price - price) < 0.0
        smooth += -STEP if is_ahead else STEP * (1 - smooth)
        smooth = min(max(smooth, 0.0), SMOOTHEST)
        least = auction.sums[LEAST]
        if least - master.value > EQUAL * abs(least) and (new or back > 0.0):
            continue
        if not master.is_boxed:
            break
        width *= WIDER
        master.move(auction.best, width)
    if auction.sums[LEAST] < told:
        incumbent.tighten(auction.sums[LEAST] * unit, UserPrices(auction.best * unit))
    return master.share


def gather(
    cells: Cells, auction: Auction, master: CellMaster, incumbent: Incumbent
) -> None:
    """Add the sets that cells take on a few more steps, and those of the incumbent."""
    status = np.full(len(cells.user), FREE, np.int8)
    earned, taken = np.zeros(len(cells.capacity)), np.zeros(len(status), bool)
    if incumbent.allocation is not None:
        cell = np.repeat(np.arange(len(cells.capacity)), np.diff(cells.first))
        master.add(incumbent.allocation.cell[cells.user] == cell)
    auction.sums[REACH] = NEARBY * abs(auction.sums[LEAST])
    for _ in range(GATHERED):
        fill_cells(cells, auction.price, status, earned, taken)
        master.add(taken)
        done = auction.counts[ITERATION]
        while auction.counts[ITERATION] == done:
            if incumbent.expired() or auction.sums[LEAST] < auction.sums[FLOOR]:
                return
            lower(auction, WORK_PER_CHUNK)
