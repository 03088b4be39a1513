"""Ascending order by parts of bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.kernels.ordering import FEW, ascending


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(0, 5 * FEW),
    decimals=st.integers(0, 9),
    scale=st.sampled_from([1e-300, 1e-3, 1.0, 1e300]),
)
def test_order_is_that_of_comparisons(seed, size, decimals, scale):
    """Also of ties, of what single precision cannot tell apart or hold, and zeros."""
    key = np.random.default_rng(seed).normal(size=size).round(decimals) * scale
    assert np.array_equal(ascending(key), np.argsort(key, kind="stable"))


@pytest.mark.parametrize("size", [FEW - 10, 3 * FEW])
def test_infinities_come_first_and_last(size):
    """And both zeros are one."""
    key = np.concatenate((np.zeros(size), [-np.inf, np.inf, -0.0, 0.0, 1.0, -1.0]))
    assert np.array_equal(ascending(key), np.argsort(key, kind="stable"))
