"""Sentences and clauses that go on with what another one says."""

import re
from dataclasses import replace

from llm_bridge.borrowed import said_again, with_words_of
from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import Kind
from llm_bridge.names import Names
from llm_bridge.parts import readings
from llm_bridge.read_so_far import Said
from llm_bridge.reading import Reading

Spoken = list[tuple[Clause, list[Reading]]]
_SAME = re.compile(
    r"\b(?:(?:the )?same(?: (?:again|story|here|too))?|ditto|likewise|as well|too)\b|"
    r"^\W*(?:and )?so (?:has|have|is|are|does|do|will)\b|^\W*nor (?:has|have|is|does)\b"
)
"""What says of others what was said right before."""
_LITTLE = re.compile(
    r"(?:[^a-z0-9]|\b(?:and|also|gets?|has|have|is|are|will|be|for|the|cells?|users?|"
    r"sites?|slices?|with|from|to|until|till|at|by|between|off|down|dead|dark|that)\b)*"
)
_PLAIN = ("W", "bit/s", "s", "m/s")
"""Dimensions whose number is the value itself."""
_NO_WORDS = re.compile(r"(?:[^a-z0-9]|\b(?:and|cells?|users?|slices?)\b)*")
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
    if not _SAME_AGAIN.match(whole.plain) and _says_same(whole) and said:
        joined = said_again(whole, said[-1], names)
        return [(joined, readings(joined))]
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


def is_said_of_more(whole: Clause, said: Said) -> bool:
    """Say the last items of more cells or users too, if a sentence does no more.

    ``M1A is down. So is M1B`` is one fault of two cells.
    """
    cells, users = whole.names("cell"), whole.names("user")
    made = [said.proposals[place] for place in said.last]
    if not _says_same(whole) or clocks(whole.unnamed) or bool(cells) == bool(users):
        return False
    if len(made) != 1 or made[0].kind is Kind.LAP_REQUEST:
        return False
    (one,) = made
    if _SAME_AGAIN.match(whole.plain) or bool(one.cells) == bool(one.users):
        return False
    if bool(one.cells) != bool(cells) or whole.names("unknown"):
        return False
    said.proposals[said.last[0]] = replace(
        one,
        cells=tuple(dict.fromkeys((*one.cells, *cells))),
        users=tuple(dict.fromkeys((*one.users, *users))),
        span=(one.span[0], whole.span[1]),
    )
    return True


def _says_same(one: Clause) -> bool:
    """Whether a part says of its names only that the same holds: ``u009: same``."""
    words = one.unnamed
    match = _SAME.search(words)
    if match is None or not one.mentions or any(q.dimension for q in one.quantities):
        return False
    taken = [match.span(), *(clock.span for clock in clocks(words))]
    taken += [(m.span[0] - one.span[0], m.span[1] - one.span[0]) for m in one.mentions]
    for low, high in taken:
        words = words[:low] + " " * (high - low) + words[high:]
    return _LITTLE.fullmatch(words) is not None


def said_too(
    one: Clause, pairs: Spoken, place: int, names: Names
) -> tuple[Clause, list[Reading]]:
    """A part that says that the same holds, with what the part before says."""
    said = [other for other, found in pairs[:place] if found]
    if not said or not _says_same(one):
        return one, []
    joined = said_again(one, said[-1], names)
    return joined, readings(joined)


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
            value = one.only(reading.dimension) if reading.dimension in _PLAIN else None
            if value is not None and _is_bare(one):
                return one, [replace(reading, value=value.value)]
    return one, []


def _is_bare(one: Clause) -> bool:
    """Whether a part is names and a number alone: ``M1A 12 W``."""
    plain = one.text.plain
    for low, high in (x.span for x in (*one.mentions, *one.quantities)):
        plain = plain[:low] + " " * (high - low) + plain[high:]
    return _NO_WORDS.fullmatch(plain, *one.span) is not None
