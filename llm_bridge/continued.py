"""Sentences and clauses that go on with what another one says."""

import re

from llm_bridge.borrowed import said_again, with_words_of
from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.names import Names
from llm_bridge.parts import readings
from llm_bridge.reading import Reading

Spoken = list[tuple[Clause, list[Reading]]]
_SAME_AGAIN = re.compile(
    r"\W*(?:(?:and|also) )?(?:the )?(?:same (?:applies|goes|holds|again|here|limit|"
    r"rule|window)\b|same for\b|likewise\b|ditto\b)"
)
"""What says of somebody else what the sentence before says."""


def continued(whole: Clause, parts: Spoken, spoken: Spoken, names: Names) -> Spoken:
    """Parts of a sentence that says nothing alone, read with the sentence before.

    Parameters
    ----------
    whole : Clause
        The sentence.
    parts : list of (Clause, list of Reading)
        Its parts, and that they say nothing.
    spoken : list of (Clause, list of Reading)
        The sentence before.
    names : Names
        Of the network.
    """
    said = [other for other, found in spoken if found]
    if _SAME_AGAIN.match(whole.plain):
        if len(said) != 1 or not whole.mentions:
            return parts
        joined = said_again(whole, said[0], names)
        return [(joined, readings(joined))]
    if not whole.text.plain[: whole.span[0]].rstrip().endswith(";"):
        return parts
    return [
        borrowing(one, spoken, len(spoken), names)
        if one.mentions and (one.quantities or clocks(one.unnamed))
        else (one, found)
        for one, found in parts
    ]


def borrowing(
    one: Clause, pairs: Spoken, place: int, names: Names
) -> tuple[Clause, list[Reading]]:
    """A clause and what it says with the words of the one before, or behind."""
    others = [*reversed(pairs[:place]), *pairs[place + 1 :]]
    for other, said in others:
        for reading in said[-1:]:
            joined = with_words_of(one, other, names)
            found = readings(joined)
            if len(found) == 1 and found[0].kind == reading.kind:
                return joined, found
    return one, []
