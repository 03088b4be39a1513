"""Proposals that say the same again, less, or until another value takes over."""

from dataclasses import replace

from llm_bridge.context_report import Kind
from llm_bridge.days import DAY
from llm_bridge.names import Names
from llm_bridge.proposal import Proposal
from llm_bridge.times import DEFAULT

MOST_RETOLD = 20
"""Proposals of a text that tells one thing twice; in longer ones each stands alone."""
_SERVICE = (Kind.OUTAGE, Kind.MAINTENANCE)
"""Two words for cells that are off."""


def retold(found: list[Proposal], now: float) -> list[Proposal]:
    """Proposals of which one tells what and another one when, as one.

    Parameters
    ----------
    found : list of Proposal
        What was read in a text.
    now : float
        s since epoch, UTC: when it was written; what tells no time begins then.
    """
    if len(found) > MOST_RETOLD:
        return found
    result = list(found)
    for one in found:
        for other in found:
            if one is other or one not in result or other not in result:
                continue
            if not _is_of_same(one, other):
                continue
            place = result.index(other)
            is_vague = _is_untimed(one, now) or _is_around(one, other)
            if is_vague and not _is_untimed(other, now):
                result[place] = replace(other, band=other.band or one.band)
                result.remove(one)
            elif _lasts(one, now) and _begins_later(other, now, one.end - one.start):
                end = other.start + one.end - one.start
                result[place] = replace(other, end=end, band=other.band or one.band)
                result.remove(one)
    return result


def _is_of_same(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals may tell of one thing."""
    is_kind = one.kind == other.kind or (
        one.kind in _SERVICE and other.kind in _SERVICE
    )
    is_band = one.band == other.band or None in (one.band, other.band)
    return is_kind and is_band and (
        (one.value, one.bound, {*one.cells}, {*one.users})
        == (other.value, other.bound, {*other.cells}, {*other.users})
    )  # fmt: skip


def _is_untimed(one: Proposal, now: float) -> bool:
    """Whether no more than the day is told."""
    return one.start == now and (one.end - one.start == DEFAULT or one.end % DAY == 0)


def _is_around(one: Proposal, other: Proposal) -> bool:
    """Whether one tells the part of the day, and another one the time in it."""
    hours = (one.start % DAY // 3600, one.end % DAY // 3600)
    is_part = hours in ((6, 12), (12, 18), (18, 0), (20, 6), (0, 0))
    is_inner = one.start <= other.start < other.end <= one.end
    return is_part and is_inner and (one.start, one.end) != (other.start, other.end)


def _lasts(one: Proposal, now: float) -> bool:
    return one.start == now and not _is_untimed(one, now)


def _begins_later(one: Proposal, now: float, length: float) -> bool:
    return one.start > now and one.end - one.start in (DEFAULT, length)


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


def together(
    found: list[Proposal], spans: list[tuple[int, int]], names: Names
) -> list[Proposal]:
    """Proposals that ask the same of other names of a sentence, as one.

    ``M1A 12 W, M1B 12 W`` is one limit of two cells. Platforms are counted by cell.

    Parameters
    ----------
    found : list of Proposal
        What was read in a text.
    spans : list of (int, int)
        Its sentences.
    names : Names
        Of the network; what is not in it is refused alone.
    """
    kept: list[Proposal] = []
    for one in found:
        alike = (n for n, two in enumerate(kept) if _is_alike(two, one, spans, names))
        place = next(alike, None)
        if place is None:
            kept.append(one)
            continue
        two = kept[place]
        kept[place] = replace(
            two,
            span=(min(one.span[0], two.span[0]), max(one.span[1], two.span[1])),
            cells=tuple(dict.fromkeys((*two.cells, *one.cells))),
            users=tuple(dict.fromkeys((*two.users, *one.users))),
            confidence=min(one.confidence, two.confidence),
        )
    return kept


def _is_alike(
    one: Proposal, two: Proposal, spans: list[tuple[int, int]], names: Names
) -> bool:
    """Whether two proposals of a sentence differ in cells alone, or in users alone."""
    first, last = min(one.span[0], two.span[0]), max(one.span[1], two.span[1])
    cells, users = (one.cells, two.cells), (one.users, two.users)
    return (
        one.kind is not Kind.LAP_REQUEST
        and (one.kind, one.value, one.unit, one.bound, one.band, one.start, one.end)
        == (two.kind, two.value, two.unit, two.bound, two.band, two.start, two.end)
        and (cells[0] == cells[1]) != (users[0] == users[1])
        and all(cells if cells[0] != cells[1] else users)
        and any(low <= first and last <= high for low, high in spans)
        and all(names.is_known(name) for group in (*cells, *users) for name in group)
    )


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
        is_part = {*one.cells, *one.users} <= {*other.cells, *other.users}
        return is_open and is_part
    same = one.kind == other.kind == Kind.OUTAGE and one is not other
    return same and set(one.cells) <= set(other.cells) and other.start < one.start
