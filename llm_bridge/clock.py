"""Times of day as people write them, and whether they begin or end something."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from llm_bridge.clock_forms import (
    CLOCK,
    HOURS,
    LATE_HOURS,
    MARK,
    MINUTES,
    UNIT,
    UNRANGED,
    hour_of,
    spelled,
)
from llm_bridge.clock_pairs import OTHER_DAY, paired
from llm_bridge.clock_roles import DATE_BEFORE, DAY_BETWEEN, JOIN, role_of
from llm_bridge.days import MONTH
from llm_bridge.quantity_words import GLUED
from llm_bridge.time_zones import zone_at

HOUR = 3600.0
DAY_OF_WEEK = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH_NAMES = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
_TO = r" ?(?:-|to|bis|until|till|til|and|through|thru) ?(?:about |around )?"
_MILITARY = re.compile(
    rf"(?<![\w:.,])([01]\d|2[0-3])([0-5]\d){_TO}([01]\d|"
    rf"2[0-3])([0-5]\d)(?=z\b|\b){UNIT}{MARK}"
)
_MILITARY_ONE = re.compile(
    r"(?:^\s*|\b(?:until|till|til|since|from|at|by|before|after|thru|through|etr|eta|"
    r"down|(?:back|restored|up)(?: at| by)? (?:app?rox\.?|around|about|ca\.?)|back|"
    r"off|dead|dark|oos|out|starts?|starting|ends?|ending|effective|"
    r"asof|aos|los|etd|stops?|stopping|begins?|beginning|commenc\w+|ceas\w+|"
    r"terminat\w+|finish(?:es)?|t/o) )(?!20[23]\d)([01]\d|"
    r"2[0-3])([0-5]\d)"
    rf"(?![\w:.-]\d){UNIT}{UNRANGED}"
)
_DOTTED = rf"(?<![\w:.,])([01]?\d|2[0-4])\.([0-5]\d)(?!\d|\.\d){UNIT}"
_DOTTED_PAIR = re.compile(
    r"(?:(?<!factor )\b(?P<led>from|between|b/w) )?(?<![\w:.,])([01]?\d|2[0-4])\."
    rf"([0-5]\d)(?P<h> ?h)?(?P<join>{_TO}){_DOTTED}(?P<mark> ?(?:h|hrs?|uhr)\b)?"
)
_DOTTED_ONE = re.compile(
    r"\b(?:(?:from|since|after|around) |(?:off|on|again|back|starts?|stops?|ends?|"
    rf"begins?|(?<=, )till?|(?<=, )until),? (?=[6-9]|\d\d)){_DOTTED}{UNRANGED}"
    r"(?=\s*(?:$|[,;)!.-]|\b(?:to|till|until)\b))"
)
"""``9.40`` is a time behind what stands before times, and before another one."""
_BARE = rf"(?:[01]?\d|2[0-4]|{HOURS})"
_PAIR = re.compile(
    rf"\b(?:from|between) (?P<a>{_BARE})(?: ?h)? ?(?:-|to|until|till|"
    rf"and) ?(?P<b>{_BARE})\b(?![:.]\d| ?[ap]\.?m| (?:of )?(?!may [a-z])(?:{MONTH})\b)"
    rf"{UNIT}{MARK}|\b(?:today|tonight|tomorrow|times?|hours|{DAY_OF_WEEK})"
    rf"(?: morning| afternoon| evening| night)?[,:]? (?P<g>{_BARE}) ?(?:-|to|until|"
    rf"till) ?(?P<i>{_BARE})"
    rf"(?=$|[\s]*[,;.!)\n~]|(?: ?h)? (?:~|[a-z]+\d|(?:for|on|at|in|utc|cells?|"
    rf"sites?)\b))"
    rf"(?!\.\d)"
    rf"|\b(?:from|between) (?P<j>{_BARE}) ?h ?(?:-|to|until|till|and) ?"
    rf"(?P<k>{_BARE}) ?h\b"
    rf"|\b(?:from|between) (?P<e>{_BARE}) ?(?:-|to|until|till|and) ?"
    rf"(?P<f>1[3-9]|2[0-4]|{LATE_HOURS}) hours\b"
    rf"|(?<![\w:.,])(?P<c>{_BARE})(?: ?h)? ?(?:-|to|until|"
    rf"till) ?(?P<d>{_BARE}) ?(?:hrs?|h|"
    rf"uhr|o'? ?clock|utc|gmt|cest|cet)\b"
)
_MIXED = re.compile(
    rf"\b(?:from|between)? ?(?<![\w:.,])(?P<a>{_BARE})(?P<h> "
    rf"?h)?{_TO}$"
)
_LAST = re.compile(
    rf" ?(?:-|to|until|till|and|\u00e0) ?(?P<a>{_BARE})(?: ?h\b)?(?=$|[.,;)!]| ?~| "
    r"(?:today|this|tomorrow|tonight|in the|on|because|due|for)\b)(?!\.\d)"
)
_SINGLE = re.compile(
    rf"\b(?P<word>until|till|til|since|from|(?:start|starts|starting|"
    rf"begins?|beginning|effective|as of)(?: at)?|(?:tomorrow|today|tonight|\w+day) at|"
    rf"(?:back|on|normal|again|done|"
    rf"finished|"
    rf"ready|over|stops?|ends?|repaired|fixed|up) (?:at|by|around|"
    rf"about)) (?P<a>{_BARE})(?= ?(?:h\b)? ?(?:$|[,;)!]|"
    rf"\.(?!\d)|"
    rf"today|tonight|tomorrow|in the|this))"
    rf"|\b(?:tomorrow|today|tonight|\w+day)(?: morning| evening)? (?:at|from) "
    rf"(?P<b>{_BARE})(?= [a-z~]){UNIT}"
)
_AT_HOUR = re.compile(
    rf"\b(?:at|till|until|til|around|about|since) (?P<a>{_BARE})"
    rf"(?= ?(?:$|[,;)!?](?!\d)|\.(?!\d)|(?:or so|sharp|today|tonight|tomorrow|"
    rf"in the|this|and|then|when|because|as|so|please|pls|they|it|we|he|she|the|"
    rf"you)\b)){UNIT}"
)
"""An hour alone, behind what only hours stand behind."""
_IN_THE = re.compile(
    rf"(?<![\w:.,])(?P<a>{_BARE})(?: o'? ?clock)?(?: (?P<sharp>sharp|on the dot)| "
    r"(?:in the|this) (?P<half>morning|afternoon|evening))\b"
)
_TILL = re.compile(
    rf"(?<![\w:.,])(?P<a>{_BARE}) (?:till|until|til) (?P<b>{_BARE})\b"
    rf"(?![:.]\d| ?[ap]\.?m){UNIT}"
)
_PART_BEHIND = re.compile(
    r" (?:(?:in the|this|tomorrow|\w+day) (morning|afternoon|evening)|tonight)\b"
)
LATE = range(6, 12)
"""Hours from which something lasts until midnight that does not last all day."""
_SINCE_THEN = re.compile(r"\b(?:since then|ever since)\b")
_PAST_HOUR = re.compile(
    r"\b(?:an? )?(?P<m>half|five|ten|quarter|twenty|twenty-five) (?P<side>past)"
    r"(?= ?(?:$|[.,;)!])| (?:it|they|we|the|he|she|all|everything|and|to|till|until)\b)"
)
"""Minutes past the hour that was named last: ``from ten to four till ten past``."""


@dataclass(frozen=True)
class Clock:
    """A time of day.

    Attributes
    ----------
    hour, minute : int
        As written.
    span : (int, int)
        Where it stands.
    role : str
        ``start``, ``since``, ``end``, or ``unclear`` where the words before tell none.
    half : str
        ``am``, ``pm``, ``24`` if it can be no other, or ``""`` where it is open.
    zone : float
        Hours ahead of UTC.
    second : int
        As written, else 0.
    """

    hour: int
    minute: int
    span: tuple[int, int]
    role: str = "start"
    half: str = "24"
    zone: float = 0
    second: int = 0

    def is_spelled(self, plain: str) -> bool:
        """Whether it begins with a word, in a text in plain characters."""
        return plain[self.span[0]].isalpha()

    def seconds(self, plain: str, now: float, after: float | None = None) -> float:
        """Seconds from the day's midnight UTC; an open half of the day is judged.

        It is the one that comes next: after ``after``, the seconds of what it ends, or
        after ``now``, unless the text says morning, afternoon, evening or night:
        hours before six are early at night.
        """
        hour = self.hour % 12 if self.half in ("am", "pm") else self.hour
        hour += 12 if self.half == "pm" else 0
        if not self.half and hour < 12:
            late = re.search(r"\b(?:afternoon|evening|tonight)\b", plain)
            reference = now % 86400 if after is None else after
            if after is None and OTHER_DAY.search(plain):
                reference = 0.0
            seconds = self._of_hour(hour)
            is_over = self.role != "since" and seconds <= reference
            is_late = seconds + 12 * HOUR > reference or after is None
            is_early = "morning" in plain or (hour < 6 and "night" in plain)
            if not is_early and (late or (is_over and is_late)):
                hour += 12
        return self._of_hour(hour)

    def _of_hour(self, hour: int) -> float:
        """Seconds from the day's midnight UTC at an hour of 24."""
        return (hour - self.zone) * HOUR + self.minute * 60 + self.second


