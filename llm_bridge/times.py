"""When something holds: clock times, dates and durations of a text."""

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llm_bridge.clock import DAY_OF_WEEK, Clock, clocks
from llm_bridge.days import (
    DAY,
    WEEKDAYS,
    dates,
    day_of,
    is_weekday_of,
    midnight_of,
    named_days,
)
from llm_bridge.durations import by_duration
from llm_bridge.number_words import NUMBER
from llm_bridge.quantities import Quantity

DEFAULT = DAY
"""What is said without an end holds for a day; the next shift says it again."""
SLOW = 3600.0  # s that a writer's clock may be ahead of ours
_PAST = re.compile(
    r"\b(?:in|from|of|since) (?:19\d\d|20[01]\d|202[0-5])\b|"
    r"(?<!since )(?<!since late )\byesterday\b|(?<!as )\b(?:last|previous|"
    r"past) (?:week|night|month|year|shift|weekend|"
    rf"{'|'.join(WEEKDAYS)})\b|\bearlier this (?:week|month)\b"
)
_UNCLEAR = re.compile(
    r"\b(?:end|middle|beginning|start|course) of (?:the|this|next) (?:week|month|year|"
    r"quarter|season)\b|"
    r"\bnext (?:week|month|year|quarter|weekend)\b|\b(?:some day|sometime|one day)\b|"
    r"\b(?:sunset|sunrise|dusk|dawn|nightfall|(?<=until )dark|after dark)\b"
    r"(?!,? ?\(?(?:say |at |about |around |i\.e\. )*\d)|"
    r"\bwhenever\b(?! possible)|\b(?:daily(?! (?:mean|average|peak|level|load))|"
    r"nightly|weekly|hourly|weekdays|weekends|"
    r"(?:every|each) (?!today)(?:other )?(?:day|night|week|hour|morning|evening|"
    r"\w+day)|"
    rf"{DAY_OF_WEEK}s)\b"
)
_AMOUNT = rf"(?:(?:half|quarter|{NUMBER})(?: an| and a half)? )?"
_AS_LONG = re.compile(r"\b(?:as|so) long as\b")
"""How long something holds, where no end is told beside it."""
_ANY_DAY = re.compile(
    rf"\b(?:an?|any|the usual|than (?:on|last)) (?:an? )?(?:ordinary |normal |usual |"
    rf"typical |average |regular |quiet |other )?{DAY_OF_WEEK}\b"
)
"""A day that something is compared with."""
_UNTIL_THEN = re.compile(r"\b(?:until|till|til|by|before) (?:then|that)\b")
_NAMELY = re.compile(r"\b(?:that is|that's|i\.e\.?|namely|which is)[,:]? ")
"""What stands before the time that words for one mean."""
SAME_TIME = re.compile(
    r"\b(?:in|during|over|for|at|within) (?:exactly |just )?(?:that|this|these|those|"
    rf"the same|the) {_AMOUNT}(?:time|period|window|slot|interval|hours?|minutes?|span|"
    r"stretch)\b|\bsame "
    + _AMOUNT
    + r"(?:hours?|minutes?)\b|\bsame (?:times|span|moment)\b|\bin between\b|"
    r"\bwhile (?:it|that|this) lasts\b|\bwhile (?:that|this)(?:'s| is) (?:going )?on\b|"
    r"\ball the while\b|\bfor the duration\b(?! of)|"
    r"\b(?:in|during|over|for) (?:those|these) (?:\w+ )?(?:hours|minutes)\b|"
    r"\b(?:meanwhile|in the meantime)\b|"
    r"\b(?:in|during|over|for|within) (?:this|these|those|the same) hours?\b|"
    r"\bthrough(?:out)? (?:it|that|this|them)\b|"
    r"\bduring (?:it|that|this|them|the (?:events?|match|game|concert|fair|festival|"
    r"parade|marathon|race|exercise|visit|launch|show|ceremony|wedding|final|derby|"
    r"pass|passage))\b|"
    r"\bsame (?:time|period|window|hours?|slot|interval)\b|"
    r"\bthen\b(?= ?(?:$|[.!,;]))|\bfrom then\b|"
    r"\b(?:will|would|shall|is|are|must|should|may) then\b|"
    r"\bthen (?:be|is|are|have|has)\b"
)
"""Words for the time that was named before."""
THAT_DAY = re.compile(r"\b(?:on )?(?:that|the same|this) day\b")
"""Words for the day that was named before."""
AT_ONCE = re.compile(
    r"\b(?:(?:from|right|as of|starting) now|immediately|at once|right away|"
    r"straight away|instantly|effective now|asap|a\.s\.a\.p|as soon as possible|"
    r"already|currently|at the moment|at present)\b"
)
"""Words for what holds since it is written."""
AFTERWARDS = re.compile(
    r"then (?=\d)|(?:and |then )?(?:afterwards?|after (?:that|which)|thereafter|"
    r"from then(?: on)?|"
    r"subsequently)\b"
)
"""Words for the time that begins where the one before ends."""
MEANWHILE = re.compile(r"\b(?:meanwhile|in the meantime)\b")
"""Words for the time of what was said before, named or not."""
_PARTS = (  # hours after midnight of the day
    (
        re.compile(r"\b(?:tonight|overnight|at night|(?:during|in|over) the night)\b"),
        20,
        30,
    ),
    (re.compile(r"\bevening\b"), 18, 24),
    (re.compile(r"\bafternoon\b"), 12, 18),
    (re.compile(r"\bmorning\b(?!,| all| everyone| team)"), 6, 12),
)
_ALL_DAY = re.compile(r"\b(?:today|all day|the whole day|for the day)\b")
_UNTIL_DAY = re.compile(
    r"\b(?:until|till|til|through|before) (?:[\w' ]{1,30} (?:on|"
    r"by) )?(?:the )?(?:end of |early |late |"
    r"this )*(?:today|"
    rf"tonight|tomorrow|evening|afternoon|{'|'.join(WEEKDAYS)}|\d{{1,2}}[. ])"
)
_UNTIL = re.compile(
    r"\b(?:(?P<whole>through|thru|(?:end of|including|incl\.?))|until|till|til|"
    r"up to|(?P<by>by|before))(?: on)?(?: the)? ?$"
)
"""What stands before a day that ends something; ``whole``: at the end of that day."""
_TO_DAY = re.compile(
    r" ?(?:(?P<whole>-|to|through|thru|and|until the end of|(?:up )?to and including|"
    r"until and including)|until|till|til)(?: the)? ?"
)
"""What stands between two days from the first to the last of something."""
_INTERVAL = re.compile(r"\b(?:from|between) (?:about )?$")
_JUST_BEGUN = 2 * 3600.0
"""s; "01:00-05:00" written at eight is tomorrow, "06:10-07:40" is over."""
_TO_NEXT = re.compile(r"\b(?:tonight|today)\b.*\d.* tomorrow\b")
"""What begins today and ends tomorrow."""


