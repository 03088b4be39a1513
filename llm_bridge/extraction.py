"""From a text to a context report: read, guard, and tell what was refused."""

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from llm_bridge.authority import ROLES, author_of
from llm_bridge.both_readings import both_readings
from llm_bridge.context_report import ContextItem, ContextReport, RefusedItem
from llm_bridge.encoder import encoder_reader
from llm_bridge.glued import without_glued
from llm_bridge.grammar import propose
from llm_bridge.guard import Guard
from llm_bridge.informed import Informed
from llm_bridge.misspelled import Corrected, corrected
from llm_bridge.model_reading import propose_by_model
from llm_bridge.names import Names
from llm_bridge.overlooked import named_in, overlooked
from llm_bridge.plain_text import LONGEST, read
from llm_bridge.proposal import EMBEDDED, NOT_READ, Proposal, Refusal
from llm_bridge.providers import Model, checked, endpoint_from_environment
from llm_bridge.repeated import unique
from llm_bridge.share_cells import with_share_cells
from llm_bridge.smollm2 import SMOLLM2, SmolLM2Server
from llm_bridge.text_mentions import text_mentions
from llm_bridge.time_zones import with_offsets
from llm_bridge.times import moment
from llm_bridge.unused_times import unused_time, with_unused_times
from llm_bridge.voices import ADDRESSED
from llm_bridge.votes import voted, votes_learned
from llm_bridge.whole_reading import Reader

