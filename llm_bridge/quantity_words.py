"""Factors, parts and durations that people say without a number and its unit."""

import re
from collections.abc import Callable, Iterator

from llm_bridge.number_words import NUMBER, SMALL, WORDS, number

Match = re.Match[str]
_NUMBERED = (
    rf"\bfactor(?: of)?(?: ?[:=])? ?(?P<n>{NUMBER})",
    rf"\b(?:times|multipl(?:y|ies|ied) by) ?(?P<n>{NUMBER})",
    rf"(?P<n>{NUMBER})[ -]?(?:x\b|times?\b|-?folds?\b)",
    r"(?<![\w.])x ?(?P<n>\d+(?:[.,]\d+)?)\b",
    rf"\b(?P<n>{SMALL})folds?\b",
)
_FIXED = (
    (r"\bdouble and a half\b", 2.5),
    (r"\bhalf (?:as (?:much|many) (?:\w+ )?again|again as (?:much|many))\b", 1.5),
    (r"\b(?:doubl(?:e|es|ed|ing)(?! and a half)|twice|twofold)\b", 2.0),
    (r"\b(?:tripl(?:e|es|ed|ing)|treble[sd]?|thrice)\b", 3.0),
    (r"\bquadrupl(?:e|es|ed|ing)\b", 4.0),
    (r"\bquintupl(?:e|es|ed|ing)\b", 5.0),
    (r"\b(?:halve[sd]?|halving)\b", 0.5),
    (
        r"\bhalf (?:as (?:much|many)(?! (?:\w+ )?again)|(?:the|its|their) "
        r"(?:usual|normal|average))\b",
        0.5,
    ),
)
_FACTORS: tuple[tuple[re.Pattern[str], Callable[[Match], float]], ...] = (
    *((re.compile(one), lambda m: number(m["n"])) for one in _NUMBERED),
    *((re.compile(one), lambda _, value=value: value) for one, value in _FIXED),
)
_HALF = re.compile(
    r"(?<!and a )(?<!and )\b(?:one |a )?half\b(?! (?:an?|past|marathon|time|term|"
    r"final|as (?:much|many)|again)\b|[- ]hour\b| (?:of )?(?:the|our) [a-z]+ "
    r"(?:cannot|can't|is|are|has)\b)"
)
_PARTS = {
    "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "twelfth": 12, "twentieth": 20,
}  # fmt: skip
_RARE = "fourth|sixth|seventh|eighth|ninth|twelfth|twentieth"
"""Parts whose names mostly count: "a sixth cell"."""
_COUNT = "|".join(name for name, value in WORDS.items() if 2 <= value < 12)
_NAMED_PART = re.compile(
    rf"\b(?:(?:an?|one) (?P<one>third|quarter|fifth|tenth|(?:{_RARE})(?= (?:of|less|"
    r"more|fewer|off|lower|higher|below|above|from|until|till|for|between)\b|\s*(?:$|[.,;:)!?])))|"
    rf"(?P<n>{_COUNT}) (?P<several>{'|'.join(_PARTS)})s)\b"
    r"(?! (?:of an? (?:hour|second|minute|day)|past|to)\b)"
)
_BARE_PART = re.compile(
    r"(?<!three )(?<!two )(?<!\ba )(?<!one )\b(?:(?P<q>quarter)"
    r"(?= (?:of (?:the|all|its)|power|load|traffic)\b)|third(?= of (?:the|all|its)\b))"
)
_FRACTION = re.compile(
    r"(?:(?<=\bto )|(?<=\bby )|(?<=\bat )|(?<=only )|(?<=about )|(?<=max )|(?<=most )|"
    r"(?<=least )|(?<=than )|(?<=[:=] )|(?<=[:=])|(?<=over )|(?<=under )|"
    r"(?<!\S)(?=\d/\d\d? (?:of|less|more|power|load)\b))"
    r"(?P<n>[1-9])/(?P<d>[2-9]|1[02])(?![\w/.])"
)
_DECIMAL = re.compile(
    r"(?<![\w.,:/*x-])(?<!x )(?P<n>0?\.\d+)(?![\w/:]|[.,]\d| ?(?:[a-z]+/|%|[a-z]*hz\b|"
    r"[a-z]*w\b|[a-z]*watts?\b|db|[kmg]?bits?\b|[kmg]bps|x\b|times|fold|m?s\b|sec|"
    r"min|h\b|hours?|mm|inch|k?m\b|met(?:re|er)|to \d|- ?\d|\.\.))"
)
"""A number below one without a unit: ``0.22 of all PRBs``, ``PRB ceiling 0.3``."""
_AN_HOUR = re.compile(
    r"\b(?:half[- ]hour|(?:(?<=next )|(?<=coming )|(?<=another )|(?<=following ))hour|"
    r"(?:(?<=for )|(?<=in )(?<!mm in )|(?<=within )|(?<=about )|(?<=takes )|(?<=take )|"
    r"(?<=lasts )|(?<=last )|(?<=lasting )|(?<=taking )|(?<=needs )|(?<=need )|"
    r"(?<=only )|(?<=just )|(?<=least )|(?<=most )|(?<=than )|(?<=after )|"
    r"(?<=roughly )|(?<=around )|(?<=, )|(?<=: )|(?<=- )|^)an hour|"
    r"(?<!half )(?<!of )an hour(?= (?:ago|from now|long|later|earlier|after)\b))\b"
)
_HOURS_AND = re.compile(
    rf"(?:\b(?:an|one) hour|(?P<n>{NUMBER})[ -]?(?:hours?|hrs?|h)|(?:(?<=next )|"
    r"(?<=another )|(?<=coming )|(?<=following ))hour)(?:,? and (?:an? )?(?P<part>half|"
    rf"quarter|three[ -]quarters)\b|(?: and|,)? (?P<m>{NUMBER})[ -]?"
    r"(?:minutes?|mins?)\b)"
)
"""``an hour and a quarter``, ``2 hours 15 minutes``."""
_LASTING = (
    r"(?:(?<=for )|(?<=lasts )|(?<=takes )|(?<=lasting )|(?<=another )|(?<=duration )|"
    r"(?<=duration: ))"
)
GLUED = re.compile(rf"{_LASTING}(?P<n>\d\d?)h(?P<m>[0-5]\d)\b(?! ?(?:utc|z|gmt))")
"""``1h30`` behind what tells how long something lasts."""
_PART_OF = re.compile(
    r"\b(?:(?:(?P<q>(?:(?<!three )(?<!\ba ))quarter of an)|"
    r"(?P<t>three[ -]quarters? of an)) hour|"
    r"(?:an?|one) (?P<s>tenth|hundredth|quarter) of a second|half a(?P<d> day))\b"
)
Worded = tuple[float, str, tuple[int, int]]
"""Value in SI, dimension and span."""


