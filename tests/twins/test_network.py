"""The simulated network is what it says, and hides what it should."""

import numpy as np
import pytest

import twins
from twins.context_db import Plausibility, frames
from twins.coupling.gains import map_gain_db
from twins.network import Differences, Pipe, RadioTruth, SimulatedNetwork
from twins.network.simulator import Radar, Surge
from twins.network.truth import shadowing


@pytest.fixture(scope="module")
def start():
    """Munich as the twins know it."""
    return twins.example()


@pytest.fixture(scope="module")
def coverage():
    """Its map."""
    return twins.example_coverage()


def power_order(cell, dbm):
    """Directive to send less."""

    class Order:
        target = f"ManagedElement={cell},GNBDUFunction=1,NRSectorCarrier=1"
        attribute = "configuredMaxTxPower"
        new = dbm

    return Order()


def serving_order(user, cell):
    """Directive to be served elsewhere."""

    class Order:
        target = f"user={user}"
        attribute = "servingCell"
        new = cell

    return Order()


def test_a_pipe_delays_loses_and_reorders():
    """Nothing comes early, or twice; the losses are as many as was said."""
    pipe = Pipe(delay=1.0, jitter=2.0, loss=0.25, seed=3)
    for number in range(2000):
        pipe.send(number, now=0.01 * number)
    assert pipe.receive(0.99) == []
    early = pipe.receive(10.0)
    assert all(0.01 * number + 1.0 <= 10.0 for number in early)
    assert early != sorted(early)
    late = pipe.receive(1e9)
    assert len(set(early) | set(late)) == len(early) + len(late)
    assert abs(len(early) + len(late) - 1500) < 4 * np.sqrt(2000 * 0.25 * 0.75)
    with pytest.raises(ValueError, match="loss=nan"):
        Pipe(loss=np.nan)


def test_shadowing_has_the_variance_and_reach_it_should():
    """Unit variance and exp(-d / reach), over many draws."""
    draws = np.random.default_rng(1)
    fields = np.array([shadowing(draws, 40, 50, 8.0) for _ in range(300)])
    assert abs(fields.var() - 1) < 0.05
    for step in (4, 8, 16):
        found = np.mean(fields[:, :, :-step] * fields[:, :, step:])
        assert abs(found - np.exp(-step / 8.0)) < 0.06
        found = np.mean(fields[:, :-step] * fields[:, step:])
        assert abs(found - np.exp(-step / 8.0)) < 0.06


def test_the_truth_is_the_model_where_nothing_differs(start, coverage):
    """And far from it by default."""
    same = Differences(0.0, 0.0, 45.0, 0, 60.0, 0.0, 120.0, 0.0)
    truth = RadioTruth(coverage, start, 5, same)
    model = map_gain_db(coverage, start)
    np.testing.assert_allclose(truth.gain_db, model, atol=1e-4)
    differs = RadioTruth(coverage, start, 5).gain_db - model
    assert 6.0 < differs.std() < 11.0
    assert np.isfinite(differs).all()


def test_the_seed_decides_everything(start, coverage):
    """Same seed, same reports; another one, others."""
    reports = []
    for seed in (4, 4, 5):
        network = SimulatedNetwork(start, coverage, seed)
        for _ in range(3):
            network.step(5.0)
        reports.append(network.report())
    assert reports[0].equals(reports[1])
    assert not reports[0]["value"].equals(reports[2]["value"])


def test_reports_change_nothing(start, coverage):
    """Who is watched goes where the others go, and wants as much."""
    watched, alone = (SimulatedNetwork(start, coverage, 4) for _ in range(2))
    for _ in range(3):
        watched.step(10.0)
        watched.report()
        alone.step(10.0)
    np.testing.assert_array_equal(watched.demand(), alone.demand())
    np.testing.assert_array_equal(watched.gain_db(), alone.gain_db())


def test_users_walk_outdoors_at_their_speed(start, coverage):
    """No one enters a house or flies."""
    network = SimulatedNetwork(start, coverage, 1)
    outdoors = network.truth.walkable(network.people.position)
    for _ in range(50):
        network.step(2.0)
    assert network.truth.walkable(network.people.position)[outdoors].all()
    assert np.linalg.norm(network.people.velocity, axis=1).max() < 9.0 * 1.3 + 1e-9


