"""Whom a clause concerns: named in it, in its neighbours, or before."""

import re
from dataclasses import dataclass

from llm_bridge.borrowed import LISTED
from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.names import BESIDE
from llm_bridge.proposal import Proposal
from llm_bridge.read_so_far import Said
from llm_bridge.reading import Reading

POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|there|him|his|her|this|that|same|both|"
    r"these|those|all (?:two|three|four|of them)|the (?:two|three) \w+|the "
    r"(?:cell|site|sector|device|user|users|cells|slice|terminal)|here)\b"
)
OF_USERS = (Kind.RATE_FLOOR, Kind.RATE_CAP, Kind.LATENCY_BOUND)
_IMPERATIVE = re.compile(
    r"\W*(?:(?:please|pls|so|then|better) )*(?:quarantine|isolate|lock|ban|block)\b"
)
"""Orders that leave out whom: what was just named."""
_NO_SUBJECT = re.compile(
    r"\W*(?:moves|drives|travels|walks|rides|cruises|needs|requires|wants)\b"
)
"""A sentence that goes on about what was just named, and names nobody."""
_MOREOVER = re.compile(r"\W*(?:and|also|plus|additionally|besides|furthermore)\b")
"""A sentence that goes on asking for whoever asked before."""
_TIMED = re.compile(
    r"\W*(?:(?:and|then|but) )?(?:from|between|after|at|as of|until|till|tomorrow|"
    r"tonight|\d\d?[:.h]\d\d)\b"
)
"""A sentence that begins with a time: what was said before holds till then."""
_IT = re.compile(r"\bit\b")
_OWN_TITLE = re.compile(
    r"\b(?:we|i) (?:need|ask for|require|want|would like|request)\b"
)
"""Title of a list of what its author asks for."""
_ON_THE_WAY = re.compile(
    r"\W*(?:driving|walking|cycling|riding|travell?ing|running|jogging|sailing|"
    r"on (?:the|a) "
    r"(?:bus|train|tram|ferry|bike|motorway))\b"
)
"""A sentence about its author that leaves out "I am"."""
_THERE = re.compile(r"\b(?:there|here)\b")
_IN_IT = re.compile(r"\b(?:in|of) (?:it|there|that|this|them)\b")
"""``everyone in it``: of the slice that was named."""
ONE_PERSON = re.compile(r"\b(?:him|his|he|her|she)\b")
_ON = re.compile(r"\w{3,}[^,]*,[^,]*\b(?:on|for|at|of|in|only)\s+$")
_FIELD = re.compile(r"[|(]|:(?!\d)|\bsectors?\b|\bcells?\b")
_BESIDE = re.compile(rf"{BESIDE}(?: (?:the|cells?|sites?|sectors?|our))*\s+$")
_MEMBER = re.compile(
    r"\bslice[ :-]?\w+(?:'s)? (?:devices?|users?|ues?|terminals?|members?|subscribers?|"
    r"sensors?) (?=\S*\d)"
)


@dataclass(frozen=True)
class Whom:
    """Cells and users that a reading concerns, and the words that say so."""

    cells: tuple[str, ...]
    users: tuple[str, ...]
    span: tuple[int, int]


