"""Days and zones that cannot be told: then it is not known when something holds."""

import re

from llm_bridge.clock import clocks
from llm_bridge.days import no_day
from llm_bridge.number_words import NUMBER
from llm_bridge.plain_text import PlainText
from llm_bridge.sentences import LONGEST_SENTENCE, Span, sentences
from llm_bridge.time_zones import unknown_zone
from llm_bridge.times import when

_MAYBE_ZONE = re.compile(r"[A-Z]T\b|[a-zA-Z] [Tt]ime\b|[a-z]/[A-Z]|[A-Z] TIME\b")
"""Without one of these no zone is named that is not known."""
_TOO_LONG = re.compile(
    rf"\b(?:for|over|lasting|lasts?|(?:valid|runs?|within)(?: for)?|the next|"
    rf"the coming) (?:(?:the next|the coming|another|about|at least|up to|more than) )*"
    rf"(?:{NUMBER}|an?|many|several|a few) ?(?:(?:hundred|thousand|million) )?"
    r"(?:months|years?|decades?|centur(?:y|ies)|millenni(?:um|a)|ages)\b"
)
"""How long something would hold that no text may ask for so long."""
_SO_FAR = re.compile(
    r"(?:\b(?:has|have|had|was|were|been|did|done|waited|worked|lived|customers?)\b|"
    r"'ve\b)[^.;:]*$"
)
"""What stands before the length of what has been."""
NEAR = 60
"""Characters before it that tell what it is the length of."""


def timeless_parts(text: PlainText, now: float) -> list[tuple[Span, str]]:
    """Spans of the sentences whose time cannot be told, each with the reason."""
    found = []
    for match in _TOO_LONG.finditer(text.plain):
        before = text.plain[max(0, match.start() - NEAR) : match.start()]
        if not _SO_FAR.search(before):
            found.append((match.span(), f"a text may not say {match[0]!r}"))
    for low, high in sentences(text.plain):
        if high - low > LONGEST_SENTENCE:
            continue
        plain, original = text.plain[low:high], text.original[low:high]
        day = no_day(plain, now)
        if day is not None:
            found.append(((low, high), f"there is no day {day!r}"))
        if _MAYBE_ZONE.search(original):
            zones = [unknown_zone(original, one.span[1]) for one in clocks(plain)]
            found += [
                ((low, high), f"the time zone {zone!r} is not known")
                for zone in zones
                if zone is not None
            ]
    return found


def timeless(
    parts: list[tuple[Span, str]], span: Span, plain: str, now: float
) -> str | None:
    """Why it cannot be told when the part of a text at ``span`` holds, or None.

    What names no time itself may hold at the one that cannot be told.
    """
    is_timed = bool(parts) and when(plain[slice(*span)], [], now).is_named
    return next(
        (
            reason
            for (low, high), reason in parts
            if not is_timed or (span[0] < high and low < span[1])
        ),
        None,
    )
