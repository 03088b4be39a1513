"""The guard: what a text does not say, or its author may not ask, becomes no item."""

from typing import TYPE_CHECKING, Literal, cast

from pydantic import ValidationError

from llm_bridge.authority import Author, priority, refusal
from llm_bridge.context_report import ContextItem, Kind, Source, Target
from llm_bridge.evidence import missing_evidence
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal
from llm_bridge.speakers import spoken_by_another, spoken_parts
from llm_bridge.timeless import timeless, timeless_parts
from llm_bridge.times import moment
from llm_bridge.voices import foreign, foreign_parts
from llm_bridge.whose_wish import somebody_elses, spoken_of

if TYPE_CHECKING:
    from twins import TwinSnapshot

PLAUSIBLE: dict[Kind, tuple[float, float]] = {
    Kind.PROTECTION: (1e-21, 1e-3),
    Kind.TRAFFIC_SURGE: (0.0, 1e3),
    Kind.RATE_FLOOR: (0.0, 2e10),
    Kind.RATE_CAP: (0.0, 1e11),
    Kind.LATENCY_BOUND: (1e-5, 60.0),
    Kind.POWER_LIMIT: (0.0, 2e3),
    Kind.SPECTRUM_GRANT: (-5e8, 5e8),
    Kind.MOBILITY: (0.0, 350.0),
    Kind.WEATHER: (0.0, 500.0),
    Kind.LAP_REQUEST: (1.0, 1e3),
}
"""Values that a network can meet, in the unit of the kind; others are slips."""
LONGEST = 366 * 86400.0
"""s; an item that would hold for longer is a rule for the L3 twin."""


class Guard:
    """Turns proposals on one text by one author into items, or says why not."""

    def __init__(
        self, text: PlainText, author: Author, names: Names, snapshot: "TwinSnapshot"
    ) -> None:
        self.text, self.author = text, author
        self.names, self.snapshot = names, snapshot
        self.foreign = foreign_parts(text.plain)
        self.timeless = timeless_parts(text, snapshot.time)
        self.spoken = spoken_of(text, author, names)
        self.speakers = spoken_parts(text, author, names)

    def item(self, proposal: Proposal) -> ContextItem | str:
        """Item of a proposal, or the reason why it is none."""
        reason = self._reason_against(proposal)
        if reason is not None:
            return reason
        words = self.text.plain[slice(*proposal.span)]
        try:
            return ContextItem(
                kind=proposal.kind,
                target=Target(
                    cells=proposal.cells, users=proposal.users, band_hz=proposal.band
                ),
                value=proposal.value,
                unit=proposal.unit,
                bound=cast(Literal["min", "max"] | None, proposal.bound),
                start=moment(proposal.start),
                end=moment(proposal.end),
                confidence=proposal.confidence,
                priority=cast(
                    Literal["regulation", "safety", "sla", "wish"],
                    priority(self.author, proposal.kind, words),
                ),
                source=Source(
                    author=self.author.name,
                    role=self.author.role,
                    text=self.text.original,
                    span=proposal.span,
                ),
            )
        except ValidationError as error:
            return "; ".join(detail["msg"] for detail in error.errors())

    def _line(self, low: int, high: int) -> tuple[int, int]:
        """Whole lines around a span: who hides one word in them may hide others."""
        start = self.text.plain.rfind("\n", 0, low) + 1
        end = self.text.plain.find("\n", high)
        return start, end if end >= 0 else len(self.text.plain)

    def _reason_against(self, proposal: Proposal) -> str | None:
        now = self.snapshot.time
        low, high = proposal.span
        if not 0 <= low < high <= len(self.text.original):
            return f"span {list(proposal.span)} is not in the text"
        return (
            not_there(proposal, self.names)
            or refusal(self.author, proposal, self.snapshot)
            or self.text.hidden_in(*self._line(low, high))
            or foreign(self.foreign, proposal.span)
            or spoken_by_another(self.speakers, proposal, self.text.plain)
            or missing_evidence(proposal, self.text, self.names, self.author.own)
            or somebody_elses(proposal, self.text, self.author, self.names, self.spoken)
            or timeless(self.timeless, proposal.span, self.text.plain, now)
            or implausible(proposal, now)
        )


def not_there(proposal: Proposal, names: Names) -> str | None:
    """Why a target is not in the network, or None; a cell is no user."""
    users = {*names.users, *(f"slice:{number}" for number in names.slices)}
    strange = [name for name in proposal.cells if name not in names.cells]
    strange += [name for name in proposal.users if name not in users]
    return f"{strange[0]!r} is not in the network" if strange else None


def implausible(proposal: Proposal, now: float) -> str | None:
    """Why nobody can have meant the value or the time, or None."""
    low, high = PLAUSIBLE.get(proposal.kind, (float("-inf"), float("inf")))
    if isinstance(proposal.value, float | int) and not low <= proposal.value <= high:
        return f"value {proposal.value:g} is not plausible: not in [{low:g}, {high:g}]"
    if proposal.kind is Kind.TRAFFIC_SURGE and proposal.value == 1:
        return "a load of once the usual one is no surge"
    if not proposal.end - proposal.start <= LONGEST:
        return "it would hold for more than a year"
    if not proposal.start - now <= LONGEST:
        return "it would begin in more than a year"
    return None
