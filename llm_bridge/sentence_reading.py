"""Items of one sentence: its parts, what they say, whom and when they concern."""

import re
from dataclasses import replace

from llm_bridge.borrowed import one_by_one, under_title
from llm_bridge.clause import Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.clock_roles import role_of
from llm_bridge.conditions import condition_from
from llm_bridge.context_report import Kind
from llm_bridge.continued import borrowing, continued, is_said_of_more, said_too
from llm_bridge.days import DAY, MONTH, other_day
from llm_bridge.durations import later_by
from llm_bridge.faults import WORKS
from llm_bridge.follow_ups import follow_up
from llm_bridge.leftovers import leftover
from llm_bridge.names import Names
from llm_bridge.objections import is_elsewhere, reason_against
from llm_bridge.parts import clauses, readings
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import NOT_READ, Proposal, Refusal
from llm_bridge.read_so_far import Said
from llm_bridge.reading import Reading
from llm_bridge.referents import referring
from llm_bridge.retractions import takes_back
from llm_bridge.role_times import BEFELL
from llm_bridge.several_values import asked_apart
from llm_bridge.stance import (
    AHEAD,
    ANSWERED_NO,
    CLOSED_TICKET,
    NO_EFFECT,
    NO_TITLE,
    STILL,
    TOLD,
    UNREAL,
    against,
    confidence,
    is_question,
    masked,
    tells_of_past,
)
from llm_bridge.steering import NO_OTHER
from llm_bridge.times import (
    AFTERWARDS,
    MEANWHILE,
    SAME_TIME,
    THAT_DAY,
    When,
    when,
)
from llm_bridge.whom import POINTS_BACK, target_of
from llm_bridge.wide_readings import wide_readings

_IN_BRACKETS = re.compile(r"\([^()]*\d$")
"""A time at the end of a list, for all of it: ``(13:00-18:00)``."""
_WHILE = re.compile(r"\W*(?:while|during|when|as)\b")
"""A sentence that begins with what goes on meanwhile."""
_EACH = re.compile(r"\beach\b")
_THEN = re.compile(r"\bthen $")
_FOR_ALL = re.compile(
    r",\s*(?:both |all |each )?(?:valid|effective|applicable|in force|from|until|till|"
    r"starting|between|as of)\b[^,]*$"
)
_BEGINS = re.compile(
    r"(?:^|[.!;\n])[^.!;\n]*\b(?:starts?|begins?|opens?|kicks? off) at [^.!;\n]*[.!;]$"
)
"""A sentence right before, of what begins then."""
_BY = re.compile(rf"\b(?:by|before|no later than) (?:\d|(?:{MONTH})\.? \d)")
"""What stands before the time by which a platform is wanted."""


