"""Mixed-integer program on HiGHS, handed over as arrays."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from formulations.association import Association, UserAssociation
from formulations.association_prices import CapacityPrices, segment_max
from rrm.argument import BySearch
from rrm.highs_solver import linear_program, new_solver
from rrm.incumbent import Incumbent
from rrm.registry import method

LP_SHARE = 0.4  # of the time, at most, for the relaxation
KEPT = 1e-9  # of the bound, so that rounding leaves nothing good out
BOUND_SLACK = 1e-7  # relative, for the solver's own tolerances
SMALLEST = 1e-8  # of a row's largest entry; HiGHS drops below 1e-9


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective == "sum":
        return None
    if problem.max_links > 1:
        return "states no logarithm of a sum of shares"
    if np.isfinite(problem.backhaul).any():
        return "states no backhaul of shared time"
    return None


class LinearModel(NamedTuple):
    """Maximize ``cost x + constant`` with ``low <= rows x <= high``, ``0 <= x <= 1``.

    The first columns are the candidates, in their order. Rows of capacity and company
    are numbered by cell, -1 where a cell has none.
    """

    cost: np.ndarray
    constant: float
    rows: csr_array
    low: np.ndarray
    high: np.ndarray
    integer: np.ndarray
    capacity_row: np.ndarray
    backhaul_row: np.ndarray
    company_row: np.ndarray
    row_scale: np.ndarray


def linear_model(scaled: UserAssociation) -> LinearModel:
    """Columns and rows of a scaled problem.

    Shared time adds a column per cell and number of users, which costs
    ``k log k - (k - 1) log(k - 1)``: rising in k, so they fill in order. With several
    links a column per user tells whether it is served without its previous cell.
    """
    start, cell, utility, load, value = scaled.candidates
    users, cells, entries = scaled.sizes["U"], scaled.sizes["B"], len(cell)
    owner = np.repeat(np.arange(users), np.diff(start))
    reachable = np.diff(start) > 0
    unserved = scaled.unserved_value
    several = scaled.max_links > 1
    cost = [(utility if several else value) - unserved]
    constant = unserved * float(reachable.sum())
    build = RowBuilder()
    served = 1.0 if scaled.must_serve else -np.inf
    build.add(owner, np.arange(entries), np.ones(entries), users)
    build.limit(np.full(users, served), np.full(users, float(scaled.max_links)))
    capacity_row = build.cells(cell, load, scaled.capacity)
    for member, limit in zip(scaled.group, scaled.group_capacity, strict=True):
        build.cells(cell, load, limit, member[owner])
    fair = scaled.objective == "proportional_fair"
    traffic = np.full(cells, np.inf) if fair else scaled.backhaul
    backhaul_row = build.cells(cell, utility, traffic)
    columns, company_row = entries, np.full(cells, -1)
    if fair:
        count = np.bincount(cell, minlength=cells)
        place = np.repeat(np.arange(cells), count)
        k = np.arange(entries) - np.repeat(np.cumsum(count) - count, count) + 1.0
        cost.append(-k * np.log(k) + (k - 1) * np.log(np.maximum(k - 1, 1)))
        company_row = build.count + np.arange(cells)
        build.add(cell, np.arange(entries), np.ones(entries), 0)
        build.add(place, columns + np.arange(entries), -np.ones(entries), cells)
        build.limit(np.zeros(cells), np.zeros(cells))
        columns += entries
    if several and scaled.handover_cost:
        cost.append(np.full(users, -scaled.handover_cost))
        away = cell != scaled.previous[owner]
        moved = np.flatnonzero(away)
        row = np.arange(moved.size)
        stay = np.full(users, -1)
        stay[owner[~away]] = np.flatnonzero(~away)
        build.add(row, moved, np.ones(moved.size), 0)
        build.add(row, columns + owner[moved], -np.ones(moved.size), 0)
        has_stay = stay[owner[moved]] >= 0
        home = stay[owner[moved]][has_stay]
        build.add(row[has_stay], home, -np.ones(home.size), moved.size)
        build.limit(np.full(moved.size, -np.inf), np.zeros(moved.size))
        columns += users
    rows, scale = build.matrix(columns)
    integer = np.arange(columns) < entries
    low, high = build.low / scale, build.high / scale
    return LinearModel(
        np.concatenate(cost),
        constant,
        rows,
        low,
        high,
        integer,
        capacity_row,
        backhaul_row,
        company_row,
        scale,
    )


class RowBuilder:
    """Rows under construction: entries and limits, in order."""

    def __init__(self) -> None:
        self.count = 0
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._low: list[np.ndarray] = []
        self._high: list[np.ndarray] = []

    def add(
        self, row: np.ndarray, column: np.ndarray, value: np.ndarray, closed: int
    ) -> None:
        """Add entries to the rows after the last; ``closed`` rows are then complete."""
        self._parts.append((row + self.count, column, value))
        self.count += closed

    def limit(self, low: np.ndarray, high: np.ndarray) -> None:
        """Limits of the rows that were last closed."""
        self._low.append(low)
        self._high.append(high)

    def cells(
        self,
        cell: np.ndarray,
        value: np.ndarray,
        limit: np.ndarray,
        counts: np.ndarray | bool = True,
    ) -> np.ndarray:
        """One row per cell with a finite limit; row (B,) of each cell, -1: none.

        Of the entries those that ``counts``.
        """
        finite = np.isfinite(limit)
        number = np.where(finite, np.cumsum(finite) - 1, -1)
        row = np.where(finite, number + self.count, -1)
        kept = finite[cell] & counts
        self.add(number[cell[kept]], np.flatnonzero(kept), value[kept], finite.sum())
        self.limit(np.full(finite.sum(), -np.inf), limit[finite])
        return row

    @property
    def low(self) -> np.ndarray:
        """Lower limits of all rows."""
        return np.concatenate(self._low)

    @property
    def high(self) -> np.ndarray:
        """Upper limits of all rows."""
        return np.concatenate(self._high)

    def matrix(self, columns: int) -> tuple[csr_array, np.ndarray]:
        """Rows with a largest entry of 1 each, and what they were divided by."""
        row, column, value = (
            np.concatenate(part) for part in zip(*self._parts, strict=True)
        )
        scale = np.zeros(self.count)
        np.maximum.at(scale, row, np.abs(value))
        scale[scale == 0] = 1.0
        value = value / scale[row]
        value = np.where(np.abs(value) < SMALLEST, 0.0, value)
        matrix = coo_array((value, (row, column)), shape=(self.count, columns))
        return matrix.tocsr(), scale


@method(
    UserAssociation,
    kind="exact",
    applies=applies,
    proves="an upper bound by LP duality, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=40,
)
def highs(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Bound by the relaxation's duals, then branch and cut where it pays [1]_.

    With unit loads and one link the relaxation is a transportation problem, whose
    vertices are associations. Elsewhere, candidates that the duals show to be beaten
    by the best known association are left out before the search.

    Complexity: simplex and branch and cut, exponential at worst, with E variables for E
    candidate pairs.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    import highspy

    scaled = problem.scaled()
    model = linear_model(scaled)
    if not model.rows.nnz:
        return
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", LP_SHARE * incumbent.remaining())
    solver.passModel(_program(model))
    solver.run()
    argument = _bound_by_duals(solver, model, scaled, problem, incumbent)
    values = np.asarray(solver.getSolution().col_value)
    if len(values) == len(model.cost):
        incumbent.offer(association_of(values, problem))
    if incumbent.expired():
        return
    out = np.zeros(len(model.cost), bool)
    if argument is not None:
        out[: len(problem.candidates.cell)] = beaten(argument, problem, incumbent)
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    solver.passModel(_program(model, model.integer, out))
    known = incumbent.objective
    if incumbent.allocation is not None and scaled.objective == "sum":
        begin = highspy.HighsSolution()
        begin.col_value = columns_of(incumbent.allocation.cell, problem, model)
        solver.setSolution(begin)

    def offer(event: Any) -> None:
        values = np.asarray(event.data_out.mip_solution)
        incumbent.offer(association_of(values, problem))

    solver.cbMipImprovingSolution += offer
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        bound = known if out.any() else -np.inf  # none better than the known one
        incumbent.tighten(bound, BySearch("highs"))
        return
    values = np.asarray(solver.getSolution().col_value)
    if len(values) == len(model.cost):
        incumbent.offer(association_of(values, problem))
    bound = solver.getInfo().mip_dual_bound + model.constant
    if np.isfinite(bound):
        bound = objective_in_si(bound, scaled)
        bound = max(bound, known) if out.any() else bound
        incumbent.tighten(bound, BySearch("highs"))


def beaten(
    argument: CapacityPrices, problem: UserAssociation, incumbent: Incumbent
) -> np.ndarray:
    """Candidates (E,) with which no association beats the best known one.

    Serving a user by one costs the bound what the user loses against its best choice
    at the prices.
    """
    start, cell, utility, load, value = problem.candidates
    none = np.zeros(len(cell), bool)
    if problem.objective != "sum" or problem.max_links > 1:
        return none
    bound = argument.bound(problem)
    if incumbent.allocation is None or not np.isfinite(bound):
        return none
    price, toll = argument.price, argument.toll
    reduced = value - price[cell] * load - toll[cell] * utility
    best = segment_max(reduced, start)
    best = best if problem.must_serve else np.maximum(best, 0.0)
    loss = np.repeat(best, np.diff(start)) - reduced
    room = bound - incumbent.objective
    return loss > room + KEPT * (abs(bound) + np.abs(reduced).max(initial=0.0))


def columns_of(
    cell: np.ndarray, problem: UserAssociation, model: LinearModel
) -> np.ndarray:
    """Columns of an association, and of the users that it moves."""
    values = np.zeros(len(model.cost))
    user, _, place = problem.links(cell)
    values[place] = 1.0
    extra = len(model.cost) - len(problem.candidates.cell)
    if extra:  # a column per user: whether it is served without its previous cell
        served, at_home = np.zeros(extra, bool), np.zeros(extra, bool)
        served[user] = True
        home = problem.candidates.cell[place] == problem.previous[user]
        at_home[user[home]] = True
        values[-extra:] = served & ~at_home
    return values


def _program(
    model: LinearModel,
    integer: np.ndarray | None = None,
    out: np.ndarray | None = None,
) -> Any:
    """The model as HiGHS takes it, without the columns ``out``."""
    columns = len(model.cost)
    upper = np.ones(columns) if out is None else np.where(out, 0.0, 1.0)
    return linear_program(
        model.cost,
        model.rows,
        (model.low, model.high),
        (np.zeros(columns), upper),
        integer=integer,
        maximize=True,
    )


def association_of(values: np.ndarray, problem: UserAssociation) -> Association:
    """Association of the columns that are set."""
    users = problem.sizes["U"]
    start, cell = problem.candidates.start, problem.candidates.cell
    owner = np.repeat(np.arange(users), np.diff(start))
    chosen = np.flatnonzero(values[: len(cell)] > 0.5)
    result = np.full((users, problem.max_links), -1, np.intp)
    rank = np.arange(chosen.size) - np.searchsorted(owner[chosen], owner[chosen])
    kept = rank < problem.max_links
    result[owner[chosen[kept]], rank[kept]] = cell[chosen[kept]]
    return Association(result if problem.max_links > 1 else result[:, 0])


def objective_in_si(value: float, scaled: UserAssociation) -> float:
    """Objective of the scaled problem, a little above, in the problem's own unit."""
    value += BOUND_SLACK * max(abs(value), 1e-3)
    if scaled.objective == "sum":
        return value * scaled.units["utility"]
    reachable = int((np.diff(scaled.candidates.start) > 0).sum())
    return value + reachable * float(np.log(scaled.units["utility"]))


def _bound_by_duals(
    solver: Any,
    model: LinearModel,
    scaled: UserAssociation,
    problem: UserAssociation,
    incumbent: Incumbent,
) -> CapacityPrices | None:
    """Turn the relaxation's row duals into prices that anybody can check."""
    duals = np.asarray(solver.getSolution().row_dual)
    if duals.shape != model.low.shape:
        return None
    duals = duals / model.row_scale
    unit = scaled.units["utility"] if problem.objective == "sum" else 1.0

    def at(row: np.ndarray) -> np.ndarray:
        return np.where(row >= 0, duals[row], 0.0)

    argument = CapacityPrices(
        np.maximum(at(model.capacity_row), 0.0) * unit / scaled.units["load"],
        np.maximum(at(model.backhaul_row), 0.0) * unit / scaled.units["utility"],
        at(model.company_row),
    )
    incumbent.tighten(argument.bound(problem), argument)
    return argument
