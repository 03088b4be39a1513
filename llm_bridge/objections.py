"""Why what was read in a clause is no item: it does not say that this holds or will."""

import re

from llm_bridge.clause import Clause
from llm_bridge.context_report import Kind
from llm_bridge.events import masked_cues
from llm_bridge.reading import Reading
from llm_bridge.stance import BEFELL, STILL, against, masked
from llm_bridge.tense import is_told
from llm_bridge.times import SLOW, When

_CAUSE = re.compile(
    r"^[^,;:.\d]*(?=,? (?:and )?(?:so|therefore|thus|hence|which is why|that's why|"
    r"that is why|consequently)\b(?! (?:far|much|many)\b))|"
    r"\b(?:because|since|due to|owing to|thanks to)\b[^,;:.\d]*(?=[,;.]|$)"
)
"""Why something is asked, told apart from what is: who is named stands elsewhere."""


_SO = re.compile(rf"\bsince\b|{STILL.pattern}")


def is_elsewhere(one: Clause, reading: Reading, cells: tuple[str, ...]) -> bool:
    """Whether the rest of the sentence may say where, and nobody has read it."""
    if reading.kind is not Kind.LAP_REQUEST or cells or one.mentions_all("cells"):
        return False
    rest = re.split(r"[.!?;\n]\s", one.text.plain[one.span[1] :])[0]
    names = r"\b(?:location|place|where|area|cells?|sites?|sectors?)\b"
    if re.search(names, rest) and re.search(r"\d", rest):
        return True
    return re.search(r"\b(?:at|over|above|near|for|in|to) \w*\d\w*\b", rest) is not None


def reason_against(
    one: Clause,
    reading: Reading,
    time: When,
    now: float,
    is_empty: bool,
    may_deny: bool = False,
) -> str | None:
    """Why a reading is not stated as something that holds or will."""
    words = masked(one.plain, *masked_cues(reading.kind), _CAUSE)
    reason = against(words, may_deny)
    if reason is not None:
        return reason
    if reading.kind is Kind.MAINTENANCE and BEFELL.search(one.plain):
        return "a fault cannot be told before it happens"
    if time.is_past or is_told(one, reading.kind, bool(reading.dimension)):
        return "the text tells of the past"
    is_ahead = time.start is not None and time.start > now + SLOW
    is_so = time.end is not None or _SO.search(one.plain)
    if reading.kind is Kind.OUTAGE and is_ahead and is_so:
        return "what is so already, or was, cannot begin later"
    if time.is_unclear or is_empty:
        return "the text does not say when"
    return None
