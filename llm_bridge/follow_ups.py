"""Sentences that say nothing new: when the last thing holds, or that it is off."""

import re
from dataclasses import replace

from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import Kind
from llm_bridge.days import other_day
from llm_bridge.durations import SHORTEST_SPAN
from llm_bridge.read_so_far import Said
from llm_bridge.retractions import is_cancelled, is_corrected, takes_back
from llm_bridge.times import DEFAULT, When

_ONLY_TIME = re.compile(
    r"\s*(?:(?:please |pls )?(?:enforce|apply|activate|implement|start|do|set) (?:it|"
    r"this|"
    r"that|them)|on at|off at|switch\w* o(?:n|ff)|this|that|it|they|all|both|valid|"
    r"in (?:force|effect)|from|"
    r"until|till|start\w*|begin\w*|end\w*|finish\w*|onset|stop|close|when|hours|on:|"
    r"off:|"
    r"duration|expect(?:ed)?|between|eta|etr|repair\w*|time|window|when|lasts?|for|"
    r"the (?:work|"
    r"job|outage|event|whole thing|window|measure|limit)s?|applies|effective|today|"
    r"tomorrow|tonight|\d)"
)
_BOTH = re.compile(r"\W*both\b|\bboth\W*$")
"""Two things that two sentences said."""
_ALL = re.compile(r"\W*(?:all|everything|each)\b(?! (?:day|night))|\ball\W*$")
"""All that the sentences said."""
_WINDOW = re.compile(r"\s*(?:time |change )?(?:window|slot|period|when|valid|time)\b")
_TAKES = re.compile(
    r"\W*(?:(?:it|they|this|that|all|both|the (?:work|job|works|whole thing))"
    r"(?:'ll| will| should| is| are)?(?: to)? )?(?:takes?|lasts?|stays?(?: \w+)?|"
    r"be (?:gone|off|out|down|over in)|duration|length|needs?|runs?)?"
    r"(?: (?:for|about|only|just|some|ca\.?|all of))*[ :=]*"
)
_IN_ALL = re.compile(r"(?: (?:long|in total|altogether|each|only|at most|max))?\W*")
_LOGGED = re.compile(
    r"(?:[01]?\d|2[0-3])[:.]?[0-5]\d ?(?:z|utc|lt|h)?[ \t:-]+"
    r"(?!to\b|until|till|til\b|start|end|sharp|for\b|and\b|today|tomorrow)[a-z]"
)
"""Entry of a log: when something was noted, and then what."""
_BACK = re.compile(
    r"\W*(?:the |our )?(?:\w+ ){0,3}?(?:promis\w+|estimat\w+|aims? (?:for|at)|targets?|"
    r"expects?|hopes?)(?: (?:it|them|repair|service|restoration|recovery|power|to be))?"
    r"(?: (?:back|done|finished|ready|up|fixed|restored))?"
    r"(?: (?:at|by|for|around|about))* \d\d?[:.h]\d\d\b|"
    r"\W*(?:the |our )?(?:\w+ ){0,2}(?:expects?|plans?) to be (?:done|finished|ready|"
    r"back) "
    r"(?:at|by)\b|"
    r"\W*(?:(?:the |our )?\w+ (?:has |have )?(?:confirm|say|said|report|announc|"
    r"assur)\w*"
    r"(?: us)?(?: that)? (?=it\b|they\b|all\b|both\b))?"
    r"(?:(?:it|they|all|both|this|everything|we)(?:'ll| will| should| is|"
    r" are)? (?:be |go )?)?"
    r"(?:service (?:is )?(?:expected|due)\b|"
    r"(?:restoration|recovery|repairs?|return to service|resolution)(?: \w+){0,3}? "
    r"(?:at|by|for)\b|(?:expected )?(?:back|done|over|restored|finished|repaired|"
    r"fixed)\b)"
)
_BACK_LATER = re.compile(
    r"\b(?:expected|back|restor\w*|repair\w*|fixed|etr|service) (?:\w+ ){0,2}?"
    r"(?:back |at |by |approx\.? |ca\.? )*\d"
)
"""What an entry of a log says that will be over later."""
_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_NOT_SINCE = re.compile(
    r"\b(?:no|not|nothing|dead|down|dark|off|silent)\b.* since \d|"
    r"^\W*(?:first (?:seen|noticed|noted|reported)|since|raised|started|began|occurred)"
    r"(?: at| about| around)*:? \d"
)
"""What tells since when nothing is heard of what was named before."""
_TOPICS: dict[Kind, re.Pattern[str]] = {
    Kind.RADAR_ACTIVITY: re.compile(r"\bradar"),
    Kind.TRAFFIC_SURGE: re.compile(
        r"\b(?:traffic|load|surge|demand|event|match|concert|parade|fair|festival)"
    ),
    Kind.OUTAGE: re.compile(r"\b(?:outage|alarm|fault|failure)"),
    Kind.MAINTENANCE: re.compile(r"\b(?:maintenance|works?|upgrade|swap|window)\b"),
    Kind.WEATHER: re.compile(r"\b(?:rain|weather|storm)"),
    Kind.POWER_LIMIT: re.compile(r"\b(?:power|limit)"),
    Kind.LAP_REQUEST: re.compile(r"\b(?:drone|platform|lap|uav)"),
    Kind.RATE_FLOOR: re.compile(r"\b(?:rate|floor|guarantee|mbit)"),
    Kind.RATE_CAP: re.compile(r"\b(?:rate|cap|limit|throttl)"),
}


