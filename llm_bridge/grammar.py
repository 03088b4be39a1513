"""The floor: items of a text by rules, without any model, in milliseconds.

Sentences fall into clauses that say one thing each; a clause is read by the numbers and
words in it; what it leaves open (whom, when) comes from its neighbours. Where a clause
denies, doubts or asks, nothing is proposed. When unsure, it is left out.
"""

import re
from dataclasses import dataclass, field, replace

from llm_bridge.clause import Clause, clause
from llm_bridge.context_report import Kind
from llm_bridge.events import EVENTS, masked_cues
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.reading import Reading
from llm_bridge.readings import NUMERIC, again
from llm_bridge.sentences import pieces, sentences
from llm_bridge.stance import OVER, against, confidence, is_question, masked
from llm_bridge.times import When, when

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|there|him|his|her|this|that|same|both|the "
    r"(?:cell|site|sector|device|user|users|cells|slice|terminal)|here)\b"
)
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|me|my|mine|we|our|ours|us)\b")
_ONLY_TIME = re.compile(
    r"\s*(?:this|that|it|they|all|both|valid|from|until|till|start\w*|begin\w*|end\w*|"
    r"duration|expected|between|eta|repair\w*|time|window|when|lasts?|for|the (?:work|"
    r"job|outage|event|whole thing|window|measure|limit)s?|applies|effective|today|"
    r"tomorrow|tonight|\d)"
)
_GIVE_IT = re.compile(
    r"\b(?:give|giv\w+|hand|assign|lend|add|transfer|put|pass|move|"
    r"let)\w*\b.*\b(?:it|them|this|that|those|these|have)\b"
    r"|^(?:to|for)\b"
)
_UPDATE = re.compile(
    r"\b(?:cancel\w*|called off|call off|scrapp?\w*|disregard|false alarm|no longer|"
    r"withdrawn|postponed|"
    r"obsolete|forget|ignore|aborted|rescinded|is off|taken back|void|was a mistake|"
    r"in error|"
    r"did(?:n't| not) happen|strike that|scratch that|stands? down|not (?:happening|"
    r"taking place|coming))\b"
)
_TOPICS: dict[Kind, re.Pattern[str]] = {
    Kind.RADAR_ACTIVITY: re.compile(r"\bradar"),
    Kind.TRAFFIC_SURGE: re.compile(
        r"\b(?:traffic|load|surge|demand|event|match|concert|parade|fair|festival)"
    ),
    Kind.OUTAGE: re.compile(r"\b(?:outage|alarm|fault|failure)"),
    Kind.MAINTENANCE: re.compile(r"\b(?:maintenance|works?|upgrade|swap|window)\b"),
    Kind.WEATHER: re.compile(r"\b(?:rain|weather|storm)"),
    Kind.POWER_LIMIT: re.compile(r"\b(?:power|limit)"),
    Kind.LAP_REQUEST: re.compile(r"\b(?:drone|platform|lap|uav)"),
    Kind.RATE_FLOOR: re.compile(r"\b(?:rate|floor|guarantee|mbit)"),
    Kind.RATE_CAP: re.compile(r"\b(?:rate|cap|limit|throttl)"),
}


@dataclass
class _Said:
    """What has been read so far."""

    proposals: list[Proposal] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    cells: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    heading: When = field(default_factory=When)


def propose(
    text: PlainText, names: Names, now: float, own: tuple[str, ...] = ()
) -> tuple[list[Proposal], list[Refusal]]:
    """Items that a text states, and what it states not to hold.

    Parameters
    ----------
    text : PlainText
        What was written.
    names : Names
        Of the network.
    now : float
        s since epoch, UTC: when it was written.
    own : tuple of str
        Users or slices that "I" and "we" stand for.
    """
    said = _Said()
    for span in sentences(text.plain):
        _read_sentence(text, span, names, now, own, said)
    return _unique(said.proposals), said.refusals


