"""A part of a text that says one thing: its numbers, names, and which way it bounds."""

import itertools
import re
from dataclasses import dataclass, replace

from llm_bridge.durations import SHORTEST_SPAN
from llm_bridge.names import Mention, Names
from llm_bridge.plain_text import PlainText
from llm_bridge.quantities import Quantity, quantities, ranges
from llm_bridge.stance import LOWER_DENIED, UPPER_DENIED, masked
from llm_bridge.times import When, clock_spans, when

_UPPER = re.compile(
    r"\blids?\b|\bis the (?:most|utmost|maximum) (?:that )?(?!important)|"
    r"\bat (?:most|the most|max\w*)\b|\bmax\w*\b|\bup to\b|\bupper (?:limit|bound)\b|"
    r"\bceilings?\b|\bcap(?:s|ped|ping)?\b|\blimit\w*\b|\bthrottl\w*\b|\brestrict\w*\b|"
    r"\bbelow\b|\bunder\b|\bless than\b|\bbeneath\b|\bwithin\b|<|\bslow(?:ed)? down\b|"
    r"\bnot above\b|\bor (?:less|lower|below)\b|\bcurb\w*\b|\bconfin\w*\b|"
    r"\bhold\b[^,]*\b(?:to|at)\b|"
    r"\btops\b|\b(?:reduc|lower|cut|drop|bring|downgrad|slow|squeez|"
    r"scal)\w*\b[^,;]*\bto\b|"
    r"\bmbr\b|\bambr\b|\bmfbr\b|\b(?:down|back) to\b|\ball (?:it|they|he|she|"
    r"we) (?:may|can)\b|"
    r"(?:small|short|low|quick|fast)er than\b|\bnot to exceed\b|\bshap(?:e|ed|ing)\b|"
    r"\bclamp\w*\b"
)
_LOWER = re.compile(
    r"\b(?:at (?:least|the very least|minimum)|min|minim\w+|guarant\w*|floors?|"
    r"needs?|needed|"
    r"requir\w*|ensur\w*|assur\w*|secure|entitled|right to|deserv\w*|reserv\w*|"
    r"promis\w*|gbr|gfbr|"
    r"make sure|depends? on|(?:must|should|shall|has to|have to)(?: each| all|"
    r" always)? (?:have|get|see|"
    r"receive|reach|be given|always have|always get|achieve|keep|be able)|"
    r"commit\w*|provide|sustain\w*|cannot do with less|or (?:more|better|above|"
    r"higher)|set aside|earmark\w*|dedicat\w*|lower (?:limit|bound)|keep\b(?=[^,"
    r";]* (?:for|free)\b)|allocat\w*|assign\w*|"
    r"give|gets? no less|(?:stays?|remains?|keeps?|kept|be|holds?)\b[^,;]* above)\b|"
    r"(?<!-)>"
)
_BEFORE = re.compile(
    r"\b(?:(?P<min>at (?:the )?(?:very )?least|minimum|not? less than)|"
    r"at (?:the )?(?:very )?most|maximum|not? more than|"
    r"up to)(?: of)? $"
)
"""A bound right before its number."""
_BEHIND = re.compile(
    r"(?: of (?:the |all )?[a-z]+,?)? ?"
    r"(?:(?P<min>min(?:imum)?\b|at (?:the )?(?:very )?least\b|or more\b|"
    r"guaranteed\b)|max(?:imum)?\b|at (?:the )?(?:very )?most\b|or less\b|tops\b)"
    r"(?! (?:(?:share|rate|power|delay|latency|limit|bandwidth|speed) )?\d)"
)
"""A bound right behind its number."""
_CENTRE = re.compile(r"\b(?:at|around|centred|centered|about|wide|width|bandwidth)\b|@")
_SET_ASIDE = re.compile(
    r"\b(?:from|instead of|rather than|was|were|used to|normally|usually|currently|"
    r"previously|formerly|not|now at|nominal|originally|compared (?:to|with)|"
    r"than the|up from|down from)"
    r"(?: the| a| at| its| usual)* ?$"
)
_PLUS_MINUS = re.compile(
    r"[\d.,]+(?: ?[a-z]+)? ?(?:plus[ /]?(?:or )?-?minus|\+ ?/? ?-|\u00b1) ?"
    r"[\d.,]+ ?[a-z]+"
)
"""A centre with what it reaches to both sides."""
FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|we'd|me|my|mine|we|our|ours|us)\b")
"""Words for the author and those he speaks for."""
_RELATIVE = re.compile(r",? (?:which|who)\b[^,;.]*")
"""What is said of the words right before it: of a name, or of something beside it."""
_REPLACED = re.compile(r" ?(?:[-=]>|[\u2192\u21d2]) ?(?=\d)")
"""What stands between an old value and the new one."""


_THAT = re.compile(r"\b(?:that|this|these|those|same) $")
"""What stands before the length of a time that was named."""


