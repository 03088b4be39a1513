"""Exponents and offsets of cells in classes of clutter, against what made the data."""

import numpy as np
import pytest

import twins
from twins.coupling import MapGain, Twins
from twins.l1.attenuation import (
    EXPONENT,
    EXPONENT_STD,
    OFFSET_STD,
    REPEATED,
    SHADOWING_STD,
    Attenuation,
)
from twins.l1.clutter import CLUTTER, ClutterMap
from twins.network import SimulatedNetwork
from twins.network.truth import RadioTruth

CELLS = np.array([[0.0, 0.0, 25.0], [400.0, 0.0, 25.0]])


class Halves:
    """Clutter of the last class east of 0, of the first elsewhere."""

    def at(self, position):
        """Classes (n,)."""
        return np.where(position[:, 0] > 0, len(CLUTTER) - 1, 0)


def measured(count, seed=0):
    """Places, cells and losses: exponent 3 in the open, 4 and 5 dB more in the east."""
    rng = np.random.default_rng(seed)
    place = np.column_stack([rng.uniform(-900, 900, (count, 2)), np.full(count, 1.5)])
    cell = rng.integers(0, 2, count)
    away = np.linalg.norm(place - CELLS[cell], axis=1)
    east = place[:, 0] > 0
    loss = 90 + 5 * east + 10 * np.where(east, 4.0, 3.0) * np.log10(away / 100)
    return place, cell, loss + rng.normal(0, 4, count)


def learner():
    """Knows nothing yet."""
    return Attenuation(np.array(["a", "b"]), CELLS, Halves())


def test_what_made_the_measurements_is_found():
    """Within three standard deviations, in both classes; the remainder is the noise."""
    learned = learner()
    learned.observe(*measured(20_000))
    table = learned.table()
    assert len(table) == 4
    truth = np.where(table["clutter"] == "compact", 4.0, 3.0)
    assert (np.abs(table["exponent"] - truth) < 3 * table["exponent_std"]).all()
    offset = np.where(table["clutter"] == "compact", 95.0, 90.0)
    assert (np.abs(table["loss_100m_db"] - offset) < 1.0).all()
    assert table["rmse_db"].to_numpy() == pytest.approx(4.0, abs=0.3)
    assert table["measurements"].sum() == 20_000


def test_parts_are_the_same_as_all_at_once_and_as_the_regression():
    """Sums add up; one class of one cell against ridge regression in closed form."""
    place, cell, loss = measured(300)
    whole, parts = learner(), learner()
    whole.observe(place, cell, loss)
    for rows in np.array_split(np.arange(300), 7):
        parts.observe(place[rows], cell[rows], loss[rows])
    np.testing.assert_allclose(parts.numbers()[0], whole.numbers()[0])
    east = place[:, 0] > 0
    away = np.linalg.norm(place - CELLS[cell], axis=1)
    design = np.column_stack([np.ones(300), np.log10(away / 100)])
    noise = SHADOWING_STD**2 * REPEATED

    def ridge(rows, start, spread):
        prior = np.diag(np.array(spread) ** -2.0)
        told = design[rows].T @ loss[rows] / noise + prior @ start
        return np.linalg.solve(design[rows].T @ design[rows] / noise + prior, told)

    first = (loss - 10 * EXPONENT * design[:, 1])[east].mean()
    shared = ridge(east, np.array([first, 39.0]), (1e3, 10 * EXPONENT_STD))
    own = ridge(east & (cell == 0), shared, (OFFSET_STD, 10 * EXPONENT_STD))
    np.testing.assert_allclose(whole.numbers()[0][0, 2], own / [1, 10], rtol=1e-6)


def test_munich_is_built_on_as_the_map_shows():
    """Shares by counting squares around some places; all classes occur outdoors."""
    coverage, start = twins.example_coverage(), twins.example()
    clutter = ClutterMap(coverage)
    outdoors = RadioTruth(coverage, start).outdoors
    side = round(50.0 / coverage.cell_m)
    rng = np.random.default_rng(0)
    for row, column in rng.integers(side, min(outdoors.shape) - side, (5, 2)):
        part = outdoors[row - side : row + side + 1, column - side : column + side + 1]
        share = clutter.built_share[row, column]
        assert share == pytest.approx(1 - part.mean(), abs=1e-9)
        place = coverage.origin_m + coverage.cell_m * np.array([column, row]) + 0.1
        expected = int(share > 0.2) + int(share > 0.4)
        assert clutter.at(place[None])[0] == expected
    row, column = np.nonzero(outdoors)
    place = coverage.origin_m + coverage.cell_m * np.column_stack([column, row])
    assert set(clutter.at(place)) == {0, 1, 2}


def test_the_twin_tells_what_it_hears():
    """Numbers of Munich's cells after three reports; nothing else needs them."""
    start, coverage = twins.example(), twins.example_coverage()
    learned = Attenuation(start.cell_id, start.cell_position, ClutterMap(coverage))
    twin = Twins(start, MapGain(coverage, start), attenuation=learned)
    network = SimulatedNetwork(start, coverage, seed=1)
    heard = 0
    for _ in range(3):
        network.step(10.0)
        report = network.report()
        twin.update(report, network.time)
        heard += int((report["name"] == "L1M.SS-RSRP").sum())
    table = learned.table()
    assert table["measurements"].sum() == heard - len(twin.refused)
    assert table["exponent"].between(1.5, 6.0).all()
    assert set(table["clutter"]) == set(CLUTTER)
