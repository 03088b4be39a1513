"""What is put aside stays as it came, until a person takes it back."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.twins.test_context_db import NOW, reports
from twins.declaration import FieldError


def test_a_person_accepts_what_was_put_aside(database):
    """A clock that was ahead: the rows are measured all the same, and who said so."""
    frame = reports(20)
    assert database.append(frame, now=NOW + 9, number=1) == 15  # 5 s may be ahead
    aside = database.quarantined()
    assert set(aside["reason"]) == {"future time"}
    first = aside[aside["time"] < NOW + 18]
    assert database.accept(first, "operator/S. Lang", NOW + 60) == 3
    found = database.between("traffic", NOW, NOW + 99)
    assert found["time"].tolist() == frame["time"][:18].tolist()
    assert found["value"].tolist() == frame["value"][:18].tolist()
    assert sorted(database.quarantined()["time"]) == [NOW + 18, NOW + 19]
    latest = database.latest("DRB.UEThpDl").set_index("subject")["time"]
    assert latest["u1"] == NOW + 16
    taken = database.between("accepted", -np.inf, np.inf)
    assert set(taken["author"]) == {"operator/S. Lang"}
    assert set(taken["reason"]) == {"future time"}
    with pytest.raises(FieldError, match="rows = 3 of 3 that are not there"):
        database.accept(first, "operator/S. Lang", NOW + 60)
    assert database.count("accepted") == 3


def test_a_row_without_period_is_put_aside_alone(database):
    """The others of its batch stay."""
    frame = reports(3).assign(period=[900.0, np.nan, -900.0])
    assert database.append(frame, number=1) == 1
    assert database.between("traffic", NOW, NOW + 9)["period"].tolist() == [900.0]
    aside = database.quarantined().sort_values("time")
    assert aside["reason"].tolist() == ["no period", "negative period"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": np.nan},
        {"name": "X"},
        {"unit": "stone"},
        {"period": np.nan},
        {"user_id": ""},
    ],
)
def test_what_is_no_measurement_cannot_be_accepted(database, wrong):
    """Neither without a value nor of an unknown name or unit; all stay there."""
    database.append(
        pd.concat([reports(1).assign(**wrong), reports(2)[1:]]), now=NOW - 9
    )
    aside = database.quarantined()
    assert len(aside) == 2
    with pytest.raises(FieldError, match=r"accept.rows\[0\].*with a value, a time"):
        database.accept(aside, "operator", NOW)
    assert len(database.quarantined()) == 2
    assert database.count("traffic") == database.count("accepted") == 0


def test_the_quarantine_has_rows_as_they_came(database):
    """In the cells and units of their sender, beside the numbers that were read."""
    frame = reports(2).assign(
        value=[-5, "abc"], unit=["kbit/s", "Mbit"], user_id=["u", "u\0"]
    )
    database.append(frame)
    aside = database.quarantined().sort_values("time")
    assert aside["reason"].tolist() == ["out of range", "no value"]
    came = [json.loads(text) for text in aside["came"]]
    assert [one["value"] for one in came] == [-5, "abc"]
    assert [one["unit"] for one in came] == ["kbit/s", "Mbit"]
    assert [one["user_id"] for one in came] == ["u", "u\0"]


def test_names_that_are_no_text_are_put_aside(database):
    """A null character, which PostgreSQL has none of; the other rows stay."""
    frame = reports(2).assign(user_id=["u\0", "u"])
    assert database.append(frame, number=1) == 1
    assert database.quarantined()["reason"].tolist() == ["unreadable text"]
    assert database.quarantined()["user_id"].tolist() == ["u\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize(
    ("author", "now", "text"),
    [
        ("", NOW, "accept.author = '': must be the name"),
        ("operator", np.nan, "accept.now = nan: must be finite"),
    ],
)
def test_who_accepts_and_when_is_told(database, author, now, text):
    """Nothing is moved without."""
    database.append(reports(1), now=NOW - 60)
    with pytest.raises(FieldError, match=text):
        database.accept(database.quarantined(), author, now)
    assert len(database.quarantined()) == 1