def clocks(plain: str) -> list[Clock]:
    """Times of day of a text in plain characters, in order, each with its role."""
    return list(_clocks(plain))


@lru_cache(maxsize=256)
def _clocks(plain: str) -> tuple[Clock, ...]:
    found = [
        _clock(match)
        for match in CLOCK.finditer(plain)
        if not GLUED.match(plain, match.start())
    ]
    found += [
        Clock(hour, minute, span, half=half)
        for span, hour, minute, half in spelled(plain)
    ]
    for match in _MILITARY.finditer(plain):
        for hour, minute in ((1, 2), (3, 4)):
            span = (match.start(hour), match.end(minute))
            found.append(Clock(int(match[hour]), int(match[minute]), span))
    found += [
        Clock(int(match[1]), int(match[2]), (match.start(1), match.end(2)))
        for match in _MILITARY_ONE.finditer(plain)
    ]
    for match in _DOTTED_ONE.finditer(plain):
        found.append(
            Clock(int(match[1]), int(match[2]), (match.start(1), match.end(2)))
        )
    for match in _DOTTED_PAIR.finditer(plain):
        if match["led"] or match["h"] or match["mark"] or "til" in match["join"]:
            found += [
                Clock(
                    int(match[one]), int(match[two]), (match.start(one), match.end(two))
                )
                for one, two in ((2, 3), (6, 7))
            ]
    for match in (*_PAIR.finditer(plain), *_TILL.finditer(plain)):
        pairs = ("ab",) if match.re is _TILL else ("ab", "cd", "ef", "gi", "jk")
        names = next(pair for pair in pairs if match[pair[0]])
        hours = [hour_of(match[name]) for name in names]
        half = "24" if max(hours) > 12 or hours[0] == 0 else ""
        for name, hour in zip(names, hours, strict=True):
            found.append(Clock(hour, 0, match.span(name), half=half))
    for match in (*_SINGLE.finditer(plain), *_AT_HOUR.finditer(plain)):
        name = "a" if match["a"] else "b"
        hour = hour_of(match[name])
        half = "24" if hour > 12 or match[name].startswith("0") else ""
        found.append(Clock(hour, 0, match.span(name), half=half))
    in_the = [
        Clock(
            hour_of(match["a"]),
            0,
            (match.start(), match.end("sharp" if match["sharp"] else "a")),
            half={"morning": "am", None: ""}.get(match["half"], "pm"),
        )
        for match in _IN_THE.finditer(plain)
        if 1 <= hour_of(match["a"]) <= 12
    ]
    found = _without_overlap(in_the + found)
    found = _with_minutes_past(found, plain)
    found = _with_halves(found, plain)
    found = _with_first_of_mixed(found, plain)
    found = _with_last_of_mixed(found, plain)
    zones = [zone_at(plain, one.span[1]) for one in found]
    found = _without_overlap(
        [
            replace(one, span=(one.span[0], end))
            for one, (_, end) in zip(found, zones, strict=True)
        ]
    )
    zone = max((hours for hours, _ in zones), key=abs, default=0)
    return tuple(_with_half_of_end(_with_roles(found, plain, zone)))