def worded(plain: str) -> Iterator[Worded]:
    """Factors, parts and durations of a text in plain lower case."""
    taken: list[tuple[int, int]] = []
    for value, dimension, span in (*_lasting(plain), *_factors(plain), *_parts(plain)):
        if not any(low < span[1] and span[0] < high for low, high in taken):
            taken.append(span)
            yield value, dimension, span


def _factors(plain: str) -> Iterator[Worded]:
    for pattern, value in _FACTORS:
        for match in pattern.finditer(plain):
            yield value(match), "factor", match.span()


def _parts(plain: str) -> Iterator[Worded]:
    for match in _HALF.finditer(plain):
        yield 0.5, "part", match.span()
    for match in _NAMED_PART.finditer(plain):
        count = WORDS[match["n"]] if match["n"] else 1
        yield count / _PARTS[match["several"] or match["one"]], "part", match.span()
    for match in _BARE_PART.finditer(plain):
        yield 1 / (4 if match["q"] else 3), "part", match.span()
    for match in _FRACTION.finditer(plain):
        value = int(match["n"]) / int(match["d"])
        if value < 1:
            yield value, "part", match.span()
    for match in _DECIMAL.finditer(plain):
        yield float(match["n"]), "part", match.span("n")


def _lasting(plain: str) -> Iterator[Worded]:
    for match in _HOURS_AND.finditer(plain):
        hours = number(match["n"]) if match["n"] else 1.0
        minutes = {"half": 30.0, "quarter": 15.0}.get(match["part"] or "", 45.0)
        minutes = number(match["m"]) if match["m"] else minutes
        yield hours * 3600 + minutes * 60, "s", match.span()
    for match in GLUED.finditer(plain):
        yield int(match["n"]) * 3600 + int(match["m"]) * 60, "s", match.span()
    for match in _PART_OF.finditer(plain):
        seconds = {"tenth": 0.1, "hundredth": 0.01, "quarter": 0.25}
        long = 43200.0 if match["d"] else 900.0 if match["q"] else 2700.0
        yield seconds.get(match["s"] or "", long), "s", match.span()
    for match in _AN_HOUR.finditer(plain):
        yield 1800.0 if match[0].startswith("half") else 3600.0, "s", match.span()