@dataclass(frozen=True)
class When:
    """Interval that a part of a text names.

    Attributes
    ----------
    start, end : float or None
        s since epoch, UTC; None where the text does not say.
    is_past : bool
        Whether the text speaks of a time that is over.
    is_unclear : bool
        Whether it names a time that cannot be told, such as "next week".
    is_vague : bool
        Whether it names only a day or a part of one.
    """

    start: float | None = None
    end: float | None = None
    is_past: bool = False
    is_unclear: bool = False
    is_vague: bool = False

    @property
    def is_named(self) -> bool:
        """Whether the text names a time at all."""
        return self.start is not None or self.end is not None

    def filled(self, now: float) -> tuple[float, float]:
        """Start and end, from ``now`` and for :data:`DEFAULT` where not named."""
        start = now if self.start is None else self.start
        if self.start is None and self.end is not None and self.end <= now:
            start = self.end - DEFAULT
        return start, start + DEFAULT if self.end is None else self.end


def when(plain: str, found: list[Quantity], now: float) -> When:
    """Interval of a part of a text in plain characters; ``now`` in s since epoch."""
    midnight = midnight_of(now)
    plain = _ANY_DAY.sub(lambda match: " " * len(match[0]), plain)
    day, has_day = day_of(plain, now)
    named = clocks(plain)
    start, end, day = _by_clock(plain, named, midnight, now, day, has_day)
    start, end = by_duration(
        plain, found, named, now, start, end, _PAST.search(plain) is not None
    )
    is_vague = start is None and end is None
    days = named_days(plain, now)
    if is_vague:
        by_days = _by_days(plain, days, midnight)
        start, end = by_days or _by_part(plain, midnight, now, day, has_day)
    is_past = _PAST.search(plain) is not None or (end is not None and end <= now)
    is_unclear = has_day and is_weekday_of(plain, now)
    is_unclear = (
        is_unclear
        or _UNCLEAR.search(plain) is not None
        or (_AS_LONG.search(plain) is not None and end is None)
        or (_points_away(plain, named) and (start is None or end is None))
        or (any(one.role == "unclear" for one in named) and not _is_told(plain, named))
        or _leaves_day(plain, days, midnight, start, end)
    )
    return When(start, end, is_past, is_unclear, is_vague)


def _points_away(plain: str, named: list[Clock]) -> bool:
    """Whether "that time" is not the interval that stands beside it."""
    is_told = [one.role for one in named] == ["start", "end"]
    match = SAME_TIME.search(plain)
    if match is None or is_told:
        return False
    if _UNTIL_THEN.search(plain):
        return True
    return not any(
        one.span[1] <= match.start() or _NAMELY.search(plain[: one.span[0]])
        for one in named
    )


def _is_told(plain: str, named: list[Clock]) -> bool:
    """Whether one interval is told from beginning to end, whatever else happens."""
    pairs = [
        (one, two)
        for one, two in itertools.pairwise(named)
        if (one.role, two.role) == ("start", "end")
        and _INTERVAL.search(plain[: one.span[0]])
    ]
    return len(pairs) == 1


