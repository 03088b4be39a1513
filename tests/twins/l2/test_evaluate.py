import json
from dataclasses import replace

import numpy as np
import pytest

from tests.twins.l1.drive_files import STATIONS, table
from twins.l1.drives import read_drives
from twins.l2.evaluate import main
from twins.l2.handover import Handovers, handovers, learn_next_cell, visits
from twins.l2.rate import HORIZON, learn_rate, origins


@pytest.fixture
def files(tmp_path):
    """Names of a file to learn from and of one to foresee."""
    table(6).to_csv(tmp_path / "a.csv", index=False)
    table(3, seed=1).to_csv(tmp_path / "b.csv", index=False)
    return str(tmp_path / "a.csv"), str(tmp_path / "b.csv")


def test_the_command_prints_one_json_object(files, capsys):
    """All drives pass the masts in one order: the next cell is certain."""
    assert main(["--train", files[0], "--test", files[1]]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["next_cell_top1"] == 1.0
    assert result["stay_mae_s"] <= result["stay_mae_s_markov"]
    assert result["next_cell_top1_persistence"] == 0.0
    assert result["handovers"] == 6
    # rates are drawn anew each second: the mean is best, persistence is worst
    assert result["rate_rmse_mbps"] < 0.8 * result["rate_rmse_mbps_persistence"]


def test_handovers_and_visits_by_hand(files):
    """Three masts, so two handovers a drive; visits last until the next one."""
    drives = read_drives(files[0])
    found = handovers(drives.take(drives.drive == 0))
    cells = [station * 256 + 11 for station in STATIONS]
    assert found.left.tolist() == cells[:2]
    assert found.entered.tolist() == cells[1:]
    assert found.before.tolist() == [-1, cells[0]]
    names, dwell = visits(drives)
    assert names[0].tolist() == cells
    assert dwell[0].sum() == 179.0


def test_position_tells_where_the_chain_cannot(tmp_path):
    """A cell with two exits, one at each end: direction and place decide."""
    frame = table(6)
    back = frame["drive"] % 2 == 1
    for name in ("Longitude", "Latitude", "RAWCELLID"):
        values = frame.loc[back, name].to_numpy().reshape(3, -1)[:, ::-1]
        frame.loc[back, name] = values.ravel()
    frame.to_csv(tmp_path / "a.csv", index=False)
    drives = read_drives(tmp_path / "a.csv")
    known = learn_next_cell(drives.take(drives.drive < 4))
    query = handovers(drives.take(drives.drive >= 4))
    np.testing.assert_array_equal(known.predict(query), query.entered)
    assert (known.chain.next_cell(query.left) != query.entered).any()


def test_stays_are_the_median_of_others_who_came_the_same_way(files):
    """Eastbound 10, 12 and 90 s, westbound 40 s; who has not left yet tells nothing."""
    drives = read_drives(files[0])
    every = handovers(drives)
    one = drives.drive == 0
    begins = drives.time[one][np.flatnonzero(np.diff(drives.cell[one])) + 1]
    np.testing.assert_array_equal(every.stay[every.drive == 0][:-1], np.diff(begins))
    assert np.isnan(every.stay[every.drive == 0][-1])
    rows = np.zeros(6, int)
    known = Handovers(**{name: part[rows] for name, part in vars(every).items()})
    east = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    stay = np.array([10.0, 90.0, 12.0, 40.0, 40.0, np.nan])
    known = replace(known, east=east, north=0 * east, stay=stay)
    learned = replace(learn_next_cell(drives), known=known)
    assert learned.stays(known).tolist() == [12.0] * 3 + [40.0] * 3


def test_what_is_forecast_is_the_mean_of_the_next_horizon(files):
    """By a loop over samples."""
    drives = read_drives(files[0])
    drives = drives.take(drives.drive == 0)
    found = origins(drives)
    rate = drives.rate / 1e6
    first = int(np.ceil(HORIZON / 5) * 5)
    assert found.ahead[0] == pytest.approx(rate[first + 1 : first + 11].mean())
    assert found.recent[0, 2] == pytest.approx(rate[first - 9 : first + 1].mean())
    assert found.recent[0, 0] == pytest.approx(rate[first])


def test_too_short_drives_are_an_error(files):
    """There must be a horizon before and one after."""
    drives = read_drives(files[0])
    with pytest.raises(ValueError, match="long enough"):
        learn_rate(drives.take(np.arange(10)))


def test_files_without_rates_have_no_forecast_of_them(files, tmp_path, capsys):
    """No figure for what was not measured; nothing to learn from is an error."""
    bare = str(tmp_path / "bare.csv")
    table(3).drop(columns=["DL_bitrate", "State"]).to_csv(bare, index=False)
    assert main(["--train", bare, "--test", bare]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["next_cell_top1"] == 1.0
    assert result["rate_rmse_mbps"] is None
    assert not [name for name in result if name.startswith("rate_mae")]
    assert main(["--train", bare, "--test", files[0]]) == 2
    assert "no sample to learn from has a rate" in capsys.readouterr().err


def test_an_empty_file_is_an_error_not_a_traceback(tmp_path, capsys):
    """Exit code 2 and one line."""
    (tmp_path / "a.csv").write_text("")
    path = str(tmp_path / "a.csv")
    assert main(["--train", path, "--test", path]) == 2
    assert "empty" in capsys.readouterr().err
