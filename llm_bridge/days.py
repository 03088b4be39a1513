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
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)(?=\b|t\d)")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?({_MONTH})\b"
    r"(?:,? (20\d\d)\b)?"
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (20\d\d)\b)?"
)
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(20\d\d)?(?![\d])")
_WEEKDAY = re.compile(
    rf"\b({'|'.join(WEEKDAYS)})s?\b|"
    r"(?:\b(?:on|until|till|by|from|next|this|since) )(mon|tues?|wed|thurs?|thu|fri|"
    r"sat|"
    r"sun)\b(?!-)|"
    r"\b(mon|tues?|wed|thurs?|thu|fri|sat|sun)\.?,? (?=\d\d?(?:[:.]\d\d| ?-| ?[ap]m|"
    r"h\b))"
)
_DATED = re.compile(
    r"\b(?:decision|order|notice|letter|agreement|e?-?mail|report|minutes|licen[cs]e|"
    r"contract|request|permit) (?:of|dated|from) (?:the )?\d{1,2}(?:st|nd|rd|th|\.)? ?"
    rf"(?:{_MONTH}|\d{{1,2}}\.)(?: ?20\d\d)?"
)
"""When something was written, which is not when it holds."""
_TODAY = re.compile(r"\b(?:today|tonight|this|tomorrow)\b")


def dates(plain: str) -> list[tuple[int, int]]:
    """Where dates in digits stand."""
    patterns = (_ISO, _DAY_MONTH, _MONTH_DAY, _DOTTED)
    return [match.span() for one in patterns for match in one.finditer(plain)]


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
    letters = match[match.lastindex or 1][:3]
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
        if (
            re.search(rf"\bnext {weekday[weekday.lastindex or 1]}\b", plain)
            and not ahead
        ):
            ahead = 7
        return ahead * DAY, True
    return 0.0, re.search(r"\btoday\b", plain) is not None


def _date(plain: str, today: datetime) -> datetime | None:
    """Date written in a text; without a year that of ``today``."""
    for pattern, order in ((_ISO, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy")):
        match = pattern.search(plain)
        if match is not None:
            parts = dict(zip(order, match.groups(), strict=True))
            return _valid(int(parts["y"] or today.year), parts["m"], int(parts["d"]))
    match = _DOTTED.search(plain)
    if match is not None:
        return _valid(int(match[3] or today.year), match[2], int(match[1]))
    return None


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
