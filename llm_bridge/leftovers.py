"""What a clause says beside a reading: then it is not understood, and makes no item."""

import re
from dataclasses import replace

from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import Kind
from llm_bridge.quantities import Quantity
from llm_bridge.reading import Reading
from llm_bridge.times import SHORTEST_SPAN, dates

_NUMBER = re.compile(r"(?<![\w#/-])\d[\d.,:']*(?![\w])")
_LABELLED = re.compile(
    r"\b(?:tickets?|case|incident|alarm|change|order|no\.?|nr\.?|numbers?|id|ref|"
    r"licen[cs]e|conditions?|section|article|paragraph|clause|item|annex|phase|floor|"
    r"level|gate|line|route|page|version|room|building|hall|track|pier|terminal|part|"
    r"cfr|rule|sev|prio|priority|p|shift|day|lot|zone|row|unit|platform|"
    r"ambulance|car|train|tram|bus|truck|flight|robot|vehicle|machine|press) ?[:#]? ?$"
)
_COUNTED = re.compile(
    r"[ -](?!(?:and|until|till|from|for|per|to|or|the|on|at|in|of|by|with|max|min|"
    r"only|instead|today|tomorrow|tonight|please|pls|thanks|sharp|now|each|not|but|"
    r"more|less|is|are|as|then|than|thousand|million|hundred)\b)[a-z][a-z-]{2,}"
)
_LEFT_OUT = re.compile(
    r"\b(?:except(?:ing)?(?: for)?|excluding|other than|apart from|all but|save for|"
    r"everything but|nothing but|anything but|but not|minus|not including)\b"
)
_BESIDE = {
    Kind.LAP_REQUEST: ("m",),
    Kind.MOBILITY: ("m",),
    Kind.RADAR_ACTIVITY: ("Hz", "m"),
    Kind.PROTECTION: ("Hz",),
    Kind.POWER_LIMIT: ("m", "Hz"),
    Kind.INTRUSION: ("bit/s",),
}
"""Dimensions that a kind may stand beside."""


def leftover(one: Clause, reading: Reading, now: float) -> str | None:
    """What in a clause nobody has read, or None.

    Parameters
    ----------
    one : Clause
        The clause.
    reading : Reading
        What was read in it.
    now : float
        s since epoch, UTC.
    """
    number = _number(one)
    if number is not None:
        return f"the number {number!r} is not understood"
    for quantity in one.quantities:
        if not _is_read(one, reading, quantity, now):
            words = one.text.plain[slice(*quantity.span)]
            return f"what {words!r} means here is not understood"
    exception = _LEFT_OUT.search(one.plain)
    if exception is not None and (one.mentions_all("cells") or not one.mentions):
        return f"whom {exception[0]!r} leaves out is not understood"
    return None


def _number(one: Clause) -> str | None:
    """A bare number that is no name, quantity, time, label or count of things."""
    shift = one.span[0]
    taken = [
        *((low - shift, high - shift) for low, high in
          [m.span for m in one.mentions]
          + [q.span for q in one.quantities if q.dimension]),
        *(clock.span for clock in clocks(one.plain)),
        *dates(one.plain),
    ]  # fmt: skip
    for match in _NUMBER.finditer(one.plain):
        if any(low < match.end() and match.start() < high for low, high in taken):
            continue
        before, after = one.plain[: match.start()], one.plain[match.end() :]
        is_entry = after[:1] == ")" and before[-1:] in ("(", " ", "")
        is_entry = is_entry or (after[:1] == "." and not before.strip())
        if is_entry or _LABELLED.search(before) or _COUNTED.match(after):
            continue
        return match[0]
    return None


def _is_read(one: Clause, reading: Reading, quantity: Quantity, now: float) -> bool:
    """Whether a quantity is the reading's, a time, or of no account beside it."""
    dimension = quantity.dimension
    if not dimension or dimension == "m":
        return True
    if dimension == "s" and quantity.value >= SHORTEST_SPAN:
        rest = tuple(other for other in one.quantities if other != quantity)
        return one.when(now) != replace(one, quantities=rest).when(now)
    if dimension in (reading.dimension, *_BESIDE.get(reading.kind, ())):
        return True
    factors = ("factor", "%", "part")
    return dimension in factors and reading.dimension in factors
