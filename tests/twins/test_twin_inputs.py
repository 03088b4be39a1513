"""What the twin refuses: parts that do not fit, and reports that cannot be used."""

import pytest

import twins
from twins import FieldError, TwinSnapshot
from twins.coupling import MapGain, TileResidual, Twins, UrbanGain

CELLS = ("cell_id", "cell_position", "azimuth", "downtilt", "p_max", "carrier")
CELLS += ("bandwidth", "blocks", "backhaul", "alive")


@pytest.fixture(scope="module")
def scene():
    """Munich and its map."""
    return twins.example(), twins.example_coverage()


def some_cells(start, count):
    """Snapshot of the first cells alone."""
    parts = {name: getattr(start, name)[:count] for name in CELLS}
    return TwinSnapshot(time=start.time, **parts)


def test_parts_of_other_cells_are_refused(scene):
    """Compiled loops would read beyond their arrays; the error names both counts."""
    start, coverage = scene
    three, one = some_cells(start, 3), some_cells(start, 1)
    with pytest.raises(FieldError, match=r"Twins\.base = of 21 cells.*the 3 cells"):
        Twins(three, MapGain(coverage, start))
    with pytest.raises(FieldError, match=r"Twins\.base = of 3 cells.*the 21 cells"):
        Twins(start, UrbanGain(three))
    with pytest.raises(FieldError, match=r"maps of 21 cells.*the 1 cells"):
        MapGain(coverage, one)
    tiles = TileResidual(three.cell_position, coverage.origin_m, coverage.size_m)
    with pytest.raises(FieldError, match=r"Twins\.correction = of 3 cells"):
        Twins(start, MapGain(coverage, start), tiles)
    bare = TwinSnapshot(cell_id=three.cell_id, cell_position=three.cell_position)
    with pytest.raises(FieldError, match=r"azimuth = missing: must be given"):
        UrbanGain(bare)
    with pytest.raises(FieldError, match=r"p_max = missing: must be given for 3"):
        Twins(bare, UrbanGain(three))
