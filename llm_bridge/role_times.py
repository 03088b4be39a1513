"""From when until when, by the times that play a part in an item."""

import re
from dataclasses import dataclass, replace

from llm_bridge.context_report import Kind
from llm_bridge.days import DAY, midnight_of
from llm_bridge.text_mentions import TextMention

_OF_DAY = re.compile(r"\b(?:morning|afternoon|evening|tonight|night)\b")
_GREETING = re.compile(
    r"\bgood (?:morning|afternoon|evening|night)\b|\bmorning(?= all|[,!])"
)
_NIGHT = re.compile(r"\b(?:tonight|overnight|(?:at|this|during the) night)\b")
BEFELL = (Kind.OUTAGE, Kind.INTRUSION)
"""What began before it was reported: a log tells the second, a report the minute."""
EARLY = 8 * 3600
"""s after midnight, until when a time of the night is of the next day."""


@dataclass(frozen=True)
class RoleTimes:
    """Times of an item by their roles; at most one each.

    Attributes
    ----------
    start, end : TextMention or None
        Times of day.
    ahead, length, since : float or None
        s: until it begins, from its start to its end, and gone by since it began.
    day : float or None
        Seconds from today's midnight to that of the day.
    """

    start: TextMention | None = None
    end: TextMention | None = None
    ahead: float | None = None
    length: float | None = None
    since: float | None = None
    day: float | None = None


def role_interval(
    kind: Kind, times: RoleTimes, plain: str, now: float
) -> tuple[float | None, float | None]:
    """Start and end in s since epoch, None where the text does not say.

    Parameters
    ----------
    kind : Kind
        Of the item: what broke began before ``now``.
    times : RoleTimes
        The times that play a part.
    plain : str
        All of the text: "this afternoon" may stand in another sentence.
    now : float
        s since epoch, UTC.
    """
    day = midnight_of(now) + (times.day or 0.0)
    start = _start(kind, times, plain, now, day)
    end = _end(times, plain, now, day, start)
    if start is not None and end is not None and end <= start:
        end += DAY
    start, end = _on_the_next_day(kind, times, plain, now, start, end)
    if times.since is not None and start is None:
        start = now - times.since
    if times.length is not None and end is None:
        start = now if start is None else start
        end = start + times.length
        if end <= now and times.since is None:
            start, end = start + DAY, end + DAY
    if start is None and end is None and times.day is not None:
        return day if times.day else None, day + DAY
    return start, end


def _words(one: TextMention, plain: str) -> str:
    """Words that tell the part of the day of a time."""
    words = _GREETING.sub(" ", one.words)
    return words if _OF_DAY.search(words) else _GREETING.sub(" ", plain)


def _start(
    kind: Kind, times: RoleTimes, plain: str, now: float, day: float
) -> float | None:
    one = times.start
    if times.ahead is not None:
        return now + times.ahead
    if one is None or one.clock is None:
        return None
    start = day + one.clock.seconds(_words(one, plain), now)
    start -= start % 60 if kind in BEFELL else 0
    was = kind in BEFELL and start > now
    if was and not one.clock.half and one.clock.hour < 12 and start - DAY / 2 <= now:
        return start - DAY / 2
    return start


def _end(
    times: RoleTimes, plain: str, now: float, day: float, start: float | None
) -> float | None:
    one = times.end
    if one is None or one.clock is None:
        return None
    clock = one.clock
    if not (clock.hour or clock.minute):
        clock = replace(clock, hour=24)
    after = None if start is None else start - day
    return day + clock.seconds(_words(one, plain), now, after)


def _on_the_next_day(
    kind: Kind,
    times: RoleTimes,
    plain: str,
    now: float,
    start: float | None,
    end: float | None,
) -> tuple[float | None, float | None]:
    """Times of the night, and those that are over, on the next day if none is named."""
    if times.day is not None:
        return start, end
    is_night = _NIGHT.search(plain) is not None and kind not in BEFELL
    if is_night and start is not None and start < now and start % DAY < EARLY:
        return start + DAY, None if end is None else end + DAY
    if end is not None and end <= now:
        return None if start is None else start + DAY, end + DAY
    one = times.start.clock if times.start else None
    is_open = end is None and times.length is None
    if one is not None and one.role == "since" and start and start > now and is_open:
        return start - DAY, end
    return start, end
