"""Times of day as people write them, and whether they begin or end something."""

import itertools
import re
from dataclasses import dataclass, replace

from llm_bridge.clock_roles import DATE_BEFORE, DAY_BETWEEN, JOIN, role_of
from llm_bridge.quantities import WORDS
from llm_bridge.time_zones import zone_at

HOUR = 3600.0
DAY_OF_WEEK = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH_NAMES = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
MINUTES = {
    "five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty-five": 25, "half": 30,
}  # fmt: skip
_WORD = "|".join(
    name for name in sorted(WORDS, key=len, reverse=True) if name != "zero"
)
_TWELVE = [name for name, value in WORDS.items() if 1 <= value <= 12]
_HOURS = rf"(?:{'|'.join(sorted(_TWELVE, key=len, reverse=True))})"
_HALF = r"(?P<half> ?(?:am|pm|a\.m\.|p\.m\.))"
_UNIT = (
    r"(?! ?(?:[kmg]?hz|[kmgnpu]?w\b|dbm?\b|%|per ?cent|[kmg]?bit|[kmg]bps|ms\b|mm|km|"
    r"m\b|m/s|times|x\b|fold|-fold|users?|cells?|drones?|min\b|minutes?|hours\b|days?|"
    r"weeks?|s\b|sec|tim|of\b|more|laps?|uavs?|sectors?|sites?))"
)
_MARK = r"(?: ?(?:hrs?|hours?|uhr|o'?clock|h|local(?: time)?|lt)\b)?"
CLOCK = re.compile(
    r"(?<![\w:.,])(?:"
    rf"(?P<h1>[01]?\d|2[0-4])(?::|h|"
    rf" h )(?P<m1>[0-5]\d)(?! ?min)(?::(?P<s1>[0-5]\d))?{_HALF}?{_MARK}"
    rf"|(?P<h2>1[0-2]|0?[1-9])(?:[.:](?P<m2>[0-5]\d))?(?P<half2> ?(?:am\b|pm\b|"
    rf"a\.m\.|p\.m\.)){_MARK}"
    rf"|(?P<h3>[01]\d|2[0-3])(?P<m3>[0-5]\d) ?(?:hrs?|hours|h|lt|local|utc|gmt|z|"
    rf"cest|cet|bst)\b"
    rf"|(?P<h4>[01]?\d|2[0-4])\.(?P<m4>[0-5]\d) ?(?:hrs?|h|uhr|o'?clock)\b"
    rf"|(?P<h5>[01]?\d|2[0-4]|{_HOURS}) o'?clock\b"
    r")"
    rf"|(?P<h9>{_HOURS})(?P<half9> ?(?:am\b|pm\b|a\.m\.|p\.m\.))"
    r"|(?:(?<=at )|(?<=until )|(?<=till ))(?P<h8>[01]?\d|2[0-3])\.(?P<m8>[0-5]\d)"
    rf"(?![\d.]){_UNIT}"
    r"|\b(?P<past>half past|(?:five|ten|quarter|twenty|twenty-five)(?: minutes)? past|"
    r"(?<!from )(?<!between )(?:five|ten|quarter|twenty|twenty-five) to|"
    r"(?:five|ten|twenty|twenty-five) minutes to) "
    rf"(?P<h6>1[0-2]|[1-9]|noon|midnight|"
    rf"{_HOURS})\b{_HALF.replace('half', 'half6')}?"
    r"|\b(?P<noon>noon|midday|midnight)\b"
    r"|(?<=\dt)(?P<h7>[01]\d|2[0-3]):(?P<m7>[0-5]\d)(?::(?P<s7>[0-5]\d))?"
)
"""A time of day that can be nothing else, on plain text."""
_TO = r" ?(?:-|to|bis|until|till|til|and|through|thru) ?(?:about |around )?"
_MILITARY = re.compile(
    rf"(?<![\w:.,])([01]\d|2[0-3])([0-5]\d){_TO}([01]\d|"
    rf"2[0-3])([0-5]\d)(?=z\b|\b){_UNIT}{_MARK}"
)
_MILITARY_ONE = re.compile(
    r"(?:^\s*|\b(?:until|till|til|since|from|at|by|before|after|thru|through|etr|eta|"
    r"down|(?:back|restored|up)(?: at| by)? (?:app?rox\.?|around|about|ca\.?)|back|"
    r"off|dead|dark|oos|out|starts?|starting|ends?|ending|effective|"
    r"asof) )(?!20[23]\d)([01]\d|"
    r"2[0-3])([0-5]\d)"
    rf"(?![\w:.-]\d){_UNIT}"
)
_BARE = rf"(?:[01]?\d|2[0-4]|{_HOURS})"
_PAIR = re.compile(
    rf"\b(?:from|between) (?P<a>{_BARE})(?: ?h)? ?(?:-|to|until|till|"
    rf"and) ?(?P<b>{_BARE})\b(?![:.]\d| ?[ap]\.?m){_UNIT}{_MARK}"
    rf"|\b(?:today|tonight|tomorrow|{DAY_OF_WEEK})"
    rf"(?: morning| afternoon| evening| night)?[,:]? (?P<g>{_BARE}) ?(?:-|to|until|"
    rf"till) ?(?P<i>{_BARE})"
    rf"(?=$|[\s]*[,;.!)\n~]|(?: ?h)? (?:~|[a-z]+\d|(?:for|on|at|in|utc|cells?|"
    rf"sites?)\b))"
    rf"(?!\.\d)"
    rf"|\b(?:from|between) (?P<j>{_BARE}) ?h ?(?:-|to|until|till|and) ?"
    rf"(?P<k>{_BARE}) ?h\b"
    rf"|\b(?:from|between) (?P<e>{_BARE}) ?(?:-|to|until|till|and) ?"
    rf"(?P<f>1[3-9]|2[0-4]) hours\b"
    rf"|(?<![\w:.,])(?P<c>{_BARE})(?: ?h)? ?(?:-|to|until|"
    rf"till) ?(?P<d>{_BARE}) ?(?:hrs?|h|"
    rf"uhr|o'?clock|utc|gmt|cest|cet)\b"
)
_MIXED = re.compile(
    rf"\b(?:from|between)? ?(?<![\w:.,])(?P<a>{_BARE})(?P<h> "
    rf"?h)?{_TO}$"
)
_LAST = re.compile(
    rf" ?(?:-|to|until|till|and) ?(?P<a>{_BARE})(?=$|[.,;)!]| ?~| (?:today|"
    r"this|tomorrow|tonight|in the|on|because|due|for)\b)(?!\.\d)"
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
    rf"(?P<b>{_BARE})(?= [a-z~]){_UNIT}"
)
_AT_HOUR = re.compile(
    rf"\b(?:at|till|until|til|around|about|since) (?P<a>{_BARE})"
    rf"(?= ?(?:$|[,;)!?](?!\d)|\.(?!\d)|(?:or so|sharp|today|tonight|tomorrow|"
    rf"in the|this|and|then|when|because|as|so|please|pls|they|it|we|he|she|the|"
    rf"you)\b)){_UNIT}"
)
"""An hour alone, behind what only hours stand behind."""
_IN_THE = re.compile(
    rf"(?<![\w:.,])(?P<a>{_BARE}) (?:o'?clock )?(?:in the|this) (?P<half>morning|"
    rf"afternoon|"
    r"evening)\b"
)
_TILL = re.compile(
    rf"(?<![\w:.,])(?P<a>{_BARE}) (?:till|until|til) (?P<b>{_BARE})\b"
    rf"(?![:.]\d| ?[ap]\.?m){_UNIT}"
)
_SINCE_THEN = re.compile(r"\b(?:since then|ever since)\b")
_PAST_HOUR = re.compile(
    r"\b(?P<m>half|five|ten|quarter|twenty|twenty-five) (?P<side>past)"
    r"(?= ?(?:$|[.,;)!]))"
)
"""Minutes past the hour that was named last: ``from ten to four till ten past``."""
_OTHER_DAY = re.compile(
    rf"\b(?:tomorrow|tmrw|tmr|tmw|2moro|\d {_MONTH_NAMES}|{DAY_OF_WEEK})\b"
)


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
    zone : int
        Hours ahead of UTC.
    second : int
        As written, else 0.
    """

    hour: int
    minute: int
    span: tuple[int, int]
    role: str = "start"
    half: str = "24"
    zone: int = 0
    second: int = 0

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
            if after is None and _OTHER_DAY.search(plain):
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
    found = [_clock(match) for match in CLOCK.finditer(plain)]
    for match in _MILITARY.finditer(plain):
        for hour, minute in ((1, 2), (3, 4)):
            span = (match.start(hour), match.end(minute))
            found.append(Clock(int(match[hour]), int(match[minute]), span))
    found += [
        Clock(int(match[1]), int(match[2]), (match.start(1), match.end(2)))
        for match in _MILITARY_ONE.finditer(plain)
    ]
    for match in (*_PAIR.finditer(plain), *_TILL.finditer(plain)):
        pairs = ("ab",) if match.re is _TILL else ("ab", "cd", "ef", "gi", "jk")
        names = next(pair for pair in pairs if match[pair[0]])
        hours = [_hour(match[name]) for name in names]
        half = "24" if max(hours) > 12 or hours[0] == 0 else ""
        for name, hour in zip(names, hours, strict=True):
            found.append(Clock(hour, 0, match.span(name), half=half))
    for match in (*_SINGLE.finditer(plain), *_AT_HOUR.finditer(plain)):
        name = "a" if match["a"] else "b"
        hour = _hour(match[name])
        half = "24" if hour > 12 or match[name].startswith("0") else ""
        found.append(Clock(hour, 0, match.span(name), half=half))
    in_the = [
        Clock(
            _hour(match["a"]),
            0,
            match.span("a"),
            half="am" if match["half"] == "morning" else "pm",
        )
        for match in _IN_THE.finditer(plain)
        if 1 <= _hour(match["a"]) <= 12
    ]
    found = _without_overlap(in_the + found)
    found = _with_minutes_past(found, plain)
    found = _with_halves(found, plain)
    found = _with_first_of_mixed(found, plain)
    found = _with_last_of_mixed(found, plain)
    zones = [zone_at(plain, one.span[1]) for one in found]
    found = [
        replace(one, span=(one.span[0], end))
        for one, (_, end) in zip(found, zones, strict=True)
    ]
    zone = max((hours for hours, _ in zones), key=abs, default=0)
    return _with_roles(found, plain, zone)


def _hour(text: str) -> int:
    if text in ("noon", "midnight"):
        return 12 if text == "noon" else 0
    return int(text) if text.isdigit() else WORDS[text]


def _clock(match: re.Match[str]) -> Clock:
    """Clock of a match of :data:`CLOCK`."""
    parts = match.groupdict()
    span = match.span()
    if parts["noon"]:
        return Clock(0 if parts["noon"] == "midnight" else 12, 0, span)
    half = (
        parts["half"] or parts["half2"] or parts["half6"] or parts["half9"] or ""
    ).strip()
    half = half.replace(".", "")
    if parts["past"]:
        hour = _hour(parts["h6"])
        amount, *_, side = parts["past"].split(" ")
        minute = MINUTES[amount] * (-1 if side == "to" else 1)
        if parts["h6"] in ("noon", "midnight"):
            half = "24"
            hour = 24 if not hour and minute < 0 else hour
        return Clock(hour, minute, span, half=half)
    names = [
        name for name in ("h1", "h2", "h3", "h4", "h5", "h7", "h8", "h9") if parts[name]
    ]
    hour = _hour(parts[names[0]])
    minute = int(parts.get(f"m{names[0][1]}") or 0)
    if names[0] == "h5" and hour <= 12:
        return Clock(hour, 0, span, half="")
    second = int(parts.get(f"s{names[0][1]}") or 0)
    return Clock(hour, minute, span, half=half or "24", second=second)


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
    """Give the first time of ``1:30 to 2:30 pm`` the half of the second."""
    result = list(found)
    for place, (one, two) in enumerate(itertools.pairwise(found)):
        is_open = one.half == "24" and 1 <= one.hour <= 12
        is_open = is_open and plain[one.span[0]] != "0"
        between = plain[one.span[1] : two.span[0]]
        if is_open and two.half in ("am", "pm") and JOIN.fullmatch(between):
            is_before = (one.hour % 12, one.minute) < (two.hour % 12, two.minute)
            other = "am" if two.half == "pm" else "pm"
            result[place] = replace(one, half=two.half if is_before else other)
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
        hour = _hour(match["a"])
        end = one.hour % 12 + (12 if one.half == "pm" else 0)
        half = one.half if hour <= 12 and one.half != "24" else "24"
        if half == "pm" and hour % 12 + 12 > end:
            half = "am"
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
        hour = _hour(match["a"])
        half = "24" if hour > 12 else ""
        result.append(Clock(hour, 0, match.span("a"), half=half))
    return sorted(result, key=lambda one: one.span)


def _with_roles(found: list[Clock], plain: str, zone: int) -> list[Clock]:
    result: list[Clock] = []
    for place, one in enumerate(found):
        before = DATE_BEFORE.sub("", plain[: one.span[0]])
        previous = found[place - 1] if place else None
        is_second = (
            previous is not None
            and JOIN.fullmatch(
                DAY_BETWEEN.sub("", plain[previous.span[1] : one.span[0]])
            )
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
    return result
