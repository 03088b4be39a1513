import numpy as np
import pytest

from tests.twins.l1.drive_files import table
from twins.l1.drives import read_drives
from twins.l1.trace import DELAY, trace


@pytest.fixture
def drives(tmp_path):
    """One drive at 12 m/s whose position is repeated for 8 s."""
    frame = table(1).assign(Speed=43.2)
    for name in ("Longitude", "Latitude"):
        frame[name] = frame[name].to_numpy()[np.arange(len(frame)) // 8 * 8]
    frame.to_csv(tmp_path / "a.csv", index=False)
    return read_drives(tmp_path / "a.csv")


@pytest.mark.parametrize("live", [False, True])
def test_positions_move_between_fixes(drives, live):
    """The truth is 12 m a second along the road; repeated fixes are up to 84 m off."""
    truth = drives.x[0] + 12.0 * np.arange(len(drives))
    error = trace(drives, live=live).x - truth - DELAY * 12.0
    assert np.abs(error[10:-10]).max() < 4.0
    assert np.abs(drives.x - truth).max() > 80.0


def test_live_traces_ignore_what_comes_later(drives):
    """Cutting a drive changes nothing before the cut; smoothed positions do change."""
    part = drives.take(np.arange(100))
    for name, values in vars(trace(part, live=True)).items():
        whole = getattr(trace(drives, live=True), name)[:100]
        np.testing.assert_array_equal(values, whole)
    assert (trace(part).x != trace(drives).x[:100]).any()


def test_phones_that_rest_for_minutes_are_still(tmp_path):
    """400 s at rest are indoors, 200 s are not; live it shows after 300 s."""
    import pandas as pd

    frame = pd.concat([table(1)] * 4, ignore_index=True)
    start = pd.Timestamp("2020-01-06")
    seconds = pd.to_timedelta(np.arange(len(frame)), "s")
    frame["Timestamp"] = (start + seconds).strftime("%Y.%m.%d_%H.%M.%S")
    frame.loc[100:500, "Speed"] = 0
    frame.loc[510:700, "Speed"] = 0
    frame.to_csv(tmp_path / "a.csv", index=False)
    drives = read_drives(tmp_path / "a.csv")
    still = trace(drives).still
    assert still[105:495].all()
    assert not still[:99].any()
    assert not still[505:].any()
    live = np.flatnonzero(trace(drives, live=True).still)
    assert (live.min(), live.max()) == (400, 500)
