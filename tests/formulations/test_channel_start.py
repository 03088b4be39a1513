"""First channels where interference counts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations import ChannelAssignment
from formulations.channel_start import (
    cheapest_channels,
    exhaustive_channels,
    first_fitting,
    greedy_channels,
)
from formulations.channels import Channels
from formulations.kernels.channel_exhaustive import frequency_exhaustive
from formulations.kernels.channel_least_cost import least_cost


def drawn(rng: np.random.Generator) -> ChannelAssignment:
    """Few transmitters, with soft, hard and exact pairs and channels to keep."""
    count, pairs = int(rng.integers(2, 8)), int(rng.integers(1, 16))
    first = rng.integers(0, count, pairs)
    second = (first + rng.integers(1, count, pairs)) % count
    penalty = rng.uniform(0, 5, pairs)
    penalty[rng.random(pairs) < 0.2] = np.inf
    domains = [
        np.sort(rng.choice(9, int(rng.integers(1, 6)), replace=False))
        for _ in range(count)
    ]
    return ChannelAssignment(
        tuple(domains),
        np.stack((first, second), axis=1),
        rng.integers(0, 4, pairs),
        exact=rng.random(pairs) < 0.2,
        penalty=penalty,
        preferred=rng.integers(-1, 9, count),
        preferred_cost=rng.uniform(0, 3, count),
        objective="min_interference",
    )


def cost_of(problem: ChannelAssignment, channel: np.ndarray) -> tuple[int, float]:
    """Hard pairs missed, and the objective."""
    missed = (problem.shortfall(channel) > 0) & problem.is_hard
    return int(missed.sum()), problem.evaluate(Channels(channel))


def at_least_cost(problem: ChannelAssignment, rounds: int) -> np.ndarray:
    """Channels (V,) after so many rounds."""
    return least_cost(
        *problem.choices,
        problem.pairs,
        problem.separation,
        problem.exact,
        problem.is_hard,
        problem.penalty,
        problem.preferred,
        problem.preferred_cost,
        rounds,
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_no_single_change_is_better_in_the_end(seed):
    """And rounds never make it worse."""
    problem = drawn(np.random.default_rng(seed))
    costs = [cost_of(problem, at_least_cost(problem, rounds)) for rounds in range(4)]
    channel = at_least_cost(problem, 1000)
    costs.append(cost_of(problem, channel))
    for before, after in pairwise(costs):
        assert after[0] < before[0] or (
            after[0] == before[0] and after[1] <= before[1] + 1e-9
        )
    assert problem.violations(Channels(channel))["domain"] == 0.0
    for v, domain in enumerate(problem.domains):
        for option in domain:
            changed = channel.copy()
            changed[v] = option
            missed, cost = cost_of(problem, changed)
            assert missed > costs[-1][0] or cost >= costs[-1][1] - 1e-9


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_those_with_most_at_stake_choose_first(seed):
    """The first in the order has its free choice: the lowest channel it prefers."""
    problem = drawn(np.random.default_rng(seed))
    stake = np.zeros(problem.sizes["V"])
    weight = np.where(problem.is_hard, 1.0, problem.penalty)
    weight = weight * np.maximum(problem.separation, 1)
    np.add.at(stake, problem.pairs.ravel(), np.repeat(weight, 2))
    first = int(np.argmax(stake))
    if np.sum(stake >= stake[first] - 1e-9) > 1:
        return
    wanted = problem.preferred[first]
    pays = problem.preferred_cost[first] > 0 and wanted in problem.domains[first]
    expected = wanted if pays else problem.domains[first][0]
    assert at_least_cost(problem, 0)[first] == expected


def test_the_first_answer_is_the_cheap_one():
    """First fit would put all on the lowest channel: soft pairs do not bind it."""
    problem = ChannelAssignment(
        (np.arange(3),) * 3,
        np.array([[0, 1], [1, 2], [0, 2]]),
        np.ones(3, int),
        penalty=np.array([1.0, 2.0, 4.0]),
        objective="min_interference",
    )
    start = problem.trivial()
    assert start is not None
    assert problem.evaluate(start) == 0.0


def test_an_empty_domain_gives_nothing():
    """Nothing can be put on no channel."""
    problem = ChannelAssignment(
        (np.arange(2), np.empty(0, int)), objective="min_interference"
    )
    assert cheapest_channels(problem) is None


def by_frequency(problem: ChannelAssignment) -> list[int]:
    """Channels in ascending order, each to those that need most, by plain loops."""
    count = problem.sizes["V"]
    chosen, need = [-1] * count, [0] * count
    near: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for (u, v), gap in zip(problem.pairs.tolist(), problem.separation, strict=True):
        near[u].append((v, int(gap)))
        near[v].append((u, int(gap)))
        need[u] += int(gap)
        need[v] += int(gap)
    for used in sorted({int(f) for part in problem.domains for f in part}):
        while True:
            fitting = [
                v
                for v in range(count)
                if chosen[v] < 0
                and used in problem.domains[v]
                and all(chosen[u] < 0 or used - chosen[u] >= gap for u, gap in near[v])
            ]
            if not fitting:
                break
            v = max(fitting, key=lambda v: (need[v], -v))
            chosen[v] = used
            for u, gap in near[v]:
                need[u] -= gap
    return chosen


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_frequencies_go_to_those_that_need_most(seed):
    """As in plain loops; what is complete holds every hard pair."""
    drawn_problem = drawn(np.random.default_rng(seed))
    pairs = len(drawn_problem.pairs)
    problem = drawn_problem.replace(
        exact=np.zeros(pairs, bool), penalty=np.full(pairs, np.inf)
    )
    gaps = problem.pairs, problem.separation, problem.is_hard
    listed = np.concatenate(problem.domains)
    ends = int(listed.min()), int(listed.max())
    chosen = frequency_exhaustive(*problem.choices, *gaps, ends)
    assert chosen.tolist() == by_frequency(problem)
    complete = exhaustive_channels(problem)
    assert (complete is None) == (chosen < 0).any()
    if complete is not None:
        assert max(problem.violations(Channels(complete)).values()) == 0.0


def test_a_cell_leaves_room_for_its_neighbour():
    """Two of one cell, three apart, and one of the next, two apart from both.

    One cell after the other takes 0, 3 and would need 5; in turn it is 0, 2, 4.
    """
    problem = ChannelAssignment(
        (np.arange(5),) * 3,
        np.array([[0, 1], [0, 2], [1, 2]]),
        np.array([3, 2, 2]),
        objective="min_span",
    )
    for channels in (first_fitting, greedy_channels):
        found = channels(problem)
        assert found is not None
        assert problem.violations(Channels(found))["separation"] > 0.0
    start = problem.trivial()
    assert start is not None
    assert start.channel.tolist() == [0, 4, 2]


@pytest.mark.parametrize(("need", "highest"), [(2**60, 2**60), (1, 2**60), (2**60, 1)])
def test_what_is_too_large_for_frequencies_in_turn_is_left_to_others(need, highest):
    """A key of need and transmitter has 62 bits; channels lie within a million."""
    domains = (np.array([0, highest]),) * 3
    problem = ChannelAssignment(domains, np.array([[0, 1]]), np.array([need]))
    assert exhaustive_channels(problem) is None
    assert (problem.trivial() is None) == (need > highest)
