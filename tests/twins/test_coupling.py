"""The global twin follows the network, and can be asked what would be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twins
from tests.twins.test_network import power_order, serving_order
from twins import FieldError, PolicyRule
from twins.coupling import (
    CellDemand,
    MapGain,
    TileResidual,
    Twins,
    UrbanGain,
)
from twins.coupling.carried import carried
from twins.coupling.gains import mast_of
from twins.coupling.load import settle
from twins.coupling.sharing import slice_time_shares, time_shares
from twins.coupling.silence import Silence
from twins.l3 import Calendar, Event
from twins.network import SimulatedNetwork


@pytest.fixture(scope="module")
def scene():
    """Munich and its map."""
    return twins.example(), twins.example_coverage()


def global_twin(scene, **more):
    """Twin with the built-in parts that learn."""
    start, coverage = scene
    corner, size = coverage.origin_m, coverage.size_m
    correction = TileResidual(start.cell_position, corner, size)
    return Twins(start, MapGain(coverage, start), correction, **more)


def followed(scene, twin, seed=3, reports=40):
    """Network after reports at every 10 s, which the twin was told at once."""
    network = SimulatedNetwork(*scene, seed=seed)
    snapshot = None
    for _ in range(reports):
        network.step(10.0)
        snapshot = twin.update(network.report(), network.time)
    return network, snapshot


def test_the_state_is_that_of_the_network(scene):
    """Places, cells, demand; gains far better than the model's alone."""
    twin = global_twin(scene)
    network, snapshot = followed(scene, twin)
    assert snapshot.sizes["U"] == len(network.cells.user_id)
    order = [list(network.cells.user_id).index(name) for name in snapshot.user_id]
    np.testing.assert_allclose(snapshot.user_position, network.people.position[order])
    assert (snapshot.previous == network.serving[order]).all()
    assert snapshot.alive.all()
    truth = network.gain_db()[order]
    heard = truth > -130
    with np.errstate(divide="ignore"):
        error = 10 * np.log10(snapshot.gain) - truth
    user, cell = twin.base.pairs(snapshot.user_position)
    base = twin.base.at(snapshot.user_position[user], cell).reshape(truth.shape)
    alone = np.sqrt(np.mean((base - truth)[heard] ** 2))
    assert np.sqrt(np.mean(error[heard] ** 2)) < 0.5 * alone
    inside = np.abs(error) <= 1.645 * snapshot.gain_std_db
    assert 0.8 < inside[heard].mean() < 0.99


def test_masts_are_told_by_the_distance_of_antennas(scene):
    """Three panels around a pole are one mast, sectors across a roof are not."""
    pole = np.array([[70.4, 0.0, 25], [70.6, 3.0, 25], [73.5, 4.0, 25]])
    roof = np.array([[50.0, 7, 25], [50, 0, 25]])
    assert mast_of(np.concatenate([pole, roof])).tolist() == [2, 2, 2, 1, 0]
    assert mast_of(np.zeros((2, 3))).tolist() == [0, 0]
    assert len(np.unique(mast_of(scene[0].cell_position))) == 21  # 7 to 55 m apart


def test_the_same_measurements_give_the_same_snapshot(scene):
    """Bit by bit, also where rows of a report come in another order."""
    first, second = global_twin(scene), global_twin(scene)
    network = SimulatedNetwork(*scene, seed=1)
    for _ in range(5):
        network.step(10.0)
        report = network.report()
        one = first.update(report, network.time)
        other = second.update(report.sample(frac=1, random_state=0), network.time)
    assert (one.user_id == other.user_id).all()
    np.testing.assert_allclose(one.gain, other.gain, rtol=1e-9)
    again = global_twin(scene)
    network = SimulatedNetwork(*scene, seed=1)
    for _ in range(5):
        network.step(10.0)
        same = again.update(network.report(), network.time)
    assert (one.gain == same.gain).all()


