"""Parts of a sentence that say one thing each, and what each says."""

import re
from collections.abc import Iterator

from llm_bridge.clause import FIRST_PERSON, Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.context_report import REPORTED, Kind
from llm_bridge.days import other_day
from llm_bridge.events import EVENTS
from llm_bridge.names import Names
from llm_bridge.numeric_readings import NUMERIC
from llm_bridge.plain_text import PlainText
from llm_bridge.quantities import FACTORS
from llm_bridge.reading import Reading
from llm_bridge.sentences import pieces
from llm_bridge.stance import HEARSAY, OVER, UNREAL
from llm_bridge.times import AFTERWARDS, SAME_TIME, when

_GIVE_IT = re.compile(
    r"\b(?:give|giv\w+|hand|assign|lend|add|transfer|put|pass|move|"
    r"let)\w*\b.*\b(?:it|them|this|that|those|these|have)\b"
    r"|^(?:to|for)\b|^(?:taken|borrowed|coming|away) from\b|^at the expense of\b"
)
_IS_FINE = re.compile(
    r"(?!(?:and |but )?(?:so|also|as) |(?:that|which) is (?:until|till|from|at|by|\d))"
    r"(?:and |but )?(?:\S+ ){1,3}?(?:stays?|"
    r"remains?|keeps?|is|are|"
    r"works?(?= (?:fine|ok|well|normally|again|as))|"
    r"continues?|runs|unchanged|untouched|"
    r"unaffected|ok|okay|fine|normal|takes? over|carries|carry)\b"
)
_FINE = re.compile(r"\b(?:is|are|was|were|all) (?:fine|ok|okay|well|good|normal)$")
_THEY = re.compile(
    r"(?:and |but )?(?:they|it|both|all of them)(?:'ll| will| should| must| needs?)\b"
)
_BARE_TIME = re.compile(
    r"\b(?:by|at|until|till|til|around|about|before|after|from|since) \d{1,2}(?=$|"
    r"[.,;!)])"
)
_OTHER_WORDS = re.compile(
    r"\b(?!(?:and|or|so|nor|neither|is|are|too|also|as|well|likewise|the|same|for|at|"
    r"on|in|of|to|"
    r"both|cells?|sites?|sectors?|users?|slices?|plus|even|with|from|by|only|not|here|"
    r"disposal|available|ready|standby|your|our|there|respectively|each|all|please|"
    r"its?|it's|his|her|their|already|again|now|between|until|till|"
    r"til|today|tonight|tomorrow|since|during|after|before|this|next|morning|evening|"
    r"afternoon|night|noon|midnight|am|pm|utc|\w+day|over|about|around|hours?|hrs|min)"
    r"\b)"
    r"[a-z]{2,}"
)


def clauses(text: PlainText, span: tuple[int, int], names: Names) -> list[Clause]:
    """Parts of a sentence that say one thing each."""
    found: list[Clause] = []
    current: Clause | None = None
    for one in _with_bare_names(text, span, names):
        if current is None:
            current = one
            continue
        if _starts_anew(current, one):
            found.append(current)
            current = one
            continue
        if _has_clock(current) and _is_other_day(one):
            continue
        joined = clause(text, (current.span[0], one.span[1]), names)
        if not _is_chatter(one) or readings(joined) != readings(current):
            current = joined
    return [*found, *([current] if current is not None else [])]


def _with_bare_names(
    text: PlainText, span: tuple[int, int], names: Names
) -> Iterator[Clause]:
    """Pieces of a sentence; names alone, behind words, belong to what follows them.

    ``mains lost at M1, M1A and M1B are dark`` says the second thing of M1A and M1B.
    """
    found = [
        one
        for part in pieces(text.plain, span)
        for one in _behind_cause(clause(text, part, names), names)
    ]
    first: Clause | None = None
    for place, one in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        before = found[place - 1] if place else one
        is_told = place > 0 and bool(before.mentions) and not _ends_in_name(before)
        is_told = is_told or (place > 0 and _is_cause(before, one))
        is_led = after is not None and _starts_with_name(after)
        if (
            is_led
            and _starts_with_name(one)
            and _ends_in_name(one)
            and (first or is_told)
        ):
            first = first or one
            continue
        yield (
            one if first is None else clause(text, (first.span[0], one.span[1]), names)
        )
        first = None


def _behind_cause(one: Clause, names: Names) -> list[Clause]:
    """A piece, parted at a colon between a site and cells of it: ``M1: M1A dark``."""
    colon = one.plain.find(": ")
    if colon < 0:
        return [one]
    low, high, place = *one.span, one.span[0] + colon
    parts = [
        clause(one.text, span, names) for span in ((low, place), (place + 2, high))
    ]
    return parts if _is_cause(*parts) else [one]


def _is_cause(before: Clause, one: Clause) -> bool:
    """Whether what stands before only tells of the site whose cells a part names."""
    cells = {*one.names("cell")}
    if not cells or not cells < {*before.names("cell")} or before.quantities:
        return False
    between = one.text.plain[before.span[1] : one.span[0]]
    return _starts_with_name(one) and between.strip() in (",", ":")


def _starts_with_name(one: Clause) -> bool:
    return bool(one.mentions) and one.mentions[0].span[0] == one.span[0]


def _ends_in_name(one: Clause) -> bool:
    return bool(one.mentions) and one.mentions[-1].span[1] == one.span[1]


