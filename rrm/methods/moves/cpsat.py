"""Move lists by constraint programming on CP-SAT, in a worker process only."""

import numpy as np

from formulations.move_list import Grants, MoveList
from rrm.cpsat_solver import add_rows, maximize, search
from rrm.incumbent import Incumbent
from rrm.methods.moves.highs import applies, covering_rows
from rrm.registry import method


@method(
    MoveList,
    kind="heuristic",
    applies=applies,
    isolated=True,
    needs=("ortools",),
    rank=90,
)
def cpsat(problem: MoveList, incumbent: Incumbent) -> None:
    """State grants and draws as for HiGHS, in integers, and learn clauses [1]_.

    Parts of an excess are rounded so that what is found protects; a bound would not
    survive that.

    Complexity: exponential at worst, with a boolean for each of L grants and D draws.

    References
    ----------
    .. [1] L. Perron, F. Didier, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    rows, low = covering_rows(problem)
    model, grants = cp_model.CpModel(), len(problem.weight)
    x = [model.new_bool_var("") for _ in range(rows.shape[1])]
    open_below = np.full(len(low), -np.inf)
    add_rows(model, x, -rows, (open_below, -low), np.ones(len(low)))
    maximize(model, x[:grants], -problem.weight)
    if incumbent.allocation is not None:
        for one, keeps in zip(x, incumbent.allocation.kept, strict=False):
            model.add_hint(one, not keeps)

    def offer(values: np.ndarray) -> None:
        incumbent.offer(Grants(values < 0.5))

    search(model, x[:grants], offer, incumbent)
