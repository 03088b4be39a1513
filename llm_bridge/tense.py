"""Whether a part of a text tells what was once so, or what is so by habit."""

import re

from llm_bridge.clause import Clause
from llm_bridge.context_report import REPORTED, Kind

_DONE = re.compile(
    r"\b(?:has|have|had) (?:never|not|always) \w+ed\b|"
    r"\b(?:was|were|had been) (?:\w+ )?\w+(?:ed|en|ught|ept|et|ade)\b"
)
"""Passive past: a value of then, if nothing says that it still holds."""
_NARRATED = re.compile(
    r"~ (?:got|had)\b(?! (?:to|better)\b)|"
    r"\b(?:gave|ran|took|drew|went|saw|came|did(?!n't| not)|wrote|spoke|chose|began|"
    r"stood|swept|ate|swam|flew)\b|"
    r"(?:\b(?!(?:be|been|being|is|are|get|gets|to|and|or|of|so|has|have|power|output|"
    r"rate|it|them|all|both|each|cells?|sites?|users?|slices?|not|must|only|still|now|"
    r"always|never|often|long|simply|just|him|her|limit|level|load|interference)\b)"
    r"[a-z]+|\b(?:i|we|he|she|they|who|it)) (?:always |never |often |long |simply |"
    r"just |only )*(?:kept|held|left|made|had)\b(?! to\b)"
)
"""Past of verbs with somebody who did it: ``my predecessor always kept``."""
_WANTED = re.compile(
    r"\b(?:wants?|needs?|wish(?:es)?|asks? for|(?:would|'d) (?:like|have)) "
    r"[^.;:]{1,60}? (?:kept|held|left)\b"
)
"""What somebody wants done: ``wants it held at 2 W`` is no past."""
_ACTED = re.compile(
    r"\b(?:the|an?|our|my|his|her|their|some) [a-z]+ (?:limited|capped|throttled|"
    r"reduced|lowered|raised)\b|"
    r"\b(?:his|hers|its|theirs|mine|ours) is \d"
)
"""What somebody did, or what somebody has."""
_HABIT = re.compile(
    r"\b(?:usually|normally|typically|generally|as a rule|by habit|traditionally|"
    r"habitually|mostly|often|sometimes|regularly|on most days|every now and then|"
    r"(?:my|our|his|her|their) (?:habit|custom|practice)|used to|last time|"
    r"in the old days|back in|once upon)\b"
)
"""What is so in general, or was, and is asked of nobody."""
_IS_SO = re.compile(
    r"\b(?:is|are) (?:always |still |well |now )*(?:below|under|above|within)\b|"
    r"\b(?:stays?|remains?) at\b(?! (?:or|least)\b)"
)
"""A state, in the words of a bound: ``the latency is below 10 ms``."""
_ASKED = re.compile(
    r"\b(?:must|shall|should|please|pls|will|has to|have to|needs?|from now|today|"
    r"tonight|tomorrow|until|till|plan (?:for|with)|expect|count on|reckon with|"
    r"than (?:usually|normally)|more often)\b"
)


def is_told(one: Clause, kind: Kind, has_value: bool) -> bool:
    """Whether a clause tells of the past or of a habit instead of asking.

    Parameters
    ----------
    one : Clause
        The clause.
    kind : Kind
        Of what was read in it.
    has_value : bool
        Whether that is a number with a unit.
    """
    if has_value and _DONE.search(one.plain) and " since " not in one.plain:
        return True
    if kind in REPORTED or " since " in one.plain:
        return False
    words = _WANTED.sub(" ", one.unnamed.rpartition(": ")[2])
    if _NARRATED.search(words):
        return True
    if has_value and _IS_SO.search(one.plain) and not _ASKED.search(one.plain):
        return True
    is_so = _HABIT.search(one.plain) or (has_value and _ACTED.search(one.plain))
    return bool(is_so) and not _ASKED.search(one.plain)
