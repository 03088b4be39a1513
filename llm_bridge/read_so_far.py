"""What has been read of a text so far, for the sentences that follow."""

import re
from dataclasses import dataclass, field, replace

from llm_bridge.borrowed import MARK
from llm_bridge.clause import Clause
from llm_bridge.consistency import unsettled
from llm_bridge.context_report import Kind
from llm_bridge.days import other_day
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.reading import Reading
from llm_bridge.times import When

_EVENT = re.compile(
    r"\b(?:events?|match|game|concert|fair|festival|demonstration|parade|marathon|race|"
    r"exercise|works?|maintenance|crane|crew|visit|launch|radar|test|trial|storm|rain|"
    r"upgrade|swap|inspection|summit|conference|market|procession|derby|final|show|"
    r"contractor|vendor|technicians?|riggers?)\b"
)
_BACKED_UP = re.compile(
    r"(?:^|\b(?:runs?|running|is|are|now|still) )on (?:\w+ )?(?:batter(?:y|ies)|"
    r"generators?|backup|ups)\b|"
    r"\bbatter(?:y|ies) (?:lasts?|holds?|carr(?:y|ies)|runs?)\b"
)
_SERVED = re.compile(
    rf"{_BACKED_UP.pattern}|"
    r"\b(?:is|are|stays?|remains?|still) (?:\w+ )?(?:fine|ok|okay|up|on air|unaffected|"
    r"working|serving|not affected)\b|\bsurviv(?:ed|es|ing)\b|\bholds?(?: on| out)?$"
)
"""What is said of cells that an outage around them spares."""
_IS_NOT = re.compile(r"\b(?:isn't|is not|aren't|are not|not affected)\W*$")
"""What only tells that something is not so of somebody."""
_GAP = re.compile(r"\n[ \t]*\n")


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
        Of the sentence before, which the next one may go on with.
    telling : list of (int, int)
        Where sentences stand that have proposals.
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
    telling: list[tuple[int, int]] = field(default_factory=list)

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
        self.telling.append(whole.span)
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
                self.drop(place, one, "a later sentence says that they are served")

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
        is_left_out = _IS_NOT.search(whole.plain) is not None
        if (whole.names("cell") or whole.names("user")) and not is_left_out:
            self.cells, self.users = whole.names("cell"), whole.names("user")
            self.named_at = whole.span

    def drop(self, place: int, whole: Clause, reason: str) -> None:
        """Refuse a proposal for what a later sentence says."""
        made = self.proposals.pop(place)
        words = f"{reason}: {whole.plain[:80]!r}"
        self.refusals.append(Refusal(words, whole.span, made))
        self.last, self.listed = [], []
