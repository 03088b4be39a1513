"""Times that a sentence of its own tells for what the other sentences ask.

``The ferry docks at 16:40. 80 % more load at M1A for half an hour`` asks for something
without saying when; the one time in the rest of the text is that of it. Faults are
left as they are: they hold since they were seen.
"""

import re
from dataclasses import replace

from llm_bridge.clause import Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import Kind
from llm_bridge.days import DAY
from llm_bridge.durations import SHORTEST_SPAN
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal
from llm_bridge.read_so_far import Said
from llm_bridge.sentences import sentences
from llm_bridge.stance import against, masked
from llm_bridge.times import AT_ONCE, DEFAULT

Span = tuple[int, int]
LONGEST_TOLD = 800
"""Characters of a text whose sentences belong together; reading grows with them."""
OF_OTHERS = re.compile(
    r"\b(?:lunch|breakfast|coffee|break|meetings?|canteen|office|hotline|help ?desk|"
    r"call (?:me|us|back)|phone|ring|reach(?:able)?|reply|answer|respond|feedback|"
    r"on duty|shifts?|tickets?|issued|written|logged|sent|bulletin|received|created|"
    r"technicians?|engineers?|crew|arriv\w+ on site|next update|drill|handover at|"
    r"yesterday|last (?:night|week|month|year)|previous\w*|usually|normally|often)\b"
)
"""What happens at a time that is none of the request."""
_UNTIL_THEN = re.compile(r"\b(?:until|till|before|up to) (?:then|that)\b")
_ITS_END = re.compile(
    r"\b(?:back|done|finished|over|ends?|until|till|rid of|gone|closed|lifted|lift)\b"
)
_BEGINS = re.compile(r"\b(?:begin|start|tak(?:es|ing) place|kicks? off|opens?)\w*\b")
_IT_ENDS = re.compile(
    r"\W*(?:it|they|this|that|these|both|all|valid|until|till|ends?|"
    r"(?:leave|keep|hold) (?:it|them|him|her|that|this))\b"
)
_BY_PLAN = re.compile(
    r"\b(?:for (?:that|this|it|them|him|her)|shut|therefore|so|then|"
    r"during|while|meanwhile|taken|switch\w*|"
    r"turn\w*|will|must|has to|have to|to be)\b"
)
"""What says of cells that are off that it is by plan."""


def with_times_told_apart(
    text: PlainText, said: Said, names: Names, now: float
) -> list[Proposal]:
    """Proposals without a time of their own with the one that the text tells.

    Parameters
    ----------
    text : PlainText
        What was written.
    said : Said
        What was read in it.
    names : Names
        Of the network.
    now : float
        s since epoch, UTC: when it was written.
    """
    made = said.proposals
    spans = sentences(text.plain)
    if not made or len(spans) < 2 or spans[-1][1] - spans[0][0] > LONGEST_TOLD:
        return made
    parts = [clause(text, span, names) for span in spans]
    rest = [
        one
        for one in parts
        if not any(low <= one.span[0] < high for low, high in said.telling)
        and (clocks(one.unnamed) or _lengths(one))
    ]
    made = [_with_band(one, parts, names) for one in made]
    first = parts.index(rest[0]) if rest else 0
    if not rest or rest != parts[first : first + len(rest)]:
        return made
    where = clause(text, (rest[0].span[0], rest[-1].span[1]), names)
    if not _is_of_them(where, made):
        return made
    return [_timed(one, where, parts, said.telling, now) for one in made]


def _with_band(made: Proposal, parts: list[Clause], names: Names) -> Proposal:
    """A radar without a band with the one that another sentence tells."""
    text = parts[0].text
    whole = clause(text, (parts[0].span[0], parts[-1].span[1]), names)
    if made.kind is not Kind.RADAR_ACTIVITY or made.band or len(whole.bands()) != 1:
        return made
    band, span = whole.bands()[0]
    span = (min(made.span[0], span[0]), max(made.span[1], span[1]))
    return replace(made, band=band, span=span)