@dataclass(frozen=True)
class Clause:
    """A part of a text at ``span`` with what was found in it.

    Attributes
    ----------
    text : PlainText
        All of the text.
    span : (int, int)
        Where the clause stands in it.
    quantities : tuple of Quantity
        With places in the text; without clock times and parts of names.
    mentions : tuple of Mention
        With places in the text.
    """

    text: PlainText
    span: tuple[int, int]
    quantities: tuple[Quantity, ...]
    mentions: tuple[Mention, ...]

    @property
    def plain(self) -> str:
        """The clause in plain lower case."""
        return self.text.plain[self.span[0] : self.span[1]]

    @property
    def unnamed(self) -> str:
        """The clause with its names blanked out: ``slice 1 may`` is no date."""
        words = self.plain
        for one in self.mentions:
            low, high = (place - self.span[0] for place in one.span)
            if one.kind in ("cell", "user", "unknown"):
                words = words[:low] + "~" * (high - low) + words[high:]
        return words

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in the clause."""
        return pattern.search(self.plain) is not None

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of a kind, each once, in order."""
        found = [n for one in self.mentions if one.kind == kind for n in one.names]
        return tuple(dict.fromkeys(found))

    def mentions_all(self, kind: str) -> bool:
        """Whether the clause speaks of all ``cells`` or all ``users``."""
        return any(one.kind == kind for one in self.mentions)

    def of(self, *dimensions: str) -> list[Quantity]:
        """Quantities of dimensions, but for those set aside (``not 10 W but 20 W``)."""
        found = [one for one in self.quantities if one.dimension in dimensions]
        kept = [
            one
            for one in found
            if not _SET_ASIDE.search(self._before(one))
            and not _REPLACED.match(self.text.plain, one.span[1])
        ]
        return kept or found if len(found) == 1 else kept

    def only(self, *dimensions: str) -> Quantity | None:
        """The one quantity of some dimensions; None if there is none or several."""
        found = self.of(*dimensions)
        values = {one.value for one in found}
        return found[0] if len(values) == 1 else None

    def band(self) -> tuple[tuple[float, float], tuple[int, int]] | None:
        """First frequency range (low, high) in Hz, and where it stands."""
        found = self.bands()
        return found[0] if found else self._centred()

    def bands(self) -> list[tuple[tuple[float, float], tuple[int, int]]]:
        """Frequency ranges (low, high) in Hz, and where they stand."""
        found = list(self.quantities)
        bands = [
            ((one.value, two.value), (one.span[0], two.span[1]))
            for low, high in ranges(found, self.text.plain, "Hz")
            for one, two in ((found[low], found[high]),)
        ]
        return bands or self._around()

    def _around(self) -> list[tuple[tuple[float, float], tuple[int, int]]]:
        """Ranges about a centre: ``3496 plus minus 6 MHz``."""
        found = []
        for one, two in itertools.pairwise(self.quantities):
            span = one.span[0], two.span[1]
            is_about = _PLUS_MINUS.fullmatch(self.text.plain, *span)
            if two.dimension == "Hz" and is_about:
                centre = one.value * (1 if one.dimension else two.size)
                half = abs(two.value)
                found.append(((centre - half, centre + half), span))
        return found

    def _centred(self) -> tuple[tuple[float, float], tuple[int, int]] | None:
        """Range from a centre and a width: ``20 MHz around 3420 MHz``."""
        found = [one for one in self.quantities if one.dimension == "Hz"]
        if len(found) != 2:
            return None
        narrow, wide = sorted(found, key=lambda one: one.value)
        low, high = sorted([narrow.span, wide.span])
        between = self.text.plain[low[1] : high[0]]
        after = self.text.plain[narrow.span[1] : self.span[1]]
        is_width = re.match(
            r" ?(?:wide|of (?:band)?width|(?:band)?width|"
            r"slice)\b",
            after,
        )
        if not is_width and not _CENTRE.search(between):
            return None
        if narrow.value * 5 > wide.value:
            return None
        half = narrow.value / 2
        return (wide.value - half, wide.value + half), (low[0], high[1])

    def when(self, now: float) -> When:
        """Interval that the clause names; ``now`` in s since epoch."""
        shift = -self.span[0]
        found = [replace(q, span=_moved(q.span, shift)) for q in self.quantities]
        return when(self.unnamed, found, now)

    def _before(self, one: Quantity) -> str:
        return self.text.plain[self.span[0] : one.span[0]]

    def bound(self, one: Quantity) -> str | None:
        """Whether a quantity is a ``min`` or a ``max``, by the nearest word."""
        beside = _BEFORE.search(self._before(one)) or _BEHIND.match(
            self.text.plain[one.span[1] : self.span[1]]
        )
        if beside is not None:
            return "min" if beside["min"] else "max"
        denied = [
            (abs(self.span[0] + match.end() - one.span[0]), word)
            for pattern, word in ((LOWER_DENIED, "min"), (UPPER_DENIED, "max"))
            for match in pattern.finditer(self.plain)
        ]
        if denied:
            return min(denied)[1]
        nearest: tuple[int, str] | None = None
        for pattern, word in ((_LOWER, "min"), (_UPPER, "max")):
            for match in pattern.finditer(self.plain):
                start = self.span[0] + match.start()
                gap = (
                    one.span[0] - start
                    if start < one.span[0]
                    else start - one.span[1] + 40
                )
                if nearest is None or gap < nearest[0]:
                    nearest = (gap, word)
        return None if nearest is None else nearest[1]

    def both_bounds(self, *dimensions: str) -> list[tuple[Quantity, str]]:
        """Two quantities of which one bounds from below and one from above, or none."""
        found = self.of(*dimensions)
        if len(found) != 2 or len({q.span for q in found}) != 2:
            return []
        pairs = [
            (quantity, word)
            for quantity, rest in zip(found, (found[1], found[0]), strict=True)
            for word in (self._bound_beside(quantity, rest),)
            if word is not None
        ]
        pairs.sort(key=lambda pair: pair[0].value)
        return pairs if [word for _, word in pairs] == ["min", "max"] else []

    def _bound_beside(self, one: Quantity, other: Quantity) -> str | None:
        """Which way a quantity bounds by the words between it and another one."""
        begin = other.span[1] if other.span < one.span else self.span[0]
        end = other.span[0] if one.span < other.span else self.span[1]
        before = self.text.plain[begin : one.span[0]]
        after = re.split(r",| and | but ", self.text.plain[one.span[1] : end])[0]
        behind = _BEHIND.match(self.text.plain[one.span[1] : self.span[1]])
        if behind is not None:
            return "min" if behind["min"] else "max"
        for words in (before,) if begin > self.span[0] else (before, after):
            at_least, at_most = (
                masked(words, one) for one in (UPPER_DENIED, LOWER_DENIED)
            )
            low = max(_last(words, LOWER_DENIED), _last(at_least, _LOWER))
            high = max(_last(words, UPPER_DENIED), _last(at_most, _UPPER))
            if low != high and (words is before or -1 in (low, high)):
                return "min" if low > high else "max"
        return None

    def outright(self) -> "Clause":
        """Same clause without what it says of other things than names: ``, which``."""
        plain, ends = self.text.plain, [one.span[1] for one in self.mentions]
        for match in _RELATIVE.finditer(plain, *self.span):
            low, high = match.span()
            if low not in ends and not any(low < end <= high for end in ends):
                plain = plain[:low] + " " * (high - low) + plain[high:]
        kept = [q for q in self.quantities if plain[slice(*q.span)].strip()]
        text = replace(self.text, plain=plain)
        return replace(self, text=text, quantities=tuple(kept))

    def widened(self, span: tuple[int, int]) -> "Clause":
        """Same clause with its span from the lower start to the higher end."""
        low, high = min(self.span[0], span[0]), max(self.span[1], span[1])
        return replace(self, span=(low, high))


