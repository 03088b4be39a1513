"""Bounds by prices and dynamic programs of block schedules, against enumeration."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations import BlockSchedule, Schedule
from formulations.block_prices import FloorRay, SchedulePrices
from formulations.block_start import best_blocks, floors_first
from formulations.kernels.block_intervals import (
    fill_subsets,
    line_of,
    mirrored,
    place_in_order,
    reinsert,
    trace_subsets,
)
from formulations.kernels.block_prices import Cell


def small(seed: int, **changes) -> BlockSchedule:
    """Three users of one cell on four blocks."""
    rng = np.random.default_rng(seed)
    rate = 1e6 * rng.lognormal(0.0, 1.0, (3, 4))
    fields = {
        "weight": rng.uniform(0.1, 2.0, 3),
        "average": 1e6 * rng.uniform(0.5, 2.0, 3),
        "window": 10.0,
    }
    return BlockSchedule(rate, **(fields | changes))


def best_of_all(problem: BlockSchedule) -> float:
    """Best objective of all schedules, -inf without a feasible one."""
    best = -np.inf
    for user in product(range(-1, 3), repeat=4):
        allocation = Schedule(np.array([user]))
        if max(problem.violations(allocation).values()) <= 1e-9:
            best = max(best, problem.evaluate(allocation))
    return best


@given(
    st.integers(0, 10_000), st.floats(0.0, 3.0), st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_no_schedule_beats_any_prices(seed, size, is_fair, contiguous, limited):
    """At random prices the bound is above the best schedule; bad prices give nan."""
    rng = np.random.default_rng(seed)
    problem = small(
        seed,
        objective="proportional_fair" if is_fair else "sum_rate",
        contiguous=contiguous,
        max_blocks=rng.integers(1, 4, 3) if limited else np.full(3, np.inf),
        blocked=rng.random((1, 4)) < 0.2,
    )
    problem = problem.replace(min_rate=0.6 * rng.random(3) * problem.rate.max(axis=1))
    unit = 1e-7 if is_fair else 1.0
    price = size * rng.random(3) * unit
    toll = 1e6 * size * rng.random(3) * unit * limited
    bound = SchedulePrices(price, toll).bound(problem)
    assert best_of_all(problem) <= bound
    assert np.isnan(SchedulePrices(-price - 1, toll).bound(problem))
    assert np.isnan(SchedulePrices(price, toll[:2]).bound(problem))
    assert np.isnan(SchedulePrices(price * np.nan, toll).bound(problem))


@given(st.integers(0, 10_000), st.floats(0.1, 3.0), st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_ray_is_said_only_of_infeasible_floors(seed, size, limited):
    """Random rays prove nothing where a schedule exists."""
    rng = np.random.default_rng(seed)
    problem = small(seed, max_blocks=rng.integers(1, 4, 3) if limited else [4, 4, 4])
    floors = size * rng.random(3) * problem.rate.mean(axis=1)
    problem = problem.replace(min_rate=floors)
    is_feasible = np.isfinite(best_of_all(problem))
    for _ in range(20):
        ray = FloorRay(1e-6 * rng.random(3), rng.random(3) * limited)
        if ray.bound(problem) == -np.inf:
            assert not is_feasible


def test_a_user_with_too_few_blocks_is_named():
    """The limit's own price makes the ray sharp, and less does not prove it."""
    problem = BlockSchedule([[3.0, 2.0, 1.0]], max_blocks=[2], min_rate=[5.1])
    ray = FloorRay(np.array([1.0]), np.array([1.0]))
    assert ray.bound(problem) == -np.inf
    assert "users 0" in str(ray)
    assert "max_blocks" in str(ray)
    assert np.isnan(ray.bound(problem.replace(min_rate=[5.0])))
    assert np.isnan(FloorRay(np.array([1.0]), np.array([0.0])).bound(problem))


def test_weights_prove_the_best_blocks():
    """Without floors the bound at the weights is the greedy schedule's value."""
    problem = small(3)
    value = problem.evaluate(Schedule(best_blocks(problem)))
    bound = SchedulePrices(problem.weight, np.zeros(3)).bound(problem)
    assert value == pytest.approx(best_of_all(problem), rel=1e-12)
    assert value <= bound <= value * (1 + 1e-9)


