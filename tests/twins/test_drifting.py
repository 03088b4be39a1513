"""Errors that grow in one domain are noticed, and only that domain is learned anew."""

import numpy as np
import pytest

import twins
from tests.twins.test_coupling import global_twin
from twins.coupling.drifting import MOBILITY, Domains, mobility
from twins.l1.drift import DriftMonitor
from twins.network import SimulatedNetwork

RSRP = "L1M.SS-RSRP"


def domains(cells=3):
    """Domains of a band where nothing was filed."""
    return Domains(np.array([f"c{k}" for k in range(cells)]), np.full(cells, 2.1e9))


def filed(known, seed, count, mean=0.0):
    """Errors of a domain, in reports of 20, until something is noticed; the events."""
    rng = np.random.default_rng(seed)
    for start in range(0, count, 20):
        error = mean + 2.0 * rng.normal(size=20)
        time = start + np.arange(20.0)
        events = known.observe(time, np.full(20, 1), np.full(20, 2), error)
        if events:
            return events
    return []


def test_errors_are_filed_as_one_at_a_time():
    """The same event as ``DriftMonitor``, told the errors one by one."""
    known, monitor = domains(), DriftMonitor()
    error = np.where(np.arange(400) < 200, 1.0, 1.5) * (-1.0) ** np.arange(400)
    ours, theirs = [], []
    for step, value in enumerate(error):
        one = np.array([0])
        time = np.array([float(step)])
        ours += [e.time for e in known.observe(time, one, one, value[None])]
        event = monitor.update(("a",), step, value)
        theirs += [event.time] if event else []
    assert ours
    assert ours[0] == theirs[0]


def test_a_shift_is_learned_and_a_spread_is_not():
    """6 dB less: the offset. Errors that are only wider: the older version stays."""
    known = domains()
    assert not filed(known, 0, 400)
    (event,) = filed(known, 1, 400, mean=-6.0)
    assert event.domain == ("2100", "c1", "riding")
    assert event.rms_now > 2 * event.rms_before
    assert known.offset[1, 2] == pytest.approx(-6.0, abs=1.5)
    assert np.count_nonzero(known.offset) == 1
    wide = domains()
    filed(wide, 0, 400)
    error, where = 5.0 * (-1.0) ** np.arange(60), (np.full(60, 1), np.full(60, 2))
    assert wide.observe(np.arange(60.0), *where, error)
    table = wide.table()
    assert not table["kept"].iloc[-1]
    assert (wide.offset == 0.0).all()
    assert known.table()["kept"].all()
    assert table["mobility"].isin(MOBILITY).all()


def test_what_does_not_drift_raises_nothing():
    """Fewer than one event in 20 domains in 500 errors, and NaN is not filed."""
    known, rng = domains(200), np.random.default_rng(1)
    events = []
    for step in range(500):
        cell, time = np.arange(200), np.full(200, float(step))
        error = rng.normal(size=200)
        error[step % 200] = np.nan
        events += known.observe(time, cell, np.zeros(200, int), error)
    assert len(events) < 10


def test_users_are_still_walk_or_ride():
    """By their speed over ground; unknown velocities count as still."""
    velocity = np.array([[0, 0, 9.0], [1.0, 0, 0], [0, -4.0, 0], [np.nan, 0, 0]])
    assert mobility(velocity).tolist() == [0, 1, 2, 0]


def test_a_cell_that_drifts_is_learned_anew_and_no_other_is_touched():
    """12 dB less from one cell are followed; all else is, bit by bit, as without."""
    scene = twins.example(), twins.example_coverage()
    network = SimulatedNetwork(*scene, seed=3)
    drifting, steady = global_twin(scene), global_twin(scene)
    cell = 7
    name, late = str(scene[0].cell_id[cell]), []
    for step in range(45):
        network.step(10.0)
        report = network.report().reset_index(drop=True)
        steady.update(report, network.time)
        spoilt = report.copy()
        if step >= 20:
            rows = (spoilt["name"] == RSRP) & (spoilt["cell_id"] == name)
            spoilt.loc[rows, "value"] = (spoilt.loc[rows, "value"] - 12.0).clip(-156.0)
        drifting.update(spoilt, network.time)
        late += [(step, event.domain) for event in drifting.drifted]
    ours = [one for one in late if one[1][1] == name]
    assert ours
    assert all(step >= 20 for step, _ in ours)
    offset = drifting.domains.offset
    site = drifting.correction._site
    other = np.arange(len(site)) != cell
    assert (offset[other] == steady.domains.offset[other]).all()
    assert -16.0 < offset[cell].min() < -6.0
    for part in ("_cell_sum", "_cell_count", "_offset"):
        mine, theirs = (getattr(t.correction, part) for t in (drifting, steady))
        assert (mine[other] == theirs[other]).all()
    away = np.arange(site.max() + 1) != site[cell]
    for part in ("_sum", "_mean", "_variance", "_scale"):
        mine, theirs = (getattr(t.correction, part) for t in (drifting, steady))
        assert (mine[away] == theirs[away]).all()
    assert set(drifting.domains.table()["cell"]) >= {name}
