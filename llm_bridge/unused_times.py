"""Items without a time in a text that tells one which no item uses: not understood.

A limit that is read without its end holds for a day. So a time ahead that belongs to
nothing that was read makes doubtful what was read without a start or an end.
"""

from collections.abc import Sequence

from llm_bridge.context_report import Kind
from llm_bridge.days import DAY
from llm_bridge.proposal import Proposal
from llm_bridge.text_mentions import TextMention

HALF = DAY / 2
UNTIMED = (Kind.INTRUSION, Kind.MOBILITY, Kind.OUTAGE)
"""Kinds told without times, or with those of who comes to mend what is broken."""
_EARLIEST = 8
"""Hour; an earlier one that is gone, without its half of the day, is of the past."""


def unused_time(
    one: Proposal,
    found: Sequence[Proposal],
    mentions: Sequence[TextMention],
    now: float,
) -> TextMention | None:
    """The first time ahead that no proposal uses, where one lacks a start or an end.

    Parameters
    ----------
    one : Proposal
        What is judged.
    found : sequence of Proposal
        All that was read in the text.
    mentions : sequence of TextMention
        What stands in the text.
    now : float
        s since epoch, UTC.
    """
    is_open = one.start == now or one.end - one.start == DAY
    if one.kind in UNTIMED or not is_open:
        return None
    return next(
        (
            time
            for time in mentions
            if _is_ahead(time, now) and not any(_uses(two, time, now) for two in found)
        ),
        None,
    )


def _is_ahead(time: TextMention, now: float) -> bool:
    """Whether a mention is a duration, or a time of day that is not over."""
    if time.clock is None or time.type != "clock":
        return time.type == "duration"
    clock = time.clock
    is_gone = clock.hour * 3600 + clock.minute * 60 < now % DAY
    return not (is_gone and (clock.half or clock.hour < _EARLIEST))


def _uses(one: Proposal, time: TextMention, now: float) -> bool:
    """Whether a start, an end or a length of a proposal is a time."""
    if time.clock is not None:
        said = (time.clock.hour - time.clock.zone) * 3600 + time.clock.minute * 60
        return any(
            abs((at - said + 60) % HALF - 60) < 60 for at in (one.start, one.end)
        )
    if time.quantity is None:
        return False
    spans = one.end - one.start, now - one.start, one.start - now, one.end - now
    return any(abs(span - time.quantity.value) < 1 for span in spans)