@pytest.mark.parametrize("contiguous", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_first_schedules_keep_limits_and_blocked_blocks(seed, contiguous):
    """Whatever the floors, limits hold and no block that is blocked is used."""
    rng = np.random.default_rng(seed)
    problem = BlockSchedule(
        rng.lognormal(0, 1, (12, 20)), cell=rng.integers(0, 2, 12),
        min_rate=rng.uniform(0, 3, 12), max_blocks=rng.integers(0, 4, 12),
        blocked=rng.random((2, 20)) < 0.3, contiguous=contiguous,
    )  # fmt: skip
    found = problem.violations(Schedule(floors_first(problem)))
    assert max(value for name, value in found.items() if name != "min_rate") == 0.0


def line_problem(seed: int, is_fair: bool):
    """Cell of three users on six blocks, one closed; user 1 may have two."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0, 1, (3, 6))
    closed = np.arange(6) == rng.integers(6)
    rate[:, closed] = 0.0
    cell = Cell(
        rate, rng.uniform(0.5, 2, 3), np.array([0.0, 0.4, 0.8]) * rate.mean(),
        np.array([6, 2, 6]), rng.uniform(1, 3, 3), is_fair,
    )  # fmt: skip
    return cell, closed


def intervals(order, closed, room):
    """All ways to give users, in ``order``, disjoint intervals from left to right."""
    if not order:
        yield {}
        return

    def after(k, begin):
        if k == len(order):
            yield {}
            return
        for rest in after(k + 1, begin):
            yield rest
        for first in range(begin, len(closed)):
            for last in range(first + 1, len(closed) + 1):
                if closed[first:last].any() or last - first > room[order[k]]:
                    break
                for rest in after(k + 1, last):
                    yield {order[k]: (first, last), **rest}

    yield from after(0, 0)


def value_of(cell, taken, penalty) -> float:
    """Value of intervals, by plain loops."""
    total = 0.0
    for u in range(len(cell.weight)):
        first, last = taken.get(u, (0, 0))
        rate = cell.rate[u, first:last].sum()
        short = cell.floor[u] - rate
        if short > 1e-9:
            if np.isinf(penalty[u]):
                return -np.inf
            total -= penalty[u] * short
        value = np.log(cell.base[u] + rate) if cell.is_fair else rate
        total += cell.weight[u] * value
    return total


@pytest.mark.parametrize("is_fair", [False, True])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_orders_and_sets_of_users_are_solved_exactly(seed, hard, is_fair):
    """As all intervals, tried one by one, say; and the owners have that value."""
    cell, closed = line_problem(seed, is_fair)
    penalty = np.full(3, np.inf if hard else 5.0)
    line = line_of(cell, closed, penalty)
    by_order = {}
    for order in permutations(range(3)):
        every = intervals(list(order), closed, cell.room)
        by_order[order] = max(value_of(cell, taken, penalty) for taken in every)
        owner = np.empty(6, np.int64)
        value = place_in_order(line, np.array(order), owner)
        assert value == pytest.approx(by_order[order], rel=1e-12)
        if not np.isfinite(value):
            continue
        places = {u: np.flatnonzero(owner == u) for u in range(3)}
        taken = {u: (p[0], p[-1] + 1) for u, p in places.items() if p.size}
        assert all(last - first == places[u].size for u, (first, last) in taken.items())
        assert value_of(cell, taken, penalty) == pytest.approx(value, rel=1e-12)
    table = np.empty((8, 7))
    fill_subsets(line, table, 0, 8)
    best = max(by_order.values())
    assert table[-1, -1] == pytest.approx(best, rel=1e-12)
    if np.isfinite(best):
        trace_subsets(line, table, owner)
        places = {u: np.flatnonzero(owner == u) for u in range(3)}
        taken = {u: (p[0], p[-1] + 1) for u, p in places.items() if p.size}
        assert value_of(cell, taken, penalty) == pytest.approx(best, rel=1e-12)
    for u in range(3):
        order = np.array([2, 0, 1])
        room = np.empty((3, 7))
        value = reinsert(line, mirrored(line), order, u, room, room.copy())
        rest = [v for v in (2, 0, 1) if v != u]
        tried = [(*rest[:k], u, *rest[k:]) for k in range(3)]
        assert value == pytest.approx(max(by_order[t] for t in tried), rel=1e-12)
        assert by_order[tuple(order.tolist())] == pytest.approx(value, rel=1e-12)
