"""Numbers whose unit stands in the heading of their column or in their key."""

import re
from collections.abc import Iterator

from llm_bridge.plain_text import PlainText
from llm_bridge.quantities import Quantity, quantities

_UNIT = r"[kmg]?bit/s|[kmg]bps|[kmg]hz|dbm|dbw|[kmn]?w|ms|mm/h|km/h|%"
_HEADING = re.compile(
    rf"(?:[a-z][\w ]*?[ _]|[a-z]\w*)??[(\[]?(?<![a-z])(?P<unit>{_UNIT})[)\]]?",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\d.]+(?: ?- ?[\d.]+)?")
_KEYED = re.compile(
    r"\b[a-z]\w*_(?P<unit>mm_?h|[kmg]bps|[kmg]hz|ms|dbm|dbw|[mn]?w|km_?h|percent|pct)"
    r"[\"']? ?[:=] ?(?P<n>\d+(?:\.\d+)?)(?![\w.])"
)
_SPELLED = {"mm_h": "mm/h", "mmh": "mm/h", "km_h": "km/h", "kmh": "km/h",
            "w": "W", "mw": "mW", "nw": "nW"}  # fmt: skip
_SEPARATORS = "|;\t,"
Span = tuple[int, int]


def headed(text: PlainText) -> Iterator[list[Quantity]]:
    """Quantities of each field of a table, and of each key, with a unit elsewhere."""
    for match in _KEYED.finditer(text.plain):
        span = match.span("n")
        yield _read(match["n"], text.original[slice(*match.span("unit"))], span)
    units: list[str] = []
    separator = ""
    for low, high in _lines(text.plain):
        line = text.original[low:high]
        if separator and line.count(separator) + 1 == len(units):
            for unit, (start, end) in zip(units, _fields(line, separator), strict=True):
                span = (low + start, low + end)
                if unit and _VALUE.fullmatch(line[start:end]):
                    yield _read(line[start:end], unit, span)
            continue
        separator, units = "", []
        for sign in _SEPARATORS:
            fields = [line[slice(*one)] for one in _fields(line, sign)]
            found = [
                match and match["unit"] for match in map(_HEADING.fullmatch, fields)
            ]
            if len(fields) > 1 and any(found):
                separator, units = sign, [one or "" for one in found]
                break


def _lines(plain: str) -> Iterator[Span]:
    place = 0
    for line in plain.split("\n"):
        yield place, place + len(line)
        place += len(line) + 1


def _fields(line: str, separator: str) -> list[Span]:
    """Where the fields of a line stand."""
    found, place = [], 0
    for field in line.split(separator):
        low = place + len(field) - len(field.lstrip())
        found.append((low, max(low, place + len(field.rstrip()))))
        place += len(field) + 1
    return found


def _read(value: str, unit: str, span: Span) -> list[Quantity]:
    """Quantities of a value with a unit, both ends of a range at the same place."""
    words = f"{value} {_SPELLED.get(unit, unit)}"
    return [
        Quantity(one.value, one.dimension, span, size=one.size)
        for one in quantities(words, words.lower())
    ]
