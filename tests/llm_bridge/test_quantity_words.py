"""Numbers, parts and durations are read in each usual form."""

import pytest

from llm_bridge.number_words import TENS, WORDS
from llm_bridge.plain_text import read
from llm_bridge.quantities import quantities

COUNTS = {"one": 1, "two": 2, "three": 3, "seven": 7, "twelve": 12}
PARTS = {"third": 3, "quarter": 4, "fifth": 5, "eighth": 8, "tenth": 10}


def read_back(text: str) -> list[tuple[float, str]]:
    """Values and dimensions of a text."""
    found = quantities(text, read(text).plain)
    return [(round(one.value, 6), one.dimension) for one in found]


@pytest.mark.parametrize("hours", COUNTS)
@pytest.mark.parametrize("minutes", [5, 10, 15, 25, 30, 45])
def test_a_duration_is_read_back(hours: str, minutes: int) -> None:
    """Hours and minutes in words and digits, together one duration."""
    count = COUNTS[hours]
    seconds = count * 3600.0 + minutes * 60
    word = {v: k for k, v in {**TENS, **WORDS}.items()}.get(minutes % 10, "")
    spelled = next(
        (name for name, value in WORDS.items() if value == minutes),
        {25: f"twenty-{word}", 30: "thirty", 45: f"forty-{word}"}.get(minutes),
    )
    unit = "hour" if count == 1 else "hours"
    forms = [
        f"{hours} {unit} and {spelled} minutes", f"{count} h {minutes} min",
        f"{count} {unit} {minutes} minutes", f"for {count}h{minutes:02d}",
        f"{count} hours and {minutes} minutes", f"takes {count}h{minutes:02d}.",
    ]  # fmt: skip
    if minutes in (15, 30):
        part = "quarter" if minutes == 15 else "half"
        forms += [f"{hours} {unit} and a {part}"]
    for text in forms:
        assert read_back(text) == [(seconds, "s")], text


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("count", ["one", "two", "three"])
def test_a_part_is_read_back(count: str, part: str) -> None:
    """Parts in words and as fractions."""
    value = round(COUNTS[count] / PARTS[part], 6)
    plural = part + "s" * (count != "one")
    assert read_back(f"cut it by {count} {plural}.") == [(value, "part")]
    fraction = f"{COUNTS[count]}/{PARTS[part]}"
    if value < 1:
        assert read_back(f"down to {fraction} now") == [(value, "part")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quarter of an hour", [(900.0, "s")]),
        ("three quarters of an hour", [(2700.0, "s")]),
        ("for another hour and a half", [(5400.0, "s")]),
        ("half an hour later", [(1800.0, "s")]),
        ("a tenth of a second", [(0.1, "s")]),
        ("0.6 of the total", [(0.6, "part")]),
        ("prb.min = 0.33", [(0.33, "part")]),
        ("0.2 W", [(0.2, "W")]),
        ("ten more megahertz", [(1e7, "Hz")]),
        ("5 additional MHz", [(5e6, "Hz")]),
        ("3405 till 3420 MHz", [(3.405e9, "Hz"), (3.42e9, "Hz")]),
        ("3461 MHz ... 3473 MHz", [(3.461e9, "Hz"), (3.473e9, "Hz")]),
        ("three four eight zero megahertz", [(3.48e9, "Hz")]),
        ("three point four eight gigahertz", [(3.48e9, "Hz")]),
        ("3400 MHz to 3420", [(3.4e9, "Hz"), (3.42e9, "Hz")]),
        ("minus ninety dBm", [(0.0, "W")]),
        ("1e9 bit/s", [(1e9, "bit/s")]),
        ("minus three dB", [(-3.0, "dB")]),
        ("1.5 nano watts", [(0.0, "W")]),
        ("double and a half", [(2.5, "factor")]),
        ("half as much again", [(1.5, "factor")]),
        ("load factor: 1.4", [(1.4, "factor")]),
        ("half a dozen", [(6.0, "")]),
        ("a pair of laps", [(2.0, "")]),
        ("nine hundred kilobits", [(9e5, "bit/s")]),
        ("700k (kbit/s)", [(7e5, "bit/s")]),
        ("a sixth cell", []),
        ("60 km an hour", [(16.666667, "m/s")]),
    ],
)
def test_numbers_as_they_are_written(
    text: str, expected: list[tuple[float, str]]
) -> None:
    """Words between a number and its unit, ranges, factors, and what is none."""
    assert read_back(text) == expected
