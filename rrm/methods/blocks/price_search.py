"""Prices on rates and blocks, and schedules that local search makes of them."""

from functools import cache

import numpy as np

from formulations.block_groups import within_groups
from formulations.block_prices import FloorRay, SchedulePrices
from formulations.block_sets import BlockPrices
from formulations.blocks import BlockSchedule, Schedule
from formulations.kernels.block_moves import (
    Shares,
    descend,
    keep,
    kick,
    round_offers,
    shares_of,
    shortlist,
)
from formulations.kernels.block_prices import (
    Cell,
    Market,
    bound_at,
    contest,
    market_of,
    sweep,
)
from rrm.block_prices import cells_of, conflict, coolings, tell_count
from rrm.block_sets import SMALLEST_STEP, SetPrices
from rrm.incumbent import Incumbent
from rrm.registry import method

USERS_PER_CHUNK = 10  # about 0.1 ms between looks at the clock
BLOCKS_PER_CHUNK = 30
FIRST_SHARE = 0.45  # of the time, for prices before schedules
SET_SHARE = 0.3  # of the time left, for prices of whole sets
SLOW = 3e-7  # s for each rate, with less than which sets are left alone
ROUNDS = 40  # of dearer floors, before a cell is left as it is
FIRST_PENALTY = 20.0  # of a missing rate, in units of its price
KICKED = 3  # blocks that change hands at random
QUIET = 2000  # kicks in a cell without improvement


def applies(problem: BlockSchedule) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.contiguous:
        return "blocks of a user must be neighbours"
    return None