def clock_spans(plain: str) -> list[tuple[int, int]]:
    """Where clock times and dates stand."""
    return [*dates(plain), *(one.span for one in clocks(plain))]


def _by_clock(
    plain: str,
    found: list[Clock],
    midnight: float,
    now: float,
    day: float,
    has_day: bool,
) -> tuple[float | None, float | None, float]:
    """Start and end by clock times, and the day they fall on."""
    starts = [one for one in found if one.role in ("start", "since")]
    ends = [one for one in found if one.role == "end"]
    end = ends[-1] if ends else None
    before = [one for one in starts if end is None or one.span < end.span]
    since = [one for one in starts if one.role == "since"]
    first_told = since[0] if since else starts[0] if starts else None
    start = before[-1] if before and end else first_told
    if start is None and end is None:
        return None, None, day
    first_day = last_day = day
    if start is not None and end is not None:
        between, has_other = day_of(plain[start.span[1] : end.span[0]], now)
        if has_other:
            first_day, _ = day_of(plain[: start.span[0]], now)
            last_day = between
        elif _TO_NEXT.search(plain) and midnight + start.seconds(plain, now) >= now:
            first_day = 0.0
    is_night = (
        re.search(
            r"\b(?:tonight|overnight|(?:at|this|"
            r"during the) night)\b",
            plain,
        )
        is not None
    )
    first = last = None
    if start is not None:
        first = midnight + first_day + start.seconds(plain, now)
    if end is not None:
        after = None if first is None else first - midnight - first_day
        last = midnight + last_day + end.seconds(plain, now, after)
    if first is not None and last is not None and last <= first:
        last += DAY
    if is_night and start is not None and start.role != "since" and first is not None:
        if (first - midnight) % DAY < 8 * 3600 and first < now:
            first, last = first + DAY, None if last is None else last + DAY
    elif not has_day and start is not None and first is not None:
        is_ahead = (
            last is not None and last > now and end.role == "end" if end else False
        )
        if start.role == "since" and first > now + SLOW and not is_ahead:
            first -= DAY
            last = last if last is None or last - DAY <= now else last - DAY
        elif last is not None and last <= now and not _is_over(plain, first, now):
            first, last = first + DAY, last + DAY
    elif not has_day and first is None and last is not None and last <= now:
        last += DAY
    return first, last, day


def _is_over(plain: str, first: float, now: float) -> bool:
    """Whether what ended today is over: nobody plans what has just been so."""
    return _PAST.search(plain) is not None or now - first <= _JUST_BEGUN


def _by_days(
    plain: str, days: list[tuple[tuple[int, int], float]], midnight: float
) -> tuple[float | None, float | None] | None:
    """Start and end by days alone; None where they tell neither an end nor both."""
    if any(pattern.search(plain) for pattern, _, _ in _PARTS):
        return None
    for (one, first), (two, last) in itertools.pairwise(days):
        join = _TO_DAY.fullmatch(plain, one[1], two[0])
        if join is not None:
            is_next = last < first and not re.search(r"\d", plain[slice(*two)])
            last += 7 * DAY if is_next else 0.0
            last += DAY if join["whole"] else 0.0
            return midnight + first, midnight + last
    if len(days) != 1:
        return None
    (low, high), day = days[0]
    until = _UNTIL.search(plain, 0, low)
    is_date = re.search(r"\d", plain[low:high]) is not None
    if until is None or (until["by"] and not is_date):
        return None
    return None, midnight + day + (DAY if until["whole"] else 0.0)


def _leaves_day(
    plain: str,
    days: list[tuple[tuple[int, int], float]],
    midnight: float,
    start: float | None,
    end: float | None,
) -> bool:
    """Whether of several dates one is far from both start and end in all zones."""
    dated = {day for span, day in days if re.search(r"\d", plain[slice(*span)])}
    told = [at - midnight for at in (start, end) if at is not None]
    return len(dated) > 1 and not all(
        any(day - DAY / 2 <= at <= day + 1.5 * DAY for at in told) for day in dated
    )


def _by_part(
    plain: str, midnight: float, now: float, day: float, has_day: bool
) -> tuple[float | None, float | None]:
    """Start and end by part of the day, or by the day alone."""
    is_end = _UNTIL_DAY.search(plain) is not None
    for pattern, low, high in _PARTS:
        if pattern.search(plain):
            if is_end:
                return None, midnight + day + low * 3600
            start, end = midnight + day + low * 3600, midnight + day + high * 3600
            if end <= now:
                return None, None
            return max(start, now), end
    if is_end:
        return None, midnight + (day or DAY)
    if has_day and day:
        return midnight + day, midnight + day + DAY
    if has_day or _ALL_DAY.search(plain):
        return now, midnight + DAY
    return None, None


def moment(seconds: float) -> datetime:
    """Time with its zone, to the second."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(seconds))
