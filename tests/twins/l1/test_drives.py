import gzip

import numpy as np
import pandas as pd
import pytest

from tests.twins.l1.drive_files import table
from twins.l1.drives import DriveError, local, read_drives


def written(frame: pd.DataFrame, path):
    """``frame`` as a file."""
    frame.to_csv(path, index=False)
    return path


def test_gzip_and_plain_files_read_alike(tmp_path):
    """The command takes either."""
    plain = read_drives(written(table(2), tmp_path / "a.csv"))
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    other = tmp_path / "b.csv"  # whatever it is called
    other.write_bytes(packed.read_bytes())
    for path in (packed, other):
        for name, values in vars(read_drives(path)).items():
            np.testing.assert_array_equal(values, getattr(plain, name))
    other.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(DriveError, match="cannot be read"):
        read_drives(other)


def test_units_are_si(tmp_path):
    """43 km/h are 11.944 m/s; kbit/s become bit/s."""
    frame = table(1)
    drives = read_drives(written(frame, tmp_path / "a.csv"))
    np.testing.assert_allclose(drives.speed, 43 / 3.6)
    np.testing.assert_allclose(drives.rate, 1e3 * frame["DL_bitrate"])


def test_one_degree_north_is_111_km():
    """A sphere of 6371 km: pi / 180 * 6371.0088 = 111.195 km."""
    east, north = local(np.array([52.0]), np.array([-8.0]), np.array([51.0, -8.0]))
    np.testing.assert_allclose([east[0], north[0]], [0.0, 111_195.08], atol=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("drive,RSRP\n1,-80\n", "no column Timestamp"),
        (",".join(table(1).columns) + "\n", "no samples"),
    ],
)
def test_files_that_hold_nothing_say_so(tmp_path, text, message):
    """The message names what is missing."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(DriveError, match=message):
        read_drives(path)


def test_no_readable_time_says_so(tmp_path):
    """Times of another form are not guessed."""
    with pytest.raises(DriveError, match="Timestamp"):
        read_drives(written(table(1).assign(Timestamp="noon"), tmp_path / "a.csv"))


def test_implausible_values_are_masked_not_used(tmp_path):
    """RSRP outside of what 3GPP reports, and the position 0, 0, are as if missing."""
    frame = table(1).astype({"RSRP": float})
    frame.loc[3, "RSRP"] = 2147483647.0
    frame.loc[4, ["Longitude", "Latitude"]] = 0.0
    drives = read_drives(written(frame, tmp_path / "a.csv"))
    assert np.flatnonzero(np.isnan(drives.rsrp)).tolist() == [3]
    assert np.flatnonzero(np.isnan(drives.x)).tolist() == [4]
    assert not drives.usable[3]
    assert drives.usable[4]  # the cell is still known
