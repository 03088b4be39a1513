"""What a clause says beside a reading: then it is not understood, and makes no item."""

import itertools
import re
from dataclasses import replace

from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import Kind
from llm_bridge.days import dates
from llm_bridge.durations import SHORTEST_SPAN
from llm_bridge.names import BESIDE
from llm_bridge.number_words import SMALL, WORDS
from llm_bridge.numeric_readings import delay_beside
from llm_bridge.quantities import FACTORS, Quantity
from llm_bridge.reading import Reading
from llm_bridge.times import SAME_TIME

_NUMBER = re.compile(r"(?<![\w#/-])\d[\d.,:']*(?![\w])")
_LABELLED = re.compile(
    r"\b(?:tickets?|works?|job|task|activity|case|incident|alarm|change|order|no\.?|"
    r"nr\.?|numbers?|id|ref|"
    r"rfc|edition|licen[cs]e|conditions?|section|article|paragraph|clause|item|annex|"
    r"phase|floor|"
    r"level|gate|line|route|page|version|room|building|hall|track|pier|terminal|part|"
    r"cfr|rule|decision|regulation|notice|bulletin|circular|contract|invoice|report|"
    r"sev|prio|priority|p|shift|day|lot|zone|row|unit|platform|"
    r"ambulance|car|train|tram|bus|truck|flight|robot|vehicle|machine|press)s? ?[:#]? ?"
    r"(?:\d+(?:,| and| &| to|-) ?)*$"
)
_SPELLED_HOUR = re.compile(
    rf"\b(?:until|till|til|by|to|and|at|from|since|before|after) (?P<n>{SMALL})"
    r"(?=$|[.,;)!]| (?:today|this|tomorrow|tonight|in the)\b)"
)
"""A number in words that stands where a time or a value would."""
_COUNTED = re.compile(
    r"(?:%ile|th percentile)\b| of (?:them|these)\b|"
    r"[ -](?!(?:and|until|till|from|for|per|to|or|the|on|at|"
    r"in|of|by|with|max|min|"
    r"only|instead|today|tomorrow|tonight|please|pls|thanks|sharp|now|each|not|but|"
    r"more|less|is|are|as|then|than|thousand|million|hundred)\b)[a-z][a-z-]{2,}"
)
_SUFFIX = re.compile(r"-[a-z]\b")
_HEAD_WORDS = re.compile(r"\W*[A-Za-z]{2,}(?: [A-Za-z]+)? ")
_FIELD_END = re.compile(r"\s*[/|;]\s|[|;]")
_ACRONYM = re.compile(
    r"(?<![\w-])(?!(?:MAX|MIN|PRB|PRBS|RB|RBS|CAP|TX|UP|TO|AT|BY|OF|IN|ON|DL|UL|MBR|GBR|"
    r"AMBR|RATE|POWER|LOAD|NOT|LAP|LAPS|UAV|UAVS) )[A-Z]{2,5} $"
)
"""Letters of a kind of paper before its number: ``INC 4711``."""
_HEAD = re.compile(r"\W*[a-z]+ ?:")
_TIME_UNIT = re.compile(
    r"(?<!rush )(?<!busy )(?<!peak )(?<!office )(?<!next )(?<!last )(?<!opening )"
    r"(?<!quiet )(?<!that )(?<!business )(?<!working )(?<!school )(?<!visiting "
    r")(?<!night )"
    r"(?<!early )(?<!twice )(?<!once )(?<!times )(?<!daytime )(?<!shopping )(?<!per "
    r")(?<!an )"
    r"(?<!same )(?<!these )(?<!those )\b(?:(?<!this )hours?|minutes?|"
    r"weeks?|months?|fortnight)\b"
    r"|(?<!twice )(?<!once )(?<!times )\ban hour\b"
)
_NEAR = re.compile(
    rf"(?:{BESIDE}|\bnearby|\babove|\bover)(?: (?:the|cells?|sites?|sectors?|our|"
    rf"of))* ?$|{BESIDE}\b"
)
_OF_CELLS = (
    Kind.OUTAGE,
    Kind.MAINTENANCE,
    Kind.SPECTRUM_GRANT,
    Kind.ENERGY_SAVING,
    Kind.INTRUSION,
)
_SOME_OF = re.compile(
    r"(?<!every )(?<!each )\b(?:one|two|three|some|few|several|most|many|parts?|"
    r"either|any|which|"
    r"each(?! of our [a-z]+s\b)) of (?:the|our|its|these|those)\b(?! (?:time|day|hour|"
    r"week))|\beither\b|"
    r"\b(?:one|two|three|four|some|\d+) (?:out )?of (?:the )?(?:two|three|four|five|"
    r"six|\d+)\b|"
    r"(?<!that )(?<!this )\bone (?:at|for|in|on|over|near)\b|\b(?:half|a third|"
    r"a quarter) of (?:the|"
    r"our) (?:\w+ )?(?:cells|sectors|sites|users)\b"
)
_OTHERS = re.compile(
    r"\b(?:all|the|any|every)(?: the)? others?\b(?! (?:day|week|hand|side))|"
    r"\b(?:every(?:body|one)|any(?:body|one)|some(?:body|one)|nobody) else\b|"
    r"\bthe rest\b(?! of (?:the (?:day|week|night|morning|afternoon|shift)|today))|"
    r"\ball other \w+"
)
_CONTRAST = re.compile(
    r"\b(?:than|instead of|rather than|unlike|as opposed to|in place of)(?: (?:on|at|"
    r"in|for|"
    r"from|by|the|cells?|sites?))* ?$"
)
_OF_KIND = re.compile(
    r"\ban? (?:cell|site|sector|user|ue|slice) (?:called |named )?$|"
    r"\b(?:cells?|sites?|sectors?|users?|ues?|slices?|anything|something) (?:like|such "
    r"as|(?:of|from) (?:the |this )?(?:type|kind|sort|model|class|family))(?: of)? $"
)
"""What stands before a name that is only an example of its kind."""
_LEFT_OUT = re.compile(
    r"\b(?:except(?:ing)?(?: for)?|excluding|other than|apart from|all but|save for|"
    r"everything but|nothing but|anything but|but not|minus(?! ?\d)|not including)\b"
)
_FINE = re.compile(
    r"\b(?:all|every\w*) (?:[a-z]+ )*?(?:green|fine|ok|okay|up|well|good|healthy|"
    r"normal|"
    r"running|working)\W*$"
)
_LISTED = re.compile(
    r"[\s,;:/&+()|*-]*(?:(?:and|n|or|as well as|plus|also|both|then|cells?|sites?|"
    r"sectors?|"
    r"users?|ues?|slices?|its|their|neighbou?rs?|on|at|of|in|for|the|to|"
    r"from|with|only|by)[\s,;:/&+()|*-]*)*"
)
"""What may stand between two names of one list."""
_TOO = re.compile(r" (?:too|as well|likewise|also)\b")
_BESIDE = {
    Kind.LAP_REQUEST: ("m", "factor"),
    Kind.MOBILITY: ("m",),
    Kind.WEATHER: ("m/s", "m", "%"),
    Kind.RADAR_ACTIVITY: ("Hz", "m"),
    Kind.PROTECTION: ("Hz",),
    Kind.POWER_LIMIT: ("m", "Hz"),
    Kind.INTRUSION: ("bit/s",),
    Kind.MAINTENANCE: ("factor",),
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
    is_by_cell = reading.kind is Kind.LAP_REQUEST and bool(reading.cells)
    number = None if is_by_cell else _number(one)
    is_count = reading.kind is Kind.LAP_REQUEST and number == f"{reading.value:g}"
    if number is not None and not is_count:
        return f"the number {number!r} is not understood"
    time = _times(one)
    if time is not None:
        return f"which of several times {time!r} is meant is not understood"
    unit = _unit(one)
    if unit is not None:
        return f"the time with {unit!r} is not understood"
    if reading.kind in _OF_CELLS and _all_near(one):
        return "what is beside or above a cell is not the cell"
    for quantity in one.quantities:
        if not _is_read(one, reading, quantity, now):
            words = one.text.plain[slice(*quantity.span)]
            return f"what {words!r} means here is not understood"
    for mention in one.mentions:
        before = one.plain[: mention.span[0] - one.span[0]]
        contrast = _CONTRAST.search(before)
        if contrast is not None:
            return f"what {contrast[0].strip()!r} sets aside is not understood"
        example = _OF_KIND.search(before)
        if example is not None:
            return f"whether {example[0].strip()!r} means this one is not understood"
    if reading.cells is None:
        apart = _named_apart(one)
        if apart is not None:
            return f"whether {apart!r} joins the names before is not understood"
    part = _SOME_OF.search(one.plain)
    if part is not None and not (is_by_cell or _is_counted(one, part)):
        return f"which {part[0]!r} means is not understood"
    others = _OTHERS.search(one.plain)
    if others is not None and not _is_resolved(one):
        return f"whom {others[0]!r} means is not understood"
    exception = _LEFT_OUT.search(one.plain)
    if exception is not None and _FINE.search(one.plain[: exception.start()]):
        return f"what {exception[0]!r} leaves out is the fault, not the rest"
    if exception is not None and not _is_resolved(one):
        return f"whom {exception[0]!r} leaves out is not understood"
    return None


def _is_counted(one: Clause, part: re.Match[str]) -> bool:
    """Whether as many names stand behind ``three of our phones: u001, ...``."""
    count = WORDS.get(part[0].split(" ")[0], 0)
    low = one.span[0] + part.end()
    named = [n for m in one.mentions if m.span[0] >= low for n in m.names]
    return count > 1 and len(named) == count


def _named_apart(one: Clause) -> str | None:
    """Words between two names of one kind that make no list of them."""
    for kind in ("cell", "user"):
        named = [mention for mention in one.mentions if mention.kind == kind]
        for last, mention in itertools.pairwise(named):
            if {*last.names} >= {*mention.names} or last.names[0].startswith("slice:"):
                continue  # a site or slice, and then which of it
            between = one.text.plain[last.span[1] : mention.span[0]]
            is_too = _TOO.match(one.text.plain, mention.span[1])
            if not is_too and not _LISTED.fullmatch(between):
                return one.text.plain[last.span[0] : mention.span[1]]
    return None


def _is_resolved(one: Clause) -> bool:
    """Whether "all but some" was read as the list of the others."""
    return any(
        (
            len(mention.names) > 1
            and re.search(
                r"\b(?:all|every|each|any)", one.text.plain[slice(*mention.span)]
            )
        )
        or _LEFT_OUT.search(one.text.plain[slice(*mention.span)])
        for mention in one.mentions
    )


def _all_near(one: Clause) -> bool:
    """Whether cells are only named to say where something else is."""
    starts = [m.span[0] - one.span[0] for m in one.mentions if m.kind == "cell"]
    return bool(starts) and all(
        _NEAR.search(one.plain[:start][-40:]) for start in starts
    )


def _unit(one: Clause) -> str | None:
    """A unit of time that belongs to no number that was read."""
    shift = one.span[0]
    taken = [q.span for q in one.quantities if q.dimension]
    times = [(low + shift, high + shift) for low, high in _clock_spans(one)]
    times += [
        (match.start() + shift, match.end() + shift)
        for match in SAME_TIME.finditer(one.plain)
    ]
    for match in _TIME_UNIT.finditer(one.plain):
        place = match.start() + shift
        after_clock = any(0 <= place - high <= 1 for _, high in times)
        if not after_clock and not any(
            low <= place < high for low, high in (*taken, *times)
        ):
            return match[0]
    return None


def _clock_spans(one: Clause) -> list[tuple[int, int]]:
    return [clock.span for clock in clocks(one.unnamed)]


def _number(one: Clause) -> str | None:
    """A bare number that is no name, quantity, time, label or count of things."""
    shift = one.span[0]
    taken = [
        *((low - shift, high - shift) for low, high in
          [m.span for m in one.mentions]
          + [q.span for q in one.quantities if q.dimension]),
        *_clock_spans(one),
        *dates(one.plain),
    ]  # fmt: skip
    for match in _NUMBER.finditer(one.plain):
        end = match.start() + len(match[0].rstrip(".,:'"))
        if any(low < end and match.start() < high for low, high in taken):
            continue
        before, after = one.plain[: match.start()], one.plain[end:]
        is_entry = after[:1] == ")" and before[-1:] in ("(", " ", "")
        is_entry = is_entry or _HEAD.fullmatch(before + after[:1]) is not None
        is_entry = is_entry or (after[:1] == "." and not before.strip())
        if is_entry or _LABELLED.search(before) or _COUNTED.match(after):
            continue
        if _is_label(one, match.start(), end):
            continue
        return match[0]
    for match in _SPELLED_HOUR.finditer(one.plain):
        low, high = match.span("n")
        if not any(start < high and low < end for start, end in taken):
            return match["n"]
    return None


def _is_label(one: Clause, low: int, high: int) -> bool:
    """Whether a number from ``low`` to ``high`` of a clause only tells which paper."""
    number, after = one.plain[low:high], one.plain[high:]
    if one.plain[low - 1 : low] == "[" and after[:1] == "]":
        return True
    if re.match(r"0\d{2,}$", number) and not re.match(r"[0-2]\d[0-5]\d$", number):
        return True
    if _SUFFIX.match(after):
        return True
    line = one.text.original[: one.span[0] + low].rpartition("\n")[2]
    if _HEAD_WORDS.fullmatch(line) and _FIELD_END.match(after):
        return True
    acronym = _ACRONYM.search(line)
    is_shouted = not re.search(r"[a-z]", one.text.original)
    return acronym is not None and not is_shouted and "." not in number


def _times(one: Clause) -> str | None:
    """A second time at which something would begin or end."""
    found = clocks(one.unnamed)
    ends = [clock for clock in found if clock.role == "end"]
    since = [clock for clock in found if clock.role == "since"]
    starts = [clock for clock in found if clock.role in ("start", "since")]
    several = ends or since or starts
    if len(ends) > 1 and len(starts) > 1:
        several = starts
    if len({(clock.hour, clock.minute, clock.second) for clock in several}) > 1:
        return one.plain[slice(*several[1].span)]
    return None


def _is_read(one: Clause, reading: Reading, quantity: Quantity, now: float) -> bool:
    """Whether a quantity is the reading's, a time, or of no account beside it."""
    dimension = quantity.dimension
    if not dimension or dimension == "m":
        return True
    if dimension == "s" and quantity.value >= SHORTEST_SPAN:
        rest = tuple(other for other in one.quantities if other != quantity)
        return one.when(now) != replace(one, quantities=rest).when(now)
    in_one_breath = {Kind.RATE_FLOOR: "s", Kind.LATENCY_BOUND: "bit/s"}
    if in_one_breath.get(reading.kind) == dimension and delay_beside(one):
        return True
    if dimension in (reading.dimension, *_BESIDE.get(reading.kind, ())):
        return True
    return dimension in FACTORS and reading.dimension in FACTORS
