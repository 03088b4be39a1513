"""What stands where the grammar and a reader of whole texts do not read the same."""

from dataclasses import dataclass, replace

from llm_bridge.context_report import Kind
from llm_bridge.proposal import EMBEDDED, LEARNED, NOT_READ, Proposal, Refusal


@dataclass(frozen=True)
class Votes:
    """From which confidence on a reader has its way.

    Attributes
    ----------
    adds : float
        Confidence of an item of a kind that the grammar does not read.
    corrects : float
        Confidence of an item in the place of the one that the grammar reads.
    """

    adds: float
    corrects: float


VOTES = {
    LEARNED: Votes(adds=0.8, corrects=0.8),
    EMBEDDED: Votes(adds=0.8, corrects=0.8),
}
"""By reader; chosen on the sets of ``chosen``, which neither reader had seen."""


_WHOM = "joins the names before", "whom "
"""In refusals that say that it is not clear whom the words are about."""


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


def voted(
    grammar: list[Proposal], others: list[Proposal], votes: Votes
) -> list[Proposal]:
    """Proposals of the grammar and of a reader, one of each where they differ."""
    kinds = dict.fromkeys(one.kind for one in [*grammar, *others])
    return [
        one
        for kind in kinds
        for one in _of_one_kind(
            [one for one in grammar if one.kind == kind],
            [one for one in others if one.kind == kind],
            votes,
        )
    ]


def _of_one_kind(
    grammar: list[Proposal], others: list[Proposal], votes: Votes
) -> list[Proposal]:
    """Proposals of a kind: a reader corrects where it is sure of as many items."""
    odd = [one for one in grammar if not any(_is_same(one, two) for two in others)]
    new = [one for one in others if not any(_is_same(one, two) for two in grammar)]
    if not odd:
        return grammar + [one for one in new if one.confidence >= votes.adds]
    sure = [one for one in new if one.confidence >= votes.corrects]
    if len(sure) < max(len(odd), len(new)):
        return grammar
    return [one for one in grammar if one not in odd] + sure


def _is_same(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals ask the same, by the words of whichever sentence."""
    shared = {"span": one.span, "confidence": 0.0, "provider": "", "unit": ""}
    return _sorted(replace(one, **shared)) == _sorted(replace(other, **shared))


def _sorted(one: Proposal) -> Proposal:
    value = float(f"{one.value:.4g}") if isinstance(one.value, float) else one.value
    cells, users = tuple(sorted(one.cells)), tuple(sorted(one.users))
    return replace(one, cells=cells, users=users, value=value)
