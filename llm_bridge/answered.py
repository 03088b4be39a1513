"""Questions that their author answers with yes, or that only name a topic.

``10 MHz extra for M3C? Approved.`` tells what it asks. Places stay true.
"""

import re
from dataclasses import replace

from llm_bridge.plain_text import PlainText

_YES = re.compile(
    r"\?(?=\s+(?:yes|yep|yeah|approved|affirmative|granted|confirmed|agreed|sure|ok|"
    r"okay|"
    r"correct|right|exactly|indeed|done deal)\b(?! (?:now|again|yesterday)))"
)
_TOPIC = re.compile(
    r"(?:^|(?<=[.!\n] ))(?:(?:cell|site|sector|user|"
    r"slice) )?[a-z]?\w{0,6}\d\w{0,3}(\?)(?=\s+\w)"
)
"""A name alone with a question mark, and what is said of it behind."""


def without_answered(text: PlainText) -> PlainText:
    """The text with commas in place of the marks of questions that are answered."""
    plain = _YES.sub(",", text.plain)
    for match in _TOPIC.finditer(plain):
        if not re.match(
            r"\s+(?:no|not|nope|never|is|was|why|what)\b", plain[match.end() :]
        ):
            plain = plain[: match.start(1)] + ":" + plain[match.end(1) :]
    return replace(text, plain=plain)
