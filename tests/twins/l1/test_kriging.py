import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from benchmarks.twins_kriging import Scattered, Score, pooled, scores
from twins.l1.kriging import (
    NEAREST,
    Variogram,
    _weights,
    fit_variogram,
    krige,
    kriged_map,
)

places = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(-500, 500)),
    min_size=1,
    max_size=40,
    unique=True,
).map(lambda rows: np.array(rows, float))
variograms = st.builds(
    Variogram, st.floats(0.1, 100), st.floats(5, 500), st.floats(0, 20)
)


def scattered(count=NEAREST, seed=0):
    """Places (count, 2) m and values (count,) dB."""
    draws = np.random.default_rng(seed)
    return draws.uniform(0, 300, (count, 2)), draws.normal(5, 6, count)


@pytest.mark.parametrize("nugget", [0.0, 4.0])
def test_it_is_a_gaussian_process_whose_mean_is_not_known(nugget):
    """scikit-learn with the same covariance, and a mean of enormous variance."""
    place, value = scattered()
    wanted = scattered(20, seed=1)[0]
    kernel = ConstantKernel(1e7) + 36.0 * Matern(50.0, nu=0.5)
    process = GaussianProcessRegressor(kernel, alpha=nugget + 1e-9, optimizer=None)
    expected, deviation = process.fit(place, value).predict(wanted, return_std=True)
    mean, std = krige(place, value, wanted, Variogram(36.0, 50.0, nugget))
    assert mean == pytest.approx(expected, abs=1e-3)
    assert std == pytest.approx(deviation, abs=1e-3)


def test_two_measurements_by_hand():
    """Halfway, both count half.

    Among: s + n and s e^-2; shared: s e^-1. The variance of the error of the mean is
    s - 2 s e^-1 + (s + n + s e^-2) / 2.
    """
    place, value = np.array([[0.0, 0.0], [20.0, 0.0]]), np.array([3.0, 7.0])
    mean, std = krige(place, value, np.array([[10.0, 0.0]]), Variogram(9.0, 10.0, 2.0))
    assert mean[0] == pytest.approx(5.0)
    variance = 9 - 18 * np.exp(-1) + (11 + 9 * np.exp(-2)) / 2
    assert std[0] == pytest.approx(variance**0.5)


@settings(max_examples=50, deadline=None)
@given(place=places, wanted=places, variogram=variograms)
def test_weights_sum_to_one_and_moving_values_moves_the_map(place, wanted, variogram):
    """Unbiased; the deviation does not see values, and is finite."""
    for _, near, weight, variance in _weights(place, wanted, variogram):
        assert weight.sum(axis=1) == pytest.approx(np.ones(len(weight)), abs=1e-8)
        assert (near < len(place)).all()
        assert (variance >= 0).all()
    value = place @ np.array([0.01, -0.02])
    mean, std = krige(place, value, wanted, variogram)
    moved, same = krige(place, value - 70.0, wanted, variogram)
    assert moved == pytest.approx(mean - 70.0, abs=1e-6)
    assert same.tolist() == std.tolist()


@settings(max_examples=50, deadline=None)
@given(place=places, sill=st.floats(0.1, 100), reach=st.floats(5, 500))
def test_without_nugget_it_passes_through_what_was_measured(place, sill, reach):
    """With deviation zero."""
    value = np.sin(place).sum(axis=1)
    mean, std = krige(place, value, place, Variogram(sill, reach, 0.0))
    assert mean == pytest.approx(value, abs=1e-6)
    assert (std < 1e-3 * sill**0.5).all()


def test_far_away_is_the_mean_and_all_that_is_not_known():
    """One measurement far off: its value; twice the sill, and the nugget."""
    one = np.zeros((1, 2))
    mean, std = krige(one, np.array([4.0]), one + 1e6, Variogram(9.0, 10.0, 2.0))
    assert mean[0] == pytest.approx(4.0)
    assert std[0] == pytest.approx((2 * 9 + 2) ** 0.5)


def field(count, seed, variogram):
    """Draw of a field with the variogram at random places, with its errors."""
    draws = np.random.default_rng(seed)
    place = draws.uniform(0, 1000, (count, 2))
    away = np.linalg.norm(place[:, None] - place[None], axis=-1)
    root = np.linalg.cholesky(np.exp(-away / variogram.reach) + 1e-9 * np.eye(count))
    truth = variogram.sill**0.5 * root @ draws.normal(size=count)
    return place, truth, truth + variogram.nugget**0.5 * draws.normal(size=count)


