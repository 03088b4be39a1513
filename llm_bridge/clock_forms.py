"""How a time of day is written: in digits, in words, by minutes to and past an hour.

Each form is here and nowhere else; :mod:`llm_bridge.clock` joins times to intervals and
reads what only its neighbours tell to be a time.
"""

import re
from collections.abc import Iterator

from llm_bridge.number_words import DIGIT, TENS, WORDS, number

MINUTES = {
    "five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty-five": 25,
    "twenty five": 25, "half": 30,
}  # fmt: skip
_BY_LENGTH = sorted(WORDS, key=len, reverse=True)
HOURS = rf"(?:{'|'.join(name for name in _BY_LENGTH if 1 <= WORDS[name] <= 12)})"
"""Hours of twelve in words."""
_ONES = "|".join(name for name in _BY_LENGTH if 1 <= WORDS[name] <= 9)
_TEENS = "|".join(name for name in _BY_LENGTH if WORDS[name] >= 10)
_ZERO = r"(?:zero|oh|o'|nought)[ -]?"
LATE_HOURS = rf"twenty[- ](?:one|two|three|four)|twenty|{_TEENS}"
_OF_60 = (
    rf"(?:{_ZERO}(?:{_ONES})|(?:twenty|thirty|forty|fifty)(?:[- ](?:{_ONES}))?|"
    rf"{_TEENS})"
)
HALF = r"(?P<half> ?(?:am\b|pm\b|a\.m\.|p\.m\.))"
UNIT = (
    r"(?! ?(?:[kmg]?hz|[kmgnpu]?w\b|dbm?\b|%|per ?cent|[kmg]?bit|[kmg]bps|[kmg]b\b|"
    r"ms\b|mm|km|m\b|m/s|times|x\b|fold|-fold|users?|cells?|drones?|min\b|minutes?|hours\b|days?|"
    r"weeks?|s\b|sec|tim|of\b|more|laps?|uavs?|sectors?|sites?))"
)
"""What does not stand behind a time of day: units, and things that are counted."""
_SHARP = r"(?: (?:sharp|on the dot)\b)?"
MARK = rf"(?: ?(?:hrs?|hours?|uhr|o'? ?clock|h|local(?: time)?|lt)\b)?{_SHARP}"
_SIZED = (
    r"[kmg]?hz|kilo|mega|giga|milli|micro|nano|pico|[kmgnpu]?w\b|watt|db|decibel|%|"
    r"per ?cent|[kmg]?bit|[kmg]bps|ms\b|mm|km|met(?:re|er)|m\b|m/s|knots?|kn\b|mph|"
    r"miles|times|x\b|fold|mins?\b|minutes?|days?|weeks?|s\b|sec|of\b|more|inch|plus"
)
_NUMBER_WORD = rf"(?:{'|'.join((*_BY_LENGTH, *TENS))}|hundred|point|half|and|oh)"
_UNSIZED = (
    rf"(?![ -]?(?:{_SIZED}))"
    rf"(?!,? (?:to|and|or|till|until)(?: (?:{_NUMBER_WORD})|-(?:{_NUMBER_WORD})){{1,5}}"
    rf"[ -](?:{_SIZED}))"
)
"""No number with a unit, nor the first of two that share one."""
_ALONE = (
    r"(?=$|[^\w -]|-? ?-|-? (?:[^\w]|(?:to|till|until|til|thru|through|and|or|but|in|"
    r"on|at|for|by|the|this|that|local|lt|utc|gmt|z|h|hrs?|hours|zulu|sharp|today|"
    r"tomorrow|tonight|we|you|they|it|he|she|i|because|when|then|please|pls|so|as|is|"
    r"was|are|with|without|due|from|only|latest|am|pm|a\.m|p\.m|o'? ?clock|m\d\w?|"
    r"stops?|starts?|ends?)\b))"
)
"""Behind a time in words stands no noun that it counts."""
UNRANGED = rf"(?! ?(?:-|to|and|till|through|up to) ?\d+(?:[.,]\d+)?[ -]?(?:{_SIZED}))"
"""No first number of two that share a unit: ``at 3.45-3.46 GHz``."""
CLOCK = re.compile(
    r"(?<![\w.,])(?<!\d:)(?:"
    rf"(?P<h1>[01]?\d|2[0-4])(?::|h|"
    rf" h )(?P<m1>[0-5]\d)(?! ?min)(?::(?P<s1>[0-5]\d))?{HALF}?{MARK}"
    rf"|(?P<h2>1[0-2]|0?[1-9])(?:[.:](?P<m2>[0-5]\d))?(?P<half2> ?(?:am\b|pm\b|"
    rf"a\.m\.|p\.m\.)){MARK}"
    rf"|(?P<h3>[01]\d|2[0-3])(?P<m3>[0-5]\d) ?(?:hrs?|hours|h|lt|local|utc|gmt|z|"
    rf"zulu|cest|cet|bst)\b"
    rf"|(?P<h4>[01]?\d|2[0-4])\.(?P<m4>[0-5]\d) ?(?:hrs?|h|uhr|o'? ?clock)\b"
    rf"|(?P<h5>[01]?\d|2[0-4]|{HOURS}) o'? ?clock\b{_SHARP}"
    r")"
    r"|(?:(?<=at )|(?<=from )|(?<=until )|(?<=till )|(?<=since ))"
    r"(?P<h6>1[3-9]|2[0-3]|0\d) ?(?:hrs|hours)\b"
    rf"|(?P<h9>{HOURS})(?P<half9> ?(?:am\b|pm\b|a\.m\.|p\.m\.))"
    r"|(?:(?<=at )|(?<=until )|(?<=till )|(?<=since )|(?<=before ))"
    rf"(?P<h8>[01]?\d|2[0-3])\.(?P<m8>[0-5]\d)(?!\d|\.\d){UNIT}{UNRANGED}"
    r"|\b(?:(?:12|twelve) )?(?P<noon>noon|midday|midnight)\b"
    r"|(?<=\dt)(?P<h7>[01]\d|2[0-3]):(?P<m7>[0-5]\d)(?::(?P<s7>[0-5]\d))?"
)
"""A time of day that can be nothing else, on plain text."""
_TO = r"(?:to|before|till)"
_PAST = re.compile(
    r"(?<!point )\b(?:an? )?(?P<m>"
    rf"(?:half|quarter|five|{_OF_60})(?: minutes)?|"
    r"[1-5]?\d(?: ?min(?:ute)?s?)?) "
    rf"(?P<side>past|after|{_TO}) (?P<h>1[0-2]|[1-9]|noon|midday|midnight|{HOURS})\b"
    r"(?![:.]\d|[- ](?:thirds?|fifths?|quarters?|eighths?|tenths?|half|hundred)\b)"
    rf"{UNIT}{HALF}?(?: o'? ?clock\b)?{_SHARP}"
)
_HALF_HOUR = re.compile(
    r"(?<!\ba )(?<!other )(?<!first )(?<!second )(?<!the )(?<!one )(?<!in )\bhalf[ -]"
    rf"(?P<h>1[0-2]|[1-9]|{HOURS})\b(?![:.]\d){_UNSIZED}{_ALONE}{HALF}?"
    rf"(?: o'? ?clock\b)?{_SHARP}"
)
"""``half nine``, half an hour past it."""
_HOUR_MINUTE = re.compile(
    r"(?<!slice )(?<!user )(?<!channel )(?<!point )(?<!hundred )(?<![-\w])"
    rf"(?P<h>{LATE_HOURS}|(?:{_ZERO})?(?:{_ONES}))[ -](?P<m>{_OF_60})\b"
    rf"{_UNSIZED}{_ALONE}{HALF}?{MARK}"
)
"""``eleven fifteen``."""
_HUNDRED = re.compile(
    rf"(?<![-\w])(?P<h>(?:{_ZERO})(?:{_ONES})|{LATE_HOURS}|(?:{_ONES})"
    rf"(?= hundred hours)) hundred\b(?: hours| hrs| h\b)?{_UNSIZED}{_ALONE}"
)
_LEADS = re.compile(
    r"(?:^|[,;:(\"|-]|\b(?:from|between|since|at|until|till|til|to|and|before|by|start|"
    r"starts|starting|stop|stops|begins?|ends?)) ?$"
)
"""What stands before hundreds that are hours."""
_HOURS_MINUTES = re.compile(
    r"(?<![\w:.,])(?<!for )(?<!in )(?<!lasts )(?<!another )(?<!takes )"
    rf"(?P<h>[01]?\d|2[0-4]|{LATE_HOURS}|{_ONES}) (?:hours|hrs) "
    rf"(?P<m>[0-5]\d|{_OF_60})\b(?![.:,]\d){_UNSIZED}{_ALONE}"
)
"""``16 hours 20``."""
_DIGITS = re.compile(
    rf"(?<![-\w])(?<!one )(?<!two )(?<!three )(?<!four )(?<!zero )"
    rf"{DIGIT}[ -]{DIGIT}[ -]{DIGIT}[ -]{DIGIT}\b(?![ -]{DIGIT}\b)"
    rf"(?! (?:to|and|till|until) (?:{DIGIT} )+(?:{_SIZED})){_UNSIZED}"
    r"(?: (?:hours|hrs)\b)?"
)
"""``one seven one zero``."""
TIME = re.sub(
    r"\(\?P<\w+>",
    "(?:",
    "|".join(one.pattern for one in (CLOCK, _PAST, _HALF_HOUR, _HOUR_MINUTE)),
)
"""A time of day as a part of other patterns."""
_OPENS = ("from ", "between ", "hours: ", "hours ", "open ")
"""Before hours from one "to" another: ``opening hours: ten to six``."""
_ANY = re.compile(
    rf"\b(?:half|past|to|after|before|till|hours?|hrs|zero|oh|twenty|{HOURS}|{_TEENS})\b"
)
"""One of these words is part of each form in words."""
Written = tuple[tuple[int, int], int, int, str]
"""Where a time stands, its hour, its minute, ``am``, ``pm``, ``24`` or ``""``."""