def read_sentence(
    text: PlainText,
    span: tuple[int, int],
    names: Names,
    now: float,
    own: tuple[str, ...],
    said: Said,
) -> None:
    """Read a sentence at a span into what has been read so far."""
    whole = clause(text, span, names)
    parts = clauses(text, span, names)
    pairs = [(one, readings(one)) for one in parts]
    listed = [(one, readings(one)) for one in one_by_one(whole)]
    if listed and all(len(found) == 1 for _, found in listed):
        pairs = listed
    pairs = [
        pair for one, found in pairs
        for pair in asked_apart(one, names) or [(one, found)]
    ]  # fmt: skip
    apart = asked_apart(whole, names)
    if len(apart) > sum(len(found) for _, found in pairs):
        pairs = apart
    doubt = "the text asks, it does not tell" if is_question(whole.plain) else None
    if CLOSED_TICKET.search(whole.plain):
        doubt = "the text says that its ticket is closed"
    if NO_EFFECT.search(whole.plain):
        doubt = "the text says that nothing comes of it"
    if ANSWERED_NO.search(whole.plain):
        doubt = "the text answers it with no"
    if UNREAL.search(whole.plain):
        doubt = "the text says only that it may be"
    head = whole.plain[: _head(whole)]
    if TOLD.search(head):
        doubt = "the text tells of the past"
    doubt = doubt or (against(head) if len(pairs) > 1 or not clocks(head) else None)
    title = said.title_of(whole)
    if title is not None:
        words = text.plain[slice(*title)]
        if NO_TITLE.search(words):
            doubt = "the list's title says that it does not hold now"
        doubt = doubt or against(words)
        if not any(found for _, found in pairs):
            entry = under_title(text, title, span, names)
            pairs = [(entry, readings(entry))]
    is_silent = not any(found for _, found in pairs)
    if is_silent and is_said_of_more(whole, said):
        return
    if is_silent and said.spoken:
        pairs = continued(whole, pairs, said.spoken, names)
    said.spoken = []
    if not any(found for _, found in pairs):
        meant = referring(whole, names, said)
        if meant is not None:
            names, pairs = meant
            whole = clause(text, span, names)
    if not any(found for _, found in pairs) and not whole.plain.endswith(":"):
        pairs = widely(pairs, whole)
    if not any(found for _, found in pairs):
        for one, _ in pairs:
            said.spare(one)
        if not follow_up(whole, now, said):
            said.refusals.append(Refusal(NOT_READ, span))
        return
    lead = clause(text, (span[0], span[0] + _head(whole)), names).when(now)
    if not lead.is_named and not pairs[0][1]:
        lead = pairs[0][0].when(now)
    if not lead.is_named:
        lead = clause(text, (span[0], _first_words(whole)), names).when(now)
    condition = condition_from(masked(whole.plain, NO_OTHER))
    day = other_day(head, now) if len(pairs) > 1 and not clocks(head) else None
    said.begin()
    before: Clause | None = None
    latest = When()
    is_general = all(reading.needs == "" for _, found in pairs for reading in found)
    for place, (one, found) in enumerate(pairs):
        is_next = AFTERWARDS.match(one.plain) is not None
        is_then = place > 0 and _THEN.search(text.plain[: one.span[0]]) is not None
        has_value = bool(one.quantities) or bool(one.mentions and clocks(one.unnamed))
        if (
            not found
            and has_value
            and (
                one.mentions
                or one.band()
                or is_general
                or is_next
                or (place and one.quantities and clocks(one.unnamed))
            )
        ):
            one, found = borrowing(one, pairs, place, names)
        if not found and place:
            one, found = said_too(one, pairs, place, names)
        is_of_head = day is not None and other_day(one.unnamed, now) is None
        today = day if is_of_head and day else now
        time = _time_of(one, pairs[place + 1 :], lead, today, found, said)
        if SAME_TIME.search(one.plain) and latest.is_named and time.is_unclear:
            time = latest
        if not time.is_named and _WHILE.match(whole.plain) and latest.end is not None:
            time = latest
        is_then = is_then and time.start is None and time.end is not None
        if is_then and (latest.end or now) < (time.end or now):
            time = replace(time, start=latest.end)
        if is_next and time.start is None:
            time = When(latest.end, time.end, is_unclear=latest.end is None)
        latest = time if time.is_named else latest
        if place and tells_of_past(text.plain[span[0] : one.span[0]], one.plain):
            doubt = doubt or "the text tells of the past"
        if condition is not None and one.span[1] - whole.span[0] > condition:
            doubt = doubt or "the text says so only under a condition"
        for reading in found:
            reading = _planned(one, reading, time, now)
            held = _wanted_by(one, reading, time)
            add(one, before, reading, held, now, own, doubt, said, names)
        before = one if one.names("cell") or one.names("user") else before
    for one, found in pairs:
        if not found:
            said.spare(one)
    said.settle(whole)
    said.note(whole, now)
    said.spoken = pairs


def widely(
    pairs: list[tuple[Clause, list[Reading]]], whole: Clause
) -> list[tuple[Clause, list[Reading]]]:
    """Parts that say nothing by their words, read by what they measure."""
    found = [(one, wide_readings(one)) for one, _ in pairs]
    if any(made for _, made in found) or takes_back(whole.plain, bool(whole.mentions)):
        return found
    made = wide_readings(whole)
    return [(whole, made)] if made else pairs


