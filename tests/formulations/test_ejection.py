"""Rounds of ejection chains: who is looked at, and what a round may do."""

import numpy as np
import pytest

from formulations.kernels.ejection import LENGTH, ROUND, SCORE
from formulations.kernels.shortlists import NOBODY, chains_at
from formulations.kernels.softening import begin_narrow, search


@pytest.mark.parametrize("seed", range(8))
def test_a_narrow_round_asks_those_with_something_to_gain_and_keeps_what_fits(seed):
    """Users away from their first choice or in overload; the best is feasible."""
    rng = np.random.default_rng(seed)
    users, cells = 60, 6
    start = np.arange(users + 1) * cells
    cell = np.tile(np.arange(cells), users)
    value, load = rng.uniform(0.1, 1.0, (2, users * cells))
    capacity = np.full(cells, 0.3 * users / cells)
    chosen = start[:-1] + rng.integers(0, cells, users)
    chosen[rng.random(users) < 0.6] = NOBODY
    entries = start, cell, value, load
    price = rng.uniform(0.0, 0.5, cells)
    s, _ = chains_at(entries, capacity, price, False, chosen, seed)
    over = s.used > s.capacity
    asked = (s.choice != s.start[:-1]) | over[s.cell[s.choice]]
    begin_narrow(s, 2)
    np.testing.assert_array_equal(s.queued, asked)
    assert s.counts[LENGTH] == asked.sum()
    search(s, 10**9, 1, 2)
    assert s.counts[ROUND] == 1
    used = np.bincount(s.cell[s.choice], s.load[s.choice], cells + 1)
    np.testing.assert_allclose(s.used, used, atol=1e-12)
    if s.sums[SCORE] > -np.inf:
        used = np.bincount(s.cell[s.best], s.load[s.best], cells + 1)
        assert (used <= s.capacity * (1 + 1e-9)).all()
        assert s.sums[SCORE] == pytest.approx(s.value[s.best].sum())
