"""Fair sharing of time: against enumeration, assignment to slots, and itself."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import rrm
from formulations import Association, UserAssociation
from formulations.fair_prices import (
    CrowdedCells,
    FairPrices,
    allowed,
    company_worth,
    counts_users,
    rooms,
)

TIGHT = rrm.Budget(5.0, gap=1e-9)


def instance(seed: int, users: int, cells: int, **fields) -> UserAssociation:
    """Rates around 10 Mbit/s, a fifth of the pairs no candidates, unit loads."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(16, 1, (users, cells))
    rate[rng.random(rate.shape) < 0.2] = -np.inf
    fields = {"load": np.ones(users), "capacity": np.full(cells, np.inf), **fields}
    return UserAssociation(rate, objective="proportional_fair", **fields)


def counted(seed: int) -> UserAssociation:
    """Tiny, with limits on the number of users and everything else at random."""
    rng = np.random.default_rng([seed, 1])
    users, cells = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    return instance(
        seed,
        users,
        cells,
        capacity=rng.choice([0.0, 1.0, 2.0, 2.5, np.inf], cells),
        must_serve=bool(rng.integers(2)),
        previous=rng.integers(-1, cells, users),
        handover_cost=float(rng.choice([0.0, 0.5, 30.0])),
    )


def limited(seed: int) -> UserAssociation:
    """Tiny, with loads that differ and backhaul."""
    rng = np.random.default_rng([seed, 2])
    problem = counted(seed)
    shape = problem.utility.shape
    rates = np.append(problem.candidates.utility, 1e6)
    return problem.replace(
        load=rng.uniform(0.2, 1.0, shape),
        backhaul=rng.choice([0.0, np.median(rates), rates.max(), np.inf], shape[1]),
    )


def best_of(problem: UserAssociation) -> float:
    """Highest objective of all feasible associations, -inf without one."""
    users, cells = problem.utility.shape
    best = -np.inf
    for cell in product(range(-1, cells), repeat=users):
        allocation = Association(np.array(cell))
        if max(problem.violations(allocation).values()) <= 1e-9:
            best = max(best, problem.evaluate(allocation))
    return best


