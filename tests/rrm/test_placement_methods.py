"""Placement methods: against enumeration, published optima, and each other."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.instances.facility import best_known, names, p_median, read
from benchmarks.stadium import stadium
from formulations import LapPlacement
from formulations.kernels.room_prices import sweep, worth_at
from formulations.kernels.site_prices import knapsack_price
from formulations.kernels.user_levels import levels
from formulations.lap_sites import (
    Platform,
    flight_energy,
    flight_power,
    site_grid,
    too_close,
)
from formulations.placement_model import canonical
from formulations.placement_prices import Contradiction, ServiceRay
from rrm.placement import coarse
from rrm.placement.crowd_service import serve_crowd
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.report import placement_picture, placement_report
from rrm.placement.service import serve
from rrm.placement.trim import trimmed
from tests.conformance.placements import placements
from twins import TwinSnapshot
from twins.l1.air_to_ground import air_to_ground_gain, line_of_sight

INLINE = ("local_search", "lagrangian", "branch_and_bound")
MEDIANS = [name for name in names() if name in ("pmed1", "pmed6", "pmed16", "pmed20")]


def random_problem(seed: int) -> LapPlacement:
    """Four users, three sites, and a mixture of all constraints."""
    rng = np.random.default_rng(seed)
    value = rng.uniform(0.5, 3.0, (4, 3)) * rng.choice([-1.0, 1.0])
    value[rng.random((4, 3)) < 0.15] = -np.inf
    demand = rng.choice([0.5, 1.0, 2.0], 4)
    fields = {}
    if rng.random() < 0.5:
        fields["capacity"] = rng.uniform(0.3, 1.1, 3) * demand.sum()
    if rng.random() < 0.4:
        fields |= {
            "gateway": rng.integers(-1, 2, 3),
            "backhaul": rng.uniform(0.3, 0.9, 2) * demand.sum(),
        }
    if rng.random() < 0.4:
        fields["conflicts"] = [[0, 1]]
    if rng.random() < 0.3:
        fields |= {"energy": rng.uniform(0, 1.3, 3), "battery": 1.0}
    if rng.random() < 0.3:
        fields["fixed"] = np.arange(3) == rng.integers(3)
    return LapPlacement(
        value,
        open_cost=rng.uniform(0.0, 1.5, 3),
        demand=demand,
        must_serve=bool(rng.random() < 0.5),
        max_laps=float(rng.integers(1, 4)),
        **fields,
    )


@given(st.integers(0, 1_000_000))
@settings(max_examples=40, deadline=None)
def test_inline_methods_agree_with_enumeration(seed):
    """Bounds hold, and together they find the optimum, proven but for whole users."""
    problem = random_problem(seed)
    best = max(
        (
            problem.evaluate(one)
            for one in placements(problem)
            if max(problem.violations(one).values()) <= 1e-9
        ),
        default=-np.inf,
    )
    solution = rrm.solve(problem, rrm.Budget(0.4, gap=1e-9), method=INLINE)
    assert "raised" not in str(solution.plan)
    assert not solution.certificate.refused or "disproved" not in str(
        solution.certificate.refused
    )
    if best == -np.inf:
        assert solution.status in ("infeasible", "unknown")
        return
    assert solution.bound >= best - 1e-9 * abs(best)
    if solution.allocation is not None:
        assert solution.objective <= best + 1e-9 * abs(best)
    if not problem.is_capacitated:
        assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
        assert solution.bound == pytest.approx(best, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("method", ["local_search", "lagrangian"])
@pytest.mark.parametrize(
    ("capacity", "demand"), [(2.0, [1.0] * 3), (0.3, [0.1] * 4), (0.7, [0.1, 0.6])]
)
def test_users_who_fill_a_site_to_the_brim_are_served(method, capacity, demand):
    """Sums of demands are rounded, and what fits but for that is served."""
    value = 1.0 + 0.1 * np.arange(len(demand))[:, None]
    problem = LapPlacement(value, demand=demand, capacity=[capacity])
    solution = rrm.solve(problem, rrm.Budget(2.0, gap=1e-9, work=2000), method=method)
    fits = int(np.floor(capacity / np.mean(demand) + 1e-9))
    assert solution.objective == pytest.approx(value[::-1][:fits].sum())


@pytest.mark.shared_instances
@pytest.mark.parametrize("name", MEDIANS)
def test_published_medians_are_proven(name):
    """The published optimum, by prices or by a tree on prices."""
    solution = rrm.solve(read(name), 30.0, method=list(INLINE))
    assert solution.status == "optimal"
    assert -solution.objective == pytest.approx(best_known()[name], rel=1e-12)


@pytest.mark.shared_instances
@pytest.mark.skipif(not names(), reason="needs ../shared/instances/placement")
def test_benders_proves_a_median_a_second_way():
    """HiGHS with cuts agrees with prices on 200 sites of 400 and more."""
    solution = rrm.solve(read("pmed5"), 30.0, method="benders")
    assert solution.status == "optimal"
    assert -solution.objective == best_known()["pmed5"]


@pytest.mark.shared_instances
@pytest.mark.skipif(not names(), reason="needs ../shared/instances/placement")
@pytest.mark.parametrize("name", ["cfl1", "cfl17"])
def test_small_locations_with_parts_of_users_are_proven(name):
    """The published optimum of capacitated location, users split."""
    solution = rrm.solve(read(name), 30.0, method=list(INLINE))
    assert solution.status == "optimal"
    assert -solution.objective == pytest.approx(best_known()[name], rel=1e-7)


def test_a_median_of_a_line_is_its_middle():
    """Five places in a row: one site in the middle costs 2 + 1 + 0 + 1 + 2."""
    place = np.arange(5.0)
    solution = rrm.solve(p_median(np.abs(place[:, None] - place), 1), 1.0)
    assert solution.status == "optimal"
    assert solution.objective == -6.0
    assert np.flatnonzero(solution.allocation.open).tolist() == [2]


def test_an_answer_within_a_millisecond():
    """The kernel tier answers with something feasible when time is short."""
    rrm.warm_up(workers=False)
    solution = rrm.solve(LapPlacement.example(), 1e-3)
    assert solution.allocation is not None


@pytest.mark.parametrize(
    ("changes", "constraints"),
    [
        ({"energy": np.full(6, 9.0), "battery": 1.0}, "must_serve, battery"),
        ({"capacity": np.full(6, 2.0)}, "must_serve, capacity, max_laps, battery"),
    ],
)
def test_bad_input_is_infeasible_with_its_constraints(changes, constraints):
    """Batteries or capacities too small are named, and proven at once."""
    problem = LapPlacement.example().replace(
        value=np.ones((20, 6)), must_serve=True, **changes
    )
    solution = rrm.solve(problem, 5.0)
    assert solution.status == "infeasible"
    assert isinstance(solution.certificate.proof, Contradiction)
    assert solution.certificate.proof.constraints == constraints
    assert solution.certificate.proof.bound(problem) == -np.inf


def test_places_too_far_apart_are_proven_by_a_ray():
    """Six users around, each in range of its own site, and five platforms."""
    value = np.where(np.eye(6, dtype=bool), 1.0, -np.inf)
    problem = LapPlacement(value, must_serve=True, max_laps=5)
    solution = rrm.solve(problem, 2.0, method="lagrangian")
    assert solution.status == "infeasible"
    assert isinstance(solution.certificate.proof, ServiceRay)


def small_event() -> LapPlacement:
    """A stadium small enough for a moment."""
    return stadium(users=400, hotspots=60, sites=49, laps=4, seed=3)


def test_an_event_with_all_constraints_is_near_its_bound():
    """Capacity, backhaul, energy and conflicts hold at a gap of a few percent."""
    budget = rrm.Budget(60.0, gap=0.05)
    solution = rrm.solve(small_event(), budget, method=list(INLINE))
    assert solution.gap <= 0.05
    assert max(solution.certificate.violations.values()) <= 1e-9


def test_same_event_for_the_same_seed():
    """The generator repeats itself, and differs by seed."""
    one, same, other = small_event(), small_event(), stadium(400, 60, 49, 4, seed=4)
    np.testing.assert_array_equal(one.value.data, same.value.data)
    assert one.value.nnz != other.value.nnz


def test_report_tells_what_binds_and_what_more_would_be_worth():
    """Prices of the report are right for two users and two sites."""
    # one platform with room for one user of 1 Mbit/s; values 5 and 3, both in range
    problem = LapPlacement(
        [[5.0, 4.0], [3.0, 2.9]], demand=[1e6, 1e6], capacity=[1e6, 1e6], max_laps=1
    )
    solution = rrm.solve(problem, 1.0, method=list(INLINE))
    report = placement_report(solution)
    assert [lap.site for lap in report.laps] == [0]
    assert report.laps[0].binding == "capacity"
    assert report.laps[0].users == report.unserved == 1
    # with a second platform the other user is served: by 2.9, at most by its price
    assert report.next_lap >= 2.9 - 1e-6
    assert "one more platform" in str(report)


def test_report_names_the_site_beyond_the_battery():
    """A site that takes 2 J more would earn 8: 4 a joule, as none else is worth it."""
    problem = LapPlacement(
        [[2.0, 10.0]], energy=[1.0, 5.0], battery=3.0, max_laps=1, open_cost=[0, 0]
    )
    report = placement_report(rrm.solve(problem, 1.0, method=list(INLINE)))
    assert report.next_joule_site == 1
    assert 0 < report.next_joule <= 4.0 + 1e-9


def test_line_of_sight_and_gain_follow_the_paper():
    """Urban, 45 degrees: 1 / (1 + 9.61 exp(-0.16 (45 - 9.61))) = 0.9677."""
    assert line_of_sight(np.pi / 4, "urban") == pytest.approx(0.9677, abs=1e-4)
    user, site = np.zeros((1, 3)), np.array([[100.0, 0.0, 100.0]])
    gain = air_to_ground_gain(user, site, 2e9, "urban")[0, 0]
    # free space at 141.4 m and 2 GHz: 81.48 dB; excess 0.9677 x 1 + 0.0323 x 20
    assert -10 * np.log10(gain) == pytest.approx(81.48 + 1.614, abs=0.01)


def test_flight_power_and_energy():
    """Hovering takes P0 + Pi = 168.49 W; a way of 100 m there and back counts."""
    assert flight_power(0.0) == pytest.approx(168.49)
    assert flight_power(10.0) < flight_power(0.0) < flight_power(30.0)
    platform = Platform(speed=10.0, mission=60.0)
    energy = flight_energy(np.array([[0.0, 0.0, 100.0]]), np.zeros(3), platform)
    assert energy[0] == pytest.approx(20 * flight_power(10.0) + 60 * 168.49)


def test_grid_and_conflicts():
    """100 m of users at a spacing of 50 m: three by three, neighbours in conflict."""
    corners = np.array([[0.0, 0.0, 1.5], [100.0, 100.0, 1.5]])
    grid = site_grid(corners, 50.0, (80.0,))
    assert len(grid) == 9
    assert len(too_close(grid, 60.0)) == 12
    assert len(too_close(grid, 50.0)) == 0


def test_from_snapshot_to_a_picture():
    """Users, cells as gateways, a grid of sites: solved, explained and drawn."""
    rng = np.random.default_rng(0)
    snapshot = TwinSnapshot(
        cell_id=np.array(["a", "b"]),
        cell_position=[[0.0, 0.0, 30.0], [600.0, 600.0, 30.0]],
        backhaul=[20e6, np.inf],
        alive=np.array([True, True]),
        user_id=np.array([f"u{k}" for k in range(40)]),
        user_position=np.column_stack((rng.uniform(0, 600, (40, 2)), np.full(40, 1.5))),
        demand=rng.uniform(0.5e6, 2e6, 40),
    )
    problem = LapPlacement.from_snapshot(
        snapshot, 3, spacing=200.0, altitudes=(80.0,), separation=250.0
    )
    assert problem.sizes["S"] == 9
    assert problem.labels["U"][0] == "u0"
    assert set(problem.gateway.tolist()) == {0, 1}
    solution = rrm.solve(problem, 2.0, method=list(INLINE))
    assert solution.allocation.open.sum() <= 3
    sites = site_grid(snapshot.user_position, 200.0, (80.0,))
    picture = placement_picture(solution, snapshot.user_position, sites)
    circles = ET.fromstring(picture).findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == solution.allocation.open.sum()
    with pytest.raises(rrm.FieldError, match="user_position"):
        LapPlacement.from_snapshot(TwinSnapshot(), 1)


def test_crowds_leave_bounds_valid(monkeypatch):
    """Neither in groups nor without does an answer beat the bound of the other."""
    alone = rrm.solve(small_event(), 3.0, method=list(INLINE))
    monkeypatch.setattr(coarse, "LARGE", 0)
    monkeypatch.setattr(coarse, "MANY", 0)
    problem = small_event()
    grouped = rrm.solve(problem, rrm.Budget(60.0, gap=0.02), method="crowd")
    assert grouped.method == "crowd"
    assert grouped.objective <= alone.bound * (1 + 1e-9)
    assert alone.objective <= grouped.bound * (1 + 1e-9)
    assert grouped.gap <= 0.02


def test_a_crowd_has_one_method(monkeypatch):
    """Others would price thousands of users one by one; they say so."""
    monkeypatch.setattr(coarse, "LARGE", 0)
    monkeypatch.setattr(coarse, "MANY", 0)
    reasons = {row.name: row.reason for row in rrm.applicable(small_event())}
    assert reasons["crowd"] is None
    assert all("crowd" in reasons[name] for name in INLINE)


def test_groups_hold_like_users_and_all_their_value():
    """Sums over groups are sums over users; everybody is in one group."""
    problem = small_event()
    _, model = canonical(problem)
    crowd = coarse.crowd_of(problem)
    groups = coarse.grouped(crowd, 1, 8, lambda: False)
    assert groups is not None
    group = groups.group
    assert np.bincount(group).max() <= 8
    assert np.bincount(group).min() >= 1
    dense = np.zeros((len(groups.model.demand), problem.sizes["S"]))
    np.add.at(dense, (group[problem.owner], model.site), model.value)
    owner = np.repeat(np.arange(len(dense)), np.diff(groups.model.start))
    found = np.zeros_like(dense)
    found[owner, groups.model.site] = groups.model.value
    assert found == pytest.approx(dense)
    sites = np.repeat(np.arange(problem.sizes["S"]), np.diff(groups.model.first))
    found[:] = 0.0
    found[groups.model.user, sites] = groups.model.worth
    assert found == pytest.approx(dense)
    assert groups.model.demand == pytest.approx(np.bincount(group, model.demand))
    assert np.bincount(group, groups.part) == pytest.approx(np.ones(len(dense)))
    sample = coarse.grouped(crowd, 7, 8, lambda: False)
    assert sample is not None
    assert (sample.group >= 0).sum() == -(-400 // 7)
    assert coarse.grouped(crowd, 1, 8, lambda: True) is None


def test_crowds_are_served_within_all_limits():
    """Both placements are feasible; the second is about what an exact flow is worth."""
    problem = small_event()
    scaled, model = canonical(problem)
    is_open = rrm.solve(problem, 2.0, method="lagrangian").allocation.open
    exact = serve(is_open, model)
    crowd = coarse.crowd_of(problem)
    first, second = serve_crowd(crowd, is_open, exact.price, lambda: False)
    for placement in (first, second):
        assert max(problem.violations(placement).values()) <= 1e-9
    assert problem.evaluate(second) >= problem.evaluate(first)
    worth = exact.worth * scaled.units["value"]
    assert problem.evaluate(second) == pytest.approx(worth, rel=2e-3)
    nothing = np.zeros_like(exact.price)
    *_, unpriced = serve_crowd(crowd, is_open, nothing, lambda: False)
    assert problem.evaluate(unpriced) == pytest.approx(worth, rel=2e-3)
    assert not list(serve_crowd(crowd, is_open, exact.price, lambda: True))


@given(st.integers(0, 100_000))
@settings(max_examples=50, deadline=None)
def test_prices_of_room_bound_what_is_served(seed):
    """Any sweeps bound the exact flow from above, and each lowers the bound."""
    rng = np.random.default_rng(seed)
    problem = LapPlacement.example().replace(
        demand=rng.choice([0.5, 1.0, 2.0], 20), single_source=False
    )
    _, model = canonical(problem)
    is_open = np.zeros(6, bool)
    is_open[rng.choice(6, 3, replace=False)] = True
    exact = serve(is_open, model)
    opened = np.flatnonzero(is_open)
    table = np.full((20, 3), -np.inf)
    for k, s in enumerate(opened):
        part = slice(model.first[s], model.first[s + 1])
        table[model.user[part], k] = model.worth[part]
    limits = model.capacity[opened], model.gateway[opened], model.backhaul
    prices = rng.uniform(0, 0.2, 3), rng.uniform(0, 0.2, 2)
    prices[1][np.isinf(model.backhaul)] = 0.0
    rest = table, 0.0, model.demand, limits, prices
    before = worth_at(*rest)
    for _ in range(3):
        for k in range(5):
            sweep(k, k + 1, *rest, (np.empty(20), np.empty(20)))
            after = worth_at(*rest)
            assert after <= before * (1 + 1e-12)
            before = after
    assert exact.worth <= (before - model.cost[opened].sum()) * (1 + 1e-9)


def test_sites_at_rest_are_in_the_bound():
    """The bound of a descent, most sites at rest, is that of its prices."""
    problem = stadium(300, 100, 300, 3, seed=1)
    scaled, model = canonical(problem)
    prices = first_prices(model.status > 0, np.zeros(len(model.status)), model)
    descent = PriceDescent(model, model.status.copy(), prices)
    for _ in range(20):
        descent.run(10, 0.0)
        argument = descent.argument(scaled)
        found = argument.bound(problem) / scaled.units["value"]
        assert found == pytest.approx(descent.total, rel=1e-9)


def test_levels_are_those_of_sorting():
    """The value of the last site a user takes, parts of sites adding up to one."""
    problem = small_event()
    crowd = coarse.crowd_of(problem)
    rng = np.random.default_rng(0)
    part, toll = rng.uniform(0, 0.4, 49), rng.uniform(0, 0.5, 49)
    part[rng.choice(49, 20, replace=False)] = 0.0
    level = np.empty(400)
    levels(0, 400, crowd.rows, crowd.unit, crowd.demand, toll, part, level)
    start, site, value = crowd.rows
    for u in range(0, 400, 7):
        at = site[start[u] : start[u + 1]]
        paid = value[start[u] : start[u + 1]] * crowd.unit
        paid = paid - toll[at] * crowd.demand[u]
        order = np.argsort(-paid)
        reached = np.cumsum(part[at[order]]) >= 1
        last = paid[order][np.argmax(reached)] if reached.any() else 0.0
        assert level[u] == pytest.approx(max(last, 0.0))


def test_trimmed_descents_bound_the_whole_problem():
    """What a descent on fewer pairs says is what its prices say about all pairs."""
    problem = small_event()
    scaled, model = canonical(problem)
    start = serve(model.status > 0, model)
    prices = first_prices(start.is_open, start.price, model)
    descent = PriceDescent(model, model.status.copy(), prices)
    descent.run(100, 0.0)
    light = trimmed(model, model.status, descent.best)
    assert len(light.user) < len(model.user)
    again = PriceDescent(light, model.status.copy(), descent.best, 0.3)
    again.run(100, 0.0)
    bound = again.argument(scaled).bound(problem)
    assert bound == pytest.approx(again.total * scaled.units["value"], rel=1e-9)
    assert again.total <= descent.total * (1 + 1e-12)


@given(st.integers(0, 100_000))
@settings(max_examples=100, deadline=None)
def test_knapsack_price_is_that_of_sorting(seed):
    """The price at which what pays more fits, ties and small room included."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 12))
    ratio = rng.integers(1, 6, count).astype(float)
    weight = rng.choice([0.5, 1.0, 3.0], count)
    room = rng.uniform(0, 1) * weight.sum()
    order = np.argsort(-ratio)
    inside = np.searchsorted(np.cumsum(weight[order]), room, side="right")
    price = knapsack_price(ratio.copy(), weight.copy(), count, room)
    assert price == ratio[order][inside]
