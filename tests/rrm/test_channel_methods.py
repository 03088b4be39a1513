"""Channel methods against enumeration and published optima."""

from itertools import product

import numpy as np
import pytest

import rrm
from benchmarks.instances.channels import philadelphia
from formulations import ChannelAssignment, Channels

SMALL = range(12)


def small(seed, objective):
    """Six transmitters in two cells and two alone, with odd domains."""
    rng = np.random.default_rng(seed)
    cell = np.array([0, 0, 1, 1, 2, 3])
    need = rng.integers(0, 3, (4, 4)) + np.eye(4, dtype=int)
    first, second = np.triu_indices(6, 1)
    domains = [np.sort(rng.choice(9, rng.integers(4, 6), False)) for _ in range(4)]
    return ChannelAssignment(
        tuple(domains[k] for k in cell),
        np.stack((first, second), axis=1),
        np.maximum(need, need.T)[cell[first], cell[second]],
        exact=np.arange(len(first)) == rng.integers(0, 40),
        objective=objective,
    )


def optimum(problem):
    """Least objective of all channels, inf where none holds all pairs."""
    best = np.inf
    for channel in product(*(part.tolist() for part in problem.domains)):
        allocation = Channels(np.array(channel))
        value = problem.evaluate(allocation)
        if value < best and max(problem.violations(allocation).values()) == 0:
            best = value
    return best


@pytest.mark.parametrize("objective", ["feasible", "min_span", "min_order"])
@pytest.mark.parametrize("seed", SMALL)
def test_partial_assignment_finds_the_optimum_of_small_problems(seed, objective):
    """Enumeration of all channels says what that is."""
    problem = small(seed, objective)
    budget = rrm.Budget(20.0, work=400)
    solution = rrm.solve(problem, budget, method="partial_assignment", seed=seed)
    best = optimum(problem)
    if np.isinf(best):
        assert solution.allocation is None
    else:
        assert solution.objective == best


@pytest.mark.parametrize("seed", SMALL)
def test_rounds_never_beat_the_optimum_and_stay_in_domains(seed):
    """What first fit finds is valid, and no better than enumeration allows."""
    problem = small(seed, "min_span").replace(exact=np.zeros(15, bool))
    solution = rrm.solve(problem, rrm.Budget(20.0, work=100), method="rounds")
    assert solution.allocation is None or solution.objective >= optimum(problem)
    assert "rounds" not in solution.certificate.refused


@pytest.mark.parametrize(
    ("name", "span"), [("P1", 426), ("P2", 426), ("P3", 257), ("P5", 239)]
)
def test_cells_with_many_channels_get_the_optimal_span(name, span):
    """Published optima of the Philadelphia problems, with their proof."""
    budget = rrm.Budget(60.0, work=20_000)
    plan = ["cliques", "partial_assignment"]
    solution = rrm.solve(philadelphia(name), budget, method=plan)
    assert (solution.objective, solution.status) == (span, "optimal")


def test_rounds_find_a_pattern_that_repeats():
    """P6 repeats a pattern of nine channels twenty times: 0 to 179."""
    budget = rrm.Budget(60.0, work=20_000)
    solution = rrm.solve(philadelphia("P6"), budget, method="rounds")
    assert solution.objective == 179


def test_the_same_seed_and_work_give_the_same_channels():
    """Whatever the machine does meanwhile."""
    problem = philadelphia("P5").replace(objective="min_order")
    budget = rrm.Budget(60.0, work=50)
    first, again = (
        rrm.solve(problem, budget, method="partial_assignment", seed=3)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.allocation.channel, again.allocation.channel)
