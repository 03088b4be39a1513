"""Sentences that say nothing new: when the last thing holds, or that it is off."""

import re
from dataclasses import dataclass, field, replace

from llm_bridge.borrowed import MARK
from llm_bridge.clause import Clause
from llm_bridge.consistency import unsettled
from llm_bridge.context_report import Kind
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.reading import Reading
from llm_bridge.retractions import is_cancelled, is_corrected, takes_back
from llm_bridge.times import When, other_day

_ONLY_TIME = re.compile(
    r"\s*(?:(?:please |pls )?(?:enforce|apply|activate|implement|start|do|set) (?:it|"
    r"this|"
    r"that|them)|on at|off at|switch\w* o(?:n|ff)|this|that|it|they|all|both|valid|"
    r"from|"
    r"until|till|start\w*|begin\w*|end\w*|"
    r"duration|expect(?:ed)?|between|eta|etr|repair\w*|time|window|when|lasts?|for|"
    r"the (?:work|"
    r"job|outage|event|whole thing|window|measure|limit)s?|applies|effective|today|"
    r"tomorrow|tonight|\d)"
)
_WINDOW = re.compile(r"\s*(?:time |change )?(?:window|slot|period|when|valid|time)\b")
_EVENT = re.compile(
    r"\b(?:events?|match|game|concert|fair|festival|demonstration|parade|marathon|race|"
    r"exercise|works?|maintenance|crane|crew|visit|launch|radar|test|trial|storm|rain|"
    r"upgrade|swap|inspection|summit|conference|market|procession|derby|final|show|"
    r"contractor|vendor|technicians?|riggers?)\b"
)
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
    r"\W*(?:(?:it|they|all|both|this|everything|we)(?:'ll| will| should| is|"
    r" are)? (?:be |go )?)?"
    r"(?:service (?:is )?(?:expected|due)\b|"
    r"(?:restoration|recovery|repairs?|return to service|resolution)(?: \w+){0,3}? "
    r"(?:at|by|for)\b|(?:expected )?(?:back|done|over|restored|finished|repaired|"
    r"fixed)\b)"
)
_BACKED_UP = re.compile(
    r"(?:^|\b(?:runs?|running|is|are|now|still) )on (?:\w+ )?(?:batter(?:y|ies)|"
    r"generators?|backup|ups)\b"
)
_BACK_LATER = re.compile(
    r"\b(?:expected|back|restor\w*|repair\w*|fixed|etr|service) (?:\w+ ){0,2}?"
    r"(?:back |at |by |approx\.? |ca\.? )*\d"
)
"""What an entry of a log says that will be over later."""
_SERVED = re.compile(
    rf"{_BACKED_UP.pattern}|"
    r"\b(?:is|are|stays?|remains?|still) (?:\w+ )?(?:fine|ok|okay|up|on air|unaffected|"
    r"working|serving|not affected)\b|\bsurviv(?:ed|es|ing)\b"
)
"""What is said of cells that an outage around them spares."""
_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_GAP = re.compile(r"\n[ \t]*\n")
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


