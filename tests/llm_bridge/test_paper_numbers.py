"""A number that only tells which ticket or job is no value."""

import pytest

from tests.llm_bridge.test_continued import said


@pytest.mark.parametrize(
    "text",
    [
        "INC 4711 / site M1 / all sectors off since 06:37",
        "Alarm 0098, site M1: all sectors off since 06:37.",
        "Job 44-B: site M1, all sectors off since 06:37.",
        "enb-7 alarmd[415]: site M1, all sectors off since 06:37",
    ],
)
def test_numbers_of_papers(text):
    """Letters before a number, a zero or a letter behind it make it no value."""
    assert said(text) == [("outage", ("M1A", "M1B", "M1C"), None, "06:37", "06:37")]


def test_a_number_of_nothing_is_one():
    """What nobody can tell refuses the item."""
    assert said("Site M1, 815: all sectors off since 06:37.") == []


def test_a_log_tells_the_second():
    """A fault is reported by the minute."""
    text = "Jun 1 07:31:44 enb-7 alarmd[415]: critical, cell M1A disabled (fault)"
    assert said(text) == [("outage", ("M1A",), None, "07:31", "07:31")]


@pytest.mark.parametrize("text", ["M1A out.", "M1A and M1B out", "M1C out since 07:10"])
def test_a_state_alone(text):
    """Names and ``out`` are a fault."""
    assert [one[0] for one in said(text)] == ["outage"]
