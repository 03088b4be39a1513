"""Annealing that melts and cools: optima against enumeration, capped pairs."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, Channels
from formulations.channel_network import ChannelNetwork
from formulations.kernels.channel_costs import tabulate
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


def begun(problem: ChannelAssignment) -> annealing.Annealing:
    """A walk that has a minute."""
    incumbent = Incumbent(problem, Budget(60.0))
    incumbent._share_end = incumbent.deadline
    assert isinstance(problem.network, ChannelNetwork)
    return annealing.Annealing(problem.network, incumbent)


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
    walk = begun(problem)
    for _ in range(2):
        walk.turn(40)
    found = Channels(walk.known.channels(walk.walk.best))
    assert walk.cost() * walk.known.unit == pytest.approx(
        problem.evaluate(found), rel=1e-9
    )
    assert walk.costs.weight.max() < walk.uncapped.weight.max() / 100


def test_the_best_of_all_turns_is_kept() -> None:
    """Turns begin warm again; what they lose is not lost."""
    problem = spread(7)
    walk = begun(problem)
    least = []
    for _ in range(4):
        walk.turn(4)
        costs, nothing = walk.uncapped, np.empty(len(walk.room))
        assert tabulate(costs, walk.best.copy(), nothing) == walk.least
        least.append(walk.least)
    assert least == sorted(least, reverse=True)


def test_a_turn_is_cold_when_time_is_out(monkeypatch) -> None:
    """The clock runs out after a tenth of the chunks, so it cools ten times faster."""
    problem = spread(3)
    walk = begun(problem)
    walk.turn(1)
    heats: list[float] = []

    def walks(temperature: float) -> bool:
        heats.append(temperature)
        return len(heats) == 100

    monkeypatch.setattr(walk, "_walks", walks)
    monkeypatch.setattr(walk.incumbent, "remaining", lambda: 1.0 - len(heats) / 100)
    assert walk.turn(2_000)
    assert heats[0] == pytest.approx(walk.hot)
    coldest = walk.hot * annealing.COOLED
    assert heats[-1] == pytest.approx(coldest, rel=0.02)
    assert (np.diff(heats) < 0).all()
