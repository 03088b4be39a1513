"""Column generation of associations against enumeration, and what it proves."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import rrm
from benchmarks.instances.gap import FOLDER, best_known, drawn_gap, read_gap
from benchmarks.instances.many_users import hexagonal_association
from formulations import UserAssociation
from formulations.association_prices import UserPrices
from formulations.kernels.cell_columns import FREE, IN, cells_of, fill_cells, lose
from formulations.kernels.knapsack_prices import LEAST, auction_of
from rrm.association import cell_tree
from rrm.association.cell_descent import descend, meet
from rrm.association.cell_tree import CellTree
from rrm.incumbent import Incumbent
from rrm.methods.association.column_generation import column_generation, grain_of
from rrm.registry import named
from tests.rrm.test_association_methods import GAP_SETS, best_of, tiny

PLENTY = 60.0


def solved(problem: UserAssociation, budget: rrm.Budget) -> Incumbent:
    """What the method leaves behind when it runs in this process."""
    incumbent = Incumbent(problem, budget)
    with incumbent.running(
        named(UserAssociation, "column_generation"), incumbent.until_deadline()
    ):
        column_generation(problem, incumbent)
    return incumbent


def parts(problem: UserAssociation, price: np.ndarray):
    """Cells and their auction in the problem's own units."""
    start, cell, _, load, value = problem.candidates
    pairs, must = (start, cell, value, load), problem.must_serve
    return cells_of(pairs, problem.capacity, must), auction_of(
        pairs, problem.capacity, must, price
    )


def relaxation_of_all_sets(problem: UserAssociation) -> float:
    """Linear program over every set of users that fits into each cell."""
    users, cells = problem.sizes["U"], problem.sizes["B"]
    start, cell, _, load, value = problem.candidates
    owner = np.repeat(np.arange(users), np.diff(start))
    columns, cost = [], []
    for b in range(cells):
        own = np.flatnonzero(cell == b)
        for chosen in product([False, True], repeat=len(own)):
            pairs = own[list(chosen)]
            if load[pairs].sum() > problem.capacity[b]:
                continue
            column = np.zeros(users + cells)
            column[owner[pairs]], column[users + b] = 1.0, 1.0
            columns.append(column)
            cost.append(-value[pairs].sum())
    rows = np.array(columns).T
    if problem.must_serve:
        equal = {"A_eq": rows[:users], "b_eq": np.ones(users)}
        limits = {"A_ub": rows[users:], "b_ub": np.ones(cells)}
        found = linprog(cost, **equal, **limits)
    else:
        found = linprog(cost, A_ub=rows, b_ub=np.ones(users + cells))
    return -found.fun if found.status == 0 else -np.inf


@settings(deadline=None, max_examples=40)
@given(tiny())
def test_the_root_bound_is_the_relaxation_over_all_sets(problem):
    """Steps and master together meet the linear program that lists every column."""
    exact = relaxation_of_all_sets(problem)
    if exact == -np.inf or not len(problem.candidates.cell):
        return
    cells, auction = parts(problem, np.zeros(problem.sizes["U"]))
    incumbent = Incumbent(problem, rrm.Budget(PLENTY, gap=0.0))
    descend(auction, 1.0, incumbent)
    meet(cells, auction, 1.0, incumbent.remaining(), incumbent)
    size = max(np.abs(problem.candidates.value).max(), 1.0)
    assert auction.sums[LEAST] == pytest.approx(exact, rel=1e-6, abs=1e-6 * size)
    assert auction.sums[LEAST] >= exact - 1e-9 * size


@settings(deadline=None, max_examples=40)
@given(tiny())
def test_the_optimum_is_found_and_proven(problem):
    """Answer and bound meet at the best of all associations."""
    best = best_of(problem)
    incumbent = solved(problem, rrm.Budget(PLENTY, gap=1e-7))
    if best == -np.inf or not len(problem.candidates.cell):
        assert incumbent.allocation is None
        return
    assert incumbent.objective == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert incumbent.bound == pytest.approx(best, rel=1e-6, abs=1e-8)


@settings(deadline=None, max_examples=40)
@given(tiny(), st.floats(0.01, 3.0))
def test_a_tree_finds_what_there_is_and_nothing_else(problem, above):
    """A value that can be had is found; one above the best exhausts the tree."""
    best = best_of(problem)
    if best == -np.inf or not len(problem.candidates.cell):
        return
    cells, _ = parts(problem, np.zeros(1))
    price = np.zeros(problem.sizes["U"])
    tree = CellTree(cells, price, best + above, lambda: False)
    tree.run()
    assert tree.is_exhausted
    tree = CellTree(cells, price, best - 1e-6, lambda: False)
    tree.run()
    assert tree.found is not None
    assert cells.value[tree.found].sum() == pytest.approx(best, abs=2e-6)


