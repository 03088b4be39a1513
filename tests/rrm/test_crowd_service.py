"""A crowd is served again: from where it was, to what is best there."""

import numpy as np
import pytest

import rrm
from benchmarks.stadium import stadium
from formulations import LapPlacement
from formulations.kernels.transport import empty_flow, fill_room, join
from formulations.kernels.transport_start import keep_users
from formulations.placement_start import mended
from rrm.placement import coarse
from rrm.placement.coarse import crowd_of
from rrm.placement.crowd_service import serve_again, serve_crowd
from tests.conformance.instances import other_units
from tests.conformance.test_work import compare_clocks


def event(moved: float):
    """A stadium small enough for a moment; some users have moved since."""
    return stadium(users=400, hotspots=60, sites=49, laps=4, seed=3, moved=moved)


def never() -> bool:
    """No deadline."""
    return False


def test_users_who_stayed_are_served_again_and_as_well_as_from_nothing():
    """From where users were, and from prices alone, cycles end at the same worth."""
    before, after = event(0.0), event(0.05)
    is_open = np.zeros(49, bool)
    is_open[[8, 17, 31, 40]] = True
    *_, known = serve_crowd(crowd_of(before), is_open, np.zeros(49), never)
    kept = mended(after, known)
    first, second = serve_again(crowd_of(after), kept, never)
    *_, anew = serve_crowd(crowd_of(after), kept.open, np.zeros(49), never)
    for placement in (first, second):
        assert max(after.violations(placement).values()) <= 1e-9
    assert after.evaluate(first) >= after.evaluate(kept)
    assert after.evaluate(second) >= after.evaluate(first)
    assert after.evaluate(second) == pytest.approx(after.evaluate(anew), rel=1e-3)
    assert not list(serve_again(crowd_of(after), kept, lambda: True))


def test_nobody_waits_whose_place_is_still_good():
    """Who fits stays; who is out of range, or finds the room taken, waits."""
    value = np.array([[3.0, 1.0, 0.0], [2.0, -np.inf, 0.0], [5.0, 4.0, 0.0]])
    demand = np.array([1.0, 1.0, 0.0])
    nowhere = np.array([-1, -1])
    flow = empty_flow(value, np.array([1.0, 1.0]), nowhere, np.zeros(0), 5.0)
    waiting = np.empty(3, np.intp)
    assert keep_users(np.array([0, 1, 1]), flow, demand, waiting) == 1
    assert waiting[0] == 1
    assert flow.load.tolist() == [1.0, 0.0, 0.0]
    assert flow.share[2].tolist() == [0.0, 1.0, 0.0]


def test_no_dust_holds_up_a_cycle():
    """A share of 1e-12 is dropped, and those behind it change places at once."""
    value = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 10.0, 0.0]])
    demand, room = np.ones(3), np.array([1.0, 2.0])
    flow = empty_flow(value, room, np.array([-1, -1]), np.zeros(0), 10.0)
    dust = 1e-12
    for user, node, amount in (
        (0, 0, 1.0 - dust),
        (0, 2, dust),
        (1, 1, 1.0),
        (2, 0, dust),
        (2, 1, 1.0 - dust),
    ):
        join(user, node, amount, flow, demand)
    assert fill_room(20, flow, demand)
    assert flow.share[0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)
    assert flow.share[1] == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert flow.share[2, 0] == 0.0


def test_a_crowd_is_placed_alike_in_other_units(monkeypatch):
    """Where values, demands and capacities are counted in other units."""
    monkeypatch.setattr(coarse, "MANY", 1)
    monkeypatch.setattr(coarse, "LARGE", 1)
    problem = event(0.0)
    budget = rrm.Budget(60.0, gap=1e-6, work=400)
    here, there = (
        rrm.solve(form, budget, "crowd") for form in (problem, other_units(problem))
    )
    assert "deadline" not in (here.stopped, there.stopped)
    assert here.method == there.method == "crowd"
    assert here.objective == pytest.approx(there.objective * 1e6, rel=1e-9)
    np.testing.assert_array_equal(here.allocation.open, there.allocation.open)


def test_no_clock_decides_how_a_crowd_is_placed(monkeypatch):
    """Where work is limited, search and bound take their turns by it."""
    monkeypatch.setattr(coarse, "MANY", 1)
    monkeypatch.setattr(coarse, "LARGE", 1)
    rrm.warm_up(LapPlacement)
    compare_clocks(event(0.0), "crowd", 400, monkeypatch)
