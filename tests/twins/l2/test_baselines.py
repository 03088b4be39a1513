"""Forecasts that ours is held against: fair, and without a look ahead."""

import dataclasses

import numpy as np
import pytest

from tests.twins.l1.drive_files import table
from twins.l1.drives import Drives, read_drives
from twins.l2.baselines import exponential_smoothing, gradient_boosting, recurrent
from twins.l2.rate import HORIZON, UNIT, origins

ALL = [exponential_smoothing, gradient_boosting, recurrent]


@pytest.fixture(scope="module")
def drives(tmp_path_factory) -> Drives:
    """Six drives past three masts."""
    path = tmp_path_factory.mktemp("drives") / "a.csv"
    table(6).to_csv(path, index=False)
    return read_drives(path)


def with_rate(drives: Drives, rate: np.ndarray) -> Drives:
    """The same drives with another rate in Mbit/s."""
    return dataclasses.replace(drives, rate=rate * UNIT)


@pytest.mark.parametrize("forecast", ALL)
def test_what_never_changes_goes_on(drives, forecast):
    """Each drive has its constant rate."""
    steady = with_rate(drives, 5.0 + drives.drive)
    query = origins(steady)
    found = forecast(steady, steady)
    assert found.shape == query.ahead.shape
    error = np.sqrt(np.mean((found - query.ahead) ** 2))
    assert error < 0.6  # between drives it is 1.7


@pytest.mark.parametrize("forecast", ALL)
def test_the_future_is_not_looked_at(drives, forecast):
    """Other rates after an origin leave its forecast as it was."""
    train = drives.take(drives.drive < 4)
    test = drives.take(drives.drive == 5)
    query, found = origins(test), forecast(train, test)
    last = len(query) // 2
    rate = np.nan_to_num(test.rate) / UNIT
    changed = np.where(np.arange(len(rate)) > query.row[last], 10 * rate + 50, rate)
    again = forecast(train, with_rate(test, changed))
    np.testing.assert_allclose(again[: last + 1], found[: last + 1], rtol=1e-9)
    assert not np.allclose(again[last + 5 :], found[last + 5 :])


def test_smoothing_is_between_the_last_and_the_mean(drives):
    """Drawn anew each second: the best level is near that of the mean of all."""
    found = exponential_smoothing(drives, drives)
    query = origins(drives)
    assert np.std(found) < 0.7 * np.std(query.recent[:, 2])
    assert found.mean() == pytest.approx(query.ahead.mean(), rel=0.1)


def test_smoothing_by_hand(drives):
    """A single window before the origin: its mean is all there is."""
    query = origins(drives)
    first = query.row == query.row[query.drive == query.drive[0]][0]
    seen = np.nan_to_num(drives.rate) / UNIT
    row = int(query.row[first][0])
    length = int(HORIZON)
    assert row < 2 * length
    wanted = seen[row + 1 - length : row + 1].mean()
    assert exponential_smoothing(drives, drives)[first][0] == pytest.approx(wanted)
