"""Boosted trees as the learned part of L1, on a small network."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_info, threadpool_limits

import twins
from twins import FieldError
from twins.coupling import BoostedResidual, MapGain, TileResidual, Twins
from twins.coupling.boosting import COLUMNS, FEWEST, HELD, _corrected
from twins.network import SimulatedNetwork

CORNER, SIZE = np.array([-600.0, -600.0]), np.array([1200.0, 1200.0])


@pytest.fixture(scope="module")
def cells():
    """Munich's cells, of which the first three are used."""
    return twins.example()


def threads():
    """Most that compiled loops run on."""
    pools = threadpool_info()
    return max(one["num_threads"] for one in pools if one["user_api"] == "openmp")


def reported(cells, count, seed=0, noise=1.0):
    """Places, cells, bases and residuals: 8 dB behind the sector, 3 dB a decade."""
    draws = np.random.default_rng(seed)
    place = np.column_stack([draws.uniform(-500, 500, (count, 2)), np.full(count, 1.5)])
    cell = draws.integers(0, 3, count)
    east, north = (place - cells.cell_position[cell])[:, :2].T
    turn = np.arctan2(east, north) - cells.azimuth[cell]
    behind = np.cos(turn) < 0
    base = -90 - 30 * np.log10(np.hypot(east, north) / 100 + 0.1)
    off = -8.0 * behind + 0.2 * (base + 90) + noise * draws.normal(size=count)
    return place, cell, base, off


def told(model, cells, reports=8, size=400, rain=None):
    """The model after reports, and what it expected of the last before learning it."""
    expected = off = np.zeros(0)
    for k in range(reports):
        place, cell, base, off = reported(cells, size, seed=k)
        if rain is not None:
            model.rain = rain(k)
            off = off - 0.5 * model.rain
        expected, _ = model.predict(place, cell, base)
        model.observe(10.0 * k, place, cell, base, off)
    return expected, off


def test_angle_and_base_tell_more_than_tiles(cells):
    """The same reports: less error than tiles; every fifth judges, none is lost."""
    boosted = BoostedResidual(cells, CORNER, SIZE)
    tiles = TileResidual(cells.cell_position, CORNER, SIZE)
    errors = [np.subtract(*told(one, cells)) for one in (boosted, tiles)]
    ours, theirs = (np.sqrt(np.mean(one**2)) for one in errors)
    assert ours < 0.6 * theirs
    # reports of 400, of which the first only teaches the tiles: 1,200 after four
    assert FEWEST <= 1200
    assert boosted.versions.history[0].last == 30.0
    assert boosted._held.sum() == 7 * 400 // HELD
    assert not boosted.refused["implausible"] + boosted.refused["not finite"]


def test_intervals_hold_on_what_comes_next(cells):
    """90% of a new report within 1.645 deviations."""
    boosted = BoostedResidual(cells, CORNER, SIZE)
    told(boosted, cells, reports=24)
    place, cell, base, off = reported(cells, 2000, seed=99)
    mean, std = boosted.predict(place, cell, base)
    assert 0.85 <= np.mean(np.abs(off - mean) <= 1.645 * std) <= 0.95


def test_rain_is_told_apart(cells):
    """Rain of 20 mm/h takes 10 dB in every other report: expected where it rains."""
    boosted = BoostedResidual(cells, CORNER, SIZE)
    told(boosted, cells, reports=10, rain=lambda k: 20.0 * (k % 2))
    place, cell, base, _ = reported(cells, 500, seed=99)
    boosted.rain = 0.0
    dry, _ = boosted.predict(place, cell, base)
    boosted.rain = 20.0
    with pytest.raises(FieldError, match=r"BoostedResidual\.rain = nan"):
        boosted.rain = np.nan
    wet, _ = boosted.predict(place, cell, base)
    assert np.mean(wet - dry) == pytest.approx(-10.0, abs=2.0)


