"""Move lists as a mixed-integer program on HiGHS: a binary per grant and per draw."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from formulations.move_bounds import Covering
from formulations.move_list import Grants, MoveList
from rrm.argument import BySearch
from rrm.highs_solver import linear_program, new_solver
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_ENTRIES = 400_000  # of receivers by draws by grants
BOUND_SLACK = 1e-7  # relative, for the solver's own tolerances


def applies(problem: MoveList) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    entries = problem.interference.size * problem.draws
    if entries > MOST_ENTRIES:
        return f"takes at most {MOST_ENTRIES} receivers by draws by grants"
    return None


def covering_rows(problem: MoveList) -> tuple[Any, np.ndarray]:
    """Rows of grants moved and draws that hold, and their least sums."""
    cover = Covering(problem).rows(problem)
    lacking, draws = cover.lacking, len(cover.receiver)
    holds = csr_array(
        (-np.ones(draws), (np.arange(draws), np.arange(draws))), shape=(draws, draws)
    )
    counted = csr_array(
        (np.ones(draws), (cover.receiver, np.arange(draws))),
        shape=(len(lacking), draws),
    )
    none = csr_array((len(lacking), len(problem.weight)))
    rows: Any = vstack(
        [hstack([csr_array(cover.part), holds]), hstack([none, counted])]
    ).tocsr()
    return rows, np.concatenate((np.zeros(draws), lacking))


@method(
    MoveList,
    kind="exact",
    applies=applies,
    proves="a lower bound by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=40,
)
def highs(problem: MoveList, incumbent: Incumbent) -> None:
    """Choose the draws that hold along with the grants that move [1]_.

    A draw that holds has enough moved: with ``I`` cut at the excess ``E``, the sum of
    ``I / E`` over the grants moved is at least its binary.

    Complexity: exponential at worst, with a binary for each of L grants and D draws.

    References
    ----------
    .. [1] J. Luedtke, S. Ahmed, G. L. Nemhauser, "An integer programming approach for
       linear programs with probabilistic constraints", Mathematical Programming 122,
       2010. https://doi.org/10.1007/s10107-008-0247-4
    """
    rows, low = covering_rows(problem)
    columns, grants = rows.shape[1], len(problem.weight)
    weight, draws = problem.weight / problem.weight.max(), columns - grants
    program = linear_program(
        np.concatenate((weight, np.zeros(draws))),
        rows,
        (low, np.full(len(low), np.inf)),
        (np.zeros(columns), np.ones(columns)),
        integer=np.ones(columns, bool),
    )
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    solver.passModel(program)

    def offer(event: Any) -> None:
        values = np.asarray(event.data_out.mip_solution)
        incumbent.offer(Grants(values[:grants] < 0.5))

    solver.cbMipImprovingSolution += offer
    solver.run()
    values = np.asarray(solver.getSolution().col_value)
    if len(values) == rows.shape[1]:
        incumbent.offer(Grants(values[:grants] < 0.5))
    bound = solver.getInfo().mip_dual_bound
    if np.isfinite(bound):
        bound -= BOUND_SLACK * max(abs(bound), 1e-3)
        unit = problem.weight.max()
        incumbent.tighten(max(bound, 0.0) * unit, BySearch("highs"))
