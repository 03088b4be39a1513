"""Groups placed last: by enumeration, and what arc consistency proves of spans."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import ChannelAssignment, Channels
from formulations.channel_domains import EmptyDomain, NothingBelow
from formulations.channel_peeling import part_of, peeled
from tests.rrm.test_tree_decomposition import best_of_all, drawn

OBJECTIVES = ("feasible", "min_span", "min_interference")


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(OBJECTIVES))
def test_every_assignment_of_the_part_extends_to_all(seed, objective):
    """No pair of those placed last is violated, none costs, all states are open."""
    problem = drawn(seed, objective)
    known = problem.network
    if isinstance(known, EmptyDomain):
        return
    network, top = known.network, 1 + seed % 5
    is_open = (network.hard == 0) & (network.soft == 0) & (known.highest <= top)
    peeling = peeled(known, is_open)
    assert sorted([*peeling.order, *peeling.kept]) == list(
        range(len(network.start) - 1)
    )
    begin = network.start[:-1]
    choices = [np.flatnonzero(is_open[a:b]) for a, b in pairwise(network.start)]
    part = [choices[w] for w in peeling.kept]
    for state in product(*part):
        whole = peeling.states(np.array(state, int))
        assert (whole >= 0).all()
        assert is_open[begin + whole].all()
        np.testing.assert_array_equal(whole[peeling.kept], state)
        missed = problem.shortfall(known.channels(whole)) > 0
        ends = known.group[problem.pairs]
        counts = problem.is_hard | (objective == "min_interference")
        missed &= counts & np.isin(ends, peeling.order).any(axis=1)
        assert not missed.any()


def test_a_chain_goes_and_a_triangle_stays():
    """Two channels: one neighbour blocks one of them, those in a triangle have two."""
    pairs = np.array([[0, 1], [1, 2], [2, 0], [2, 3], [3, 4]])
    problem = ChannelAssignment((np.arange(2),) * 5, pairs, np.ones(5, int))
    known = problem.network
    peeling = peeled(known, np.ones(10, bool))
    assert peeling.order.tolist() == [4, 3]
    assert peeling.kept.tolist() == [0, 1, 2]
    three = problem.replace(domains=(np.arange(3),) * 5).network
    everyone = peeled(three, np.ones(15, bool))
    assert not everyone.kept.size  # ends first, then the triangle
    channel = three.channels(everyone.states(np.zeros(0, int)))
    assert problem.shortfall(channel).max() == 0


def test_a_separation_of_three_blocks_five_channels():
    """Two neighbours block ten: of eleven channels one is left; holes leave more."""
    pairs = np.array([[0, 1], [1, 2], [2, 0]])
    for domain, stays in ((range(10), 3), (range(11), 0), (range(0, 20, 4), 0)):
        problem = ChannelAssignment((list(domain),) * 3, pairs, np.full(3, 3))
        network = problem.network
        kept = peeled(network, np.ones(3 * len(domain), bool)).kept
        assert len(kept) == stays


def test_a_part_is_the_problem_of_its_transmitters():
    """The same channels, pairs and costs as the network of those alone."""
    problem = drawn(5, "min_interference", transmitters=6, channels=5)
    known = problem.network
    is_kept = np.arange(len(known.network.start) - 1) % 3 != 1
    part = part_of(known, is_kept)
    inside = is_kept[known.group]
    rng = np.random.default_rng(0)
    for _ in range(30):
        state = rng.integers(0, np.diff(known.network.start))
        channel = known.channels(state)
        np.testing.assert_array_equal(part.channels(state[is_kept]), channel[inside])
    ends = np.repeat(np.flatnonzero(is_kept), np.diff(part.network.first))
    other = np.flatnonzero(is_kept)[part.network.neighbour]
    whole = known.network
    owner = np.repeat(np.arange(len(is_kept)), np.diff(whole.first))
    both = is_kept[owner] & is_kept[whole.neighbour]
    assert sorted(zip(ends, other, part.network.gap, strict=True)) == sorted(
        zip(owner[both], whole.neighbour[both], whole.gap[both], strict=True)
    )


@pytest.mark.parametrize("seed", range(12))
def test_spans_with_others_left_out_are_those_of_enumeration(seed):
    """Sparse problems, most of whose transmitters are placed last."""
    problem = drawn(seed, "min_span", transmitters=6)
    best = best_of_all(problem)
    budget = rrm.Budget(20.0, gap=0.0, work=400)
    solution = rrm.solve(problem, budget, method="partial_assignment")
    if np.isinf(best):
        assert solution.allocation is None
    else:
        assert solution.objective == best


def test_arc_consistency_proves_a_span():
    """A chain of exact distances: 20 apart twice, so that 0 and 20 are not enough."""
    problem = ChannelAssignment(
        (np.arange(0, 101, 10),) * 4,
        np.array([[0, 1], [1, 2], [0, 2], [2, 3]]),
        np.array([20, 30, 50, 40]),
        exact=np.array([True, True, True, False]),
        objective="min_span",
    )
    solution = rrm.solve(problem, rrm.Budget(10.0, gap=0.0), method="cliques")
    assert solution.bound == 50
    proof = solution.certificate.proof
    assert isinstance(proof, NothingBelow)
    assert proof.bound(problem) == 50
    assert problem.evaluate(Channels(np.array([0, 20, 50, 0]))) == 50
