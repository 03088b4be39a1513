"""Each usual form of a time of day is read as what it is, alone and in intervals."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from llm_bridge.clock import Clock, clocks
from llm_bridge.number_words import TENS, WORDS

WORD = {value: name for name, value in {**TENS, **WORDS}.items()}
GRID = [(hour, minute) for hour in range(24) for minute in (0, 5, 10, 15, 28, 30, 45)]
Form = Callable[[int, int], str | None]
"""Writes an hour and a minute; None where it has no such form."""


def words(number: int) -> str:
    """Number below 60 in words."""
    if number in WORD:
        return WORD[number]
    return f"{WORD[number // 10 * 10]}-{WORD[number % 10]}"


def hour_minute(hour: int, minute: int) -> str | None:
    """``eleven fifteen``, ``nine oh five``."""
    if not minute or not hour:
        return None
    return f"{words(hour)} {'oh ' if minute < 10 else ''}{words(minute)}"


def past(hour: int, minute: int) -> str | None:
    """``a quarter past three``, ``twenty to four``."""
    names = {5: "five", 10: "ten", 15: "a quarter", 30: "half", 45: "a quarter"}
    if minute not in names or not 1 <= hour <= 11:
        return None
    side, of = ("to", hour + 1) if minute == 45 else ("past", hour)
    return f"{names[minute]} {side} {words(of)}"


def minutes_past(hour: int, minute: int) -> str | None:
    """``twenty-eight minutes past nine``, ``15 minutes to ten``."""
    if not minute or not 1 <= hour <= 11:
        return None
    if minute > 30:
        return f"{60 - minute} minutes to {words(hour + 1)}"
    return f"{words(minute)} minutes past {words(hour)}"


def half_hour(hour: int, minute: int) -> str | None:
    """``half nine``."""
    return f"half {words(hour)}" if minute == 30 and 1 <= hour <= 12 else None


def hours_minutes(hour: int, minute: int) -> str | None:
    """``16 hours 20``."""
    return f"{hour} hours {minute:02d}" if minute else None


def hundred(hour: int, minute: int) -> str | None:
    """``eleven hundred hours``, ``zero eight hundred hours``."""
    if minute or not hour:
        return None
    return f"{'zero ' if hour < 10 else ''}{words(hour)} hundred hours"


def digit_by_digit(hour: int, minute: int) -> str:
    """``one seven one zero``."""
    return " ".join(WORD[int(digit)] for digit in f"{hour:02d}{minute:02d}")


FORMS: tuple[Form, ...] = (
    lambda hour, minute: f"{hour:02d}:{minute:02d}",
    lambda hour, minute: f"{hour}h{minute:02d}",
    lambda hour, minute: f"{hour:02d}{minute:02d}z",
    lambda hour, minute: f"{hour}.{minute:02d} h",
    lambda hour, minute: f"{hour % 12 or 12}:{minute:02d}{'ap'[hour > 11]}m",
    lambda hour, minute: f"{hour % 12 or 12}.{minute:02d} {'ap'[hour > 11]}m",
    hour_minute,
    past,
    minutes_past,
    half_hour,
    hours_minutes,
    hundred,
    digit_by_digit,
)


def written(form: Form) -> Iterator[tuple[tuple[int, int], str]]:
    """Times of the grid that have a form, in it."""
    for time in GRID:
        text = form(*time)
        if text is not None:
            yield time, text


def read_as(one: Clock) -> set[tuple[int, int]]:
    """Hours and minutes that a time may stand for."""
    hour = one.hour % 12 + 12 * (one.half == "pm") if one.half[1:] == "m" else one.hour
    first = hour * 60 + one.minute
    both = (first, first + 720) if not one.half else (first,)
    return {(minutes // 60 % 24, minutes % 60) for minutes in both}


@pytest.mark.parametrize("form", FORMS)
def test_a_time_is_read_back(form: Form) -> None:
    """Alone, behind a word for it, and before a full stop."""
    for time, text in written(form):
        for sentence in (text, f"m1a is off from {text}.", f"{text}, then stop"):
            found = clocks(sentence)
            assert len(found) == 1, sentence
            assert time in read_as(found[0]), sentence


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "interval", ["from {} until {}", "from {} to {}", "between {} and {}", "{} till {}"]
)
def test_an_interval_is_read_back(form: Form, interval: str) -> None:
    """It begins with the first time and ends with the second."""
    times = list(written(form))
    for (one, first), (two, second) in itertools.pairwise(times):
        sentence = f"m1a is off {interval.format(first, second)}."
        found = clocks(sentence)
        assert [clock.role for clock in found] == ["start", "end"], sentence
        end = {(hour % 24, minute) for hour, minute in read_as(found[1])}
        assert one in read_as(found[0]), sentence
        assert two in end, sentence


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("from half nine to half eleven in the morning", ["am", "am"]),
        ("from eleven to a quarter past one in the afternoon", ["am", "pm"]),
        ("nine sharp until four in the afternoon", ["am", "pm"]),
        ("from ten till midnight", ["pm", "24"]),
        ("from one o'clock to a quarter to three in the afternoon", ["pm", "pm"]),
    ],
)
def test_both_ends_have_the_half_of_the_last(text: str, halves: list[str]) -> None:
    """The half of the day is told once for both ends of an interval."""
    assert [one.half for one in clocks(text)] == halves


@pytest.mark.parametrize(
    "text",
    [
        "two in one", "nine hundred hikers", "one lap for slice 1",
        "two fifteen-watt limits", "slice one twenty percent", "cut it by half",
        "from one fifty to two fifty kilobits", "a factor of two point five to three",
        "twenty-five users", "give them two and a half megabit", "one half ten users",
        "for 2 hours 30", "on three four eight zero to three four niner five megahertz",
        "we serve eleven hundred",
    ],
)  # fmt: skip
def test_a_number_is_no_time(text: str) -> None:
    """Numbers in words that count something or have a unit."""
    assert clocks(text) == []


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("active from 9.40 to 10.05.", [(9, 40), (10, 5)]),
        ("9.40 till 10.20", [(9, 40), (10, 20)]),
        ("hold at 20 w, 9.00-11.30 h", [(9, 0), (11, 30)]),
        ("m5b off 14.10, on again 14.50", [(14, 10), (14, 50)]),
        ("dead since 7.15", [(7, 15)]),
        ("aos 1942 / los 1954", [(19, 42), (19, 54)]),
        ("terminates 1942", [(19, 42)]),
        ("2-4pm", [(2, 0), (4, 0)]),
        ("14-16h", [(14, 0), (16, 0)]),
        ("radar at 3.45-3.46 ghz", []),
        ("radar from 3.45 to 3.50 ghz", []),
        ("bands from 2100 to 2140 mhz", []),
        ("factor 1.25 - 1.40", []),
    ],
)
def test_digits_are_times_by_what_stands_beside(
    text: str, times: list[tuple[int, int]]
) -> None:
    """Hours and minutes with a point or without, behind words for times, in pairs."""
    assert [(one.hour, one.minute) for one in clocks(text)] == times
