"""What a sentence makes depend on something: ``if``, ``once``, ``unless``."""

import re

from llm_bridge.stance import NOT_MEANT, masked

_CONDITION = re.compile(
    r"\b(?:if|in case|in the event|provided that|(?<!at )once(?! more| again| a\b|"
    r" it(?:'s| is) (?:\d|half|quarter|noon|midnight))|"
    r"as soon as(?! (?:you|we|i) can)(?![^.;]*\bthat is\b)|"
    r"the (?:moment|minute|second) (?=[a-z]))\b"
)
_AT_A_TIME = re.compile(
    r"(?:\bonce|\bas soon as|\bthe (?:moment|minute|second)) [^,.;:()]{1,50}?"
    r"(?: at (?=\d|half|quarter|noon)| ?\((?:at |around |about )?(?=\d))"
)
"""What will be so at a time that is told: no condition."""
_EXCEPTION = re.compile(
    r"\bunless\b|^\W*(?:should|had|were) (?!be\b|not\b|have\b|stay\b|get\b)"
)
"""What puts all of a sentence under a condition: also ``should it rain, ...``."""


def condition_from(plain: str) -> int | None:
    """Place from which a sentence holds only under a condition, or None."""
    left = masked(plain, NOT_MEANT, _AT_A_TIME)
    if _EXCEPTION.search(left):
        return 0
    match = _CONDITION.search(left)
    return None if match is None else match.start()
