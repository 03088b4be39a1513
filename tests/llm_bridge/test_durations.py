"""How long something holds, where it stands behind the time at which it begins."""

import pytest

from tests.llm_bridge.test_continued import said

WORKS, RADAR = "maintenance", "radar_activity"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Radar, 3500 to 3515 MHz, noon, 20 min", "12:00", "12:20"),
        ("A drone goes to M1A at 13:20 and stays 70 minutes.", "13:20", "14:30"),
        (
            "They want M1A switched off at 21:15, they need half an hour.",
            "21:15", "21:45",
        ),
        ("M1A is switched off at 18:30. It takes 20 minutes.", "18:30", "18:50"),
        ("M1A is switched off at 18:30. Duration: 2 hours.", "18:30", "20:30"),
        ("Shower, 10 mm/h, over in half an hour.", "08:00", "08:30"),
        ("Drizzle, 2 mm/h, expected to cease at 9.30.", "08:00", "09:30"),
        ("Cap u003 at 2 Mbit/s, and unfreeze it at 11:00.", "08:00", "11:00"),
        (
            "Sector(s): M1A\nReason: new cables\nRF off: 11:30\nRF on: 12:10",
            "11:30", "12:10",
        ),
        (
            "Slice 1: at least 20 % of the blocks, start 1100, finish 1530.",
            "11:00", "15:30",
        ),
        ("Send one drone to M1A; return it to base at 09:45.", "08:00", "09:45"),
        (
            "Limit M1A to 10 W as long as they work there, that is until 16:00.",
            "08:00", "16:00",
        ),
        (
            "M1A has 75 % more load than on an ordinary Monday from 11:15 to 15:45.",
            "11:15", "15:45",
        ),
    ],
)  # fmt: skip
def test_from_when_until_when(text, start, end):
    """Durations begin at the time before them; what is over in a time ends then."""
    assert [one[3:] for one in said(text)] == [(start, end)]


def test_a_length_of_each():
    """``for 30 minutes each`` is the length of all that begins before it."""
    text = "M1A goes off at 14:00 and M2C at 15:00, for 30 minutes each, for new fuses."
    assert [one[1:2] + one[3:] for one in said(text)] == [
        (("M1A",), "14:00", "14:30"),
        (("M2C",), "15:00", "15:30"),
    ]


def test_while_something_else_goes_on():
    """What is asked meanwhile has the interval of what goes on."""
    text = "While M1A sleeps (12:55 to 15:05) its neighbour M1C is capped at 14 W."
    assert [one[:2] + one[3:] for one in said(text)] == [
        ("energy_saving", ("M1A",), "12:55", "15:05"),
        ("power_limit", ("M1C",), "12:55", "15:05"),
    ]


def test_works_are_told_with_their_end():
    """What will be off without an end, and without works, is a fault to come."""
    assert [one[0] for one in said("M1A is dark from 16:10, no end known.")] == [
        "outage"
    ]
    text = "M1A is dark from 16:10 to 17:00."
    assert [one[0] for one in said(text)] == ["maintenance"]