def test_reports_are_plausible(start, coverage):
    """Nothing honest is put aside, however users move."""
    network = SimulatedNetwork(start, coverage, 2)
    judge = Plausibility()
    for _ in range(10):
        network.step(10.0)
        frame = frames.measurements(network.report())
        assert set(judge.reasons(frame, network.time)) == {""}


def test_orders_are_obeyed(start, coverage):
    """Powers up to the limit, and serving cells; the rest is not understood."""
    network = SimulatedNetwork(start, coverage, 2)
    cell, user = str(start.cell_id[3]), str(start.user_id[7])
    assert network.apply(power_order(cell, 40.0))
    assert network.power[3] == pytest.approx(10.0)
    assert network.apply(power_order(cell, 99.0))
    assert network.power[3] == start.p_max[3]
    second = int(np.argsort(network.gain_db()[7])[-2])
    assert second != network.serving[7]
    assert network.apply(serving_order(user, str(start.cell_id[second])))
    assert network.serving[7] == second
    network.step(1.0)
    assert network.serving[7] == second
    assert not network.apply(power_order("nobody", 40.0))
    assert not network.apply(serving_order(user, "nowhere"))


def test_who_was_told_where_to_be_is_free_again(start, coverage):
    """When its time is over, or its link is lost; not before."""
    network = SimulatedNetwork(start, coverage, 2)
    gain = network.gain_db()
    order = np.argsort(gain, axis=1)
    apart = gain[np.arange(len(gain)), order[:, -1]]
    apart = apart - gain[np.arange(len(gain)), order[:, -2]]
    user = int(np.argmin(np.where(apart > 5.0, apart, np.inf)))
    second = order[user, -2]
    one = serving_order(str(start.user_id[user]), str(start.cell_id[second]))
    one.expires = network.time + 1.5
    assert network.apply(one)
    network.step(1.0)
    assert network.serving[user] == second
    network.step(1.0)
    assert network.serving[user] != second
    lost = serving_order(one.target[5:], str(start.cell_id[order[user, 0]]))
    assert network.apply(lost)
    assert network.serving[user] == order[user, 0]
    network.step(1.0)
    assert network.serving[user] != order[user, 0]


def test_a_cell_that_is_down_serves_and_reports_nothing(start, coverage):
    """Its users go elsewhere, and come back."""
    name = str(start.cell_id[0])
    begin = start.time
    network = SimulatedNetwork(
        start, coverage, 2, outages={name: (begin + 10, begin + 20)}
    )
    network.step(5.0)
    assert (network.serving == 0).any()
    network.step(10.0)
    assert not network.alive[0]
    assert not (network.serving == 0).any()
    report = network.report()
    present = report[report["name"] != "MM.HoExeInterSucc"]
    assert name not in set(present["cell_id"])
    network.step(10.0)
    assert network.alive[0]
    assert name in set(network.report()["cell_id"])


def test_surges_radars_and_platforms_have_their_effect(start, coverage):
    """More demand; interference that follows the radar; noise from above."""
    place = tuple(start.user_position[0, :2])
    quiet = SimulatedNetwork(start, coverage, 2)
    surge = Surge(place, 200.0, 5.0, start.time, start.time + 100)
    loud = SimulatedNetwork(
        start,
        coverage,
        2,
        surges=[surge],
        radar=Radar((0.0, 0.0, 50.0), (0.0, 100.0, 0.0)),
    )
    ratio = loud.demand() / quiet.demand()
    assert set(np.unique(ratio.round(6))) == {1.0, 5.0}
    near = loud.radar_interference()
    for _ in range(20):
        loud.step(5.0)
    assert 0 < loud.radar_interference() < near / 100
    before = quiet.sinr(quiet.serving, quiet.power)
    quiet.place_lap(np.array([0.0, 0.0, 100.0]), 1.0)
    assert (quiet.sinr(quiet.serving, quiet.power) < before).all()
