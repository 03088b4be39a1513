"""Each usual form of a date or a weekday is read as the day that it is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from llm_bridge.days import DAY, dates, day_of

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC).timestamp()
"""A Monday."""
MONTHS = ("june", "july", "august")
ORDINALS = ("first", "second", "sixth", "twelfth", "twentieth", "twenty-third")


@pytest.mark.parametrize("ahead", range(0, 60, 7))
def test_a_date_is_read_back(ahead: int) -> None:
    """By number and name of the month, in digits, and by year."""
    day = date(2026, 6, 1) + timedelta(days=ahead)
    month = MONTHS[day.month - 6]
    for text in (
        day.isoformat(), f"{day.day} {month}", f"{month} {day.day}th",
        f"the {day.day}th of {month}", f"{month[:3]} {day.day}",
        f"on {day:%d.%m}.", f"{day.day}.{day.month}.2026", f"{day:%d.%m}. 10:00",
    ):  # fmt: skip
        assert day_of(f"m1a is off {text}", NOW) == (ahead * DAY, True), text


@pytest.mark.parametrize("ordinal", ORDINALS)
def test_a_day_of_the_month_in_words(ordinal: str) -> None:
    """``sixth of June``, ``June the sixth``."""
    number = {"first": 1, "second": 2, "sixth": 6, "twelfth": 12, "twentieth": 20}
    day = (number.get(ordinal, 23) - 1) * DAY
    for text in (f"{ordinal} of june", f"june the {ordinal}", f"june {ordinal}"):
        assert day_of(text, NOW) == (day, True), text


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("wed, 02:20-03:40", 2), ("thu 08:15", 3), ("thu half past nine", 3),
        ("until fri", 4), ("sat night", 5), ("tue 0930", 1), ("on 6/6", 5),
        ("saturday 6/6", 5), ("on 13/6", 12), ("on 6/13", 12),
    ],
)  # fmt: skip
def test_a_short_day(text: str, ahead: int) -> None:
    """Short weekdays beside times, and dates with a slash that can be no other."""
    assert day_of(text, NOW) == (ahead * DAY, True)


@pytest.mark.parametrize(
    "text",
    [
        "active from 9.40 to 10.05.", "load factor: 1.4.", "ceases at 9.30.",
        "a third of june traffic", "cell 1/4", "on 5/6", "the sun is out",
        "u001 sat there", "may first be off", "the third may be",
    ],
)  # fmt: skip
def test_what_is_no_day(text: str) -> None:
    """Times with a full stop, parts, dates that may be two, and other words."""
    assert day_of(text, NOW) == (0.0, False)


def test_a_time_before_a_full_stop_is_no_date() -> None:
    """A date without a year goes on in its sentence or stands behind ``on``."""
    assert dates("active from 9.40 to 10.05.") == []
