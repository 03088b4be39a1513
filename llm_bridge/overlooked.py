"""Whom a text names beside an item's target, so that the target is not what it says.

``Works at M5: A and B off`` names sectors by letters alone, ``roof of M6, so M6A and
M6B at 4 W`` a site as a place, ``u083, u084, u085. Each needs 1 Mbit/s`` a list of
which an item must not have the last alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_bridge.context_report import Kind
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal
from llm_bridge.text_mentions import TextMention

Span = tuple[int, int]
_LETTER = re.compile(
    r"(?:^|(?<=[\s(,;:/&+]))(?:[A-F](?= ?(?:,|;|&|/|\+|and|or) ?[A-F]\b)|"
    r"(?:(?<=\bjust )|(?<=\bonly )|(?<=\bsector )|(?<=\bcell ))[A-F]|"
    r"[B-F](?='s |(?: sector| cell)?s?,? (?:is|are|has|stays?|remains?|keeps?|not|"
    r"first|off|on|down|up)\b)|"
    r"A(?=(?: sector| cell)?,? (?:is|has|stays|remains|keeps|not|first|off)\b))"
    r"(?![\w'-]*\d)"
)
"""A sector of a site that is named elsewhere: ``B and C``, ``C stays on``."""
_JOIN = re.compile(r" ?[,;/&+] ?|,? (?:and|or|plus) ")
"""What stands between the names of a list."""
_SHORTEST = 3
"""Names of a list; of two one is often meant: ``unlike M1A, M1B is down``."""
_OF_NOBODY = (Kind.WEATHER, Kind.RADAR_ACTIVITY, Kind.PROTECTION, Kind.LAP_REQUEST)
"""Kinds that need neither cells nor users."""


@dataclass(frozen=True)
class Named:
    """Whom a text names.

    Attributes
    ----------
    mentions : sequence of TextMention
        All that stands in the text.
    letters : dict of str to (int, int)
        Sectors by their letters alone, and where each first stands.
    lists : list of list of TextMention
        Names of one type with nothing but a join between them.
    """

    mentions: Sequence[TextMention]
    letters: dict[str, Span]
    lists: list[list[TextMention]]


def named_in(text: PlainText, mentions: Sequence[TextMention]) -> Named:
    """Whom a text names by letters and in lists."""
    names = [one for one in mentions if one.names]
    read = {place for one in names for place in range(*one.span)}
    letters: dict[str, Span] = {}
    for match in _LETTER.finditer(text.original):
        if match.start() not in read:
            letters.setdefault(match[0], match.span())
    lists: list[list[TextMention]] = []
    for one in names:
        last = lists[-1][-1] if lists else None
        if (
            last is not None
            and last.type == one.type
            and _JOIN.fullmatch(text.plain, last.span[1], one.span[0])
        ):
            lists[-1].append(one)
        else:
            lists.append([one])
    return Named(mentions, letters, [one for one in lists if len(one) >= _SHORTEST])


def overlooked(
    one: Proposal, found: Sequence[Proposal], named: Named
) -> tuple[int, int] | None:
    """Where whom an item leaves out, or takes in by mistake, is named, or None.

    Parameters
    ----------
    one : Proposal
        What is judged.
    found : sequence of Proposal
        All that was read in the text.
    named : Named
        Whom the text names.
    """
    letters = (named.letters.get(name[-1:]) for name in one.cells)
    letter = next((span for span in letters if span is not None), None)
    return (
        _nobody(one, named) or letter or _place(one, named) or _torn(one, found, named)
    )


def _nobody(one: Proposal, named: Named) -> Span | None:
    """Somebody named in a text, where an item is of all without the word."""
    if one.cells or one.users or one.kind in _OF_NOBODY:
        return None
    is_of_all = any(
        two.type in ("cells", "users") and _meets(one.span, two)
        for two in named.mentions
    )
    names = (two.span for two in named.mentions if two.names)
    return None if is_of_all else next(names, None)


def _place(one: Proposal, named: Named) -> Span | None:
    """A site, all of which an item is of, beside some of its sectors."""
    cells = {*one.cells}
    near = [
        two for two in named.mentions if two.type == "cell" and _meets(one.span, two)
    ]
    for site in near:
        if len(site.names) > 1 and {*site.names} <= cells:
            beside = {
                name
                for two in near
                if two is not site and two.sentence == site.sentence
                for name in two.names
            }
            if beside & {*site.names} and not {*site.names} <= beside:
                return site.span
    return None


def _torn(one: Proposal, found: Sequence[Proposal], named: Named) -> Span | None:
    """A list of names of which an item has some and nothing that was read the rest."""
    mine = {*one.cells, *one.users}
    for names in named.lists:
        left = {name for two in names for name in two.names} - mine
        is_of_it = not all(mine.isdisjoint(two.names) for two in names)
        if is_of_it and left:
            known = {name for two in found for name in (*two.cells, *two.users)}
            if not left <= known:
                return names[0].span[0], names[-1].span[1]
    return None


def _meets(span: Span, two: TextMention) -> bool:
    return two.sentence[0] < span[1] and span[0] < two.sentence[1]
