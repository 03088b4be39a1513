"""Policy, promises to slices, and shares that are learned safely."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twins
from twins import FieldError, PolicyRule
from twins.coupling import MapGain, Twins
from twins.l3 import (
    BandRule,
    Calendar,
    Event,
    ShareLearner,
    Slices,
    band_limits,
    bounds,
    indicators,
)
from twins.l3.bounds import check_rules
from twins.l3.week import promises, simulate
from twins.network import SimulatedNetwork

shares = st.lists(st.floats(-1.0, 2.0), min_size=3, max_size=3).map(np.array)


@settings(max_examples=100, deadline=None)
@given(shares, st.integers(0, 1000))
def test_admitted_shares_are_the_nearest(wanted, seed):
    """They keep all promises, and no random shares that do are nearer."""
    slices = promises()
    found = slices.admitted(wanted)
    assert (found >= slices.floor).all()
    assert (found <= slices.cap).all()
    assert found.sum() == pytest.approx(1.0, abs=1e-9)
    draws = np.random.default_rng(seed)
    tried = slices.admitted(found + draws.normal(0, 0.2, (20, 3)))
    np.testing.assert_allclose(tried.sum(axis=1), 1.0, atol=1e-9)
    away = ((tried - wanted) ** 2).sum(axis=1)
    assert (away >= ((found - wanted) ** 2).sum() - 1e-9).all()


def test_promises_that_cannot_be_kept_are_refused():
    """Floors over caps, floors of more than all, caps over one."""
    one = np.ones(2)
    with pytest.raises(ValueError, match="in \\[0, cap\\]"):
        Slices(0.5 * one, 0.4 * one, one)
    with pytest.raises(ValueError, match=r"sums to 1.2"):
        Slices(0.6 * one, one, one)
    with pytest.raises(ValueError, match="at most 1"):
        Slices(0.1 * one, 1.2 * one, one)


def test_a_week_of_learned_shares_beats_fixed_ones():
    """More than fixed shares, no less than the rule, and no promise broken."""
    week = simulate(seed=0)
    assert week.broken == 0
    assert week.learned.mean() > week.fixed.mean()
    assert week.learned.mean() > week.by_demand.mean()


def test_a_learner_that_does_worse_falls_back():
    """Told that all it tries costs, it decides by the rule."""
    learner = ShareLearner(promises(), seed=1)
    demand = np.array([0.5, 0.4, 0.1])
    rule = promises().by_demand(demand)
    for _ in range(60):
        chosen = learner.decide(demand)
        learner.learn(0.5 - 5 * np.abs(chosen - rule).sum(), 0.5)
    assert np.allclose(learner.decide(demand), rule, atol=1e-9)
    learner.learn(0.0, 0.0)
    with pytest.raises(RuntimeError, match="nothing was decided"):
        learner.learn(0.0, 0.0)


def test_a_learner_is_told_numbers():
    """What is none is refused, and spoils no later decision."""
    learner = ShareLearner(promises(), seed=1)
    with pytest.raises(FieldError, match=r"demand\[1\] = inf: must be finite"):
        learner.decide(np.array([0.5, np.inf, 0.1]))
    with pytest.raises(FieldError, match=r"demand = shape \(2,\): must be of 3"):
        learner.decide(np.array([0.5, 0.1]))
    for _ in range(30):
        learner.decide(np.array([0.5, 0.4, 0.1]))
        with pytest.raises(FieldError, match=r"ShareLearner\.value = nan"):
            learner.learn(np.nan, 0.5)
        learner.learn(0.5, 0.5)


def test_bounds_take_the_stricter_rule():
    """Of rules that hold now, for the cells and users they name."""
    names = np.array(["a", "b"]), np.array(["u", "v"])
    rules = [
        PolicyRule("power_limit", 5.0, "W", cells=("a",)),
        PolicyRule("power_limit", 0.5, "1"),
        PolicyRule("power_limit", 0.1, "W", end=10.0),
        PolicyRule("maintenance", 1.0, cells=("b",)),
        PolicyRule("rate_floor", 3.0, "bit/s", users=("v",)),
        PolicyRule("traffic_surge", 2.0, users=("u",)),
        PolicyRule("slice_share", 0.3, "max", users=("slice-1",)),
        PolicyRule("slice_share", 0.2, "min", users=("slice-0",)),
        PolicyRule("association_preference", "AVOID"),
    ]
    found = bounds(rules, 10.0, *names, np.array([20.0, 20.0]), 2)
    assert found.p_max.tolist() == [5.0, 10.0]
    assert found.alive.tolist() == [True, False]
    assert found.min_rate.tolist() == [0.0, 3.0]
    assert np.isinf(found.max_rate).all()
    assert found.factor.tolist() == [2.0, 1.0]
    assert found.shares.tolist() == [1.0, 0.3]
    assert found.floors.tolist() == [0.2, 0.0]


def test_band_rules_hold_where_and_when_they_say():
    """The strictest density of the bands that a carrier touches."""
    rules = [
        BandRule((3.4e9, 3.55e9), 1e-7, source="all"),
        BandRule((3.54e9, 3.6e9), 2e-8, start=100.0, source="radar"),
    ]
    carrier, width, most = np.array([3.5e9, 3.7e9]), np.full(2, 1e8), np.full(2, 40.0)
    assert band_limits(rules, 0.0, carrier, width, most).tolist() == [10.0, 40.0]
    assert band_limits(rules, 100.0, carrier, width, most).tolist() == [2.0, 40.0]
    with pytest.raises(ValueError, match="low < high"):
        BandRule((2.0, 1.0), 1.0)
    with pytest.raises(ValueError, match="density = nan"):
        BandRule((1.0, 2.0), np.nan)


def test_events_are_rules_while_they_are_on():
    """For the users who are there; none where nobody is."""
    event = Event("match", "traffic_surge", 3.0, 10.0, 20.0, (0.0, 0.0), 100.0)
    calendar = Calendar([event])
    users, place = np.array(["u", "v"]), np.array([[0.0, 9.0, 0], [500.0, 0.0, 0]])
    cells = np.array(["near", "far"]), np.array([[50.0, 0.0, 25], [900.0, 0.0, 25]])
    (rule,) = calendar.policy(10.0, users, place, *cells)
    assert rule.users == ("u",)
    assert (rule.value, rule.author) == (3.0, "calendar: match")
    assert calendar.policy(20.0, users, place, *cells) == ()
    assert calendar.policy(15.0, users, place + 1e4, *cells) == ()
    assert calendar.between(0.0, 10.0) == []
    assert calendar.between(0.0, 11.0) == [event]
    works = Event("works", "maintenance", 0.0, 0.0, 20.0, (0.0, 0.0), 100.0)
    (rule,) = Calendar([works]).policy(10.0, users, place, *cells)
    assert (rule.cells, rule.users) == (("near",), ())
    with pytest.raises(FieldError, match=r"kind = 'mantenance'"):
        Event("works", "mantenance", 0.0, 0.0, 20.0)
    with pytest.raises(FieldError, match=r"Event\.radius = nan"):
        Event("works", "maintenance", 0.0, 0.0, 20.0, radius=np.nan)
    with pytest.raises(FieldError, match=r"Event\.place"):
        Event("works", "maintenance", 0.0, 0.0, 20.0, (np.nan, 0.0))


def test_rules_hold_for_slices_and_for_whom_cells_serve():
    """A rate by slice; a surge or a rate by cell; a limit by cell for nobody else."""
    names = np.array(["a", "b"]), np.array(["u", "v", "w"])
    rules = [
        PolicyRule("rate_cap", 5.0, "bit/s", cells=("a",)),
        PolicyRule("rate_floor", 2.0, "bit/s", users=("slice-1",)),
        PolicyRule("traffic_surge", 3.0, cells=("b",)),
    ]
    serving, group = np.array([0, 1, -1]), np.array([0, 1, 1])
    found = bounds(rules, 0.0, *names, np.ones(2), 2, serving, group)
    assert found.max_rate.tolist() == [5.0, np.inf, np.inf]
    assert found.min_rate.tolist() == [0.0, 2.0, 2.0]
    assert found.factor.tolist() == [1.0, 3.0, 1.0]


def test_more_floors_than_there_is_are_refused():
    """At the time when they hold together, and not before."""
    rules = [
        PolicyRule("slice_share", 0.8, "min", users=("slice-0",)),
        PolicyRule("slice_share", 0.8, "min", users=("slice-1",), start=10.0),
    ]
    cells = np.array(["a"])
    with pytest.raises(FieldError, match=r"floors of 1\.6 in sum: must be at most 1"):
        check_rules(rules, "policy", cells)
    rules[0] = PolicyRule("slice_share", 0.8, "min", users=("slice-0",), end=10.0)
    check_rules(rules, "policy", cells)
    with pytest.raises(FieldError, match=r"policy\.cells\[2\] = 'nope': must be cells"):
        check_rules(
            [*rules, PolicyRule("outage", 1.0, cells=("nope",))], "policy", cells
        )


def test_indicators_by_hand():
    """Two users, one of them in want, on one cell."""
    found = indicators(
        rate=np.array([4.0, 2.0]),
        demand=np.array([4.0, 4.0]),
        sinr=np.array([10.0, 0.1]),
        rsrp=np.array([-90.0, -90.0]),
        load=np.array([1.0]),
        wanted=np.array([1.5]),
        consumed=np.array([3.0]),
        interference=np.array([2.0, 0.0]),
        limit=np.array([8.0, 1.0]),
    )
    assert found.throughput == 3.0
    assert found.served == 0.75
    assert found.coverage == 0.5
    assert found.congested == 1.0
    assert found.fairness == pytest.approx(1.5**2 / (2 * 1.25))
    assert found.energy_efficiency == 2.0
    assert found.protection == 4.0


def test_an_earth_station_is_protected_for_the_hours_of_a_pass():
    """Its margin is the limit over what cells send; less is sent, so it is wider."""
    start, coverage = twins.example(), twins.example_coverage()
    assert start.protected_id.tolist() == ["earth-station"]
    margin = []
    for end in (start.time, start.time + 3600.0):  # over before the report, and not
        rule = BandRule((3.4e9, 3.6e9), 1e-9, start.time - 60.0, end)
        network = SimulatedNetwork(start, coverage, seed=1)
        twin = Twins(start, MapGain(coverage, start), band_rules=[rule])
        network.step(10.0)
        snapshot = twin.update(network.report(), network.time)
        found = twin.indicators()
        fork = twin.fork()
        heard = snapshot.protected_gain @ (fork.power * fork.settled().load)
        limit = snapshot.protected_limit
        assert found.protection == pytest.approx((limit / heard).min())
        margin.append(found.protection)
    assert margin[1] > 10 * margin[0]
