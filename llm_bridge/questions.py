"""Whether a sentence asks what is so, or asks for something."""

import re

_REQUEST = re.compile(
    r"\b(?:can|could|may) (?:i|we)(?: please)? (?:get|have|ask|request)\b|"
    r"\bplease\b|\b(?:can|could|would|will) (?:you|u|someone|somebody|the noc)\b|"
    r"\b(?:pls|plz)\b|\b(?:can|could|would|might|may) [^,;.?]{1,40}? (?:be (?:kept|"
    r"limited|put|so kind|served|given|moved|held|capped|throttled|set|turned|reduced|"
    r"switched|on m\d)|kindly|go (?:a (?:little|bit) )?(?:quieter|lower|easier))\b"
)
"""A question that asks for something."""


def is_question(plain: str) -> bool:
    """Whether a sentence asks instead of telling or requesting."""
    return plain.rstrip(" \"')").endswith("?") and not _REQUEST.search(plain)