def _planned(one: Clause, reading: Reading, time: When, now: float) -> Reading:
    """Nobody foresees a fault: what is going to be off is off by plan."""
    is_ahead = time.start is not None and time.start > now
    was = time.start is not None and time.start >= now - now % DAY + DAY
    is_so = (
        " since " in one.plain
        or STILL.search(one.plain)
        or (was and not AHEAD.search(one.text.plain))
    )
    is_lasting = time.end is None and not one.has(WORKS)  # no works without an end
    if reading.kind is Kind.OUTAGE and is_ahead and not (is_so or is_lasting):
        return replace(reading, kind=Kind.MAINTENANCE)
    return reading


def _wanted_by(one: Clause, reading: Reading, time: When) -> When:
    """A platform that is wanted by a time is wanted from then on."""
    is_wanted = reading.kind is Kind.LAP_REQUEST and time.start is None
    if is_wanted and _BY.search(one.plain):
        return replace(time, start=time.end, end=None)
    return time


def _head(whole: Clause) -> int:
    """Length of what stands before a colon and names nothing: ``Today: ...``."""
    match = re.match(r"[^:]{1,60}(?:\d:\d\d[^:]{0,20}){0,2}:\s", whole.plain)
    named = [*whole.mentions, *(q for q in whole.quantities if q.dimension)]
    if match is None or any(m.span[0] < whole.span[0] + match.end() for m in named):
        return 0
    return match.end()


def _first_words(whole: Clause) -> int:
    """Place of the first name or quantity of a sentence, or of its end."""
    spans = [one.span for one in (*whole.mentions, *whole.quantities)]
    return min((low for low, _ in spans), default=whole.span[1])


def _time_of(
    one: Clause,
    later: list[tuple[Clause, list[Reading]]],
    lead: When,
    now: float,
    found: list[Reading],
    said: Said,
) -> When:
    """Time of a clause: its own, the sentence's, or that of the list's heading."""
    if said.list_day is not None and other_day(one.unnamed, now) is None:
        now = said.list_day
    own = one.when(now)
    if said.day is not None and THAT_DAY.search(one.plain):
        return one.when(said.day)
    is_next_day = said.day is not None and other_day(one.unnamed, now) is None
    is_next_day = is_next_day and not re.search(r"\bsince \d", one.plain)
    if said.day is not None and is_next_day and own.is_named and not own.is_past:
        goes_on = one.text.plain[: one.span[0]].rstrip().endswith(";")
        is_known = said.is_event or goes_on
        return one.when(said.day) if is_known else When(is_unclear=True)
    before = one.text.plain[: one.span[0]].rstrip()
    points_back = not one.mentions and (
        before.endswith(";") or POINTS_BACK.search(one.plain)
    )
    if points_back and own == When(is_vague=True) and not lead.is_named:
        needs = {reading.needs for reading in found} - {""}
        if needs and said.named_time.is_named and not said.named_time.is_unclear:
            return said.named_time
    if before.endswith(";") and own == When(is_vague=True) and not one.mentions:
        told = when(re.split(r"[.!?;]\s|\n", before[:-1])[-1], [], now)
        if told.start is not None and told.end is not None and not told.is_unclear:
            return told
    if own.is_unclear and SAME_TIME.search(one.plain) and not own.is_named:
        if lead.is_named or not MEANWHILE.search(one.plain):
            return lead if lead.is_named else said.time
        return When() if said.time.is_unclear else said.time
    is_vague = own.is_vague and lead.is_vague and lead.is_named
    if is_vague and later and _IN_BRACKETS.search(later[-1][0].plain):
        time = later[-1][0].when(now)
        if time.is_named and not (time.is_vague or time.is_unclear or time.is_past):
            return time
    begins = said.named_time.start
    is_open = own.start is None and own.end is not None and not own.is_past
    is_demand = [reading.kind for reading in found] == [Kind.TRAFFIC_SURGE]
    if is_open and _BEGINS.search(before) and (is_demand or not one.mentions):
        told = when(re.split(r"[.!?;]\s|\n", before[:-1])[-1], [], now).start
        if told is not None and now < told < (own.end or now):
            return replace(own, start=told)
    if is_open and lead.end is None and now < (lead.start or now) < (own.end or now):
        return replace(own, start=lead.start)
    if points_back and own.start is None and own.end and begins and not own.is_past:
        return replace(own, start=begins) if now < begins < own.end else own
    if own.is_named or own.is_past or own.is_unclear:
        return _with_end(own, later, now)
    if lead.is_named or lead.is_past:
        return lead
    for other, others in later:
        is_next = bool(other.of(*{q.dimension for q in one.quantities} - {"", "s"}))
        if is_next and not one.mentions and not other.mentions:
            break  # the next of several values: each has a time of its own
        if not other.mentions or _FOR_ALL.search(other.plain):
            time = other.when(now)
            if time.is_named and not time.is_past:
                return time
        same = {reading.kind for reading in found} & {
            reading.kind for reading in others
        }
        if same or not others:
            time = other.when(now)
            if time.is_named:
                return time
    return said.heading


