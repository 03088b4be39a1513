"""What the order of serving cells tells, against plain sums and counts."""

import numpy as np
import pytest

from tests.twins.l1.drive_files import table
from twins.l1.drives import read_drives
from twins.l1.naming import names, older_networks
from twins.l1.sequence import (
    AROUND_LENGTHS,
    AROUND_PULL,
    NO_LAYER,
    around,
    neighbour_layers,
    sequence,
    travelled,
)
from twins.l1.trace import trace


def drives_of(tmp_path, count=1, change=90):
    """Drives at 12 m/s; at sample ``change`` another sector of the mast takes over."""
    frame = table(count).assign(Speed=43.2)
    late = np.tile(np.arange(180) >= change, count)
    frame["RAWCELLID"] = 42001 * 256 + np.where(late, 12, 11)
    frame.to_csv(tmp_path / "a.csv", index=False)
    return read_drives(tmp_path / "a.csv")


def told(drives, *, live=False):
    """Columns of the sequence, and the way."""
    motion = trace(drives, live=live)
    groups = names(drives.cell, drives.mode, older_networks(drives))
    return sequence(drives, motion, groups, live=live), travelled(drives, motion)


def test_sectors_change_near_the_mast(tmp_path):
    """exp(-way / 150 m) to the change, 12 m a second; live: only after it."""
    columns, _ = told(drives_of(tmp_path))
    away = 12.0 * np.abs(np.arange(180) - 89)
    expected = np.exp(-away / 150.0)
    np.testing.assert_allclose(
        columns["sector_150"][20:160], expected[20:160], rtol=0.1
    )
    live, _ = told(drives_of(tmp_path), live=True)
    assert (live["sector_150"][:90] < 1e-9).all()
    np.testing.assert_allclose(live["sector_150"][90:160], expected[90:160], rtol=0.3)


def test_the_first_sector_on_another_carrier_is_the_same_sector(tmp_path):
    """Cell 14 takes over from 11: no other sector, so nothing of nearness."""
    drives = drives_of(tmp_path)
    drives.cell[90:] = 42001 * 256 + 14
    columns, _ = told(drives)
    assert (columns["sector_400"] < 1e-9).all()
    assert (columns["sectors"] == 1).all()


def test_sectors_of_the_mast_are_counted_on_the_way(tmp_path):
    """Both within 800 m of the change, 67 samples at 12 m/s; live: what has served."""
    expected = 1 + (np.abs(np.arange(180) - 89.5) < 66)
    columns, _ = told(drives_of(tmp_path))
    assert (columns["sectors"] != expected).sum() <= 4
    live, _ = told(drives_of(tmp_path), live=True)
    assert (live["sectors"][:90] == 1).all()
    assert (live["sectors"][90:] != expected[90:]).sum() <= 2


def test_a_change_of_masts_tells_nothing_of_nearness(tmp_path):
    """The drives of the fixture pass from mast to mast."""
    frame = table(1)
    frame.to_csv(tmp_path / "a.csv", index=False)
    columns, _ = told(read_drives(tmp_path / "a.csv"))
    assert (columns["sector_400"] < 1e-9).all()


def test_slowness_is_the_time_on_the_way_around(tmp_path):
    """At 12 m/s, 200 m to each side take 33 s of the 40 s that are usual."""
    columns, way = told(drives_of(tmp_path))
    middle = columns["slow_200"][60:120]
    assert middle == pytest.approx(np.log1p(33.0) - np.log1p(40.0), abs=0.1)
    assert way[0] == 0.0
    assert way[-1] == pytest.approx(12.0 * 179, rel=0.05)


@pytest.mark.parametrize("live", [False, True])
def test_other_cells_count_by_the_way_to_them(tmp_path, live):
    """The recursion is the plain sum over samples of other cells of the same drive."""
    drives = drives_of(tmp_path, count=3)
    rng = np.random.default_rng(0)
    cell = np.repeat(rng.integers(0, 4, 54), 10)
    drives.cell[:] = cell
    _, way = told(drives)
    level, known = rng.normal(size=len(drives)), rng.uniform(size=len(drives)) < 0.7
    found = around(drives, way, level, known, live=live)
    counts = (drives.drive[:, None] == drives.drive) & (cell[:, None] != cell) & known
    if live:
        counts = np.tril(counts)
    for column, length in enumerate(AROUND_LENGTHS):
        share = counts * np.exp(-np.abs(way[:, None] - way) / length)
        expected = share @ level / (share.sum(axis=1) + AROUND_PULL)
        np.testing.assert_allclose(found[:, column], expected, atol=1e-9)


def test_the_layers_before_and_after_are_those_of_other_known_cells(tmp_path):
    """As a search from each sample finds them; a cell is no neighbour of its own."""
    drives = drives_of(tmp_path, count=3)
    rng = np.random.default_rng(2)
    cell = np.repeat(rng.integers(0, 4, 54), 10)
    drives.cell[:] = cell
    layer, seen = rng.integers(0, 4, len(cell)), cell > 1
    found = neighbour_layers(drives, layer, seen, live=False)
    for i in range(len(cell)):
        others = seen & (cell != cell[i]) & (drives.drive == drives.drive[i])
        before, after = np.flatnonzero(others[:i]), i + np.flatnonzero(others[i:])
        expected = [layer[before[-1]] if len(before) else NO_LAYER]
        expected += [layer[after[0]] if len(after) else NO_LAYER]
        assert found[i].tolist() == expected
    live = neighbour_layers(drives, layer, seen, live=True)
    np.testing.assert_array_equal(live, found[:, :1])


def test_live_columns_ignore_what_comes_later(tmp_path):
    """Cutting a drive changes nothing before the cut."""
    drives = drives_of(tmp_path)
    part = drives.take(np.arange(120))
    whole, way = told(drives, live=True)
    cut, _ = told(part, live=True)
    np.testing.assert_array_equal(whole.values[:120], cut.values)
    level, known = np.arange(180.0), np.ones(180, bool)
    np.testing.assert_array_equal(
        around(drives, way, level, known, live=True)[:120],
        around(part, way[:120], level[:120], known[:120], live=True),
    )
