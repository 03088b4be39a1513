"""Which day a text names: by date, by weekday, or by a word such as tomorrow."""

import re
from datetime import UTC, datetime

DAY = 86400.0
WEEKDAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december",
)  # fmt: skip
MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
    *(f"twenty-{name}" for name in ("first", "second", "third", "fourth", "fifth",
                                    "sixth", "seventh", "eighth", "ninth")),
    "thirtieth", "thirty-first",
)  # fmt: skip
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)(?=\b|t(?:\d|$))")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}}(?=st|nd|rd|th|\.| )|(?<!one )(?<!\ba )(?:{_ORDINAL})(?= of))"
    rf"(?:st|nd|rd|th|\.)? (?:of )?({MONTH})\b"
    r"(?:,? (20\d\d)\b)?"
)
_MONTH_DAY = re.compile(
    rf"\b({MONTH})\.? {{1,2}}(?:the )?(\d{{1,2}}|(?<!may )(?<!mar )(?<!march )"
    rf"(?:{_ORDINAL}))(?:st|nd|rd|th)?\b(?!:)"
    r"(?:,? (20\d\d)\b)?"
)
_WRITTEN = ((_ISO, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"))
"""Dates with the order of their parts."""
_DOTTED = re.compile(
    r"(?<![\w.:])([0-2]?\d|3[01])\.(0?[1-9]|1[0-2])\.(?:(20\d\d)(?!\d)|"
    r"(?=,? \(?[\da-z])|(?<=\bon \d\d\.\d\d\.)|(?<=\bon \d\.\d\.))"
)
"""With a year, or within a sentence: ``from 9.40 to 10.05.`` ends with a time."""
_SLASHED = re.compile(
    r"(?:(?<=\bon )|(?<=\bfrom )|(?<=\bsince )|(?<=\buntil )|(?<=day )|(?<=day, ))"
    r"([0-2]?\d|3[01])/([0-2]?\d|3[01])(?:/(20\d\d))?(?![\w/])"
)
_SHORT = r"(?:mon|tues?|wed|thurs?|thu|fri|sat|sun)"
WEEKDAY = (
    rf"\b(?:{'|'.join(WEEKDAYS)})s?\b|"
    rf"(?:(?<=\bon )|(?<=\buntil )|(?<=\btill )|(?<=\bby )|(?<=\bfrom )|(?<=\bnext )|"
    rf"(?<=\bthis )|(?<=\bsince )){_SHORT}\b(?!-)|"
    rf"\b{_SHORT}\b(?=\.?,? (?:\d\d?(?:[:.]\d\d| ?-| ?[ap]m|h\b)|[012]\d[0-5]\d\b|"
    r"(?:half|(?:a )?quarter|ten|twenty|five) (?:past|to)\b|\d\d?(?:st|nd|rd|th)?\b"
    rf"\.? (?:{MONTH})\b|morning|afternoon|evening|night|noon|midnight))"
)
"""A day of the week, in short where what stands beside it shows that it is one."""
_WEEKDAY = re.compile(WEEKDAY)
_DATED = re.compile(
    r"\b(?:decision|order|notice|letter|agreement|e?-?mail|report|minutes|licen[cs]e|"
    r"contract|request|permit) (?:of|dated|from) (?:the )?\d{1,2}(?:st|nd|rd|th|\.)? ?"
    rf"(?:{MONTH}|\d{{1,2}}\.)(?: ?20\d\d)?"
)
"""When something was written, which is not when it holds."""
_TODAY = re.compile(r"\b(?:today|tonight|this|tomorrow)\b")


def dates(plain: str) -> list[tuple[int, int]]:
    """Where dates in digits stand."""
    patterns = (_ISO, _DAY_MONTH, _MONTH_DAY, _DOTTED, _SLASHED)
    return [match.span() for one in patterns for match in one.finditer(plain)]


def named_days(plain: str, now: float) -> list[tuple[tuple[int, int], float]]:
    """Dates and weekdays in order: where each stands, and seconds from midnight to it.

    A weekday with its date beside it is one day.
    """
    plain = _DATED.sub(lambda match: " " * len(match[0]), plain)
    spans = [*dates(plain), *(match.span() for match in _WEEKDAY.finditer(plain))]
    found: list[tuple[tuple[int, int], float]] = []
    for low, high in sorted(spans):
        day, is_named = day_of(f"on {plain[low:high].rstrip()} 1:00", now)
        last = found[-1] if found else None
        if not is_named or (last is not None and low < last[0][1]):
            continue
        if last is not None and last[1] == day and low - last[0][1] <= 3:
            found[-1] = ((last[0][0], high), day)
        else:
            found.append(((low, high), day))
    return found


def no_day(plain: str, now: float) -> str | None:
    """The first date of a text that no calendar has: ``31 june``, ``2026-06-31``."""
    year = datetime.fromtimestamp(now, UTC).year
    for pattern, order in (*_WRITTEN, (_DOTTED, "dmy")):
        for match in pattern.finditer(plain):
            parts = dict(zip(order, match.groups(), strict=True))
            day = _number(parts["d"])
            is_date = pattern is _ISO or 28 < day < 32  # "u001 may 45 ..." is none
            if is_date and _valid(int(parts["y"] or year), parts["m"], day) is None:
                return match[0]
    return None


def other_day(plain: str, now: float) -> float | None:
    """Midnight of a day that a text names; None where it names none."""
    day, has_day = day_of(plain, now)
    return midnight_of(now) + day if has_day else None


def is_weekday_of(plain: str, now: float) -> bool:
    """Whether only the weekday of today is named: today, or in a week."""
    found = {_weekday(match) for match in _WEEKDAY.finditer(plain)}
    today = datetime.fromtimestamp(now, UTC).weekday()
    return found == {today} and not _TODAY.search(plain) and not dates(plain)


def _weekday(match: re.Match[str]) -> int:
    """Number of a day of the week from its first letters, 0 for Monday."""
    letters = match[0][:3]
    return next(n for n, name in enumerate(WEEKDAYS) if name.startswith(letters))


def midnight_of(now: float) -> float:
    """Midnight UTC of the day of ``now``, both in s since epoch."""
    return now - now % DAY


def day_of(plain: str, now: float) -> tuple[float, bool]:
    """Seconds from today's midnight to that of the named day, and whether one is."""
    today = datetime.fromtimestamp(now, UTC)
    plain = _DATED.sub(" ", plain)
    found = _date(plain, today)
    if found is not None:
        midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        return (found - midnight).total_seconds(), True
    if re.search(r"\bsince (?:late )?yesterday\b", plain):
        return -DAY, True
    if re.search(r"\bday after tomorrow\b", plain):
        return 2 * DAY, True
    if re.search(r"\b(?:tomorrow|tmrw|tmr|tmw|2moro)\b", plain):
        return DAY, True
    weekday = _WEEKDAY.search(plain)
    if weekday is not None:
        ahead = (_weekday(weekday) - today.weekday()) % 7
        if re.search(rf"\bnext {weekday[0]}\b", plain) and not ahead:
            ahead = 7
        return ahead * DAY, True
    return 0.0, re.search(r"\btoday\b", plain) is not None


def _date(plain: str, today: datetime) -> datetime | None:
    """Date written in a text; without a year that of ``today``."""
    for pattern, order in _WRITTEN:
        match = pattern.search(plain)
        if match is not None:
            parts = dict(zip(order, match.groups(), strict=True))
            year = int(parts["y"] or today.year)
            return _valid(year, parts["m"], _number(parts["d"]))
    match = _DOTTED.search(plain)
    if match is not None:
        return _valid(int(match[3] or today.year), match[2], int(match[1]))
    match = _SLASHED.search(plain)
    return None if match is None else _slashed(match, today)


def _slashed(match: re.Match[str], today: datetime) -> datetime | None:
    """Date of two numbers of which it does not matter, or shows, which is the day."""
    first, second = int(match[1]), int(match[2])
    if first != second and max(first, second) <= 12:
        return None
    month, day = sorted((first, second))
    return _valid(int(match[3] or today.year), str(month), day)


def _number(day: str) -> int:
    """Day of the month in digits or words."""
    return int(day) if day.isdigit() else 1 + _ORDINALS.index(day)


def _valid(year: int, month: str, day: int) -> datetime | None:
    number = (
        int(month)
        if month.isdigit()
        else 1 + next(n for n, name in enumerate(MONTHS) if name[:3] == month[:3])
    )
    try:
        return datetime(year, number, day, tzinfo=UTC)
    except ValueError:
        return None
