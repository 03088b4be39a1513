"""Proposals that say the same again, less, or until another value takes over."""

from dataclasses import replace

from llm_bridge.context_report import Kind
from llm_bridge.proposal import Proposal
from llm_bridge.times import DEFAULT


def unique(found: list[Proposal]) -> list[Proposal]:
    """Proposals without those that say the same again."""
    kept: dict[tuple[object, ...], Proposal] = {}
    for one in found:
        key = (one.kind, one.value, one.cells, one.users, one.band, one.bound,
               one.start, one.end)  # fmt: skip
        kept.setdefault(key, one)
    found = _superseded(list(kept.values()))
    for one in found:
        if one.end - one.start != DEFAULT:
            found = [_ended(two, one) for two in found]
    return [one for one in found if not any(_says_less(one, two) for two in found)]


def _ended(one: Proposal, again: Proposal) -> Proposal:
    """A fault with the end that its report tells when it says the same again."""
    is_same = one.kind == again.kind == Kind.OUTAGE and {*one.cells} == {*again.cells}
    is_open = one.end - one.start == DEFAULT and one.start < again.start < again.end
    return replace(one, end=again.end) if is_same and is_open else one


def _superseded(found: list[Proposal]) -> list[Proposal]:
    """Proposals without an end of their own, each until a later value takes over."""
    result = list(found)
    for place, one in enumerate(found):
        later = [
            other.start
            for other in found[place + 1 :]
            if (other.kind, other.cells, other.users, other.band, other.bound)
            == (one.kind, one.cells, one.users, one.band, one.bound)
            and other.value != one.value
            and one.start < other.start < one.end
        ]
        if later and one.end - one.start == DEFAULT:
            result[place] = replace(one, end=min(later))
    return result


def _says_less(one: Proposal, other: Proposal) -> bool:
    """Whether a fault or an intruder is reported again, without its time."""
    if one.kind == other.kind == Kind.INTRUSION:
        is_open = one.end - one.start == DEFAULT and other.end - other.start != DEFAULT
        return is_open and (one.cells, one.users) == (other.cells, other.users)
    same = one.kind == other.kind == Kind.OUTAGE and one is not other
    return same and set(one.cells) <= set(other.cells) and other.start < one.start
