"""Methods for block schedules against each other and against enumeration."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

import rrm
from formulations import BlockSchedule
from formulations.block_prices import SchedulePrices
from rrm.incumbent import Incumbent
from rrm.methods.blocks.price_search import PriceSearch
from rrm.scheduling import horizon
from twins.declaration import FieldError


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up(BlockSchedule)


def cells(seed: int, users: int = 8, blocks: int = 24, **changes) -> BlockSchedule:
    """Two cells with floors at 0.6 of an equal share."""
    rng = np.random.default_rng(seed)
    rate = 1e5 * np.log2(1 + rng.exponential(30.0, (2 * users, blocks)))
    share = rate.mean(axis=1) * blocks / users
    fields = {
        "cell": np.arange(2 * users) % 2,
        "weight": rng.uniform(0.5, 2.0, 2 * users),
        "min_rate": 0.6 * share,
        "average": share * rng.uniform(0.5, 1.5, 2 * users),
        "blocked": rng.random((2, blocks)) < 0.1,
    }
    return BlockSchedule(rate, **(fields | changes))


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_search_comes_close_to_branch_and_cut(seed, limited):
    """Within half a percent of the optimum, and bounds of both hold."""
    changes = {"max_blocks": np.full(16, 4.0)} if limited else {}
    problem = cells(seed, **changes)
    found = rrm.solve(problem, rrm.Budget(20.0, gap=2e-3), method="price_search")
    exact = rrm.solve(problem, 60.0, method="highs")
    assert exact.status == "optimal"
    assert found.objective <= exact.bound * (1 + 1e-9)
    assert exact.objective <= found.bound * (1 + 1e-9)
    assert found.objective >= exact.objective * (1 - 5e-3)


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("has_floors", [False, True])
def test_learned_clauses_come_to_the_optimum_of_branch_and_cut(limited, has_floors):
    """The same sum of rates as HiGHS; a bound only where nothing had to be rounded."""
    changes = {"max_blocks": np.full(16, 2.0)} if limited else {}
    if not has_floors:
        changes["min_rate"] = np.zeros(16)
    problem = cells(1, **changes)
    found = rrm.solve(problem, rrm.Budget(20.0, gap=1e-5), method="cpsat")
    exact = rrm.solve(problem, rrm.Budget(60.0, gap=1e-5), method="highs")
    assert exact.status == "optimal"
    assert found.objective <= exact.bound * (1 + 1e-9)
    assert found.objective >= exact.objective * (1 - (5e-3 if has_floors else 2e-5))
    assert np.isinf(found.bound) == has_floors
    assert exact.objective <= found.bound * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_prices_reach_the_linear_relaxation(seed):
    """The bound is the optimum of the relaxation, by another solver, to 1e-4."""
    problem = cells(seed)
    users, blocks = problem.rate.shape
    user, block = np.divmod(np.arange(users * blocks), blocks)
    rows = np.zeros((2 * blocks + users, users * blocks))
    rows[problem.cell[user] * blocks + block, np.arange(users * blocks)] = 1.0
    rows[2 * blocks + user, np.arange(users * blocks)] = -problem.rate.ravel() / 1e5
    limits = np.concatenate([np.ones(2 * blocks), -problem.min_rate / 1e5])
    cost = -(problem.weight[:, None] * problem.rate).ravel() / 1e5
    upper = problem.usable.ravel().astype(float)
    linear = linprog(
        cost, rows, limits, bounds=list(zip(0 * upper, upper, strict=True))
    )
    search = PriceSearch(problem, Incumbent(problem, rrm.Budget(5.0)))
    assert search.price()
    assert search.lower()
    bound = SchedulePrices(*search.joined()).bound(problem)
    assert bound >= -linear.fun * 1e5 * (1 - 1e-8)
    assert bound == pytest.approx(-linear.fun * 1e5, rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_fair_slots_are_near_their_bound(seed):
    """Logarithms of averages, in units of one user, within 3% of the bound."""
    problem = cells(seed, objective="proportional_fair", window=5.0)
    found = rrm.solve(problem, rrm.Budget(1.0, gap=1e-9), method="price_search")
    assert 0 <= found.bound - found.objective <= 0.03 * problem.sizes["U"]


def test_floors_that_exclude_each_other_are_proven():
    """Each floor alone can be met, all together not; half of them can.

    All need the same good blocks, so that counting blocks proves nothing.
    """
    problem = cells(0)
    is_good = np.arange(problem.sizes["N"]) % 3 == 0
    problem = problem.replace(rate=problem.rate * np.where(is_good, 1.0, 0.01))
    whole = problem.replace(min_rate=problem.rate.sum(axis=1) / 4)
    solution = rrm.solve(whole, 1.0, method="price_search")
    assert solution.status == "infeasible"
    assert solution.certificate.argument == "FloorRay"
    assert "min_rate of users" in solution.certificate.proof.text
    half = problem.replace(min_rate=problem.rate.sum(axis=1) / 30)
    assert rrm.solve(half, 1.0, method="price_search").status != "infeasible"


@pytest.mark.parametrize("objective", ["sum_rate", "proportional_fair"])
def test_orders_come_close_to_sets_of_users(objective):
    """More users than sets allow: as good as those sets, where idle users are added."""
    few = cells(1, users=8, contiguous=True, objective=objective, min_rate=np.zeros(16))
    exact = rrm.solve(few, rrm.Budget(10.0, gap=1e-7), method="interval_search")
    assert exact.status == "optimal"
    idle = 12
    many = few.replace(
        rate=np.concatenate([few.rate, np.zeros((idle, 24))]),
        weight=np.concatenate([few.weight, np.ones(idle)]),
        cell=np.concatenate([few.cell, np.arange(idle) % 2]),
        min_rate=np.zeros(16 + idle),
        max_blocks=np.full(16 + idle, np.inf),
        average=np.concatenate([few.average, np.ones(idle)]),
    )
    found = rrm.solve(many, 2.0, method="interval_search")
    more = 0.0
    if objective == "proportional_fair":
        more = idle * np.log(1 - 1 / few.window)
    assert found.objective == pytest.approx(exact.objective + more, rel=2e-3)
    assert found.objective <= exact.bound + more + 1e-6 * abs(exact.bound)


def test_gradient_scheduling_nears_the_best_time_sharing():
    """Two alternating channels: the long-run utility is that of a convex program."""
    rng = np.random.default_rng(2)
    states = 1e6 * rng.lognormal(0.0, 1.0, (2, 3, 2))
    problem = BlockSchedule(
        states[0], objective="proportional_fair", average=np.full(3, 1e6), window=60.0
    )
    found = horizon(problem, np.tile(states, (150, 1, 1)), rrm.Budget(0.02, gap=1e-6))

    def loss(share):
        rate = np.einsum("sun,sun->u", share.reshape(states.shape), states) / 2
        return -np.log(rate / 1e6).sum()

    one = {
        "type": "eq",
        "fun": lambda share: share.reshape(states.shape).sum(axis=1).ravel() - 1,
    }
    best = minimize(
        loss, np.full(12, 1 / 3), bounds=[(1e-9, 1)] * 12, constraints=one,
        method="SLSQP",
    )  # fmt: skip
    limit = -best.fun + 3 * np.log(1e6)
    assert limit - 0.03 <= found.utility <= limit + 0.03
    assert found.rate.shape == (300, 3)
    with pytest.raises(FieldError, match="objective"):
        horizon(problem.replace(objective="sum_rate"), states, 0.01)
