"""Handovers and backhaul of cells, and what is expected of them."""

import numpy as np
import pytest

from twins.coupling import CellLoads
from twins.coupling.cell_loads import TRANSPORT

USERS = np.array(["a", "b", "c"])


def test_what_a_report_shows_by_hand():
    """One user changes its cell, one is served by nobody any more, one is new."""
    loads = CellLoads(3)
    demand = np.array([1e6, 2e6, 4e6])
    assert loads.observe(0.0, USERS, np.array([0, 0, 1]), demand) is None
    seen = loads.observe(60.0, np.array(["a", "c", "d"]), np.array([2, -1, 0]), demand)
    assert seen is not None
    assert seen.handover.tolist() == [0.0, 0.0, 1.0]
    wanted = (1 + TRANSPORT) * np.array([4e6, 0.0, 1e6])
    assert seen.backhaul == pytest.approx(wanted)


def test_who_comes_back_after_silence_is_not_handed_over():
    """Where it was before is not known any more."""
    loads = CellLoads(2)
    loads.observe(0.0, USERS, np.array([0, 0, 0]), np.ones(3))
    loads.observe(60.0, USERS[:2], np.array([0, 0]), np.ones(2))
    seen = loads.observe(120.0, USERS, np.array([0, 0, 1]), np.ones(3))
    assert seen is not None
    assert seen.handover.tolist() == [0.0, 0.0]


def test_forecasts_beat_persistence_where_loads_come_and_go():
    """Users move at random between ten cells: what was is no sign of what will be."""
    rng = np.random.default_rng(0)
    loads, users = CellLoads(10), np.arange(100).astype(str)
    serving = rng.integers(0, 10, 100)
    errors = []
    before = expected = None
    for report in range(200):
        moves = rng.random(100) < 0.2
        serving = np.where(moves, rng.integers(0, 10, 100), serving)
        seen = loads.observe(60.0 * report, users, serving, np.full(100, 1e6))
        if seen is None:
            continue
        if before is not None and expected is not None and report > 50:
            pairs = zip(expected + before, 2 * seen, strict=True)
            errors.append([np.mean((one - two) ** 2) for one, two in pairs])
        before, (expected, spread) = seen, loads.predict()
        assert (spread.handover >= 0).all()
    handover, backhaul, last_handover, last_backhaul = np.mean(errors, axis=0)
    assert handover < 0.7 * last_handover  # half, as nothing can be foretold
    assert backhaul < 0.95 * last_backhaul


def test_further_ahead_is_less_sure():
    """The spread grows from report to report."""
    rng = np.random.default_rng(1)
    loads = CellLoads(4)
    for report in range(30):
        serving = rng.integers(0, 4, 50)
        loads.observe(60.0 * report, np.arange(50), serving, rng.random(50))
    near, far = loads.predict(1)[1], loads.predict(5)[1]
    assert (far.backhaul >= near.backhaul).all()
    assert (far.backhaul > near.backhaul).any()
