"""Placement problems: validation, checks, prices, proofs and users served."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from formulations import FieldError, LapPlacement, Placement
from formulations.conflict_cliques import conflict_cliques
from formulations.placement_model import canonical, model_of
from formulations.placement_prices import (
    Contradiction,
    ServicePrices,
    ServiceRay,
    contradictions,
)
from rrm.placement.service import serve
from tests.conformance.instances import placement_cases
from tests.conformance.placements import placements

CASES = {case.name: case for case in placement_cases()}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": [[1.0, np.nan]]}, r"value\[0, 1\] = nan"),
        ({"capacity": [-1.0, 1.0]}, r"capacity\[0\] = -1.0"),
        ({"conflicts": [[0, 2]]}, r"conflicts\[0, 1\] = 2: must be an integer"),
        ({"conflicts": [[1, 1]]}, r"conflicts\[0\] = \[1, 1\]: must be two sites"),
        ({"gateway": [0, 1], "backhaul": [1.0]}, r"gateway\[1\] = 1"),
        ({"gateway": [0, -1]}, r"gateway\[0\] = 0: must be an integer in \[-1, -1\]"),
        ({"max_laps": -1}, "max_laps = -1"),
        ({"battery": np.nan}, "battery = nan"),
        ({"energy": [1.0]}, "energy = shape"),
    ],
)
def test_bad_fields_are_refused_by_name(changes, message):
    """The field, the first bad index and what is allowed are named."""
    with pytest.raises(FieldError, match=message):
        LapPlacement(**{"value": [[1.0, 2.0]], **changes})


@pytest.mark.parametrize(
    "allocation",
    [
        Placement(np.ones(3, bool), np.zeros(4, int)),
        Placement(np.ones(6, bool), np.full(20, 6)),
        Placement(np.ones(6), np.zeros(20, int)),
        Placement(np.ones(6, bool), share=np.zeros((20, 6))),
        "open",
    ],
)
def test_bad_allocations_are_refused(allocation):
    """Wrong shapes, types, sites out of range, shares of whole users."""
    with pytest.raises(FieldError):
        LapPlacement.example().checked(allocation)


def test_each_violation_is_named_and_sized():
    """One placement that breaks everything, against numbers worked out by hand."""
    problem = LapPlacement(
        [[1.0, 2.0, -np.inf], [1.0, -np.inf, 3.0]],
        demand=[2.0, 1.0],
        capacity=[1.0, 4.0, 1.0],
        max_laps=1,
        must_serve=True,
        gateway=[0, 0, 0],
        backhaul=[1.5],
        energy=[3.0, 1.0, 1.0],
        battery=2.0,
        conflicts=[[0, 1]],
        fixed=[False, False, True],
    )
    found = problem.violations(
        Placement(np.array([True, True, False]), np.array([0, 1]))
    )
    assert found["candidate"] == 0.5  # user 1 from site 1
    assert found["capacity"] == 1.0  # 2 of 1
    assert found["backhaul"] == 1.0  # 3 of 1.5
    assert found["energy"] == 0.5  # 3 of 2
    assert found["conflicts"] == found["fixed"] == found["max_laps"] == 1.0
    assert found["closed"] == found["must_serve"] == 0.0
    nobody = Placement(np.array([False, False, True]), np.array([1, -1]))
    found = problem.violations(nobody)
    assert found["closed"] == 1.0
    assert found["must_serve"] == 0.5


def test_dense_and_sparse_are_one_problem():
    """Stored entries are those in range, a stored zero too."""
    value = np.array([[0.0, 2.0, -np.inf], [-np.inf, 1.0, 3.0]])
    rows, columns = np.nonzero(np.isfinite(value))
    sparse = csr_array((value[rows, columns], (rows, columns)), shape=value.shape)
    dense, thin = LapPlacement(value), LapPlacement(sparse)
    for allocation in placements(dense):
        assert dense.evaluate(allocation) == thin.evaluate(allocation)
        assert dense.violations(allocation) == thin.violations(allocation)


def test_file_round_trip(tmp_path):
    """Arrays and numbers survive, infinities too."""
    problem = LapPlacement.example()
    problem.to_file(tmp_path / "p.npz")
    again = LapPlacement.from_file(tmp_path / "p.npz")
    for name, _ in LapPlacement.specs():
        np.testing.assert_array_equal(getattr(again, name), getattr(problem, name))


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_cliques_cover_exactly_the_conflicts(seed):
    """Every pair inside a clique is a conflict, and each conflict is in one."""
    rng = np.random.default_rng(seed)
    sites = int(rng.integers(2, 12))
    pairs = np.argwhere(np.triu(rng.random((sites, sites)) < 0.4, 1))
    start, member = conflict_cliques(pairs, sites)
    wanted = {tuple(pair) for pair in pairs.tolist()}
    covered = set()
    for q in range(len(start) - 1):
        clique = sorted(member[start[q] : start[q + 1]].tolist())
        covered |= {(a, b) for a in clique for b in clique if a < b}
    assert covered == wanted


@pytest.mark.parametrize("name", list(CASES))
def test_any_prices_bound_every_placement(name):
    """No enumerated placement is worth more than the bound at random prices."""
    problem = CASES[name].problem
    best = max(
        (
            problem.evaluate(one)
            for one in placements(problem)
            if max(problem.violations(one).values()) <= 1e-9
        ),
        default=-np.inf,
    )
    rng = np.random.default_rng(0)
    size = np.abs(problem.reach.value).max()
    per_demand = size / problem.demand.max()
    sites, gateways = problem.sizes["S"], len(problem.backhaul)
    for _ in range(30):
        user = size * rng.uniform(
            -1 if problem.must_serve else 0, 1, len(problem.demand)
        )
        prices = ServicePrices(
            user,
            per_demand * rng.uniform(0, 1, sites) * np.isfinite(problem.capacity),
            per_demand * rng.uniform(0, 1, gateways) * np.isfinite(problem.backhaul),
            size * rng.uniform(0, 1, len(problem.cliques[0]) - 1),
        )
        assert prices.bound(problem) >= best - 1e-12 * abs(best)


def test_prices_out_of_range_bound_nothing():
    """Negative, missing, not finite, or on what is not limited: nan."""
    problem = LapPlacement.example()
    good = [np.ones(20), np.ones(6), np.array([1.0, 0.0]), np.ones(3)]
    assert np.isfinite(ServicePrices(*good).bound(problem))
    for place, bad in enumerate([-1.0, np.nan, np.inf]):
        for part in range(4):
            prices = [values.copy() for values in good]
            prices[part][0] = bad
            assert np.isnan(ServicePrices(*prices).bound(problem)), (place, part)
    good[2][1] = 1.0  # of a gateway without limit
    assert np.isnan(ServicePrices(*good).bound(problem))
    good[2] = np.ones(3)
    assert np.isnan(ServicePrices(*good).bound(problem))


def test_integer_data_round_the_bound_down():
    """Costs 3 and 5 with half prices: a bound of -7.5 becomes -8."""
    problem = LapPlacement([[-3.0, -9.0], [-9.0, -5.0]], must_serve=True, max_laps=1)
    # site 0 earns 0.5 at user prices -3.5 and -4.5, site 1 nothing: -8 + 0.5
    prices = ServicePrices(
        np.array([-3.5, -4.5]), np.zeros(2), np.empty(0), np.empty(0)
    )
    assert prices.bound(problem) == -8.0
    assert prices.bound(problem.replace(value=problem.value + 0.1)) == pytest.approx(
        -8.0 + 0.6
    )


@pytest.mark.parametrize(
    ("changes", "constraints"),
    [
        ({"fixed": [True, False], "energy": [3, 1], "battery": 2}, "fixed, battery"),
        ({"fixed": [True, True], "conflicts": [[0, 1]]}, "fixed, conflicts"),
        ({"fixed": [True, True], "max_laps": 1}, "fixed, max_laps"),
        ({"energy": [3, 4], "battery": 2}, "must_serve, battery"),
        ({"value": [[1, 1], [-np.inf, -np.inf]]}, "must_serve, value"),
        (
            {"value": [[1, 1], [-np.inf, 1]], "energy": [1, 3], "battery": 2},
            "must_serve, value, battery, conflicts",
        ),
        (
            {"capacity": [0.5, 0.6]},
            "must_serve, single_source, capacity, backhaul",
        ),
        (
            {"capacity": [1.5, 1.5], "max_laps": 1},
            "must_serve, capacity, max_laps, battery",
        ),
        ({"gateway": [0, 0], "backhaul": [1.5]}, "must_serve, backhaul, capacity"),
    ],
)
def test_contradictions_name_the_constraints(changes, constraints):
    """Each is found, recomputed from the problem, and gone without its cause."""
    problem = LapPlacement(**{"value": np.ones((2, 2)), "must_serve": True, **changes})
    found = contradictions(problem)
    assert constraints in [reason.constraints for reason in found]
    assert all(reason.bound(problem) == -np.inf for reason in found)
    easy = LapPlacement(np.ones((2, 2)), must_serve=True)
    assert all(np.isnan(reason.bound(easy)) for reason in found)
    assert np.isnan(Contradiction("no such", 0).bound(problem))


def test_a_ray_proves_that_two_platforms_cannot_reach_three_places():
    """Users of three sites apart, two platforms: prices -1 each leave -3 + 2 < 0."""
    value = np.where(np.eye(3, dtype=bool), 1.0, -np.inf)
    problem = LapPlacement(value, must_serve=True, max_laps=2)
    ray = ServiceRay(-np.ones(3), np.zeros(3), np.empty(0), np.empty(0))
    assert ray.bound(problem) == -np.inf
    assert np.isnan(ray.bound(problem.replace(max_laps=3)))


@given(st.integers(0, 100_000))
@settings(max_examples=80, deadline=None)
def test_serving_is_the_optimum_of_the_linear_program(seed):
    """Chains of displacements, started at any prices, against HiGHS by scipy."""
    rng = np.random.default_rng(seed)
    users, sites, gateways = rng.integers(3, 14), rng.integers(2, 6), 2
    value = rng.uniform(0.2, 2.0, (users, sites))
    value[rng.random((users, sites)) < 0.2] = -np.inf
    demand = rng.choice([0.0, 0.5, 1.0, 2.0, 3.0], users)
    demand[0] = 1.0
    problem = LapPlacement(
        value,
        demand=demand,
        capacity=rng.uniform(0.2, 1.2, sites) * demand.sum() / sites,
        gateway=rng.integers(-1, gateways, sites),
        backhaul=rng.uniform(0.2, 0.7, gateways) * demand.sum(),
        single_source=False,
    )
    scaled, model = canonical(problem)
    is_open = rng.random(sites) < 0.8
    found = serve(is_open, model, rng.uniform(0, 1, sites) * rng.integers(0, 2))
    placement = found.placement()
    assert max(problem.violations(placement).values()) <= 1e-9
    user, site = np.nonzero(np.isfinite(value) & is_open)
    if not len(user):
        assert found.worth == 0.0
        return
    rows = [(user == u, 1.0) for u in range(users)]
    rows += [((site == s) * demand[user], problem.capacity[s]) for s in range(sites)]
    gate = problem.gateway[site]
    rows += [((gate == g) * demand[user], problem.backhaul[g]) for g in range(gateways)]
    best = linprog(
        -value[user, site],
        A_ub=np.array([row for row, _ in rows], float),
        b_ub=[limit for _, limit in rows],
    )
    assert problem.evaluate(placement) == pytest.approx(-best.fun, rel=1e-8)
    assert found.worth * scaled.units["value"] == pytest.approx(-best.fun, rel=1e-8)


def test_model_holds_the_pairs_both_ways():
    """By site and by user are the same pairs; limits that cannot bind are infinite."""
    model = model_of(LapPlacement.example().scaled())
    users = np.repeat(np.arange(20), np.diff(model.start))
    by_user = {
        (u, s): v for u, s, v in zip(users, model.site, model.value, strict=True)
    }
    sites = np.repeat(np.arange(6), np.diff(model.first))
    by_site = {
        (u, s): v for u, s, v in zip(model.user, sites, model.worth, strict=True)
    }
    assert by_user == by_site
    assert model.gateway.tolist() == [0, 0, 0, -1, -1, -1]


def test_links_that_are_kept_do_not_survive_a_change():
    """Sites that their owner writes to between two questions are looked at anew."""
    problem = LapPlacement([[3.0, 2.0], [1.0, 4.0]], open_cost=np.zeros(2))
    is_open, site = np.ones(2, bool), np.array([0, 0])
    assert problem.evaluate(Placement(is_open, site)) == 4.0
    assert problem.links(Placement(is_open, site))[3].tolist() == [3.0, 1.0]
    site[1] = 1
    assert problem.links(Placement(is_open, site))[3].tolist() == [3.0, 4.0]
    assert problem.evaluate(Placement(is_open, site)) == 7.0
