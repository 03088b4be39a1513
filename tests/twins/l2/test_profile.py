"""A simulated city: usual weeks, and a stadium that fills."""

import numpy as np
import pytest

from twins.l2.profile import MONDAY, WEEK, hour_of_week, learn_profile
from twins.l2.surge import SurgeDetector

PERIOD = 900.0  # s between reports
REPORTS = int(WEEK / PERIOD)


def city(weeks: int, cells: int, seed: int):
    """Demand of ``cells`` over ``weeks``: daily swing, weekend, noise that lasts."""
    rng = np.random.default_rng(seed)
    time = MONDAY + 2600 * WEEK + PERIOD * np.arange(weeks * REPORTS)
    shape = np.random.default_rng(0)  # the cells are the same in every year
    phase, swing = shape.uniform(0, 4, cells), shape.uniform(0.5, 1.2, cells)
    hour = (time - MONDAY) % WEEK / 3600
    usual = 16 + swing * np.sin(2 * np.pi * (hour[:, None] - 8 - phase) / 24)
    usual = usual - 0.3 * (hour[:, None] >= 120)
    noise = np.zeros((len(time), cells))
    for step in range(1, len(time)):
        noise[step] = 0.7 * noise[step - 1] + 0.15 * rng.normal(size=cells)
    return time, np.exp(usual + noise)


@pytest.fixture(scope="module")
def profile():
    """What six weeks of 100 cells teach."""
    return learn_profile(*city(6, 100, 1))


def test_intervals_cover_new_weeks(profile):
    """90% intervals hold 87 to 93% of two other weeks; better than the cell's mean."""
    time, demand = city(2, 100, 2)
    middle, low, high = profile.forecast(time)
    covered = ((low <= demand) & (demand <= high)).mean()
    assert 0.87 < covered < 0.93
    error = np.abs(middle - demand).mean()
    assert error < 0.5 * np.abs(profile.mean - demand).mean()


def test_hours_start_on_monday():
    """5 January 1970 was a Monday; Sunday's last hour is 167."""
    assert hour_of_week(np.array([MONDAY, MONDAY + WEEK - 1])).tolist() == [0, 167]


def test_false_alarms_are_at_most_one_a_week_and_100_cells(profile):
    """Over 12 weeks of 100 cells with noise that lasts for an hour."""
    time, demand = city(12, 100, 3)
    detector = SurgeDetector(profile, PERIOD)
    alarms = sum(
        len(detector.update(t, row)) for t, row in zip(time, demand, strict=True)
    )
    assert alarms <= 12


@pytest.mark.parametrize("factor", [3.0, 5.0])
def test_a_stadium_is_noticed_within_two_reports(profile, factor):
    """Each cell's demand times 3 or more at some time: 95% within two reports."""
    time, demand = city(2, 100, 4)
    rng = np.random.default_rng(5)
    begin = rng.integers(100, len(time) - 10, 100)
    for cell, start in enumerate(begin):
        demand[start : start + 8, cell] *= factor
    detector = SurgeDetector(profile, PERIOD)
    noticed = np.full(100, np.inf)
    for step, (t, row) in enumerate(zip(time, demand, strict=True)):
        for cell in detector.update(t, row):
            if step >= begin[cell]:
                noticed[cell] = min(noticed[cell], step - begin[cell])
    assert (noticed <= 1).mean() >= 0.95  # 0 is the first report with the surge


def test_a_surge_is_named_once_and_silence_is_no_surge(profile):
    """Reports that are missing or zero raise nothing."""
    time, demand = city(1, 100, 6)
    detector = SurgeDetector(profile, PERIOD)
    row = demand[50].copy()
    row[3] *= 20
    assert 3 in detector.update(time[50], row)
    assert 3 not in detector.update(time[51], row)
    assert not len(detector.update(time[52], np.full(100, np.nan)))
    assert not len(detector.update(time[53], np.zeros(100)))


def test_bad_reports_are_refused():
    """NaN, negative, or too few."""
    for demand in ([[1.0]] * 3, [[1.0], [np.nan], [1.0], [1.0]], [[-1.0]] * 4):
        with pytest.raises(ValueError, match="four reports"):
            learn_profile(np.arange(len(demand)) * PERIOD, np.array(demand))
