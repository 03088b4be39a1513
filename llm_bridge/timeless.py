"""Sentences that name a day that no calendar has: when they hold cannot be told."""

from llm_bridge.days import no_day
from llm_bridge.plain_text import PlainText
from llm_bridge.sentences import Span, sentences


def timeless_parts(text: PlainText, now: float) -> list[tuple[Span, str]]:
    """Spans of the sentences whose time cannot be told, each with the reason."""
    found = []
    for low, high in sentences(text.plain):
        day = no_day(text.plain[low:high], now)
        if day is not None:
            found.append(((low, high), f"there is no day {day!r}"))
    return found
