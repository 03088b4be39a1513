"""Bounds on delay as floors of rates: the queue, who wins, what it costs."""

from itertools import permutations, product

import numpy as np
import pytest

import rrm
import twins
from formulations import BlockSchedule, PowerControl, UserAssociation, compose
from formulations.context import in_context
from formulations.delay import KEPT, PACKET, rate_beyond_demand
from rrm.prices import item_prices
from tests.formulations.test_composition import item, report
from twins import PolicyRule

SNAPSHOT = twins.example()
USER = 7
BEYOND = rate_beyond_demand(0.01)


def delay(value: float = 0.01, priority="wish", **target):
    """Bound in s, of u007 if nobody is named."""
    target = target or {"users": ("u007",)}
    return item("latency_bound", value, "s", priority, **target)


def cap(value: float, priority="wish"):
    """Cap in bit/s of u007."""
    return item("rate_cap", value, "bit/s", priority, users=("u007",))


def floor_of(*items, snapshot=SNAPSHOT) -> float:
    """Floor in bit/s of u007."""
    return in_context(snapshot, report(*items)).min_rate[USER]


@pytest.mark.parametrize("load", [0.0, 0.3, 0.7])
def test_a_simulated_queue_keeps_the_bound(load):
    """Of packets that arrive at random, 98% leave in time at the rate that is asked."""
    bound = 0.01
    demand = load / (1 - load) * rate_beyond_demand(bound) + 1.0
    rate = demand + rate_beyond_demand(bound)
    rng = np.random.default_rng(1)
    arrives = np.cumsum(rng.exponential(PACKET / demand, 1_000_000))
    serves = rng.exponential(PACKET, 1_000_000) / rate
    # leaves_k = serves_k + max(arrives_k, leaves_(k - 1)), as a running maximum
    done = np.cumsum(serves)
    leaves = done + np.maximum.accumulate(arrives - done + serves)
    assert np.mean(leaves - arrives <= bound) == pytest.approx(KEPT, abs=3e-3)


def test_the_floor_is_demand_and_what_the_delay_needs():
    """2040 bits, 98% of them within 10 ms: ln 50 / 0.01 s more than the demand."""
    assert pytest.approx(2040 * np.log(50) / 0.01) == BEYOND  # 0.8 Mbit/s
    demand, before = SNAPSHOT.demand[USER], SNAPSHOT.min_rate[USER]
    assert floor_of(delay()) == pytest.approx(max(demand + BEYOND, before))
    network = in_context(SNAPSHOT, report(delay()))
    assert not network.set_aside
    others = np.arange(200) != USER
    assert (network.min_rate[others] == SNAPSHOT.min_rate[others]).all()


def test_it_rests_on_the_demand_as_others_leave_it():
    """A surge raises it, in any order and whatever the priority."""
    surge = item("traffic_surge", 3.0, "1", "sla", users=("u007",))
    expected = pytest.approx(3 * SNAPSHOT.demand[USER] + BEYOND)
    for items in permutations((surge, delay())):
        assert floor_of(*items) == expected


def test_the_stricter_of_floors_and_bounds_holds():
    """Each is named for the entries that it changed."""
    loose, high = delay(0.1), item("rate_floor", 9e7, "bit/s", users=("u007",))
    for items in permutations((loose, delay(), high)):
        assert floor_of(*items) == 9e7
    problem = compose(SNAPSHOT, report(delay(), loose), UserAssociation)
    assert problem.origin["load"] == [(USER, delay())]


def test_below_a_cap_what_is_sent_is_kept_in_time():
    """The floor is the cap where more is wanted; a cap that is too low is a contest."""
    snapshot = SNAPSHOT.replace(demand=np.full(200, 2e7), min_rate=np.zeros(200))
    for items in permutations((delay(), cap(5e6, "sla"))):
        assert floor_of(*items, snapshot=snapshot) == 5e6
        assert not in_context(snapshot, report(*items)).set_aside
    slow = cap(0.5 * BEYOND, "sla")
    for items in permutations((delay(), slow)):
        assert floor_of(*items, snapshot=snapshot) == 0.0
        gone = in_context(snapshot, report(*items)).set_aside
        assert [(one.item, one.to, one.users.tolist()) for one in gone] == [
            (delay(), slow, [USER])
        ]
    urgent = delay(priority="safety")
    network = in_context(snapshot, report(urgent, slow))
    assert [(one.item, one.to) for one in network.set_aside] == [(slow, urgent)]
    assert network.min_rate[USER] == pytest.approx(2e7 + BEYOND)
    # of equals what was said last holds
    equal = delay(priority="sla")
    assert floor_of(slow, equal, snapshot=snapshot) == pytest.approx(2e7 + BEYOND)
    assert floor_of(equal, slow, snapshot=snapshot) == 0.0


