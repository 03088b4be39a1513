"""Cells in which a slice has its share: ``60% of the blocks in M1A``.

A share without cells is of every cell. So what a sentence says of a cell must be
understood: either the share is of it, or something else is said of it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_bridge.context_report import Kind
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.sentences import Span, pieces
from llm_bridge.text_mentions import TIMES, TextMention

_CELLS = (
    r"(?:(?:all|both|each|every|the) ){0,3}(?:(?:cells?|sectors?) (?:of|at|on) )?"
    r"(?:the )?(?:cells?|sites?|sectors?)? ?"
)
_IN = rf"(?:in|on|at|within|across|for) {_CELLS}"
_OF = re.compile(
    r"(?:blocks?|prbs?|resources?|capacity|spectrum|bandwidth|carriers?|airtime|share|"
    rf"%|per ?cent)(?: time)? (?:of|in|on|at|within|across|for) {_CELLS}$"
)
_FIRST = re.compile(rf"(?:^|[.;:\n]) ?{_IN}$")
"""What stands before the first of the cells."""
_USERS = re.compile(
    rf"(?:users?|ues?|customers?|subscribers?|devices) (?:of|{_IN[3:]}$"
)
_ONLY = re.compile(rf"(?:only|just|solely|exclusively) {_IN}$")
_BEHIND = re.compile(rf" ?,? ?{_IN}$")
"""What may stand between a slice or a time and the cells."""
_ALONE = re.compile(rf"(?:(?:but|and|only|just|solely|exclusively) ){{0,3}}{_IN}")
"""What a part of a sentence begins with that says nothing but where."""
_GIVES = re.compile(
    r"(?: (?:must|should|shall|will|has to|needs to))? (?:always )?"
    r"(?:allocates?|assigns?|dedicates?|gives?|grants?|keeps?|leaves?|offers?|"
    r"reserves?) "
)
_AND = re.compile(r"(?:,| and| &| \+|, and|/) ?| ")
_ALONE_ABOVE = re.compile(
    r"(?:[\s,;:&+/*#-]|\b(?:and|in|on|at|for|cells?|sites?|sectors?)\b)*"
)
"""What may stand in a heading beside the cells."""
_CONDITION = re.compile(
    r"\b(?:while|when|whenever|if|unless|until|till|once|as long as|as soon as|"
    r"provided)(?: that)? ?(?:the )?(?:cells?|sites?|sectors?)? ?$"
)
_FAULT = re.compile(
    r"\b(?:down|out|dead|dark|lost|failed|broken|offline|maintained|maintenance|"
    r"repair(?:ed|s)?|fixed|upgraded|replaced|serviced)\b"
)
"""What is told of a cell that is no condition of ours: a fault or works."""
_THERE = re.compile(
    r"\b(?:where|there(?! (?:is|are|was|were|will)\b)|(?:that|this|same) "
    r"(?:cell|site|sector))\b"
)
"""What points back to a cell."""
_PREDICATE = re.compile(
    r",? (?!(?:and|or|as|at|but|by|for|from|in|of|on|only|per|since|starting|till|"
    r"through|to|today|tomorrow|tonight|until|with|within)\b)[a-z]{2,}"
)


SURE = 0.5
"""Confidence of an item from which on a cell is taken for its own."""


def with_share_cells(
    found: Iterable[Proposal], mentions: Sequence[TextMention], plain: str
) -> tuple[list[Proposal], list[Refusal]]:
    """Proposals, those of shares with the cells that their sentence places them in.

    Without cells a share is of every cell. Where a sentence names one and it is not
    clear whether the share is of it, the share is refused.
    """
    known, refusals = list(found), []
    kept: list[Proposal] = []
    for one in known:
        placed: Proposal | Refusal = one
        if one.kind is Kind.SLICE_SHARE and not one.cells:
            placed = _placed(one, known, mentions, plain)
        if isinstance(placed, Refusal):
            refusals.append(placed)
        else:
            kept.append(placed)
    return kept, refusals


def _placed(
    share: Proposal,
    known: Sequence[Proposal],
    mentions: Sequence[TextMention],
    plain: str,
) -> Proposal | Refusal:
    """A share in its cells; refused if these are not understood."""
    low, high = share.span
    within = [one for one in mentions if low <= one.span[0] < high]
    core = [one for one in within if _is_core(one, share)] or within
    names: list[str] = []
    end = None  # of the last one that was taken
    for sentence in dict.fromkeys(one.sentence for one in core):
        inside = [one for one in mentions if one.sentence == sentence]
        for one in inside:
            if one.type not in ("cell", "unknown"):
                continue
            is_next = end is not None and _AND.fullmatch(plain, end, one.span[0])
            if is_next or _is_place(one, share, core, inside, known, plain):
                names += one.names or (plain[slice(*one.span)].upper(),)
                end = one.span[1]
                low, high = min(low, one.span[0]), max(high, end)
            elif one.type == "cell" and not _is_apart(one, core, inside, known, plain):
                words = plain[slice(*one.span)]
                reason = f"what the share has to do with {words!r} is not understood"
                return Refusal(reason, share.span, share)
    above = [] if names else _heading(share, mentions, plain)
    if above is None:
        reason = "what the share has to do with the heading is not understood"
        return Refusal(reason, share.span, share)
    for one in above:
        names += one.names
        low = min(low, one.span[0])
    return replace(share, cells=tuple(dict.fromkeys(names)), span=(low, high))


def _heading(
    share: Proposal, mentions: Sequence[TextMention], plain: str
) -> list[TextMention] | None:
    """Cells with a colon above the lines that a share is in; None if not alone."""
    place = plain.rfind("\n", 0, share.span[0]) + 1
    for line in reversed(plain[:place].split("\n")[:-1]):
        place -= len(line) + 1
        if not line.strip():
            break
        if not line.rstrip().endswith(":"):
            continue
        inside = [one for one in mentions if place <= one.span[0] < place + len(line)]
        is_cells = bool(inside) and all(one.type == "cell" for one in inside)
        for one in inside:
            line = line.replace(plain[slice(*one.span)], " ", 1)
        if not is_cells:
            return [] if all(one.type != "cell" for one in inside) else None
        return inside if _ALONE_ABOVE.fullmatch(line) else None
    return []


def _is_core(one: TextMention, share: Proposal) -> bool:
    """Whether a mention is the slice of a share or its value."""
    if one.type == "slice":
        return not set(one.names).isdisjoint(share.users)
    value = None if one.quantity is None else one.quantity.value
    if one.type not in ("percent", "part", "number", "factor") or value is None:
        return False
    wanted = float(share.value or 0.0)
    return min(abs(abs(value) - wanted), abs(1 - value - wanted)) < 1e-9


def _is_place(
    one: TextMention,
    share: Proposal,
    core: Sequence[TextMention],
    inside: Sequence[TextMention],
    known: Sequence[Proposal],
    plain: str,
) -> bool:
    """Whether a share is told to be of a cell."""
    start, end = one.span
    piece = _piece(plain, one)
    beside = [x for x in inside if piece[0] <= x.span[0] < piece[1]]
    is_with = any(_piece(plain, other) == piece for other in core)
    if not is_with and any(other.type in ("user", "slice") for other in beside):
        return False
    if share.span[0] <= start < share.span[1]:
        before = plain[share.span[0] : start]
        if _OF.search(before) or _FIRST.search(before):
            return True
    if _ALONE.fullmatch(plain, piece[0], start) and all(
        other.type == "cell" or other.type in TIMES for other in beside
    ):
        return True
    if _is_used(one, known):
        return False
    before = plain[one.sentence[0] : start]
    if not before.strip():
        for other in inside:
            if other.type == "cell" and _AND.fullmatch(plain, end, other.span[0]):
                end = other.span[1]
        return plain[end : end + 1] == ":" or _GIVES.match(plain, end) is not None
    if not is_with:
        return False
    if any(form.search(before) for form in (_OF, _FIRST, _USERS, _ONLY)):
        return True
    return any(
        other.type in ("slice", *TIMES)
        and other.span[1] <= start
        and _BEHIND.fullmatch(plain, other.span[1], start)
        for other in inside
    )


def _is_apart(
    one: TextMention,
    core: Sequence[TextMention],
    inside: Sequence[TextMention],
    known: Sequence[Proposal],
    plain: str,
) -> bool:
    """Whether something else is said of a cell, in a part of the sentence apart."""
    start, end = one.span
    if _THERE.search(plain, end, one.sentence[1]):
        return False
    if _is_used(one, known):
        return True
    piece = _piece(plain, one)
    if any(_piece(plain, other) == piece for other in core):
        return False
    others = [other for other in inside if other.type in ("user", "slice")]
    if any(piece[0] <= other.span[0] < piece[1] for other in others):
        return True
    behind = min(
        (other.span[0] for other in core if other.span[0] >= end),
        default=one.sentence[1],
    )
    if _CONDITION.search(plain, one.sentence[0], start):
        return _FAULT.search(plain, end, behind) is not None
    is_first = not re.sub(r"\b(?:the|cells?|sites?|sectors?)\b| ", "",
                          plain[piece[0] : start])  # fmt: skip
    return is_first and _PREDICATE.match(plain, end, behind) is not None


def _is_used(one: TextMention, known: Sequence[Proposal]) -> bool:
    """Whether another item that is read in its sentence is of a cell."""
    low, high = one.sentence
    return any(
        other.kind is not Kind.SLICE_SHARE
        and other.span[0] < high
        and low < other.span[1]
        and other.confidence >= SURE
        and set(one.names) <= set(other.cells)
        for other in known
    )


def _piece(plain: str, one: TextMention) -> Span:
    """The part of its sentence that a mention stands in."""
    found = [
        part for part in pieces(plain, one.sentence)
        if part[0] <= one.span[0] < part[1]
    ]  # fmt: skip
    return found[0] if found else one.sentence
