"""What a whole sentence says beside its items: then none of them is certain."""

import itertools
import re
from collections.abc import Iterable

from llm_bridge.clause import Clause
from llm_bridge.clock import Clock, clocks
from llm_bridge.context_report import REPORTED
from llm_bridge.proposal import Proposal
from llm_bridge.retractions import tells_fate
from llm_bridge.sentences import pieces
from llm_bridge.times import DEFAULT

HALF_DAY = 43200  # s: a time of day in words leaves its half open
_AND = re.compile(r"\s*(?:&|/|,? ?\band\b|\bor\b|\bas well as\b)\s*")
_TURN = re.compile(
    r"(?<!all )(?<!everything )(?<!anything )(?<!nothing )(?<!none )\bbut\b"
    r"(?! not\b| \w*\d)|\b(?:though|although|however|even so|nevertheless|whereas)\b|"
    r"\b(?:found|saw|left|discovered|noticed) (?:the|an?|its|their) "
    r"(?!cells?\b|sites?\b|sectors?\b|radios?\b|carriers?\b)[a-z]+\b"
)
"""What says that the rest of a sentence is against expectation, or of other things."""
_BACKGROUND = re.compile(
    r"\b(?:when|whenever|as long as|by the time|although|though|like|as if|than|how|"
    r"why|whether|what|who|whose)\b"
)
"""What makes a part of a sentence the background of another one."""
_EXEMPT = re.compile(
    r"\b(?:exempt\w*|excepted|excused|excluded from|does(?: not|n't) apply|"
    r"do not apply|left out of)\b"
)
"""What takes somebody out of what a sentence says of all."""
_REGARDS = re.compile(
    r"\W*(?:please |pls |kindly |could you |can you |let us |let's )?"
    r"(?:compar|analy[sz]|review|document|"
    r"explain|describ|investigat|summari[sz]|examin|study|recall|look into|reconstruct|"
    r"evaluat|assess|discuss|present|archiv|visuali[sz]|plot|estimat|count)\w*\b"
)
"""What asks to think about something, and does not report it."""
_TELLS = (
    r"(?:says|said|thinks?|thought|mention(?:s|ed)?|suspect(?:s|ed)?|fear(?:s|ed)?|"
    r"worr(?:y|ies|ied)|doubt(?:s|ed)?|complain(?:s|ed)?|tells?|told|wonder(?:s|ed)?|"
    r"swears?|swore|argue[sd]?|admit(?:s|ted)?|feels?|felt|wish(?:es|ed)?|imagine[sd]?|"
    r"dream(?:s|t|ed)?|joke[sd]?|believe[sd]?|claim(?:s|ed)?|guess(?:es|ed)?|"
    r"predict(?:s|ed)?|warn(?:s|ed)?|insist(?:s|ed)?|assume[sd]?|wrote|writes|"
    r"reports? that|reported that)"
)
_OTHER_VOICE = re.compile(
    rf"\b(?!(?:i|we|noc|and|but|it|that|monitoring|alarms?|system|oss|please|nms|to|"
    rf"let|not|no|t|never) )[\w-]+ (?:has |have |just |also |even )?{_TELLS}\b"
)
"""Somebody else who tells it."""
_ADVICE = re.compile(
    r"\b(?!(?:i|we|noc|please|kindly|is|are|be|been|was|were)\b)[a-z]+ "
    r"(?:recommend|advise|advertise|promise)"
    r"(?:s|d|ed)\b|\b(?:is|was|are|were|been|got) told\b"
)
"""What somebody else would have, or was answered."""


