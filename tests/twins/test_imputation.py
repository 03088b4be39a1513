"""Missing entries: by dense algebra, on a smooth field, and on real drives."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twins.imputation import LONE, PULL, imputed

DRIVES = Path(__file__).parents[3] / "shared" / "data" / "ucc5g" / "drives.csv.gz"


def test_one_missing_entry_by_hand():
    """Weighted mean of the neighbours and of the mean of all."""
    place = np.array([[0.0], [1.0], [-2.0]])
    found, std = imputed(place, np.array([np.nan, 3.0, 9.0]))
    near, far = np.exp(-1.0) + LONE, np.exp(-2.0) + LONE
    expected = (near * 3 + far * 9 + PULL * 6) / (near + far + PULL)
    assert found[0] == pytest.approx(expected)
    assert std[0] > 0
    assert std[1:].tolist() == [0.0, 0.0]


def test_what_is_known_stays_and_nothing_known_is_refused():
    """Complete values come back; without any there is no answer."""
    place, value = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0])
    found, std = imputed(place, value)
    assert found.tolist() == value.tolist()
    assert not std.any()
    with pytest.raises(ValueError, match="one number at least"):
        imputed(place, np.full(3, np.nan))
    with pytest.raises(ValueError, match="finite"):
        imputed(np.full((3, 2), np.nan), value)


def test_a_smooth_field_is_recovered():
    """Better than the mean; gaps are less certain than single entries."""
    draws = np.random.default_rng(0)
    place = draws.uniform(0, 10, (600, 2))
    truth = 10 * np.sin(place[:, 0] / 2) + 10 * np.cos(place[:, 1] / 2)
    hidden = (draws.random(600) < 0.2) | (np.abs(place - 5).max(axis=1) < 1.2)
    found, std = imputed(2 * place, np.where(hidden, np.nan, truth))
    error = np.abs(found - truth)[hidden]
    assert error.mean() < 0.3 * np.abs(truth - truth[~hidden].mean())[hidden].mean()
    inside = np.abs(place - 5).max(axis=1) < 0.6
    assert std[inside].mean() > std[hidden & ~inside].mean()


@pytest.mark.shared_instances
def test_gaps_in_real_drives():
    """RSRP in gaps of 30 s, better than the last value and the mean."""
    if not DRIVES.exists():
        pytest.skip("../shared/data/ucc5g is missing")
    errors = gap_errors()
    assert errors["graph"] < 0.95 * errors["last"]
    assert errors["graph"] < 0.8 * errors["mean"]
    assert 0.8 < errors["covered"] < 0.97


def gap_errors(drives=12, gap=30, seed=0):
    """RMSE in dB on hidden gaps: by the graph, the last value, the drive's mean."""
    table = pd.read_csv(DRIVES)
    table["RSRP"] = pd.to_numeric(table["RSRP"], errors="coerce")
    table = table[table["NetworkMode"].isin(["LTE", "5G"]) & table["RSRP"].notna()]
    table = table[table["drive"].isin(table["drive"].unique()[:drives])]
    draws = np.random.default_rng(seed)
    stamp = pd.to_datetime(table["Timestamp"], format="%Y.%m.%d_%H.%M.%S")
    seconds = (stamp - stamp.min()).dt.total_seconds().to_numpy()
    east = table["Longitude"].to_numpy() * 111_320 * np.cos(np.deg2rad(51.9))
    north = table["Latitude"].to_numpy() * 110_574
    code = pd.factorize(table["RAWCELLID"])[0]
    truth, drive = table["RSRP"].to_numpy(float), table["drive"].to_numpy()
    hidden = np.zeros(len(table), bool)
    for one in np.unique(drive):
        rows = np.flatnonzero(drive == one)
        for first in draws.choice(rows[gap:-gap], len(rows) // (4 * gap)):
            hidden[first : first + gap] = drive[first : first + gap] == one
    place = np.column_stack([east / 60.0, north / 60.0, seconds / 40.0, 2.0 * code])
    value = np.where(hidden, np.nan, truth)
    found, std = imputed(place, value)
    shown = pd.Series(value)
    last = shown.groupby(drive).ffill().to_numpy()
    mean = shown.groupby(drive).transform("mean").to_numpy()
    asked = hidden & np.isfinite(last)

    def rmse(guess):
        return float(np.sqrt(np.mean((guess - truth)[asked] ** 2)))

    inside = np.abs(found - truth)[asked] <= 1.645 * std[asked]
    return {
        "graph": rmse(found),
        "last": rmse(last),
        "mean": rmse(mean),
        "covered": float(inside.mean()),
    }