if TYPE_CHECKING:
    from twins import TwinSnapshot

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: no file can hold it."""
MOST_ITEMS = 200
"""Items of one report; a text with more is no note but a flood."""
PROVIDERS = ("grammar", "openai", EMBEDDED, SMOLLM2)
"""Without a model; with a language model at the address ``OPENAI_BASE_URL``; with a
small one that reads whole texts, or without where its package is not installed; with
one that writes answers, served by a process of our own."""


def report(
    text: str,
    snapshot: "TwinSnapshot",
    author: str,
    provider: "str | Model" = "grammar",
    before: "TwinSnapshot | None" = None,
) -> ContextReport:
    """Context report of what a text says about a network.

    Parameters
    ----------
    text : str
        Notes, mails, tickets: data, whatever they say.
    snapshot : TwinSnapshot
        The network the text is about; times of day are those of its day, UTC unless
        the text names a zone.
    author : str
        ``role/name`` with role ``regulator``, ``operator``, ``tenant``, ``user`` or
        ``device``. What a role may not ask is refused.
    provider : str or Model
        Who reads beside the grammar: one of :data:`PROVIDERS`, or a model.
    before : TwinSnapshot or None
        An earlier state; a language model is told which loads changed since.

    Returns
    -------
    ContextReport
        Items that the text states, what was refused with the reason, and what a
        language model was told.

    Raises
    ------
    ValueError
        If ``text`` or ``author`` is no text, or ``provider`` is unknown.
    """
    model = _model(provider)
    if not isinstance(text, str):
        raise ValueError(f"text = {text!r}: must be a text")
    names = Names(snapshot)
    writer = author_of(author, names, snapshot)
    created = moment(snapshot.time)
    if len(text) > LONGEST:
        reason = f"the text has {len(text)} characters, more than {LONGEST}"
        return _nothing(created, reason)
    if writer.role not in ROLES:
        return _nothing(created, f"role {writer.role!r} is none of {', '.join(ROLES)}")
    spelling = corrected(read(text))
    plain = with_offsets(without_glued(spelling.text, names), snapshot.time)
    text = _SURROGATE.sub("\ufffd", text)
    guard = Guard(plain, writer, names, snapshot)
    now = snapshot.time
    proposals, refusals = propose(plain, names, now, writer.own)
    reader = _reader(provider)
    mentions = text_mentions(plain, names, now)
    proposals, unplaced = with_share_cells(proposals, mentions, plain.plain)
    refusals += unplaced
    proposals = with_unused_times(proposals, mentions, now)
    if reader is not None:
        both = both_readings(plain, mentions, proposals, refusals, reader, guard, now)
        if both is not None:
            taken, doubted = voted(both, votes_learned())
            unsound = [one for one in proposals if one not in both.grammar]
            proposals = unique(taken) + unsound
            refusals += [Refusal(DOUBTED, one.span, one) for one in doubted]
    informed = None if model is None else Informed(model, before, snapshot)
    if informed is not None:
        decided = _decided(proposals, refusals)
        proposals += propose_by_model(plain, names, now, decided, informed)
    items: list[ContextItem] = []
    read_by_model = [one.span for one in proposals if one.provider != "grammar"]
    refused = [
        RefusedItem(item=one.to_json(text, spelling.typed), reason=one.reason)
        for one in refusals
        if one.reason != NOT_READ or not _meets(one.span, read_by_model)
    ]
    named = named_in(plain, mentions)
    for one in proposals:
        found = guard.item(one) if len(items) < MOST_ITEMS else TOO_MANY
        unused = unused_time(one, proposals, mentions, now, reader is None)
        if unused is not None and not isinstance(found, str):
            found = f"the time {plain.plain[slice(*unused.span)]!r} is not understood"
        beside = overlooked(one, proposals, named)
        if beside is not None and not isinstance(found, str):
            words = plain.plain[slice(*beside)]
            found = f"what {words!r} has to do with it is not understood"
        if isinstance(found, str):
            item = one.to_json(text, spelling.typed)
            refused.append(RefusedItem(item=item, reason=found))
        else:
            items.append(_as_typed(found, text, spelling))
    listed = {one.reason for one in refused}
    for span, reason in guard.foreign:
        if reason.startswith(ADDRESSED) and reason not in listed:
            item = Refusal(reason, span).to_json(text, spelling.typed)
            refused.append(RefusedItem(item=item, reason=reason))
    return ContextReport(
        created=created,
        items=tuple(items),
        refused=tuple(refused[:MOST_ITEMS]),
        told=() if informed is None else tuple(informed.told),
    )


def _decided(
    proposals: list[Proposal], refusals: list[Refusal]
) -> list[tuple[int, int]]:
    """Where something was decided, one way or the other."""
    return [
        *(one.span for one in proposals),
        *(one.span for one in refusals if one.reason != NOT_READ),
    ]


def _as_typed(item: ContextItem, text: str, spelling: Corrected) -> ContextItem:
    """Item that rests on the words as they were typed."""
    span = spelling.typed(item.source.span)
    source = item.source.model_copy(update={"text": text, "span": span})
    return item.model_copy(update={"source": source})


def _meets(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether a span overlaps one of others."""
    return any(low < span[1] and span[0] < high for low, high in others)


DOUBTED = "read in one sentence, and not likely to be what the text says as a whole"
TOO_MANY = f"the text has more than {MOST_ITEMS} items"


def _model(provider: "str | Model") -> "Model | None":
    """Language model of a provider, or None."""
    if not isinstance(provider, str):
        return checked(provider)
    if provider not in PROVIDERS:
        allowed = ", ".join(PROVIDERS)
        raise ValueError(f"provider = {provider!r}: must be one of {allowed}")
    if provider == "openai":
        return endpoint_from_environment()
    return _served() if provider == SMOLLM2 else None


@cache
def _served() -> "Model":
    """The language model in a process of our own, started once."""
    return SmolLM2Server().endpoint()


def _reader(provider: "str | Model") -> Reader | None:
    """Reader of whole texts of a provider, or None."""
    return encoder_reader() if provider == EMBEDDED else None


def _nothing(created: datetime, reason: str) -> ContextReport:
    """Report in which all of the text is refused."""
    return ContextReport(
        created=created, refused=(RefusedItem(item={"text": "all"}, reason=reason),)
    )
