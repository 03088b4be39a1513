"""Bounds at which users buy whole sets of blocks, against enumeration."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.block_prices import SchedulePrices
from formulations.block_sets import BlockPrices
from formulations.kernels.block_sets import best_set
from formulations.kernels.knapsack import RECORDS, STATES, room
from tests.formulations.test_blocks import best_of_all, small

MEMORY = room(STATES, RECORDS)


@given(st.integers(0, 10_000), st.just(0.0) | st.floats(1e-3, 1.2))
@settings(deadline=None, max_examples=100)
def test_sets_are_the_best_there_are(seed, asked):
    """Worth and set against all subsets that meet the floor."""
    rng = np.random.default_rng(seed)
    rate, worth = rng.random(6) * (rng.random(6) < 0.8), rng.normal(size=6)
    floor = asked * rate.sum()
    left, bought = np.empty(6, bool), np.empty(6, bool)
    found = best_set(worth, rate, floor, MEMORY, left, bought)
    sets = np.array(list(product((False, True), repeat=6)))
    fits = sets @ rate >= floor * (1 - 1e-12)
    best = (sets @ worth)[fits].max(initial=-np.inf)
    assert found == pytest.approx(best, abs=1e-9)
    if np.isfinite(best):
        assert worth[bought].sum() == pytest.approx(best, abs=1e-9)
        assert rate[bought].sum() >= floor * (1 - 1e-9)


@given(st.integers(0, 10_000), st.floats(0.0, 2.0), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_no_schedule_beats_prices_of_blocks(seed, size, contiguous, limited):
    """At random prices the bound is above the best schedule; bad prices give nan."""
    rng = np.random.default_rng(seed)
    problem = small(
        seed,
        contiguous=contiguous,
        max_blocks=rng.integers(0, 4, 3) if limited else np.full(3, np.inf),
        blocked=rng.random((1, 4)) < 0.2,
    )
    problem = problem.replace(min_rate=0.6 * rng.random(3) * problem.rate.max(axis=1))
    price = size * 1e6 * rng.random((1, 4))
    toll = 1e6 * size * rng.random(3) * limited
    bound = BlockPrices(price, toll, 0 * toll).bound(problem)
    assert best_of_all(problem) <= bound
    assert np.isnan(BlockPrices(-price - 1, toll, toll).bound(problem))
    assert np.isnan(BlockPrices(price[:, :2], toll, toll).bound(problem))
    assert np.isnan(BlockPrices(price, toll[:2], toll).bound(problem))
    fair = problem.replace(objective="proportional_fair", average=np.ones(3))
    assert np.isnan(BlockPrices(price, toll, toll).bound(fair))


@given(st.integers(0, 10_000), st.floats(1.0, 3.0))
@settings(deadline=None, max_examples=40)
def test_whole_sets_are_no_weaker_than_parts(seed, dear):
    """At the offers that prices of rates lead to, the bound is at most theirs."""
    problem = small(seed)
    rng = np.random.default_rng(seed)
    floors = 0.8 * rng.random(3) * problem.rate.max(axis=1)
    problem = problem.replace(min_rate=floors)
    price = problem.weight * (1 + (dear - 1) * rng.random(3))
    offers = (price[:, None] * problem.rate).max(axis=0)[None]
    parts = SchedulePrices(price, np.zeros(3)).bound(problem)
    whole = BlockPrices(offers, np.zeros(3), price).bound(problem)
    assert whole <= parts * (1 + 1e-9)
