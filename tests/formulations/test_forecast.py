"""Placement over a forecast: validation, energy of moves, prices, files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from formulations import FieldError, LapForecast, LapPlacement, PlacementPlan
from formulations.forecast_moves import arrivals, matched, savings
from formulations.forecast_prices import PeriodContradiction, first_contradiction
from tests.conformance.forecasts import forecast_by_hand, forecasts, plans


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period": [0, 2]}, r"LapForecast.period = periods \[0 2\]: must be also 1"),
        ({"period": [0, -1]}, r"period\[1\] = -1"),
        ({"period": [0, 1], "weight": [1.0]}, r"period\[1\] = 1: must be an integer"),
        ({"weight": [1.0, -0.5]}, r"weight\[1\] = -0.5"),
        ({"conflicts": [[1, 1]]}, r"LapForecast.conflicts\[0\]"),
        ({"gateway": [0, 1], "backhaul": [1.0]}, r"LapForecast.gateway\[1\] = 1"),
        ({"move_energy": [[0.0, np.nan], [1.0, 0.0]]}, r"move_energy\[0, 1\] = nan"),
        ({"energy_cost": -1.0}, "energy_cost = -1"),
    ],
)
def test_bad_fields_are_refused_by_name(changes, message):
    """The field, the first bad index and what is allowed are named."""
    fields = {"value": np.ones((2, 2)), "period": [0, 1], **changes}
    with pytest.raises(FieldError, match=message):
        LapForecast(**fields)


def test_weights_follow_the_periods():
    """One for each period, also after periods are replaced."""
    problem = LapForecast(np.ones((3, 2)), [0, 1, 1])
    assert problem.weight.tolist() == [1.0, 1.0]
    assert problem.replace(period=[2, 1, 0]).weight.tolist() == [1.0, 1.0, 1.0]


def test_energy_of_a_plan_by_hand():
    """Launch 1, move 2, return 1.5, at 2 a joule; the other site's step is cheaper."""
    problem = LapForecast(
        [[5.0, 0.0], [0.0, 5.0]],
        [0, 1],
        energy=[2.0, 3.0],
        moves=True,
        move_energy=[[0.0, 2.0], [9.0, 0.0]],
        energy_cost=2.0,
    )
    plan = PlacementPlan(np.eye(2, dtype=bool), np.array([0, 1]))
    # half of 2 J to launch, 2 J to move, half of 3 J to return: 4.5 J
    assert problem.evaluate(plan) == pytest.approx(10.0 - 2 * 4.5)
    # by the base: 2 + 3 J, as the move back takes 9 J
    back = PlacementPlan(np.eye(2, dtype=bool)[::-1], np.array([1, 0]))
    assert problem.evaluate(back) == pytest.approx(0.0 - 2 * 5.0)
    # a battery of less than 2 J for the move, but enough for no site: by the base
    short = problem.replace(move_energy=[[0.0, 3.5], [9.0, 0.0]], battery=3.0)
    assert short.evaluate(plan) == pytest.approx(10.0 - 2 * 5.0)


def test_one_step_is_a_placement_that_pays_for_its_energy():
    """With one period, energy is an opening cost."""
    placement = LapPlacement.example().replace(energy=np.arange(6.0))
    forecast = LapForecast.of([placement], moves=True, energy_cost=0.1)
    paid = placement.replace(open_cost=placement.open_cost + 0.1 * placement.energy)
    plan = forecast.trivial()
    assert forecast.evaluate(plan) == pytest.approx(
        paid.evaluate(forecast.part(plan, 0))
    )


def test_forecast_of_placements_and_back():
    """Users of each period are those of its placement; sites must be the same."""
    one = LapPlacement.example()
    other = one.replace(value=np.flip(one.value, axis=0), demand=np.full(20, 2.0))
    problem = LapForecast.of([one, other], [0.7, 0.3])
    np.testing.assert_array_equal(problem.placement_of(1).value, other.value)
    np.testing.assert_array_equal(problem.placement_of(1).demand, other.demand)
    with pytest.raises(FieldError, match=r"placements.max_laps\[1\]"):
        LapForecast.of([one, one.replace(max_laps=1)])
    with pytest.raises(FieldError, match="at least one"):
        LapForecast.of([])