def _is_chatter(one: Clause) -> bool:
    """Whether a piece has nothing that an item could use."""
    if one.mentions or any(q.dimension for q in one.quantities) or readings(one):
        return False
    named = when(one.plain, list(one.quantities), 0.0)
    return (
        not named.is_named
        and not _BARE_TIME.search(one.plain)
        and not clocks(one.unnamed)
        and not OVER.search(one.plain)
        and not SAME_TIME.search(one.plain)
        and not re.search(r"\b(?:if|unless|until|might|may|could|not)\b", one.plain)
        and not HEARSAY.search(one.plain)
        and not UNREAL.search(one.plain)
    )


def _has_clock(one: Clause) -> bool:
    return bool(readings(one)) and bool(clocks(one.unnamed))


def _has_same_end(current: Clause, one: Clause) -> bool:
    """Whether two parts tell each when something begins, or each when it ends."""
    roles = [{clock.role for clock in clocks(part.unnamed)} for part in (current, one)]
    return bool(roles[0] & roles[1] - {"unclear"})


def _is_other_day(one: Clause) -> bool:
    """Whether a piece tells what else happens on another day."""
    names_day = other_day(one.unnamed, 0.0) is not None and not clocks(one.unnamed)
    return names_day and not readings(one) and _tells(one)


def _starts_anew(current: Clause, one: Clause) -> bool:
    """Whether a piece says another thing than the clause so far."""
    said, new = readings(current), readings(one)
    is_list = bool(current.mentions) and current.mentions[-1].span[1] == current.span[1]
    if (said or (current.mentions and current.quantities)) and _is_entry(one):
        return not is_list
    has_own = bool(one.names("cell") or one.names("user") or one.names("unknown"))
    if not said:
        if any(reading.kind in REPORTED for reading in new) and _is_cause(current, one):
            return True
        is_other = bool(new) and has_own and bool(current.mentions)
        ended = OVER.search(current.plain) or _IS_FINE.match(current.plain)
        sizes = {q.dimension for q in one.quantities if q.dimension}
        is_own = has_own or one.has(FIRST_PERSON)
        if new and is_own and not current.mentions and _FINE.search(current.plain):
            return True
        if new and _FINE.search(current.plain) and _THEY.match(one.plain):
            return True
        is_like = has_own and bool(sizes) and bool(current.of(*sizes))
        if is_like and current.mentions:
            return True
        return is_other and ended is not None
    dimension = said[-1].dimension
    sizes = FACTORS if dimension in FACTORS else (dimension,)
    is_whole = (
        bool(one.mentions)
        or AFTERWARDS.match(one.plain) is not None
        or (said[-1].needs == "" and bool(clocks(one.unnamed)))
        or (bool(clocks(current.unnamed)) and bool(clocks(one.unnamed)))
    )
    goes_on = bool(dimension) and bool(one.of(*sizes)) and is_whole
    goes_on = goes_on or (has_own and _has_same_end(current, one))
    if said[-1].band is not None and one.band() is not None and not new:
        return True
    if _GIVE_IT.search(one.plain) and not new and not goes_on:
        return False
    if not new and is_list and _goes_on_listing(one):
        return False
    is_named = not (goes_on or new or current.mentions or current.has(FIRST_PERSON))
    if is_named and _names_whom(one, said[-1]):
        return False
    if new and new[-1].kind == said[-1].kind and said[-1].needs == "" and goes_on:
        return True
    if not new:
        is_fine = _IS_FINE.match(one.plain) is not None
        return goes_on or is_fine or (has_own and _tells(one))
    kinds = {reading.kind for reading in said}
    is_other = any(reading.kind not in kinds for reading in new)
    if is_other and not has_own and not any(reading.dimension for reading in new):
        return False  # the same fault or work in other words
    return is_other or has_own


def _names_whom(one: Clause, reading: Reading) -> bool:
    """Whether a piece names those whom a reading is still to be of."""
    if reading.needs == "cells" or reading.kind is Kind.LAP_REQUEST:
        return len(one.names("cell")) == 1
    named = one.names("user") or one.names("unknown")
    return bool(named) and reading.needs in ("named", "users", "some")


def _goes_on_listing(one: Clause) -> bool:
    """Whether a piece begins with another name of the list before, and is not fine."""
    starts = bool(one.mentions) and one.mentions[0].span[0] == one.span[0]
    return starts and _IS_FINE.match(one.plain) is None


def _is_entry(one: Clause) -> bool:
    """Whether a piece begins with a name and a colon: ``M3C: unchanged``."""
    return bool(one.mentions) and re.match(
        r"(?:(?:cell|site|sector|user|slice) )?\s*:\s",
        one.text.plain[one.mentions[0].span[1] : one.span[1]],
    ) is not None and one.mentions[0].span[0] - one.span[0] <= 8  # fmt: skip


def _tells(one: Clause) -> bool:
    """Whether a piece says something about what it names, and does not only list it."""
    words, shift = one.plain, one.span[0]
    taken = [(m.span[0] - shift, m.span[1] - shift) for m in one.mentions]
    taken += [(q.span[0] - shift, q.span[1] - shift) for q in one.quantities]
    for low, high in (*taken, *(clock.span for clock in clocks(words))):
        words = words[:low] + " " * (high - low) + words[high:]
    return _OTHER_WORDS.search(words) is not None


def readings(one: Clause) -> list[Reading]:
    """What a clause says; one kind where several rules read the same words."""
    for rule in NUMERIC:
        found = rule(one)
        if found:
            return found
    for rule in EVENTS:
        found = rule(one)
        if found:
            return found
    return []
