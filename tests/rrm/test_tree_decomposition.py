"""Elimination of groups against enumeration and CP-SAT; bounds and what breaks them."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import ChannelAssignment, Channels
from formulations.channel_dominance import Undominated
from formulations.channel_elimination import Elimination, eliminate, narrow_order
from rrm.methods.channels.tree_decomposition import applies

GOALS = ("min_interference", "min_span", "feasible")


def drawn(seed, objective, transmitters=5, channels=4):
    """Random pairs of all kinds between transmitters with some of the channels."""
    rng = np.random.default_rng(seed)
    domains = [
        np.sort(rng.choice(channels + 2, rng.integers(2, channels + 1), replace=False))
        for _ in range(transmitters)
    ]
    pairs = np.stack(np.triu_indices(transmitters, 1), axis=1)
    pairs = pairs[rng.random(len(pairs)) < 0.5]
    pairs = np.concatenate((pairs, pairs[:2]))
    count = len(pairs)
    penalty = rng.choice([np.inf, 0.7, 2.0, 3.5], count)
    return ChannelAssignment(
        tuple(domains),
        pairs.reshape(-1, 2),
        rng.integers(0, 3, count),
        exact=rng.random(count) < 0.25,
        penalty=penalty,
        preferred=rng.integers(-1, channels, transmitters),
        preferred_cost=rng.choice([0.0, 0.4], transmitters),
        objective=objective,
    )


def best_of_all(problem):
    """Least objective by trying all assignments, inf without one."""
    best = np.inf
    for channel in product(*problem.domains):
        allocation = Channels(np.array(channel))
        if problem.violations(allocation)["separation"] == 0:
            best = min(best, problem.evaluate(allocation))
    return best


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(GOALS))
def test_optima_are_those_of_enumeration(seed, objective):
    """Also where there is no assignment; the proof is recomputed."""
    problem = drawn(seed, objective)
    best = best_of_all(problem)
    budget = rrm.Budget(20.0, gap=1e-9)
    solution = rrm.solve(problem, budget, method="tree_decomposition")
    if np.isinf(best):
        assert solution.status == "infeasible"
        return
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(best, abs=1e-9)
    assert solution.bound == pytest.approx(best, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(GOALS))
def test_what_is_left_out_gives_a_bound(seed, objective):
    """Tables of ten entries leave groups out; no bound is above the optimum."""
    problem = drawn(seed, objective)
    known = problem.network
    best = best_of_all(problem)
    if not hasattr(known, "network"):
        assert np.isinf(best)
        return
    states = np.diff(known.network.start)
    order, is_whole = narrow_order(known, states, lambda: False, 10)
    bound = Elimination(order).bound(problem)
    assert bound <= best * (1 + 1e-9)
    if is_whole.all():
        assert bound == pytest.approx(best, abs=1e-9)
    for below in (2.0, 3.0):
        if objective == "min_span":
            assert Elimination(order, below).bound(problem) == min(bound, below)


def ladder(length, seed, objective="min_interference"):
    """Two rows of transmitters with pairs along, across and diagonally; two of them."""
    rng = np.random.default_rng(seed)
    at = np.arange(2 * length).reshape(length, 2)
    pairs = [(a, b) for a, b in at]
    for one, two in pairwise(at):
        pairs += [(u, v) for u in one for v in two]
    pairs = np.array(pairs)
    pairs = np.concatenate((pairs, pairs + 2 * length))
    count = len(pairs)
    soft = rng.integers(1, 20, count).astype(float)
    return ChannelAssignment(
        (np.arange(7),) * (4 * length),
        pairs,
        rng.integers(1, 5, count),
        penalty=soft if objective == "min_interference" else np.full(count, np.inf),
        objective=objective,
    )


@pytest.mark.parametrize("objective", ["min_interference", "min_span"])
def test_long_ladders_are_solved_as_cpsat_does(objective):
    """Sixty transmitters in two parts; and the optimum of the parts is the sum."""
    problem = ladder(15, 3, objective)
    if objective == "min_span":
        problem = problem.replace(domains=(np.arange(20),) * 60)
    solution = rrm.solve(
        problem, rrm.Budget(60.0, gap=0.0), method="tree_decomposition"
    )
    other = rrm.solve(problem, rrm.Budget(60.0, gap=0.0), method="cpsat")
    assert other.status == solution.status == "optimal"
    assert solution.objective == other.objective
    proof = solution.certificate.proof
    assert isinstance(proof, Undominated)
    assert isinstance(proof.argument, Elimination)


def test_a_bound_of_nonsense_is_none():
    """Groups twice, or that do not exist."""
    problem = ladder(3, 0)
    assert np.isnan(Elimination(np.array([0, 0])).bound(problem))
    assert np.isnan(Elimination(np.array([99])).bound(problem))
    fewest = ladder(3, 0, "min_order")
    assert np.isnan(Elimination(np.array([0])).bound(fewest))


def test_an_end_in_the_middle_says_nothing():
    """Neither states nor a bound."""
    problem = ladder(3, 0)
    value, state = eliminate(
        problem, problem.network, np.arange(12), np.inf, lambda: True
    )
    assert np.isnan(value)
    assert not state.size


def test_a_part_too_wide_keeps_what_it_has():
    """A clique of thirty beside a chain: the chain is decided, the bound is valid."""
    rng = np.random.default_rng(1)
    clique = np.stack(np.triu_indices(30, 1), axis=1)
    chain = 30 + np.stack((np.arange(150), np.arange(1, 151)), axis=1)
    pairs = np.concatenate((clique, chain))
    problem = ChannelAssignment(
        (np.arange(8),) * 181,
        pairs,
        np.ones(len(pairs), int),
        penalty=rng.integers(1, 9, len(pairs)).astype(float),
        preferred=np.zeros(181, int),
        preferred_cost=np.full(181, 100.0),
        objective="min_interference",
    )
    solution = rrm.solve(problem, 20.0, method="tree_decomposition")
    channel = solution.allocation.channel
    assert (channel[30:] == 0).all()
    assert problem.penalty[435:].sum() <= solution.bound <= solution.objective


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "min_order"}, "channels in use"),
        ({"domains": (np.arange(3_000),) * 3}, "pairs of channels"),
    ],
)
def test_what_does_not_fit_is_refused(change, reason):
    """With the reason."""
    triangle = ChannelAssignment(
        ([1, 2],) * 3, np.array([[0, 1], [1, 2], [0, 2]]), np.ones(3, int)
    )
    assert applies(triangle) is None
    assert reason in applies(triangle.replace(**change))
    pairs = np.tile(triangle.pairs, (9, 1))
    many = triangle.replace(pairs=pairs, separation=np.ones(27, int))
    assert "for each transmitter" in applies(many)
