"""Prices of power control against finite differences of the optimum."""

import numpy as np
import pytest

import rrm
from formulations import PowerControl

STEP = 1e-3  # relative change of a limit
OBJECTIVES = (
    "sum_rate",
    "max_min_rate",
    "proportional_fair",
    "min_power",
    "energy_efficiency",
)


def links(seed: int, objective: str) -> PowerControl:
    """Three links with every kind of limit."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-12, -11, (3, 3))
    gain[np.diag_indices(3)] *= 30
    return PowerControl(
        gain,
        np.full(3, 1e-12),
        np.array([1.0, 2.0, 0.5]),
        weight=rng.uniform(0.5, 2, 3),
        bandwidth=1e6,
        objective=objective,
        min_rate=[2e6, 0.0, 1e6],
        p_mask=[np.inf, 1.5, np.inf],
        protected_gain=[[1e-9, 2e-9, 1e-9]],
        protected_limit=[2.2e-9],
        circuit_power=0.5,
        amplifier_efficiency=0.4,
    )


def optimum(problem: PowerControl, start: rrm.Solution | None = None) -> rrm.Solution:
    """Best allocation, close enough to differentiate; from one nearby in less time."""
    seconds = 1.0 if start is None else 0.15
    return rrm.solve(problem, rrm.Budget(seconds, gap=1e-12), start=start)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(3))
def test_prices_are_finite_differences(objective, seed):
    """Each limit moved a little to both sides moves the optimum by its price."""
    problem = links(seed, objective)
    solution = optimum(problem)
    if solution.allocation is None:
        pytest.skip("infeasible")
    prices = problem.prices(solution)
    size = abs(solution.objective)
    for name, price in prices.items():
        limit = getattr(problem, name)
        assert price.shape == limit.shape
        assert (price >= 0).all()
        for index in np.ndindex(limit.shape):
            if limit[index] == 0 or np.isinf(limit[index]):
                assert price[index] == 0
                continue
            values = []
            for sign in (-1, 1):
                moved = limit.copy()
                moved[index] *= 1 + sign * STEP
                there = problem.replace(**{name: moved})
                values.append(optimum(there, solution).objective)
            change = problem.sense * (values[1] - values[0])
            change *= -1 if name == "min_rate" else 1
            slope = change / (2 * STEP * limit[index])
            scale = size / limit[index]
            assert price[index] == pytest.approx(slope, rel=0.03, abs=2e-3 * scale)


def test_links_of_one_transmitter_show_one_price():
    """Both links of a transmitter show what its limit is worth."""
    problem = PowerControl(
        np.diag([1.0, 2.0]), np.ones(2), np.full(2, 3.0), transmitter=[0, 0]
    )
    price = problem.prices(rrm.solve(problem, rrm.Budget(0.5, gap=1e-9)))["p_max"]
    level = (3.0 + 1.0 + 0.5) / 2  # of the water over 1 / gain
    assert price == pytest.approx(np.full(2, 1 / (level * np.log(2))), rel=1e-3)
