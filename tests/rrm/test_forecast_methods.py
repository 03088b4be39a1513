"""Methods for placement over a forecast: against enumeration and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.forecast import event_scenarios, event_steps
from formulations import LapForecast
from formulations.forecast_prices import ForecastPrices
from rrm.forecast.move_cuts import MoveCuts
from rrm.forecast.periods import periods_of
from rrm.forecast.steps import bonus, each_alone
from tests.conformance.forecasts import plans


def random_forecast(seed: int) -> LapForecast:
    """Two periods of two users, three sites, and a mixture of all constraints."""
    rng = np.random.default_rng(seed)
    value = rng.uniform(0.5, 3.0, (4, 3)) * rng.choice([-1.0, 1.0], p=[0.3, 0.7])
    value[rng.random((4, 3)) < 0.15] = -np.inf
    demand = rng.choice([0.5, 1.0, 2.0], 4)
    fields = {}
    if rng.random() < 0.5:
        fields["capacity"] = rng.uniform(0.2, 0.6, 3) * demand.sum()
    if rng.random() < 0.4:
        fields["gateway"] = rng.integers(-1, 2, 3)
        fields["backhaul"] = rng.uniform(0.2, 0.5, 2) * demand.sum()
    if rng.random() < 0.4:
        fields["conflicts"] = [[0, 1]]
    if rng.random() < 0.3:
        fields["fixed"] = np.arange(3) == rng.integers(3)
    return LapForecast(
        value,
        [0, 0, 1, 1],
        rng.uniform(0.2, 1.5, 2),
        open_cost=rng.uniform(0, 1, 3),
        demand=demand,
        must_serve=bool(rng.random() < 0.4),
        max_laps=float(rng.integers(1, 4)),
        energy=rng.uniform(0, 1.3, 3),
        battery=float(rng.choice([1.0, 9.0])),
        moves=bool(rng.random() < 0.6),
        move_energy=rng.uniform(0, 1, (3, 3)),
        energy_cost=float(rng.uniform(0, 1)),
        **fields,
    )


def best_of(problem: LapForecast) -> float:
    """Best objective by enumeration, -inf without a plan."""
    return max(
        (
            problem.evaluate(plan)
            for plan in plans(problem)
            if max(problem.violations(plan).values()) <= 1e-9
        ),
        default=-np.inf,
    )


@given(st.integers(0, 1_000_000))
@settings(max_examples=30, deadline=None)
def test_local_search_finds_small_optima(seed):
    """Never better than the optimum, and as good."""
    problem = random_forecast(seed)
    best = best_of(problem)
    solution = rrm.solve(problem, rrm.Budget(0.4), method="local_search")
    assert "raised" not in str(solution.plan)
    if best == -np.inf:
        assert solution.allocation is None
        return
    assert solution.status != "infeasible"
    if solution.allocation is not None:
        assert solution.objective <= best + 1e-9 * abs(best)
        assert solution.objective >= best - 0.25 * abs(best)


@given(st.integers(0, 1_000_000))
@settings(max_examples=60, deadline=None)
def test_any_prices_bound_all_plans(seed):
    """No plan of an enumeration is worth more than the bound at random prices."""
    problem = random_forecast(seed)
    best = best_of(problem)
    rng = np.random.default_rng(seed)
    low = -1.0 if problem.must_serve else 0.0
    cliques = len(problem.placement_of(0).cliques[0]) - 1
    for _ in range(5):
        prices = ForecastPrices(
            2 * rng.uniform(low, 1, 4),
            rng.uniform(0, 1, (2, 3)) * np.isfinite(problem.capacity),
            rng.uniform(0, 1, (2, len(problem.backhaul))),
            rng.uniform(0, 1, (2, cliques)),
            rng.uniform(0, 0.5, (2, 3)),
        )
        assert prices.bound(problem) >= best - 1e-9 * abs(best)


@pytest.mark.parametrize("moves", [True, False])
def test_benders_and_the_whole_program_agree(moves):
    """Where users may be split both prove the same optimum."""
    problem = LapForecast.example().replace(single_source=False, moves=moves)
    one = rrm.solve(problem, rrm.Budget(10.0, gap=1e-7), method="benders")
    other = rrm.solve(problem, rrm.Budget(10.0, gap=1e-7), method="highs")
    assert one.status == other.status == "optimal"
    assert one.objective == pytest.approx(other.objective, rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("make", [event_steps, event_scenarios])
def test_an_event_is_near_its_bound(make):
    """Search and Benders close the gap of a small event with all constraints."""
    problem = make("small")
    budget = rrm.Budget(90.0, gap=0.01)
    solution = rrm.solve(problem, budget, method=["local_search", "benders"])
    assert solution.gap <= 0.01
    assert max(solution.certificate.violations.values()) <= 1e-9


def test_no_demand_for_platforms_is_answered_with_none():
    """Opening costs more than anybody is worth: nobody flies, proven."""
    problem = LapForecast.example().replace(open_cost=np.full(6, 100.0))
    solution = rrm.solve(problem, 5.0, method=["local_search", "benders"])
    assert solution.objective == 0.0
    assert 0.0 <= solution.bound <= 1e-6
    assert not solution.allocation.open.any()


@given(st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_cuts_of_moves_are_valid_and_tight(seed):
    """At whole sites the cut is the best matching; elsewhere it is not below."""
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(seed)
    saved = np.maximum(rng.uniform(-1, 2, (5, 5)), 0.0)
    cuts = MoveCuts(saved)

    def best(point):
        before, after = np.flatnonzero(point[:5]), np.flatnonzero(point[5:])
        part = saved[np.ix_(before, after)]
        return part[linear_sum_assignment(-part)].sum()

    whole = [rng.integers(0, 2, 10).astype(float) for _ in range(4)]
    shares = rng.uniform(0, 1, 10)
    for at in (whole[0], shares):
        cut = cuts.at(at)
        for point in whole:
            assert (cut.level + cut.slope @ point)[0] >= best(point) - 1e-9
    tight = cuts.at(whole[0])
    assert (tight.level + tight.slope @ whole[0])[0] == pytest.approx(best(whole[0]))


def test_bonus_counts_what_moves_of_a_plan_save():
    """For sites of the plan it adds up to what moves from and to the step save."""
    problem = LapForecast.example()
    periods = periods_of(problem)
    plan = each_alone(periods, lambda: False, 5)
    alone = sum(service.worth for service in plan.services)
    for t in range(3):
        own = bonus(plan, t, periods)[plan.services[t].is_open]
        assert (own >= -1e-12).all()
    ends = sum(bonus(plan, t, periods)[plan.services[t].is_open].sum() for t in (0, 2))
    inner = bonus(plan, 1, periods)[plan.services[1].is_open].sum()
    assert plan.worth - alone <= ends + inner + 1e-9
