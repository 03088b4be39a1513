"""Numbers with units as people write them, in SI."""

import re
from dataclasses import dataclass

from llm_bridge.number_words import NUMBER, number
from llm_bridge.quantity_words import worded

FACTORS = ("factor", "%", "part")
"""Dimensions of numbers without a unit of their own."""
DBM, DBW = "dBm", "dBW"
_LINEAR: tuple[tuple[str, str, float], ...] = (
    # dimension, unit on plain text, size in SI
    ("bit/s", r"g(?:iga)?-?bits?(?:/s|/sec| per second|ps)?|gbps|gb/s", 1e9),
    ("bit/s", r"m(?:ega)?-?bits?(?:/s|/sec| per second|ps)?|mbps|mb/s", 1e6),
    ("bit/s", r"k(?:ilo)?-?bits?(?:/s|/sec| per second|ps)?|kbps|kb/s", 1e3),
    ("bit/s", r"k(?= ?\(k(?:bit/s|bps))", 1e3),
    ("bit/s", r"m(?= ?\(m(?:bit/s|bps))", 1e6),
    ("bit/s", r"megs?(?: per second| a second)?", 1e6),
    ("bit/s", r"bits?/s|bits? per second|bps", 1.0),
    ("bit/s", r"megabytes? per second|mbytes?/s", 8e6),
    ("bit/s", r"kilobytes? per second|kbytes?/s", 8e3),
    ("bit/s", r"gigabytes? per second|gbytes?/s", 8e9),
    ("Hz", r"ghz|gigahertz", 1e9),
    ("Hz", r"mhz|megahertz", 1e6),
    ("Hz", r"khz|kilohertz", 1e3),
    ("Hz", r"hz|hertz", 1.0),
    ("mm/h", r"(?:mm|millimet(?:re|er)s?)(?: of (?:rain|snow))? ?(?:/ ?h(?:r|our)?"
             r"|per hour|(?:each|every) hour|(?:in )?(?:an|one) hour|a hour|hourly|"
             r"h-1)|mmh|mmph", 1.0),
    ("mm/h", r"inch(?:es)? ?(?:per|an) hour|in/h(?:r)?", 25.4),
    ("m/s", r"m/s(?:ec)?|m per second|met(?:re|er)s? (?:per|a) second", 1.0),
    ("m/s", r"km/hr?|kmh|km ?ph|kph|km per hour|kms? an hour"
            r"|kilomet(?:re|er)s? (?:per|an) hour", 1 / 3.6),
    ("m/s", r"mph|miles (?:per|an) hour", 0.44704),
    ("m/s", r"knots?|kts?|kn", 1852 / 3600),
    ("s", r"ms|msecs?|millisec(?:ond)?s?|milli-seconds?", 1e-3),
    ("s", r"us|microsec(?:ond)?s?", 1e-6),
    ("s", r"s|secs?|seconds?", 1.0),
    ("s", r"min|mins|minutes?", 60.0),
    ("s", r"h|hrs?|hours?", 3600.0),
    ("s", r"days?", 86400.0),
    ("s", r"weeks?", 604800.0),
    ("%", r"%|per ?cent|pct", 0.01),
    ("dB", r"db|decibels?", 1.0),
    (DBM, r"dbm", 1.0),
    (DBW, r"dbw", 1.0),
    ("m", r"m|met(?:re|er)s?", 1.0),
    ("m", r"km|kilomet(?:re|er)s?", 1e3),
)  # fmt: skip
_WATTS = (  # case tells milli from mega
    ("W", r"W|[Ww]atts?", 1.0),
    ("W", r"kW|[Kk]ilo-?[Ww]atts?", 1e3),
    ("W", r"MW|[Mm]ega-?[Ww]atts?", 1e6),
    ("W", r"mW|[Mm]illi[- ]?[Ww]atts?", 1e-3),
    ("W", r"[uµμ]W|[Mm]icro[- ]?[Ww]atts?", 1e-6),
    ("W", r"nW|[Nn]ano[- ]?[Ww]atts?", 1e-9),
    ("W", r"pW|[Pp]ico[- ]?[Ww]atts?", 1e-12),
    ("W", r"fW|[Ff]emto-?[Ww]atts?", 1e-15),
    ("bit/s", r"GB/s|GByte/s", 8e9),
    ("bit/s", r"MB/s|MByte/s", 8e6),
    ("bit/s", r"kB/s|KB/s|kByte/s", 8e3),
)
_END = r"(?![\w/])"
_UNITS = [(d, re.compile(rf"(?:{p}){_END}"), s) for d, p, s in _LINEAR]
_CASED = [(d, re.compile(rf"(?:{p}){_END}"), s) for d, p, s in _WATTS]
_NUMBER = re.compile(NUMBER)
_GAP = re.compile(
    r" (?:additional|more|extra|further|full|whole|mere|meagre|measly)(?= )[ -]|"
    r"[ \t\n]{0,2}-?"
)
"""Between a number and its unit."""
_TO = re.compile(r"\s{0,3}(?:-|to|and|through|thru|till|until|up to|\.\.)\s{0,4}")
_EDGES = re.compile(
    r"[,;.]?\s{0,2}(?:and )?(?:with )?(?:an? |the )?"
    r"(?:upper (?:edge|limit|end|bound)(?: of| at| is|:)?|(?:hi|high|upper)[:=]) ?"
)
"""What stands between the ends of a range that are told one by one."""
_LIST = re.compile(r"\s?(?:,|,? ?\b(?:and|or)\b|/|&|[-=]>|\u2192)\s?")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, in SI, and where it stands.

    Attributes
    ----------
    value : float
        In SI; a power in dBm or dBW is in W.
    dimension : str
        ``W Hz bit/s s mm/h m/s m dB % factor part`` or ``""`` for a bare number.
    span : (int, int)
        Where number and unit stand.
    signed : bool
        Whether a plus or minus stands before it.
    decibel : bool
        Whether it was stated in dBm or dBW.
    size : float
        Of the unit in SI.
    """

    value: float
    dimension: str
    span: tuple[int, int]
    signed: bool = False
    decibel: bool = False
    size: float = 1.0


def quantities(original: str, plain: str) -> list[Quantity]:
    """Quantities of a text in the order in which they stand.

    Parameters
    ----------
    original, plain : str
        The text, and the same in plain lower case at the same places.
    """
    found = [Quantity(*one) for one in worded(plain)]
    taken = [one.span for one in found]
    for match in _NUMBER.finditer(plain):
        if not any(low < match.end() and match.start() < high for low, high in taken):
            found.append(_with_unit(match, original, plain))
    found.sort(key=lambda one: one.span)
    return _shared_units(found, plain)


def _with_unit(match: re.Match[str], original: str, plain: str) -> Quantity:
    """Quantity of a number and what follows it."""
    value = number(match[0])
    gap = _GAP.match(plain, match.end())
    place = gap.end() if gap else match.end()
    signed = match[0].startswith(("+", "-", "minus"))
    for units, text in ((_CASED, original), (_UNITS, plain)):
        for dimension, pattern, size in units:
            unit = pattern.match(text, place)
            if unit is None:
                continue
            span = (match.start(), unit.end())
            if dimension in (DBM, DBW):
                watt = 10 ** (value / 10) * (1e-3 if dimension == DBM else 1.0)
                return Quantity(watt, "W", span, signed, decibel=True)
            return Quantity(value * size, dimension, span, signed, size=size)
    return Quantity(value, "", match.span(), signed)


def _shared_units(found: list[Quantity], plain: str) -> list[Quantity]:
    """Give numbers of a range or list the unit behind: ``5, 10 and 15 dB``."""
    result = list(found)
    for place in range(len(found) - 2, -1, -1):
        one, two = result[place], result[place + 1]
        between = plain[one.span[1] : two.span[0]]
        is_joined = _TO.fullmatch(between) or _LIST.fullmatch(between)
        if is_joined and not one.dimension and two.dimension and not two.decibel:
            result[place] = Quantity(
                one.value * two.size, two.dimension, one.span, size=two.size
            )
        is_upper = one.value < two.value * one.size < 2 * one.value
        is_upper = is_upper and one.dimension == "Hz" and not two.dimension
        if is_upper and _TO.fullmatch(between):  # 3400 MHz to 3420
            upper = two.value * one.size
            result[place + 1] = Quantity(upper, "Hz", two.span, size=one.size)
    return result


def ranges(found: list[Quantity], plain: str, dimension: str) -> list[tuple[int, int]]:
    """Index pairs of neighbours that form a range of a dimension, low before high."""
    pairs = []
    for place in range(len(found) - 1):
        one, two = found[place], found[place + 1]
        between = plain[one.span[1] : two.span[0]]
        is_joined = _TO.fullmatch(between) or _EDGES.fullmatch(between)
        is_joined = is_joined and one.value < two.value
        is_taken = bool(pairs) and pairs[-1][1] == place
        if one.dimension == two.dimension == dimension and is_joined and not is_taken:
            pairs.append((place, place + 1))
    return pairs
