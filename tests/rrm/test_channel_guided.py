"""Guided local search: tables against plain sums, optima against enumeration."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, Channels
from formulations.kernels.channel_costs import tabulate, windows
from formulations.kernels.channel_guided import Guided, forget, guide, mirrored


def weighted(seed, vertices=6):
    """Few channels for many pairs, some hard, some exact, some twice."""
    rng = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(vertices, 1), axis=1)
    pairs = np.concatenate((pairs[rng.random(len(pairs)) < 0.8], pairs[:2]))
    some = len(pairs)
    penalty = rng.choice(
        [1.0, 3.0, 10.0, 100.0, np.inf], some, p=[0.3, 0.3, 0.2, 0.15, 0.05]
    )
    return ChannelAssignment(
        (np.array([0, 1, 3]), np.arange(4)) * (vertices // 2),
        pairs,
        rng.integers(1, 4, some),
        exact=rng.random(some) < 0.1,
        penalty=penalty,
        preferred=rng.integers(-1, 4, vertices),
        preferred_cost=np.full(vertices, 0.5),
        objective="min_interference",
    )


def started(problem, seed):
    """A search at states drawn at random, and what it moves in."""
    network = problem.network.network
    costs = windows(network, 2.0)
    groups = len(network.start) - 1
    rng = np.random.default_rng(seed)
    chosen = (rng.random(groups) * np.diff(network.start)).astype(np.intp)
    guided = Guided(
        chosen,
        chosen.copy(),
        np.empty(network.start[-1]),
        mirrored(costs),
        np.zeros(len(costs.neighbour), np.int64),
        costs.weight.copy(),
        np.zeros(groups, np.intp),
        np.zeros(groups, bool),
        np.zeros(2, np.intp),
        np.zeros(2),
        np.array([seed + 99], np.uint64),
    )
    return costs, guided


@pytest.mark.parametrize("seed", range(20))
def test_tables_and_totals_are_plain_sums(seed):
    """With penalties in the table and without them in the total."""
    problem = weighted(seed, 8)
    costs, guided = started(problem, seed)
    assert (guided.mirror[guided.mirror] == np.arange(len(guided.mirror))).all()
    mean = forget(costs, guided)
    assert mean >= 0
    guide(3000, 0.3, costs, guided)
    table = np.empty_like(guided.cost)
    tabulate(costs._replace(weight=guided.weight), guided.chosen, table)
    np.testing.assert_allclose(guided.cost, table, atol=1e-9)
    total = tabulate(costs, guided.chosen, table)
    assert guided.value[0] == pytest.approx(total, abs=1e-9)
    assert guided.value[1] == pytest.approx(tabulate(costs, guided.best, table))
    extra = guided.weight - costs.weight
    np.testing.assert_allclose(extra, 0.3 * guided.times, atol=1e-9)
    np.testing.assert_array_equal(guided.times, guided.times[guided.mirror])


@pytest.mark.parametrize("seed", range(15))
def test_small_problems_get_the_least_interference(seed):
    """Enumeration of all channels says what that is."""
    problem = weighted(seed)
    best = np.inf
    for channel in product(*(part.tolist() for part in problem.domains)):
        allocation = Channels(np.array(channel))
        if max(problem.violations(allocation).values()) == 0:
            best = min(best, problem.evaluate(allocation))
    budget = rrm.Budget(20.0, work=600, gap=0.0)
    solution = rrm.solve(problem, budget, method="guided_search", seed=seed)
    if np.isinf(best):
        assert solution.allocation is None
    else:
        assert solution.objective == pytest.approx(best)
