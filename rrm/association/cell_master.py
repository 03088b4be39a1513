"""Restricted master on HiGHS: which sets of users the cells take, and user prices."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from formulations.kernels.cell_columns import Cells
from rrm.highs_solver import linear_program, silent_solver

PRIMAL = 4  # HiGHS's number of the primal simplex, as new columns leave it feasible
USED = 1e-7  # least share of a column that counts


class CellMaster:
    """Linear program that shares out sets of users, with prices kept in a box.

    A row a user takes it at most once, exactly once where all must be served, and a row
    a cell takes one set. Two more columns a user leave it out or take it twice, at the
    ends of the box, as in [1]_ and [2]_.

    Parameters
    ----------
    cells : Cells
        Whose sets are columns.
    center : (U,)
        Middle of the box, in canonical utility.
    width : float
        Of the box to each side.
    seed : int
        For HiGHS.

    Attributes
    ----------
    price : (U,)
        Prices of the last solution.
    value : float
        Its objective.

    References
    ----------
    .. [1] R. E. Marsten, W. W. Hogan, J. W. Blankenship, "The boxstep method for
       large-scale optimization", Operations Research 23(3), 1975.
       https://doi.org/10.1287/opre.23.3.389
    .. [2] O. du Merle, D. Villeneuve, J. Desrosiers, P. Hansen, "Stabilized column
       generation", Discrete Mathematics 194, 1999.
       https://doi.org/10.1016/S0012-365X(98)00213-1
    """

    def __init__(
        self, cells: Cells, center: np.ndarray, width: float, seed: int
    ) -> None:
        users, number = cells.users, len(cells.capacity)
        self.price, self.value = center, np.inf
        self._cells = cells
        self._known: set[tuple[int, bytes]] = set()
        self._sets: list[np.ndarray] = []
        self._values = np.empty(0)
        self._ends = self._ends_of(center, width)
        rows = np.arange(users)
        ones = np.concatenate((np.ones(users), -np.ones(users)))
        at = np.concatenate((rows, rows)), np.arange(2 * users)
        matrix = csr_array((ones, at), shape=(users + number, 2 * users))
        low = np.full(users + number, -np.inf)
        if cells.must_serve:
            low[:users] = 1.0
        columns = np.zeros(2 * users), np.full(2 * users, np.inf)
        high = np.ones(users + number)
        self._solver = silent_solver(seed)
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        program = linear_program(
            self._ends, matrix, (low, high), columns, maximize=True
        )
        self._solver.passModel(program)

    def _ends_of(self, center: np.ndarray, width: float) -> np.ndarray:
        """Cost (2 U,) of leaving each user out, and of taking it twice."""
        low = center - width
        if not self._cells.must_serve:
            low = np.maximum(low, 0.0)
        return np.concatenate((low, -(center + width)))

    def move(self, center: np.ndarray, width: float) -> None:
        """Put the box elsewhere."""
        self._ends = self._ends_of(center, width)
        count = len(self._ends)
        self._solver.changeColsCost(count, np.arange(count, dtype=np.int32), self._ends)

    def add(self, taken: np.ndarray) -> int:
        """Add the sets ``taken`` (E,) that are new; how many."""
        m = self._cells
        first, user, value = m.first, m.user, m.value
        new: list[tuple[int, np.ndarray]] = []
        for b in range(len(first) - 1):
            pairs = first[b] + np.flatnonzero(taken[first[b] : first[b + 1]])
            key = b, pairs.tobytes()
            if len(pairs) and key not in self._known:
                self._known.add(key)
                new.append((b, pairs))
        if not new:
            return 0
        row = [np.append(user[pairs], self._cells.users + b) for b, pairs in new]
        sizes = np.array([len(part) for part in row])
        self._sets += [pairs for _, pairs in new]
        self._solver.addCols(
            len(new),
            np.array([value[pairs].sum() for _, pairs in new]),
            np.zeros(len(new)),
            np.full(len(new), np.inf),
            sizes.sum(),
            (np.cumsum(sizes) - sizes).astype(np.int32),
            np.concatenate(row).astype(np.int32),
            np.ones(sizes.sum()),
        )
        return len(new)

    def solve(self, seconds: float) -> bool:
        """Solve within ``seconds``; whether that led to prices."""
        import highspy

        limit = self._solver.getRunTime() + seconds
        self._solver.setOptionValue("time_limit", max(limit, 1e-3))
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        solution = self._solver.getSolution()
        self.price = np.asarray(solution.row_dual)[: self._cells.users]
        if not self._cells.must_serve:
            self.price = np.maximum(self.price, 0.0)
        self._values = np.asarray(solution.col_value)
        self.value = float(self._solver.getInfo().objective_function_value)
        return True

    @property
    def is_boxed(self) -> bool:
        """Whether the box, and not the columns, holds a price of the last solution."""
        used = self._values[: len(self._ends)] > USED
        return bool((used & ((self._ends != 0.0) | self._cells.must_serve)).any())

    @property
    def share(self) -> np.ndarray:
        """Part (E,) of each pair in the last solution."""
        share = np.zeros(len(self._cells.user))
        values: Any = self._values[len(self._ends) :]
        for k in np.flatnonzero(values > USED):
            share[self._sets[k]] += values[k]
        return share
