"""Words of the field typed a letter wrong, read as the words that are meant.

A word that no rule knows and that is one letter away from one of :data:`WORDS` is
replaced; where something stood before is remembered. Names, numbers, units and short
words stay as they are, and so does a text with hidden characters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from llm_bridge.plain_text import PlainText

SHORTEST = 6
"""Letters of a word that is corrected; shorter ones are often words themselves."""
WORDS = (
    "tonight", "tomorrow", "morning", "afternoon", "evening", "midnight", "between",
    "before", "until", "minutes", "seconds", "monday", "tuesday", "wednesday",
    "thursday", "friday", "saturday", "sunday", "maintenance", "scheduled", "upgrade",
    "replacement", "firmware", "installation", "outage", "offline", "unavailable",
    "unreachable", "broken", "service", "carrier", "traffic", "demand", "double",
    "normal", "average", "higher", "reduce", "limited", "maximum", "minimum",
    "guarantee", "guaranteed", "throttle", "interference", "receiver", "satellite",
    "transmitting", "transmission", "latency", "response", "resource", "blocks",
    "spectrum", "bandwidth", "switched", "switch", "isolate", "quarantine",
    "compromised", "malware", "suspicious", "prefer", "forbidden", "connected",
    "hibernate", "standby", "energy", "electricity", "platform", "balloon",
    "precipitation", "expected", "forecast", "restored", "repaired", "cancelled",
    "resolved", "because", "technician", "emergency", "percent", "ambulance", "vehicle",
    "restart", "antenna", "battery", "available", "reserved", "capacity",
)  # fmt: skip
_OTHERS = frozenset({
    "outrage", "broker", "stitch", "stitched", "swatch", "mourning", "moaning",
    "sundry", "doable", "revolved", "proffer",
})  # fmt: skip
"""Words that are no slips although they are a letter away."""
_LETTERS = re.compile(rf"(?<![\w@.-])[a-z]{{{SHORTEST},}}(?![\w@]|-\w|\.\w)")


@dataclass(frozen=True)
class Corrected:
    """A text with its slips corrected.

    Attributes
    ----------
    text : PlainText
        As it is read.
    origin : tuple of int or None
        Place in what was typed of each character of ``text``; None: the same.
    """

    text: PlainText
    origin: tuple[int, ...] | None = None

    def typed(self, span: tuple[int, int]) -> tuple[int, int]:
        """Where the words of a span of ``text`` stand in what was typed."""
        if self.origin is None or not 0 <= span[0] < span[1] <= len(self.origin):
            return span
        return self.origin[span[0]], self.origin[span[1] - 1] + 1


def corrected(text: PlainText) -> Corrected:
    """The text with each slip replaced by the word that is meant."""
    slips = [] if text.hidden else list(_slips(text.plain))
    if not slips:
        return Corrected(text)
    original, plain, origin, last = "", "", [], 0
    for low, high, word in slips:
        original += text.original[last:low] + word
        plain += text.plain[last:low] + word
        origin += range(last, low)
        origin += [min(low + n, high - 1) for n in range(len(word) - 1)] + [high - 1]
        last = high
    origin += range(last, len(text.plain))
    read = PlainText(original + text.original[last:], plain + text.plain[last:], ())
    return Corrected(read, tuple(origin))


def _slips(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _LETTERS.finditer(plain):
        word = _meant(match[0])
        if word is not None:
            yield *match.span(), word


@lru_cache(maxsize=4096)
def _meant(typed: str) -> str | None:
    """The one word that is a letter away, or None; endings are no slips."""
    if typed in WORDS or typed in _OTHERS:
        return None
    found = [word for word in WORDS if word[0] == typed[0] and _is_slip(typed, word)]
    return found[0] if len(found) == 1 else None


def _is_slip(typed: str, word: str) -> bool:
    """Whether one letter is missing, doubled, wrong or swapped before the ending."""
    short, long = sorted((typed, word), key=len)
    if len(long) - len(short) > 1:
        return False
    place = next(
        (n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b),
        len(short),
    )
    if len(short) < len(long):
        is_doubled = long[-1] == long[-2] and len(typed) > len(word)
        inside = place < len(short) or is_doubled
        return inside and short[place:] == long[place + 1 :]
    if place >= len(short) - 1:
        return False  # another ending
    swapped = short[place + 1] + short[place] + short[place + 2 :]
    return short[place + 1 :] == long[place + 1 :] or swapped == long[place:]
