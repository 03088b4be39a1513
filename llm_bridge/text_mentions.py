"""Everything in a text that an item can be made of: names, numbers, times, bands.

Each has a type and stands for itself; what part it plays is for a reader of the whole
text to say (:mod:`llm_bridge.whole_reading`).
"""

import itertools
import re
from dataclasses import dataclass, replace

from llm_bridge.clause import Clause, clause
from llm_bridge.clock import Clock, clocks
from llm_bridge.days import WEEKDAY, dates, day_of
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.quantities import Quantity
from llm_bridge.sentences import LONGEST_SENTENCE, sentences
from llm_bridge.unit_headings import headed

SHORTEST, LONGEST_DELAY = 1e-3, 60.0
"""W; what a cell sends is more, what reaches a receiver less. s; delays are shorter."""
NAMES = ("cell", "user", "slice", "unknown", "cells", "users")
TIMES = ("clock", "hour", "duration", "date")
TYPES = (
    *NAMES, *TIMES, "band", "rate", "delay", "nanowatt", "watt", "decibel", "percent",
    "part", "factor", "number", "speed", "rain", "hertz", "m",
)  # fmt: skip
"""An ``hour`` is a bare number that may be a time of day."""
_BY_DIMENSION = {
    "": "number", "%": "percent", "bit/s": "rate", "m/s": "speed", "mm/h": "rain",
    "Hz": "hertz", "dB": "decibel",
}  # fmt: skip
_DAY = re.compile(
    rf"\b(?:day after tomorrow|tomorrow|tmrw|tmr|tmw|2moro|today)\b|{WEEKDAY}"
)
_UPPER_EDGE = re.compile(
    r"[,;.]?\s{1,3}\"?(?:upper|hi|high|top|end|stop|to|until|max)"
    r"(?:[ _](?:edge|limit|end|bound|frequency|freq))?\"? ?[:=] ?"
)
_COUNTED = re.compile(r" (?:uavs?|drones?|laps?|balloons?|platforms?)\b")
"""What stands behind a count: ``2 x UAV``."""
_HOUR = re.compile(r"(\d\d?)(?:\.([0-5]\d))?")
LONGEST_ROW = 40
"""Characters from a number in a table to what stands in its row."""
Span = tuple[int, int]


@dataclass(frozen=True)
class TextMention:
    """A name, number, time or band.

    Attributes
    ----------
    span : (int, int)
        Where it stands in the text.
    type : str
        One of :data:`TYPES`.
    sentence : (int, int)
        Where its sentence stands.
    words : str
        The sentence in plain characters, names blanked out.
    names : tuple of str
        Of cells or users.
    quantity : Quantity or None
        Number with its unit.
    clock : Clock or None
        Time of day.
    day : float or None
        Seconds from today's midnight to that of the day named.
    band : (float, float) or None
        Hz.
    """

    span: Span
    type: str
    sentence: Span
    words: str
    names: tuple[str, ...] = ()
    quantity: Quantity | None = None
    clock: Clock | None = None
    day: float | None = None
    band: tuple[float, float] | None = None


def text_mentions(text: PlainText, names: Names, now: float) -> list[TextMention]:
    """Mentions of a text in order, none over another; ``now`` in s since epoch."""
    found: list[TextMention] = []
    for span in sentences(text.plain):
        if span[1] - span[0] <= LONGEST_SENTENCE:
            one = clause(text, span, names)
            found += [*_quantities(one), *_names(one), *_times(one, now)]
    found = _joined_edges(_with_headings(found, text), text.plain)
    found.sort(key=lambda one: (one.span[0], -one.span[1]))
    kept: list[TextMention] = []
    for one in found:
        last = kept[-1] if kept else None
        if last is not None and one.span[0] < last.span[1]:
            continue
        if last is not None and one.day is not None and _is_one_day(last, one):
            kept[-1] = replace(last, span=(last.span[0], one.span[1]))
        else:
            kept.append(one)
    return kept


