"""Biconnected parts against networkx' definition, enumeration and CP-SAT."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import ChannelAssignment, Channels
from formulations.channel_blocks import BlockTree, decide
from formulations.channel_domains import EmptyDomain
from formulations.channel_dominance import Undominated
from formulations.kernels.channel_blocks import components
from formulations.kernels.channel_domains import grouped
from tests.rrm.test_tree_decomposition import best_of_all, drawn

GOALS = ("min_interference", "min_span", "feasible")


def reached(pairs, start, without):
    """Vertices that hang together with ``start`` when ``without`` is gone."""
    seen, queue = {start}, [start]
    while queue:
        v = queue.pop()
        for a, b in pairs:
            for u in (b,) if a == v else (a,) if b == v else ():
                if u not in seen and u != without:
                    seen.add(u)
                    queue.append(u)
    return seen


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_blocks_hold_together_without_any_of_their_vertices(seed):
    """Each pair is in one block; two blocks share at most one vertex."""
    rng = np.random.default_rng(seed)
    vertices = int(rng.integers(2, 9))
    pairs = np.stack(np.triu_indices(vertices, 1), axis=1)
    pairs = pairs[rng.random(len(pairs)) < rng.uniform(0.2, 0.6)]
    order, first = grouped(pairs.T.ravel(), vertices)
    near = pairs[:, ::-1].T.ravel()[order]
    begin, member, top = components(rng.permutation(vertices), first, near)
    blocks = [
        {*member[begin[k] : begin[k + 1]].tolist(), int(top[k])}
        for k in range(len(top))
    ]
    for u, v in pairs.tolist():
        assert sum({u, v} <= block for block in blocks) == 1
    for k, block in enumerate(blocks):
        assert all(len(block & other) <= 1 for other in blocks[:k])
        inside = [(a, b) for a, b in pairs.tolist() if {a, b} <= block]
        for gone in block:
            rest = block - {gone}
            assert reached(inside, min(rest), gone) == rest
        assert not set(member[begin[k] :].tolist()) & (block - set(member[begin[k] :]))
        assert top[k] not in member[: begin[k]]  # decided before its own part is


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(GOALS))
def test_optima_are_those_of_enumeration(seed, objective):
    """The value, the states that have it, and bounds with few nodes."""
    problem = drawn(seed, objective)
    best, known = best_of_all(problem), problem.network
    if isinstance(known, EmptyDomain):
        assert np.isinf(best)
        return
    found = decide(problem, known, 10**6, np.inf, lambda work: False)
    assert found.is_whole
    assert np.isinf(found.value) == np.isinf(best)
    if np.isfinite(best):
        allocation = Channels(known.channels(found.state))
        assert problem.violations(allocation)["separation"] == 0
        if objective == "min_interference":
            assert problem.evaluate(allocation) == pytest.approx(best, abs=1e-9)
            assert found.value * known.unit == pytest.approx(best, abs=1e-9)
        if objective == "min_span":
            assert BlockTree(10**6, best).bound(problem) == best
            assert BlockTree(10**6, best + 1).bound(problem) == 0
    for nodes in (1, 3, 10):
        assert BlockTree(nodes).bound(problem) <= best * (1 + 1e-9)


def bunches(seed, objective, count=4, size=7, channels=9):
    """Dense bunches of transmitters, each with one of the bunch before in common."""
    rng = np.random.default_rng(seed)
    clique = np.stack(np.triu_indices(size, 1), axis=1)
    pairs, last = [clique], size
    for _ in range(count - 1):
        hinge = int(rng.integers(last - size + 1, last))
        names = np.append(hinge, np.arange(last, last + size - 1))
        pairs.append(names[clique])
        last += size - 1
    pairs = np.concatenate(pairs)
    pairs = pairs[rng.random(len(pairs)) < 0.85]
    soft = rng.integers(1, 9, len(pairs)).astype(float)
    return ChannelAssignment(
        (np.arange(channels),) * last,
        pairs,
        rng.integers(1, 4, len(pairs)),
        penalty=soft if objective == "min_interference" else np.full(len(soft), np.inf),
        objective=objective,
    )


@pytest.mark.parametrize("looks", [1, 2, 5, 20])
def test_a_search_ends_within_a_part_when_time_is_out(looks):
    """Nothing is known then, and no part is counted as one that took too many nodes."""
    problem, asked = bunches(0, "min_interference", channels=5), []
    known = problem.network
    assert not isinstance(known, EmptyDomain)

    def is_over(work: int) -> bool:
        asked.append(1)
        return len(asked) > looks

    assert np.isnan(decide(problem, known, 10**7, np.inf, is_over).value)
    assert len(asked) <= looks + 2
    whole: list[int] = []
    found = decide(problem, known, 10**7, np.inf, lambda work: bool(whole.append(1)))
    assert found.is_whole
    assert len(whole) > 25


@pytest.mark.parametrize("objective", ["min_interference", "min_span"])
def test_bunches_are_solved_as_cpsat_does(objective):
    """Too wide for dynamic programming, small enough one by one."""
    channels = 5 if objective == "min_interference" else 25
    problem = bunches(2, objective, channels=channels)
    budget = rrm.Budget(60.0, gap=0.0)
    methods = ["partial_assignment", "block_tree"]
    if objective == "min_interference":
        methods = ["block_tree"]
    first = rrm.Budget(60.0, gap=0.0, work=3_000)
    solution = rrm.solve(problem, first, method=methods)
    other = rrm.solve(problem, budget, method="cpsat")
    assert other.status == "optimal"
    assert solution.objective == other.objective
    if objective == "min_interference":
        assert solution.bound == other.objective
        proof = solution.certificate.proof
        assert isinstance(proof, Undominated)
        assert isinstance(proof.argument, BlockTree)


def test_bounds_of_other_goals_say_nothing():
    """Fewest channels are no sum over parts."""
    problem = bunches(0, "min_span").replace(objective="min_order")
    assert np.isnan(BlockTree(10).bound(problem))