def clause(text: PlainText, span: tuple[int, int], names: Names) -> Clause:
    """Clause of a text at a span."""
    original, plain = text.original[slice(*span)], text.plain[slice(*span)]
    mentions = names.mentions(original, plain)
    taken = [one.span for one in mentions if one.kind in ("cell", "user", "unknown")]
    hidden = masked(plain)
    for low, high in taken:
        hidden = hidden[:low] + "\x00" * (high - low) + hidden[high:]
    times = clock_spans(plain)
    found = [
        one
        for one in quantities(original, hidden)
        if not _is_time(one, times) and not _is_named_before(one, plain)
    ]
    shift = span[0]
    return Clause(
        text,
        span,
        tuple(replace(one, span=_moved(one.span, shift)) for one in found),
        tuple(replace(one, span=_moved(one.span, shift)) for one in mentions),
    )


def _is_time(one: Quantity, times: list[tuple[int, int]]) -> bool:
    """Whether a quantity is a time: ``half`` of ``half nine``, ``14 h`` of a range."""
    is_open = one.dimension in ("", "part") or (
        one.dimension == "s" and one.value >= 60
    )
    at_first, at_last = (
        any(low <= place < high for low, high in times)
        for place in (one.span[0], one.span[1] - 1)
    )
    return at_first and (is_open or at_last)


def _is_named_before(one: Quantity, plain: str) -> bool:
    """Whether a duration is one of a time that was named: ``in those two hours``."""
    is_long = one.dimension == "s" and one.value >= SHORTEST_SPAN
    return is_long and _THAT.search(plain[: one.span[0]]) is not None


def _last(words: str, pattern: re.Pattern[str]) -> int:
    """Where the last match of a pattern ends, or -1."""
    return max((one.end() for one in pattern.finditer(words)), default=-1)


def _moved(span: tuple[int, int], shift: int) -> tuple[int, int]:
    return span[0] + shift, span[1] + shift
