"""Cuts on what moves save between two steps, and where cuts stand in the master."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from formulations.forecast_moves import arrivals, matched
from rrm.placement.cuts import Cuts, Separator, joined

WHOLE = 1e-6  # share from which on, or below which, a site counts as open or closed


class MoveCuts:
    """Dual of moving shares of platforms from the sites of one step to the next.

    Parameters
    ----------
    highspy : module
        Imported where it may be.
    saved : (S, S)
        Value saved by each move.
    """

    blocks = 1

    def __init__(self, highspy: Any, saved: np.ndarray) -> None:
        self._highspy, self._saved = highspy, saved

    def first(self) -> Cuts:
        """What the best move from each site, or to each, saves."""
        leave = self._saved.max(axis=1)
        return joined([self._of(np.zeros(len(leave))), self._of(leave)])

    def at(self, sites: np.ndarray) -> Cuts:
        """Cut at shares (2 S,) of the sites of both steps."""
        before, after = np.split(sites, 2)
        rows, columns = np.flatnonzero(before > WHOLE), np.flatnonzero(after > WHOLE)
        weight = self._saved[np.ix_(rows, columns)]
        support = np.concatenate((before[rows], after[columns]))
        if (support > 1 - WHOLE).all():
            _, _, arrive = matched(weight)
        else:
            arrive = self._transported(weight, before[rows], after[columns])
        reach = self._saved[:, columns] - arrive
        return self._of(np.maximum(reach.max(axis=1, initial=0.0), 0.0))

    def _transported(
        self, weight: np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> np.ndarray:
        """Potentials (n,) of arriving, from the linear program of all moves."""
        highspy, (m, n) = self._highspy, weight.shape
        row, column = np.divmod(np.arange(m * n), max(n, 1))
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = m + n, m * n
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = weight.ravel()
        lp.col_lower_, lp.col_upper_ = np.zeros(m * n), np.ones(m * n)
        lp.row_lower_ = np.full(m + n, -highspy.kHighsInf)
        lp.row_upper_ = np.concatenate((before, after))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = 2 * np.arange(m * n + 1)
        lp.a_matrix_.index_ = np.stack((row, m + column), axis=1).ravel()
        lp.a_matrix_.value_ = np.ones(2 * m * n)
        solver: Any = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(lp)
        solver.run()
        duals = np.asarray(solver.getSolution().row_dual)
        return np.maximum(duals[m:], 0.0) if len(duals) else np.zeros(n)

    def _of(self, leave: np.ndarray) -> Cuts:
        """Cut at potentials (S,) of leaving; arriving has the least that go with."""
        slope = np.concatenate((leave, arrivals(self._saved, leave)))
        return Cuts(
            np.zeros(1, np.intp),
            np.zeros(1),
            csr_array(slope[None, :]),
            csr_array(leave[None, :]),
        )


class Slot(NamedTuple):
    """Where cuts of one separator stand in the master.

    Attributes
    ----------
    separator : Separator
        That makes them.
    columns : (C,) int
        Columns of the master that it looks at.
    first : int
        First of its blocks.
    """

    separator: Separator
    columns: np.ndarray
    first: int

    def placed(self, cuts: Cuts, number: int) -> Cuts:
        """``cuts`` on all ``number`` columns of the master."""
        entries = coo_array(cuts.slope)
        row, column = entries.coords
        shape = (len(cuts.block), number)
        slope = coo_array((entries.data, (row, self.columns[column])), shape=shape)
        block = np.where(cuts.block < 0, cuts.block, cuts.block + self.first)
        return Cuts(block, cuts.level, csr_array(slope), cuts.prices)
