"""Annealing that melts and cools: optima against enumeration, capped pairs."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, Channels
from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.methods.channels import annealing


def spread(seed: int) -> ChannelAssignment:
    """Six transmitters, three channels, penalties from 1 to a million."""
    random = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(6, 1), axis=1)
    return ChannelAssignment(
        (np.arange(3),) * 6,
        pairs,
        random.integers(1, 3, len(pairs)),
        penalty=10.0 ** random.integers(0, 7, len(pairs)),
        objective="min_interference",
    )


@pytest.mark.parametrize("seed", range(5))
def test_annealing_finds_the_best_of_all(seed: int) -> None:
    """All 729 assignments are tried."""
    problem = spread(seed)
    every = (Channels(np.array(one)) for one in product(range(3), repeat=6))
    least = min(problem.evaluate(one) for one in every)
    solution = rrm.solve(problem, Budget(60.0, work=400), method="annealing")
    assert solution.objective == least


@pytest.mark.parametrize("seed", range(5))
def test_capped_penalties_count_in_full(seed: int, monkeypatch) -> None:
    """What a run says it costs is what the problem says."""
    monkeypatch.setattr(annealing, "CAP", 1e-3)
    problem = spread(seed)
    incumbent = Incumbent(problem, Budget(60.0))
    incumbent._share_end = incumbent.deadline
    walk = annealing.Annealing(problem.network, incumbent)
    for _ in range(2):
        walk.run()
    found = Channels(problem.network.channels(walk.walk.best))
    assert walk.cost() * problem.network.unit == pytest.approx(
        problem.evaluate(found), rel=1e-9
    )
    assert walk.costs.weight.max() < walk.uncapped.weight.max() / 100