def _clock(match: re.Match[str]) -> Clock:
    """Clock of a match of :data:`CLOCK`."""
    parts = match.groupdict()
    if parts["noon"]:
        return Clock(hour_of(parts["noon"]), 0, match.span())
    half = (parts["half"] or parts["half2"] or parts["half9"] or "").strip()
    names = ("h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9")
    name = next(name for name in names if parts[name])
    hour = hour_of(parts[name])
    minute, second = (int(parts.get(f"{one}{name[1]}") or 0) for one in "ms")
    half = half.replace(".", "") or ("" if name == "h5" and hour <= 12 else "24")
    return Clock(hour, minute, match.span(), half=half, second=second)


def _without_overlap(found: list[Clock]) -> list[Clock]:
    kept: list[Clock] = []
    for one in sorted(found, key=lambda one: (one.span[0], -one.span[1])):
        if not kept or one.span[0] >= kept[-1].span[1]:
            kept.append(one)
    return kept


def _with_minutes_past(found: list[Clock], plain: str) -> list[Clock]:
    """Add ``quarter past`` of the hour that was named before it."""
    result = list(found)
    for match in _PAST_HOUR.finditer(plain):
        before = [one for one in result if one.span[1] <= match.start()]
        if before:
            last, minute = before[-1], MINUTES[match["m"]]
            hour = last.hour + (last.minute >= minute)
            result.append(Clock(hour, minute, match.span(), half=last.half))
    return sorted(result, key=lambda one: one.span)


