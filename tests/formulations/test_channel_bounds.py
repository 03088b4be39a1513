"""Bounds on channels: never above the best of all assignments, sharp where they are."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances.channels import PHILADELPHIA, philadelphia
from formulations import ChannelAssignment, Channels
from formulations.channel_bounds import (
    Clique,
    SmallestChannels,
    SpacingPrices,
    separation_table,
)
from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channel_separations import separations_of
from formulations.channel_tables import (
    Messages,
    MovedCosts,
    moved,
    rounded_up,
    tables_of,
)
from formulations.channel_tree import ChannelTree
from formulations.kernels.channel_cliques import heaviest_clique, later_neighbours
from formulations.kernels.channel_tables import Tables
from rrm import Budget
from rrm.incumbent import Incumbent
from rrm.methods.channels.cliques import largest_cliques, spacing_prices
from rrm.methods.channels.tree_search import dear
from tests.formulations.test_channels import feasible, problems

OBJECTIVES = ("feasible", "min_interference", "min_span", "min_order")


def least(problem):
    """Best objective of all assignments, inf without one."""
    return min(map(problem.evaluate, feasible(problem)), default=np.inf)


PRICES = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 9.0])


@given(
    problems(),
    st.lists(st.integers(0, 4), min_size=2, max_size=5, unique=True),
    st.lists(PRICES, min_size=5, max_size=5),
)
@settings(deadline=None, max_examples=150)
def test_arguments_prove_no_more_than_is_true(problem, member, price):
    """Any members at any prices give a bound that holds, or nothing."""
    member = np.array([v for v in member if v < problem.sizes["V"]], int)
    for objective in OBJECTIVES:
        goal = problem.replace(objective=objective)
        best = least(goal)
        arguments = [
            SmallestChannels(),
            Clique(member),
            SpacingPrices(member, np.array(price[: len(member)])),
        ]
        for argument in arguments:
            value = argument.bound(goal)
            assert np.isnan(value) or value <= best


@given(problems())
@settings(deadline=None, max_examples=150)
def test_moved_costs_never_exceed_the_least_interference(problem):
    """Each round of messages, and messages at random, bound from below and rise."""
    if isinstance(problem.network, EmptyDomain):
        return
    best, before = least(problem), -np.inf
    messages = Messages(problem.network, 10.0)
    for _ in range(4):
        messages.round()
        value = messages.value()
        assert value >= before - 1e-9
        before = value
        assert messages.argument().bound(problem) <= best * (1 + 1e-12)
    rng = np.random.default_rng(1)
    anything = MovedCosts(
        10.0,
        rng.normal(size=len(messages.moves.up)),
        rng.normal(size=len(messages.moves.down)),
    )
    assert anything.bound(problem) <= best * (1 + 1e-12)
    assert np.isnan(
        MovedCosts(10.0, np.zeros(10**4), messages.moves.down).bound(problem)
    )


@given(problems(), st.integers(0, 3))
@settings(deadline=None, max_examples=150)
def test_moving_costs_changes_no_assignments_cost(problem, rounds):
    """Single costs, tables and what is taken away add up to what they did before."""
    known = problem.network
    if isinstance(known, EmptyDomain):
        return
    messages = Messages(known, 10.0)
    for _ in range(rounds):
        messages.round()
    before = tables_of(known, 10.0)
    after, constant = moved(before, messages)
    states = np.diff(before.start)
    for state in product(*map(range, states.tolist())):
        assert constant + total(after, state) == pytest.approx(total(before, state))
    for e in range(len(after.first)):
        assert after.cost[after.offset[e] : after.offset[e + 1]].min() == 0.0


def total(tables: Tables, state: tuple[int, ...]) -> float:
    """Cost of one state of each group by the tables."""
    value = sum(tables.single[tables.start[w] + k] for w, k in enumerate(state))
    for e, (w, u) in enumerate(zip(tables.first, tables.second, strict=True)):
        columns = tables.start[u + 1] - tables.start[u]
        value += tables.cost[tables.offset[e] + state[w] * columns + state[u]]
    return float(value)


def test_messages_are_exact_on_a_tree():
    """On a path of transmitters the bound is the optimum and the states reach it."""
    problem = ChannelAssignment(
        (np.array([0, 1]), np.array([0, 1]), np.array([1]), np.array([1, 2])),
        np.array([[0, 1], [1, 2], [2, 3]]),
        np.array([2, 1, 2]),
        penalty=np.array([2.0, 5.0, 3.0]),
        preferred=np.array([0, 1, -1, -1]),
        preferred_cost=np.array([1.0, 4.0, 0.0, 0.0]),
        objective="min_interference",
    )
    known = problem.network
    assert isinstance(known, ChannelNetwork)
    messages = Messages(known, 10.0)
    messages.round()
    best = least(problem)
    assert best > 0
    assert messages.argument().bound(problem) == pytest.approx(best)
    channel = known.channels(messages.states())
    assert problem.evaluate(Channels(channel)) == best


def test_bounds_are_rounded_up_to_sums_of_penalties():
    """A bound of 2.1 means 3 where penalties are whole, in any unit."""
    for unit in (1.0, 1e-6):
        problem = ChannelAssignment(
            (np.arange(2),) * 3,
            np.array([[0, 1], [1, 2]]),
            np.ones(2, int),
            penalty=np.array([1.0, 3.0]) * unit,
            objective="min_interference",
        )
        assert rounded_up(2.1 * unit, problem) == pytest.approx(3 * unit)
        assert rounded_up(2.0 * unit, problem) == pytest.approx(2 * unit)
        uneven = problem.replace(penalty=np.array([1.0, np.pi]) * unit)
        assert rounded_up(2.1 * unit, uneven) == 2.1 * unit


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30),
    st.lists(st.integers(1, 5), min_size=9, max_size=9),
)
@settings(deadline=None, max_examples=150)
def test_heaviest_clique_is_the_heaviest(size, edges, weight):
    """Against all sets of vertices, whole and by ranks."""
    weight = np.array(weight[:size], float)
    joined = np.zeros((size, size), bool)
    for a, b in edges:
        if a != b and max(a, b) < size:
            joined[a, b] = joined[b, a] = True
    first = np.concatenate(([0], np.cumsum(joined.sum(axis=1))))
    near = np.nonzero(joined)[1]
    best = max(
        weight[list(some)].sum()
        for count in range(1, size + 1)
        for some in combinations(range(size), count)
        if all(joined[a, b] for a, b in combinations(some, 2))
    )
    found, total, is_exact = heaviest_clique(
        np.arange(size), weight, first, near, 0.0, 10**6
    )
    assert is_exact
    assert total == best == weight[found].sum()
    assert all(joined[a, b] for a, b in combinations(found.tolist(), 2))
    rank = later_neighbours(first, near)
    assert sorted(rank) == list(range(size))


def test_lowest_degree_goes_first():
    """A star with a triangle: at most two neighbours are of higher rank."""
    edges = [(0, k) for k in range(1, 6)] + [(1, 2)]
    joined = np.zeros((6, 6), bool)
    for a, b in edges:
        joined[a, b] = joined[b, a] = True
    first = np.concatenate(([0], np.cumsum(joined.sum(axis=1))))
    rank = later_neighbours(first, np.nonzero(joined)[1])
    later = [(rank[joined[v]] > rank[v]).sum() for v in range(6)]
    assert max(later) == 2


def test_cells_are_kinds_of_transmitters():
    """All transmitters of a Philadelphia cell are one kind, and cells stay apart."""
    problem = philadelphia("P3")
    near = separations_of(problem)
    assert sorted(near.count) == sorted(PHILADELPHIA["P3"][0])
    assert (near.inner == 5).all()
    kinds = np.array([3, 0, 7])
    member = near.members(kinds)
    table = separation_table(problem, member)
    between = near.between(kinds)
    of = np.repeat(np.arange(3), near.count[kinds])
    np.fill_diagonal(table, 5)
    np.testing.assert_array_equal(table, between[of][:, of])


def test_prices_find_the_span_of_a_cell_with_neighbours():
    """Three channels of a cell 5 apart, and four neighbours 2 away: by hand 3*3+4-3."""
    gap = np.full((7, 7), 1)
    gap[:3, :3], gap[:3, 3:], gap[3:, :3] = 5, 2, 2
    pairs = np.stack(np.triu_indices(7, 1), axis=1)
    problem = ChannelAssignment(
        (np.arange(30),) * 7,
        pairs,
        gap[pairs[:, 0], pairs[:, 1]],
        objective="min_span",
    )
    near = separations_of(problem)
    kinds = np.arange(len(near.count))
    price, value = spacing_prices(near, kinds)
    argument = SpacingPrices(near.members(kinds), np.repeat(price, near.count[kinds]))
    assert argument.bound(problem) == 10
    assert np.ceil(value - 1e-6) == 10
    short = problem.replace(domains=(np.arange(10),) * 7)
    assert argument.bound(short) == np.inf
    dear = SpacingPrices(argument.member, argument.price + 0.5)
    assert np.isnan(dear.bound(problem))


def test_largest_clique_of_transmitters_counts_each():
    """The last clique that is yielded has as many members as any."""
    problem = philadelphia("P5")
    near = separations_of(problem)
    last = list(largest_cliques(near, Incumbent(problem, Budget(60.0))))[-1]
    argument = Clique(near.members(last))
    assert len(argument.member) == 240
    assert argument.bound(problem) == 239


def test_a_clique_needs_room_in_the_union_of_its_domains():
    """Three transmitters and two channels: infeasible; spaced channels count."""
    pairs = np.array([[0, 1], [1, 2], [0, 2]])
    problem = ChannelAssignment((np.arange(2),) * 3, pairs, np.ones(3, int))
    assert Clique(np.arange(3)).bound(problem) == np.inf
    spaced = problem.replace(
        domains=(np.array([3, 4, 7, 9]),) * 3,
        separation=np.full(3, 2),
        objective="min_span",
    )
    assert Clique(np.arange(3)).bound(spaced) == 9
    assert np.isnan(Clique(np.array([0, 0])).bound(spaced))


@given(problems(), st.booleans(), st.integers(0, 3))
@settings(deadline=None, max_examples=200)
def test_the_tree_finds_the_best_or_that_there_is_none(problem, has_start, rounds):
    """For each objective, with and without an assignment to beat."""
    for objective in OBJECTIVES:
        goal = problem.replace(objective=objective)
        if isinstance(goal.network, EmptyDomain):
            return
        best = least(goal)
        upper = best + 1.0 if has_start and objective != "feasible" else np.inf
        adds_up = objective == "min_interference"
        forbidden = dear(upper, goal.network.unit) if adds_up else np.inf
        messages = Messages(goal.network, forbidden)
        for _ in range(rounds if adds_up else 0):
            messages.round()
        tree = ChannelTree(goal, goal.network, messages, upper)
        found = upper
        while not tree.is_done:
            better = tree.explore(3)
            if better is not None:
                assert max(goal.violations(better).values()) == 0
                assert goal.evaluate(better) < found
                found = goal.evaluate(better)
        if np.isfinite(best):
            assert found == pytest.approx(best)
        assert tree.bound(found) == pytest.approx(found)
        assert tree.bound(found) <= found
