"""What a provider proposes as an item, before the guard has seen it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llm_bridge.context_report import Kind

NOT_READ = "the text names somebody and what it says is not understood"
"""Why a sentence that the grammar cannot read is refused; a model may read it."""

EMBEDDED = "embedded"
"""Reader of whole texts: a small language model."""

Typed = Callable[[tuple[int, int]], tuple[int, int]]
"""Where the words of a span stand in what was typed."""


@dataclass(frozen=True)
class Proposal:
    """An item that somebody read in a text.

    Attributes
    ----------
    kind, value, unit, bound
        As in an item.
    cells, users : tuple of str
        Target; empty does not restrict.
    band : (float, float) or None
        Hz.
    start, end : float
        s since epoch, UTC.
    span : (int, int)
        Words it rests on, in the text.
    confidence : float
        0..1.
    provider : str
        Who proposes it.
    """

    kind: Kind
    span: tuple[int, int]
    start: float
    end: float
    value: float | str | None = None
    unit: str = ""
    bound: str | None = None
    cells: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    band: tuple[float, float] | None = None
    confidence: float = 1.0
    provider: str = "grammar"

    def to_json(self, text: str, typed: Typed) -> dict[str, Any]:
        """Plain values, for the list of refused items; ``typed`` maps to ``text``."""
        found: dict[str, Any] = {"kind": str(self.kind), "provider": self.provider}
        for name in ("value", "unit", "bound"):
            if getattr(self, name) not in (None, ""):
                found[name] = getattr(self, name)
        target: dict[str, Any] = {
            "cells": list(self.cells),
            "users": list(self.users),
        }
        found["target"] = {name: value for name, value in target.items() if value}
        if self.band is not None:
            found["target"]["band_hz"] = list(self.band)
        span = typed(self.span)
        found["span"] = list(span)
        found["text"] = text[slice(*span)][:200]
        return found


@dataclass(frozen=True)
class Refusal:
    """Something that was not taken as an item, and why.

    Attributes
    ----------
    reason : str
        Why.
    span : (int, int)
        Where it stands in the text.
    proposal : Proposal or None
        What would have been the item, if that far was read.
    """

    reason: str
    span: tuple[int, int]
    proposal: Proposal | None = None

    def to_json(self, text: str, typed: Typed) -> dict[str, Any]:
        """Plain values, for the list of refused items; ``typed`` maps to ``text``."""
        if self.proposal is not None:
            return self.proposal.to_json(text, typed)
        span = typed(self.span)
        return {"span": list(span), "text": text[slice(*span)][:200]}
