"""The referee: what counts, what does not, and what it says."""

import time

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from formulations import Power, PowerControl
from rrm import Budget, BySearch, Incumbent
from rrm.methods.power.fixed_point import PowerFloor
from rrm.methods.power.interference_free import InterferenceFree
from rrm.registry import Method, always, find_methods, named
from rrm.solution import relative_gap

PROBLEM = PowerControl.example()
FULL = Power(PROBLEM.p_max)


def incumbent(problem=PROBLEM, **budget) -> Incumbent:
    """Incumbent with ten seconds."""
    return Incumbent(problem, Budget(**{"seconds": 10.0, **budget}))


def test_a_better_offer_replaces_the_best():
    """Only a strictly better objective counts."""
    judge = incumbent()
    assert judge.offer(Power(0.5 * PROBLEM.p_max))
    half = judge.objective
    better = PROBLEM.evaluate(FULL) > half
    assert judge.offer(FULL) == better
    assert not judge.offer(FULL)
    assert judge.objective == max(half, PROBLEM.evaluate(FULL))


def test_tolerance_is_relative_and_named():
    """1e-9 above a limit of any size passes, 1e-8 does not."""
    for scale in (1e-12, 1.0, 1e12):
        problem = PROBLEM.replace(p_max=PROBLEM.p_max * scale)
        judge = incumbent(problem)
        assert not judge.offer(Power(problem.p_max * (1 + 1e-8)))
        assert judge.offer(Power(problem.p_max * (1 + 9e-10)))


def test_the_least_violating_allocation_is_kept_until_a_feasible_one_comes():
    """Its violations are in the certificate; then it is forgotten."""
    judge = incumbent()
    judge.offer(Power(3 * PROBLEM.p_max))
    judge.offer(Power(2 * PROBLEM.p_max))
    judge.offer(Power(4 * PROBLEM.p_max))
    assert judge.least_violating.power.max() == 2 * PROBLEM.p_max.max()
    assert judge.certificate().violations["p_max"] == pytest.approx(1.0)
    judge.offer(FULL)
    assert judge.least_violating is None
    assert judge.certificate().violations["p_max"] == 0.0


def test_a_bound_counts_at_its_recomputed_value():
    """What the method claims does not matter."""
    judge = incumbent()
    assert judge.tighten(1.0, InterferenceFree())
    assert judge.bound == InterferenceFree().bound(PROBLEM)
    assert judge.certificate().argument == "InterferenceFree"


def test_an_argument_that_proves_nothing_is_refused():
    """A power floor that the floors do not need is no bound."""
    judge = incumbent(PROBLEM.replace(objective="min_power"))
    assert not judge.tighten(1.0, PowerFloor(np.ones(8)))
    assert judge.bound == -np.inf
    assert "does not prove" in str(judge.certificate().refused)


def test_search_bounds_count_only_from_own_methods():
    """A third party's tree is a claim, ours is shown as such."""
    find_methods()
    theirs = Method("x", PowerControl, "exact", print, always, "", False, (), 50)
    judge = incumbent()
    with judge.running(theirs, 1.0):
        assert not judge.tighten(1e12, BySearch("theirs"))
    assert judge.certificate().claimed == {"x": 1e12}
    with judge.running(named(PowerControl, "wmmse"), 1.0):
        assert judge.tighten(1e12, BySearch("ours"))
    assert judge.certificate().argument == "by search (ours)"


def test_infeasible_by_search_needs_two_engines():
    """One engine's word is no proof, nor is it twice; two that agree are."""
    find_methods()
    own = named(PowerControl, "wmmse")
    judge = incumbent()
    with judge.running(own, 1.0):
        judge.tighten(-np.inf, BySearch("one"))
        judge.tighten(-np.inf, BySearch("one"))
        assert judge.status == "unknown"
        judge.tighten(-np.inf, BySearch("two"))
    assert judge.status == "infeasible"
    assert judge.reached() is not None


def test_a_feasible_allocation_disproves_infeasibility():
    """Whoever agreed, the allocation is there."""
    find_methods()
    judge = incumbent()
    with judge.running(named(PowerControl, "wmmse"), 1.0):
        judge.tighten(-np.inf, BySearch("one"))
        judge.tighten(-np.inf, BySearch("two"))
    assert judge.offer(FULL)
    assert judge.status == "feasible"
    assert judge.bound == np.inf


def test_a_bound_beaten_by_an_allocation_is_dropped():
    """The next best bound takes its place, and the liar is named."""
    find_methods()
    judge = incumbent()
    judge.tighten(0.0, InterferenceFree())
    with judge.running(named(PowerControl, "wmmse"), 1.0):
        judge.tighten(1.0, BySearch("wrong"))
    assert judge.bound == 1.0
    judge.offer(FULL)
    assert judge.bound == InterferenceFree().bound(PROBLEM)
    assert "disproved" in judge.certificate().refused["wmmse"]


