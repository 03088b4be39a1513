"""What stands in a text is found with its type wherever its unit is written."""

import pytest

import twins
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.text_mentions import TextMention, text_mentions

SNAPSHOT = twins.example()
NAMES = Names(SNAPSHOT)


def found(text: str) -> list[TextMention]:
    """Mentions of a text."""
    return text_mentions(read(text), NAMES, SNAPSHOT.time)


def test_a_column_has_the_unit_of_its_heading() -> None:
    """Rates of a table, each in kbit/s."""
    rates = [
        one.quantity.value
        for one in found("Rates\nuser,min (kbit/s),max (kbit/s)\nu173,400,1600")
        if one.quantity is not None and one.type == "rate"
    ]
    assert rates == [4e5, 1.6e6]


@pytest.mark.parametrize(
    "text",
    [
        "slot | MHz | from\n1 | 3405-3420 | 10:00",
        "Lower edge: 3405 MHz\nUpper edge: 3420 MHz\nOn: 18:20",
        "{lo: 3405 MHz, hi: 3420 MHz, on: 11:45}",
        "3405 MHz ... 3420 MHz",
        "3412.5 plus minus 7.5 MHz",
        "3405 till 3420 MHz",
    ],
)
def test_a_band_is_found(text: str) -> None:
    """In a table, by its edges, with points, about a centre."""
    assert [one.band for one in found(text) if one.band] == [(3.405e9, 3.42e9)]


def test_a_key_tells_the_unit() -> None:
    """``rain_mm_h`` is in mm/h, a key without a unit tells nothing."""
    assert [one.type for one in found('{"rain_mm_h": 24}')] == ["rain"]
    assert [one.type for one in found('{"rain": 24}')] != ["rain"]


@pytest.mark.parametrize("line", ["Hello, team", "cell, now", "admin, min", "M, MS B"])
def test_a_prose_line_is_no_heading(line: str) -> None:
    """Numbers below a line with a comma keep what they are."""
    types = [one.type for one in found(f"{line}\nM1A, 30")]
    assert types == ["cell", "number"]


def test_a_heading_with_a_unit_behind_its_name() -> None:
    """``pmax_w``."""
    types = [one.type for one in found("id,cell,pmax_w\n1,M1A,5")]
    assert types == ["hour", "cell", "watt"]


@pytest.mark.parametrize("text", ["M1C to M1A", "M2A to M2B"])
def test_from_one_to_another_is_no_range(text: str) -> None:
    """Each cell is a mention of its own."""
    assert [one.names for one in found(text)] == [(text[:3],), (text[-3:],)]


def test_today_is_a_day() -> None:
    """It is the day of now."""
    assert [one.day for one in found("M1A is limited today")][1:] == [0.0]


@pytest.mark.parametrize("words", ["9" * 400, "M1A 1e999 W", "-" + "9" * 400 + " %"])
def test_numbers_beyond_all_bounds_are_no_hours(words):
    """What no float holds is a mention like others, and no error."""
    assert all(
        one.type != "hour" for one in text_mentions(read(words), NAMES, SNAPSHOT.time)
    )
