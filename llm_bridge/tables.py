"""Tables in texts: each row is read as a sentence of its headings and values."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[int, int]
_RULE = re.compile(r"[\s|:+=-]+")
_SEPARATORS = ("|", "\t", ";")


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes
    ----------
    span : (int, int)
        From the table's headings to the row's end, in the text.
    line : (int, int)
        The row alone.
    fields : tuple of str
        ``cell M1A``, ``limit 10 W``, ``until 16:00`` for headings cell, limit, until.
    """

    span: Span
    line: Span
    fields: tuple[str, ...]

    @property
    def words(self) -> str:
        """All fields as one sentence."""
        return " ".join(self.fields)

    def sentences(self, is_value: Callable[[str], str]) -> list[str]:
        """One sentence for each field of another dimension, with those of none."""
        values = [one for one in self.fields if is_value(one)]
        if len({is_value(one) for one in values}) < 2:
            return [self.words]
        rest = [one for one in self.fields if one not in values]
        return [" ".join((*rest, one)) for one in values]


def rows(original: str, plain: str) -> list[Row]:
    """Rows of the tables of a text: lines of as many fields as the headings above."""
    found: list[Row] = []
    headings: list[str] = []
    start = place = 0
    for line in plain.split("\n"):
        span = (place, place + len(line))
        place = span[1] + 1
        if headings and _RULE.fullmatch(line) and line.strip():
            continue
        fields = _fields(original[slice(*span)])
        if headings and len(fields) == len(headings):
            pairs = zip(headings, fields, strict=True)
            words = tuple(f"{name} {value}" for name, value in pairs if value)
            found.append(Row((start, span[1]), span, words))
        else:
            headings, start = fields if _are_headings(fields) else [], span[0]
    return found


def _fields(line: str) -> list[str]:
    """Fields of a line, by the separator that it has most of."""
    separator = max(_SEPARATORS, key=line.count)
    if separator not in line:
        return []
    return [field.strip() for field in line.strip().strip("|").split(separator)]


def _are_headings(fields: list[str]) -> bool:
    return len(fields) >= 2 and all(
        re.fullmatch(r"[A-Za-z][A-Za-z /.()]{0,24}", field) for field in fields
    )
