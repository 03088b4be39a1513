"""Mixed-integer program of each cell on HiGHS, handed over as arrays."""

from typing import Any

import numpy as np
from scipy.sparse import coo_array

from formulations.block_prices import SchedulePrices
from formulations.blocks import BlockSchedule, Schedule
from formulations.kernels.block_prices import Cell
from rrm.argument import BySearch
from rrm.highs_solver import linear_program, new_solver
from rrm.incumbent import Incumbent
from rrm.methods.blocks.price_search import PriceSearch
from rrm.registry import method

BOUND_SLACK = 1e-7  # relative, for the solver's own tolerances


def applies(problem: BlockSchedule) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "sum_rate":
        return f"adds rates, and the objective is {problem.objective}"
    return "states no neighbouring blocks" if problem.contiguous else None


@method(
    BlockSchedule,
    kind="exact",
    applies=applies,
    proves="an upper bound by LP duality, then by branch and cut of each cell",
    isolated=True,
    needs=("highspy",),
    rank=40,
)
def highs(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """Bound by the duals of all cells' relaxations, then branch and cut [1]_.

    Complexity: exponential at worst, with U N variables.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    search = PriceSearch(problem, incumbent)
    prices = np.zeros((2, problem.sizes["U"]))
    for own, cell in zip(search.own, search.cells, strict=True):
        solver = solver_of(cell, groups_of(problem, own), incumbent)
        solver.run()
        duals = np.asarray(solver.getSolution().row_dual)
        if incumbent.expired() or not solver.getSolution().dual_valid:
            return
        users, blocks = cell.rate.shape
        floor = np.maximum(-duals[blocks : blocks + users], 0.0)
        unit = np.where(cell.floor > 0, cell.floor, 1.0)
        prices[0, own] = cell.weight + floor / unit
        toll = duals[blocks + users : blocks + 2 * users]
        prices[1, own] = np.maximum(toll, 0.0)
    prices *= search.weight_unit
    prices[1] *= search.rate_unit
    argument = SchedulePrices(*prices)
    incumbent.tighten(argument.bound(problem), argument)
    total = 0.0
    user = np.full(problem.blocked.shape, -1, np.intp)
    known = search.known_owners()
    for k, (own, cell) in enumerate(zip(search.own, search.cells, strict=True)):
        left = max(incumbent.remaining(), 1e-3) / (len(search.own) - k)
        groups = groups_of(problem, own)
        owner, bound = branch(cell, groups, known[k], left, incumbent)
        if bound == -np.inf:
            incumbent.tighten(-np.inf, BySearch("highs"))
            return
        user[problem.cell[own[0]]] = np.where(owner >= 0, own[owner], -1)
        total += bound
    incumbent.offer(Schedule(user))
    bound = total * search.weight_unit * search.rate_unit
    incumbent.tighten(bound * (1 + BOUND_SLACK), BySearch("highs"))


Groups = tuple[np.ndarray, np.ndarray]
"""Members (G, u) among a cell's users, and blocks (G,) that each group may have."""


def groups_of(problem: BlockSchedule, own: np.ndarray) -> Groups:
    """Groups among the users ``own`` of one cell, as far as they have limits there."""
    limit = problem.group_blocks[:, problem.cell[own[0]]]
    return problem.group[:, own][limit < np.inf], limit[limit < np.inf]


def rows_of(cell: Cell, groups: Groups) -> tuple[Any, np.ndarray, np.ndarray]:
    """Rows of one cell and their limits: a column for each user and block.

    Rows: blocks, floors in their own unit, and limits on the number of blocks, of users
    and of groups.
    """
    users, blocks = cell.rate.shape
    user, block = np.divmod(np.arange(users * blocks), blocks)
    unit = np.where(cell.floor > 0, cell.floor, 1.0)
    ones = np.ones(users * blocks)
    group, place = np.nonzero(groups[0][:, user])
    rate = (cell.rate / unit[:, None]).ravel()
    value = np.concatenate([ones, rate, ones, np.ones(len(group))])
    rows = (block, blocks + user, blocks + users + user, blocks + 2 * users + group)
    row = np.concatenate(rows)
    column = np.append(np.tile(np.arange(users * blocks), 3), place)
    shape = (blocks + 2 * users + len(groups[1]), users * blocks)
    matrix: Any = coo_array((value, (row, column)), shape=shape).tocsr()
    free = np.full(users, np.inf)
    open_below = np.full(blocks, -np.inf), np.full(users + len(groups[1]), -np.inf)
    low = (open_below[0], np.where(cell.floor > 0, 1.0, -free), open_below[1])
    high = (np.ones(blocks), free, np.asarray(cell.room, float), groups[1])
    return matrix, np.concatenate(low), np.concatenate(high)


def solver_of(cell: Cell, groups: Groups, incumbent: Incumbent) -> Any:
    """HiGHS with the relaxation of one cell."""
    matrix, low, high = rows_of(cell, groups)
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    program = linear_program(
        (cell.weight[:, None] * cell.rate).ravel(),
        matrix,
        (low, high),
        (np.zeros(matrix.shape[1]), (cell.rate > 0).ravel().astype(float)),
        maximize=True,
    )
    solver.passModel(program)
    return solver


def branch(
    cell: Cell,
    groups: Groups,
    known: np.ndarray,
    seconds: float,
    incumbent: Incumbent,
) -> tuple[np.ndarray, float]:
    """Owners (N,) and upper bound of one cell; -inf if no schedule meets its floors."""
    import highspy

    users, blocks = cell.rate.shape
    solver = solver_of(cell, groups, incumbent)
    count = users * blocks
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)
    solver.setOptionValue("time_limit", seconds)
    if incumbent.allocation is not None:
        begin = highspy.HighsSolution()
        columns = np.arange(users)[:, None] == known
        begin.col_value = columns.ravel().astype(float)
        solver.setSolution(begin)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return known, -np.inf
    values = np.asarray(solver.getSolution().col_value)
    owner = known
    if len(values) == count and solver.getSolution().value_valid:
        chosen = values.reshape(users, blocks) > 0.5
        owner = np.where(chosen.any(axis=0), chosen.argmax(axis=0), -1)
    return owner, float(solver.getInfo().mip_dual_bound)
