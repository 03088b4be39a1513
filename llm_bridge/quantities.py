"""Numbers with units as people write them, in SI."""

import re
from collections.abc import Callable
from dataclasses import dataclass

WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ONES = "|".join(sorted(WORDS, key=len, reverse=True))
_TENS = "|".join(TENS)
_DIGIT_WORDS = {
    **{name: value for name, value in WORDS.items() if value < 10},
    "oh": 0, "niner": 9, "fife": 5, "tree": 3, "fower": 4,
}  # fmt: skip
"""Digits as they are spoken one by one, on the radio too."""
DIGIT = rf"(?:{'|'.join(sorted(_DIGIT_WORDS, key=len, reverse=True))})"
_DIGITS_SPOKEN = rf"{DIGIT}(?:[ -]{DIGIT}){{2,}}"
SMALL = rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_ONES})"
_SPELLED = (
    rf"(?:{_DIGITS_SPOKEN}|(?:a|{SMALL}) hundred(?: and)?(?: {SMALL})?|{SMALL} thousand"
    rf"|{SMALL} and a half|{SMALL} point (?:{_ONES})|half an?|a quarter of an?"
    rf"|an? quarter|three quarters of an?|a dozen|{SMALL})"
)
_DIGITS = r"\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?(?:e[+-]?\d+)?|\.\d+"
NUMBER = rf"(?:(?<![\w.,:])(?:\+ ?|-|minus )?(?:{_DIGITS})|\b{_SPELLED}\b)"
"""A number in digits or words, on plain text."""

FACTORS = ("factor", "%", "part")
"""Dimensions of numbers without a unit of their own."""
DBM, DBW = "dBm", "dBW"
_LINEAR: tuple[tuple[str, str, float], ...] = (
    # dimension, unit on plain text, size in SI
    ("bit/s", r"g(?:iga)?-?bits?(?:/s|/sec| per second|ps)?|gbps|gb/s", 1e9),
    ("bit/s", r"m(?:ega)?-?bits?(?:/s|/sec| per second|ps)?|mbps|mb/s", 1e6),
    ("bit/s", r"k(?:ilo)?-?bits?(?:/s|/sec| per second|ps)?|kbps|kb/s", 1e3),
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
    ("W", r"mW|[Mm]illi-?[Ww]atts?", 1e-3),
    ("W", r"[uµμ]W|[Mm]icro-?[Ww]atts?", 1e-6),
    ("W", r"nW|[Nn]ano-?[Ww]atts?", 1e-9),
    ("W", r"pW|[Pp]ico-?[Ww]atts?", 1e-12),
    ("W", r"fW|[Ff]emto-?[Ww]atts?", 1e-15),
    ("bit/s", r"GB/s|GByte/s", 8e9),
    ("bit/s", r"MB/s|MByte/s", 8e6),
    ("bit/s", r"kB/s|KB/s|kByte/s", 8e3),
)
_END = r"(?![\w/])"
_UNITS = [(d, re.compile(rf"(?:{p}){_END}"), s) for d, p, s in _LINEAR]
_CASED = [(d, re.compile(rf"(?:{p}){_END}"), s) for d, p, s in _WATTS]
_NUMBER = re.compile(NUMBER)
_GAP = re.compile(r"[ \t\n]{0,2}-?")
_TO = re.compile(r"\s?(?:-|to|and|through|up to|\.\.)\s?")
_EDGES = re.compile(
    r"[,;.]?\s{0,2}(?:and )?(?:with )?(?:an? |the )?"
    r"upper (?:edge|limit|end|bound)(?: of| at| is|:)? ?"
)
"""What stands between the ends of a range that are told one by one."""
_LIST = re.compile(r"\s?(?:,|,? ?\b(?:and|or)\b|/|&|[-=]>|\u2192)\s?")
_FACTORS: tuple[tuple[str, Callable[[re.Match[str]], float]], ...] = (
    (
        rf"\b(?:factor(?: of)?|times|multipl(?:y|ies|"
        rf"ied) by) ?(?P<n>{NUMBER})",
        lambda m: number(m["n"]),
    ),
    (rf"(?P<n>{NUMBER})[ -]?(?:x\b|times?\b|-?folds?\b)", lambda m: number(m["n"])),
    (r"(?<![\w.])x ?(?P<n>\d+(?:[.,]\d+)?)\b", lambda m: number(m["n"])),
    (rf"\b(?P<n>{SMALL})folds?\b", lambda m: number(m["n"])),
    (r"\b(?:doubl(?:e|es|ed|ing)|twice|twofold)\b", lambda _: 2.0),
    (r"\b(?:tripl(?:e|es|ed|ing)|treble[sd]?|thrice)\b", lambda _: 3.0),
    (r"\bquadrupl(?:e|es|ed|ing)\b", lambda _: 4.0),
    (r"\bquintupl(?:e|es|ed|ing)\b", lambda _: 5.0),
    (r"\b(?:halve[sd]?|halving)\b", lambda _: 0.5),
    (
        r"\bhalf (?:as (?:much|many)|(?:the|its|their) (?:usual|normal|average))\b",
        lambda _: 0.5,
    ),
)
_SINGLE = re.compile(
    r"\b(?:(?P<half>(?:an|one|(?<=the )next|coming) hour and a half)|"
    r"(?P<short>half[- ]hour)|"
    r"(?<=next )hour|(?<=coming )hour|(?<=for )an hour|(?<=in )(?<!mm in )an hour|"
    r"(?<=within )an hour|(?<=about )an hour|an hour(?= ago\b| from now\b| long\b))\b"
)
_PARTS = (
    (
        r"(?<!and a )(?<!and )\b(?:one |a )?half\b(?! (?:an?|past|marathon|time|term|"
        r"final)\b|[- ]hour\b| (?:of )?(?:the|our) [a-z]+ (?:cannot|can't|is|are|"
        r"has)\b)",
        0.5,
    ),
    (r"\b(?:a|one) third\b", 1 / 3),
    (r"\btwo thirds\b", 2 / 3),
    (r"\b(?:a|one) quarter\b(?! (?:of an hour|past|to)\b)", 0.25),
    (
        r"(?<!three )(?<!\ba )(?<!one )\bquarter\b(?= (?:of (?:the|all|its)|power)\b)",
        0.25,
    ),
    (r"(?<!two )(?<!\ba )(?<!one )\bthird\b(?= of (?:the|all|its)\b)", 1 / 3),
    (r"\bthree quarters\b(?! of an hour)", 0.75),
    (r"\b(?:a|one) (?:fifth|tenth)\b", 0.0),
    *(
        (rf"\b{count} {name}s\b", times / part)
        for part, name in ((5, "fifth"), (10, "tenth"), (8, "eighth"))
        for times, count in ((2, "two"), (3, "three"), (4, "four"), (7, "seven"))
    ),
)