def unsettled(
    whole: Clause, made: Iterable[Proposal], refused: Iterable[Proposal]
) -> str | None:
    """Why no item of a sentence is certain, or None.

    Parameters
    ----------
    whole : Clause
        The sentence.
    made, refused : iterable of Proposal
        What was read in it, and what of that is refused already.
    """
    items = list(made)
    exempt = _EXEMPT.search(whole.plain)
    if exempt is not None:
        return f"whom {exempt[0]!r} leaves out is not understood"
    known = [*items, *refused]
    time = _time_left(whole, known)
    if time is not None:
        return f"what happens at {time!r} is not understood"
    advice = _ADVICE.search(whole.plain)
    if advice is not None:
        return f"what {advice[0]!r} says of it is not understood"
    fate = _fate(whole)
    if fate is not None:
        return f"what {fate!r} tells of it is not understood"
    torn = _torn(whole, items, known)
    if torn is not None:
        return f"whether {torn!r} are meant together is not understood"
    for one in items:
        if one.kind in REPORTED:
            words = _turned(whole, one)
            if words is not None:
                return f"what {words!r} says of it is not understood"
    return None


def _time_left(whole: Clause, known: list[Proposal]) -> str | None:
    """A time of day at which nothing that was read begins or ends."""
    used = {round(one % HALF_DAY) for p in known for one in (p.start, p.end)}
    found = clocks(whole.unnamed)
    for clock in found:
        is_stamp = clock.span[0] == 0 and len(found) > 1
        is_known = _of_day(clock) in used or _is_between(clock, known)
        if not is_known and not is_stamp:
            return whole.unnamed[slice(*clock.span)]
    return None


def _is_between(clock: Clock, known: list[Proposal]) -> bool:
    """Whether a time lies between the ends of all items, and each tells its end."""
    return bool(known) and all(
        (_of_day(clock) - one.start) % HALF_DAY <= one.end - one.start < HALF_DAY
        and one.end - one.start != DEFAULT
        for one in known
    )


def _fate(whole: Clause) -> str | None:
    """A part that tells what became of what the parts before it say."""
    plain = whole.text.plain
    first = min((one.span[1] for one in whole.mentions), default=whole.span[1])
    for low, high in pieces(plain, whole.span):
        is_bare = not any(
            low < one.span[1] and one.span[0] < high
            for one in (*whole.mentions, *whole.quantities)
        )
        if low > first and is_bare and tells_fate(plain[low:high]):
            return plain[low:high]
    return None


def _of_day(clock: Clock) -> int:
    """Seconds UTC from midnight or noon."""
    hours = clock.hour - clock.zone
    return round(hours * 3600 + clock.minute * 60 + clock.second) % HALF_DAY


def _torn(whole: Clause, items: list[Proposal], known: list[Proposal]) -> str | None:
    """Names joined by "and" of which an item has one and nothing has the other."""
    everybody = {name for one in known for name in (*one.cells, *one.users)}
    for kind in ("cell", "user"):
        named = [one for one in whole.mentions if one.kind == kind]
        for last, after in itertools.pairwise(named):
            if not _AND.fullmatch(whole.text.plain[last.span[1] : after.span[0]]):
                continue
            if everybody.issuperset(last.names) and everybody.issuperset(after.names):
                continue
            for one in items:
                target = {*one.cells, *one.users}
                if target.isdisjoint(last.names) != target.isdisjoint(after.names):
                    return whole.text.plain[last.span[0] : after.span[1]]
    return None


def _turned(whole: Clause, one: Proposal) -> str | None:
    """Words that may turn what a sentence reports without a number."""
    plain = whole.text.plain
    for match in (
        _TURN.search(whole.plain),
        _OTHER_VOICE.search(whole.plain),
        _REGARDS.match(whole.plain),
    ):
        if match is not None:
            return match[0].strip()
    target = {*one.cells, *one.users}
    first = next(
        (m.span[0] for m in whole.mentions
         if m.span[0] >= one.span[0] and not target.isdisjoint(m.names)),
        None,
    )  # fmt: skip
    if first is None:
        return None
    begin = max(plain.rfind(mark, whole.span[0], first) for mark in ",:;(")
    match = _BACKGROUND.search(plain, max(begin, whole.span[0]), first)
    return None if match is None else match[0]
