"""Deadlines hold end to end, with room for a machine that others use too."""

import time

import numpy as np
import pytest

import rrm
from formulations import PowerControl

pytestmark = pytest.mark.timed


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


def fifty_links() -> PowerControl:
    """Links over two kilometres with 3GPP-like path loss."""
    rng = np.random.default_rng(0)
    sender = rng.uniform(0, 2000, (50, 2))
    receiver = sender + rng.uniform(-150, 150, (50, 2))
    away = np.linalg.norm(receiver[:, None] - sender[None], axis=2)
    gain = 10 ** (-(36.7 * np.log10(np.maximum(away, 10)) + 33) / 10)
    return PowerControl(gain, np.full(50, 1e-13), np.ones(50), bandwidth=1e6)


@pytest.mark.parametrize(("budget", "runs"), [(1e-3, 200), (1e-2, 50), (1e-1, 10)])
def test_fifty_links_in_time(budget, runs):
    """Median at most half a millisecond late, and feasible every time.

    The best of five rounds, as this machine falls to half its speed for seconds.
    """
    problem = fifty_links()
    medians = []
    for _ in range(5):
        seconds = []
        for _ in range(runs):
            began = time.perf_counter()
            solution = rrm.solve(problem, budget)
            seconds.append(time.perf_counter() - began)
            assert max(problem.violations(solution.allocation).values()) <= 1e-9
        medians.append(np.median(seconds))
        if medians[-1] <= budget + 5e-4:
            break
    assert min(medians) <= budget + 5e-4


def test_warm_up_takes_seconds_once_and_nothing_again():
    """A second call has nothing left to do."""
    assert rrm.warm_up() < 0.1
