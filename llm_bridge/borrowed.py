"""Clauses read with the words of others: a list's title, the noun at a sentence's end.

``Outages: - M3B - M5A`` and ``slice 1 at least 30 %, slice 0 at most 40 % of blocks``
say a thing once for several. A clause that says nothing alone is read with those words
before or behind it, and everything between blanked out; places stay true.
"""

import re
from dataclasses import replace

from llm_bridge.clause import Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText

MARK = re.compile(r"[ \t]*(?:[-*+>|]|\(?\d+[.)]|\(?[a-z]\))?[ \t]*")
"""What stands before the words of a list's entry."""
Span = tuple[int, int]


def under_title(text: PlainText, title: Span, span: Span, names: Names) -> Clause:
    """Entry of a list at ``span`` read with its ``title``."""
    mark = MARK.match(text.plain, span[0])
    start = mark.end() if mark else span[0]
    return clause(_blanked(text, [(title[1], start)]), (title[0], span[1]), names)


def with_words_of(one: Clause, other: Clause, names: Names) -> Clause:
    """``one`` with the words of ``other``, but without its names, numbers and times."""
    shift = other.span[0]
    own = [
        *(mention.span for mention in other.mentions),
        *(quantity.span for quantity in other.quantities),
        *((low + shift, high + shift) for low, high in
          (clock.span for clock in clocks(other.plain))),
    ]  # fmt: skip
    low, high = min(one.span, other.span), max(one.span, other.span)
    text = _blanked(one.text, [*own, (low[1], high[0])])
    return clause(text, (low[0], high[1]), names)


def _blanked(text: PlainText, spans: list[Span]) -> PlainText:
    """The text with spaces at ``spans``."""
    original, plain = text.original, text.plain
    for low, high in spans:
        blank = " " * max(high - low, 0)
        original = original[:low] + blank + original[low + len(blank) :]
        plain = plain[:low] + blank + plain[low + len(blank) :]
    return replace(text, original=original, plain=plain)
