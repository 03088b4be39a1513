"""A sparse gain means the same as the dense one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

import rrm
from formulations import Power, PowerControl
from formulations.problem import FieldError


def pair(seed: int, objective: str = "sum_rate", links: int = 12):
    """One problem with a sparse and with a dense gain; some own gains are missing."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-12, -10, (links, links))
    gain[rng.uniform(size=gain.shape) < 0.7] = 0.0
    own = np.arange(links)
    gain[own, own] = 10 ** rng.uniform(-9, -8, links)
    fields = {
        "noise": np.full(links, 1e-12),
        "p_max": rng.uniform(1, 3, links),
        "min_rate": np.where(own % 3 == 0, 1e6, 0.0),
        "bandwidth": 1e6,
        "objective": objective,
        "protected_gain": np.full((1, links), 1e-10),
        "protected_limit": [1e-8],
    }
    return PowerControl(coo_array(gain), **fields), PowerControl(gain, **fields)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_sparse_is_dense(seed):
    """Evaluation, violations, scaling and instant starts agree."""
    sparse, dense = pair(seed)
    power = Power(dense.p_max * np.random.default_rng(seed).uniform(0, 1, 12))
    assert sparse.evaluate(power) == pytest.approx(dense.evaluate(power), rel=1e-12)
    assert sparse.violations(power) == pytest.approx(dense.violations(power), abs=1e-9)
    small, large = sparse.scaled(), dense.scaled()
    np.testing.assert_allclose(small.gain.toarray(), large.gain, rtol=1e-12)
    for one, other in zip(sparse.attempts(), dense.attempts(), strict=True):
        np.testing.assert_allclose(one.power, other.power, rtol=1e-6)


@pytest.mark.parametrize("objective", ["min_power", "max_min_rate"])
@pytest.mark.parametrize("seed", range(4))
def test_sparse_optimum_is_the_dense_one(objective, seed):
    """Krylov steps and direct solves end at the same certified optimum."""
    sparse, dense = pair(seed, objective)
    budget = rrm.Budget(2.0, gap=1e-8)
    one, other = rrm.solve(sparse, budget), rrm.solve(dense, budget)
    assert one.status == other.status
    if other.status == "optimal":
        assert one.objective == pytest.approx(other.objective, rel=3e-8)


def test_least_power_of_many_links():
    """At a radius near one, with limits that bind nothing, every rate is just met."""
    rng = np.random.default_rng(1)
    links, heard = 20_000, 8
    receiver = np.repeat(np.arange(links), heard)
    sender = rng.integers(0, links, links * heard)
    cross = 10 ** rng.uniform(-13, -11, links * heard)
    own = np.arange(links)
    places = np.append(receiver, own), np.append(sender, own)
    gain = coo_array((np.append(cross, np.full(links, 1e-10)), places))
    problem = PowerControl(
        gain,
        np.full(links, 1e-14),
        np.full(links, 1e9),
        objective="min_power",
        min_rate=np.full(links, 1.2),
    )
    solution = rrm.solve(problem, rrm.Budget(20.0, gap=1e-8), method="fixed_point")
    assert solution.status == "optimal"
    rate = problem.rate(solution.allocation.power)
    np.testing.assert_allclose(rate, 1.2, rtol=1e-9)
    more = problem.replace(min_rate=np.full(links, 4.0))
    assert rrm.solve(more, 20.0, method="fixed_point").status == "infeasible"


def test_a_bad_stored_entry_is_named():
    """Row and column, as for a dense gain."""
    gain = coo_array(([1.0, -2.0], ([0, 1], [0, 2])), shape=(3, 3))
    with pytest.raises(FieldError, match=r"gain\[1, 2\]"):
        PowerControl(gain, np.ones(3), np.ones(3))
