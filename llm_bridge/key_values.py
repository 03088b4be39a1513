"""Key and value notations, read as the words they stand for, at the same places."""

import re
from dataclasses import replace

from llm_bridge.forms import joined
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
    r"(?m)^((?:[a-z]+ ){0,2}(?:update|sitrep|list|overview|summary|alarms|snapshot|"
    r"report|status|issued|log|bulletin|"
    r"news) (?:at )?)"
    r"(\d\d:?\d\d ?(?:z|utc|hrs|h|lt)?)(?=:|,| -)"
)
"""When a report was written, which is not when something holds."""
_NO_UNIT = (
    r"(?!\.?\d)(?! ?(?:[kmg]?hz|[kmgnpu]?w\b|db|%|per|[kmg]?bit|[kmg]bps|m?s\b|mm|km|"
)
_NO_UNIT += r"m\b|m/s|times|x\b|of\b|eur|usd|chf|gbp|\$|fold|-fold|percent))"
_HOUR = r"(?:[01]?\d|2[0-4])"
_DOTTED = re.compile(
    rf"(?<![\w.,:]){_HOUR}\.[0-5]\d ?(?:-|to|until|till|"
    rf"and) ?{_HOUR}\.[0-5]\d{_NO_UNIT}"
    rf"|(?<=since |until |after )\b{_HOUR}\.[0-5]\d{_NO_UNIT}"
    rf"|(?<=till |from )\b{_HOUR}\.[0-5]\d{_NO_UNIT}"
    rf"|(?<=before )\b{_HOUR}\.[0-5]\d{_NO_UNIT}"
    rf"|(?<=\bat |\bby )\b{_HOUR}\.[0-5]\d{_NO_UNIT}"
)
"""Times of day with a full stop: ``since 7.15``, ``13.00-15.30``."""
_MOVED = re.compile(
    r"(\b(?:moved|rescheduled|shifted|delayed|brought forward)(?: \w+){0,4}?) from "
    r"((?:today|tomorrow|tonight|\w+day|\d)[^;.]{0,40}?) to (?=today|tomorrow|\w+day|"
    r"\d)"
)
"""Works that were moved: what counts is the time after ``to``."""
_ARROW = re.compile(
    r"(?<![\w/%])(?P<before>[\w/%]+)(?P<gap> ?)(?:->|\u2192)(?P<after> ?)(?=\w)"
)
_THAN = re.compile(r"\b((?:more|less|[a-z]{3,}er) )then(?= \d)")
"""A comparison typed as it is spoken."""
_TRAIN = re.compile(
    r"\b(the |our |this )(\d\d?[:.h]\d\d)(?= (?:train|bus|tram|flight|ferry|plane|"
    r"meeting|briefing|call|news)\b)"
)
"""A time that is the name of something: ``the 09:00 train``."""
_DATE = re.compile(r"\.(?:0[1-9]|1[0-2])\.")
_TIMES = ("from", "to", "until", "till", "since", "start", "end", "at", "on")
_CLOSED = ("closed", "resolved", "cleared", "done", "cancelled", "canceled")


def spelled_out(text: PlainText) -> PlainText:
    """The text with ``cell=M1A`` and ``[from] 14:00`` as words; places stay true."""
    plain = joined(_RECORD.sub(_record, text.plain))
    plain = _STAMP.sub(lambda match: match[1] + " " * len(match[2]), plain)
    plain = _THAN.sub(lambda match: f"{match[1]}than", plain)
    plain = _TRAIN.sub(lambda match: match[1] + " " * len(match[2]), plain)
    plain = _DOTTED.sub(_with_colons, plain)
    plain = _KEY.sub(lambda match: match[0].replace("_", " "), plain)
    plain = _MOVED.sub(_moved_to, plain)
    plain = _ARROW.sub(_to, plain)
    plain = _EQUALS.sub(lambda match: " " * len(match[0]), plain)
    plain = _TAG.sub(_tag, plain)
    return replace(text, plain=plain)


def _to(match: re.Match[str]) -> str:
    """``M5C -> 3 W`` as ``M5C to 3 W``, where a name or a word stands before."""
    if not re.fullmatch(r"[a-z]+[-_]?\d+[a-z]?|[a-z]{4,}", match["before"]):
        return match[0]
    gap, after = match["gap"], match["after"]
    room = len(match[0]) - len(match["before"])
    if room < 4 - (not gap) - (not after):
        return match[0]
    return match["before"] + " to".ljust(room) if room > 3 else match[0]


def _moved_to(match: re.Match[str]) -> str:
    return match[1] + "from ".rjust(len(match[0]) - len(match[1]))


def _with_colons(match: re.Match[str]) -> str:
    """A time of day with colons, unless it is a date such as ``1.06.``."""
    if _DATE.match(match.string, match.end() - 3):
        return match[0]
    return match[0].replace(".", ":")


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