def spelled(plain: str) -> Iterator[Written]:
    """Times of day in words."""
    if _ANY.search(plain) is None:
        return
    for match in _PAST.finditer(plain):
        minute = _minutes_past(match, plain)
        if minute is not None:
            named = match["h"] in ("noon", "midday", "midnight")
            hour = hour_of(match["h"])
            hour = 24 if match["h"] == "midnight" and minute < 0 else hour
            yield match.span(), hour, minute, "24" if named else _half(match)
    for match in _HALF_HOUR.finditer(plain):
        yield match.span(), hour_of(match["h"]), 30, _half(match)
    for match in _HOUR_MINUTE.finditer(plain):
        yield _written(match, _value(match["m"]))
    for match in _HUNDRED.finditer(plain):
        is_hours = "hours" in match[0] or match["h"].startswith(("zero", "oh"))
        if is_hours or _LEADS.search(plain[: match.start()]):
            yield match.span(), _value(match["h"]), 0, "24"
    for match in _HOURS_MINUTES.finditer(plain):
        minute = match["m"]
        yield (
            match.span(),
            hour_of(match["h"]),
            int(minute) if minute.isdigit() else _value(minute),
            "24",
        )
    for match in _DIGITS.finditer(plain):
        digits = f"{int(number(re.sub(r' (?:hours|hrs)', '', match[0]))):04d}"
        if digits[:2] < "24" and digits[2:] < "60":
            yield match.span(), int(digits[:2]), int(digits[2:]), "24"


