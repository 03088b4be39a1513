"""HiGHS as methods run it: silent, on one thread, and models handed over as arrays."""

from typing import Any

import numpy as np

from rrm.incumbent import Incumbent


def silent_solver(seed: int = 0) -> Any:
    """``highspy.Highs`` without a model, on one thread."""
    import highspy

    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", seed % 2**31)
    return solver


def new_solver(incumbent: Incumbent) -> Any:
    """The same with seed and gap of the call, and tolerances below the referee's."""
    solver = silent_solver(incumbent.seed)
    solver.setOptionValue("mip_rel_gap", 0.5 * incumbent.budget.gap)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    return solver


def linear_program(
    cost: np.ndarray,
    matrix: Any,
    rows: tuple[np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, np.ndarray],
    *,
    integer: np.ndarray | None = None,
    maximize: bool = False,
) -> Any:
    """``highspy.HighsLp`` of a model, to be passed to a solver.

    Parameters
    ----------
    cost : (n,)
        Objective of each column.
    matrix : (m, k <= n) scipy.sparse.csr_array
        Rows; those of the last columns may be added later.
    rows, columns : pair of (m,), pair of (n,)
        Lowest and highest values; infinite where there is no limit.
    integer : (n,) bool
        Columns that are whole; without it none are.
    maximize : bool
        Whether the objective is to be as large as possible.
    """
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), matrix.shape[0]
    if maximize:
        lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = cost
    lp.row_lower_, lp.row_upper_ = rows
    lp.col_lower_, lp.col_upper_ = columns
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    if integer is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in integer]
    return lp
