"""Clauses read with the words of others: a list's title, the noun at a sentence's end.

``Outages: - M3B - M5A`` and ``slice 1 at least 30 %, slice 0 at most 40 % of blocks``
say a thing once for several. A clause that says nothing alone is read with those words
before or behind it, and everything between blanked out; places stay true.
"""

import itertools
import re
from dataclasses import replace

from llm_bridge.clause import Clause, clause
from llm_bridge.clock import DAY_OF_WEEK, clocks
from llm_bridge.days import dates
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText

MARK = re.compile(r"[ \t]*(?:[-*+>|]|\(?\d+[.)]|\(?[a-z]\))?[ \t]*")
"""What stands before the words of a list's entry."""
LISTED = re.compile(r"(?:,| and|, and|/| &)(?: (?:cells?|sites?|users?|ues?))? ?")
"""What stands between the entries of a list."""
DAYS = re.compile(
    r"\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening)|all day|overnight|"
    rf"{DAY_OF_WEEK})\b"
)
"""Words for a day: the clause they stand in tells the time, and lends it whole."""
Span = tuple[int, int]


def under_title(text: PlainText, title: Span, span: Span, names: Names) -> Clause:
    """Entry of a list at ``span`` read with its ``title``."""
    mark = MARK.match(text.plain, span[0])
    start = mark.end() if mark else span[0]
    return clause(blanked(text, [(title[1], start)]), (title[0], span[1]), names)


def with_words_of(one: Clause, other: Clause, names: Names) -> Clause:
    """``one`` with the words of ``other``, but without its names, numbers and times."""
    shift = other.span[0]
    own = [
        *(mention.span for mention in other.mentions),
        *(quantity.span for quantity in other.quantities),
        *((low + shift, high + shift) for low, high in
          (clock.span for clock in clocks(other.unnamed))),
        *((match.start() + shift, match.end() + shift) for match in
          DAYS.finditer(other.plain)),
        *((low + shift, high + shift) for low, high in dates(other.plain)),
    ]  # fmt: skip
    low, high = min(one.span, other.span), max(one.span, other.span)
    text = blanked(one.text, [*own, (low[1], high[0])])
    return clause(text, (low[0], high[1]), names)


def said_again(one: Clause, other: Clause, names: Names) -> Clause:
    """``the same for M2A, until noon``: what ``other`` says with the names of ``one``.

    Of the times that ``other`` names those stay of which ``one`` names no other.
    """
    roles = {clock.role for clock in clocks(one.unnamed)}
    shift = other.span[0]
    own = [
        *(mention.span for mention in other.mentions),
        *((clock.span[0] + shift, clock.span[1] + shift)
          for clock in clocks(other.unnamed) if clock.role in roles),
    ]  # fmt: skip
    text = blanked(one.text, [*own, (other.span[1], one.span[0])])
    return clause(text, (other.span[0], one.span[1]), names)


def one_by_one(one: Clause) -> list[Clause]:
    """``M1A and M1B: 5 and 10 W`` as one clause for each name; empty where it is none.

    Names stand in one list and numbers in another of as many; each clause keeps the
    name and the number at its place, and the rest is blanked out.
    """
    named = [m for m in one.mentions if m.kind in ("cell", "user", "unknown")]
    numbers = [q for q in one.quantities if q.dimension not in ("", "s", "m")]
    if (
        len(numbers) < 2
        or len(named) != len(numbers)
        or any(len(mention.names) != 1 for mention in named)
        or len({mention.kind for mention in named}) > 1
        or len({quantity.dimension for quantity in numbers}) > 1
    ):
        return []
    lists = [[mention.span for mention in named], [q.span for q in numbers]]
    if any(
        not LISTED.fullmatch(one.text.plain[low[1] : high[0]])
        for spans in lists
        for low, high in itertools.pairwise(spans)
    ):
        return []
    found = []
    for mention, quantity in zip(named, numbers, strict=True):
        kept = (mention.span, quantity.span)
        around = [
            span
            for spans, (low, high) in zip(lists, kept, strict=True)
            for span in ((spans[0][0], low), (high, spans[-1][1]))
        ]
        rest = [q for q in one.quantities if q not in numbers or q == quantity]
        text = blanked(one.text, around)
        found.append(Clause(text, one.span, tuple(rest), (mention,)))
    return found


def blanked(text: PlainText, spans: list[Span]) -> PlainText:
    """The text with spaces at ``spans``."""
    original, plain = text.original, text.plain
    for low, high in spans:
        blank = " " * max(high - low, 0)
        original = original[:low] + blank + original[low + len(blank) :]
        plain = plain[:low] + blank + plain[low + len(blank) :]
    return replace(text, original=original, plain=plain)
