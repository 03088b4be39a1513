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
    LEARNED: Votes(adds=0.75, corrects=0.75),
    EMBEDDED: Votes(adds=0.7, corrects=0.7),
}
"""By reader; chosen on sets that neither reader had seen."""


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
    found: list[Proposal] = []
    for one in grammar:
        same_kind = [other for other in others if other.kind == one.kind]
        is_only = sum(other.kind == one.kind for other in grammar) == 1
        agreed = any(_is_same(one, other) for other in same_kind)
        better = [other for other in same_kind if other.confidence >= votes.corrects]
        takes = is_only and len(better) == 1 and not agreed
        found.append(better[0] if takes else one)
    kinds = {one.kind for one in grammar}
    found += [
        other
        for other in others
        if other.kind not in kinds and other.confidence >= votes.adds
    ]
    return found


def _is_same(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals ask the same, by the words of whichever sentence."""
    shared = {"span": one.span, "confidence": 0.0, "provider": "", "unit": ""}
    return _sorted(replace(one, **shared)) == _sorted(replace(other, **shared))


def _sorted(one: Proposal) -> Proposal:
    value = float(f"{one.value:.4g}") if isinstance(one.value, float) else one.value
    cells, users = tuple(sorted(one.cells)), tuple(sorted(one.users))
    return replace(one, cells=cells, users=users, value=value)
