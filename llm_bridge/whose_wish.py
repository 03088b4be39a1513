"""Whether a wish of a user or a tenant is somebody else's: who is named nearest to it.

A text speaks of its author ("I", "our slice") and of others ("he", "the neighbours",
"the remaining slices"). What is asked is for whoever is spoken of last before the value
that is asked; only where nobody is, for whom the words behind it name.
"""

import math
import re
from dataclasses import replace
from itertools import pairwise

from llm_bridge.authority import Author
from llm_bridge.clause import clause
from llm_bridge.evidence import TOLERANCE, stated_values
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal

_PARAGRAPH = re.compile(r"(?=\n\n)")
_OWN = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|me|my|mine|myself|we|we're|we'd|we'll|we've|us|our|ours|"
    r"ourselves)\b"
)
_ELSE = re.compile(
    r"\b(?:he|she|him|her|his|hers|himself|herself|he's|she's)\b|"
    r"\b(?:all |every |any |some |no |the )?(?:remaining|other|residual|rest of the|"
    r"neighbou?ring|adjacent|competing|rival|foreign|next|previous|first|second|third|"
    r"last|former) (?:\w+ )?(?:operators?|networks?|compan(?:y|ies)|members?|"
    r"users?|slices?|tenants?|customers?|subscribers?|devices?|"
    r"people|ones?|part(?:y|ies)|terminals?|handsets?|phones?|persons?|folks?|two)\b|"
    r"\b(?:the |all |any |some |no )?(?:others|rest|remainder)\b|"
    r"\b(?:another|every other|the other) (?:user|slice|tenant|customer|subscriber|"
    r"device|person|one|phone)\b|"
    r"\b(?:every|any|no|some) ?(?:body|one|thing) (?:else|but|except|apart|other)\b|"
    r"\b(?:somebody|someone|who(?:m|so)?ever|(?:all|whoever) but|all except|anybody|"
    r"anyone)\b|"
    r"\b(?:competitors?|rivals?|competition|opponents?|strangers?|intruders?|"
    r"neighbou?rs?(?! cells?| sites?| sectors?| list)|"
    r"(?:people|folks?|users?|those|everybody|everyone) (?:next door|upstairs|"
    r"downstairs|around (?:me|us)|near(?:by| me| us)|beside (?:me|us)|behind (?:me|us)|"
    r"in front of (?:me|us)|who|that|in|on|at|of|from|with))\b|"
    r"\b(?:all|both|each|every|no) (?:of the )?(?:tenants?|slices|operators?|"
    r"parties)"
    r"\b(?! \d)|"
    r"\b(?:their|your|his|its|whose|another|each|every|some|any|no|which) slices?\b"
)
"""Words for others, in the text of a user or of a tenant."""
_BUT_US = re.compile(
    r"\b(?:nobody|no one|none|everybody|everyone|every ?one|all|any(?:body|one)|"
    r"who(?:so)?ever|whatever|those|users?|slices?|tenants?|customers?|subscribers?|"
    r"people|devices?|person|man|woman|guy|lady|fellow|seats?|table|rows?|rest)"
    r"(?: \w+){0,3}? (?:but|except|excluding|other than|outside|beside|besides|behind|"
    r"apart from|not(?: in| of| on| with)?|not belonging to|"
    r"no (?:member|part|user|customer|guest)s? of|none of|near|around|above|below|"
    r"next to|in front of|instead of|across from)(?: for| of)? "
    r"(?:me|us|mine|ours|(?:my|our)(?: \w+)?|slice \d+)\b|"
    r"\b(?:(?:the|an?|that|this|any|every|those|these) (?!cells?|sites?|sectors?|"
    r"masts?)"
    r"\w+|every ?thing|any ?thing|all|users?|people) (?:\w+ )?(?:next to|behind|"
    r"beside|near|around|opposite|outside|like|unlike|(?:who|that|which|whose)"
    r"(?: \w+){0,4}?) (?:me|mine|us|ours|(?:my|our)(?: \w+){1,2}?)\b|"
    r"\b(?:some|every|any) ?(?:body|one)(?: \w+){0,2}? (?:on|in|at|from) (?:my|our) "
    r"\w+"
)
"""Others, told by that they are not the author."""
_BESIDE = re.compile(
    r"\b(?:users?|ones?|persons?|people|devices?|customers?|subscribers?|phones?|"
    r"slices?|tenants?|every ?(?:body|one)|who(?:ever)?) (?:\w+ )?(?:after|before|"
    r"following|preceding|next to|beside|behind|opposite|near|above|below|around|"
    r"unlike|not|other than|except)(?: (?:user|slice|the|in))* $"
)
"""What stands before the author's own name where it tells who others are."""
_BEHALF = re.compile(
    r"\b(?:on behalf of|in the name of|speaking for|representing|in place of|"
    r"(?:asking|writing|acting|requesting|request|wish|behalf) (?:for|of)|signed,?|"
    r"sincerely,?|regards,?) (?:the |my |our )?$"
)
"""What stands before the name of somebody for whom an author asks."""
_KIN = re.compile(
    r"\b(?:all|both|each|every one|two|three|four|five|six|\d) of us\b|"
    r"\b(?:my|our|the|this|his|her|their) (?:[\w'-]+ ){0,2}?slices?\b|"
    r"\b(?:wife|husband|spouse|partner|(?:boy|girl)?friends?|buddy|buddies|mates?|"
    r"(?:room|flat|house|class|team)-?mates?|sons?|daughters?|kids?|child(?:ren)?|"
    r"bab(?:y|ies)|brothers?|sisters?|siblings?|mother|mum|mom|father|dad|parents?|"
    r"(?:grand|god|step)-?(?:mother|father|parents?|ma|pa|child|children|son|daughter)|"
    r"aunts?|uncles?|cousins?|nephews?|nieces?|famil(?:y|ies)|colleagues?|co-?workers?|"
    r"boss|teacher|landlord|landlady|tenants?|guests?|visitors?|passengers?|"
    r"(?:room|car|house|seat|bench|table) ?(?:mates?|neighbou?rs?)|driver|everybody|"
    r"everyone|they|them|"
    r"(?:our|whole|entire|my whole|my entire) (?:house|building|floor|street|"
    r"block(?! of)|village|office|company|school|class|team|household|neighbou?rhood|"
    r"room|car|train|bus|crowd|group|crew|club)|"
    r"(?:the|that|this) (?:man|woman|person|guy|lady|gentleman|fellow|user|customer|"
    r"subscriber|boy|girl|people))\b"
)
"""Words for others that are nobody of a user's own, but may be of a tenant's."""
_PERSON = re.compile(
    r"\b(?:[Ff]or|[Gg]ive|[Cc]ap|[Ll]imit|[Ll]et|[Gg]rant|[Gg]uarantee|[Tt]hrottle) "
    r"(?!Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|"
    r"Slice)(?P<name>[A-Z][a-z]{2,})\b"
)
"""Somebody's name, as it was typed."""
_FOR = re.compile(r"(?:,? (?:at (?:the )?least|at most|please|guaranteed|each|min|max|"
                  r"minimum|maximum))*,? for (?:the )?$")  # fmt: skip