def by_slots(problem: UserAssociation, room: np.ndarray) -> float:
    """Optimum as an assignment of users to the n-th places of the cells."""
    users, cells = problem.utility.shape
    place = np.concatenate([np.arange(1, k + 1) for k in room])
    cell = np.repeat(np.arange(cells), room)
    cost = place * np.log(place) - (place - 1) * np.log(np.maximum(place - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.log(np.maximum(problem.utility, 0.0))[:, cell] - cost
    outside = np.full((users, users), problem.unserved_value)
    worth = np.where(np.isfinite(worth), worth, -1e6)
    worth = np.concatenate([worth, outside], axis=1)
    return float(worth[linear_sum_assignment(-worth)].sum())


@pytest.mark.parametrize("seed", range(60))
def test_users_that_are_counted_are_placed_optimally(seed):
    """The optimum of enumeration is found and proven, or that there is none."""
    problem = counted(seed)
    best = best_of(problem)
    solution = rrm.solve(problem, TIGHT, method="fair_flow")
    if np.isinf(best):
        assert solution.status == "infeasible"
        assert isinstance(solution.certificate.proof, CrowdedCells)
    else:
        assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
        assert solution.gap <= 1e-9 or abs(best) < 1e-6
    assert not [text for text in solution.certificate.refused.values()
                if "disproved" in text]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_limits_beside_numbers_are_bounded(seed):
    """With loads and backhaul no association beats the bound, few the answer."""
    problem = limited(seed)
    best = best_of(problem)
    method = "fair_flow" if counts_users(problem) else "fair_limits"
    solution = rrm.solve(problem, rrm.Budget(20.0, gap=1e-9, work=20), method=method)
    assert solution.bound >= best - 1e-9 * abs(best)
    if solution.status == "infeasible":
        assert np.isinf(best)
    if np.isfinite(best) and not problem.must_serve:
        assert solution.objective >= best - 0.3 * problem.sizes["U"]


@pytest.mark.parametrize("room", [60, 14, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_assignment_to_slots_agrees(room, seed):
    """60 users and 6 cells: loose, just enough, and too little room."""
    problem = instance(seed, 60, 6, capacity=np.full(6, float(room)))
    solution = rrm.solve(problem, TIGHT, method="fair_flow")
    assert solution.status == "optimal"
    expected = by_slots(problem, np.full(6, room))
    assert solution.objective == pytest.approx(expected, rel=1e-10)


@given(
    seed=st.integers(0, 500),
    scale=st.floats(0.0, 30.0),
    kind=st.sampled_from([counted, limited]),
)
@settings(max_examples=60, deadline=None)
def test_any_prices_bound(seed, scale, kind):
    """At prices, tolls and fares drawn at random no association beats the bound."""
    problem = kind(seed)
    rng = np.random.default_rng([seed, 3])
    cells = problem.sizes["B"]
    price = rng.normal(0.0, 1.0, cells) * scale
    toll = rng.exponential(size=cells) * scale * np.isfinite(problem.capacity)
    fare = rng.exponential(size=cells) * scale * np.isfinite(problem.backhaul) * 1e-7
    best = best_of(problem)
    bound = FairPrices(price, toll, fare).bound(problem)
    assert bound >= best - 1e-9 * abs(best)


def test_wrong_prices_prove_nothing():
    """Negative, infinite, of another shape, on what is not limited: nan."""
    problem = instance(0, 5, 2, capacity=np.array([3.0, np.inf]))
    free, bad = np.zeros(2), np.array([np.nan, 0.0])
    assert np.isfinite(FairPrices(free, np.array([1.0, 0.0]), free).bound(problem))
    for wrong in (
        FairPrices(bad, free, free),
        FairPrices(np.zeros(3), free, free),
        FairPrices(free, np.array([-1.0, 0.0]), free),
        FairPrices(free, np.array([0.0, 1.0]), free),
        FairPrices(free, free, np.array([1.0, 0.0])),
        FairPrices(free, bad, free),
        FairPrices(free, np.zeros(1), free),
    ):
        assert np.isnan(wrong.bound(problem))
    plain = FairPrices(free, free, free)
    assert np.isnan(plain.bound(problem.replace(objective="sum")))
    assert np.isnan(plain.bound(problem.replace(max_links=2)))


@given(
    price=st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=5),
    room=st.integers(0, 40),
)
@settings(deadline=None)
def test_cells_take_the_best_number(price, room):
    """Closed form against all numbers of users."""
    values = np.array(price)
    n = np.arange(room + 1)
    all_numbers = values[:, None] * n - n * np.log(np.maximum(n, 1))
    found = company_worth(values, np.full(len(values), room))
    np.testing.assert_allclose(found, all_numbers.max(axis=1), atol=1e-12, rtol=1e-12)


def test_room_counts_the_smallest_loads():
    """Rooms and candidates, by hand."""
    problem = UserAssociation(
        np.full((4, 3), 1e6),
        np.array([[0.1, 1.0, 2.0], [0.2, 1.0, 0.0], [0.3, 1.0, 2.0], [0.4, 1.0, 2.0]]),
        np.array([0.6, 3.5, 1.0]),
        objective="proportional_fair",
        backhaul=np.array([np.inf, 0.9e6, np.inf]),
    )
    np.testing.assert_array_equal(rooms(problem), [3, 3, 1])
    served = allowed(problem).reshape(4, 3)
    np.testing.assert_array_equal(served[:, 0], [True] * 4)
    np.testing.assert_array_equal(served[:, 1], [False] * 4)
    np.testing.assert_array_equal(served[:, 2], [False, True, False, False])


def test_conflict_is_named():
    """Three users who hear one cell with room for two; others are left out of it."""
    rate = np.full((6, 3), 1e6)
    rate[:3, 1:] = -np.inf
    problem = UserAssociation(
        rate,
        np.ones(6),
        np.array([2.0, 9.0, 9.0]),
        objective="proportional_fair",
        must_serve=True,
    )
    solution = rrm.solve(problem, 1.0, method="fair_flow")
    assert solution.status == "infeasible"
    proof = solution.certificate.proof
    assert isinstance(proof, CrowdedCells)
    np.testing.assert_array_equal(proof.users, [0, 1, 2])
    np.testing.assert_array_equal(proof.cells, [0])
    assert proof.bound(problem) == -np.inf
    assert np.isnan(proof.bound(problem.replace(must_serve=False)))
    assert np.isnan(proof.bound(problem.replace(capacity=[3.0, 9.0, 9.0])))
    escaping = CrowdedCells(np.array([0, 1, 5]), proof.cells)
    assert np.isnan(escaping.bound(problem))
    counted_twice = CrowdedCells(np.array([0, 1, 1]), proof.cells)
    assert np.isnan(counted_twice.bound(problem))


@pytest.mark.parametrize("users", [1, 7, 200])
@pytest.mark.parametrize("cells", [1, 5])
def test_equal_rates_spread_evenly(users, cells):
    """All ties: the numbers differ by one at the most."""
    problem = UserAssociation(
        np.full((users, cells), 3e6),
        np.ones(users),
        np.full(cells, np.inf),
        objective="proportional_fair",
    )
    solution = rrm.solve(problem, TIGHT, method="fair_flow")
    assert solution.status == "optimal"
    number = np.bincount(solution.allocation.cell, minlength=cells)
    assert number.max() - number.min() <= 1


def test_users_without_candidates_stay_outside():
    """And count as nothing."""
    problem = instance(3, 8, 3)
    rate = problem.utility.copy()
    rate[[0, 7]] = -np.inf
    problem = problem.replace(utility=rate)
    solution = rrm.solve(problem, TIGHT, method="fair_flow")
    assert solution.status == "optimal"
    assert (solution.allocation.cell[[0, 7]] == -1).all()
    nobody = problem.replace(utility=np.full_like(rate, -np.inf))
    assert rrm.solve(nobody, TIGHT, method="fair_flow").objective == 0.0


@pytest.mark.parametrize("room", [np.inf, 30.0])
def test_known_places_lead_to_the_same(room):
    """From the answer of before, after a few users moved, by start or previous."""
    problem = instance(5, 2000, 60, capacity=np.full(60, room))
    before = rrm.solve(problem, TIGHT, method="fair_flow")
    rate = problem.utility.copy()
    rate[:20] = instance(6, 20, 60).utility
    moved = problem.replace(utility=rate)
    cold = rrm.solve(moved, TIGHT, method="fair_flow")
    warm = rrm.solve(moved, TIGHT, method="fair_flow", start=before)
    by_previous = rrm.solve(
        moved.replace(previous=before.allocation.cell), TIGHT, method="fair_flow"
    )
    for solution in (cold, warm, by_previous):
        assert solution.status == "optimal"
        assert solution.objective == pytest.approx(cold.objective, rel=1e-9)


def test_reference_agrees():
    """CVXPY's bound is above the optimum, and near it where users are many."""
    problem = instance(9, 60, 6)
    exact = rrm.solve(problem, TIGHT, method="fair_flow")
    reference = rrm.solve(problem, TIGHT, method="cvxpy_fair")
    assert reference.bound >= exact.objective * (1 - 1e-9)
    assert reference.bound == pytest.approx(exact.objective, rel=1e-3)
    assert isinstance(reference.certificate.proof, FairPrices)


def test_other_problems_are_left_alone():
    """Reasons against sums and several links."""
    problem = instance(0, 5, 2)
    for other in (problem.replace(objective="sum"), problem.replace(max_links=2)):
        lines = {line.name: line for line in rrm.applicable(other)}
        assert lines["fair_flow"].reason
        assert lines["cvxpy_fair"].reason