def _read_sentence(
    text: PlainText,
    span: tuple[int, int],
    names: Names,
    now: float,
    own: tuple[str, ...],
    said: _Said,
) -> None:
    whole = clause(text, span, names)
    parts = clauses(text, span, names)
    read = [(one, readings(one)) for one in parts]
    if not any(found for _, found in read):
        _read_remark(whole, now, said)
        return
    lead = When()
    if not read[0][1]:
        lead = _when(read[0][0], now)
    asks = is_question(whole.plain)
    said.last = []
    before: Clause | None = None
    previous: Reading | None = None
    for place, (one, found) in enumerate(read):
        if not found and previous is not None:
            quantity = one.only(previous.dimension) if previous.dimension else None
            if quantity is not None and one.mentions:
                found = [again(one, previous, quantity)]
        time = _time_of(one, read[place + 1 :], lead, now, found, said)
        for reading in found:
            _add(one, before, reading, time, now, own, asks, said, names)
            previous = reading
        before = one if one.names("cell") or one.names("user") else before
    said.cells = whole.names("cell") or said.cells
    said.users = whole.names("user") or said.users


def clauses(text: PlainText, span: tuple[int, int], names: Names) -> list[Clause]:
    """Parts of a sentence that say one thing each."""
    found: list[Clause] = []
    current: Clause | None = None
    for part in pieces(text.plain, span):
        one = clause(text, part, names)
        if current is None:
            current = one
            continue
        if _is_chatter(one):
            continue
        if _starts_anew(current, one):
            found.append(current)
            current = one
        else:
            current = clause(text, (current.span[0], one.span[1]), names)
    return [*found, *([current] if current is not None else [])]


def _is_chatter(one: Clause) -> bool:
    """Whether a piece has nothing that an item could use."""
    if one.mentions or any(q.dimension for q in one.quantities) or readings(one):
        return False
    named = when(one.plain, list(one.quantities), 0.0)
    return (
        not named.is_named
        and not OVER.search(one.plain)
        and not re.search(r"\b(?:if|unless|until|might|may|could|not)\b", one.plain)
    )


def _starts_anew(current: Clause, one: Clause) -> bool:
    """Whether a piece says another thing than the clause so far."""
    said, new = readings(current), readings(one)
    if not said:
        return False
    dimension = said[-1].dimension
    goes_on = bool(dimension) and bool(one.of(dimension)) and bool(one.mentions)
    if _GIVE_IT.search(one.plain) and not new:
        return False
    if not new:
        return goes_on
    kinds = {reading.kind for reading in said}
    has_own = bool(one.names("cell") or one.names("user") or one.names("unknown"))
    is_other = any(reading.kind not in kinds for reading in new)
    if is_other and not has_own and not any(reading.dimension for reading in new):
        return False  # the same fault or work in other words
    return is_other or has_own


def readings(one: Clause) -> list[Reading]:
    """What a clause says; one kind where several rules read the same words."""
    for rule in NUMERIC:
        found = rule(one)
        if found:
            return found
    for rule in EVENTS:
        found = rule(one)
        if found:
            return found
    return []


def _when(one: Clause, now: float) -> When:
    shift = one.span[0]
    found = [
        replace(q, span=(q.span[0] - shift, q.span[1] - shift)) for q in one.quantities
    ]
    return when(one.plain, found, now)


def _time_of(
    one: Clause,
    later: list[tuple[Clause, list[Reading]]],
    lead: When,
    now: float,
    found: list[Reading],
    said: _Said,
) -> When:
    """Time of a clause: its own, the sentence's, or that of the list's heading."""
    own = _when(one, now)
    if own.is_named or own.is_past or own.is_unclear:
        return own
    if lead.is_named or lead.is_past:
        return lead
    for other, others in later:
        same = {reading.kind for reading in found} & {
            reading.kind for reading in others
        }
        if same or not others:
            time = _when(other, now)
            if time.is_named:
                return time
    return said.heading


def _add(
    one: Clause,
    before: Clause | None,
    reading: Reading,
    time: When,
    now: float,
    own: tuple[str, ...],
    asks: bool,
    said: _Said,
    names: Names,
) -> None:
    """Propose a reading for whom it concerns, or refuse it with the reason."""
    start, end = time.filled(now)
    target = _target(one, before, reading, own, said)
    span = target.span if target is not None else one.span
    made = Proposal(
        reading.kind, span, start, end, reading.value, reading.unit, reading.bound,
        band=reading.band, confidence=confidence(one.plain),
    )  # fmt: skip
    reason = _reason_against(one, reading, time, asks, end <= start)
    if reason is None and target is None:
        reason = "the text does not say which cells or users"
    if reason is not None or target is None:
        said.refusals.append(Refusal(made, reason or ""))
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
    said.proposals.append(replace(made, cells=cells, users=users))


