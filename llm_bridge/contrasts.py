"""Names and numbers that a text only sets something off against: left out of reading.

``M3A, not M3B`` and ``not M3B but M3A`` speak of M3A alone. The words that set M3B
aside are blanked out; places stay true.
"""

import itertools
import re
from dataclasses import replace

from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.quantities import quantities

_THING = r"(?:(?:cells?|sites?|sectors?|users?|slices?|the|on|to|at|from|via|by|in) )*"
_AFTER = re.compile(
    rf"(?:, ?|\s\(|\s- |\s)(?:and |but |rather than|instead of|as opposed to|"
    rf"(?:and |but )?(?:definitely |certainly |explicitly )?not)\s?(?:not )?{_THING}$"
)
"""What stands between a name and another one that is set aside."""
_BEFORE = re.compile(rf"\bnot {_THING}$")
_BUT = re.compile(rf"\)?,? but (?:rather )?(?={_THING})")
_ENDS = re.compile(r"\)?\s*(?:$|[.,;!\n)]|(?:until|till|from|between|at|today|tonight|"
                   r"please|for now|as|because|since|any ?more)\b)")  # fmt: skip
_FORMER = re.compile(
    r"\((?:was|were|before|formerly|previously|old|instead of|originally|not)\b:?"
    r"[^()\n]*\)|\binstead of (?:the )?(?:usual |normal |previous )?[\d.,]+ ?[a-z/%]+,?"
)
"""A value that another one takes the place of."""
_NOT = re.compile(r"\bnot\b|\brather than\b|\binstead of\b|\bas opposed to\b")


def without_contrasts(text: PlainText, names: Names) -> PlainText:
    """The text without what it only sets something off against."""
    plain = text.plain
    for match in _FORMER.finditer(plain):
        plain = _blanked(plain, *match.span())
    text = replace(text, plain=plain)
    if not _NOT.search(plain):
        return text
    things = [
        (one.kind, one.span)
        for one in names.mentions(text.original, plain)
        if one.kind in ("cell", "user", "unknown")
    ]
    taken = [span for _, span in things]
    things += [
        (one.dimension, one.span)
        for one in quantities(text.original, plain)
        if one.dimension not in ("", "s", "m")
        and not any(low < one.span[1] and one.span[0] < high for low, high in taken)
    ]
    things.sort(key=lambda one: one[1])
    for (kind, one), (other_kind, other) in itertools.pairwise(things):
        between = text.plain[one[1] : other[0]]
        if kind != other_kind or "\n" in between:
            continue
        after = _AFTER.fullmatch(between)
        if after and _NOT.search(between) and _ENDS.match(text.plain, other[1]):
            plain = _blanked(plain, one[1], other[1])
            continue
        before = _BEFORE.search(text.plain[: one[0]])
        if before and _BUT.match(between):
            plain = _blanked(plain, before.start(), other[0])
    return replace(text, plain=plain)


def _blanked(plain: str, low: int, high: int) -> str:
    return plain[:low] + " " * (high - low) + plain[high:]