def _with_headings(found: list[TextMention], text: PlainText) -> list[TextMention]:
    """Mentions with those numbers replaced whose unit is in a heading or key."""
    for values in headed(text):
        low, high = values[0].span if values else (0, 0)
        covered = [m for m in found if low <= m.span[0] and m.span[1] <= high]
        beside = [m for m in found if 0 <= low - m.span[1] < LONGEST_ROW]
        if not covered and not beside:
            continue
        first = (covered or beside)[-1]
        band = (values[0].value, values[-1].value) if len(values) == 2 else None
        is_band = band is not None and values[0].dimension == "Hz"
        if len(values) != 1 and not is_band:
            continue
        kind = "band" if is_band else _type(values[0], text.plain)
        made = TextMention(
            (low, high),
            kind,
            first.sentence,
            first.words,
            quantity=None if is_band else values[0],
            band=band,
        )
        found = [made, *(one for one in found if one not in covered)]
    return found


def _joined_edges(found: list[TextMention], plain: str) -> list[TextMention]:
    """Mentions with a band for two edges that stand in lines or keys of their own."""
    edges = [one for one in found if one.type == "hertz" and one.quantity]
    bands = []
    for one, two in itertools.pairwise(sorted(edges, key=lambda one: one.span)):
        low, high = (x.quantity.value if x.quantity else 0.0 for x in (one, two))
        if low < high and _UPPER_EDGE.fullmatch(plain, one.span[1], two.span[0]):
            span = (one.span[0], two.span[1])
            bands.append(
                replace(one, span=span, type="band", quantity=None, band=(low, high))
            )
    return found + bands


def _is_one_day(last: TextMention, one: TextMention) -> bool:
    """Whether two mentions name a day together: ``Wednesday, 3 June``."""
    return last.day == one.day and one.span[0] - last.span[1] <= 3


def _quantities(one: Clause) -> list[TextMention]:
    """Numbers with units, and bands of two of them."""
    whole = one.band()
    bands = one.bands() or ([whole] if whole else [])
    found = [
        TextMention(span, "band", one.span, one.unnamed, band=band)
        for band, span in bands
    ]
    for quantity in one.quantities:
        low, high = quantity.span
        if not any(start < high and low < end for _, (start, end) in bands):
            made = TextMention(
                quantity.span,
                _type(quantity, one.text.plain),
                one.span,
                one.unnamed,
                quantity=quantity,
            )
            found.append(_as_hour(made, one.text.plain[low:high]))
    return found


def _type(quantity: Quantity, plain: str) -> str:
    """Type of a quantity in a text in plain characters."""
    if quantity.dimension == "factor" and _COUNTED.match(plain, quantity.span[1]):
        return "number"
    if quantity.dimension == "s":
        return "delay" if quantity.value < LONGEST_DELAY else "duration"
    if quantity.dimension == "W":
        return "watt" if quantity.value >= SHORTEST else "nanowatt"
    return _BY_DIMENSION.get(quantity.dimension, quantity.dimension)


def _as_hour(one: TextMention, words: str) -> TextMention:
    """A bare number that may be a time of day as one whose half is open."""
    if one.type != "number" or one.quantity is None:
        return one
    match = _HOUR.fullmatch(words)
    value = one.quantity.value
    hour = int(match[1]) if match else int(value) if value in range(25) else 0
    minute = int(match[2] or 0) if match else 0
    if not 1 <= hour <= 24:
        return one
    half = "24" if hour > 12 or words[0] == "0" else ""
    clock = Clock(hour, minute, one.span, role="unclear", half=half)
    return replace(one, type="hour", clock=clock)


def _names(one: Clause) -> list[TextMention]:
    found = []
    for mention in one.mentions:
        if mention.kind in NAMES:
            is_slice = any(name.startswith("slice:") for name in mention.names)
            kind = "slice" if mention.kind == "user" and is_slice else mention.kind
            found.append(
                TextMention(mention.span, kind, one.span, one.unnamed, mention.names)
            )
    return found


def _times(one: Clause, now: float) -> list[TextMention]:
    """Times of day, and days."""
    words, shift = one.unnamed, one.span[0]
    found = [
        TextMention(_moved(clock.span, shift), "clock", one.span, words, clock=clock)
        for clock in clocks(words)
    ]
    for low, high in (*dates(words), *(m.span() for m in _DAY.finditer(words))):
        day, is_named = day_of(_dated(words, low, high), now)
        if is_named:
            span = _moved((low, high), shift)
            found.append(TextMention(span, "date", one.span, words, day=day))
    return found


def _dated(words: str, low: int, high: int) -> str:
    """Words of a day between others by which it is one."""
    return f"on {words[low:high].rstrip()} 1:00"


def _moved(span: Span, shift: int) -> Span:
    return span[0] + shift, span[1] + shift