def _with_end(own: When, later: list[tuple[Clause, list[Reading]]], now: float) -> When:
    """A time with the end that the rest of the sentence tells: ``back at 09:50``."""
    if own.start is None or own.end is not None or own.is_unclear:
        return own
    for other, others in later:
        time = other.when(now)
        length = later_by(other.plain, list(other.quantities), other.span[0])
        if length is not None and not others:
            return replace(own, end=own.start + length)
        only = [q for q in other.quantities if q.dimension == "s" and q.value >= 60]
        named = clocks(other.unnamed)
        if not others and not other.mentions and len(named) == 1 and time.start:
            low, high = named[0].span
            rest = other.unnamed[:low], other.unnamed[high:]
            if role_of(*rest, False, True) == "end" and time.start > own.start:
                return replace(own, end=time.start)
        if len(only) == 1 and _EACH.search(other.plain) and not own.is_vague:
            return replace(own, end=own.start + only[0].value)
        if not others and len(only) == 1 and time.start == now and time.end is not None:
            return replace(own, end=own.start + only[0].value)
        tells = not others and not other.mentions and time.start is None
        if tells and time.end is not None and not time.is_unclear:
            return replace(own, end=time.end) if time.end > own.start else own
    return own


def add(
    one: Clause,
    before: Clause | None,
    reading: Reading,
    time: When,
    now: float,
    own: tuple[str, ...],
    doubt: str | None,
    said: Said,
    names: Names,
) -> None:
    """Propose a reading for whom it concerns, or refuse it with the reason."""
    start, end = time.filled(now)
    if reading.kind in BEFELL:  # a log tells the second, a report the minute
        start -= start % 60 if time.start is not None else 0
    target = target_of(one, before, reading, own, said)
    span = target.span if target is not None else one.span
    if names.meant is not None and said.named_at is not None:
        span = one.widened(said.named_at).span
    made = Proposal(
        reading.kind, span, start, end, reading.value, reading.unit, reading.bound,
        band=reading.band, confidence=confidence(one.plain),
    )  # fmt: skip
    reason = doubt or reason_against(one, reading, time, now, end <= start)
    reason = reason or leftover(one, reading, now)
    if reason is None and target is None:
        reason = "the text does not say which cells or users"
    if reason is None and target and is_elsewhere(one, reading, target.cells):
        reason = "the text does not say which cells or users"
    if reason is not None or target is None:
        said.refusals.append(Refusal(reason or "", span, made))
        return
    unknown = [
        name for name in (*target.cells, *target.users) if not names.is_known(name)
    ]
    for name in unknown:
        said.proposals.append(replace(made, users=(name,)))
    cells = tuple(name for name in target.cells if name not in unknown)
    users = tuple(name for name in target.users if name not in unknown)
    if unknown and not cells and not users:
        return
    if unknown and reading.needs == "both" and not (cells and users):
        return
    said.last.append(len(said.proposals))
    said.listed.append(len(said.proposals))
    if time.is_vague or not time.is_named:
        said.open.add(len(said.proposals))
    if time.end is None:
        said.endless.add(len(said.proposals))
    said.proposals.append(replace(made, cells=cells, users=users))
