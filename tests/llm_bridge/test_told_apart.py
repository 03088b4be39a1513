"""What several sentences say together: who in one, what in another, when in a third."""

import pytest

from tests.llm_bridge.test_continued import said

SURGE, FLOOR, LIMIT = "traffic_surge", "rate_floor", "power_limit"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The ferry docks at 16:40. Count on 50 % more traffic at M1A for half an "
            "hour.",
            [(SURGE, ("M1A",), 1.5, "16:40", "17:10")],
        ),
        (
            "The ship moors at 10:00 and casts off at 16:30. In between M1A has three "
            "times the usual traffic.",
            [(SURGE, ("M1A",), 3.0, "10:00", "16:30")],
        ),
        (
            "M1A may send 5 W at most. Applicable today, 13:00 to 13:20.",
            [(LIMIT, ("M1A",), 5.0, "13:00", "13:20")],
        ),
        (
            "I want one drone at M1A. It stays till 9:45.",
            [("lap_request", ("M1A",), 1.0, "08:00", "09:45")],
        ),
        ("M1A is dead. Lunch at noon.", [("outage", ("M1A",), None, "08:00", "08:00")]),
        (
            "Count on 50 % more traffic at M1A. The gates open at 17:00 or 20:00.",
            [],
        ),
    ],
)
def test_a_time_of_another_sentence(text, expected):
    """The one time that is left belongs to what has none; one too many refuses it."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "M1A needs a new breaker. The electrician is booked for 16:30 and we will "
            "have the cell off for three quarters of an hour.",
            [("maintenance", ("M1A",), None, "16:30", "17:15")],
        ),
        (
            "Camera on stage = u001. Four Mbit/s or more. From 18:00 to 19:30.",
            [(FLOOR, ("u001",), 4e6, "18:00", "19:30")],
        ),
        ("u001 and u002 are here. Cap him at 2 Mbit/s.", []),
        ("Is M1A down? It looks odd on my screen.", []),
    ],
)
def test_sentences_that_say_nothing_alone(text, expected):
    """Whom, what and when come from neighbours, if nothing is asked or denied."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The ore train is u001. It does 36 km/h.",
            [("mobility", ("u001",), 10.0, "08:00", "08:00")],
        ),
        (
            "There is a bug between u001 and M1A. It must never connect to that cell.",
            [("association_preference", ("M1A",), "FORBID", "08:00", "08:00")],
        ),
        (
            "u001 is infected. u002 is not. Quarantine accordingly.",
            [("intrusion", ("u001",), None, "08:00", "08:00")],
        ),
    ],
)
def test_words_that_point_back(text, expected):
    """The word "it" is a user where a cell is named; of whom all is well it is not."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("from a quarter to three to a quarter past", "14:45", "15:15"),
        ("from a quarter to four this afternoon till ten past", "15:45", "16:10"),
        ("nine till one", "09:00", "13:00"),
        ("10 till 11.30", "10:00", "11:30"),
        ("between now and 10:15", "08:00", "10:15"),
        ("from ten minutes to two until two", "13:50", "14:00"),
        ("from 18:00, and at 19:30 it is over", "18:00", "19:30"),
        ("from six in the evening to eight in the evening", "18:00", "20:00"),
    ],
)
def test_times_as_people_say_them(words, start, end):
    """Bare hours, halves and minutes past the hour that was named last."""
    text = f"M1A may send 5 W at most, {words}."
    assert said(text) == [(LIMIT, ("M1A",), 5.0, start, end)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10 MHz extra for M1A? Approved.", 1),
        ("10 MHz extra for M1A? No.", 0),
        ("10 MHz extra for M1A?", 0),
    ],
)
def test_a_question_that_is_answered(text, count):
    """With yes it tells what it asks."""
    assert len(said(text)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The controller u001: below 250 kbit/s it stops.",
            [(FLOOR, ("u001",), 250e3, "08:00", "08:00")],
        ),
        (
            "M1A 15 MHz richer between 18:00 and 21:00.",
            [("spectrum_grant", ("M1A",), 15e6, "18:00", "21:00")],
        ),
        ("M1A has 10 W since 09:00.", []),
        ("10 W more on M1A would help.", []),
    ],
)
def test_what_a_value_says_by_its_unit(text, expected):
    """A value with a time or a request is of one kind; a state is none."""
    assert said(text) == expected
