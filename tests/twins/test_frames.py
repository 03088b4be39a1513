"""Measurements are read as they were written, whatever they came in."""

import numpy as np
import pandas as pd
import pytest

from tests.twins.test_context_db import NOW, reports
from twins.context_db import frames, read_csv, read_parquet, schema


def test_files_are_read_as_frames_are(database, tmp_path):
    """CSV with other column names and datetimes, and Parquet."""
    frame = reports()
    stamps = pd.to_datetime(frame["time"], unit="s", utc=True)
    frame.assign(time=stamps).rename(columns={"time": "when"}).to_csv(
        tmp_path / "reports.csv.gz", index=False
    )
    read = read_csv(tmp_path / "reports.csv.gz", {"when": "time"})
    read["time"] = pd.to_datetime(read["time"])
    assert database.append(read[:20]) == 20
    frame.to_parquet(tmp_path / "reports.parquet")
    assert database.append(read_parquet(tmp_path / "reports.parquet")) == 40
    with pytest.raises(ValueError, match=r"lack \['value'\].*unknown columns \['v'\]"):
        database.append(frame.rename(columns={"value": "v"}))


def test_identifiers_are_read_as_they_are_written(database, tmp_path):
    """Leading zeros, what looks like a float or like nothing, beside empty ones."""
    path = tmp_path / "reports.csv"
    path.write_text(
        "time,imsi,cell_id,name,value,period\n"
        "1700000000,1,00012E005,DRB.UEThpDl,3,\n"
        "1700000001,,00012E006,RRC.ConnMean,4,900\n"
        "1700000002,NA,null,DRB.UEThpDl,5,900\n"
        "1700000003,007,1.50,DRB.UEThpDl,NA,900\n"
    )
    frame = read_csv(path, {"imsi": "user_id"})
    assert frame["user_id"].tolist() == ["1", "", "NA", "007"]
    assert frame["value"].tolist()[:3] == [3.0, 4.0, 5.0]
    assert database.append(frame, "gnb") == 2
    found = database.between("traffic", NOW, NOW + 9)
    assert found["user_id"].tolist() == ["", "NA"]
    assert found["cell_id"].tolist() == ["00012E006", "null"]
    aside = database.quarantined().sort_values("time")
    assert aside["cell_id"].tolist() == ["00012E005", "1.50"]
    assert aside["reason"].tolist() == ["no period", "no value"]


def test_integers_that_a_gap_made_floats_are_integers(tmp_path):
    """Parquet's integers with nulls; categories; and floats that are none."""
    frame = reports(3).assign(
        user_id=pd.array([1, None, 3], dtype="Int64"),
        cell_id=pd.Categorical(["c1", None, "c2"]),
        target=[0.5, 1.0, 2.0],
    )
    frame.to_parquet(tmp_path / "reports.parquet")
    read = frames.measurements(read_parquet(tmp_path / "reports.parquet"))
    assert read["user_id"].tolist() == ["1", "", "3"]
    assert read["cell_id"].tolist() == ["c1", "", "c2"]
    assert read["target"].tolist() == ["0.5", "1.0", "2.0"]


@pytest.mark.parametrize(
    "time",
    [
        "2023-11-14T22:13:20Z",
        "2023-11-14T23:13:20+01:00",
        "2023-11-14 22:13:20",
        pd.Timestamp("2023-11-15T00:13:20+02:00"),
        pd.Timestamp("2023-11-15T00:13:20+02:00").to_pydatetime(),
        str(NOW),
        NOW,
    ],
)
def test_times_are_read_with_their_zone(time):
    """Beside one of another zone and one that is none."""
    other = pd.Timestamp("2023-11-14T22:13:21+00:00")
    frame = reports(3).assign(time=pd.Series([time, other, "soon"], dtype=object))
    read = frames.measurements(frame)["time"].tolist()
    assert read[:2] == [NOW, NOW + 1.0]
    assert np.isnan(read[2])


def test_frames_have_the_columns_of_the_tables():
    """They are written down twice, as tables need more than frames."""
    for table in schema.MEASUREMENTS.values():
        assert tuple(one.name for one in table.columns) == frames.MEASUREMENT_COLUMNS