def test_bad_measurements_are_put_aside(scene):
    """NaN, the future, a jump and a cell that lies do not reach the snapshot."""
    twin = global_twin(scene)
    network, _ = followed(scene, twin, reports=5)
    network.step(10.0)
    report = network.report().reset_index(drop=True)
    bad = report.copy()
    lies = (bad["name"] == "L1M.SS-RSRP") & (bad["cell_id"] == bad["cell_id"][0])
    bad.loc[lies, "value"] += 30.0
    jumps = bad["user_id"] == bad["user_id"].iloc[-30]
    late = bad.index[(bad["name"] == "RRU.PrbTotDl")][:3]
    bad.loc[late, "time"] += 1e5
    bad.loc[bad.index[bad["name"] == "DRB.UEThpDl"][:4], "value"] = np.nan
    snapshot = twin.update(bad, network.time)
    why = set(twin.refused["reason"])
    assert {"no value", "future time"} <= why
    assert any("dB off" in reason for reason in why)
    assert len(twin.refused) == lies.sum() + 3 + 4
    assert np.isfinite(snapshot.demand).all()
    assert jumps.any()


def test_a_cell_that_falls_silent_is_taken_as_down(scene):
    """After the time of silence, and not before."""
    start, coverage = scene
    name = str(start.cell_id[5])
    network = SimulatedNetwork(
        start, coverage, 1, outages={name: (start.time + 15, np.inf)}
    )
    twin = global_twin(scene)
    found = []
    for _ in range(22):
        network.step(10.0)
        found.append(bool(twin.update(network.report(), network.time).alive[5]))
    assert found[0]
    assert not found[-1]
    assert found == sorted(found, reverse=True)


def test_users_come_and_go(scene):
    """Who is not heard of is forgotten; who is new is there."""
    twin = global_twin(scene, forget=30.0)
    network = SimulatedNetwork(*scene, seed=1)
    network.step(10.0)
    report = network.report()
    gone, name = str(network.cells.user_id[0]), "newcomer"
    report["user_id"] = report["user_id"].replace(gone, name)
    snapshot = twin.update(report, network.time)
    assert {gone, name} <= set(snapshot.user_id)
    network.step(40.0)
    late = network.report()
    late["user_id"] = late["user_id"].replace(gone, name)
    snapshot = twin.update(late, network.time)
    assert gone not in set(snapshot.user_id)
    assert name in set(snapshot.user_id)


def test_a_report_that_is_too_late_leaves_nobody(scene):
    """All users are forgotten by then; what they measured is learned all the same."""
    twin = global_twin(scene, forget=30.0)
    network = SimulatedNetwork(*scene, seed=1)
    network.step(10.0)
    snapshot = twin.update(network.report(), network.time + 400.0)
    assert len(snapshot.user_id) == 0
    assert twin.correction._cell_count.sum() > 0


def test_a_fork_leaves_the_twin_alone(scene):
    """Directives, outages and surges change the copy only, as they should."""
    twin = global_twin(scene)
    _, snapshot = followed(scene, twin, reports=4)
    before = twin.indicators()
    cell = str(snapshot.cell_id[2])
    away = twin.fork().outage(cell)
    assert not (away.cell == 2).any()
    assert away.indicators().power < before.power
    busy = twin.fork().surge(50.0, np.zeros(2), 1e4).indicators()
    assert busy.load > before.load
    assert busy.served < before.served
    less = twin.fork().apply(power_order(cell, 30.0))
    assert less.power[2] == pytest.approx(1.0)
    moved = twin.fork().apply(serving_order(snapshot.user_id[0], cell))
    assert moved.cell[0] == 2
    assert twin.indicators() == before
    with pytest.raises(ValueError, match="no cell 'x'"):
        twin.fork().outage("x")
    with pytest.raises(ValueError, match="not understood"):
        twin.fork().apply(power_order("x", 3.0))