def test_what_is_implausible_is_masked_or_clipped(cells):
    """NaN and 300 dB change nothing; 50 dB count as four deviations."""
    boosted = BoostedResidual(cells, CORNER, SIZE)
    told(boosted, cells)
    place, cell, base, off = reported(cells, 4, seed=50)
    before = boosted.predict(place, cell, base)[0]
    spoiled = np.array([np.nan, 300.0, np.inf, np.nan])
    boosted.observe(90.0, place, cell, base, spoiled)
    boosted.observe(90.0, np.full((4, 3), np.nan), cell, base, off)
    assert boosted.predict(place, cell, base)[0].tolist() == before.tolist()
    assert boosted.refused == {"not finite": 7, "implausible": 1}
    boosted.observe(90.0, place[:1], cell[:1], base[:1], before[:1] + 50.0)
    assert boosted.refused["clipped"] == 1
    after = boosted.predict(place, cell, base)[0]
    assert 0.0 < abs(after[0] - before[0]) < 10.0


def test_memory_is_bounded_and_the_newest_count(cells):
    """The newest ten of each cell; of trees, only those in use are kept."""
    boosted = BoostedResidual(cells, CORNER, SIZE, kept=10)
    place, cell, base, off = reported(cells, 5000)
    for time in (0.0, 1.0):  # the first teaches the tiles
        boosted.observe(time, place, cell, base, off)
    for one in range(3):
        newest = np.sort(base[cell == one][-10:])
        assert np.sort(boosted._column[one, :, 7]).tolist() == newest.tolist()
    assert boosted._kept[:3].sum() == 5000
    told(boosted, cells, reports=20)
    models = [one.model for one in boosted.versions.history]
    assert len(models) > 2
    assert sum(one is not None for one in models) == 1


def test_trees_that_are_not_better_do_not_come_into_use(cells):
    """Grown from the same measurements again; they are filed as refused."""
    boosted = BoostedResidual(cells, CORNER, SIZE)
    told(boosted, cells)
    place, cell, base, _ = reported(cells, 300, seed=50)
    boosted._grow(100.0)  # from all that was seen
    known = boosted.versions.current
    before = boosted.predict(place, cell, base)[0]
    boosted._grow(101.0)  # as good, not better
    assert not boosted.versions.history[-1].kept
    assert boosted.versions.current is known
    assert boosted.predict(place, cell, base)[0].tolist() == before.tolist()


def test_the_same_reports_give_the_same_corrections(cells):
    """Trees draw nothing."""
    models = [BoostedResidual(cells, CORNER, SIZE) for _ in range(2)]
    first, second = (told(one, cells)[0] for one in models)
    assert first.tolist() == second.tolist()


def test_the_twins_follow_a_network_with_it():
    """A minute of Munich: nothing is put aside, and gains are no worse than by tiles.

    Trees that were grown before tiles knew a cell would correct it twice, and then its
    measurements would be taken for lies.
    """
    start, coverage = twins.example(), twins.example_coverage()
    corner, size = coverage.origin_m, coverage.size_m
    squares = []
    for correction in (
        BoostedResidual(start, corner, size),
        TileResidual(start.cell_position, corner, size),
    ):
        twin = Twins(start, MapGain(coverage, start), correction)
        network = SimulatedNetwork(start, coverage, seed=3)
        snapshot = start
        for _ in range(6):
            network.step(10.0)
            snapshot = twin.update(network.report(), network.time)
            assert not len(twin.refused)
        order = [network.number[name] for name in snapshot.user_id]
        truth = network.gain_db()[order]
        level = 10 * np.log10(snapshot.gain)
        squares.append(np.mean((level - truth)[truth > -130] ** 2))
    assert squares[0] < 1.05 * squares[1]


def test_trees_do_not_wait_for_other_threads():
    """Where cores are shared, those that meet after each tree take ten times longer."""
    trees = HistGradientBoostingRegressor(max_iter=2)
    trees.fit(np.arange(40.0)[:, None], np.arange(40.0))

    class Watched:
        """Tells on how many threads it predicts."""

        def predict(self, columns):
            """One thread is 1 dB."""
            trees.predict(columns[:, :1])
            return np.full(len(columns), float(threads()))

    with threadpool_limits(2, "openmp"):
        assert threads() == 2
        added = _corrected(Watched(), np.full((3, COLUMNS), 9.0))
        assert threads() == 2
    assert added.tolist() == [1.0, 1.0, 1.0]


def test_scikit_learn_is_loaded_when_trees_are_grown():
    """Not with the class."""
    code = (
        "import sys; from twins.coupling import BoostedResidual;"
        "print('sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
