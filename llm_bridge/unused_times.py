"""Times that no item of a text uses: the missing end or start, or not understood.

A limit that is read without its end holds for a day. Where one time is left over in
the other sentences, and all items want one, it is theirs: ``from 10:20 on. Landing at
11:05``. Any other time ahead that belongs to nothing that was read makes doubtful what
was read without a start or an end.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from llm_bridge.clock_pairs import APART, OTHER_DAY
from llm_bridge.context_report import Kind
from llm_bridge.days import DAY, midnight_of
from llm_bridge.proposal import Proposal
from llm_bridge.text_mentions import TextMention
from llm_bridge.told_apart import OF_OTHERS
from llm_bridge.visits import VISIT

HALF = DAY / 2
_ALIKE = re.compile(r"\b(?:both|same|likewise|ditto)\b")
"""What gives several things one time."""
_PAST = re.compile(
    r"\b(?:i|we|you|he|she|they|it) (?:\w+ed|sent|wrote|told|said|gave)\b"
)
"""Somebody did something on that day: it is over."""
PARTS = ((6, 12), (12, 18), (18, 0), (20, 6))
"""Hours from which to which a part of a day is, where words alone name it."""
_BEGINS = re.compile(
    r"\b(?:from|as of|effective|start(?:s|ing)?|begin(?:s|ning)?|happens?|"
    r"takes? effect|comes? into (?:force|effect)|applies|valid|change[sd]?|once)\b"
    r"[^.;,]{0,30}$"
)
"""What stands before a time at which all that is asked begins."""
UNTIMED = (Kind.INTRUSION, Kind.MOBILITY, Kind.OUTAGE)
"""Kinds told without times, or with those of who comes to mend what is broken."""
_BEFORE_HOUR = re.compile(
    r"\b(?:until|till|til|by|before|from|between|since|after|at)(?: about| around)? $"
)
_AFTER_HOUR = re.compile(
    r"$|\s*[.,;:!)]|\n| (?:and|on|it|they|he|she|we|you|there|the|today|tomorrow)\b"
)
_STAMPED = re.compile(r"\W*(?:\w+ ){0,3}")
"""What may stand before the time at which a sentence was written: ``log 07:50:``."""
_BRINGS = re.compile(
    r"\b(?:arriv\w+|brings?|delivers?|en route|there at|on (?:the|its|his|her) way|"
    r"(?:not|never|no) (?:before|earlier)|try|again at)\b"
)
_RESTORED = re.compile(r"\b(?:back|power|voltage|mains|grid|service|restor\w+)\b")
"""Who or what comes to mend a fault, unless it is what had failed."""
_EARLIEST = 8
"""Hour; an earlier one that is gone, without its half of the day, is of the past."""


def with_unused_times(
    found: list[Proposal], mentions: Sequence[TextMention], now: float
) -> list[Proposal]:
    """Proposals with the one time that is left over, if it ends or begins them all.

    Parameters
    ----------
    found : list of Proposal
        All that was read in the text.
    mentions : sequence of TextMention
        What stands in the text.
    now : float
        s since epoch, UTC.
    """
    times = {(one.start, one.end) for one in found}
    left = [
        time
        for time in mentions
        if _is_ahead(time, now) and not any(_uses(one, time, now) for one in found)
    ]
    is_apart = any(APART.search(time.words) for time in left)
    if (
        len(times) != 1
        or len(left) != 1
        or is_apart
        or (OF_OTHERS.search(left[0].words) and not _is_end(left[0]))
        or not _is_of(found, left[0], mentions)
    ):
        return found
    start, end = _filled(*times.pop(), left[0], now)
    is_untimed = any(one.kind in UNTIMED for one in found)
    if is_untimed and not _is_end(left[0]):
        return found
    return [replace(one, start=start, end=end) for one in found]


def _filled(
    start: float, end: float, time: TextMention, now: float
) -> tuple[float, float]:
    """Start and end with a time that ends, or begins, what has one of the two."""
    if end - start != DAY:
        return start, end
    if time.clock is None:
        length = time.quantity.value if time.quantity else DAY
        return start, start + length if start > now else end
    after = None if start == now else start - midnight_of(start)
    at = midnight_of(start) + time.clock.seconds(time.words, now, after)
    is_end = time.clock.role == "end"
    if start == now and at > now and not is_end and _begins(time):
        return at, at + DAY
    if start == now:
        return start, at if is_end and at > now else end
    if at < start and not is_end:
        return at, start
    return start, at if at > start else at + DAY


def _is_end(time: TextMention) -> bool:
    return time.clock is not None and time.clock.role == "end"


def _begins(time: TextMention) -> bool:
    """Whether words before a time say that something begins then, today."""
    before = time.words[: time.span[0] - time.sentence[0]]
    is_today = time.day is None and not OTHER_DAY.search(time.words)
    return is_today and _BEGINS.search(before) is not None and "(" not in before


def _is_of(
    found: list[Proposal], time: TextMention, mentions: Sequence[TextMention]
) -> bool:
    """Whether the sentence of a time tells of nothing else than what was read."""
    known = {name for one in found for name in (*one.cells, *one.users)}
    spans = [one.span for one in found]
    return all(
        known.issuperset(other.names)
        and (
            other.quantity is None
            or other.type in ("number", "hour", "duration")
            or any(low <= other.span[0] < high for low, high in spans)
        )
        for other in mentions
        if other.sentence == time.sentence
    )


def unused_time(
    one: Proposal,
    found: Sequence[Proposal],
    mentions: Sequence[TextMention],
    now: float,
    is_alone: bool = False,
) -> TextMention | None:
    """The first time ahead that no proposal uses, where one lacks a start or an end.

    Parameters
    ----------
    one : Proposal
        What is judged.
    found : sequence of Proposal
        All that was read in the text.
    mentions : sequence of TextMention
        What stands in the text.
    now : float
        s since epoch, UTC.
    is_alone : bool
        Whether no reader has seen which times of the text are those of a fault.
    """
    left = [
        time
        for time in mentions
        if (time.type in ("clock", "duration") or _is_bare_hour(time))
        and not any(_uses(two, time, now) for two in found)
    ]
    ahead = [
        time
        for time in left
        if _is_ahead(time, now) or (time.clock and OTHER_DAY.search(time.words))
    ]
    is_endless = one.end - one.start == DAY
    if one.kind is Kind.INTRUSION and is_alone:
        return next(
            (time for time in ahead if _is_of_intruder(time, one, mentions)), None
        )
    if one.kind in UNTIMED:
        if is_alone and left and one.start == now and not is_endless:
            return left[0]
        if one.kind is not Kind.OUTAGE or not (one.start == now or is_endless):
            return None
        told = [
            time
            for time in left
            if time.clock
            and _is_of_fault(time, one, mentions)
            and (one.start == now or _may_end(time, one, mentions))
        ]
        is_of_others = len(told) == 1 and OF_OTHERS.search(told[0].words)
        if is_alone and told and not is_of_others:
            return told[0]
        if one.start != now:
            return None
        since = [time for time in left if time.clock and time.clock.role == "since"]
        planned = [time for time in ahead if time.clock]
        return next(iter(since or planned[1:]), None) if is_endless else None
    if _is_part_of_day(one, mentions, now):
        return next((time for time in left if time.clock), None)
    other = _other_day(one, found, mentions, now)
    if other is not None or not (one.start == now or is_endless):
        return other
    if one.start > now:  # what is gone today may be its end
        ahead = [time for time in left if time.clock or time in ahead]
    is_bare = is_alone and one.start == now and is_endless
    shared = _shared(one, found, mentions, now, is_bare)
    return next(iter(ahead or shared), None)


def _is_of_fault(
    time: TextMention, one: Proposal, mentions: Sequence[TextMention]
) -> bool:
    """Whether a time may be one of a fault: of its sentence, or of one about it."""
    low, high = (place - time.sentence[0] for place in time.span)
    visits = [match.span() for match in VISIT.finditer(f". {time.words}")]
    if any(start <= low + 2 < end for start, end in visits):
        return False
    if _STAMPED.fullmatch(time.words[:low]) and time.words[high : high + 1] == ":":
        return False
    named = {
        name
        for other in mentions
        if other.sentence == time.sentence
        for name in other.names
    }
    known = {*one.cells, *one.users}
    if time.sentence[1] <= one.span[0]:  # what was before: about the cells, or a stamp
        return not named.isdisjoint(known)
    if not named and _BRINGS.search(time.words) and not _RESTORED.search(time.words):
        return False
    return not named or known <= named


def _may_end(time: TextMention, one: Proposal, mentions: Sequence[TextMention]) -> bool:
    """Whether a time may end a fault: later in the day, and no stamp of a log."""
    clock = time.clock
    if clock is None:
        return False
    is_own = time.sentence[0] < one.span[1] and one.span[0] < time.sentence[1]
    is_of_none = not any(two.names for two in mentions if two.sentence == time.sentence)
    is_first = not time.words[: time.span[0] - time.sentence[0]].strip()
    if is_first and (is_own or is_of_none):
        return False
    return (clock.hour - clock.zone) * 3600 + clock.minute * 60 > one.start % DAY


def _is_of_intruder(
    time: TextMention, one: Proposal, mentions: Sequence[TextMention]
) -> bool:
    """Whether somebody may be locked out from or until a time."""
    if time.sentence[0] < one.span[1] and one.span[0] < time.sentence[1]:
        return time.clock is not None
    is_of_none = not any(two.names for two in mentions if two.sentence == time.sentence)
    return is_of_none and (_is_end(time) or (time.clock is not None and _begins(time)))


def _is_bare_hour(time: TextMention) -> bool:
    """Whether a number stands where a time of day would: ``until eleven:``."""
    low, high = (place - time.sentence[0] for place in time.span)
    return (
        time.type == "hour"
        and _BEFORE_HOUR.search(time.words[:low]) is not None
        and _AFTER_HOUR.match(time.words[high:]) is not None
    )


def _is_part_of_day(one: Proposal, mentions: Sequence[TextMention], now: float) -> bool:
    """Whether a proposal holds for the part of a day that words name: ``tonight``."""
    hours = (one.start % DAY / 3600, one.end % DAY / 3600)
    is_part = hours in PARTS and one.end - one.start < DAY
    return is_part and not any(_uses(one, time, now) for time in mentions if time.clock)


def _other_day(
    one: Proposal,
    found: Sequence[Proposal],
    mentions: Sequence[TextMention],
    now: float,
) -> TextMention | None:
    """A day to come that was named before, and that nothing that was read is on."""
    midnight = midnight_of(now)
    is_today = any(time.day == 0 for time in mentions)
    if one.start >= midnight + DAY or is_today:
        return None
    days = [
        time
        for time in mentions
        if time.day is not None
        and time.day >= DAY
        and time.span < one.span
        and not _PAST.search(time.words)
    ]
    return next(
        (
            time
            for time in days
            if not any(
                0 <= at - midnight - (time.day or 0.0) <= DAY
                for two in found
                for at in (two.start, two.end)
            )
        ),
        None,
    )


def _shared(
    one: Proposal,
    found: Sequence[Proposal],
    mentions: Sequence[TextMention],
    now: float,
    is_bare: bool,
) -> list[TextMention]:
    """Times of others that may be its own, too: ``both from 9:00``, ``same hours``.

    What has no time at all (``is_bare``) may have that of another of its kind.
    """
    told = [
        two
        for two in found
        if (two.start != now) + (two.end - two.start != DAY)
        > (one.start != now) + (one.end - one.start != DAY)
    ]
    if not any(_ALIKE.search(time.words) for time in mentions):
        told = [two for two in told if is_bare and two.kind == one.kind]
    return [time for time in mentions if any(_uses(two, time, now) for two in told)]


def _is_ahead(time: TextMention, now: float) -> bool:
    """Whether a mention is a duration, or a time of day that is not over."""
    if time.clock is None or not (time.type == "clock" or _is_bare_hour(time)):
        return time.type == "duration"
    clock = time.clock
    is_gone = clock.hour * 3600 + clock.minute * 60 < now % DAY
    low, high = (place - time.sentence[0] for place in time.span)
    is_early = clock.hour < _EARLIEST and re.search(r"\d", time.words[low:high])
    return not (is_gone and (clock.half or is_early))


def _uses(one: Proposal, time: TextMention, now: float) -> bool:
    """Whether a start, an end or a length of a proposal is a time."""
    if time.clock is not None:
        said = (time.clock.hour - time.clock.zone) * 3600 + time.clock.minute * 60
        return any(
            abs((at - said + 60) % HALF - 60) < 60 for at in (one.start, one.end)
        )
    if time.quantity is None:
        return False
    spans = one.end - one.start, now - one.start, one.start - now, one.end - now
    return any(abs(span - time.quantity.value) < 1 for span in spans)