def test_policy_bounds_the_layers_below(scene):
    """Power limits and rate caps reach the snapshot; events multiply demand."""
    start, _ = scene
    cell, user = str(start.cell_id[1]), str(start.user_id[2])
    place = tuple(start.user_position[0, :2])
    rules = [
        PolicyRule("power_limit", 0.25, "1", cells=(cell,)),
        PolicyRule("rate_cap", 1.0, "bit/s", users=(user,)),
        PolicyRule("rate_floor", 7.0, "bit/s", users=(user,)),
        PolicyRule("rate_cap", 0.0, "bit/s", end=start.time),  # over
    ]
    event = Event("match", "traffic_surge", 3.0, start.time, np.inf, place, 150.0)
    plain, ruled = (
        global_twin(scene),
        global_twin(scene, policy=rules, calendar=Calendar([event])),
    )
    _, without = followed(scene, plain, reports=1)
    _, within = followed(scene, ruled, reports=1)
    assert within.p_max[1] == 0.25 * without.p_max[1]
    row = list(within.user_id).index(user)
    assert within.demand[row] <= 1.0
    assert within.min_rate[row] == 7.0
    ratio = np.delete(within.demand / without.demand, row)
    assert set(ratio.round(6)) == {1.0, 3.0}


def test_loads_settle_where_demand_meets_interference():
    """One cell by hand; two cells against a plain fixed point in long steps."""
    alone = settle(
        gain=np.array([[1e-10]]),
        power=np.array([1.0]),
        bandwidth=np.array([1e6]),
        noise=np.array([1e-10 / 3]),
        demand=np.array([5e5]),
        cell=np.array([0]),
    )
    assert alone.sinr[0] == pytest.approx(3.0)
    assert alone.load[0] == pytest.approx(0.25)
    rng = np.random.default_rng(0)
    gain = rng.uniform(0.1, 1.0, (6, 2)) * 1e-10
    gain[:3, 0] *= 8
    gain[3:, 1] *= 8
    cell, demand = np.repeat([0, 1], 3), rng.uniform(1e5, 5e5, 6)
    noise, width = np.full(6, 1e-12), np.full(2, 2e6)
    found = settle(gain, np.ones(2), width, noise, demand, cell)
    load = np.zeros(2)
    for _ in range(500):
        other = gain[np.arange(6), 1 - cell] * np.maximum(load, 0.1)[1 - cell]
        full = 2e6 * np.log2(1 + gain[np.arange(6), cell] / (other + noise))
        load = np.minimum(np.bincount(cell, demand / full), 1.0)
    np.testing.assert_allclose(found.load, load, atol=2e-3)
    capped = settle(
        gain,
        np.ones(2),
        width,
        noise,
        demand,
        cell,
        caps=np.array([load.max() / 10, 1.0]),
        group=np.array([0, 1, 1, 0, 1, 1]),
    )
    assert (capped.rate[[0, 3]] < demand[[0, 3]] * 0.999).any()
    assert (capped.load <= found.load + 1e-3).all()


@given(st.integers(0, 10_000))
def test_slices_get_their_floors_and_no_more_than_their_caps(seed):
    """All of the time where slices want it; limits that do not limit change nothing."""
    draws = np.random.default_rng(seed)
    users, cells = int(draws.integers(1, 16)), 3
    cell, group = draws.integers(0, cells, (2, users))
    need = draws.choice([0.0, 0.05, 0.3, 0.9, 4.0, np.inf], users)
    plain = time_shares(need, cell, cells)
    free = slice_time_shares(need, cell, cells, group, np.ones(3), np.zeros(3))
    np.testing.assert_allclose(free, plain, atol=1e-9)
    caps, floors = draws.uniform(0.3, 1.0, 3), draws.uniform(0, 1 / 3, 3)
    got = slice_time_shares(need, cell, cells, group, caps, np.minimum(floors, caps))
    assert (got <= need + 1e-9).all()
    want, taken = np.zeros((2, cells, 3))
    np.add.at(want, (cell, group), np.minimum(need, 2.0))
    np.add.at(taken, (cell, group), got)
    assert (taken <= np.minimum(want, caps) + 1e-9).all()
    assert (taken >= np.minimum(want, np.minimum(floors, caps)) - 1e-9).all()
    most = np.minimum(np.minimum(want, caps).sum(axis=1), 1.0)
    np.testing.assert_allclose(taken.sum(axis=1), most, atol=1e-9)


