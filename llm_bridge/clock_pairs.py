"""Two times of one thing: the first one begins it, the second one ends it."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_bridge.clock import Clock

OTHER_DAY = re.compile(
    r"\b(?:tomorrow|tmrw|tmr|tmw|2moro|\d (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|"
    r"nov|dec)\w*|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
)
"""What names a day that is not today."""
APART = re.compile(r"\b(?:instead of|rather than|not|nor|or)\b")
"""What tells that a time is not meant, or not together with another one."""


def paired(found: "list[Clock]", plain: str) -> "list[Clock]":
    """Of two times in a row that begin something the second one ends it.

    ``the rain comes at 10:45 and leaves at 11:20``; not where a name between the two
    says that they are of two things, or words between them are blanked out.
    """
    if len(found) != 2:
        return found
    one, two = found
    roles = {one.role, two.role}
    between = plain[one.span[1] : two.span[0]]
    is_apart = "~" in between or " " * 4 in between or APART.search(between) is not None
    if not roles <= {"start", "unclear"} or is_apart:
        return found
    if OTHER_DAY.search(plain, one.span[1]) and not OTHER_DAY.search(
        plain[: one.span[0]]
    ):
        return found
    if (one.hour, one.minute) >= (two.hour, two.minute) and two.half == one.half:
        return found
    return [replace(one, role="start"), replace(two, role="end")]
