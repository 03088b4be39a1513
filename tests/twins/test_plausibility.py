"""What cannot be is put aside with the reason, and nothing else is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins.context_db import Limits, Plausibility, frames

NOW = 1_700_000_000.0


def positions(times, x, user="u"):
    """Throughput reports at places on a line."""
    return frames.measurements(
        pd.DataFrame(
            {
                "time": np.asarray(times, float),
                "user_id": user,
                "name": "DRB.UEThpDl",
                "value": 1.0,
                "x": np.asarray(x, float),
                "y": 0.0,
            }
        ),
        "gnb",
    )


def levels(values, cell="c", time=NOW):
    """RSRP of as many users."""
    return frames.measurements(
        pd.DataFrame(
            {
                "time": time,
                "user_id": [f"u{k}" for k in range(len(values))],
                "cell_id": cell,
                "name": "L1M.SS-RSRP",
                "value": np.asarray(values, float),
            }
        ),
        "gnb",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": np.nan}, "no value"),
        ({"value": "n/a"}, "no value"),
        ({"value": np.inf}, "no value"),
        ({"value": -1.0}, "out of range"),
        ({"time": NOW + 3600}, "future time"),
        ({"time": np.nan}, "no time"),
        ({"period": np.nan}, "no period"),
        ({"period": "often"}, "no period"),
        ({"period": np.inf}, "no period"),
        ({"period": -900.0}, "negative period"),
        ({"name": "made.up"}, "unknown name"),
        ({"unit": "furlong"}, "unknown unit"),
        ({"user_id": ""}, "no user"),
        ({}, ""),
    ],
)
def test_reasons(change, reason):
    """One row, one fault."""
    row = {"time": NOW, "user_id": "u", "name": "DRB.UEThpDl", "value": 1.0, **change}
    frame = frames.measurements(pd.DataFrame([row]), "gnb")
    assert Plausibility().reasons(frame, NOW).tolist() == [reason]


def test_a_jump_is_put_aside_and_the_way_back_is_not():
    """Only the row in the wrong place, in one batch or in three."""
    times, x = [0.0, 1.0, 2.0, 3.0], [0.0, 9000.0, 3.0, 5.0]
    expected = ["", "teleported", "", ""]
    frame = positions(times, x)
    assert Plausibility().reasons(frame, NOW).tolist() == expected
    shuffled = Plausibility().reasons(frame.iloc[[2, 0, 3, 1]], NOW)
    assert shuffled.tolist() == ["", "", "", "teleported"]
    judge = Plausibility()
    alone = [judge.reasons(frame.iloc[[k]], NOW)[0] for k in range(4)]
    assert alone == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.floats(0, 200), st.floats(-3e4, 3e4), st.floats(0, 1)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_places_that_are_kept_can_be_reached(rows):
    """Kept fixes of a user, in order of time, are within reach of each other."""
    frame = pd.concat(
        [positions([time], [x], f"u{user}") for user, time, x, _ in rows],
        ignore_index=True,
    )
    why = Plausibility().reasons(frame, NOW)
    limits = Limits()
    for _, mine in frame[why == ""].groupby("user_id"):
        mine = mine.sort_values("time", kind="stable")
        step, way = np.diff(mine["time"]), np.abs(np.diff(mine["x"]))
        assert (way <= limits.position_error + limits.speed * step + 1e-6).all()
    for _, mine in frame.groupby("user_id"):
        assert (why[mine.index] == "").any()  # never a user as a whole


def test_jumps_in_height_are_teleports():
    """A kilometre up in a second is too far; an unknown height is not."""
    frame = positions([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0])
    frame["z"] = [1.5, 1000.0, np.nan, 30.0]
    judge = Plausibility()
    assert list(judge.reasons(frame, NOW)) == ["", "teleported", "", ""]
    later = positions([4.0, 5.0], [0.0, 0.0]).assign(z=[np.nan, 5000.0])
    assert list(judge.reasons(later, NOW)) == ["", "teleported"]
    slow = positions([65.0], [0.0]).assign(z=5000.0)  # a minute's climb
    assert list(judge.reasons(slow, NOW)) == [""]


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_place_that_is_not_finite_is_none(axis):
    """Infinite coordinates are put aside, unknown ones are not."""
    frame = positions([0.0, 1.0], [0.0, 0.0])
    frame[axis] = [np.inf, np.nan]
    assert list(Plausibility().reasons(frame, NOW)) == ["no place", ""]


def test_a_cell_that_lies_is_put_aside():
    """30 dB against its own past, and against a model at first sight."""
    rng = np.random.default_rng(0)
    truth = rng.normal(-100, 8, 40)
    judge = Plausibility()
    assert set(judge.reasons(levels(truth), NOW)) == {""}
    assert set(judge.reasons(levels(truth + 30), NOW)) == {"cell is +30 dB off"}
    assert set(judge.reasons(levels(truth - 4), NOW)) == {""}
    both = pd.concat(
        [levels(truth + 30, "loud"), levels(truth, "b"), levels(truth, "c")],
        ignore_index=True,
    )

    def expected(frame):
        return truth[frame["user_id"].str[1:].astype(int)]

    why = Plausibility(expected=expected).reasons(both, NOW)
    assert set(why[:40]) == {"cell is +30 dB off"}
    assert set(why[40:]) == {""}


def test_few_reports_say_nothing_of_a_cell():
    """Below ``fewest`` rows no cell is judged."""
    judge = Plausibility(Limits(fewest=5))
    assert set(judge.reasons(levels([-80.0] * 5), NOW)) == {""}
    assert set(judge.reasons(levels([-120.0] * 4), NOW)) == {""}
    assert set(judge.reasons(levels([-120.0] * 5), NOW)) == {"cell is -40 dB off"}


def test_limits_are_checked():
    """Each names what is allowed."""
    with pytest.raises(ValueError, match=r"Limits.speed = nan: must be in \[0, inf\)"):
        Limits(speed=np.nan)
    with pytest.raises(ValueError, match=r"Limits.memory = 0.0"):
        Limits(memory=0.0)
    with pytest.raises(ValueError, match="fewest = 0"):
        Limits(fewest=0)
