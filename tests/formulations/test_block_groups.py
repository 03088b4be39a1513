"""Limits of groups in block schedules: composition, referee, optimum, repair."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import BlockSchedule, Schedule, compose
from formulations.block_groups import within_groups
from formulations.context import in_context
from tests.formulations.test_composition import item, report
from tests.formulations.test_slice_shares import CELL, SNAPSHOT, in_slice, share


def rows(problem: BlockSchedule, number: int) -> np.ndarray:
    """Users (U,) of a slice among those of a composed problem."""
    names = SNAPSHOT.user_id[in_slice(number)].tolist()
    return np.array([name in names for name in problem.labels["U"]])


def test_the_most_is_a_whole_number_of_blocks_of_the_slice():
    """Three tenths of 51 or 106 blocks, rounded down, where it has users or not."""
    one = share("max", 0.3, cells=("M1A",))
    problem = compose(SNAPSHOT, report(one), BlockSchedule)
    cell = problem.labels["B"].index("M1A")
    np.testing.assert_array_equal(problem.group, [rows(problem, 1)])
    blocks = SNAPSHOT.blocks[CELL["M1A"]]
    assert problem.group_blocks[0, cell] == np.floor(0.3 * blocks)
    assert np.isinf(np.delete(problem.group_blocks, cell, axis=1)).all()
    assert problem.origin["group_blocks"] == [((0, cell), one)]


def test_the_least_is_kept_of_others_where_the_slice_has_users():
    """What others may have and what is promised are all blocks of the cell."""
    problem = compose(SNAPSHOT, report(share("min", 0.5)), BlockSchedule)
    np.testing.assert_array_equal(problem.group, [~rows(problem, 1)])
    served = np.unique(problem.cell[rows(problem, 1)])
    blocks = (~problem.blocked).sum(axis=1)
    np.testing.assert_array_equal(
        problem.group_blocks[0, served], np.floor(0.5 * blocks[served])
    )
    others = np.setdiff1d(np.arange(len(blocks)), served)
    assert np.isinf(problem.group_blocks[0, others]).all()


@pytest.mark.parametrize("bound", ["min", "max"])
def test_a_schedule_of_the_network_keeps_shares(bound):
    """The slice gets its part of each cell; the bound without shares still holds."""
    problem = compose(SNAPSHOT, report(share(bound, 0.5)), BlockSchedule)
    solution = rrm.solve(problem, 1.0)
    assert max(problem.violations(solution.allocation).values()) == 0.0
    user = solution.allocation.user
    theirs = rows(problem, 1)[np.maximum(user, 0)] & (user >= 0)
    part = theirs.sum(axis=1) / (~problem.blocked).sum(axis=1)
    served = np.unique(problem.cell[rows(problem, 1)])
    assert (part[served] >= 0.5).all() if bound == "min" else (part <= 0.5).all()
    plain = rrm.solve(compose(SNAPSHOT, None, BlockSchedule), 1.0)
    assert solution.objective < plain.objective
    assert solution.gap < 1e-2


def few(objective: str) -> BlockSchedule:
    """Three users of one cell on five blocks, two of them in a group."""
    rng = np.random.default_rng(3)
    return BlockSchedule(
        rate=1e6 * rng.lognormal(size=(3, 5)),
        objective=objective,
        average=np.full(3, 1e6),
        group=np.array([[True, True, False], [False, True, True]]),
        group_blocks=np.array([[2.0], [3.0]]),
    )


def best_by_enumeration(problem: BlockSchedule) -> float:
    """Largest objective of all schedules, limits counted one by one."""
    best = -np.inf
    for owners in product(range(-1, 3), repeat=5):
        counts = [
            sum(1 for u in owners if u >= 0 and member[u]) for member in problem.group
        ]
        if counts[0] > 2 or counts[1] > 3 or (problem.contiguous and torn(owners)):
            continue
        best = max(best, problem.evaluate(Schedule(np.array([owners]))))
    return best


def torn(owners: tuple[int, ...]) -> bool:
    """Whether some user's blocks are no neighbours."""
    of_users = [[n for n, u in enumerate(owners) if u == user] for user in range(3)]
    return any(own and own[-1] - own[0] + 1 != len(own) for own in of_users)


@pytest.mark.parametrize("method", ["highs", "cpsat"])
def test_the_optimum_is_that_of_enumeration(method):
    """Of both engines that state the limits."""
    problem = few("sum_rate")
    solution = rrm.solve(problem, 10.0, method)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(best_by_enumeration(problem))


