"""Sentences of which none says all: who, what and when stand in several."""

import re

from llm_bridge.clause import clause
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import NOT_READ
from llm_bridge.read_so_far import Said
from llm_bridge.retractions import takes_back
from llm_bridge.sentence_reading import read_sentence
from llm_bridge.sentences import sentences
from llm_bridge.stance import is_question
from llm_bridge.whom import ONE_PERSON

LONGEST_JOINED = 400
"""Characters of sentences that are read as one."""
MOST_JOINED = 6
"""Sentences of a text that is read in parts of several."""
Span = tuple[int, int]
_OPEN = re.compile(
    rf"{NOT_READ}|the text does not say (?:when|which cells or users)|"
    r"which of several times|what happens at|the number .* is not understood|"
    r"the time with|what .* means here"
)
"""Reasons that tell what a sentence alone leaves open, not that it is denied."""


def read_joined(
    text: PlainText, names: Names, now: float, own: tuple[str, ...], said: Said
) -> None:
    """Read sentences that say nothing alone together with their neighbours.

    Parameters
    ----------
    text, names, now, own
        As in :func:`llm_bridge.grammar.propose`.
    said : Said
        What its sentences say alone.
    """
    spans = sentences(text.plain)
    if len(spans) < 2 or not all(_OPEN.match(one.reason) for one in said.refusals):
        return
    parts = [clause(text, span, names) for span in spans]
    if any(is_question(one.plain) for one in parts):
        return
    if any(takes_back(one.plain, bool(one.mentions)) for one in parts):
        return
    users = {name for one in parts for name in one.names("user")}
    if len(users) > 1 and ONE_PERSON.search(text.plain):
        return
    full = [
        one
        for one in parts
        if one.mentions and any(q.dimension for q in one.quantities)
    ]
    for window in _windows(spans, said):
        known = [window, *said.telling]
        if any(not any(a <= one.span[0] < b for a, b in known) for one in full):
            continue  # one of several that say the same of others
        joined = Said()
        read_sentence(text, window, names, now, own, joined)
        if joined.proposals and (not joined.refusals or not said.proposals):
            said.proposals += joined.proposals
            said.refusals[:] = joined.refusals
            said.telling.append(window)
            return


def _windows(spans: list[Span], said: Said) -> list[Span]:
    """Runs of sentences without items: all of them, then from short to long."""
    if spans[-1][1] - spans[0][0] > LONGEST_JOINED:
        return []
    found = [] if said.proposals else [(0, len(spans))]
    if len(spans) <= MOST_JOINED:
        found += [
            (low, low + size)
            for size in range(2, len(spans))
            for low in range(len(spans) - size + 1)
        ]
    telling = said.telling
    return [
        (spans[low][0], spans[high - 1][1])
        for low, high in found
        if not any(
            spans[low][0] < end and start < spans[high - 1][1] for start, end in telling
        )
    ]
