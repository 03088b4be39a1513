"""From when until when an item holds is what its text says, or there is no item."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()
"""Monday, 2026-06-01 08:00 UTC."""


def read(when: str) -> tuple[list[str], list[str]]:
    """Intervals of a limit that holds ``when``, and reasons of what is refused."""
    text = f"Limit M1A to 10 W {when}."
    report = llm_bridge.report(text, SNAPSHOT, author="operator/x")
    return (
        [f"{item.start:%d %H:%M} to {item.end:%d %H:%M}" for item in report.items],
        [one.reason for one in report.refused],
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("until 15:00 among others", "01 08:00 to 01 15:00"),
        ("from 9:00 to 9:30 am", "01 09:00 to 01 09:30"),
        ("until 3:00 pm", "01 08:00 to 01 15:00"),
        ("until 3:00 p.m. today", "01 08:00 to 01 15:00"),
    ],
)
def test_a_half_of_the_day_is_a_word(when: str, expected: str) -> None:
    """The first letters of ``among`` are no ``am``."""
    assert read(when)[0] == [expected]


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("on 31 June", "31 june"),
        ("on 2026-06-31", "2026-06-31"),
        ("until 2026-13-01", "2026-13-01"),
        ("on 29 February", "29 february"),
        ("on June 31st from 10:00 to 11:00", "june 31st"),
        ("on 31.06.2026", "31.06.2026"),
    ],
)
def test_a_day_that_no_calendar_has(when: str, day: str) -> None:
    """It is refused; it held from now for a day."""
    assert read(when) == ([], [f"there is no day {day!r}"])


def test_what_begins_in_more_than_a_year_is_refused() -> None:
    """As is what would hold for longer."""
    found, reasons = read("on 1 January 2030")
    assert not found
    assert reasons == ["it would begin in more than a year"]
