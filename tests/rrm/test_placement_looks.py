"""Searches for places stop where time is out, and look often enough to see it."""

import numpy as np
import pytest

import rrm
from benchmarks.stadium import stadium
from formulations.kernels.transport import new_flow, node_prices
from formulations.kernels.whole_users import improve_users, round_users
from formulations.placement_model import FREE, OPEN, canonical
from rrm.incumbent import Incumbent
from rrm.methods.placement.lagrangian import price_service
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.dive import dive
from rrm.placement.moves import improve
from rrm.placement.service import move_users, serve, serve_in_time


class Clock:
    """Says that time is out after so many looks; counts them."""

    def __init__(self, looks: int) -> None:
        self.left, self.asked = looks, 0

    def __call__(self) -> bool:
        """Whether time is out."""
        self.asked += 1
        return self.asked > self.left


def crowded(users: int):
    """Model of an event, and its free sites."""
    _, model = canonical(stadium(users, 60, 49, 6, seed=2))
    return model, model.status.copy()


def test_a_dive_opens_no_more_sites_when_time_is_out():
    """One more site at each look, until there are enough."""
    model, status = crowded(200)
    prices = first_prices(status > 0, np.zeros(len(status)), model)
    descent = PriceDescent(model, status, prices)
    descent.run(30, 0.0)
    fixed = int((status == OPEN).sum())
    assert (status == FREE).sum() > 6
    numbers = [int(dive(descent, 0.0, Clock(n)).sum()) - fixed for n in (0, 1, 2, 99)]
    assert numbers[:3] == [1, 2, 3]
    assert numbers[3] > 3


def test_users_move_in_parts_as_they_would_in_one_round():
    """Looks at the clock change nothing, and nobody moves once it has run out."""
    model, status = crowded(1000)
    opened = np.flatnonzero(status == FREE)[::5]

    def rounded():
        """Flow and choice of users who have not moved yet."""
        flow = new_flow(opened, model)
        choice = np.empty(len(model.demand), np.intp)
        price = np.maximum(node_prices(flow)[: len(opened) + 1], 0.0)
        round_users(price, flow, model.demand, choice)
        return flow, choice

    flow, at_once = rounded()
    before = at_once.copy()
    while not improve_users(0, len(at_once), flow, model.demand, at_once):
        pass
    assert (at_once != before).sum() > 100
    flow, in_parts = rounded()
    clock = Clock(10**6)
    move_users(100, flow, model.demand, in_parts, clock)
    assert np.array_equal(in_parts, at_once)
    assert clock.asked > 20
    flow, late = rounded()
    move_users(100, flow, model.demand, late, Clock(0))
    assert np.array_equal(late, before)


@pytest.mark.parametrize("work", [1, 2, 3, 6, 12, 24, 48])
def test_prices_take_no_step_when_time_is_out(monkeypatch, work):
    """Neither after the first service nor after a choice that looked at the clock."""
    problem = stadium(200, 60, 49, 6, seed=2)
    incumbent = Incumbent(problem, rrm.Budget(60.0, work=work))
    began = []
    run = PriceDescent.run

    def noted(self, steps, known):
        began.append(incumbent.reached())
        run(self, steps, known)

    monkeypatch.setattr(PriceDescent, "run", noted)
    price_service(problem, *canonical(problem), incumbent)
    assert incumbent.reached() == "work"
    assert set(began) <= {None}


def test_a_service_that_is_cut_off_is_none():
    """With time enough it is what ``serve`` comes to, wherever time runs out."""
    model, status = crowded(200)
    is_open = np.zeros(len(status), bool)
    is_open[np.flatnonzero(status >= FREE)[::5]] = True
    wanted, clock = serve(is_open, model), Clock(10**6)
    found = serve_in_time(is_open, model, None, clock)
    assert found is not None
    assert found.worth == wanted.worth
    assert clock.asked > 2
    assert serve_in_time(is_open, model, None, Clock(0)) is None
    assert serve(is_open, model, None, Clock(0)).worth <= wanted.worth


def test_better_services_are_told_as_they_are_found():
    """Each is better than the one before, and the last is what comes back."""
    model, status = crowded(200)
    is_open = status == OPEN
    is_open[np.flatnonzero(status == FREE)[:3]] = True
    first = serve(is_open, model)
    told = [first]
    last = improve(first, model, status, Clock(60), 10, told.append)
    assert len(told) > 2
    assert last is told[-1]
    worths = [service.worth for service in told]
    assert worths == sorted(set(worths))
