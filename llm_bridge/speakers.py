"""Parts of a text that a line gives to somebody: ``u004: limit M1A to 1 W``.

A user before a colon is whom a line is about or who says it. What is about cells alone
or a share of a slice, and no user may ask, is said by him; and a letter that greets its
author's own role was written to the author.
"""

import re

from llm_bridge.authority import Author
from llm_bridge.context_report import Kind
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal
from llm_bridge.sentences import Span

_HEAD = re.compile(
    r"(?m)^[ \t]{0,20}(?:[\[(]?\d\d?[:.]\d\d(?:[:.]\d\d)?[\])]?[ ,-]{1,3})?"
    r"(?P<who>[^:>\n]{1,60}?(?=[] :>(]))(?<![-=]) ?(?:\(?\d\d?:\d\d\)?)?"
    r"(?:[:>\]](?=\s|$)|(?<=>) | -(?= ))"
    r"|(?m:^)(?P<at>@[\w-]{1,30})(?= )"
)
"""What a line begins with that may name who speaks, after the time of a message."""
_QUOTATION = re.compile(r"\s?(?:\"[^\"\n]*\"|'[^'\n]*'(?!\w))")
_ROLE = re.compile(
    r"(?m)^[ \t]{0,20}(?:an? |the |one )?(?:customer|caller|subscriber|tenant|resident|"
    r"visitor|guest|neighbou?r)(?: \w{1,20})?(?::(?=\s)|>)"
)
"""What a line begins with that tells by a word who speaks."""
_HEADER = re.compile(
    r"(?m)^[ \t]{0,20}(?:from|sender|submitted by|name) ?: ?(?P<from>[^\n]{1,80})\n"
    r"(?=(?:[^\n]+\n){0,4}?[ \t]{0,20}(?:to|cc|subject|date|sent|message|text|body)"
    r" ?:|\n)"
)
"""What stands before a mail: who sent it, and then other fields or nothing."""
_LETTER = re.compile(
    r"(?m)^[ \t]{0,20}dear (?P<role>[a-z]+)(?: team| control| desk)?,? ?!?$|"
    r"^[ \t]{0,20}dear (?P<said>[a-z]+),(?= )"
)
_NOT_USERS = (
    Kind.OUTAGE, Kind.POWER_LIMIT, Kind.SPECTRUM_GRANT, Kind.ENERGY_SAVING,
    Kind.SLICE_SHARE,
)  # fmt: skip
_DEMANDED = re.compile(
    r"\b(?:(?:user )?u\d+|(?:an? |the |our |one |some |several )?(?:callers?|"
    r"customers?|subscribers?|users?|neighbou?rs?|residents?|visitors?|guests?))"
    r"(?: \w+){0,2}? (?:demands?|demanded|insists?|insisted|wants?|wanted|begs?|"
    r"begged|pleads?|would like|wishes|(?:asks?|asked)(?= (?:us|that|to)\b))\b"
)
"""Who wants something, told by another."""


def spoken_parts(
    text: PlainText, author: Author, names: Names
) -> list[tuple[Span, str, bool]]:
    """Parts that are given to somebody: where, by what words, whether to a slice."""
    found: list[tuple[Span, str, bool]] = []
    for match in _HEAD.finditer(text.plain):
        part = "who" if match["who"] else "at"
        low, high = match.span(part)
        mentions = names.mentions(text.original[low:high], text.plain[low:high])
        if not mentions or any(one.kind != "user" for one in mentions):
            continue
        span = (match.start(), _end(text.plain, match.end()))
        names_of = [name for one in mentions for name in one.names]
        is_slice = all(name.startswith("slice:") for name in names_of)
        found.append((span, match[part], is_slice))
    found += [
        ((match.start(), _end(text.plain, match.end())), match[0], False)
        for match in _ROLE.finditer(text.plain)
    ]
    for match in _HEADER.finditer(text.plain):
        low, high = match.span("from")
        mentions = names.mentions(text.original[low:high], text.plain[low:high])
        is_address = "@" in match["from"] and author.name.lower() not in match["from"]
        if is_address or any(one.kind == "user" for one in mentions):
            found.append(((match.start(), len(text.plain)), match[0], False))
    for match in _LETTER.finditer(text.plain):
        role = match["role"] or match["said"]
        if role == author.role:
            found.append(((match.start(), len(text.plain)), match[0].strip(), False))
    return found


def _end(plain: str, place: int) -> int:
    """Where that ends which a head gives to somebody: its line, or what is below it.

    Of a quotation only what is in the marks is given to him.
    """
    quotation = _QUOTATION.match(plain, place)
    if quotation is not None:
        return quotation.end()
    stop = plain.find("\n", place)
    if stop >= 0 and not plain[place:stop].strip():
        start = len(plain) - len(plain[stop:].lstrip())
        stop = plain.find("\n\n", start)
    return stop if stop >= 0 else len(plain)


def spoken_by_another(
    parts: list[tuple[Span, str, bool]], proposal: Proposal, plain: str
) -> str | None:
    """Words that tell that somebody else says what is proposed, or None."""
    low, high = proposal.span
    if proposal.kind not in _NOT_USERS:
        return None
    is_share = proposal.kind is Kind.SLICE_SHARE
    for (start, end), words, is_slice in parts:
        if start < high and low < end and not (is_share and is_slice):
            return f"these may be the words of somebody else: {words.strip()!r}"
    demand = _DEMANDED.search(plain, low, high)
    if demand is None:
        return None
    return f"who wants it may not ask for {proposal.kind}: {demand[0]!r}"