def _minutes_past(match: re.Match[str], plain: str) -> int | None:
    """Minutes after the hour, less than 0 before it; None where it is no time."""
    amount, unit, _ = f"{match['m']} ".partition(" m")
    amount = amount.strip()
    digits = re.sub(r"\D", "", amount)
    minute = MINUTES.get(amount) or (int(digits) if digits else _value(amount))
    is_told = amount == "quarter" or bool(unit) or "min" in amount
    if match["side"] == "past":
        return minute
    if match["side"] == "after":
        return minute if is_told or amount in MINUTES else None
    if match["side"] == "to" and amount in MINUTES and amount != "half":
        before = plain[: match.start()]
        return None if not is_told and before.endswith(_OPENS) else -minute
    return -minute if is_told and amount != "half" else None


def _half(match: re.Match[str]) -> str:
    return (match["half"] or "").strip().replace(".", "")


def _written(match: re.Match[str], minute: int) -> Written:
    """Time of hour and minutes in words: hours above twelve and with a zero are 24."""
    hour = _value(match["h"])
    is_late = hour > 12 or match["h"].startswith(("zero", "oh", "o'"))
    return match.span(), hour, minute, _half(match) or ("24" if is_late else "")


def hour_of(text: str) -> int:
    """Hour in digits or words."""
    if text in ("noon", "midday", "midnight"):
        return 0 if text == "midnight" else 12
    return int(text) if text.isdigit() else _value(text)


def _value(text: str) -> int:
    """Hour or minutes in words, a zero before or not."""
    return int(number(re.sub(rf"^{_ZERO}", "", text)))