@method(
    BlockSchedule,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices on rates and blocks; infeasibility of floors by a "
    "Farkas ray or by counting blocks",
    rank=20,
    share=8.0,
)
def price_search(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Price rates until supply meets demand, then move blocks one by one [1]_.

    Each user in turn gets the price at which the blocks that it wins meet its floor, or
    what it wants at that price; Newton steps on a smoothed bound finish [3]_. Blocks go
    to those who offer most; moves, exchanges and chains of two repair floors and raise
    the value, with missing rates charged at their prices, ever dearer.

    Complexity: a Newton step takes O(U N + U^3) by cell, a move O(U + N).

    References
    ----------
    .. [1] W. Yu, R. Lui, "Dual methods for nonconvex spectrum optimization of
       multicarrier systems", IEEE TCOM 54(7), 2006.
       https://doi.org/10.1109/TCOMM.2006.877962
    .. [2] H. R. Lourenço, O. C. Martin, T. Stützle, "Iterated local search", Handbook
       of Metaheuristics, 2003. https://doi.org/10.1007/0-306-48056-5_11
    .. [3] Yu. Nesterov, "Smooth minimization of non-smooth functions", Mathematical
       Programming 103, 2005. https://doi.org/10.1007/s10107-004-0552-5
    """
    load_kernels()
    tell_count(problem, incumbent)
    search = PriceSearch(problem, incumbent)
    if incumbent.is_infeasible or not search.price():
        return
    search.tell_bound()
    share = FIRST_SHARE * incumbent.remaining()
    is_lowest = search.lower(incumbent.now() + share)
    search.tell_bound()
    is_complete = search.repair()
    search.offer()
    if incumbent.expired(0):
        return
    if not is_complete:
        search.tell_conflict()
    search.tell_sets()
    if is_lowest or search.lower():
        search.tell_bound()
        search.refine()
        search.wander()


class PriceSearch:
    """Cells of one problem with their prices and best schedules."""

    def __init__(self, problem: BlockSchedule, incumbent: Incumbent) -> None:
        self.problem, self.incumbent = problem, incumbent
        groups = [np.flatnonzero(problem.cell == b) for b in range(problem.sizes["B"])]
        self.own = [users for users in groups if users.size]
        self.rate_unit = float(problem.rate.max(initial=0.0)) or 1.0
        self.weight_unit = float(problem.weight.max(initial=0.0)) or 1.0
        self.cells = cells_of(problem, self.own, self.rate_unit, self.weight_unit)
        self.markets: list[Market] = []
        self.shares: list[Shares] = []
        self.sets: list[SetPrices] = []
        self.needs_sets = problem.objective == "sum_rate" and bool(
            problem.min_rate.any()
        )
        self.is_lowest = np.zeros(len(self.cells), bool)
        self.random = np.random.default_rng(incumbent.seed)

    def price(self) -> bool:
        """Set first prices, one user after the other; whether in time."""
        for cell in self.cells:
            market = market_of(cell)
            self.markets.append(market)
            contest(cell, market)
            users = len(cell.weight)
            for first in range(0, users, USERS_PER_CHUNK):
                sweep(cell, market, first, min(first + USERS_PER_CHUNK, users))
                if self.incumbent.expired():
                    return False
            contest(cell, market)
            bound_at(cell, market)
        return True

    def repair(self) -> bool:
        """Make a schedule of each cell's prices; whether all floors are met.

        Cells that time does not reach keep what the best allocation has.
        """
        known = self.known_owners()
        for cell, market, owner in zip(self.cells, self.markets, known, strict=True):
            shares = shares_of(cell, owner, FIRST_PENALTY * market.price)
            keep(cell, shares)
            self.shares.append(shares)
        is_complete = True
        for cell, market, shares in self.parts():
            round_offers(cell, market, shares, FIRST_PENALTY)
            shortlist(cell, shares, market.price, market.toll)
            is_complete &= self.settle(cell, market, shares)
            if self.incumbent.expired():
                break
        return is_complete

    def known_owners(self) -> list[np.ndarray]:
        """User (N,) of each block in the best allocation so far, by cell; -1: none."""
        best = self.incumbent.allocation
        if best is None:
            return [np.full(self.problem.sizes["N"], -1) for _ in self.own]
        place = np.empty(self.problem.sizes["U"], np.int64)
        for users in self.own:
            place[users] = np.arange(users.size)
        rows = [best.user[self.problem.cell[users[0]]] for users in self.own]
        return [np.where(row >= 0, place[row], -1) for row in rows]

    def settle(self, cell: Cell, market: Market, shares: Shares) -> bool:
        """Go to a local optimum, floors ever dearer; whether all are met in time."""
        for turn in range(ROUNDS):
            while not descend(cell, shares, BLOCKS_PER_CHUNK):
                if self.incumbent.expired():
                    keep(cell, shares)
                    return bool(np.isfinite(shares.sums[0]))
            if keep(cell, shares) == 0:
                return True
            if self.incumbent.expired() or turn == ROUNDS - 1:
                break
            shortlist(cell, shares, shares.penalty, market.toll)
        return False

    def offer(self) -> None:
        """Offer the best schedules of all cells together."""
        user = np.full(self.problem.blocked.shape, -1, np.intp)
        for own, shares in zip(self.own, self.shares, strict=False):
            best = shares.best if np.isfinite(shares.sums[0]) else shares.owner
            user[self.problem.cell[own[0]]] = np.where(best >= 0, own[best], -1)
        self.incumbent.offer(Schedule(within_groups(self.problem, user)))

    def lower(self, until: float = np.inf) -> bool:
        """Lower the bound to that of the best prices; whether in time, all of it.

        ``until`` is an instant of :meth:`Incumbent.now` to stop at; a later call goes
        on with the cells that are left.
        """
        is_late = False
        for k, (cell, market) in enumerate(zip(self.cells, self.markets, strict=True)):
            if self.is_lowest[k] or is_late:
                continue
            for _ in coolings(cell, market):
                is_late = self.incumbent.expired() or self.incumbent.now() > until
                if is_late:
                    break
            self.is_lowest[k] = not is_late
            market.price[:], market.toll[:] = market.best_price, market.best_toll
            contest(cell, market)
        return not is_late

    def wander(self) -> None:
        """Kick and descend again from new prices, cell by cell, while it may pay."""
        quiet = np.zeros(len(self.cells), int)
        for k, (cell, market, shares) in enumerate(self.parts()):
            market.price[:], market.toll[:] = market.best_price, market.best_toll
            contest(cell, market)
            before = shares.sums[0]
            round_offers(cell, market, shares, FIRST_PENALTY)
            shortlist(cell, shares, market.price, market.toll)
            self.settle(cell, market, shares)
            if self.incumbent.expired():
                break
            if not np.isfinite(before):
                quiet[k] = QUIET
        self.offer()
        while not self.incumbent.expired() and (quiet < QUIET).any():
            told = [shares.sums[0] for shares in self.shares]
            for k, (cell, market, shares) in enumerate(self.parts()):
                before = shares.sums[0]
                if market.least[0] - before <= 1e-9 * abs(before):
                    quiet[k] = QUIET
                if quiet[k] >= QUIET:
                    continue
                kick(cell, shares, KICKED, int(self.random.integers(2**31)))
                while not descend(cell, shares, BLOCKS_PER_CHUNK):
                    if self.incumbent.expired():
                        break
                keep(cell, shares)
                quiet[k] = 0 if shares.sums[0] > before else quiet[k] + 1
                if self.incumbent.expired():
                    break
            if any(s.sums[0] > old for s, old in zip(self.shares, told, strict=True)):
                self.offer()

    def parts(self) -> list[tuple[Cell, Market, Shares]]:
        """Cells with their prices and schedules."""
        return list(zip(self.cells, self.markets, self.shares, strict=False))

    def tell_bound(self) -> None:
        """Give the bound at the best prices of all cells."""
        argument = SchedulePrices(*self.joined())
        self.incumbent.tighten(argument.bound(self.problem), argument)

    def tell_sets(self) -> None:
        """Give the bound at which users buy whole sets of blocks, if floors ask it.

        Not where there is no time for it.
        """
        is_slow = self.incumbent.remaining() < SLOW * self.problem.rate.size
        if not self.needs_sets or is_slow:
            return
        price, toll = np.zeros(self.problem.blocked.shape), self.joined()[1]
        unit = self.weight_unit * self.rate_unit
        for k, (own, market) in enumerate(zip(self.own, self.markets, strict=True)):
            best, count = market.first, market.best_toll
            if self.sets:
                best, count = self.sets[k].best
            best = np.where(np.isfinite(best), best, 0.0)
            price[self.problem.cell[own[0]]], toll[own] = best * unit, count * unit
        argument = BlockPrices(price, toll, self.joined()[0])
        self.incumbent.tighten(self.incumbent.bound, argument)

    def refine(self) -> None:
        """Lower the bound by sets of blocks for a part of the time that is left."""
        if not self.needs_sets or not self.cells:
            return
        until = self.incumbent.now() + SET_SHARE * self.incumbent.remaining()

        def late() -> bool:
            return self.incumbent.expired() or self.incumbent.now() > until

        self.sets = [
            SetPrices(cell, market.first, market.best_toll)
            for cell, market in zip(self.cells, self.markets, strict=True)
        ]
        left = list(range(len(self.sets)))
        while left and not late():
            for k in left:
                if not self.sets[k].lower(self.shares[k].sums[0], late):
                    break
            left = [k for k in left if self.sets[k].step >= SMALLEST_STEP]
        self.tell_sets()

    def joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Best prices (U,) on rates and blocks in the problem's units."""
        users = self.problem.sizes["U"]
        price, toll = np.zeros(users), np.zeros(users)
        for own, market in zip(self.own, self.markets, strict=False):
            price[own], toll[own] = market.best_price, market.best_toll
        unit = self.weight_unit
        if self.problem.objective == "proportional_fair":
            return price * (unit / self.rate_unit), toll * unit
        return price * unit, toll * (unit * self.rate_unit)

    def tell_conflict(self) -> None:
        """Prove that floors exclude each other, where prices show it."""
        for own, cell in zip(self.own, self.cells, strict=True):
            if self.incumbent.expired():
                return
            found = conflict(cell, self.incumbent)
            if found is None:
                continue
            price, toll = np.zeros((2, self.problem.sizes["U"]))
            price[own], toll[own] = found[0], found[1] * self.rate_unit
            argument = FloorRay(price, toll)
            if self.incumbent.tighten(-np.inf, argument):
                return


@cache
def load_kernels() -> None:
    """Run every kernel once, also those that a short warm-up would not reach."""
    for is_fair in (False, True):
        one = np.ones(1)
        room = np.ones(1, np.int64)
        cell = Cell(np.ones((1, 1)), one, 0 * one, room, one, is_fair)
        market = market_of(cell)
        sweep(cell, market, 0, 1)
        contest(cell, market)
        list(coolings(cell._replace(floor=one), market))
        shares = shares_of(cell, market.leader, one)
        round_offers(cell, market, shares, 1.0)
        shortlist(cell, shares, market.price, market.toll)
        descend(cell, shares, 1)
        keep(cell, shares)
        kick(cell, shares, 1, 0)
        SetPrices(cell, market.first, market.toll).lower(0.0, lambda: False)