@dataclass
class Said:
    """What has been read so far.

    Attributes
    ----------
    proposals, refusals : list
        In the order of the text.
    last : list of int
        Places of the last sentence's proposals.
    first : int
        Place of the first refusal of the sentence that is being read.
    listed : list of int
        Places of the proposals under the title.
    open, endless : set of int
        Places of proposals without an exact time, or without an end.
    cells, users : tuple of str
        Names that "it" and "there" may stand for.
    named_at : (int, int) or None
        Where they stand.
    heading : When
        Of the list that is being read.
    title : Clause or None
        Of the list that is being read.
    time : When
        Of the last sentence that names one.
    named_time : When
        Of the sentence that named the cells or users.
    day : float or None
        Midnight of the day that the last sentence names, if it is not today.
    is_event : bool
        Whether the last sentence tells of something that happens then.
    list_day : float or None
        Midnight of the day that the list's title names.
    spoken : list of (Clause, list of Reading)
        Of the sentence before a semicolon, which the next one may go on with.
    """

    proposals: list[Proposal] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    first: int = 0
    listed: list[int] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    endless: set[int] = field(default_factory=set)
    cells: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    named_at: tuple[int, int] | None = None
    heading: When = field(default_factory=When)
    title: Clause | None = None
    time: When = When(is_unclear=True)
    named_time: When = field(default_factory=When)
    day: float | None = None
    is_event: bool = False
    list_day: float | None = None
    spoken: list[tuple[Clause, list[Reading]]] = field(default_factory=list)

    def title_of(self, whole: Clause) -> tuple[int, int] | None:
        """Where the title of the list stands that a sentence is an entry of."""
        if self.title is None:
            self.list_day = None
            return None
        plain, start = whole.text.plain, whole.span[0]
        between = plain[self.title.span[1] : start]
        has_entries = between.strip(" \n*-+>()0123456789.") != ""
        if has_entries and _GAP.search(between):
            self.title, self.heading, self.list_day = None, When(), None
            return None
        line = plain[plain.rfind("\n", 0, start) + 1 : start]
        return self.title.span if MARK.fullmatch(line) else None

    def begin(self) -> None:
        """Begin a sentence with items."""
        self.last, self.first = [], len(self.refusals)

    def settle(self, whole: Clause) -> None:
        """Refuse the items of a sentence of which no one is certain."""
        if not self.last:
            return
        new = self.refusals[self.first :]
        reason = unsettled(
            whole,
            [self.proposals[place] for place in self.last],
            [one.proposal for one in new if one.proposal is not None],
        )
        if reason is None:
            return
        for place in reversed(self.last):
            made = self.proposals.pop(place)
            self.refusals.append(Refusal(reason, whole.span, made))
            self.open.discard(place)
            self.endless.discard(place)
        self.listed = [place for place in self.listed if place not in self.last]
        self.last = []

    def spare(self, one: Clause) -> None:
        """Take cells that a clause says to be served out of what is off before it."""
        match = _SERVED.search(one.plain)
        if match is None:
            return
        last = one.span[0] + one.plain.rfind(", ", 0, match.start()) + 1
        named = {
            name
            for mention in one.mentions
            if mention.kind == "cell" and mention.span[0] >= last
            for name in mention.names
        }
        if not one.mentions and _BACKED_UP.search(one.plain):
            self._spare_all(one)
            return
        for place, made in enumerate(self.proposals):
            left = tuple(name for name in made.cells if name not in named)
            if made.kind is Kind.OUTAGE and left and left != made.cells:
                self.proposals[place] = replace(made, cells=left)

    def _spare_all(self, one: Clause) -> None:
        """Refuse the last outage: its cells lost their supply and are still served."""
        for place in sorted(self.last, reverse=True):
            if self.proposals[place].kind is Kind.OUTAGE:
                _drop(self, place, one, "a later sentence says that they are served")

    def note(self, whole: Clause, now: float) -> None:
        """Remember the time, cells and users of a sentence for the next one."""
        day = other_day(whole.unnamed, now)
        goes_on = day is None and self.day is not None and self.is_event
        time = whole.when(self.day if goes_on and self.day else now)
        if not (goes_on and time.is_named):
            is_today = day is not None and day <= now
            self.day = None if is_today else day
            self.is_event = _EVENT.search(whole.plain) is not None
        if whole.names("cell") or whole.names("user"):
            self.named_time = time
        if time.is_named and not time.is_past and not time.is_unclear:
            self.time = time
        if whole.names("cell") or whole.names("user"):
            self.cells, self.users = whole.names("cell"), whole.names("user")
            self.named_at = whole.span


def read_remark(whole: Clause, now: float, said: Said) -> bool:
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
    is_short = len(whole.plain.split()) <= 12
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
            _drop(said, place, whole, "a later time is not understood")
        return True
    goes_on = whole.text.plain[: whole.span[0]].rstrip().endswith(";")
    goes_on = goes_on and time.start is not None and time.end is not None
    if time.is_named and is_short and (goes_on or _ONLY_TIME.match(whole.plain)):
        start, end = time.filled(now)
        is_line = whole.text.plain[: whole.span[0]].rstrip(" \t").endswith("\n")
        places = said.listed if said.title is not None and is_line else said.last
        places = (is_line and _of_list_above(whole, said)) or places
        for place in sorted(places, reverse=True):
            made = said.proposals[place]
            if time.start is None and place in said.endless:
                start = made.start
            elif place not in said.open:
                if start != made.start and end != made.end:
                    _drop(said, place, whole, "a later time is not understood")
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


def _drop(said: Said, place: int, whole: Clause, reason: str) -> None:
    """Refuse a proposal for what a later sentence says."""
    made = said.proposals.pop(place)
    said.refusals.append(Refusal(f"{reason}: {whole.plain[:80]!r}", whole.span, made))
    said.last, said.listed = [], []


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
        _drop(said, place, whole, "a later sentence takes it back")
    said.last = []