def _reason_against(
    one: Clause, reading: Reading, time: When, asks: bool, is_empty: bool
) -> str | None:
    """Why a reading is not stated as something that holds or will."""
    if asks:
        return "the text asks, it does not tell"
    reason = against(masked(one.plain, *masked_cues(reading.kind)))
    if reason is not None:
        return reason
    if time.is_past:
        return "the text tells of the past"
    if time.is_unclear or is_empty:
        return "the text does not say when"
    return None


@dataclass(frozen=True)
class _Whom:
    cells: tuple[str, ...]
    users: tuple[str, ...]
    span: tuple[int, int]


def _target(
    one: Clause,
    before: Clause | None,
    reading: Reading,
    own: tuple[str, ...],
    said: _Said,
) -> _Whom | None:
    """Whom a reading concerns; None if it must say and does not."""
    cells, users = _named(one)
    span = one.span
    if not users and own and _FIRST_PERSON.search(one.plain):
        users = own
    if reading.cells is not None:
        return _Whom(reading.cells, reading.users or (), span)
    if reading.users is not None:
        users = reading.users
    needs = reading.needs
    if needs == "cells":
        users = tuple(u for u in users if u in one.names("unknown"))
    elif needs in ("users",) or (needs == "some" and _are_persons(users)):
        cells = ()
    if needs == "named":
        cells = () if users else cells
    everybody = one.mentions_all("cells") or one.mentions_all("users")
    if (
        needs in ("", "both")
        or cells
        or users
        or (everybody and needs in ("cells", "some"))
    ):
        return _Whom(cells, users, span)
    if before is not None:
        more_cells, more_users = _named(before)
        span = before.widened(span).span
    elif _POINTS_BACK.search(one.plain):
        more_cells, more_users = said.cells, said.users
    else:
        return None
    if needs == "cells":
        more_users = ()
    elif needs == "users" or _are_persons(more_users):
        more_cells = ()
    found = more_cells or more_users
    return _Whom(more_cells, more_users, span) if found else None


def _are_persons(users: tuple[str, ...]) -> bool:
    """Whether single users are named: then where they are does not matter."""
    return bool(users) and not any(name.startswith("slice:") for name in users)


def _named(one: Clause) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cells and users that a clause names; unknown names are among the users."""
    return one.names("cell"), (*one.names("user"), *one.names("unknown"))


def _read_remark(whole: Clause, now: float, said: _Said) -> None:
    """Read a sentence without items: a time for the last ones, or their end."""
    time = _when(whole, now)
    if whole.plain.rstrip().endswith(":"):
        said.heading = time
        return
    if _UPDATE.search(whole.plain):
        _take_back(whole, said)
        return
    is_short = len(whole.plain.split()) <= 12 and not whole.names("cell")
    if time.is_named and is_short and _ONLY_TIME.match(whole.plain):
        start, end = time.filled(now)
        for place in said.last:
            made = said.proposals[place]
            if made.start == now and made.end == now + 86400.0 and start < end:
                low, high = made.span[0], whole.span[1]
                said.proposals[place] = replace(
                    made, start=start, end=end, span=(low, high)
                )
    said.cells = whole.names("cell") or said.cells
    said.users = whole.names("user") or said.users


def _take_back(whole: Clause, said: _Said) -> None:
    """Refuse what a later sentence cancels: by topic, by name, or the last ones."""
    topics = {kind for kind, pattern in _TOPICS.items() if pattern.search(whole.plain)}
    places = [p for p, made in enumerate(said.proposals) if made.kind in topics]
    named = set(whole.names("cell")) | set(whole.names("user"))
    if named:
        places = [
            p
            for p, made in enumerate(said.proposals)
            if named & {*made.cells, *made.users}
            and (not topics or made.kind in topics)
        ]
    elif not topics:
        places = list(said.last)
    reason = f"a later sentence takes it back: {whole.plain[:80]!r}"
    for place in sorted(places, reverse=True):
        said.refusals.append(Refusal(said.proposals.pop(place), reason))
    said.last = []


def _unique(found: list[Proposal]) -> list[Proposal]:
    """Proposals without those that say the same again."""
    kept: dict[tuple[object, ...], Proposal] = {}
    for one in found:
        key = (one.kind, one.value, one.cells, one.users, one.band, one.bound,
               one.start, one.end)  # fmt: skip
        kept.setdefault(key, one)
    return list(kept.values())
