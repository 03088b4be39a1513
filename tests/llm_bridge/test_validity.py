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
    "when",
    [
        "for 900 years",
        "for a thousand years",
        "for the next two decades",
        "for 9 months",
    ],
)
def test_nothing_holds_for_years(when: str) -> None:
    """What no text may say is not read as a day."""
    assert read(when)[0] == []


def test_years_that_are_over_ask_for_nothing() -> None:
    """How long something has been is no time of what is asked."""
    text = "We have been neighbours for 20 years. Limit M1A to 10 W until 15:00."
    assert len(llm_bridge.report(text, SNAPSHOT, author="operator/x").items) == 1


def test_a_day_at_the_head_is_of_all_parts() -> None:
    """``Tue 2 June: ...`` is the day of each part that names none."""
    text = "Tue 2 June: M1A off 09:00-09:30, M1C off 09:30-10:00 (new fan)."
    items = llm_bridge.report(text, SNAPSHOT, author="operator/x").items
    assert [f"{item.start:%d %H:%M}" for item in items] == ["02 09:00", "02 09:30"]


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


@pytest.mark.parametrize(
    "day", ["2026-06-05", "5 June", "June 5th", "5.6.2026", "the 5th of June"]
)
def test_until_a_day(day: str) -> None:
    """From now to where the day begins, and to its end where it is a part."""
    for word in ("until", "till", "by"):
        assert read(f"{word} {day}")[0] == ["01 08:00 to 05 00:00"], word
    for words in ("through", "until the end of", "until and including"):
        assert read(f"{words} {day}")[0] == ["01 08:00 to 06 00:00"], words


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("from 2026-06-03 to 2026-06-05", "03 00:00 to 06 00:00"),
        ("from 3 June to 5 June", "03 00:00 to 06 00:00"),
        ("from 3 June until 5 June", "03 00:00 to 05 00:00"),
        ("from Wednesday to Friday", "03 00:00 to 06 00:00"),
        ("from Friday to Monday", "05 00:00 to 09 00:00"),
        ("until June 5th, 18:00", "01 08:00 to 05 18:00"),
        ("until 5 June, 18:00", "01 08:00 to 05 18:00"),
        ("until June 5th 18:00", "01 08:00 to 05 18:00"),
        ("until Friday, 18:00", "01 08:00 to 05 18:00"),
        ("on 5 June, 18:00 to 19:00", "05 18:00 to 05 19:00"),
    ],
)
def test_from_day_to_day(when: str, expected: str) -> None:
    """``to`` ends with a day, ``until`` with its beginning; a time may follow."""
    assert read(when)[0] == [expected]


@pytest.mark.parametrize(
    "when",
    [
        "from 3 to 5 June", "from 2026-06-03 until 2026-06-05 18:00",
        "from 3 June 10:00 until 5 June", "until 2030-01-01",
    ],
)  # fmt: skip
def test_a_day_that_is_left_over_is_refused(when: str) -> None:
    """A day at which nothing begins or ends, or one beyond a year."""
    found, reasons = read(when)
    assert not found
    assert reasons


def test_a_platform_by_a_day_is_wanted_from_then_on() -> None:
    """As by a time of day."""
    text = "Send two platforms to M1A by 5 June."
    (item,) = llm_bridge.report(text, SNAPSHOT, author="operator/x").items
    assert f"{item.start:%d %H:%M}" == "05 00:00"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Amsterdam time", "01 12:00 to 01 13:00"),
        ("Europe/Berlin", "01 12:00 to 01 13:00"),
        ("America/New_York", "01 18:00 to 01 19:00"),
        ("new york time", "01 18:00 to 01 19:00"),
        ("(Tokyo time)", "02 05:00 to 02 06:00"),
        ("JST", "02 05:00 to 02 06:00"),
        ("CEST", "01 12:00 to 01 13:00"),
        ("UTC", "01 14:00 to 01 15:00"),
        ("UTC+5:30", "01 08:30 to 01 09:30"),
        ("Kathmandu time", "01 08:15 to 01 09:15"),
        ("local time", "01 14:00 to 01 15:00"),
        ("this time", "01 14:00 to 01 15:00"),
    ],
)
def test_a_zone_behind_a_time(zone: str, expected: str) -> None:
    """By letters, place or offset; an hour that is over is of the next day."""
    assert read(f"from 14:00 to 15:00 {zone}")[0] == [expected]


def test_a_place_has_the_offset_of_the_day() -> None:
    """Berlin is an hour ahead in winter and two in summer; both ends may name it."""
    both = "from 2 pm Berlin time to 3 pm Berlin time"
    assert read(both)[0] == ["01 12:00 to 01 13:00"]
    assert read(f"{both} on 3 December")[0] == ["03 13:00 to 03 14:00"]


@pytest.mark.parametrize("zone", ["IST", "CST", "Munich time", "Europe/Nowhere", "XYT"])
def test_a_zone_that_is_not_known_is_refused(zone: str) -> None:
    """As are letters that several zones share, also told apart from the limit."""
    reason = f"the time zone {zone!r} is not known"
    assert read(f"from 14:00 to 15:00 {zone}") == ([], [reason])
    assert not read(f"today. Valid from 14:00 to 15:00 {zone}")[0]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            "from 2026-06-01T14:00:00+02:00 to 2026-06-01T15:00:00+02:00",
            "01 12:00 to 01 13:00",
        ),
        (
            "2026-06-01T14:00+05:30 to 2026-06-01T15:00+05:30",
            "01 08:30 to 01 09:30",
        ),
        (
            "from 2026-06-01T23:00:00-04:00 until 2026-06-02T01:00:00-04:00",
            "02 03:00 to 02 05:00",
        ),
        ("until 2026-06-03T14:00:00+0200", "01 08:00 to 03 12:00"),
        ("from 2026-06-02T14:00Z to 2026-06-03T15:00Z", "02 14:00 to 03 15:00"),
        (
            "from 2026-06-02T14:00:00+02:00 to 2026-06-03T15:00:00+02:00",
            "02 12:00 to 03 13:00",
        ),
        ("from 2026-06-01T14:00Z to 2026-06-01T15:00Z", "01 14:00 to 01 15:00"),
    ],
)
def test_times_of_iso_8601(when: str, expected: str) -> None:
    """With date and zone."""
    assert read(when)[0] == [expected]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("from 23:30 tonight until 05:00 tomorrow", "01 23:30 to 02 05:00"),
        ("from 21:00 today to 02:00 tomorrow", "01 21:00 to 02 02:00"),
        ("tonight 22:00 till 04:30 tomorrow", "01 22:00 to 02 04:30"),
        ("from 00:30 tonight until 05:00 tomorrow", "02 00:30 to 02 05:00"),
        ("from 10:00 to 11:00 tomorrow", "02 10:00 to 02 11:00"),
    ],
)
def test_what_begins_tonight_and_ends_tomorrow(when: str, expected: str) -> None:
    """The day of the end is not that of the start where that has its own."""
    assert read(when)[0] == [expected]
