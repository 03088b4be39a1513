"""What the twin refuses: parts that do not fit, and reports that cannot be used."""

import numpy as np
import pandas as pd
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


def row(time, name, value, user="u", cell="M1A", **more):
    """One measurement as a frame."""
    given = {"time": time, "name": name, "value": value, "user_id": user}
    return pd.DataFrame([{**given, "cell_id": cell, "period": 10.0, **more}])


def volume(time, bits, **more):
    """What a user received in the ten seconds before."""
    return row(time, "DRB.PdcpSduVolumeDL", bits, **more)


def of_user(twin, frame, now):
    """Place, velocity and demand of the user after a report."""
    snapshot = twin.update(frame, now)
    (k,) = np.flatnonzero(snapshot.user_id == "u")
    return snapshot.user_position[k], snapshot.velocity[k], snapshot.demand[k]


@pytest.fixture
def twin(scene):
    """Twin that knows one user more, who stands."""
    start, coverage = scene
    twin = Twins(start, MapGain(coverage, start))
    twin.update(volume(start.time, 1e6, x=0.0, y=0.0, z=1.5), start.time)
    return twin


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"period": np.nan}, "no period"),
        ({"period": -900.0}, "no period"),
        ({"period": 0.0}, "no period"),
        ({"x": np.inf, "y": 0.0}, "out of reach"),
        ({"x": 0.0, "y": 0.0, "z": 1e7}, "out of reach"),
        ({"x": 1e9, "y": 0.0, "user": "new"}, "out of reach"),
    ],
)
def test_rows_that_say_nothing_are_put_aside(twin, changes, reason):
    """Volumes of no time and places where no cell reaches, each with its reason."""
    time = twin.time + 10.0
    snapshot = twin.update(volume(time, 1e9, **changes), time)
    assert twin.refused["reason"].tolist() == [reason]
    assert snapshot.demand[snapshot.user_id == "u"] == 1e5
    assert "new" not in snapshot.user_id
    _, _, demand = of_user(twin, volume(time, 1e8, x=1.0, y=1.0), time)
    assert demand == 1e7
    assert not len(twin.refused)


def test_a_volume_without_a_column_of_periods_is_put_aside(twin):
    """It says nothing of a rate."""
    twin.update(volume(twin.time, 1e9).drop(columns="period"))
    assert twin.refused["reason"].tolist() == ["no period"]


def test_cells_that_nobody_knows_are_named(twin):
    """Nothing is known of their gains; who is served there is served by none here."""
    time = twin.time + 10.0
    frame = pd.concat(
        [
            row(time, "L1M.SS-RSRP", -80.0, cell="NOPE", x=0.0, y=0.0),
            volume(time, 1e8, cell="NOPE"),
        ]
    )
    snapshot = twin.update(frame, time)
    assert twin.refused["name"].tolist() == ["L1M.SS-RSRP"]
    assert twin.refused["reason"].tolist() == ["unknown cell"]
    assert snapshot.previous[snapshot.user_id == "u"] == -1


def test_the_newest_time_counts_where_none_is_given(twin):
    """A time that is none is refused, and spoils nothing."""
    time = twin.time + 10.0
    for wrong in (np.nan, np.inf, -np.inf):
        with pytest.raises(FieldError, match=r"Twins\.update\.now = -?(nan|inf)"):
            twin.update(volume(time, 1e8), wrong)
    assert twin.update(volume(time, 1e8)).time == time
    assert twin.update(volume(time, 1e8)[:0]).time == time


def test_late_reports_change_nothing_newer(twin):
    """Demand and serving cell are those of the newest report, whatever comes after."""
    time = twin.time
    twin.update(volume(time + 10, 1e9, cell="M2A"), time + 10)
    _, _, demand = of_user(twin, volume(time + 5, 10.0), time + 10)
    assert demand == 1e8
    snapshot = twin.update(volume(time + 5, 10.0, cell="M3A"), time + 11)
    serving = snapshot.previous[snapshot.user_id == "u"]
    assert snapshot.cell_id[serving].tolist() == ["M2A"]


def test_speed_is_way_over_the_time_between_places(twin):
    """A report without a place is no fix; a leap of a few metres is no speed."""
    time = twin.time
    twin.update(volume(time + 9.9, 1e6), time + 9.9)
    fix = volume(time + 10, 1e6, x=10.0, y=0.0, z=1.5)
    place, velocity, _ = of_user(twin, fix, time + 10)
    np.testing.assert_allclose(velocity, [1.0, 0.0, 0.0])
    place, _, _ = of_user(twin, volume(time + 13, 1e6), time + 13)
    np.testing.assert_allclose(place, [13.0, 0.0, 1.5])
    again = volume(time + 10.001, 1e6, x=30.0, y=0.0, z=1.5)
    place, velocity, _ = of_user(twin, again, time + 13)
    np.testing.assert_allclose(velocity, [1.0, 0.0, 0.0])
    assert place[0] == pytest.approx(33.0, abs=0.01)