def _with_halves(found: list[Clock], plain: str) -> list[Clock]:
    """Give times the half of the day that stands behind them or their ends.

    ``half nine to half eleven in the morning``, ``1:30 to 2:30 pm``, ``ten till
    midnight``.
    """
    result = [replace(one, half=one.half or _half_behind(one, plain)) for one in found]
    for place in range(len(result) - 2, -1, -1):
        one, two = result[place : place + 2]
        between = plain[one.span[1] : two.span[0]]
        if not JOIN.fullmatch(between):
            continue
        is_digits = one.half == "24" and plain[one.span[0]] != "0"
        is_digits = is_digits and not two.is_spelled(plain)
        is_open = 1 <= one.hour <= 12 and (not one.half or is_digits)
        if is_open and two.half in ("am", "pm"):
            result[place] = _before(one, two)
        elif not one.half and plain.startswith("midnight", two.span[0]):
            result[place] = replace(one, half="pm" if one.hour in LATE else "")
    return result


def _half_behind(one: Clock, plain: str) -> str:
    """Half of the day that the words behind a time tell; a night has both."""
    part = _PART_BEHIND.match(plain, one.span[1])
    if part is None or (part[1] is None and one.hour not in LATE):
        return ""
    return "am" if part[1] == "morning" else "pm"


def _before(one: Clock, two: Clock) -> Clock:
    """A time with the half of the day in which it is before another one."""
    is_before = (one.hour % 12, one.minute) < (two.hour % 12, two.minute)
    other = "am" if two.half == "pm" else "pm"
    return replace(one, half=two.half if is_before else other)


def _with_half_of_end(found: list[Clock]) -> list[Clock]:
    """Give starts the half of their ends: ``opens at eleven, ends at nine tonight``."""
    result = list(found)
    for place in range(len(found) - 1):
        one, two = found[place : place + 2]
        is_open = (one.role, one.half, two.role) == ("start", "", "end")
        if is_open and two.half in ("am", "pm"):
            result[place] = _before(one, two)
    return result


def _with_first_of_mixed(found: list[Clock], plain: str) -> list[Clock]:
    """Add the bare hour of ``9 to 11 am`` or ``from 10 until noon``."""
    result = list(found)
    for one in found:
        match = _MIXED.search(plain[: one.span[0]])
        if match is None or any(
            c.span[0] <= match.start("a") < c.span[1] for c in found
        ):
            continue
        is_led = plain[match.start() :].startswith(("from", "between"))
        is_led = is_led or re.search(r"\b(?:un)?till?\b", match[0]) is not None
        is_led = is_led or (
            not match["a"].isdigit()
            and re.search(r"(?:^|[,;:(])\s*$", plain[: match.start("a")]) is not None
        )
        if not is_led and not (one.half.endswith("m") or match["h"]):
            continue
        hour = hour_of(match["a"])
        end = one.hour % 12 + (12 if one.half == "pm" else 0)
        half = one.half if hour <= 12 and one.half != "24" else "24"
        if half == "pm" and hour % 12 + 12 > end:
            half = "am"
        if hour in LATE and plain.startswith("midnight", one.span[0]):
            half = "pm"
        result.append(Clock(hour, 0, match.span("a"), half=half))
    return sorted(result, key=lambda one: one.span)


def _with_last_of_mixed(found: list[Clock], plain: str) -> list[Clock]:
    """Add the bare hour of ``half past three to five``."""
    result = list(found)
    for one in found:
        match = _LAST.match(plain, one.span[1])
        if match is None or any(
            c.span[0] <= match.start("a") < c.span[1] for c in found
        ):
            continue
        hour = hour_of(match["a"])
        half = "24" if hour > 12 else ""
        result.append(Clock(hour, 0, match.span("a"), half=half))
    return sorted(result, key=lambda one: one.span)


def _with_roles(found: list[Clock], plain: str, zone: float) -> list[Clock]:
    result: list[Clock] = []
    for place, one in enumerate(found):
        before = DATE_BEFORE.sub("", plain[: one.span[0]])
        previous = found[place - 1] if place else None
        is_second = (
            previous is not None
            and JOIN.fullmatch(DAY_BETWEEN.sub("", before[previous.span[1] :]))
            is not None
            and result[-1].role in ("start", "since", "unclear")
        )
        has_start = any(other.role in ("start", "since") for other in result)
        role = role_of(before, plain[one.span[1] :], is_second, has_start)
        if _SINCE_THEN.search(plain, one.span[1]):
            role = "since"
        if role == "end" and is_second and result[-1].role == "unclear":
            result[-1] = replace(result[-1], role="start")
        is_midnight = not (one.hour or one.minute or one.second)
        hour = 24 if role == "end" and is_midnight else one.hour
        result.append(replace(one, hour=hour, role=role, zone=zone))
    return paired(result, plain)
