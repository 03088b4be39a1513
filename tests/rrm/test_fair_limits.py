"""Shared time within loads and backhaul: kernels alone, and what they add up to."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import Association, UserAssociation
from formulations.fair_prices import counts_users
from formulations.kernels.fair_annealing import anneal, annealing_of
from formulations.kernels.fair_tree import CLOSED, FOUND, tree_of, visit
from formulations.kernels.soft_shares import soft_shares
from tests.rrm.test_fair_flow import best_of, limited


def loaded(seed: int, users: int, cells: int) -> UserAssociation:
    """Room for most users, and mean rates that bind in some cells."""
    rng = np.random.default_rng([seed, 7])
    rate = rng.lognormal(16, 0.7, (users, cells))
    load = rng.uniform(0.5, 1.5, (users, cells))
    return UserAssociation(
        rate,
        load,
        np.full(cells, 0.9 * users / cells),
        objective="proportional_fair",
        backhaul=np.quantile(rate, 0.8) * rng.uniform(0.7, 1.5, cells),
    )


def grouped(problem: UserAssociation, seed: int, groups: int) -> UserAssociation:
    """The same with groups of half the users each, who may take half of each cell."""
    if not groups:
        return problem
    rng = np.random.default_rng([seed, 8])
    users, cells = problem.sizes["U"], problem.sizes["B"]
    limit = rng.uniform(0.3, 0.6, (groups, cells)) * users / cells
    return problem.replace(
        group=rng.random((groups, users)) < 0.5, group_capacity=limit
    )


@pytest.mark.parametrize("seed", range(40))
def test_few_users_of_groups_are_placed_optimally(seed):
    """Within limits of groups the answer is that of enumeration, and bounds hold."""
    problem = grouped(limited(seed), seed, 2)
    best = best_of(problem)
    solution = rrm.solve(problem, rrm.Budget(60.0, gap=0.0), method="fair_limits")
    if np.isinf(best):
        assert solution.allocation is None
    else:
        assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
        assert solution.bound >= best - 1e-9 * abs(best)
    assert solution.stopped != "deadline"


@pytest.mark.parametrize("groups", [0, 2])
def test_users_whom_no_cell_serves_are_left_out(groups):
    """Nothing is there to anneal, and the bound is what nobody earns."""
    problem = grouped(limited(1), 1, groups)
    problem = problem.replace(utility=np.zeros_like(problem.utility), must_serve=False)
    solution = rrm.solve(problem, 1.0, method="fair_limits")
    assert (solution.allocation.cell == -1).all()
    assert solution.bound == pytest.approx(solution.objective, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_few_users_are_placed_optimally(seed):
    """The answer is that of enumeration, proven, long before the time is out."""
    problem = limited(seed)
    if counts_users(problem):
        problem = problem.replace(backhaul=np.full(problem.sizes["B"], 1e30))
    best = best_of(problem)
    solution = rrm.solve(problem, rrm.Budget(20.0, gap=1e-9), method="fair_limits")
    if np.isinf(best):
        assert solution.allocation is None
    else:
        assert solution.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
        assert solution.gap <= 1e-9 or abs(best) < 1e-6
    assert solution.stopped != "deadline"


def test_many_users_come_close():
    """300 users and 10 cells: within 0.5% of the bound, by a fixed amount of work."""
    problem = loaded(0, 300, 10)
    budget = rrm.Budget(60.0, gap=1e-6, work=3000)
    solution = rrm.solve(problem, budget, method="fair_limits")
    assert max(solution.certificate.violations.values()) <= 1e-9
    assert solution.gap <= 0.005
    again = rrm.solve(problem, budget, method="fair_limits")
    np.testing.assert_array_equal(solution.allocation.cell, again.allocation.cell)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 3.0))
def test_soft_shares_agree_with_numpy(seed, temperature):
    """Sum and demand of three users, one of whom hears no cell."""
    rng = np.random.default_rng(seed)
    start = np.array([0, 3, 3, 5])
    cell = np.array([0, 1, 2, 0, 2])
    value, load, traffic = rng.normal(size=(3, 5))
    price = rng.normal(size=(3, 3))
    entries, demand = (start, cell, value, load, traffic), np.zeros((3, 3))
    total = soft_shares(0, 3, entries, -0.5, price, temperature, np.empty(3), demand)
    worth = value - price[0, cell] - price[1, cell] * load - price[2, cell] * traffic
    expected, taken = 0.0, np.zeros((3, 3))
    for own in (slice(0, 3), slice(3, 5)):
        powers = np.exp(np.append(worth[own], -0.5) / temperature)
        expected += temperature * np.log(powers.sum())
        share = powers[:-1] / powers.sum()
        for row, amount in enumerate((np.ones(5), load, traffic)):
            np.add.at(taken[row], cell[own], share * amount[own])
    assert total == pytest.approx(expected, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(demand, taken, atol=1e-9)


def arrays(problem: UserAssociation) -> tuple[np.ndarray, ...]:
    """Entries of a dense problem with nobody as last cell, and relative traffic."""
    users, cells = problem.utility.shape
    cell = np.tile(np.arange(cells + 1), users)
    nobody = np.full((users, 1), problem.unserved_value)
    value = np.hstack([np.log(problem.utility), nobody]).ravel()
    load = np.hstack([problem.load, np.zeros((users, 1))]).ravel()
    traffic = np.hstack([problem.utility / problem.backhaul - 1, np.zeros((users, 1))])
    start = np.arange(users + 1) * (cells + 1)
    return start, cell, value, load, traffic.ravel()


@pytest.mark.parametrize("groups", [0, 3])
@pytest.mark.parametrize("seed", range(5))
def test_annealing_keeps_limits_and_sums(seed, groups):
    """After many moves sums are those of the choice, which is feasible; so the best."""
    problem = grouped(loaded(seed, 40, 4), seed, groups)
    entries = arrays(problem)
    outside = entries[0][1:] - 1
    has_backhaul = np.ones(4, bool)
    fixed = np.zeros((3, 5))
    limits = problem.group, problem.group_capacity
    room = problem.capacity
    s = annealing_of(entries, room, has_backhaul, outside, fixed, seed, *limits)
    for temperature in (3.0, 0.3, 0.03):
        anneal(s, temperature, 20_000)
    for choice, score in ((s.choice, s.score[0]), (s.best, s.score[1])):
        cell = entries[1][choice]
        allocation = Association(np.where(cell < 4, cell, -1))
        assert max(problem.violations(allocation).values()) <= 1e-9
        assert problem.evaluate(allocation) == pytest.approx(score, rel=1e-9)
    taken = problem.group_load(
        Association(np.where(s.choice % 5 < 4, s.choice % 5, -1))
    )
    np.testing.assert_allclose(s.taken[:, :4], taken, atol=1e-9)
    np.testing.assert_array_equal(
        s.number, np.bincount(entries[1][s.choice], minlength=5)
    )
    assert s.score[1] > problem.evaluate(Association(np.full(40, -1)))


@pytest.mark.parametrize("seed", range(10))
def test_trees_look_at_everything(seed):
    """Without any bound all associations are compared, in pieces of any size."""
    problem = loaded(seed, 5, 2)
    start, cell, value, load, traffic = arrays(problem)
    entries = start, cell, value, load, traffic, np.zeros(len(cell))
    tree = tree_of(entries, problem.capacity, np.inf, -np.inf)
    best, ended = np.zeros(5, int), -1
    while ended != CLOSED:
        ended = visit(tree, 7)
        if ended == FOUND:
            best = cell[start[:-1] + tree.place]
    values = []
    for choice in product(range(-1, 2), repeat=5):
        allocation = Association(np.array(choice))
        if max(problem.violations(allocation).values()) <= 1e-9:
            values.append(problem.evaluate(allocation))
    found = problem.evaluate(Association(np.where(best < 2, best, -1)))
    assert found == pytest.approx(max(values), rel=1e-12)
    assert tree.sums[1] == pytest.approx(max(values), rel=1e-12)
