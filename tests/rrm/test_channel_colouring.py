"""Colourings by children and tabu search: tables, optima, and what does not fit."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment
from formulations.kernels.channel_colouring import child_of, recolour
from formulations.kernels.channel_domains import grouped
from rrm.methods.channels.evolution import applies


def graph(vertices, density, seed, **fields):
    """Random pairs that need different channels."""
    rng = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(vertices, 1), axis=1)
    pairs = pairs[rng.random(len(pairs)) < density]
    domain = np.array([3, 4, 6, 9, 10, 12, 15])
    fields.setdefault("objective", "min_order")
    return ChannelAssignment(
        (domain,) * vertices, pairs, np.ones(len(pairs), int), **fields
    )


def chromatic(problem):
    """Least number of classes, by trying all."""
    vertices, pairs = problem.sizes["V"], problem.pairs
    for colours in range(1, 8):
        for colour in product(range(colours), repeat=vertices - 1):
            every = np.array((0, *colour))
            if (every[pairs[:, 0]] != every[pairs[:, 1]]).all():
                return colours
    return np.inf


@pytest.mark.parametrize("seed", range(8))
def test_small_graphs_get_the_fewest_colours(seed):
    """As many as enumeration; the lowest of the domain where the span counts."""
    problem = graph(7, 0.2 + 0.1 * seed, seed)
    fewest = chromatic(problem)
    budget = rrm.Budget(20.0, work=300)
    assert rrm.solve(problem, budget, method="evolution").objective == fewest
    spanned = problem.replace(objective="min_span")
    solution = rrm.solve(spanned, budget, method="evolution")
    assert solution.objective == problem.domains[0][fewest - 1]


def test_a_planted_colouring_of_a_dense_graph_is_found():
    """Sixty vertices in six classes, all other pairs: no fewer than six will do."""
    group = np.random.default_rng(2).permutation(np.repeat(np.arange(6), 10))
    pairs = np.stack(np.triu_indices(60, 1), axis=1)
    pairs = pairs[group[pairs[:, 0]] != group[pairs[:, 1]]]
    problem = ChannelAssignment(
        (np.arange(9),) * 60, pairs, np.ones(len(pairs), int), objective="min_span"
    )
    solution = rrm.solve(problem, rrm.Budget(60.0, work=200), method="evolution")
    assert solution.objective == 5


@pytest.mark.parametrize("seed", range(4))
def test_tables_of_the_tabu_search_count_conflicts(seed):
    """After some moves the tables are those of plain loops."""
    pairs = graph(30, 0.5, seed).pairs
    order, first = grouped(pairs.T.ravel(), 30)
    near = pairs[:, ::-1].T.ravel()[order]
    colour = np.random.default_rng(seed).integers(0, 4, 30)
    best, at = colour.copy(), np.zeros(2, np.int64)
    same, tabu = np.empty((30, 4), np.int32), np.empty((30, 4), np.int32)
    random = np.array([seed + 17], np.uint64)
    recolour(50, first, near, colour, best, same, tabu, at, random)
    expected = np.zeros((30, 4), int)
    for u, v in pairs:
        expected[u, colour[v]] += 1
        expected[v, colour[u]] += 1
    np.testing.assert_array_equal(same, expected)
    assert at[1] == (best[pairs[:, 0]] == best[pairs[:, 1]]).sum()


def test_children_take_whole_classes():
    """The first class of a child is the largest of its first parent."""
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([2, 1, 0, 0, 1, 1])
    child = np.empty(6, np.int64)
    child_of(first, second, 3, child, np.array([5], np.uint64))
    assert child[:3].tolist() == [0, 0, 0]
    assert child[4] == child[5] == 1  # what is left of the second's largest class
    assert child[3] == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "min_interference"}, "may be violated"),
        ({"separation": np.full(3, 2)}, "separations are 1"),
        ({"exact": np.ones(3, bool)}, "separations are 1"),
        ({"domains": ([1, 2], [1, 2], [1, 2, 3])}, "same channels"),
        ({"domains": ([1, 2], [1, 2], [1, 3])}, "same channels"),
        ({"domains": ([], [], [])}, "same channels"),
    ],
)
def test_what_is_no_colouring_is_refused(change, reason):
    """With the reason."""
    triangle = ChannelAssignment(
        ([1, 2],) * 3, np.array([[0, 1], [1, 2], [0, 2]]), np.ones(3, int)
    )
    assert applies(triangle) is None
    assert reason in applies(triangle.replace(**change))
