"""Clauses that ask several things of the same names: ``slice 1: 5 Mbit/s, 20 ms``.

Each number has another dimension, and its bound stands in its own part of the clause.
Each part is read with the names and the times of all of them; places stay true.
"""

import itertools
import re

from llm_bridge.borrowed import DAYS, Span, blanked
from llm_bridge.clause import Clause, clause
from llm_bridge.clock import clocks
from llm_bridge.days import dates
from llm_bridge.durations import SHORTEST_SPAN
from llm_bridge.names import Names
from llm_bridge.parts import readings
from llm_bridge.quantities import FACTORS, Quantity
from llm_bridge.reading import Reading

MOST = 4
"""Things that one clause asks."""
_APART = re.compile(r"\s?(?:[,;/|&+]|\b(?:and|plus|but|with)\b)\s")
"""What stands between two of them."""
_TIME_BEFORE = re.compile(
    r"(?:\b(?:from|until|till|til|by|to|between|and|at|as of|since|starting|"
    r"start|ends?|end|both|all)\b|[\s,(])*$"
)


def asked_apart(one: Clause, names: Names) -> list[tuple[Clause, list[Reading]]]:
    """Parts of a clause of which each asks one thing; empty where it is none."""
    numbers = [number for number in one.quantities if _is_value(number)]
    sizes = ["%" if q.dimension in FACTORS else q.dimension for q in numbers]
    targets = {mention.names for mention in one.mentions}
    is_several = 2 <= len(numbers) <= MOST and len({*sizes}) == len(sizes)
    if not is_several or len(targets) > 1:
        return []
    plain, cuts = one.text.plain, [one.span[0]]
    for before, number in itertools.pairwise(numbers):
        match = _APART.search(plain, before.span[1], number.span[0])
        if match is None:
            return []
        cuts.append(match.end())
    cuts.append(one.span[1])
    kept = _shared(one)
    found = []
    for low, high in itertools.pairwise(cuts):
        rest = _without([(one.span[0], low), (high, one.span[1])], kept)
        part = clause(blanked(one.text, rest), one.span, names)
        found.append((part, readings(part)))
    kinds = {made[0].kind for _, made in found if len(made) == 1}
    return found if len(kinds) == len(numbers) else []


def _is_value(one: Quantity) -> bool:
    """Whether a quantity may be what is asked, and is no length of a time or a way."""
    if one.dimension == "s":
        return one.value < SHORTEST_SPAN
    return one.dimension not in ("", "m")


def _shared(one: Clause) -> list[Span]:
    """Where the names of a clause stand, and its times with the words before them."""
    kept = [mention.span for mention in one.mentions]
    shift = one.span[0]
    times = [clock.span for clock in clocks(one.unnamed)]
    times += [*dates(one.plain), *(match.span() for match in DAYS.finditer(one.plain))]
    for low, high in times:
        before = _TIME_BEFORE.search(one.plain[:low])
        start = before.start() if before else low
        kept.append((start + shift, high + shift))
    return sorted(kept)


def _without(spans: list[Span], kept: list[Span]) -> list[Span]:
    """What of spans is in none of those that are kept."""
    left = []
    for low, high in spans:
        place = low
        for start, end in kept:
            if place < start < high:
                left.append((place, start))
            if low <= start < high:
                place = max(place, end)
        if place < high:
            left.append((place, high))
    return left
