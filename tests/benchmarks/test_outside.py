"""Models of outside solvers against enumeration, and what is read from their answers.

In this process, where the solver's own clash with others does not matter: HiGHS stands
for all that take rows, and CVXPY for the convex models.
"""

import time
from functools import cache
from itertools import product

import numpy as np
import pytest

from benchmarks.models.linear import linear_model, reason_against
from benchmarks.outside import Limits, all_outside
from benchmarks.verification import verified_answer
from tests.conformance.instances import Case, all_cases, best_enumerated

INTEGER = 1e-6  # relative, of what solvers' tolerances move an optimum
LP_KINDS = ("PowerControl",)
MISSED = "blocks-sum_rate-blocked-infeasible"
"""A floor of 1 bit/s where rates are 1e6: HiGHS takes 0 for it, by its tolerance."""


@cache
def cases() -> dict[str, Case]:
    """Cases with a linear model that can be enumerated."""
    return {
        case.name: case
        for case in all_cases()
        if reason_against(case.problem) is None
        and type(case.problem).__name__ not in LP_KINDS
        and not (
            type(case.problem).__name__ in ("LapPlacement", "LapForecast")
            and not case.problem.single_source  # pyright: ignore[reportAttributeAccessIssue]
        )
    }


def claim_of(solver: str, problem):
    """What a solver says within two seconds."""
    return all_outside()[solver].claim(
        problem, Limits(time.perf_counter() + 2.0, 0.0, 1, 0)
    )


@pytest.mark.parametrize("name", cases())
def test_rows_state_the_problem(name):
    """HiGHS on them finds the optimum by enumeration, or that there is none."""
    problem = cases()[name].problem
    best = best_enumerated(problem)
    claim = claim_of("outside/highs", problem)
    answer = verified_answer(problem, claim.allocation)
    if not cases()[name].feasible:
        assert not np.isfinite(best)
        is_missed = claim.status == "optimal" and answer["status"] == "violated"
        assert is_missed if name == MISSED else claim.status == "infeasible"
        return
    assert claim.status == "optimal"
    assert answer["status"] == "feasible"
    assert answer["objective"] == pytest.approx(best, rel=INTEGER)
    assert claim.objective == pytest.approx(best, rel=INTEGER)


def test_cases_of_every_problem_are_there():
    """The parametrization above is not empty for any problem with rows."""
    kinds = {type(case.problem).__name__ for case in cases().values()}
    assert kinds == {
        "UserAssociation",
        "LapPlacement",
        "BlockSchedule",
        "ChannelAssignment",
        "LapForecast",
        "MoveList",
    }


def test_draws_state_the_move_list():
    """HiGHS finds the lightest of all lists of eight grants that protect; not large."""
    from benchmarks.suites.moves import inland
    from formulations import Grants, MoveList

    problem = MoveList.example()
    problem = problem.replace(weight=np.linspace(1.0, 2.0, 8))
    best = min(
        problem.evaluate(Grants(np.array(kept)))
        for kept in product((False, True), repeat=8)
        if max(problem.violations(Grants(np.array(kept))).values()) <= 1e-9
    )
    assert 0.0 < best < problem.weight.sum()
    claim = claim_of("outside/highs", problem)
    assert claim.status == "optimal"
    assert claim.objective == pytest.approx(best, rel=INTEGER)
    assert problem.evaluate(claim.allocation) == pytest.approx(best, rel=1e-9)
    assert reason_against(inland(1000, 8, 0)) == "too many draws"


def test_split_service_and_least_power_are_the_engine_s():
    """Two linear problems without integers, or with users in parts."""
    import rrm
    from benchmarks.suites.placement import split
    from benchmarks.suites.power import least_power

    for problem in (least_power(8, 3), split(12, 5, 1)):
        own = rrm.solve(problem, rrm.Budget(10.0, gap=1e-7))
        assert own.status == "optimal"
        claim = claim_of("outside/highs", problem)
        assert claim.objective == pytest.approx(own.objective, rel=1e-5)


@pytest.mark.parametrize("solver", ["outside/clarabel", "outside/scs"])
def test_convex_models_are_the_engine_s(solver):
    """Least power and the best common rate, both exact."""
    import rrm
    from benchmarks.cellular import hexagonal
    from benchmarks.suites.power import least_power

    for problem in (least_power(5, 1), hexagonal(5, 1, objective="max_min_rate")):
        own = rrm.solve(problem, rrm.Budget(5.0, gap=1e-7))
        claim = claim_of(solver, problem)
        assert own.status == claim.status == "optimal"
        assert claim.objective == pytest.approx(own.objective, rel=1e-2)


def test_a_bound_of_shares_is_above_the_best_association():
    """The entropy of cells is concave, so its optimum bounds whole users."""
    import rrm
    from benchmarks.suites.association import fair

    problem = fair(20, 4, 1)
    own = rrm.solve(problem, rrm.Budget(5.0, gap=1e-7))
    claim = claim_of("outside/clarabel", problem)
    assert claim.bound >= own.objective - 1e-6 * abs(own.objective)
    answer = verified_answer(problem, claim.allocation)
    assert answer["objective"] <= own.objective + 1e-9 * abs(own.objective)


@pytest.mark.parametrize("unit", ["outside/highs", "outside/highs-si"])
def test_claims_are_in_the_problem_s_own_unit(unit):
    """Scaled or not, a claim is the objective that is then verified."""
    from benchmarks.suites.association import loaded

    problem = loaded(20, 7, 1)
    claim = claim_of(unit, problem)
    answer = verified_answer(problem, claim.allocation)
    assert claim.objective == pytest.approx(answer["objective"], rel=1e-9)
    assert claim.bound >= claim.objective * (1 - 1e-9)


def test_a_row_of_a_model_is_what_it_says():
    """Two users who exceed a cell together: one row of two loads and its capacity."""
    from formulations import UserAssociation

    problem = UserAssociation(np.ones((2, 1)), np.array([0.6, 0.7]), np.array([1.0]))
    model = linear_model(problem)
    assert model.rows.toarray().tolist() == [[1, 0], [0, 1], [0.6, 0.7]]
    assert model.high.tolist() == [1, 1, 1]
    assert model.decode(np.array([0.0, 1.0])).cell.tolist() == [-1, 0]
