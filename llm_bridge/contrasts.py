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
_SORRY = re.compile(
    r"(?P<kept>(?:[^;:!?\n]|:\d){0,40}?) ?[,;(-] ?(?:(?:oops|no)[,;]? )?(?:sorry|"
    r"pardon|"
    rf"correction|i mean|i meant|make that)[,:]? {_THING}$"
)
"""What stands between a name and the one that should have been written."""
_MEANT = re.compile(r"\b(?:sorry|pardon|correction|i mean|make that)")
_BEFORE = re.compile(rf"\bnot {_THING}$")
_BUT = re.compile(rf"\)?,? but (?:rather )?(?={_THING})")
_ENDS = re.compile(r"\)?\s*(?:$|[.,;!\n)]|(?:until|till|from|between|at|today|tonight|"
                   r"please|for now|as|because|since|any ?more)\b)")  # fmt: skip
_FORMER = re.compile(
    r"\((?:was|were|before|formerly|previously|old|instead of|originally|not)\b:?"
    r"[^()\n]*\)|\binstead of (?:the )?(?:usual |normal |previous )?[\d.,]+ ?[a-z/%]+,?"
)
"""A value that another one takes the place of."""
_UNLIKE = re.compile(
    rf",?\s*\(?\b(?:unlike|(?:in contrast|contrary|as opposed|in opposition) (?:to|"
    rf"with)|"
    rf"instead of|rather than) {_THING}$|,\s*(?:and |but )?not {_THING}$"
)
"""What stands before a name that is set aside, wherever it stands in its sentence."""
_RATHER = re.compile(r"\b(?:rather|sooner|better|prefer\w*)\b")
_THAN = re.compile(rf" than {_THING}$")
"""``rather on M1A than on M1B``."""
_CLEFT = re.compile(
    r"\W*(?:is|are|was) ?(?:not|n't) the (?:\w+ )?(?:one|cell|site|sector|user|device|"
    r"slice|terminal)s? (?:that|which|who) "
)
"""``M1A is not the one that is down; M1B is``: what stands between name and words."""
_CLEFT_IS = re.compile(
    r" (?:is|are) ?(?:not|n't) (?=[a-z])(?!the |meant|affected|transmit|respon|reach|"
    r"radiat|avail|work|operation|on air|in service|serv|up\b)"
)
"""``M1A is not down but M1B is``."""
_CLEFT_IT = re.compile(
    rf"\bit(?:'s| is| was) ?not {_THING}$|\bit (?:isn't|wasn't) {_THING}$"
)
_WHO = re.compile(r"[,]? (?:that|which|who|whose turn it is to) ")
_IT_IS = re.compile(
    rf"\s*[,;.]?\s*(?:-\s)?(?:but |rather )?(?:it(?:'s| is| was) |that(?:'s| is) |"
    rf"this is )?{_THING}$"
)
"""What stands between what is said and the name of which it is true."""
_NOT = re.compile(
    r"\bnot\b|\brather than\b|\binstead of\b|\bas opposed to\b|\bunlike\b|n't\b|"
    r"\b(?:in contrast|contrary|in opposition) (?:to|with)\b|\bthan\b"
)


def without_contrasts(text: PlainText, names: Names) -> PlainText:
    """The text without what it only sets something off against."""
    plain = text.plain
    for match in _FORMER.finditer(plain):
        plain = _blanked(plain, *match.span())
    text = replace(text, plain=plain)
    if not _NOT.search(plain) and not _MEANT.search(plain):
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
    text = _without_clefts(text, [span for kind, span in things if kind == "cell"])
    text = _without_clefts(text, [span for kind, span in things if kind == "user"])
    plain = text.plain
    for place, (kind, (low, high)) in enumerate(things):
        begin = max(text.plain.rfind(stop, 0, low) for stop in (". ", "; ", "\n", "! "))
        unlike = _UNLIKE.search(plain[:low])
        if unlike is None and _RATHER.search(plain, max(begin, 0), low):
            unlike = _THAN.search(plain[:low])
        if unlike is None or not _ENDS.match(text.plain, high):
            continue
        others = things[:place] + things[place + 1 :]
        line = text.plain.find("\n", high)
        if any(
            other == kind and begin < span[0] and (line < 0 or span[0] < line)
            for other, span in others
        ):
            plain = _blanked(plain, unlike.start(), high)
            if not unlike[0].startswith(",") and plain[high : high + 1] == ",":
                plain = _blanked(plain, high, high + 1)
    for (kind, one), (other_kind, other) in itertools.pairwise(things):
        between = text.plain[one[1] : other[0]]
        if kind != other_kind or "\n" in between:
            continue
        after = _AFTER.fullmatch(between)
        if after and _NOT.search(between) and _ENDS.match(text.plain, other[1]):
            plain = _blanked(plain, one[1], other[1])
            continue
        sorry = _SORRY.fullmatch(between)
        if sorry and _ENDS.match(text.plain, other[1]):
            plain = _blanked(plain, one[0], one[1])
            plain = _blanked(plain, one[1] + sorry.end("kept"), other[0])
            continue
        before = _BEFORE.search(text.plain[: one[0]])
        if before and _BUT.match(between):
            plain = _blanked(plain, before.start(), other[0])
    return replace(text, plain=plain)


def _without_clefts(text: PlainText, spans: list[tuple[int, int]]) -> PlainText:
    """Say of the second name what a sentence denies of the first."""
    for (low, high), (start, end) in itertools.pairwise(spans):
        plain = text.plain
        cleft = _CLEFT.match(plain, high)
        before = _CLEFT_IT.search(plain[:low])
        who = _WHO.match(plain, high)
        tail = re.match(r" (?:is|does|has|are|was)\b", plain[end:])
        cleft = cleft or (tail and _CLEFT_IS.match(plain, high))
        if cleft is not None:
            begin, said = low, cleft.end()
        elif before is not None and who is not None:
            begin, said = before.start(), who.end()
        else:
            continue
        words = re.match(r"[^,;.!?\n]*", plain[said:start])
        stop = said + len(words[0]) if words else said
        after = end + (tail.end() if tail else 0)
        if not _IT_IS.fullmatch(plain[stop:start]) or not _ENDS.match(plain, after):
            continue
        if end - start > said - begin - 1:
            continue
        gap = said - begin - (end - start)
        room = ",".ljust(start - stop) if start > stop else ""
        text = replace(
            text,
            plain=plain[:begin] + plain[start:end] + " " * gap + plain[said:stop]
            + room + plain[start:end] + " " * (after - end) + plain[after:],
            original=text.original[:begin] + text.original[start:end] + " " * gap
            + text.original[said:stop] + room + text.original[start:end]
            + " " * (after - end) + text.original[after:],
        )  # fmt: skip
    return text


def _blanked(plain: str, low: int, high: int) -> str:
    return plain[:low] + " " * (high - low) + plain[high:]
