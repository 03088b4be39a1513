import numpy as np
import pytest

from twins.l1.correction import (
    NOISE_STD,
    OFFSET_STD,
    SLOPE_STD,
    SQUARE_STD,
    Correction,
)
from twins.l1.drift import DriftMonitor
from twins.l1.versions import Versions


def measured(count, seed=0, offset=6.0, slope=-8.0):
    """Measurements of one cell at (0, 0), each in its own square, and their truth."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(50, 30_000, count)
    y = rng.uniform(-20_000, 20_000, count)
    away = np.hypot(x, y)
    truth = offset + slope * np.log10(away / 100)
    noise = rng.normal(size=count) * np.hypot(NOISE_STD, SQUARE_STD)
    return np.full(count, "a"), away, x, y, truth + noise


def test_recursion_is_the_regression_of_all_at_once():
    """Ridge regression in closed form, where every square is met once."""
    cell, away, x, y, residual = measured(60)
    correction = Correction()
    correction.observe(cell, away, x, y, residual)
    design = np.stack([np.ones(60), np.log10(away / 100)], axis=1)
    noise = NOISE_STD**2 + SQUARE_STD**2
    prior = np.diag([OFFSET_STD**-2, SLOPE_STD**-2])
    precision = design.T @ design / noise + prior
    expected = np.linalg.solve(precision, design.T @ residual / noise)
    table = correction.table().iloc[0]
    assert table["offset_db"] == pytest.approx(expected[0])
    assert table["exponent"] == pytest.approx(-expected[1] / 10)
    std = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert table["offset_std_db"] == pytest.approx(std[0])
    assert table["exponent_std"] == pytest.approx(std[1] / 10)


def test_uncertainty_covers_what_is_measured_next():
    """90% of new measurements within 1.645 standard deviations, 87 to 93."""
    correction = Correction()
    correction.observe(*measured(50))
    cell, away, x, y, residual = measured(2000, seed=1)
    mean, std = correction.predict(cell, away, x, y)
    covered = np.abs(residual - mean) < 1.645 * std
    assert 0.87 < covered.mean() < 0.93


def test_a_square_measured_often_is_known_better_than_its_cell():
    """A square 9 dB off: the mean goes there, and its uncertainty to the noise."""
    correction = Correction()
    correction.observe(*measured(50))
    place = [np.full(40, value) for value in (9000.0, 9000.0, 0.0)]
    away, x, y = place
    before, wide = correction.predict(["a"], away[:1], x[:1], y[:1])
    correction.observe(["a"] * 40, away, x, y, np.full(40, before[0] + 9.0))
    after, narrow = correction.predict(["a"], away[:1], x[:1], y[:1])
    assert after[0] - before[0] == pytest.approx(9.0, abs=0.6)
    assert narrow[0] < 1.1 * NOISE_STD < wide[0]
    elsewhere, _ = correction.predict(["a"], away[:1], x[:1], y[:1] + 400)
    assert abs(elsewhere[0] - before[0]) < 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [(np.nan, "not finite"), (np.inf, "not finite"), (-45.0, "implausible"),
     (300.0, "implausible")],
)  # fmt: skip
def test_bad_measurements_change_nothing_and_are_counted(value, reason):
    """A cell that lies by 45 dB once, NaN, and what cannot be."""
    correction = Correction()
    correction.observe(*measured(50))
    before = correction.table()
    one = np.array([400.0])
    error = correction.observe(["a"], one, one, np.zeros(1), np.array([value]))
    assert np.isnan(error[0])
    assert correction.refused == {reason: 1}
    assert correction.table().equals(before)


def test_cells_never_measured_have_the_prior():
    """No difference, and its whole uncertainty."""
    mean, std = Correction().predict(["b"], np.array([100.0]), *np.zeros((2, 1)))
    assert mean[0] == 0.0
    total = OFFSET_STD**2 + SQUARE_STD**2 + NOISE_STD**2
    assert std[0] == pytest.approx(total**0.5)


def test_drift_is_noticed_where_it_is_and_only_there():
    """One cell's errors double: an event of its domain soon, none of the other."""
    rng = np.random.default_rng(0)
    monitor, events = DriftMonitor(), []
    for step in range(400):
        for name in ("a", "b"):
            std = 12.0 if name == "a" and step >= 200 else 6.0
            event = monitor.update(("2100", name, "car"), step, std * rng.normal())
            events += [event] if event else []
    assert events
    assert {event.domain for event in events} == {("2100", "a", "car")}
    assert 200 <= events[0].time < 260
    assert events[0].rms_now > 1.4 * events[0].rms_before
    assert set(monitor.rms()) == {("2100", "a", "car"), ("2100", "b", "car")}


def test_false_drift_is_rare():
    """Fewer than one in 20 domains in 500 errors without change."""
    rng = np.random.default_rng(1)
    monitor = DriftMonitor()
    raised = [
        monitor.update((str(domain),), step, rng.normal())
        for domain in range(200)
        for step in range(500)
    ]
    assert sum(event is not None for event in raised) < 10


def test_the_older_version_stays_where_the_new_one_is_not_better():
    """Equal, worse and NaN are refused, and remembered."""
    versions = Versions()
    score = {"one": 6.0, "same": 6.0, "worse": 7.0, "nan": float("nan"), "new": 5.0}
    kept = [versions.offer(name, 0.0, 9.0, score.__getitem__) for name in score]
    assert kept == [True, False, False, False, True]
    assert versions.current is not None
    assert versions.current.model == "new"
    assert [one.number for one in versions.history] == [1, 2, 3, 4, 5]