@settings(deadline=None, max_examples=40)
@given(tiny(), st.integers(0, 2**32 - 1), st.floats(0.0, 4.0))
def test_losses_are_those_of_deciding_otherwise(problem, seed, slack):
    """Each open pair: exact up to the slack, from there on no more than exact."""
    rng = np.random.default_rng(seed)
    cells, _ = parts(problem, np.zeros(1))
    pairs, number = len(cells.user), problem.sizes["B"]
    price = rng.normal(1.0, 2.0, problem.sizes["U"])
    status = np.full(pairs, FREE, np.int8)
    earned, taken, loss = np.zeros(number), np.zeros(pairs, bool), np.zeros(pairs)
    bound = fill_cells(cells, price, status, earned, taken)
    lose(cells, 0, number, price, status, earned, taken, slack, loss)
    for e in range(pairs):
        other, sets, sums = status.copy(), taken.copy(), earned.copy()
        other[e] = FREE - 1 if taken[e] else IN
        exact = bound - fill_cells(cells, price, other, sums, sets)
        assert loss[e] <= exact + 1e-9
        if loss[e] <= slack:
            assert loss[e] == pytest.approx(exact, abs=1e-9)


def test_bounds_fall_and_stay_valid():
    """Every bound on the way is above the optimum, and none rises."""
    problem, bounds = drawn_gap("e", 4, 24, 1), []
    incumbent = Incumbent(
        problem,
        rrm.Budget(PLENTY, gap=0.0),
        on_event=lambda event: bounds.append(event["bound"]),
    )
    entry = named(UserAssociation, "column_generation")
    with incumbent.running(entry, PLENTY):
        column_generation(problem, incumbent)
    other = rrm.solve(problem, rrm.Budget(PLENTY, gap=1e-6), method="highs")
    assert other.status == "optimal"
    assert incumbent.bound == incumbent.objective == other.objective
    assert (np.diff(bounds) <= 0).all()
    assert min(bounds) == other.objective


def test_knapsacks_know_that_no_cell_takes_parts_of_a_user():
    """Three users of load 2 and two cells of 3: two are served, not three."""
    utility = np.array([[2.0, 2.0], [2.0, 2.0], [1.0, 1.0]])
    problem = UserAssociation(utility, np.full(3, 2.0), np.full(2, 3.0))
    incumbent = solved(problem, rrm.Budget(PLENTY, gap=0.0))
    assert incumbent.objective == incumbent.bound == 4.0
    assert isinstance(incumbent.certificate().proof, UserPrices)


def test_a_tree_without_room_proves_nothing(monkeypatch):
    """It stops where open nodes would take too much memory."""
    monkeypatch.setattr(cell_tree, "MOST_BYTES", 0)
    incumbent = solved(
        drawn_gap("d", 5, 20, 3), rrm.Budget(PLENTY, gap=0.0, work=20_000)
    )
    assert isinstance(incumbent.certificate().proof, UserPrices)
    assert incumbent.reached() is None


def test_who_cannot_all_be_served_is_not_answered():
    """Five users of load 2 and two cells of 5, which take two each."""
    problem = UserAssociation(
        np.ones((5, 2)), np.full(5, 2.0), np.full(2, 5.0), must_serve=True
    )
    incumbent = solved(problem, rrm.Budget(PLENTY))
    assert incumbent.allocation is None
    solution = rrm.solve(problem, 5.0, method=["column_generation", "knapsack_dual"])
    assert solution.status == "infeasible"


def test_the_same_work_gives_the_same_answer():
    """Two calls of limited work agree in answer and bound."""
    problem = drawn_gap("d", 5, 40, 2)
    budget = rrm.Budget(PLENTY, gap=0.0, work=300)
    first, second = solved(problem, budget), solved(problem, budget)
    np.testing.assert_array_equal(first.allocation.cell, second.allocation.cell)
    assert first.bound == second.bound


def test_real_values_are_proven_to_the_gap():
    """Users in hexagonal cells, with loads and values that are not whole."""
    problem = hexagonal_association(120, 7, seed=2)
    incumbent = solved(problem, rrm.Budget(PLENTY, gap=1e-4))
    assert incumbent.status == "optimal"
    assert incumbent.certificate().violations["capacity"] == 0.0


@pytest.mark.parametrize(
    ("value", "grain"),
    [([[6.0, 10.0]], 2.0), ([[6.0, 9.5]], 0.0), ([[-3.0, -np.inf]], 3.0)],
)
def test_grain_divides_every_value(value, grain):
    """The greatest common divisor of whole values, nothing for others."""
    problem = UserAssociation(np.array(value), np.ones(1), np.ones(2))
    assert grain_of(problem) == grain


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "proportional_fair"}, "values add up"),
        ({"max_links": 2}, "one link"),
        ({"backhaul": np.full(3, 4.0)}, "backhaul"),
    ],
)
def test_what_no_knapsack_states_is_declined(change, reason):
    """Each reason names what does not fit."""
    problem = UserAssociation.example().replace(**change)
    entry = named(UserAssociation, "column_generation")
    assert reason in str(entry.reason_against(problem))


@pytest.mark.shared_instances
@GAP_SETS
@pytest.mark.parametrize("name", ["c05100", "c20200", "d05100"])
def test_published_sets_are_proven(name):
    """The best known cost, and that there is none below."""
    incumbent = solved(read_gap(FOLDER / name), rrm.Budget(PLENTY, gap=0.0))
    assert -incumbent.objective == -incumbent.bound == best_known()[name][1]