def test_slice_rules_reach_what_users_get(scene):
    """A floor gives, a cap takes, and a rule that limits nothing costs nothing."""
    start, coverage = scene
    half = (np.arange(len(start.user_id)) % 2).astype(int)
    busy = start.replace(slice=half, demand=start.demand * 100)

    def rates(*rules):
        twin = Twins(busy, MapGain(coverage, busy), policy=rules)
        twin.update(pd.DataFrame({"time": [], "name": [], "value": []}), start.time)
        rate = twin.fork().settled().rate
        return rate[half == 1].sum(), rate[half == 0].sum()

    def share(value, bound):
        return PolicyRule("slice_share", value, bound, users=("slice-1",))

    plain = rates()
    assert rates(share(1.0, "max")) == pytest.approx(plain)
    assert rates(share(0.01, "min")) == pytest.approx(plain)
    more, less = rates(share(0.8, "min")), rates(share(0.2, "max"))
    assert more[0] > 1.2 * plain[0]
    assert more[1] < plain[1]
    assert less[0] < 0.7 * plain[0]
    assert less[1] > plain[1]


def test_an_event_can_be_tried(scene):
    """As a calendar would have it: more demand, cells that are away, less power."""
    twin = global_twin(scene)
    _, snapshot = followed(scene, twin, reports=2)
    start = snapshot.time
    more = twin.fork().apply(Event("match", "traffic_surge", 3.0, start, np.inf))
    np.testing.assert_allclose(more.demand, 3 * snapshot.demand)
    at = tuple(snapshot.cell_position[2, :2])
    works = Event("works", "maintenance", 0.0, start, np.inf, at, 1.0)
    away = twin.fork().apply(works)
    assert np.flatnonzero(away.power == 0).tolist() == [2]
    assert not (away.cell == 2).any()
    with pytest.raises(FieldError, match=r"Event\.cells\[0\] = 'nope'"):
        twin.fork().apply(Event("w", "outage", 0.0, 0.0, 1.0, cells=("nope",)))


def test_what_cannot_be_is_not_tried(scene):
    """Surges and powers that are no numbers are refused."""
    twin = global_twin(scene)
    followed(scene, twin, reports=1)
    for factor in (np.nan, -1.0, np.inf):
        with pytest.raises(FieldError, match=r"surge\.factor"):
            twin.fork().surge(factor, np.zeros(2), 1e4)
    with pytest.raises(FieldError, match=r"surge\.place"):
        twin.fork().surge(2.0, np.zeros(2), np.nan)
    with pytest.raises(FieldError, match=r"directive\.new = nan: must be a power"):
        twin.fork().apply(power_order("M1A", np.nan))


@given(st.integers(0, 10_000))
def test_demands_side_by_side_settle_as_each_does_alone(seed):
    """Also where cells are down, or users have none; rounds end at the same loads."""
    draws = np.random.default_rng(seed)
    users, cells = 12, 3
    gain = 10 ** draws.uniform(-12, -8, (users, cells))
    power = draws.choice([0.0, 0.1, 1.0], cells)
    width, noise = np.full(cells, 1e6), np.full(users, 1e-13)
    cell = draws.integers(-1, cells, users)
    demands = draws.uniform(0, 3e5, (3, users)) * draws.choice([0.0, 1.0, 9.0], users)
    found = carried(gain, power, width, noise, demands, cell)
    for k, demand in enumerate(demands):
        alone = settle(gain, power, width, noise, demand, cell)
        scale = max(float(demand.max()), 1.0)
        np.testing.assert_allclose(found.rate[k] / scale, alone.rate / scale, atol=0.02)
        np.testing.assert_allclose(found.wanted[k], alone.wanted, rtol=0.02, atol=0.02)