def test_the_variogram_of_a_drawn_field_is_found_and_intervals_hold():
    """Four fields of sill 36, reach 45, nugget 4; 90% intervals hold 87 to 93%."""
    drawn = Variogram(36.0, 45.0, 4.0)
    parts = [field(600, seed, drawn) for seed in range(4)]
    place, truth, value = (np.concatenate(one) for one in zip(*parts, strict=True))
    cell = np.repeat(np.arange(4), 600)
    found = fit_variogram(place, value, cell)
    assert found.sill == pytest.approx(36.0, rel=0.25)
    assert found.reach == pytest.approx(45.0, rel=0.35)
    assert found.nugget == pytest.approx(4.0, abs=3.0)
    inside, squares, around = [], [], []
    for one in range(4):
        known, asked = cell == one, cell == one
        known = known & (np.arange(len(cell)) % 3 > 0)
        asked = asked & ~known
        mean, std = krige(place[known], value[known], place[asked], found)
        inside += list(np.abs(truth[asked] - mean) <= 1.645 * std)
        squares += list((truth[asked] - mean) ** 2)
        around += list((truth[asked] - value[known].mean()) ** 2)
    assert 0.87 <= np.mean(inside) <= 0.93
    assert np.mean(squares) < 0.6 * np.mean(around)


def test_kriging_is_the_best_map_of_a_drawn_field():
    """Of the maps that the benchmark compares, on measurements held out."""
    place, _, value = field(800, 9, Variogram(36.0, 45.0, 4.0))
    held = np.arange(800) % 5 == 0
    found = scores(Scattered(place, np.zeros(800, int), value, held))
    best = min(found, key=lambda name: found[name].rmse)
    assert best == "kriging"
    assert found["kriging"].measurements == 160
    assert 0.8 < found["kriging"].covered < 0.97


def test_scores_are_pooled_by_their_measurements():
    """Squares of 3 and 5 dB, one to three: (9 + 3 * 25) / 4 = 21."""
    both = pooled([Score(3.0, 1.0, 10), Score(5.0, 0.6, 30)])
    assert both.rmse == pytest.approx(21**0.5)
    assert both.covered == pytest.approx(0.7)
    assert both.measurements == 40


def test_errors_that_a_drive_shares_are_in_the_nugget():
    """Drives that are off by 5 dB each: 25 dB^2 more, where one knows of drives."""
    drawn = Variogram(36.0, 45.0, 4.0)
    place, _, value = field(1200, 5, drawn)
    drive = np.random.default_rng(6).integers(100, size=1200)
    value = value + np.random.default_rng(7).normal(0, 5, 100)[drive]
    cell = np.repeat(np.arange(3), 400)
    # drives are mixed in space, so that all but 1% of pairs are of two of them
    every = fit_variogram(place, value, cell, np.zeros(1200) + np.arange(1200))
    apart = fit_variogram(place, value, cell, drive)
    assert apart.nugget == pytest.approx(29.0, rel=0.3)
    assert apart.nugget > every.nugget


def test_places_that_coincide_average_and_constant_values_stay():
    """A phone at rest; a field without any spread."""
    place = np.zeros((50, 2))
    mean, _ = krige(place, np.arange(50.0) % 2, place[:1], Variogram(9.0, 10.0, 1.0))
    assert mean[0] == pytest.approx(0.5, abs=0.1)
    place, _ = scattered(60)
    level = np.full(60, -90.0)
    found = fit_variogram(place, level, np.zeros(60, int))
    mean, std = krige(place, level, place + 1.0, found)
    assert mean == pytest.approx(level)
    assert (std < 1e-3).all()


def test_a_map_has_the_squares_of_a_coverage_map():
    """Rows go north; the centre of a square is where it is computed."""
    place, value = scattered(40)
    variogram = Variogram(36.0, 50.0, 1.0)
    mean, std = kriged_map(place, value, variogram, np.array([10.0, 20.0]), 5.0, (3, 4))
    assert mean.shape == std.shape == (3, 4)
    at, off = krige(place, value, np.array([[10 + 3.5 * 5, 20 + 1.5 * 5]]), variogram)
    assert (mean[1, 3], std[1, 3]) == pytest.approx((at[0], off[0]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: krige(np.zeros((0, 2)), np.zeros(0), np.zeros((1, 2)), v), "hold"),
        (lambda v: krige(np.zeros((2, 2)), np.array([1, np.nan]), np.zeros((1, 2)), v),
         "finite"),
        (lambda v: krige(np.zeros((2, 2)), np.ones(2), np.full((1, 2), np.nan), v),
         "finite"),
        (lambda _: fit_variogram(np.zeros((9, 2)), np.ones(9), np.ones(9)), "too few"),
        (lambda _: fit_variogram(np.zeros((0, 2)), np.ones(0), np.ones(0)), "too few"),
        (lambda _: Variogram(1.0, 0.0, 0.0), "reach"),
        (lambda _: Variogram(np.nan, 1.0, 0.0), "sill"),
        (lambda _: Variogram(1.0, 1.0, -1.0), "nugget"),
    ],
)  # fmt: skip
def test_what_makes_no_map_is_refused(call, message):
    """Nothing measured, numbers that are not finite, and no variogram."""
    with pytest.raises(ValueError, match=message):
        call(Variogram(9.0, 10.0, 1.0))
