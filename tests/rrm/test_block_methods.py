"""Methods for several resource blocks against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import Power, PowerControl
from rrm.methods.power.dual_decomposition import BlockPrices


def on_blocks(seed: int, cross: float, **changes) -> PowerControl:
    """Three links on five blocks, with cross gains of about ``cross`` of the own."""
    rng = np.random.default_rng(seed)
    gain = rng.exponential(1e-10, (3, 3, 5))
    gain *= np.where(np.eye(3), 1.0, cross)[:, :, None]
    fields = {
        "noise": np.full((3, 5), 1e-12),
        "p_max": rng.uniform(0.02, 1.0, 3),
        "weight": rng.uniform(0.5, 2.0, 3),
        "p_mask": rng.uniform(0.05, 0.6, (3, 5)),
    }
    return PowerControl(gain, **(fields | changes))


@pytest.mark.parametrize("method", ["iterative_water_filling", "dual_decomposition"])
@pytest.mark.parametrize("seed", range(4))
def test_links_that_do_not_hear_each_other_are_exact(method, seed):
    """Proven without a search, and as the convex program says."""
    problem = on_blocks(seed, 0.0)
    methods = [method, "interference_free"]
    solution = rrm.solve(problem, rrm.Budget(5.0, gap=1e-6), method=methods)
    assert solution.status == "optimal"
    model = rrm.solve(problem, 20.0, method="cvxpy_water_filling")
    assert model.objective == pytest.approx(solution.objective, rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_shared_transmitters_are_exact(seed):
    """Where two links share a limit, prices close the gap to the convex program."""
    problem = on_blocks(seed, 0.0, p_max=np.full(3, 0.3), transmitter=[0, 0, 2])
    budget = rrm.Budget(5.0, gap=1e-5)
    solution = rrm.solve(problem, budget, method="dual_decomposition")
    assert solution.status == "optimal"
    model = rrm.solve(problem, 20.0, method="cvxpy_water_filling")
    assert model.objective <= solution.bound * (1 + 1e-7)
    assert model.objective == pytest.approx(solution.objective, rel=1e-4)


@pytest.mark.parametrize("objective", ["sum_rate", "proportional_fair"])
def test_the_convex_program_with_every_limit(objective):
    """No method beats it, and coordinate ascent comes close."""
    problem = on_blocks(
        1, 0.0, objective=objective, min_rate=[2.0, 0.0, 1.0],
        protected_gain=np.full((1, 3), 1e-9), protected_limit=[4e-10],
    )  # fmt: skip
    model = rrm.solve(problem, 20.0, method="cvxpy_water_filling")
    ours = rrm.solve(problem, 1.0, method=["barrier_ascent", "coordinate_ascent"])
    assert ours.objective == pytest.approx(model.objective, rel=1e-3)
    assert ours.objective <= model.objective * (1 + 1e-6)


@given(st.integers(0, 10_000), st.floats(0.0, 10.0))
@settings(deadline=None, max_examples=60)
def test_no_power_beats_the_prices(seed, size):
    """At any prices and any point the bound is above random feasible powers."""
    problem = on_blocks(seed, 0.3)
    rng = np.random.default_rng(seed)
    scaled = problem.scaled()
    limit = np.minimum(scaled.p_max[:, None], scaled.p_mask)
    argument = BlockPrices(
        size * rng.uniform(0, 1, 3), limit * rng.uniform(0, 1, (3, 5))
    )
    bound = argument.bound(problem)
    for _ in range(10):
        power = np.minimum(rng.uniform(0, 0.5, (3, 5)), problem.p_mask)
        used = power.sum(axis=1)
        power *= np.minimum(problem.p_max / used, 1.0)[:, None]
        assert problem.evaluate(Power(power)) <= bound
    assert np.isnan(BlockPrices(-np.ones(3), limit).bound(problem))
    assert np.isnan(BlockPrices(np.ones(3), 2 * limit).bound(problem))