@given(st.integers(0, 10_000))
def test_time_is_shared_max_min_fairly(seed):
    """All of it where all is needed; who gets less than needed gets as much as any."""
    draws = np.random.default_rng(seed)
    users, cells = int(draws.integers(1, 12)), 3
    cell = draws.integers(0, cells, users)
    need = draws.choice([0.0, 0.05, 0.3, 0.9, 4.0, np.inf], users)
    share = time_shares(need, cell, cells)
    assert (share <= need + 1e-12).all()
    for b in range(cells):
        here = cell == b
        used = share[here].sum()
        assert used == pytest.approx(min(need[here].sum(), 1.0))
        starved = here & (share < need - 1e-9)
        if starved.any():
            assert (share[starved] >= share[here].max() - 1e-9).all()


def test_demand_falls_back_to_what_is_usual():
    """On a process that does, the pull is its correlation, and errors are less."""
    rng = np.random.default_rng(2)
    cells, pull = 30, 0.4
    state, model = np.zeros(cells), CellDemand(cells)
    ours, last, before = [], [], None
    for k in range(400):
        state = pull * state + rng.normal(0, 1, cells)
        demand = 10 + state
        if k > 50:
            ours.append(np.mean((model.predict()[0] - demand) ** 2))
            last.append(np.mean((before - demand) ** 2))
        model.observe(60.0 * k, demand)
        before = demand
    assert np.sqrt(np.mean(ours)) < 0.92 * np.sqrt(np.mean(last))
    assert abs(model.pull - pull) < 0.1


def test_urban_gains_fall_with_distance_and_off_the_beam():
    """Sorted pairs; the nearest cells; the pattern's 30 dB behind."""
    start = twins.example()
    model = UrbanGain(start, nearest=6)
    user, cell = model.pairs(start.user_position)
    assert (np.diff(user * 21 + cell) > 0).all()
    place = start.cell_position[[0, 0]].copy()
    ahead = np.array([np.sin(start.azimuth[0]), np.cos(start.azimuth[0]), 0.0])
    place += 300.0 * np.outer([1, -1], ahead)
    place[:, 2] = 1.5
    front, back = model.at(place, np.zeros(2, int))
    assert front - back == pytest.approx(30.0, abs=1.5)
    place[1] = start.cell_position[0] + 600.0 * ahead
    place[1, 2] = 1.5
    near, far = model.at(place, np.zeros(2, int))
    assert 9.0 < near - far < 13.0


def test_nothing_was_measured_yet(scene):
    """No state to fork; an empty report changes nothing."""
    twin = global_twin(scene)
    with pytest.raises(RuntimeError, match="before the first update"):
        twin.fork()
    empty = pd.DataFrame({"time": [], "name": [], "value": []})
    snapshot = twin.update(empty, scene[0].time)
    assert snapshot.sizes["U"] == scene[0].sizes["U"]


def test_a_cell_that_falls_silent_is_found_and_comes_back(scene):
    """Within two periods; one lost report takes nothing down, nor does a lost link."""
    start, coverage = scene
    outages = {"M4B": (start.time + 35.0, start.time + 75.0)}
    network = SimulatedNetwork(start, coverage, 1, outages=outages)
    twin, down = global_twin(scene), {}
    for number in range(1, 12):
        network.step(10.0)
        report = network.report()
        if number == 2:
            report = report[report["cell_id"] != "M1A"]
        if number == 11:
            report = report[:0]
        snapshot = twin.update(report, network.time)
        down[10 * number] = snapshot.cell_id[~snapshot.alive].tolist()
    assert down[50] == down[60] == down[70] == ["M4B"]
    assert all(not names for time, names in down.items() if not 50 <= time <= 70)


def test_silence_of_all_takes_cells_down_only_in_the_end():
    """Nobody knows whether the cells or the way to them failed."""
    silence = Silence(2, 0.0)
    for time in (10.0, 20.0):
        silence.hear(np.full(2, time), np.arange(2), np.ones(2, bool))
    assert silence.alive(150.0).all()
    assert not silence.alive(201.0).any()
    silence.hear(np.array([40.0, 40.0]), np.array([0, 1]), np.array([True, False]))
    assert silence.alive(40.0).all()
    silence.hear(np.array([50.0]), np.array([0]), np.array([True]))
    silence.hear(np.array([60.0]), np.array([0]), np.array([True]))
    assert silence.alive(60.0).tolist() == [True, False]
