"""Partial colourings: tables by plain loops, optima by enumeration, hidden ones."""

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment
from formulations.kernels.channel_partial import (
    BARRED,
    classes_of,
    insert_colours,
    neighbours_of,
)
from rrm.methods.channels.partial_colouring import MOST_VERTICES, applies
from tests.rrm.test_channel_colouring import chromatic, graph


@pytest.mark.parametrize("seed", range(8))
def test_small_graphs_get_the_fewest_colours(seed):
    """As many as enumeration; the lowest of the domain where the span counts."""
    problem = graph(7, 0.2 + 0.1 * seed, seed)
    fewest = chromatic(problem)
    budget = rrm.Budget(20.0, work=300)
    found = rrm.solve(problem, budget, method="partial_colouring").objective
    assert found == fewest
    spanned = problem.replace(objective="min_span")
    solution = rrm.solve(spanned, budget, method="partial_colouring")
    assert solution.objective == problem.domains[0][fewest - 1]
    if fewest > 2:
        few = problem.replace(
            domains=(problem.domains[0][:fewest],) * 7, objective="feasible"
        )
        solution = rrm.solve(few, budget, method="partial_colouring")
        assert solution.allocation is not None


@pytest.mark.parametrize("seed", range(4))
def test_tables_are_those_of_plain_loops(seed):
    """Nobody has the colour of a neighbour, and counts are right after some moves."""
    pairs = graph(30, 0.5, seed).pairs
    random = np.array([seed + 17], np.uint64)
    classes = classes_of(neighbours_of(pairs, 30), 5, random)
    for _ in range(6):
        left = insert_colours(20, 0.5, 10, classes)
        assert left == (classes.colour < 0).sum() > 0
        assert_consistent(pairs, classes)


def assert_consistent(pairs, classes):
    """Tables are those of the colours that vertices have."""
    colour = classes.colour
    ends = colour[pairs]
    assert ((ends[:, 0] != ends[:, 1]) | (ends[:, 0] < 0)).all()
    expected = np.zeros((30, 5), int)
    for u, v in pairs:
        for a, b in ((u, v), (v, u)):
            if colour[b] >= 0:
                expected[a, colour[b]] += 1
    np.testing.assert_array_equal(classes.near[:, :30].T, expected)
    waiting = classes.waiting[: classes.at[1]]
    assert set(waiting.tolist()) == set(np.flatnonzero(colour < 0).tolist())
    np.testing.assert_array_equal(waiting[classes.place[waiting]], waiting)
    same = classes.same[: len(waiting)]
    np.testing.assert_array_equal(
        same[:, :5], expected[waiting] + classes.barred[waiting, :5]
    )
    np.testing.assert_array_equal(classes.low[: len(waiting)], same.min(axis=1))
    for c in range(5):
        members = classes.member[c, : classes.size[c]]
        assert set(members.tolist()) == set(np.flatnonzero(colour == c).tolist())


def test_tabus_end_after_as_many_moves_as_drawn():
    """Two neighbours and one colour: who is pushed out is the one to come back."""
    classes = classes_of(neighbours_of(np.array([[0, 1]]), 2), 1, np.array([5], "u8"))
    insert_colours(1, 0.0, 1, classes)
    (first,) = np.flatnonzero(classes.colour == 0)
    insert_colours(1, 0.0, 1, classes)  # a tabu of one move
    assert classes.colour[first] == -1
    assert classes.barred[first, 0] == BARRED
    insert_colours(1, 0.0, 1, classes)  # which ends with the next move
    assert classes.colour[first] == 0
    assert classes.barred[first, 0] == 0


def test_a_hidden_colouring_is_found_below_what_others_reach():
    """Classes of ten with half of the pairs between each two, and degrees alike."""
    rng = np.random.default_rng(4)
    hidden = rng.permutation(np.repeat(np.arange(10), 10))
    members = [np.flatnonzero(hidden == k) for k in range(10)]
    pairs = []
    for k in range(10):
        for m in range(k):
            step = rng.permutation(10)
            pairs += [
                (members[k][i], members[m][(step[i] + j) % 10])
                for i in range(10)
                for j in range(5)
            ]
    problem = ChannelAssignment(
        (np.arange(20),) * 100,
        np.array(pairs),
        np.ones(len(pairs), int),
        objective="min_span",
    )
    budget = rrm.Budget(60.0, work=20_000)
    assert rrm.solve(problem, budget, method="partial_colouring").objective == 9


def test_large_graphs_and_others_are_refused():
    """With the reason."""
    many = ChannelAssignment(([1, 2],) * (MOST_VERTICES + 1), objective="min_order")
    assert "at most 4000" in applies(many)
    pair = ChannelAssignment(([1, 2, 3],) * 2, np.array([[0, 1]]), np.array([2]))
    assert "separations are 1" in applies(pair)
