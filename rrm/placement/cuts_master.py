"""Master problem of Benders' decomposition on HiGHS: sites, values, and cuts."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from rrm.highs_solver import linear_program, silent_solver
from rrm.incumbent import Incumbent
from rrm.placement.cuts import RAY, Cuts
from rrm.placement.dive import decide

LEAST_SHARE = 0.1  # with which a site may be opened


class MasterRows(NamedTuple):
    """``low <= matrix columns <= high``, on the columns that are decided."""

    matrix: csr_array
    low: np.ndarray
    high: np.ndarray


def site_rows(model: SiteModel) -> MasterRows:
    """Number of sites, one of each clique, and a site for users who must be served.

    The cliques' rows come second, after that of the number.
    """
    sites, cliques = len(model.capacity), len(model.clique_start) - 1
    which = np.repeat(np.arange(cliques), np.diff(model.clique_start))
    row = [np.zeros(sites, np.intp), 1 + which]
    column = [np.arange(sites), model.clique_site]
    low = [[float(model.least)], np.full(cliques, -np.inf)]
    high = [[float(model.most)], np.ones(cliques)]
    count = 1 + cliques
    if model.must_serve:
        users = len(model.demand)
        row.append(count + np.repeat(np.arange(users), np.diff(model.start)))
        column.append(model.site)
        low.append(np.ones(users))
        high.append(np.full(users, np.inf))
        count += users
    at = np.concatenate(row), np.concatenate(column)
    matrix = coo_array((np.ones(len(at[0])), at), shape=(count, sites)).tocsr()
    return MasterRows(matrix, np.concatenate(low), np.concatenate(high))


class Master:
    """Columns that are decided, what blocks of users earn, and cuts on that.

    Parameters
    ----------
    cost : (N,)
        Of the columns, in canonical value.
    status : (N,)
        What is decided about each.
    rows : MasterRows
        That hold without cuts.
    blocks : int
        Parts of the value that have cuts of their own.
    incumbent : Incumbent
        For seed and gap.
    """

    def __init__(
        self,
        cost: np.ndarray,
        status: np.ndarray,
        rows: MasterRows,
        blocks: int,
        incumbent: Incumbent,
    ) -> None:
        self._blocks, self._number, self._first = blocks, len(cost), len(rows.low)
        self.point, self.theta = np.zeros(len(cost)), np.zeros(blocks)
        self.bound, self.cuts = np.inf, list[Cuts]()
        self._duals = np.empty(0)
        lower, upper = (status == OPEN).astype(float), (status != CLOSED).astype(float)
        free = np.full(blocks, np.inf)
        program = linear_program(
            np.concatenate((-cost, np.ones(blocks))),
            rows.matrix,
            (rows.low, rows.high),
            (np.concatenate((lower, -free)), np.concatenate((upper, free))),
            maximize=True,
        )
        solver = silent_solver(incumbent.seed)
        solver.setOptionValue("mip_rel_gap", 0.3 * incumbent.budget.gap)
        solver.passModel(program)
        self._solver = solver

    def add(self, cuts: Cuts) -> None:
        """Add a row for each cut; columns of ``slope`` are those decided."""
        held = np.flatnonzero(cuts.block != RAY)
        shape = (len(cuts.block), self._blocks)
        ones = np.ones(len(held)), (held, cuts.block[held])
        rows: Any = csr_array(hstack([-cuts.slope, coo_array(ones, shape=shape)]))
        self._solver.addRows(
            len(cuts.block),
            np.full(len(cuts.block), -np.inf),
            cuts.level,
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )
        self.cuts.append(cuts)

    def solve(self, seconds: float) -> bool:
        """Solve the master; whether it has an optimal point."""
        import highspy

        limit = self._solver.getRunTime() + seconds
        self._solver.setOptionValue("time_limit", max(limit, 1e-3))
        self._solver.run()
        solution = self._solver.getSolution()
        values = np.asarray(solution.col_value)
        self.bound = self._solver.getInfo().mip_dual_bound
        if len(values) != self._number + self._blocks:
            return False
        self.point = np.clip(values[: self._number], 0.0, 1.0)
        self.theta = values[self._number :]
        self._duals = np.asarray(solution.row_dual)
        return self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal

    @property
    def is_solved(self) -> bool:
        """Whether there has been a point."""
        return len(self._duals) > 0

    @property
    def row_duals(self) -> np.ndarray:
        """Duals of the first rows, of the relaxation."""
        return self._duals[: self._first]

    @property
    def cut_duals(self) -> np.ndarray:
        """Duals of all cuts, of the relaxation."""
        return self._duals[self._first :]

    @property
    def is_infeasible(self) -> bool:
        """Whether HiGHS says that no point meets rows and cuts."""
        import highspy

        status = self._solver.getModelStatus()
        return status == highspy.HighsModelStatus.kInfeasible

    def make_integer(self) -> None:
        """Have the columns decided from now on."""
        import highspy

        count = self._number
        kind = int(highspy.HighsVarType.kInteger)
        self._solver.changeColsIntegrality(
            count, np.arange(count, dtype=np.int32), np.full(count, kind, np.uint8)
        )


def sites_by_share(shares: np.ndarray, model: SiteModel) -> np.ndarray:
    """Sites (S,) bool by falling share, as far as conflicts and number allow."""
    status = model.status.copy()
    for s in np.argsort(-shares, kind="stable"):
        if shares[s] < LEAST_SHARE or not (status == FREE).any():
            break
        child = decide(int(s), OPEN, status, model) if status[s] == FREE else None
        status = status if child is None else child
    return status == OPEN
