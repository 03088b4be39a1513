"""Days and zones that cannot be told: then it is not known when something holds."""

import re

from llm_bridge.clock import clocks
from llm_bridge.days import no_day
from llm_bridge.plain_text import PlainText
from llm_bridge.sentences import LONGEST_SENTENCE, Span, sentences
from llm_bridge.time_zones import unknown_zone
from llm_bridge.times import when

_MAYBE_ZONE = re.compile(r"[A-Z]T\b|[a-zA-Z] [Tt]ime\b|[a-z]/[A-Z]|[A-Z] TIME\b")
"""Without one of these no zone is named that is not known."""


def timeless_parts(text: PlainText, now: float) -> list[tuple[Span, str]]:
    """Spans of the sentences whose time cannot be told, each with the reason."""
    found = []
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
