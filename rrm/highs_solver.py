"""HiGHS as methods run it: silent, on one thread, to tolerances below the referee's."""

from typing import Any

from rrm.incumbent import Incumbent


def new_solver(incumbent: Incumbent) -> Any:
    """``highspy.Highs`` without a model, with the seed and the gap of the call."""
    import highspy

    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", incumbent.seed % 2**31)
    solver.setOptionValue("mip_rel_gap", 0.5 * incumbent.budget.gap)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    return solver
