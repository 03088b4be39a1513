"""Neighbouring blocks: dynamic programs over orders and sets of users."""

from functools import cache

import numpy as np

from formulations.block_groups import within_groups
from formulations.blocks import BlockSchedule, Schedule
from formulations.kernels.block_intervals import (
    Line,
    fill_subsets,
    line_of,
    mirrored,
    place_in_order,
    reinsert,
    trace_subsets,
)
from formulations.kernels.block_prices import Cell
from rrm.argument import BySearch
from rrm.block_prices import tell_count
from rrm.incumbent import Incumbent
from rrm.methods.blocks.price_search import PriceSearch
from rrm.methods.blocks.price_search import load_kernels as load_price_kernels
from rrm.registry import method

MOST_USERS = 12  # of a cell whose sets of users are all looked at
ENTRIES_PER_CHUNK = 20_000  # of table rows, about 0.2 ms
DEAR = 1e4  # charge for a floor that is missed, in values of the best block
QUIET = 200  # disturbed orders in a cell without improvement
BOUND_SLACK = 1e-9  # relative, for sums in another order


def applies(problem: BlockSchedule) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    return None if problem.contiguous else "blocks need not be neighbours"


@method(
    BlockSchedule,
    kind="exact",
    applies=applies,
    proves="the optimum by dynamic programming where cells have at most 12 users, else "
    "an upper bound by prices; infeasibility of floors by a Farkas ray or by counting "
    "blocks",
    rank=20,
)
def interval_search(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Place users in an order, move them in it, or go through all sets of users [1]_.

    The best intervals for users in a given order follow from a table over blocks. As
    values are concave in the rate, best starts of intervals move one way, and a row of
    the table takes O(N log N). Few users: a table over sets, which is exact [2]_. Where
    groups have limits, what is found without them is brought within, and the proofs
    are upper bounds.

    Complexity: O(N log N) for each user of an order; the table over the sets of K users
    of a cell O(2^K K N log N).

    References
    ----------
    .. [1] I. C. Wong, O. Oteri, W. McCoy, "Optimal resource allocation in uplink
       SC-FDMA systems", IEEE TWC 8(5), 2009.
       https://doi.org/10.1109/TWC.2009.080814
    .. [2] M. Held, R. M. Karp, "A dynamic programming approach to sequencing
       problems", SIAM J. 10(1), 1962. https://doi.org/10.1137/0110015
    """
    load_kernels()
    tell_count(problem, incumbent)
    prices = PriceSearch(problem, incumbent)
    search = IntervalSearch(prices)
    if incumbent.is_infeasible or not search.place():
        return
    if not prices.price():
        return
    prices.tell_bound()
    if incumbent.allocation is None:
        prices.tell_conflict()
    if not prices.lower():
        return
    prices.tell_bound()
    if not search.enumerate_sets():
        search.wander()


class IntervalSearch:
    """Orders of the users of each cell, and the best intervals so far."""

    def __init__(self, prices: PriceSearch) -> None:
        self.problem, self.incumbent = prices.problem, prices.incumbent
        self.own, self.cells = prices.own, prices.cells
        self.weight_unit, self.rate_unit = prices.weight_unit, prices.rate_unit
        blocks = self.problem.sizes["N"]
        self.lines = [self.line(k, hard=False) for k in range(len(self.cells))]
        self.orders = [first_order(cell) for cell in self.cells]
        self.owner = [np.full(blocks, -1) for _ in self.cells]
        self.value = [-np.inf for _ in self.cells]
        self.random = np.random.default_rng(self.incumbent.seed)

    def line(self, k: int, *, hard: bool) -> Line:
        """Line of cell ``k``, whose floors must be met or are dear to miss."""
        cell = self.cells[k]
        closed = self.problem.blocked[self.problem.cell[self.own[k][0]]]
        penalty = np.full(len(cell.floor), np.inf)
        if not hard:
            penalty = np.zeros(len(cell.floor))
            np.divide(DEAR, cell.floor, out=penalty, where=cell.floor > 0)
        return line_of(cell, closed, penalty)

    def place(self) -> bool:
        """Place users in the order of their best blocks; whether in time."""
        for k, order in enumerate(self.orders):
            self.accept(k, order)
            if self.incumbent.expired():
                return False
        self.offer()
        return True

    def accept(self, k: int, order: np.ndarray) -> bool:
        """Take an order of cell ``k`` if it is better than the best one."""
        owner = np.empty_like(self.owner[k])
        value = float(place_in_order(self.lines[k], order, owner))
        if not value > self.value[k] + BOUND_SLACK * abs(value):
            return False
        self.value[k], self.owner[k], self.orders[k] = value, owner, order
        return True

    def offer(self) -> None:
        """Offer the best intervals of all cells together."""
        user = np.full(self.problem.blocked.shape, -1, np.intp)
        for own, owner in zip(self.own, self.owner, strict=True):
            user[self.problem.cell[own[0]]] = np.where(owner >= 0, own[owner], -1)
        self.incumbent.offer(Schedule(within_groups(self.problem, user)))

    def enumerate_sets(self) -> bool:
        """Solve cells with few users exactly; whether all cells were."""
        total, is_complete = 0.0, True
        for k, own in enumerate(self.own):
            if len(own) > MOST_USERS:
                is_complete = False
                continue
            line = self.line(k, hard=True)
            table = np.empty((1 << len(own), line.sums.shape[1]))
            rows = max(1, ENTRIES_PER_CHUNK // (len(own) * table.shape[1]))
            for begin in range(0, len(table), rows):
                fill_subsets(line, table, begin, min(begin + rows, len(table)))
                if self.incumbent.expired():
                    return False
            if table[-1, -1] == -np.inf:
                self.incumbent.tighten(-np.inf, BySearch("interval tables"))
                return True
            trace_subsets(line, table, self.owner[k])
            self.value[k] = table[-1, -1]
            total += table[-1, -1]
        self.offer()
        if is_complete and self.incumbent.allocation is not None:
            bound = self.in_si(total)
            self.incumbent.tighten(
                bound + BOUND_SLACK * abs(bound), BySearch("interval tables")
            )
        return is_complete

    def in_si(self, value: float) -> float:
        """Value of all cells' tables as an objective of the problem."""
        problem = self.problem
        if problem.objective == "sum_rate":
            return value * self.weight_unit * self.rate_unit
        shift = np.log(self.rate_unit / problem.window) * problem.weight.sum()
        return value * self.weight_unit + shift

    def wander(self) -> None:
        """Move users in the orders of larger cells while that may pay."""
        open_cells = [k for k, own in enumerate(self.own) if len(own) > MOST_USERS]
        quiet = dict.fromkeys(open_cells, 0)
        mirrors: dict[int, Line] = {}
        while quiet and not self.incumbent.expired():
            for k in list(quiet):
                order = self.orders[k].copy()
                if k not in mirrors:
                    mirrors[k] = mirrored(self.lines[k])
                if quiet[k] > 0:
                    self.disturb(order)
                self.improve(k, order, mirrors[k])
                better = self.accept(k, order)
                quiet[k] = 1 if better else quiet[k] + 1
                if quiet[k] > QUIET:
                    del quiet[k]
                if better:
                    self.offer()
                if self.incumbent.expired():
                    return

    def disturb(self, order: np.ndarray) -> None:
        """Exchange two pairs of users in ``order``, in place."""
        for _ in range(2):
            i, j = self.random.integers(len(order), size=2)
            order[i], order[j] = order[j], order[i]

    def improve(self, k: int, order: np.ndarray, mirror: Line) -> None:
        """Reinsert users of cell ``k`` until none has a better place, in place."""
        line = self.lines[k]
        before = np.empty(line.sums.shape)
        behind = np.empty(line.sums.shape)
        best, waited = -np.inf, 0
        turn = self.random.permutation(len(order))
        while waited < len(order):
            for u in turn:
                value = reinsert(line, mirror, order, u, before, behind)
                better = value > best + BOUND_SLACK * abs(value)
                best, waited = max(best, value), 0 if better else waited + 1
                if waited >= len(order) or self.incumbent.expired():
                    return


@cache
def load_kernels() -> None:
    """Run every kernel once, also those that a short warm-up would not reach."""
    load_price_kernels()
    one = np.ones(1)
    cell = Cell(np.ones((1, 1)), one, 0 * one, np.ones(1, np.int64), one, is_fair=False)
    line = line_of(cell, np.zeros(1, bool), one)
    owner = np.full(1, -1)
    table = np.zeros((2, 2))
    place_in_order(line, np.zeros(1, np.int64), owner)
    fill_subsets(line, table, 0, 2)
    trace_subsets(line, table, owner)
    room = np.zeros((1, 2))
    reinsert(line, mirrored(line), np.zeros(1, np.int64), 0, room, room.copy())


def first_order(cell: Cell) -> np.ndarray:
    """Users (K,) by where their best stretch of blocks lies."""
    users, blocks = cell.rate.shape
    wide = max(1, blocks // users)
    sums = np.zeros((users, blocks + 1))
    np.cumsum(cell.rate, axis=1, out=sums[:, 1:])
    best = np.argmax(sums[:, wide:] - sums[:, :-wide], axis=1)
    return np.argsort(best, kind="stable")