def test_expired_for_each_reason():
    """Time, work, gap, cancel: one question answers all."""
    assert incumbent(seconds=0.0).expired()
    limited = incumbent(work=3)
    assert [limited.expired() for _ in range(3)] == [False, False, True]
    assert limited.reached() == "work"
    judge = incumbent(gap=1.0)
    judge.offer(FULL)
    judge.tighten(0.0, InterferenceFree())
    assert judge.expired()
    assert judge.reached() == "gap"
    closed = incumbent()
    closed.close()
    assert closed.reached() == "cancelled"
    assert not closed.offer(FULL)


def test_limited_work_is_the_clock():
    """Shares and what is left go by the work, also where time is endless."""
    judge = incumbent(seconds=np.inf, work=10)
    whole = judge.remaining()
    assert np.isfinite(whole)
    with judge.running(named(PowerControl, "wmmse"), 0.5 * whole):
        answers = [judge.expired() for _ in range(5)]
        assert judge.remaining() == 0.0
    assert answers == 4 * [False] + [True]
    assert judge.remaining() == pytest.approx(0.5 * whole)


def test_shares_end_before_the_budget():
    """A method's share runs out although the call goes on."""
    find_methods()
    judge = incumbent()
    with judge.running(named(PowerControl, "wmmse"), 0.0):
        assert judge.expired()
    assert not judge.expired()
    assert judge.remaining() > 9


def test_a_broken_listener_does_no_harm():
    """Exceptions of on_event are logged, not raised."""
    events = []

    def listen(event):
        events.append(event)
        raise RuntimeError("on purpose")

    judge = Incumbent(PROBLEM, Budget(1.0), on_event=listen)
    assert judge.offer(FULL)
    assert events[0]["event"] == "allocation"
    assert events[0]["objective"] == judge.objective


def test_the_trace_is_bounded():
    """Many improvements thin the trace out instead of growing without end."""
    judge = incumbent(PROBLEM.replace(objective="min_power"))
    for step in range(5000):
        judge.offer(Power(PROBLEM.p_max * (1 - step / 5000)))
    assert len(judge.trace) <= 1000
    objectives = [objective for _, objective, _ in judge.trace]
    assert objectives == sorted(objectives, reverse=True)


@pytest.mark.parametrize(
    ("objective", "bound", "gap"),
    [
        (0.0, 0.0, 0.0),
        (1.0, 2.0, 0.5),
        (-2.0, -1.0, 0.5),
        (1e-20, 2e-20, 0.5),
        (-1.0, 1.0, 2.0),
        (np.nan, 1.0, np.inf),
        (1.0, np.inf, np.inf),
    ],
)
def test_relative_gap(objective, bound, gap):
    """No absolute floor: the same at any scale."""
    assert relative_gap(objective, bound) == gap


class Referee(RuleBasedStateMachine):
    """Any order of offers and bounds leaves the referee consistent."""

    def __init__(self):
        super().__init__()
        find_methods()
        self.judge = incumbent()
        self.own = named(PowerControl, "wmmse")
        self.began = time.perf_counter()

    @rule(share=st.floats(-0.5, 1.5), junk=st.sampled_from([None, np.nan, np.inf]))
    def offer(self, share, junk):
        """Offer some power, maybe spoilt."""
        power = share * PROBLEM.p_max
        if junk is not None:
            power[3] = junk
        self.judge.offer(Power(power))

    @rule(value=st.floats(allow_nan=True))
    def claim(self, value):
        """Give a bound without argument."""
        self.judge.tighten(value)

    @rule(value=st.floats(-1e9, 1e10))
    def search(self, value):
        """Give a bound by search, true or not."""
        with self.judge.running(self.own, 1.0):
            self.judge.tighten(value, BySearch("any"))

    @rule()
    def prove(self):
        """Give a valid bound."""
        self.judge.tighten(0.0, InterferenceFree())

    @invariant()
    def consistent(self):
        """The best is feasible, its number true, and no bound is below it."""
        judge = self.judge
        if judge.allocation is None:
            assert np.isnan(judge.objective)
            assert judge.status in ("unknown", "infeasible")
            return
        assert max(PROBLEM.violations(judge.allocation).values()) <= 1e-9
        assert PROBLEM.evaluate(judge.allocation) == judge.objective
        assert judge.bound >= judge.objective
        assert judge.status in ("feasible", "optimal")


TestReferee = Referee.TestCase
