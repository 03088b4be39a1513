"""Key and value notations, read as the words they stand for, at the same places."""

import re
from dataclasses import replace

from llm_bridge.plain_text import PlainText

_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+(?=\s*(?:[=:]|$)|\s+\d)")
_EQUALS = re.compile(r"(?<=[a-z0-9\]])\s?=>?\s?(?=[\w\"'+-])|(?<= )=>(?= )")
_TAG = re.compile(r"\[([a-z]+(?: [a-z]+)?)\]")
_RECORD = re.compile(
    r"(?m)^[ \t]*[a-z][a-z _]{0,19}: ?[^;:\n]+(?:;[ \t]*[a-z][a-z _]{0,19}: ?"
    r"[^;\n]+){2,};?$"
)
_FIELD = re.compile(r"((?:^|;)[ \t]*[a-z][a-z _]{0,19}):")
_STAMP = re.compile(
    r"(?m)^((?:[a-z]+ ){0,2}(?:update|sitrep|report|status|issued|log|bulletin|"
    r"news) (?:at )?)"
    r"(\d\d:?\d\d ?(?:z|utc|hrs|h|lt)?)(?=:|,| -)"
)
"""When a report was written, which is not when something holds."""
_TIMES = ("from", "to", "until", "till", "since", "start", "end", "at", "on")
_CLOSED = ("closed", "resolved", "cleared", "done", "cancelled", "canceled")


def spelled_out(text: PlainText) -> PlainText:
    """The text with ``cell=M1A`` and ``[from] 14:00`` as words; places stay true."""
    plain = _RECORD.sub(_record, text.plain)
    plain = _STAMP.sub(lambda match: match[1] + " " * len(match[2]), plain)
    plain = _KEY.sub(lambda match: match[0].replace("_", " "), plain)
    plain = _EQUALS.sub(lambda match: " " * len(match[0]), plain)
    plain = _TAG.sub(_tag, plain)
    return replace(text, plain=plain)


def _record(match: re.Match[str]) -> str:
    """One sentence of a line of fields; its values keep what they are."""
    line = _FIELD.sub(lambda field: _moved(field[1]), match[0])
    line = re.sub(r"(?<=[a-z])_(?=[a-z])", " ", line)
    return line.replace(";", ",")


def _moved(key: str) -> str:
    """A key without its colon; before a time the space comes first."""
    mark = ";" if key.startswith(";") else ""
    word = key.removeprefix(mark)
    return f"{mark} {word}" if word.strip() in _TIMES else f"{key} "


def _tag(match: re.Match[str]) -> str:
    if match[1] in _CLOSED:
        return match[0]
    return f"  {match[1]}" if match[1] in _TIMES else f" {match[1]} "
