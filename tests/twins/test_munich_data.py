"""The shipped snapshot and map of Munich are plausible and say their origin."""

import itertools
from pathlib import Path

import numpy as np
import pytest

import twins
from twins.files import read_npz
from twins.snapshot import TwinSnapshot

DATA = Path(twins.__file__).parent / "data"
DECLARED = (
    "attribution",
    "command",
    "licence",
    "model",
    "scene",
    "seed",
    "settings",
    "versions",
)


@pytest.fixture(scope="module")
def snapshot() -> TwinSnapshot:
    """The shipped snapshot."""
    return TwinSnapshot.from_file(DATA / "munich.npz")


@pytest.fixture(scope="module")
def coverage() -> dict[str, np.ndarray]:
    """Arrays of the shipped coverage map."""
    return read_npz(DATA / "munich_coverage.npz", "rrm.coverage/1")[1]


def buildings_around(points: np.ndarray, coverage: dict[str, np.ndarray]) -> np.ndarray:
    """Whether each of ``points`` (n, 2) lies in a building, by the even-odd rule."""
    x, y = points.T
    start, owner = coverage["building_start"], coverage["building_index"]
    odd = np.zeros((len(coverage["building_height"]), len(points)), dtype=bool)
    for index, building in enumerate(owner):
        ring = coverage["building_vertices"][start[index] : start[index + 1]]
        for (ax, ay), (bx, by) in itertools.pairwise(ring):
            if ay != by:
                spans = (ay > y) != (by > y)
                odd[building] ^= spans & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd.any(axis=0)


def test_seven_sites_of_three_sectors(snapshot: TwinSnapshot) -> None:
    """At least 7 roofs, each with azimuths 0, 120 and 240 degrees."""
    roofs = np.array(snapshot.provenance["roofs"])
    assert len(np.unique(roofs)) >= 7
    for roof in np.unique(roofs):
        azimuth = np.rad2deg(snapshot.azimuth[roofs == roof])
        np.testing.assert_allclose(np.sort(azimuth), [0.0, 120.0, 240.0])


def test_200_users_stand_on_the_ground(snapshot: TwinSnapshot) -> None:
    """200 users at 1.5 m, cells well above them."""
    assert len(snapshot.user_id) == 200
    assert (snapshot.user_position[:, 2] == 1.5).all()
    assert snapshot.cell_position[:, 2].min() > 15


def test_users_are_outside_buildings(
    snapshot: TwinSnapshot, coverage: dict[str, np.ndarray]
) -> None:
    """No footprint holds a user; the rule itself is tested on the antennas."""
    assert not buildings_around(snapshot.user_position[:, :2], coverage).any()
    roofs = np.concatenate([snapshot.cell_position, snapshot.protected_position])
    assert buildings_around(roofs[:, :2], coverage).all()


def test_gains_are_path_gains(snapshot: TwinSnapshot) -> None:
    """No gain above free space at 10 m with 17 dBi, strongest ones 1e-14 or more."""
    best = snapshot.gain.max(axis=1)
    # (wavelength / (4 pi 10 m))^2 * 50 = 2.3e-5 at 3.5 GHz
    assert snapshot.gain.max() < 2.3e-5
    assert best.min() > 1e-14
    assert 1e-12 < np.median(best) < 1e-7
    assert (snapshot.gain > 0).mean() > 0.8


def test_each_user_hears_its_previous_cell(snapshot: TwinSnapshot) -> None:
    """The strongest cell is the previous one and has 0 dB of SNR over a block."""
    users = np.arange(len(snapshot.user_id))
    heard = snapshot.gain[users, snapshot.previous]
    assert (heard == snapshot.gain.max(axis=1)).all()
    power = (snapshot.p_max / snapshot.blocks)[snapshot.previous]
    assert (heard * power >= snapshot.noise).all()


def test_incumbent_hears_the_cells(snapshot: TwinSnapshot) -> None:
    """One receiver on a roof without cells, which full power would disturb."""
    roofs = set(snapshot.provenance["roofs"])
    assert snapshot.provenance["protected_roof"] not in roofs
    assert snapshot.protected_gain.shape == (1, len(snapshot.cell_id))
    received = snapshot.protected_gain @ snapshot.p_max
    assert (received > snapshot.protected_limit).all()
    low, high = snapshot.protected_band[0]
    assert (low < snapshot.carrier).all()
    assert (snapshot.carrier < high).all()


def test_map_covers_the_users(
    snapshot: TwinSnapshot, coverage: dict[str, np.ndarray]
) -> None:
    """Cells of 5 m; users lie on it, and it agrees with their gains on the median."""
    assert coverage["cell_m"] <= 5
    column, row = (
        (snapshot.user_position[:, :2] - coverage["origin_m"]) // coverage["cell_m"]
    ).T.astype(int)
    at_users = coverage["gain_db"][:, row, column].T.astype(float)
    strong = snapshot.gain > 1e-11
    difference = at_users[strong] - 10 * np.log10(snapshot.gain[strong])
    assert np.isfinite(difference).mean() > 0.9
    # a map cell is an average over 25 m^2, a user one point in it: dBs apart
    assert abs(np.nanmedian(difference)) < 2


def test_rings_are_closed(coverage: dict[str, np.ndarray]) -> None:
    """Each ring ends where it began and belongs to a building with a height."""
    start, vertices = coverage["building_start"], coverage["building_vertices"]
    assert start[0] == 0
    assert start[-1] == len(vertices)
    np.testing.assert_array_equal(vertices[start[:-1]], vertices[start[1:] - 1])
    assert coverage["building_index"].max() < len(coverage["building_height"])


@pytest.mark.parametrize("name", DECLARED)
def test_files_say_how_they_were_made(name: str, snapshot: TwinSnapshot) -> None:
    """Both headers hold what is needed to remake and to attribute them."""
    header, _ = read_npz(DATA / "munich_coverage.npz", "rrm.coverage/1")
    assert snapshot.provenance[name] == header[name]


def test_map_data_is_attributed(snapshot: TwinSnapshot) -> None:
    """The scene's map data are OpenStreetMap's, under the ODbL."""
    assert "OpenStreetMap contributors" in snapshot.provenance["attribution"]
    assert "ODbL" in snapshot.provenance["licence"]


def test_provenance_tells_traced_from_drawn(snapshot: TwinSnapshot) -> None:
    """Gains are ray traced, demand is drawn."""
    fields = snapshot.provenance["fields"]
    assert fields["gain"]["source"] == "ray traced"
    assert fields["demand"]["source"].startswith("drawn")


def test_data_is_small() -> None:
    """A few MB at most in the wheel."""
    assert sum(path.stat().st_size for path in DATA.glob("munich*.npz")) < 3e6
