"""Items in sentences that the grammar left open, of the kind that they likely state.

The kind is learned; value, names and times are read by form, and held to the same
objections as what the grammar reads.
"""

import re
from dataclasses import replace

from llm_bridge.clause import Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.consistency import unsettled
from llm_bridge.context_report import VALUES, Kind
from llm_bridge.grammar import LONGEST_SENTENCE
from llm_bridge.learned_kinds import NOTHING, LearnedKinds, shipped
from llm_bridge.leftovers import leftover
from llm_bridge.names import Names
from llm_bridge.objections import is_elsewhere, reason_against
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import LEARNED, Proposal
from llm_bridge.read_so_far import Said
from llm_bridge.reading import Reading
from llm_bridge.retractions import takes_back
from llm_bridge.sentences import sentences
from llm_bridge.stance import condition_from, is_question
from llm_bridge.times import When
from llm_bridge.value_readings import value_readings
from llm_bridge.whom import target_of

ACCEPTED = 0.9
"""Probability from which a kind is taken where the grammar read nothing, of those that
the sentence has the numbers and names for."""
TIMED = 0.5
"""The same where the sentence tells the time of day: who tells it says that something
happens then, and what is left open is which kind."""
CLEARLY = 3.0
"""Times the probability of the next kind, where :data:`TIMED` is enough."""
NEGLECTED = 0.01
"""Probability below which a kind is not tried."""
CONFIDENCE = 0.6
Span = tuple[int, int]
_BY = re.compile(r"\b(?:by|before|no later than) \d")


def propose_learned(
    text: PlainText,
    names: Names,
    now: float,
    own: tuple[str, ...],
    decided: list[Span],
    kinds: LearnedKinds | None = None,
) -> list[Proposal]:
    """Proposals in the sentences that the grammar left open.

    Parameters
    ----------
    text : PlainText
        What was written.
    names : Names
        Of the network.
    now : float
        s since epoch, UTC.
    own : tuple of str
        Users or slices that "I" and "we" stand for.
    decided : list of (int, int)
        Spans on which the grammar has decided, one way or the other.
    kinds : LearnedKinds, optional
        Those of the package, if none are given.
    """
    kinds = kinds or shipped()
    found: list[Proposal] = []
    said = Said()
    for span in sentences(text.plain):
        if span[1] - span[0] > LONGEST_SENTENCE:
            continue
        one = clause(text, span, names)
        if takes_back(one.plain, bool(one.mentions)):
            found = []
        elif not any(span[0] < high and low < span[1] for low, high in decided):
            found += _proposals(one, now, own, said, kinds)
        if one.names("cell") or one.names("user"):
            said.cells, said.users = one.names("cell"), one.names("user")
            said.named_at = span
    return found


def _proposals(
    one: Clause, now: float, own: tuple[str, ...], said: Said, kinds: LearnedKinds
) -> list[Proposal]:
    """Proposals of a sentence by its likeliest kind; none where that is not likely."""
    if is_question(one.plain) or condition_from(one.plain) is not None:
        return []
    chances = kinds.probabilities(one, now)
    readable = {
        name: made
        for name, chance in chances.items()
        if name != NOTHING and chance >= NEGLECTED
        if (made := _of_label(name, one, now, own, said))
    }
    if not readable:
        return []
    likeliest = max(readable, key=lambda name: chances[name])
    possible = chances[NOTHING] + sum(chances[name] for name in readable)
    is_sure = chances[likeliest] >= ACCEPTED * possible
    if not is_sure and chances[likeliest] < TIMED * possible:
        return []
    next_one = max((chances[name] for name in readable if name != likeliest), default=0)
    is_clear = chances[likeliest] >= CLEARLY * next_one
    is_taken = is_sure or (is_clear and _tells_time(one, likeliest, now))
    return readable[likeliest] if is_taken else []


def _tells_time(one: Clause, label: str, now: float) -> bool:
    """Whether a sentence tells a time of day; without a number, when it begins."""
    has_value = bool(VALUES[Kind(label.partition(":")[0])].units)
    return bool(clocks(one.unnamed)) and (has_value or one.when(now).start is not None)


def _of_label(
    name: str, one: Clause, now: float, own: tuple[str, ...], said: Said
) -> list[Proposal]:
    """Proposals of a sentence with a label; none where one has something against it."""
    kind, _, way = name.partition(":")
    made = [
        _proposal(one, reading, now, own, said)
        for reading in value_readings(Kind(kind), way, one)
    ]
    found = [proposal for proposal in made if proposal is not None]
    if len(found) < len(made) or unsettled(one, found, []) is not None:
        return []
    return found


def _proposal(
    one: Clause, reading: Reading, now: float, own: tuple[str, ...], said: Said
) -> Proposal | None:
    """Proposal of a reading, or None where the sentence has something against it."""
    time = _time(one, reading, now)
    start, end = time.filled(now)
    if reading.kind is Kind.OUTAGE and time.start is not None and time.start > now:
        reading = replace(reading, kind=Kind.MAINTENANCE)
    may_deny = reading.kind in (Kind.OUTAGE, Kind.MAINTENANCE)  # it emits nothing
    if reason_against(one, reading, time, now, end <= start, may_deny) is not None:
        return None
    target = target_of(one, None, reading, own, said)
    if target is None or is_elsewhere(one, reading, target.cells):
        return None
    if leftover(one, reading, now) is not None:
        return None
    return Proposal(
        reading.kind, target.span, start, end, reading.value, reading.unit,
        reading.bound, target.cells, target.users, reading.band, CONFIDENCE, LEARNED,
    )  # fmt: skip


def _time(one: Clause, reading: Reading, now: float) -> When:
    """Time of a sentence; a platform that is wanted by a time is wanted from then."""
    time = one.when(now)
    is_wanted = reading.kind is Kind.LAP_REQUEST and time.start is None
    if is_wanted and _BY.search(one.plain):
        return replace(time, start=time.end, end=None)
    return time
