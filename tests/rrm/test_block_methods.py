"""Methods for several resource blocks against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import Power, PowerControl
from rrm.methods.power.dual_decomposition import BlockPrices
from rrm.methods.power.interference_free import alone_limit


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


@given(st.integers(0, 10_000), st.floats(0.0, 10.0), st.booleans())
@settings(deadline=None, max_examples=100)
def test_no_power_beats_the_prices(seed, size, per_block):
    """At any prices and any point the bound is above random feasible powers."""
    rng = np.random.default_rng(seed)
    problem = on_blocks(
        seed, 0.3, transmitter=[0, 1, 1], p_max=[0.5, 0.8, 0.8],
        protected_gain=rng.exponential(1e-9, (2, 3)),
        protected_limit=rng.uniform(1e-10, 8e-10, (2, 5) if per_block else 2),
    )  # fmt: skip
    start = problem.trivial().power
    problem = problem.replace(min_rate=rng.uniform(0, 0.9, 3) * problem.rate(start))
    scaled = problem.scaled()
    limit = alone_limit(scaled)
    prices = [
        size * rng.uniform(0, 1, 3),
        size * rng.uniform(0, 1, 3) * (rng.random(3) < 0.7),
        size * rng.uniform(0, 1, scaled.protected_limit.shape),
    ]
    point = limit * rng.uniform(0, 1, (3, 5))
    bound = BlockPrices(*prices, point).bound(problem)
    tried = 0
    for spread in np.linspace(0, 0.5, 12):
        allocation = Power(start * rng.uniform(1 - spread, 1, (3, 5)))
        if max(problem.violations(allocation).values()) <= 1e-9:
            tried += 1
            assert problem.evaluate(allocation) <= bound
    assert tried
    for wrong in range(3):
        bad = [-p - 1 if k == wrong else p for k, p in enumerate(prices)]
        assert np.isnan(BlockPrices(*bad, point).bound(problem))
    assert np.isnan(BlockPrices(*prices, 2 * limit).bound(problem))


@pytest.mark.parametrize("seed", range(4))
def test_prices_of_floors_and_receivers_close_the_gap(seed):
    """Without cross gains, to the convex program with every limit."""
    problem = on_blocks(
        seed, 0.0, protected_gain=np.full((1, 3), 1e-9), protected_limit=[4e-10]
    )
    rate = problem.rate(problem.trivial().power)
    problem = problem.replace(min_rate=[1.2 * rate[0], 0.0, 0.8 * rate[2]])
    model = rrm.solve(problem, 20.0, method="cvxpy_water_filling")
    found = rrm.solve(problem, 3.0, method="dual_decomposition")
    assert found.bound >= model.objective * (1 - 1e-7)
    assert found.bound == pytest.approx(model.objective, rel=5e-3)
    proof = found.certificate.proof
    unpriced = BlockPrices(
        proof.price, 0 * proof.floor_price, 0 * proof.protected_price, proof.point
    )
    assert proof.bound(problem) < unpriced.bound(problem)


def test_ratio_without_interference_where_a_link_hears_nothing():
    """A link without own gain earns nothing, and the bound of the others stands."""
    problem = PowerControl(
        np.diag([0.0, 2.0]),
        np.ones(2),
        np.array([1.0, 3.0]),
        objective="energy_efficiency",
        circuit_power=0.5,
    )
    solution = rrm.solve(problem, 0.5, method="interference_free")
    power = np.linspace(0.0, 3.0, 30_001)
    best = (np.log2(1 + 2 * power) / (0.5 + power)).max()
    assert best <= solution.bound <= best * (1 + 1e-6)
