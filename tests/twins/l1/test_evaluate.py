"""What is learned from simulated drives, and what the command prints."""

import json

import numpy as np
import pytest

from tests.twins.l1.drive_files import MASTS, STATIONS, table
from twins.l1.ahead import learn_ahead
from twins.l1.drives import read_drives
from twins.l1.evaluate import main
from twins.l1.path_loss_fit import fit_path_loss
from twins.l1.penetration import LOSS, learned_loss
from twins.l1.radio_map import TooFewDrives, learn


def drives_of(frame, path, origin=None):
    """``frame`` by way of a file."""
    frame.to_csv(path, index=False)
    return read_drives(path, origin)


@pytest.fixture
def known(tmp_path):
    """Six drives to learn from."""
    return drives_of(table(6), tmp_path / "train.csv")


def test_the_command_prints_one_json_object(tmp_path, capsys):
    """With the fields that the brief of the data asks for, and little error."""
    table(6).to_csv(tmp_path / "a.csv.gz", index=False)
    table(4, seed=1).to_csv(tmp_path / "b.csv", index=False)
    files = ["--train", str(tmp_path / "a.csv.gz"), "--test", str(tmp_path / "b.csv")]
    assert main([*files, "--curve"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert err == ""
    assert result["rmse_db"] < 4.5  # drives differ by 2 dB, samples by 1
    assert result["rmse_ahead_10s_db"] < result["rmse_db"]
    assert result["rmse_unseen_cells_db"] is None
    assert result["unseen_samples"] == 0
    assert 0.5 < result["coverage_90"] <= 1
    assert [point["drives"] for point in result["curve"]] == [2, 4, 6]


@pytest.mark.parametrize("column", ["RSRQ", "SNR", "CQI", "RSSI", "NRxRSRP", "CellID"])
def test_columns_that_reveal_the_answer_play_no_part(tmp_path, known, column):
    """Predictions are the same with the answer written into another column."""
    frame = table(2, seed=1)
    plain = drives_of(frame, tmp_path / "b.csv", known.origin)
    told = drives_of(
        frame.assign(**{column: frame["RSRP"]}), tmp_path / "c.csv", known.origin
    )
    radio_map = learn(known)
    np.testing.assert_array_equal(
        radio_map.predict(plain).mean, radio_map.predict(told).mean
    )


def test_the_measurement_itself_plays_no_part(tmp_path, known):
    """Other RSRP in the test drives: the same map, and the same first 10 s ahead."""
    frame = table(2, seed=1)
    plain = drives_of(frame, tmp_path / "b.csv", known.origin)
    other = drives_of(
        frame.assign(RSRP=frame["RSRP"] - 20), tmp_path / "c.csv", known.origin
    )
    radio_map = learn(known, live=True)
    mean = radio_map.predict(plain).mean
    np.testing.assert_array_equal(mean, radio_map.predict(other).mean)
    ahead = learn_ahead(radio_map, known)
    late = ahead.predict(other) - ahead.predict(plain)
    np.testing.assert_allclose(late[:10], 0.0, atol=1e-12)
    assert np.median(late[20:170]) < -10  # most of what was measured is kept


def test_forecasts_use_nothing_of_the_last_ten_seconds(tmp_path, known):
    """A change of sample 100 changes forecasts from sample 110 on."""
    frame = table(1, seed=1)
    plain = drives_of(frame, tmp_path / "b.csv", known.origin)
    frame.loc[100, "RSRP"] -= 25
    other = drives_of(frame, tmp_path / "c.csv", known.origin)
    ahead = learn_ahead(learn(known, live=True), known)
    change = ahead.predict(other) != ahead.predict(plain)
    assert np.flatnonzero(change).min() == 110


def test_drives_with_cells_never_seen_and_no_position(tmp_path, known):
    """Both are predicted from what is left, and counted as unseen."""
    frame = table(1, seed=1).assign(RAWCELLID=77 * 256 + 1)
    frame[["Longitude", "Latitude"]] = np.nan
    predicted = learn(known).predict(drives_of(frame, tmp_path / "b.csv", known.origin))
    assert not predicted.seen.any()
    assert np.isfinite(predicted.mean).all()
    assert (predicted.low < predicted.mean).all()


def test_held_out_means_do_not_know_their_drive(tmp_path):
    """A drive 30 dB off moves what is held out for the others; its own, not that way.

    It was a fifth of the neighbours of those the weights are learned from, so the
    weights do change a little.
    """
    frame = table(6).astype({"RSRP": float})
    odd = frame["drive"] == 2
    plain = learn(drives_of(frame, tmp_path / "a.csv")).held_out
    frame.loc[odd, "RSRP"] -= 30
    moved = learn(drives_of(frame, tmp_path / "b.csv")).held_out - plain
    assert -1 < moved[odd].mean() < 6
    assert moved[~odd].mean() < -2


def test_one_drive_is_too_few(tmp_path, capsys):
    """Errors between drives cannot be learned from one; the command says so."""
    with pytest.raises(TooFewDrives):
        learn(drives_of(table(1), tmp_path / "a.csv"))
    path = str(tmp_path / "a.csv")
    assert main(["--train", path, "--test", path]) == 2
    assert "two drives" in capsys.readouterr().err


def test_an_empty_file_is_an_error_not_a_traceback(tmp_path, capsys):
    """Exit code 2 and one line."""
    (tmp_path / "a.csv").write_text("")
    assert main(["--train", str(tmp_path / "a.csv"), "--test", "none.csv"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error:")
    assert "empty" in err


def test_path_loss_is_found_where_it_is_known(known):
    """The first mast is at the road: exponent 3.5. The others seem so, and flatter."""
    fit = fit_path_loss(learn(known).reference)
    assert fit.cell.tolist() == [station * 256 + 11 for station in STATIONS]
    road = fit.x - fit.x[0]
    np.testing.assert_allclose(road, MASTS[:, 0], atol=120)
    assert abs(fit.exponent[0] - 3.5) < 0.6
    assert (fit.exponent[1:] < 3.5).all()
    assert (fit.error < 3.0).all()  # drives differ by 2 dB, samples by 1
    assert fit.table()["references"].is_monotonic_decreasing


def test_loss_into_buildings_moves_from_its_prior_with_drives():
    """One drive 20 dB low: (11.8 / 36 + 20 / 64) / (1 / 36 + 1 / 64) = 14.75 dB."""
    assert learned_loss(np.array([], int), np.array([])) == pytest.approx(LOSS)
    loss = learned_loss(np.zeros(50, int), np.full(50, -20.0))
    assert loss == pytest.approx((11.8 / 36 + 20 / 64) / (1 / 36 + 1 / 64))