_RATIOS = (
    re.compile(
        r"(?<![\w.,])(0?\.\d+)(?= of (?:all |the |its |our )*(?:prbs?|resource blocks?|"
        r"blocks?|resources|capacity|spectrum|carrier|bandwidth|power|output)\b)"
    ),
    re.compile(
        r"\b(?:prbs?|blocks?|share)(?: [a-z]+){0,2} ?[:=]? ?(0?\.\d+)(?![\w.]| ?[a-z%])"
    ),
)
"""Parts in digits: ``0.22 of all PRBs``, ``PRB ceiling 0.3``."""


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


def number(text: str) -> float:
    """Value of a number in digits or words, as :data:`NUMBER` finds it."""
    text = text.strip().replace("minus ", "-")
    if text[0].isdigit() or text[0] in "+-.":
        return _digits(text.replace(" ", ""))
    fixed = {"a dozen": 12.0, "three quarters of an": 0.75, "three quarters of a": 0.75}
    if text in fixed:
        return fixed[text]
    if text.startswith("half"):
        return 0.5
    if "quarter" in text:
        return 0.25
    words = re.split(r"[- ]", text)
    if len(words) > 2 and all(word in _DIGIT_WORDS for word in words):
        return float("".join(str(_DIGIT_WORDS[word]) for word in words))
    total = 0.0
    for place, word in enumerate(words):
        if word == "point":
            return total + 0.1 * WORDS[words[place + 1]]
        if word == "half":
            total += 0.5
        elif word in ("hundred", "thousand"):
            total = max(total, 1) * (100 if word == "hundred" else 1000)
        else:
            total += WORDS.get(word, TENS.get(word, 0))
    return total


def _digits(text: str) -> float:
    """Value of digits; a comma before three digits groups thousands."""
    sign = -1.0 if text[0] == "-" else 1.0
    body = text.lstrip("+-").replace("'", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", body):
        body = body.replace(",", "")
    return sign * float(body.replace(",", "."))


def quantities(original: str, plain: str) -> list[Quantity]:
    """Quantities of a text in the order in which they stand.

    Parameters
    ----------
    original, plain : str
        The text, and the same in plain lower case at the same places.
    """
    found = [
        Quantity(value(match), "factor", match.span())
        for pattern, value in _FACTORS
        for match in re.finditer(pattern, plain)
    ]
    for pattern, value in _PARTS:
        for match in re.finditer(pattern, plain):
            if any(one.span[0] <= match.start() < one.span[1] for one in found):
                continue
            size = value or (0.2 if "fifth" in match[0] else 0.1)
            found.append(Quantity(size, "part", match.span()))
    found += [
        Quantity(float(match[1]), "part", match.span(1))
        for pattern in _RATIOS
        for match in pattern.finditer(plain)
    ]
    found += [
        Quantity(
            5400.0 if match["half"] else 1800.0 if match["short"] else 3600.0,
            "s",
            match.span(),
        )
        for match in _SINGLE.finditer(plain)
    ]
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
