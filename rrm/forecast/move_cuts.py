"""Cuts on what moves save between two steps, and where cuts stand in the master."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from formulations.forecast_moves import arrivals, matched
from rrm.highs_solver import linear_program, silent_solver
from rrm.placement.cuts import Cuts, Separator, joined

WHOLE = 1e-6  # share from which on, or below which, a site counts as open or closed


class MoveCuts:
    """Dual of moving shares of platforms from the sites of one step to the next.

    Parameters
    ----------
    saved : (S, S)
        Value saved by each move.
    """

    blocks = 1

    def __init__(self, saved: np.ndarray) -> None:
        self._saved = saved

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
        m, n = weight.shape
        row, column = np.divmod(np.arange(m * n), max(n, 1))
        entry = np.concatenate((row, m + column)), np.tile(np.arange(m * n), 2)
        matrix = coo_array((np.ones(2 * m * n), entry), shape=(m + n, m * n)).tocsr()
        program = linear_program(
            weight.ravel(),
            matrix,
            (np.full(m + n, -np.inf), np.concatenate((before, after))),
            (np.zeros(m * n), np.ones(m * n)),
            maximize=True,
        )
        solver = silent_solver()
        solver.passModel(program)
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