def _lengths(one: Clause) -> list[float]:
    """Durations in seconds that a sentence tells."""
    return [
        q.value
        for q in one.quantities
        if q.dimension == "s" and q.value >= SHORTEST_SPAN
    ]


def _is_of_them(one: Clause, made: list[Proposal]) -> bool:
    """Whether a sentence tells a time of what was asked, and of nothing else."""
    named = {*one.names("cell"), *one.names("user")}
    known = {name for item in made for name in (*item.cells, *item.users)}
    if named - known or OF_OTHERS.search(one.plain):
        return False
    return against(masked(one.plain, _ITS_END)) is None


def _own(made: Proposal, parts: list[Clause], telling: list[Span]) -> Clause:
    """The last sentence that a proposal was read in."""
    found = [
        one
        for one in parts
        if one.span[0] < made.span[1]
        and made.span[0] < one.span[1]
        and any(low <= one.span[0] < high for low, high in telling)
    ]
    return (found or parts)[-1]


def _timed(
    made: Proposal,
    where: Clause,
    parts: list[Clause],
    telling: list[Span],
    now: float,
) -> Proposal:
    """A proposal with what a sentence tells of its time and it does not itself."""
    one = _own(made, parts, telling)
    if one.span[0] >= where.span[0] and one.span[1] <= where.span[1]:
        return made
    is_day = made.start > now and made.start % DAY == 0 and _is_open(made)
    is_later = made.start >= now - now % DAY + DAY
    time = where.when(made.start - made.start % DAY if is_day or is_later else now)
    if time.is_unclear or time.is_past:
        return made
    start, end = time.start, time.end
    is_fault = made.kind is Kind.OUTAGE
    if is_fault:
        is_ahead = start is not None and end is not None and start > now
        if not (is_ahead and _BY_PLAN.search(one.plain)):
            return made
        made = replace(made, kind=Kind.MAINTENANCE)
    has_clock = bool(clocks(one.unnamed))
    if made.start > now and _is_open(made) and has_clock:
        return _ended(made, where, start, end)
    is_ended = made.start == now and has_clock and not _is_open(made)
    if is_ended and end is None and start is not None and _BEGINS.search(where.plain):
        return replace(made, start=start) if now < start < made.end else made
    if (
        made.start == now
        and _is_open(made)
        and not has_clock
        and start is None
        and end is not None
        and end > now
        and _IT_ENDS.match(where.plain)
    ):
        return replace(made, end=end)
    if AT_ONCE.search(one.plain) or has_clock or start is None or start < now:
        return made
    if is_day:
        return replace(made, start=start, end=end) if end is not None else made
    if made.start != now:
        return made
    if _UNTIL_THEN.search(one.plain):
        return replace(made, end=start)
    if made.end - now in _lengths(one):
        return replace(made, start=start, end=start + made.end - now)
    if not _is_open(made) and not one.when(now).is_vague:
        return made
    if end is not None:
        return replace(made, start=start, end=end)
    named = {*where.names("cell"), *where.names("user")}
    if named.isdisjoint((*made.cells, *made.users)):
        return made
    return replace(made, start=start, end=start + DEFAULT)


def _ended(
    made: Proposal, where: Clause, start: float | None, end: float | None
) -> Proposal:
    """A proposal that begins later with the end that a sentence tells."""
    lengths = _lengths(where)
    if not clocks(where.unnamed):
        return replace(made, end=made.start + lengths[0]) if lengths else made
    if end is None and _ITS_END.search(where.plain):
        end = start
    elif start is not None and start != made.start:
        return made
    is_later = end is not None and made.start < end < made.start + DEFAULT
    return replace(made, end=end) if is_later and end is not None else made


def _is_open(made: Proposal) -> bool:
    return made.end - made.start == DEFAULT
