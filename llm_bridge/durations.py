"""How long something holds, and when it begins: ``for 2 hours``, ``in 10 min``."""

import re

from llm_bridge.clock import Clock
from llm_bridge.days import DAY
from llm_bridge.quantities import Quantity

SHORTEST_SPAN = 60.0  # s: shorter times are delays, not validity
_FOR = re.compile(
    r"(?:\bfor|\bover|\bduring|\bwithin|\blasting|\blasts?|\btakes?|\bduration:?|"
    r"\beta(?: for repair)?:?|\bnext)(?: (?:the|about|around|roughly|at least|up to|"
    r"another|next|coming|following|approximately|only|a|an|period of|total of|"
    r"duration of))*$"
)
_AFTER_CLOCK = re.compile(r"\b\d\d?(?:[:h]\d\d)? ?(?:[ap]m|h|utc|z)?\s*[,(]\s*$")
_OVER_IN = re.compile(
    r"\b(?:over|done|finished|gone|passed|ended|lifted) (?:with )?in"
    r"(?: about| around)?$"
)
"""What stands before the time after which something is over."""
_LASTS = re.compile(
    r"(?:(?:stays?|lasts?|lasting|takes?|taking|needs?|be (?:gone|off|out|down)|"
    r"remains?|runs?|running|duration|length|for)(?: for| about| it| up)?)?"
)
"""What stands between the time at which something begins and how long it lasts."""
_FILLERS = re.compile(
    r"utc|sharp|today|tomorrow|and|then|it|they|he|she|we|work|that|this|will|should|"
    r"all|they'll|it'll"
)
"""Words that may stand beside it."""
_IN = re.compile(r"\b(?:in|starting in|begins in)(?: (?:about|around|roughly))?$")
_ENDS = re.compile(
    r"\b(?:back|over|done|finished|ready|up again|on again|returns?|ends?)"
    r"(?: (?:about|around|roughly|some))?$"
)
"""What stands before the time after which something ends: ``back 10 min later``."""
_SINCE = re.compile(r"\b(?:since|for the (?:last|past))(?: (?:about|around))?$")
_HAS_BEEN = re.compile(
    r"(?:\b(?:has|have)(?: not|n't)? (?:\w+ )?been\b|'(?:s|ve) (?:\w+ )?been\b)[^,;.]*$"
)
"""What has been so for some time: since then."""


def later_by(plain: str, found: list[Quantity], shift: int = 0) -> float | None:
    """Seconds after which something is over: ``it is back 40 minutes later``."""
    for one in found:
        after = plain[one.span[1] - shift :]
        if (
            one.dimension == "s"
            and one.value >= SHORTEST_SPAN
            and re.match(r" (?:later|after(?:wards?| that)?)\b(?! \d)", after)
        ):
            return one.value
    return None


def _goes_on_for(between: str) -> bool:
    """Whether words from a time to a duration say that it lasts so long."""
    words = re.findall(r"[^\s,;.(/|:]+", between)
    told = [word for word in words if not _FILLERS.fullmatch(word)]
    return _LASTS.fullmatch(" ".join(told)) is not None


def by_duration(
    plain: str,
    found: list[Quantity],
    named: list[Clock],
    now: float,
    start: float | None,
    end: float | None,
    is_past: bool,
) -> tuple[float | None, float | None]:
    """Start and end changed by durations such as ``for 2 hours``."""
    length = None
    for one in found:
        if one.dimension != "s" or one.value < SHORTEST_SPAN:
            continue
        before, after = plain[: one.span[0]].rstrip(), plain[one.span[1] :]
        has_been = _FOR.search(before) and _HAS_BEEN.search(before)
        if has_been or _SINCE.search(before) or re.match(r" ?(?:ago|already)\b", after):
            start = now - one.value if start is None else start
        elif _OVER_IN.search(before):
            end = now + one.value if end is None else end
        elif _IN.search(before) or (
            re.match(r" ?from now\b", after) and not _FOR.search(before)
        ):
            start = now + one.value if start is None else start
        elif (
            _FOR.search(before)
            or _AFTER_CLOCK.search(before)
            or (len(named) == 1 and _goes_on_for(before[named[0].span[1] :]))
            or re.match(
                r" (?:long\b|in total\b|of (?:downtime|outage|interruption|works?)\b|"
                r"(?:from|starting|beginning|as of)(?: at)? \d)",
                after,
            )
            or (_ENDS.search(before) and re.match(r" later\b", after))
        ):
            length = one.value
    for pattern, seconds in (
        (r"\b(?:for|over|during|within|in) the next hour\b", 3600.0),
        (r"\bfor (?:the|a) (?:whole )?day\b", DAY),
    ):
        if length is None and re.search(pattern, plain):
            length = seconds
    if length is None and start is not None:
        length = later_by(plain, found)
    if length is not None and end is None:
        start = now if start is None else start
        end = start + length
        if end <= now and " since " not in plain and not is_past:
            start, end = start + DAY, end + DAY
    return start, end