@pytest.mark.parametrize("objective", ["sum_rate", "proportional_fair"])
def test_search_is_near_the_optimum_and_below_its_bound(objective):
    """Schedules are brought within the limits, the bound knows none of them."""
    problem = few(objective)
    best = best_by_enumeration(problem)
    solution = rrm.solve(problem, 1.0, "price_search")
    assert best - 0.02 * abs(best) <= solution.objective <= best + 1e-9 * abs(best)
    assert solution.bound >= best


def test_the_referee_refuses_what_a_group_must_not_have():
    """By how much is relative to the limit; a repaired schedule is within."""
    problem = few("sum_rate")
    greedy = Schedule(np.zeros((1, 5), int))
    assert problem.violations(greedy)["group_blocks"] == 1.5  # 5 blocks where 2 may be
    np.testing.assert_array_equal(problem.group_share(greedy), [[5], [0]])
    repaired = problem.repaired(greedy)
    assert max(problem.violations(repaired).values()) == 0.0
    assert (repaired.user >= 0).all()


@pytest.mark.parametrize("objective", ["sum_rate", "proportional_fair"])
def test_neighbouring_blocks_keep_groups_too(objective):
    """At once and by search, which is near the optimum and below its bound."""
    problem = few(objective).replace(contiguous=True)
    best = best_by_enumeration(problem)
    start = problem.trivial()
    assert max(problem.violations(start).values()) == 0.0
    assert (start.user >= 0).sum() >= 3
    solution = rrm.solve(problem, 1.0)
    assert best - 0.02 * abs(best) <= solution.objective <= best + 1e-9 * abs(best)
    assert best <= solution.bound < np.inf


def test_blocks_that_are_apart_are_given_up_where_they_must_be_neighbours():
    """User 0 keeps its first block, 1 may have one more beside it, 2 two of its own."""
    problem = few("sum_rate").replace(contiguous=True)
    repaired = problem.repaired(Schedule(np.array([[0, 1, 2, 0, 1]])))
    assert max(problem.violations(repaired).values()) == 0.0
    np.testing.assert_array_equal(repaired.user, [[0, 1, 2, 2, -1]])


def test_without_groups_a_schedule_stays_as_it_is():
    """It is the same array."""
    user = np.array([[0, 1, 2, 0, 1]])
    plain = few("sum_rate").replace(group=None, group_blocks=None)
    assert within_groups(plain, user) is user


def floor_of(rate: float, user: str, priority: str):
    """Least rate of a user."""
    return item("rate_floor", rate, "bit/s", priority, users=(user,))


def test_a_floor_gives_way_to_a_share_that_leaves_it_no_blocks():
    """In the user's cell, unless it weighs more; the floors of others stay."""
    served = np.flatnonzero(in_slice(1) & (SNAPSHOT.previous >= 0))
    mine, his = SNAPSHOT.user_id[served[:2]].tolist()
    law = share("max", 0.0, priority="regulation")
    wish, less = floor_of(5e6, mine, "wish"), floor_of(3e6, mine, "wish")
    said = report(law, wish, less, floor_of(5e6, "u000", "wish"))
    assert not in_slice(1)[0]
    network = in_context(SNAPSHOT, said)
    gone = [(one.item, one.users.tolist(), one.to) for one in network.set_aside]
    assert (wish, [served[0]], law) in gone
    assert (less, [served[0]], law) in gone
    reasons = {one.reason for one in network.set_aside if one.item is law}
    assert reasons == {"it holds, but leaves no blocks for floors of the snapshot"}
    assert not network.min_rate[served].any()
    assert network.min_rate[0] == 5e6
    problem = compose(SNAPSHOT, said, BlockSchedule)
    solution = rrm.solve(problem, 1.0)
    assert max(problem.violations(solution.allocation).values()) == 0.0
    loose = share("max", 0.5, priority="regulation")
    assert not in_context(SNAPSHOT, report(loose, wish)).set_aside
    agreed, weak = floor_of(5e6, his, "sla"), share("max", 0.0)
    network = in_context(SNAPSHOT.replace(min_rate=None), report(agreed, weak))
    assert [(one.item, one.to) for one in network.set_aside] == [(weak, agreed)]
    cell = SNAPSHOT.previous[served[1]]
    assert network.shares[0].cells.tolist() == [b for b in range(21) if b != cell]
    assert network.min_rate[served[1]] == 5e6
    equal = share("max", 0.0, priority="sla")
    assert not in_context(SNAPSHOT, report(agreed, equal)).set_aside
