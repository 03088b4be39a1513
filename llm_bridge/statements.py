"""Statements of standard formats as report items: roles and limits are as for texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llm_bridge.authority import Author, author_of, priority, refusal
from llm_bridge.context_report import (
    ContextItem,
    ContextReport,
    Kind,
    RefusedItem,
    Source,
    Target,
)
from llm_bridge.guard import implausible, not_there
from llm_bridge.names import Names
from llm_bridge.proposal import Proposal
from llm_bridge.times import DEFAULT, moment

if TYPE_CHECKING:
    from twins import TwinSnapshot

NOT_THERE, NOT_READ = "scope", "statement"
"""Why a statement is refused: for whom it names, or for what it says."""


@dataclass
class Statements:
    """Items of one policy or intent, and what was refused.

    Parameters
    ----------
    content : mapping
        The policy or intent as JSON values; its text is the items' source. Nested too
        deeply, or of other values, it is empty.
    snapshot : TwinSnapshot
        The network.
    author : str
        ``role/name``.
    identities : mapping
        Name in the snapshot of each standard identity: ``ncI`` numbers, distinguished
        names, UE identities; slices as ``slice:N`` by ``sst-sd`` or ``sst``.
    """

    content: Mapping[str, Any]
    snapshot: "TwinSnapshot"
    author: str
    identities: Mapping[str, str] = field(default_factory=dict)
    items: list[ContextItem] = field(default_factory=list)
    refused: list[RefusedItem] = field(default_factory=list)
    within: int = 0
    """Place in the text from which on statements are sought."""

    def __post_init__(self) -> None:
        """Write the text and look up who asks; what JSON cannot hold is no content."""
        try:
            self.text = json.dumps(self.content, ensure_ascii=True)
        except (TypeError, ValueError, RecursionError):
            self.content, self.text = {}, "{}"
        self.names = Names(self.snapshot)
        self.writer: Author = author_of(self.author, self.names, self.snapshot)

    def name(self, identity: object) -> str:
        """Name in the snapshot of an identity, or the identity itself."""
        if isinstance(identity, Mapping):
            identity = _flat(identity)
        text = str(identity)
        return self.identities.get(text, text)

    def refuse(self, statement: object, kind: str, reason: str) -> None:
        """Note a statement that makes no item; ``kind`` is why, in one word."""
        item = {"statement": json.dumps(statement, default=str)[:400], "because": kind}
        self.refused.append(RefusedItem(item=item, reason=reason))

    def add(
        self,
        statement: Any,
        kind: Kind,
        value: float | str | None,
        unit: str,
        cells: tuple[str, ...] = (),
        users: tuple[str, ...] = (),
        times: tuple[float, float] | None = None,
        bound: Any = None,
        area: Any = None,
    ) -> None:
        """Make an item of a statement, or refuse it with the reason."""
        start, end = times or (self.snapshot.time, self.snapshot.time + DEFAULT)
        span = self.span(statement)
        made = Proposal(kind, span, start, end, value, unit, bound, cells, users)
        reason = not_there(made, self.names)
        reason = reason or refusal(self.writer, made, self.snapshot)
        if reason is not None:
            self.refuse(statement, NOT_THERE, reason)
            return
        reason = implausible(made, self.snapshot.time)
        if reason is not None:
            self.refuse(statement, NOT_READ, reason)
            return
        words = self.text[slice(*span)].lower()
        try:
            item = ContextItem(
                kind=kind, value=value, unit=unit, bound=bound,
                target=Target(cells=cells, users=users, area=area),
                start=moment(start), end=moment(end),
                priority=priority(self.writer, kind, words),  # type: ignore[arg-type]
                source=Source(author=self.writer.name, role=self.writer.role,
                              text=self.text, span=span),
            )  # fmt: skip
        except ValidationError as error:
            details = "; ".join(detail["msg"] for detail in error.errors())
            self.refuse(statement, NOT_READ, details)
            return
        self.items.append(item)

    def span(self, statement: object) -> tuple[int, int]:
        """Where a statement stands in the text."""
        words = json.dumps(statement, ensure_ascii=True)
        place = self.text.find(words, self.within)
        return (place, place + len(words)) if place >= 0 else (0, len(self.text))

    def report(self) -> ContextReport:
        """Report of all items and refusals."""
        return ContextReport(
            created=moment(self.snapshot.time),
            items=tuple(self.items),
            refused=tuple(self.refused),
        )


def number(value: object) -> float | None:
    """Number of a JSON value, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _flat(identity: Mapping[str, Any]) -> str:
    """The part of a nested identity that tells it apart."""
    for name in ("ncI", "eutraCellId", "ecI", "guAmfUeNgapId", "ueId", "gnbId"):
        if name in identity:
            return str(identity[name])
    for name in ("cId", "cellId"):
        if isinstance(identity.get(name), Mapping):
            return _flat(identity[name])
    if "sst" in identity:
        parts = (identity["sst"], identity.get("sd"))
        return "-".join(str(part) for part in parts if part is not None)
    return json.dumps(identity, sort_keys=True)
