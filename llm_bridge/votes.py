"""Which of what the grammar and a reader of whole texts propose is likely right.

Neither is right alone where they differ. A logistic regression on what both say of
a proposal gives the probability that it is what was asked (stacked generalization:
Wolpert, Neural Networks 5, 1992), learned from texts that had not taught the reader
(``python -m benchmarks.votes_training``).
"""

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from llm_bridge.context_report import Kind
from llm_bridge.proposal import NOT_READ, Proposal, Refusal

FILE = "votes.json"
"""Of ``llm_bridge/data/reading``: what was learned."""
EVIDENCE = (
    "grammar", "reader", "kind", "other_of_reader", "other_of_grammar", "sentences",
)  # fmt: skip
"""Whether the grammar reads it; log-odds of the reader's confidence, and of its
probability that the text has such a kind; the confidence of the likeliest other
proposal of the kind by the reader, and whether the grammar has one; sentences with
mentions."""
LEAST_OF_READER, LEAST_OF_KIND = 0.05, 0.001
"""What a probability below counts as."""
_WHOM = "joins the names before", "whom "
"""In refusals that say that it is not clear whom the words are about."""


@dataclass(frozen=True)
class Readings:
    """What the grammar and a reader of whole texts say of a text.

    Attributes
    ----------
    grammar, reader : list of Proposal
        What each proposes; nothing that the guard refuses.
    kinds : dict of Kind to float
        Probability that the text has a kind, as the reader sees it.
    sentences : int
        Sentences of the text that name anything.
    """

    grammar: list[Proposal]
    reader: list[Proposal]
    kinds: dict[Kind, float]
    sentences: int


@dataclass(frozen=True)
class Votes:
    """What the word of a reader weighs beside that of the grammar.

    Attributes
    ----------
    weights : tuple of float
        Of each of :data:`EVIDENCE`.
    offset : float
        Log-odds of a proposal without evidence.
    least : float
        Probability from which on a proposal is taken.
    """

    weights: tuple[float, ...]
    offset: float
    least: float

    def probability(self, evidence: tuple[float, ...]) -> float:
        """Probability that a proposal of such evidence is what was asked."""
        pairs = zip(self.weights, evidence, strict=True)
        return 1 / (1 + math.exp(-self.offset - sum(w * x for w, x in pairs)))


@cache
def votes_learned() -> Votes:
    """What comes with the package."""
    place = files("llm_bridge") / "data" / "reading" / FILE
    found = json.loads(place.read_text(encoding="utf-8"))
    return Votes(tuple(found["weights"]), found["offset"], found["least"])


def is_refused(one: Proposal, refusals: list[Refusal]) -> bool:
    """Whether a refusal of the grammar stands against what a reader proposes.

    Most do not: nine in ten of what a sure reader reads against one is right. Who is
    locked out, and to whom words belong, is for the grammar to say.
    """
    return any(
        refusal.span[0] < one.span[1]
        and one.span[0] < refusal.span[1]
        and (any(w in refusal.reason for w in _WHOM) or one.kind is Kind.INTRUSION)
        for refusal in refusals
        if refusal.reason != NOT_READ
    )


def voted(readings: Readings, votes: Votes) -> tuple[list[Proposal], list[Proposal]]:
    """What is likely right, and what the grammar reads that is not."""
    taken: list[Proposal] = []
    doubted: list[Proposal] = []
    for one, evidence in weighed(readings):
        if votes.probability(evidence) >= votes.least:
            taken.append(one)
        elif evidence[0]:
            doubted.append(one)
    return taken, doubted


def weighed(readings: Readings) -> list[tuple[Proposal, tuple[float, ...]]]:
    """Each proposal once, with what speaks for it: :data:`EVIDENCE`."""
    read = {_asked(one): one for one in readings.grammar}
    said = {_asked(one): one for one in readings.reader}
    found = []
    for asked, one in {**read, **said, **read}.items():  # the grammar's come first
        kind = one.kind
        alone = said[asked].confidence if asked in said else 0.0
        others = [
            two.confidence for a, two in said.items() if two.kind == kind and a != asked
        ]
        is_other_read = any(a.kind == kind and a != asked for a in read)
        evidence = (
            float(asked in read),
            _log_odds(alone, LEAST_OF_READER),
            _log_odds(readings.kinds.get(kind, 0.0), LEAST_OF_KIND),
            max(others, default=0.0),
            float(is_other_read),
            float(readings.sentences),
        )
        found.append((one, evidence))
    return found


def _log_odds(probability: float, least: float) -> float:
    """Log-odds of a probability that is neither below ``least`` nor sure."""
    found = min(max(probability, least), 1 - LEAST_OF_KIND)
    return math.log(found / (1 - found))


def _asked(one: Proposal) -> Proposal:
    """What a proposal asks, by the words of whichever sentence, whoever proposes it."""
    value = float(f"{one.value:.4g}") if isinstance(one.value, float) else one.value
    cells, users = tuple(sorted(one.cells)), tuple(sorted(one.users))
    return replace(
        one, cells=cells, users=users, value=value,
        span=(0, 0), confidence=0.0, provider="", unit="",
    )  # fmt: skip