def test_what_cannot_be_kept_or_known_is_told():
    """No rate is fast enough for 0 s; without demands the queue is empty."""
    network = in_context(SNAPSHOT, report(delay(0.0)))
    assert network.min_rate[USER] == SNAPSHOT.min_rate[USER]
    assert [one.reason for one in network.set_aside] == ["no rate is that fast"]
    blind = SNAPSHOT.replace(demand=None)
    network = in_context(blind, report(delay()))
    assert network.min_rate[USER] == max(BEYOND, SNAPSHOT.min_rate[USER])
    assert "demands are not known" in network.set_aside[0].reason


def test_a_rule_of_the_policy_bounds_delays_too():
    """It counts as an SLA and is named."""
    rule = PolicyRule("latency_bound", 0.01, "s", users=("u007",))
    problem = compose(SNAPSHOT.replace(policy=(rule,)), None, UserAssociation)
    assert problem.origin["load"] == [(USER, rule)]


def test_it_is_in_each_problem_that_has_floors():
    """The entries of its users are named, with the item."""
    for problem, field in (
        (UserAssociation, "load"),
        (PowerControl, "min_rate"),
        (BlockSchedule, "min_rate"),
    ):
        origin = compose(SNAPSHOT, report(delay()), problem).origin
        assert [entry for _, entry in origin[field]] == [delay()]


def few() -> twins.TwinSnapshot:
    """Five users around u007's cell, who just fill it together."""
    near = np.flatnonzero(SNAPSHOT.previous == SNAPSHOT.previous[USER])
    users = np.unique(np.append(near[near != USER][:4], USER))
    fields = {}
    for name in ("user_id", "user_position", "velocity", "gain", "noise", "slice",
                 "previous", "demand_std", "gain_std_db", "site_gain"):  # fmt: skip
        values = getattr(SNAPSHOT, name)
        fields[name] = values[users] if values.size else None
    fields["demand"] = 0.199 * full_rates(users)
    return SNAPSHOT.replace(min_rate=np.zeros(len(users)), **fields)


def full_rates(users: np.ndarray) -> np.ndarray:
    """Rate in bit/s of users in their cell at full power of all."""
    received = SNAPSHOT.gain[users] * SNAPSHOT.p_max / SNAPSHOT.blocks
    own = received[np.arange(len(users)), SNAPSHOT.previous[users]]
    sinr = own / (SNAPSHOT.noise[users] + received.sum(axis=1) - own)
    return SNAPSHOT.bandwidth[0] * np.log2(1 + sinr)


def best_by_enumeration(problem: UserAssociation) -> float:
    """Largest feasible objective over all associations with candidates."""
    choices = [
        [-1, *np.flatnonzero(np.isfinite(row)).tolist()] for row in problem.utility
    ]
    from formulations.association import Association

    found = [Association(np.array(cells)) for cells in product(*choices)]
    return max(
        problem.evaluate(one)
        for one in found
        if max(problem.violations(one).values()) <= 1e-9
    )


def test_the_price_is_what_an_enumeration_finds():
    """Objective without the bound less the one with it, each over all allocations."""
    snapshot, one = few(), delay(2e-3)
    said = report(one)
    with_it = compose(snapshot, said, UserAssociation)
    without = compose(snapshot, None, UserAssociation)
    solution = rrm.solve(with_it, 5.0)
    assert solution.status == "optimal"
    expected = best_by_enumeration(without) - best_by_enumeration(with_it)
    assert expected > 0
    prices = item_prices(snapshot, said, UserAssociation, solution, 5.0)
    assert [price.price for price in prices.values()] == [pytest.approx(expected)]