def target_of(
    one: Clause,
    before: Clause | None,
    reading: Reading,
    own: tuple[str, ...],
    said: Said,
) -> Whom | None:
    """Whom a reading concerns; None if it must say and does not."""
    cells, users = _named(one)
    span = one.span
    if _MEMBER.search(one.plain):
        users = tuple(name for name in users if not name.startswith("slice:"))
    title = said.title_of(one)
    is_own = _speaks_of_itself(one) or (
        title is not None
        and not one.mentions
        and _OWN_TITLE.search(one.text.plain, *title)
    )
    if not users and own and is_own:
        users = own
    if reading.cells is not None:
        return Whom(reading.cells, reading.users or (), span)
    if reading.users is not None:
        users = (*reading.users, *one.names("unknown"))
    if reading.kind is Kind.LAP_REQUEST:
        users = tuple(name for name in users if name in one.names("unknown"))
    needs = reading.needs
    if needs == "cells":
        users = tuple(u for u in users if u in one.names("unknown"))
    elif needs in ("users",) or (needs == "some" and _are_persons(users)):
        cells = ()
    if needs == "named":
        cells = () if users else cells
    if needs == "both" and not users and not one.mentions_all("users"):
        span = one.widened(said.named_at or span).span
        near = _named(before)[1] if before is not None else ()
        if near and before is not None and before.span != one.span:
            return Whom(cells, near, before.widened(one.span).span)
        is_known = bool(said.users) and not FIRST_PERSON.search(one.plain)
        is_known = is_known and not (said.cells and _IT.search(one.plain))
        return Whom(cells, said.users, span) if is_known else None
    asked = _asked_before(said) if not users and not one.mentions else None
    if reading.kind in OF_USERS and asked is not None:
        return Whom((), asked.users, one.widened(asked.span).span)
    is_of_users = reading.kind in OF_USERS and not users and before is not None
    if is_of_users and before is not None and _are_persons(_named(before)[1]):
        return Whom((), _named(before)[1], before.widened(span).span)
    if reading.kind is Kind.LAP_REQUEST and not cells and not one.mentions:
        cells = _named(before)[0] if before is not None else said.cells
        if cells:
            near = before.span if before is not None else said.named_at
            return Whom(cells, (), one.widened(near or span).span)
    if not users and one.mentions_all("users") and _IN_IT.search(one.plain):
        users = _named(before)[1] if before is not None else said.users
        span = one.widened(said.named_at or span).span
        if not users:
            return None
    everybody = one.mentions_all("cells") or one.mentions_all("users")
    if (
        needs in ("", "both")
        or cells
        or users
        or (everybody and needs in ("cells", "some"))
    ):
        return Whom(cells, users, span)
    if before is not None:
        more_cells, more_users = _named(before)
        span = before.widened(span).span
    elif ONE_PERSON.search(one.plain) and len(said.users) > 1:
        return None
    elif any(
        (POINTS_BACK.search(one.plain), _IMPERATIVE.match(one.plain),
         _NO_SUBJECT.match(one.plain) and said.users)
    ):  # fmt: skip
        more_cells, more_users = said.cells, said.users
        span = one.widened(said.named_at or span).span
    elif said.named_at and (
        one.text.plain[: span[0]].rstrip().endswith(";") or _goes_on(one, reading, said)
    ):
        more_cells, more_users = said.cells, said.users
        span = one.widened(said.named_at).span
    elif said.last and reading.kind in OF_USERS and not one.mentions:
        last = said.proposals[said.last[-1]]
        more_cells, more_users = last.cells, last.users
        span = one.widened(last.span).span
    else:
        return None
    if needs == "cells" or (more_cells and _THERE.search(one.plain)):
        more_users = ()
    elif needs == "users" or _are_persons(more_users) or reading.kind in OF_USERS:
        more_cells = ()
    found = more_cells or more_users
    return Whom(more_cells, more_users, span) if found else None


def _asked_before(said: Said) -> Proposal | None:
    """What the sentence has asked for users so far: ``prefers M5C, needs 5 Mbit/s``."""
    last = said.proposals[said.last[-1]] if said.last else None
    return last if last is not None and _are_persons(last.users) else None


def _goes_on(one: Clause, reading: Reading, said: Said) -> bool:
    """Whether a sentence only tells the value that holds at another time."""
    last = said.proposals[-1] if said.proposals else None
    is_same = last is not None and last.kind == reading.kind
    return is_same and not one.mentions and _TIMED.match(one.plain) is not None


def _speaks_of_itself(one: Clause) -> bool:
    """Whether the sentence up to a clause speaks of its author, who names no other."""
    plain = one.text.plain
    start = max(plain.rfind(stop, 0, one.span[0]) for stop in (". ", "\n", "! "))
    words = plain[start + 1 : one.span[1]]
    if _ON_THE_WAY.match(words) and not one.mentions:
        return True
    if _MOREOVER.match(words) and not one.mentions:
        words = plain[: one.span[1]]
    return FIRST_PERSON.search(words) is not None


def _are_persons(users: tuple[str, ...]) -> bool:
    """Whether single users are named: then where they are does not matter."""
    return bool(users) and not any(name.startswith("slice:") for name in users)


def _named(one: Clause) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cells and users that a clause names; unknown names are among the users."""
    return _narrowed(one), (*one.names("user"), *one.names("unknown"))


def _narrowed(one: Clause) -> tuple[str, ...]:
    """Cells of a clause, without sites of which some are named behind them."""
    found = [mention for mention in one.mentions if mention.kind == "cell"]
    beside: set[tuple[int, int]] = set()
    for place, mention in enumerate(found):
        last = found[place - 1].span if place else None
        goes_on = last in beside and LISTED.fullmatch(
            one.text.plain[last[1] if last else 0 : mention.span[0]]
        )
        if goes_on or _is_beside(one, mention.span[0]):
            beside.add(mention.span)
    away = [mention for mention in found if mention.span not in beside]
    found = away or found
    kept: list[str] = []
    for place, mention in enumerate(found):
        inner = {
            name
            for after in found[place + 1 :]
            if {*after.names} < {*mention.names}
            and (
                _FIELD.search(one.text.plain[mention.span[1] : after.span[0]])
                or _ON.search(one.text.plain[mention.span[1] : after.span[0]])
            )
            for name in after.names
        }
        if not inner:
            kept.extend(mention.names)
    return tuple(dict.fromkeys(kept))


def _is_beside(one: Clause, place: int) -> bool:
    """Whether a name at ``place`` only says where something else is."""
    return _BESIDE.search(one.text.plain[one.span[0] : place]) is not None