def follow_up(whole: Clause, now: float, said: Said) -> bool:
    """Read a sentence without items: a time for the last ones, or their end.

    Returns
    -------
    bool
        Whether it is understood: it is a title or a remark on what was said, or names
        neither cells, users nor quantities.
    """
    time = whole.when(now)
    said.note(whole, now)
    if _is_title(whole):
        said.heading, said.title, said.listed = time, whole, []
        said.list_day, said.day = other_day(whole.unnamed, now), None
        return True
    if _ends_later(whole, time, now):
        _end_at(time, whole, said)
        return True
    if takes_back(whole.plain, bool(whole.mentions)):
        _take_back(whole, said)
        return True
    named = {*whole.names("cell"), *whole.names("user")}
    if named and any(
        named != {*said.proposals[place].cells, *said.proposals[place].users}
        for place in said.last
    ):
        said.last = []
    band = whole.band()
    for place in said.last:
        made = said.proposals[place]
        if band is not None and made.kind is Kind.RADAR_ACTIVITY and not made.band:
            span = (made.span[0], whole.span[1])
            said.proposals[place] = replace(made, band=band[0], span=span)
    is_short = len(whole.plain.split()) <= 14
    if is_short and _tells_length(whole) and not whole.mentions and said.last:
        return _last_for(whole.quantities[0].value, now, whole, said)
    is_short = is_short and (not whole.names("cell") or bool(said.last))
    if time.is_named and is_short and not said.proposals and _WINDOW.match(whole.plain):
        said.heading = time
    says_nothing = not whole.mentions and not any(
        quantity.dimension not in ("", "s", "m") for quantity in whole.quantities
    )
    if _is_logged(whole) or _goes_on_logging(whole, said):
        if time.end is not None and time.end > now and _BACK_LATER.search(whole.plain):
            _end_at(replace(time, start=None), whole, said)
        return says_nothing
    if time.is_unclear and is_short and _ONLY_TIME.match(whole.plain):
        for place in sorted(said.last, reverse=True):
            said.drop(place, whole, "a later time is not understood")
        return True
    if _NOT_SINCE.search(whole.plain) and time.start is not None and says_nothing:
        _begin_at(time.start, now, whole, said)
        return True
    goes_on = whole.text.plain[: whole.span[0]].rstrip().endswith(";")
    goes_on = goes_on and time.start is not None and time.end is not None
    if time.is_named and is_short and (goes_on or _ONLY_TIME.match(whole.plain)):
        start, end = time.filled(now)
        is_line = whole.text.plain[: whole.span[0]].rstrip(" \t").endswith("\n")
        places = said.listed if said.title is not None and is_line else said.last
        places = (is_line and _of_list_above(whole, said)) or places
        if _BOTH.search(whole.plain) and len(said.proposals) == 2 and len(places) < 2:
            places = [0, 1]
        if _ALL.search(whole.plain):
            places = list(range(len(said.proposals)))
        for place in sorted(places, reverse=True):
            made = said.proposals[place]
            if time.start is None and place in said.endless:
                start = made.start
            elif place not in said.open:
                if time.is_vague:
                    continue
                if start != made.start and end != made.end:
                    said.drop(place, whole, "a later time is not understood")
                continue
            if start < end:
                span = (made.span[0], whole.span[1])
                said.proposals[place] = replace(made, start=start, end=end, span=span)
        return True
    return says_nothing


