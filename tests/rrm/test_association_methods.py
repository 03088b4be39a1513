"""Methods of user association against enumeration and the public instances."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import rrm
from benchmarks.instances.gap import FOLDER, best_known, read_gap
from benchmarks.instances.many_users import hexagonal_association
from formulations import Association, UserAssociation
from formulations.association_prices import (
    CapacityPrices,
    CapacityRay,
    NoCandidate,
    TooFewPlaces,
    UserPrices,
)
from formulations.kernels.knapsack import knapsack, room

INF = np.inf
PLAIN = ["lagrangian", "local_search", "knapsack_dual"]
GAP_SETS = pytest.mark.skipif(
    not FOLDER.exists(), reason="needs ../shared/instances/association"
)


def all_of(problem: UserAssociation):
    """Every association of a tiny problem with one link, and whether it is feasible."""
    users, cells = problem.sizes["U"], problem.sizes["B"]
    for cell in product(range(-1, cells), repeat=users):
        allocation = Association(np.array(cell))
        feasible = max(problem.violations(allocation).values()) <= 1e-9
        yield allocation, feasible


def best_of(problem: UserAssociation) -> float:
    """Best objective by enumeration, -inf if there is no allocation."""
    return max(
        (problem.evaluate(one) for one, feasible in all_of(problem) if feasible),
        default=-INF,
    )


@st.composite
def tiny(draw) -> UserAssociation:
    """Up to five users and three cells, dense or sparse, whole numbers or not."""
    users, cells = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    utility = rng.integers(-3, 9, (users, cells)).astype(float)
    load = rng.integers(0, 4, (users, cells)).astype(float)
    if not whole:
        utility, load = utility + rng.normal(size=utility.shape), load * rng.uniform()
    utility[rng.uniform(size=utility.shape) < 0.2] = -INF
    fields = {
        "utility": utility,
        "load": load if draw(st.booleans()) else load[:, 0],
        "capacity": rng.integers(0, 6, cells) * (1.0 if whole else rng.uniform(0.3, 1)),
        "must_serve": draw(st.booleans()),
        "previous": rng.integers(-1, cells, users),
        "handover_cost": draw(st.sampled_from([0.0, 1.0])),
    }
    if draw(st.booleans()):
        rows, columns = np.nonzero(np.isfinite(utility))
        entries = (utility[rows, columns], (rows, columns))
        fields["utility"] = csr_array(entries, shape=utility.shape)
    return UserAssociation(**fields)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.booleans())
def test_knapsacks_are_solved_to_the_optimum(items, seed, whole):
    """Value and items agree with all subsets, for whole and for real loads."""
    rng = np.random.default_rng(seed)
    load = rng.integers(0, 9, items).astype(float)
    profit = rng.integers(-2, 9, items).astype(float)
    if not whole:
        load, profit = load * rng.uniform(size=items), profit + rng.normal(size=items)
    capacity = rng.uniform(0, 1) * load.sum()
    taken = np.zeros(items, bool)
    value = knapsack(profit, load, capacity, room(64, 256), taken)
    subsets = np.array(list(product([0, 1], repeat=items)))
    best = (subsets @ profit)[subsets @ load <= capacity].max()
    assert value == pytest.approx(best, rel=1e-12, abs=1e-12)
    assert load[taken].sum() <= capacity * (1 + 1e-12)
    assert profit[taken].sum() == pytest.approx(best, rel=1e-12, abs=1e-12)


@settings(deadline=None)
@given(st.integers(8, 14), st.integers(0, 2**32 - 1))
def test_knapsacks_without_memory_are_bounded(items, seed):
    """With room for a few states, the value is no less than the optimum."""
    rng = np.random.default_rng(seed)
    load = rng.integers(20, 60, items).astype(float)
    profit = load + 10.0  # strongly correlated: states multiply
    capacity = float(load.sum() // 2)
    taken = np.zeros(items, bool)
    value = knapsack(profit, load, capacity, room(4, 16), taken)
    subsets = np.array(list(product([0, 1], repeat=items)))
    best = (subsets @ profit)[subsets @ load <= capacity].max()
    assert value >= best * (1 - 1e-12)
    assert profit[taken].sum() <= best * (1 + 1e-12)
    assert load[taken].sum() <= capacity


@settings(deadline=None)
@given(tiny(), st.integers(0, 2**32 - 1))
def test_bounds_hold_at_any_prices(problem, seed):
    """No feasible association is better than a bound at random prices."""
    rng = np.random.default_rng(seed)
    users, cells = problem.sizes["U"], problem.sizes["B"]
    zeros = np.zeros(cells)
    capacity = CapacityPrices(rng.exponential(2.0, cells), zeros, zeros)
    user = rng.normal(2.0, 3.0, users)
    user = user if problem.must_serve else np.maximum(user, 0.0)
    best = best_of(problem)
    if best == -INF:
        return
    for argument in (capacity, UserPrices(user)):
        bound = argument.bound(problem)
        assert best <= bound + 1e-9 * max(abs(best), 1.0)


def _rays(problem: UserAssociation, rng: np.random.Generator) -> list[CapacityRay]:
    """Rays with prices on every limit that is finite, near those that weigh alike."""
    limits = np.array([problem.capacity, problem.backhaul])
    weight = np.where(np.isfinite(limits), rng.lognormal(0, 0.5, limits.shape), 0.0)
    prices = np.divide(weight, limits, out=np.zeros_like(weight), where=limits > 0)
    return [CapacityRay(prices[0], prices[1])]


@settings(deadline=None, max_examples=300)
@given(tiny(), st.integers(0, 2**32 - 1))
def test_conflicts_are_claimed_only_where_there_are_some(problem, seed):
    """Whatever the prices, what has an association is not called infeasible."""
    rng = np.random.default_rng(seed)
    users, cells = problem.sizes["U"], problem.sizes["B"]
    arguments = [
        CapacityRay(rng.exponential(1.0, cells), np.zeros(cells)),
        *_rays(problem, rng),
        TooFewPlaces(rng.exponential(1.0, users)),
        *(NoCandidate(user) for user in range(users)),
    ]
    claims = [argument.bound(problem) for argument in arguments]
    assert all(np.isnan(claim) or claim == -INF for claim in claims)
    if best_of(problem) > -INF:
        assert np.isnan(claims).all()


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        (CapacityPrices([-1.0], [0.0], [0.0]), UserAssociation([[1.0]], [1.0], [1.0])),
        (
            CapacityPrices([np.nan], [0.0], [0.0]),
            UserAssociation([[1.0]], [1.0], [1.0]),
        ),
        (UserPrices([-1.0]), UserAssociation([[1.0]], [1.0], [1.0])),
        (UserPrices([0.0, 0.0]), UserAssociation([[1.0]], [1.0], [1.0])),
        (UserPrices([np.inf]), UserAssociation([[1.0]], [1.0], [1.0])),
        (CapacityRay([1.0], [0.0]), UserAssociation([[1.0]], [2.0], [1.0])),
        (
            CapacityRay([1.0], [1.0]),  # a toll where the backhaul is infinite
            UserAssociation([[1.0]], [2.0], [1.0], must_serve=True),
        ),
        (TooFewPlaces([1.0]), UserAssociation([[1.0]], [2.0], [1.0])),
        (NoCandidate(0), UserAssociation([[1.0]], [2.0], [1.0])),
        (NoCandidate(3), UserAssociation([[1.0]], [2.0], [1.0], must_serve=True)),
    ],
)
def test_invalid_arguments_prove_nothing(argument, problem):
    """Prices of a wrong sign or shape, and conflicts where nobody must be served."""
    assert np.isnan(argument.bound(problem))


@settings(max_examples=25, deadline=None)
@given(tiny())
def test_plain_methods_find_the_optimum_of_tiny_problems(problem):
    """Together they find it, and what they say of it is true."""
    solution = rrm.solve(problem, rrm.Budget(0.3, gap=1e-7), method=PLAIN)
    best = best_of(problem)
    if best == -INF:
        assert solution.allocation is None
        return
    assert solution.status in ("optimal", "feasible")
    assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert solution.bound >= best - 1e-9 * max(abs(best), 1.0)


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        (
            {"load": [1.0, 9.0, 1.0], "capacity": [4.0, 4.0]},
            NoCandidate,
            "must_serve of user 1",
        ),
        (
            {"load": [2.0, 2.0, 2.0], "capacity": [3.0, 2.5]},
            CapacityRay,
            "capacity of cells 0, 1 together",
        ),
        (
            {"load": [2.0, 2.0, 2.0], "capacity": [3.5, 3.0]},
            TooFewPlaces,
            "must_serve of 3 users",
        ),
    ],
)
def test_conflicts_are_named(fields, kind, words):
    """A user too large, too little capacity in sum, too little for whole users."""
    problem = UserAssociation(utility=np.ones((3, 2)), **fields, must_serve=True)
    solution = rrm.solve(problem, 20.0, method=PLAIN)
    assert solution.status == "infeasible"
    assert solution.seconds < 10.0
    assert isinstance(solution.certificate.proof, kind)
    assert words in str(solution.certificate.proof)
    assert solution.certificate.proof.bound(problem) == -INF


@pytest.mark.parametrize("method", ["auto", "local_search", "lagrangian"])
def test_load_and_traffic_may_contradict_together(method):
    """One cell is full of load after one user, the other one of traffic."""
    problem = UserAssociation(
        np.array([[1.0, 4.0]] * 3),
        np.array([[4.0, 1.0]] * 3),
        np.array([4.0, 4.0]),
        backhaul=np.array([4.0, 5.0]),
        must_serve=True,
    )
    solution = rrm.solve(problem, 1.0, method=method)
    assert solution.status == "infeasible"
    words = str(solution.certificate.proof)
    assert "the capacity of cell" in words
    assert "the backhaul of cell" in words
    assert solution.certificate.proof.bound(problem) == -INF
    roomy = problem.replace(backhaul=np.array([4.0, 8.0]))
    assert rrm.solve(roomy, 1.0, method=method).allocation is not None


def test_whole_values_round_bounds_down():
    """Three users of load 2 on a cell of 5: bound 2.5 of the relaxation becomes 2."""
    problem = UserAssociation(np.ones((3, 1)), np.full(3, 2.0), [5.0])
    prices = CapacityPrices(np.array([0.5]), np.zeros(1), np.zeros(1))
    assert prices.bound(problem) == 2.0
    halves = problem.replace(utility=np.full((3, 1), 0.5))
    prices = CapacityPrices(np.array([0.25]), np.zeros(1), np.zeros(1))
    assert prices.bound(halves) == pytest.approx(1.25)


@pytest.mark.parametrize("seed", range(4))
def test_several_links_against_enumeration(seed):
    """Four users with two links each: the best of all pairs of cells."""
    rng = np.random.default_rng(seed)
    problem = UserAssociation(
        rng.lognormal(0, 1, (4, 3)), rng.uniform(0.2, 1, (4, 3)), np.full(3, 1.5),
        max_links=2, backhaul=[5.0, INF, 3.0],
    )  # fmt: skip
    pairs = [(-1, -1), (0, -1), (1, -1), (2, -1), (0, 1), (0, 2), (1, 2)]
    every = [Association(np.array(cell)) for cell in product(pairs, repeat=4)]
    worst = [max(problem.violations(one).values()) for one in every]
    best = max(
        problem.evaluate(one)
        for one, bad in zip(every, worst, strict=True)
        if bad <= 1e-9
    )
    solution = rrm.solve(problem, 1.0, method=["link_search", "local_search"])
    assert best * 0.97 <= solution.objective <= best * (1 + 1e-9)


@pytest.mark.parametrize("unit_load", [False, True])
def test_many_users_within_half_a_per_cent(unit_load):
    """30,000 users: kernels for many pairs agree with plain sums, the gap is small."""
    problem = hexagonal_association(30_000, 300, unit_load=unit_load)
    solution = rrm.solve(problem, rrm.Budget(60.0, gap=0.005), method=PLAIN)
    assert solution.gap <= 0.005
    cell = solution.allocation.cell
    served = np.flatnonzero(cell >= 0)
    utility = np.asarray(problem.utility[served, cell[served]]).ravel()
    assert solution.objective == pytest.approx(utility.sum(), rel=1e-12)
    load = np.ones(len(served))
    if not unit_load:
        load = np.asarray(problem.load[served, cell[served]]).ravel()
    used = np.bincount(cell[served], load, 300)
    assert (used <= problem.capacity * (1 + 1e-9)).all()
    again = solution.certificate.proof.bound(problem)
    assert again == solution.bound


def test_prices_of_users_lead_to_prices_of_cells():
    """Both prove nearly the same of many users; by hand for three and one cell."""
    problem = UserAssociation([[3.0], [4.0], [2.0]], [1.0, 2.0, 2.0], [2.5])
    # at prices 0, 1, 0 users earn 3, 3, 2 by loads 1, 2, 2: the second splits
    price = UserPrices(np.array([0.0, 1.0, 0.0])).capacity_price(problem)
    np.testing.assert_allclose(price, [1.5])
    many = hexagonal_association(3000, 30)
    solution = rrm.solve(many, 2.0, method="knapsack_dual")
    proof = solution.certificate.proof
    assert isinstance(proof, UserPrices)
    zeros = np.zeros(30)
    again = CapacityPrices(proof.capacity_price(many), zeros, zeros).bound(many)
    assert solution.bound <= again <= 1.01 * solution.bound


def test_a_start_is_kept_and_improved():
    """The search begins where the last answer is, and gets no worse."""
    problem = hexagonal_association(2000, 30, seed=3)
    first = rrm.solve(problem, 0.3, method=PLAIN)
    again = rrm.solve(problem, 0.3, method="local_search", start=first)
    assert again.objective >= first.objective


@pytest.mark.shared_instances
@GAP_SETS
@pytest.mark.parametrize("name", ["c05100", "d05100", "e10400", "e40400"])
def test_published_sets(name):
    """Within 0.5% of the best known cost, with a bound within 0.5%."""
    low, best = best_known()[name]
    solution = rrm.solve(read_gap(FOLDER / name), 6.0, method=PLAIN)
    assert best <= -solution.objective <= 1.005 * best
    assert 0.995 * best <= -solution.bound <= best
    assert low <= best


@pytest.mark.shared_instances
@GAP_SETS
def test_gap_files_are_read_as_written():
    """Five agents and 100 jobs; the first cost is the first number after them."""
    problem = read_gap(FOLDER / "c05100")
    numbers = (FOLDER / "c05100").read_text().split()
    assert problem.utility.shape == (100, 5)
    assert problem.must_serve
    assert problem.utility[0, 0] == -float(numbers[2])
    assert problem.utility[1, 0] == -float(numbers[3])
    assert problem.load[0, 0] == float(numbers[2 + 500])
    assert problem.capacity[-1] == float(numbers[-1])
