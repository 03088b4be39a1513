"""Items that a model reads in the sentences in which the grammar read nothing."""

import json
import time

from llm_bridge.clause import Clause, clause
from llm_bridge.conditions import condition_from
from llm_bridge.context_report import VALUES, Kind
from llm_bridge.evidence import DIMENSIONS
from llm_bridge.informed import Informed
from llm_bridge.leftovers import leftover
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.prompts import sentence_prompt
from llm_bridge.proposal import Proposal
from llm_bridge.providers import answer_in_time
from llm_bridge.reading import Reading
from llm_bridge.sentences import sentences
from llm_bridge.stance import against, is_question

SECONDS = 20.0
"""For all sentences of a text."""
PROMPT_TOKENS = 512
Span = tuple[int, int]


def propose_by_model(
    text: PlainText,
    names: Names,
    now: float,
    decided: list[Span],
    model: Informed,
    seconds: float = SECONDS,
) -> list[Proposal]:
    """Proposals of a model on what the grammar left open.

    The model names the kind; the words, the number, the names and the times are read
    from the text, so it cannot invent them.

    Parameters
    ----------
    text : PlainText
        What was written.
    names : Names
        Of the network.
    now : float
        s since epoch, UTC.
    decided : list of (int, int)
        Spans on which the grammar has decided, one way or the other.
    model : Informed
        What is asked.
    seconds : float
        Time for all answers.
    """
    end = time.monotonic() + seconds
    found = []
    for span in sentences(text.plain):
        if any(span[0] < high and low < span[1] for low, high in decided):
            continue
        one = clause(text, span, names)
        if not _is_worth_asking(one):
            continue
        words = text.original[slice(*span)]
        facts = model.facts(words, one.names("cell"))
        prompt = sentence_prompt(words, PROMPT_TOKENS, facts)
        if prompt is None:
            continue
        model.tell(words, prompt.facts)
        answer = answer_in_time(model, prompt, end - time.monotonic())
        proposal = _proposal(one, answer, now, model.name)
        if proposal is not None:
            found.append(proposal)
    return found


def _is_worth_asking(one: Clause) -> bool:
    """Whether a sentence states something about cells, users or quantities."""
    has_name = any(one.names(kind) for kind in ("cell", "user"))
    has_number = any(q.dimension for q in one.quantities)
    if not (has_name or has_number) or is_question(one.plain):
        return False
    return condition_from(one.plain) is None and against(one.plain) is None


def _proposal(
    one: Clause, answer: str | None, now: float, model: str
) -> Proposal | None:
    """Proposal of an answer, or None where it is none or says nothing."""
    try:
        said = json.loads(answer or "")
        kind = Kind(said["kind"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if VALUES[kind].texts or kind is Kind.SLICE_SHARE:
        return None  # which way round is for the grammar to read
    value, unit, dimension = _value(kind, one)
    if value is None and VALUES[kind].units:
        return None
    if leftover(one, Reading(kind, value, unit, dimension=dimension), now) is not None:
        return None
    when = one.when(now)
    start, end = when.filled(now)
    if when.is_past or when.is_unclear or end <= start:
        return None
    band = one.band() if kind in (Kind.RADAR_ACTIVITY, Kind.PROTECTION) else None
    return Proposal(
        kind, one.span, start, end, value, unit,
        cells=one.names("cell"), users=one.names("user"),
        band=band[0] if band else None, confidence=0.6, provider=model,
    )  # fmt: skip


def _value(kind: Kind, one: Clause) -> tuple[float | None, str, str]:
    """Value, unit and dimension of the one number that fits the kind.

    Parts and factors mean more than one thing, and of several numbers a model picks
    the wrong one: both are for the grammar to read.
    """
    for unit in VALUES[kind].units:
        only = one.only(*(name for name in DIMENSIONS[unit] if name))
        if only is not None and unit != "1":
            return only.value, unit, only.dimension
    return None, "", ""