def _of_list_above(whole: Clause, said: Said) -> list[int]:
    """Places of the entries of the list that ends right above a sentence."""
    above = whole.text.plain[: whole.span[0]].split("\n")
    place, is_mark = whole.span[0] - len(above[-1]), _ENTRY.match(above[-1])
    for line in reversed(above[:-1]):
        if is_mark or not _ENTRY.match(line):
            break
        place -= len(line) + 1
    return [one for one in said.listed if said.proposals[one].span[0] >= place]


def _ends_later(whole: Clause, time: When, now: float) -> bool:
    """Whether a sentence tells when what was said will be over: ``back at 11:00``."""
    at = time.start if time.start is not None else time.end
    return (
        at is not None
        and at > now
        and not (time.is_past or time.is_unclear or time.is_vague)
        and not is_cancelled(whole.plain)
        and _BACK.match(whole.plain) is not None
        and not whole.mentions
    )


def _end_at(time: When, whole: Clause, said: Said) -> None:
    """Give the last items the end that a sentence of its own tells."""
    at = time.start if time.start is not None else time.end
    for place in said.last:
        made = said.proposals[place]
        if place in said.endless and at is not None and made.start < at:
            span = (made.span[0], whole.span[1])
            said.proposals[place] = replace(made, end=at, span=span)


def _tells_length(whole: Clause) -> bool:
    """Whether a sentence tells nothing but how long something takes."""
    lengths = [q for q in whole.quantities if q.dimension == "s"]
    if len(whole.quantities) != 1 or not lengths or clocks(whole.unnamed):
        return False
    low, high = (place - whole.span[0] for place in lengths[0].span)
    is_long = lengths[0].value >= SHORTEST_SPAN
    before, after = whole.plain[:low], whole.plain[high:]
    return is_long and bool(_TAKES.fullmatch(before) and _IN_ALL.fullmatch(after))


def _last_for(length: float, now: float, whole: Clause, said: Said) -> bool:
    """Give the last items without an end the length that a sentence tells."""
    for place in said.last:
        made = said.proposals[place]
        if place in said.endless and made.start >= now:
            span, end = (made.span[0], whole.span[1]), made.start + length
            said.proposals[place] = replace(made, end=end, span=span)
    return True


def _begin_at(start: float, now: float, whole: Clause, said: Said) -> None:
    """Give the last faults the beginning that a sentence of its own tells."""
    for place in said.last:
        made = said.proposals[place]
        if made.kind is Kind.OUTAGE and made.start == now and start < made.end:
            span = (made.span[0], whole.span[1])
            end = made.end if place not in said.endless else start + DEFAULT
            said.proposals[place] = replace(made, start=start, end=end, span=span)


def _is_logged(whole: Clause) -> bool:
    """Whether a sentence is an entry of a log, below another one."""
    above = whole.text.plain[: whole.span[0]].split("\n")
    return (
        not above[-1].strip()
        and _LOGGED.match(whole.plain) is not None
        and any(_LOGGED.match(line.strip()) for line in above[:-1])
    )


def _goes_on_logging(whole: Clause, said: Said) -> bool:
    """Whether a sentence is an entry of a log, behind another one in its line."""
    plain = whole.text.plain
    return _LOGGED.match(whole.plain) is not None and any(
        _LOGGED.match(plain[said.proposals[place].span[0] :]) for place in said.last
    )


def _is_title(whole: Clause) -> bool:
    """Whether a sentence is the title of a list: a colon, or a list after it."""
    plain = whole.plain.rstrip()
    if plain.endswith(":"):
        return True
    below = whole.text.plain[whole.span[1] :]
    is_short = len(plain) <= 40 and not whole.mentions and not plain.endswith(".")
    return is_short and re.match(r"[ \t]*\n[ \t]*(?:[-*+]|\d+[.)]) ", below) is not None


def _take_back(whole: Clause, said: Said) -> None:
    """Refuse what a later sentence cancels: by topic, by name, or the last ones."""
    topics = {kind for kind, pattern in _TOPICS.items() if pattern.search(whole.plain)}
    places = [p for p, made in enumerate(said.proposals) if made.kind in topics]
    named = set(whole.names("cell")) | set(whole.names("user"))
    if named:
        places = [
            p
            for p, made in enumerate(said.proposals)
            if named & {*made.cells, *made.users}
            and (not topics or made.kind in topics)
        ]
    if not topics and not places and (not named or is_corrected(whole.plain)):
        places = list(said.last)
    for place in sorted(places, reverse=True):
        said.drop(place, whole, "a later sentence takes it back")
    said.last = []
