"""Directives: what changes, because of which sentence, at which price."""

import json

import numpy as np
import pytest

import rrm
import twins
from formulations import PowerControl, UserAssociation, compose
from llm_bridge import example
from rrm.directives import (
    decibel_milliwatt,
    handovers,
    origin_counts,
    power_changes,
    rounded_down,
    sentence,
)
from rrm.prices import item_prices

SNAPSHOT, REPORT = twins.example(), example()
WORK = rrm.Budget(60, work=400)
WORDS = {str(item.kind): sentence(item) for item in REPORT.items}


@pytest.fixture(scope="module")
def association():
    """Association of Munich with all items."""
    rrm.warm_up()
    problem = compose(SNAPSHOT, REPORT, UserAssociation)
    return problem, rrm.solve(problem, WORK)


@pytest.fixture(scope="module")
def powers(association):
    """Powers of Munich with all items, after the association."""
    decided = SNAPSHOT.replace(previous=association[1].allocation.cell)
    problem = compose(decided, REPORT, PowerControl)
    return decided, problem, rrm.solve(problem, WORK)


def test_users_leave_a_cell_in_maintenance(association):
    """The one user of M7C moves, and the reason is the sentence on M7C."""
    moves = handovers(SNAPSHOT, *association)
    left = [move for move in moves if move.old == "M7C"]
    assert len(left) == (SNAPSHOT.previous == 20).sum()
    assert all(WORDS["maintenance"] in move.reason for move in left)
    assert all(move.attribute == "servingCell" for move in left)


def test_every_change_of_cell_is_a_directive_and_no_other(association):
    """As many as users whose cell differs."""
    moves = handovers(SNAPSHOT, *association)
    cell = association[1].allocation.cell
    assert len(moves) == (cell != SNAPSHOT.previous).sum()
    assert len({move.id for move in moves}) == len(moves)


def test_powers_are_in_dbm_and_name_the_protection(powers):
    """M4B is heard by the earth station: its power falls because of it."""
    decided, problem, solution = powers
    found = {one.target: one for one in power_changes(decided, problem, solution)}
    one = found["ManagedElement=M4B,GNBDUFunction=1,NRSectorCarrier=1"]
    assert one.unit == "dBm"
    assert one.old == pytest.approx(46.0, abs=0.05)
    assert one.new < one.old
    assert WORDS["protection"] in one.reason
    json.dumps(one.to_json(), allow_nan=False)
    assert one.to_json()["schema"] == "rrm.directive/1"


def test_prices_are_what_solving_without_the_item_gains(association):
    """The price of the surge is the objective without it less the one with it."""
    problem, solution = association
    prices = item_prices(SNAPSHOT, REPORT, UserAssociation, solution, 0.5)
    others = tuple(one for one in REPORT.items if str(one.kind) != "traffic_surge")
    without = REPORT.model_copy(update={"items": others})
    other = rrm.solve(compose(SNAPSHOT, without, UserAssociation), WORK)
    price = prices[WORDS["traffic_surge"]]
    gap = 1e-4 * abs(solution.objective)
    expected = other.objective - solution.objective
    assert price.price == pytest.approx(expected, abs=2 * gap)
    assert price.price > 0
    assert set(prices) == set(origin_counts(problem))


def test_protection_costs_rate(powers):
    """Leaving the earth station unprotected raises the objective."""
    decided, _, solution = powers
    prices = item_prices(decided, REPORT, PowerControl, solution, 0.3)
    assert prices[WORDS["protection"]].price > 0


def test_without_an_allocation_there_is_nothing_to_send(association):
    """An infeasible problem gives no directives."""
    problem = association[0].replace(must_serve=True, capacity=np.zeros(21))
    solution = rrm.solve(problem, WORK)
    assert solution.allocation is None
    assert handovers(SNAPSHOT, problem, solution) == []


@pytest.mark.parametrize(
    ("watt", "dbm"), [(5.0, 36.9), (40.0, 46.0), (10.0, 40.0), (0.001, 0.0)]
)
def test_a_power_at_its_limit_is_not_sent_above_it(watt, dbm):
    """5 W are 36.99 dBm: 37.0 dBm would be refused."""
    assert rounded_down(decibel_milliwatt(watt)) == pytest.approx(dbm)


@pytest.mark.parametrize(("watt", "dbm"), [(40.0, 46.02), (1e-3, 0.0), (0.0, -30.0)])
def test_dbm(watt, dbm):
    """40 W are 46 dBm; nothing is shown as -30 dBm."""
    assert decibel_milliwatt(watt) == pytest.approx(dbm, abs=0.01)


def test_replay_agrees_with_the_problem_on_the_edge_users(powers):
    """The kernel's SINR of each link's user is the problem's."""
    decided, problem, solution = powers
    power = np.zeros(21)
    place = {str(name): b for b, name in enumerate(decided.cell_id)}
    cells = [place[name] for name in problem.labels["L"]]
    power[cells] = solution.allocation.power
    outcome = rrm.replay(decided, decided.previous, power)
    expected = problem.sinr(solution.allocation.power)
    for link, cell in enumerate(cells):
        members = decided.previous == cell
        nearest = np.abs(outcome.sinr[members] / expected[link] - 1).min()
        assert nearest <= 1e-9
    assert outcome.received[0] <= problem.protected_limit[0] * (1 + 1e-9)
    assert outcome.users.sum() == 200