"""What stands between a value and for whom it is."""
_SUBJECT = re.compile(
    r"\b(?!(?:it|this|that|what|which|there|rate|floor|speed|latency|delay|ping|"
    r"traffic|"
    r"demand|load|share|limit|cap|bound|minimum|maximum|value|guarantee|not|and|but|or|"
    r"so|please|always|never|also|still|only|just|then|now) )[a-z']{2,} (?:needs?|"
    r"gets?|"
    r"asks?|has|have|must|should|shall|may|can|wants?|requires?|receives?|deserves?|"
    r"expects?|uses?|would|will|is|are)\b"
)
"""A sentence with a subject of its own."""
_NUMBERED = re.compile(
    r"\b(?:slices?|number|no\.|nr\.?|tenant|s-?nssai|sst|sd|customer|#) ?[#:=-]? ?"
    r"(\d+)(?!\d|[.,:]\d| ?(?:%|[kmg]?bit|[kmg]?bps|ms\b|x\b|times|percent))|#(\d+)\b"
)
"""A slice by its number, also without the word."""
_COUNTED = re.compile(
    r"\b(?:number|slice|tenant|no\.) (zero|one|two|three|four|five|six|seven|eight)\b"
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
_A_SLICE = re.compile(
    r"\b(?:the|this|that|an?) (?!same\b|whole\b|entire\b|above\b|said\b)"
    r"(?:(?!our\b|my\b)[\w'-]+ ){1,2}?slices?\b|"
    r"\bthe slices? (?:of|for|with|that|which|called|named|next|after|before|above|"
    r"below|beside|belonging)\b|\bthose slices?\b"
)
"""A slice by what it is for: only its own name tells that it is the author's."""


Span = tuple[int, int]
Mark = tuple[int, int, str | None]
"""Where a text speaks of somebody: None for its author, else the words."""


def spoken_of(text: PlainText, author: Author, names: Names) -> dict[int, list[Mark]]:
    """Of whom each paragraph of a text speaks, by where it begins."""
    if not author.own:
        return {}
    cuts = [0, *(match.start() for match in _PARAGRAPH.finditer(text.plain))]
    return {
        low: _marks(text, (low, high), names, author)
        for low, high in pairwise((*cuts, len(text.plain)))
    }


def somebody_elses(
    proposal: Proposal,
    text: PlainText,
    author: Author,
    names: Names,
    spoken: dict[int, list[Mark]],
) -> str | None:
    """Words that tell that a wish taken for the author's is another's, or None.

    ``spoken`` is from :func:`spoken_of`; what is behind the proposal does not count.
    """
    if not author.own or not {*proposal.users} <= {*author.own}:
        return None
    low = max(text.plain.rfind("\n\n", 0, proposal.span[0]), 0)
    marks = [one for one in spoken[low] if one[1] <= proposal.span[1]]
    for start, _, words in marks:
        if words is not None and _BEHALF.search(text.plain, low, start):
            return f"the words are said for somebody else: {words!r}"
    places = _places(proposal, text, names)
    end = max(high for _, high in places)
    if not any(words is None for _, _, words in marks):
        subject = _SUBJECT.search(text.plain, low, end)
        if subject is not None:
            return (
                f"the words do not say that they are about the author: {subject[0]!r}"
            )
    found = [_nearest(marks, *place, text.plain) for place in places]
    if not found or any(words is None for words in found):
        return None
    return f"the words are about somebody else: {found[0]!r}"


def _marks(text: PlainText, span: Span, names: Names, author: Author) -> list[Mark]:
    """Where a part of a text speaks of whom: None for its author, else the words."""
    plain, original, shift = (
        text.plain[slice(*span)],
        text.original[slice(*span)],
        span[0],
    )
    is_user = author.role == "user"
    own, others = author.own[0], (_BUT_US, _ELSE, *((_KIN,) if is_user else ()))
    marks: list[Mark] = [(*match.span(), None) for match in _OWN.finditer(plain)]
    marks += [
        (*match.span(), match[0].strip())
        for pattern in others
        for match in pattern.finditer(plain)
    ]
    marks += [(*m.span("name"), m["name"]) for m in _PERSON.finditer(original)]
    for one in names.mentions(original, plain):
        low, high = one.span
        if one.kind in ("user", "unknown"):
            is_own = own in one.names and not _BESIDE.search(plain[:low][-40:])
            words = None if is_own else plain[low:high]
            marks.append((low, high, words))
    if not is_user:
        number = own.partition(":")[2]
        for match in _NUMBERED.finditer(plain):
            is_own = (match[1] or match[2]) == number
            marks.append((*match.span(), None if is_own else match[0].strip()))
        for match in _COUNTED.finditer(plain):
            is_own = str(_WORDS.index(match[1])) == number
            marks.append((*match.span(), None if is_own else match[0]))
        marks += [(*m.span(), m[0]) for m in _A_SLICE.finditer(plain)]
    theirs = [one for one in marks if one[2] is not None]
    covered = {place for low, high, _ in theirs for place in range(low, high)}
    own_marks = [
        one
        for one in marks
        if one[2] is None and not covered.issuperset(range(*one[:2]))
    ]
    return [
        (low + shift, high + shift, words) for low, high, words in (*own_marks, *theirs)
    ]


def _nearest(marks: list[Mark], low: int, high: int, plain: str) -> str | None:
    """Words for others that stand nearest before a value, or else behind it."""
    before = [one for one in marks if one[0] < low]
    behind = [one for one in marks if one[0] >= high]
    for start, _, words in behind:
        if _FOR.fullmatch(plain, high, start):
            return words
    if before:
        return max(before, key=lambda one: (one[1], one[0]))[2]
    return min(behind, key=lambda one: one[0])[2] if behind else None


def _places(proposal: Proposal, text: PlainText, names: Names) -> list[tuple[int, int]]:
    """Where the value that is asked stands, or the cell, or the end of the words."""
    one = clause(text, proposal.span, names)
    found = [
        quantity.span
        for quantity in one.quantities
        if isinstance(proposal.value, float | int)
        and any(
            math.isclose(value, proposal.value, rel_tol=TOLERANCE)
            for value in stated_values(
                proposal.kind, replace(one, quantities=(quantity,))
            )
        )
    ]
    cells = [
        mention.span for mention in one.mentions if {*mention.names} & {*proposal.cells}
    ]
    return found or cells or [(one.span[1], one.span[1])]