@pytest.mark.parametrize(
    ("name", "problem"), [(name, problem) for name, problem, _ in forecasts()]
)
def test_plans_are_judged_as_by_hand(name, problem):
    """Objective and feasibility of every plan are those of plain loops."""
    for number, plan in enumerate(plans(problem)):
        if number % 5:
            continue
        value, worst = forecast_by_hand(problem, plan)
        violations = problem.violations(plan)
        assert problem.evaluate(plan) == pytest.approx(value, rel=1e-12, abs=1e-25)
        assert (max(violations.values()) <= 1e-9) == (worst <= 1e-9), name


@pytest.mark.parametrize("problem", LapForecast.examples())
def test_files_scales_and_starts(problem, tmp_path):
    """What was written is read; a scaled problem has the same plans in its units."""
    problem.to_file(tmp_path / "forecast.npz")
    read = LapForecast.from_file(tmp_path / "forecast.npz")
    plan = problem.trivial()
    assert max(problem.violations(plan).values()) == 0.0
    assert read.evaluate(plan) == problem.evaluate(plan)
    scaled = problem.scaled()
    assert scaled.evaluate(plan) * scaled.units["value"] == pytest.approx(
        problem.evaluate(plan), rel=1e-12
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("open", np.ones((3, 5), bool), "open"),
        ("open", np.ones((3, 6)), "open = array of float64"),
        ("site", np.full(36, 6), r"site\[0\] = 6"),
        ("site", np.full(35, 0), "site = shape"),
    ],
)
def test_bad_plans_are_refused(field, value, message):
    """Other shapes and types, and sites that there are not."""
    problem = LapForecast.example()
    plan = problem.trivial()
    fields = {"open": plan.open, "site": plan.site, field: value}
    with pytest.raises(FieldError, match=message):
        problem.evaluate(PlacementPlan(**fields))


def test_scenarios_share_their_sites():
    """Open in one scenario only: refused by ``same``."""
    problem = LapForecast.examples()[1]
    plan = problem.trivial()
    is_open = plan.open.copy()
    is_open[0] = False
    site = np.where(problem.period == 0, -1, plan.site)
    assert problem.violations(PlacementPlan(is_open, site))["same"] > 0


@given(st.integers(0, 100_000))
@settings(max_examples=100, deadline=None)
def test_matchings_are_those_of_scipy(seed):
    """Weight and potentials, which add up to it and cover every pair."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(0, 8, 2)
    weight = rng.choice([0.0, 1.0, 2.0, rng.random()], shape)
    total, row, column = matched(weight)
    assert total == pytest.approx(weight[linear_sum_assignment(-weight)].sum())
    assert (row >= 0).all()
    assert (column >= 0).all()
    assert (row[:, None] + column >= weight - 1e-9).all()
    assert row.sum() + column.sum() == pytest.approx(total, abs=1e-9)


def test_arrivals_cover_what_leaving_does_not():
    """Saved 3 between two sites, 1 of it paid on leaving: 2 on arriving."""
    problem = LapForecast(
        np.ones((2, 2)),
        [0, 1],
        energy=[2.0, 4.0],
        moves=True,
        move_energy=[[2.0, 0.0], [9.0, 5.0]],
        energy_cost=1.0,
    )
    saved = savings(problem)
    assert saved.tolist() == [[0.0, 3.0], [0.0, 0.0]]
    assert arrivals(saved, np.array([1.0, 0.0])).tolist() == [0.0, 2.0]
    assert not savings(problem.replace(moves=False)).any()


def test_a_period_that_cannot_be_served_is_named():
    """Too little room in the second step: its contradiction, and none where it fits."""
    problem = LapForecast(
        np.ones((3, 2)), [0, 1, 1], capacity=[0.6, 0.6], demand=[0.5, 1.0, 1.0]
    ).replace(must_serve=True, single_source=False)
    reason = first_contradiction(problem)
    assert reason is not None
    assert reason.period == 1
    assert reason.bound(problem) == -np.inf
    assert np.isnan(reason.bound(problem.replace(capacity=[2.0, 2.0])))
    assert np.isnan(PeriodContradiction(7, "must_serve, value", 0).bound(problem))
