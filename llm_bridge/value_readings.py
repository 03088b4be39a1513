"""What a sentence says once its kind is known: its value by form, not by words.

The only number with a unit that the kind takes is its value; the only band is its band.
"""

import re
from collections.abc import Callable

from llm_bridge.clause import Clause
from llm_bridge.context_report import Kind
from llm_bridge.faults import is_of_its
from llm_bridge.quantities import Quantity
from llm_bridge.reading import Reading

SHORTEST, LONGEST_DELAY = 1e-3, 60.0
"""W; what a cell sends is more, what reaches a receiver less. s; delays are shorter."""
MOST_PLATFORMS = 50
_ONE = re.compile(r"\b(?:an?|another|one)\b")
_EACH = re.compile(r"\b(?:each|apiece|every|per)\b")
_SEEN = re.compile(r"\b(?:was|were|had been) [a-z]+")
_GETS = re.compile(r"\b(?:to|onto|into|for|towards?)(?: (?:the|cells?|sites?))* $")


def value_readings(kind: Kind, way: str, one: Clause) -> list[Reading]:
    """Readings of a sentence of a kind, or none where its form leaves them open.

    Parameters
    ----------
    kind : Kind
        What the sentence states.
    way : str
        Which way its value goes, as in the labels of the learned kinds, or ``""``.
    one : Clause
        The sentence.
    """
    if kind in _WITHOUT_VALUE:
        found = _WITHOUT_VALUE[kind](one)
    elif kind is Kind.ASSOCIATION_PREFERENCE:
        found = Reading(kind, way, needs="both") if one.names("cell") else None
    elif kind is Kind.SPECTRUM_GRANT:
        return _spectrum(way, one)
    else:
        found = _NUMERIC[kind](way, one)
    return [] if found is None else [found]


def _outage(one: Clause) -> Reading | None:
    if not one.names("cell") or is_of_its(one):
        return None
    return Reading(Kind.OUTAGE, needs="cells", users=())


def _works(one: Clause) -> Reading | None:
    is_open = not one.when(0.0).is_named or bool(one.of("factor"))
    if not one.names("cell") or is_open or is_of_its(one):
        return None
    return Reading(Kind.MAINTENANCE, needs="cells", users=())


def _intrusion(one: Clause) -> Reading | None:
    if not one.names("cell") and not one.names("user"):
        return None
    return Reading(Kind.INTRUSION, needs="named")


def _radar(one: Clause) -> Reading | None:
    band = one.band()
    if band is None or len(one.bands()) > 1:
        return None
    return Reading(
        Kind.RADAR_ACTIVITY, cells=(), users=(), band=band[0], dimension="Hz"
    )


_WITHOUT_VALUE: dict[Kind, Callable[[Clause], Reading | None]] = {
    Kind.OUTAGE: _outage,
    Kind.MAINTENANCE: _works,
    Kind.INTRUSION: _intrusion,
    Kind.RADAR_ACTIVITY: _radar,
}


def _spectrum(way: str, one: Clause) -> list[Reading]:
    """Bandwidth that cells get or lose, or that goes from one to another."""
    width = one.only("Hz")
    named = [mention for mention in one.mentions if mention.kind == "cell"]
    if width is None or not named:
        return []
    size = abs(width.value)
    if way != "move":
        value = -size if way == "less" else size
        return [
            Reading(Kind.SPECTRUM_GRANT, value, "Hz", needs="cells", dimension="Hz")
        ]
    plain, low = one.text.plain, one.span[0]
    gets = [m for m in named if _GETS.search(plain[low : m.span[0]])]
    if len(named) != 2 or len(gets) != 1:
        return []
    return [
        Reading(
            Kind.SPECTRUM_GRANT, size if mention in gets else -size, "Hz",
            cells=mention.names, dimension="Hz",
        )
        for mention in named
    ]  # fmt: skip


def _rate(kind: Kind, one: Clause) -> Reading | None:
    return _plain(kind, one.only("bit/s"), "bit/s", "some")


def _plain(kind: Kind, only: Quantity | None, unit: str, needs: str) -> Reading | None:
    """Reading of a quantity as it stands."""
    if only is None:
        return None
    return Reading(kind, only.value, unit, needs=needs, dimension=only.dimension)


def _delay(way: str, one: Clause) -> Reading | None:
    found = [q for q in one.of("s") if q.value < LONGEST_DELAY]
    only = found[0] if len(found) == 1 else None
    return _plain(Kind.LATENCY_BOUND, only, "s", "some")


def _protection(way: str, one: Clause) -> Reading | None:
    only, band = one.only("W"), one.band()
    if only is None or only.value > SHORTEST:
        return None
    return Reading(
        Kind.PROTECTION, only.value, "W", cells=(), users=(),
        band=band[0] if band else None, dimension="W",
    )  # fmt: skip


def _power(way: str, one: Clause) -> Reading | None:
    only, level = one.only("W"), one.only("dB")
    if only is not None:
        is_of_cell = only.value >= SHORTEST
        return _plain(Kind.POWER_LIMIT, only, "W", "cells") if is_of_cell else None
    if level is None:
        return _part(Kind.POWER_LIMIT, way, one, "cells")
    if way != "less" or not level.value:
        return None
    factor = 10 ** (-abs(level.value) / 10)
    return Reading(Kind.POWER_LIMIT, factor, "1", needs="cells", dimension="dB")


def _surge(way: str, one: Clause) -> Reading | None:
    only = one.only("factor")
    if only is not None:
        is_change = only.value != 1
        return _plain(Kind.TRAFFIC_SURGE, only, "1", "some") if is_change else None
    return _part(Kind.TRAFFIC_SURGE, way, one, "some")


def _part(kind: Kind, way: str, one: Clause, needs: str) -> Reading | None:
    """Reading of a part of what is usual, or of what is added to it or taken away."""
    only = one.only("%", "part")
    if only is None:
        return None
    part = abs(only.value)
    value = {"more": 1 + part, "less": 1 - part, "to": part}[way]
    return Reading(kind, value, "1", needs=needs, dimension="%") if value >= 0 else None


def _share(way: str, one: Clause) -> Reading | None:
    only = one.only("%", "part")
    if only is None or not 0 <= only.value <= 1:
        return None
    return Reading(Kind.SLICE_SHARE, only.value, "1", way, needs="users", dimension="%")


def _saving(way: str, one: Clause) -> Reading | None:
    if not one.names("cell"):
        return None
    if not one.of("%", "part"):
        return Reading(Kind.ENERGY_SAVING, 1.0, "1", needs="cells", users=())
    return _part(
        Kind.ENERGY_SAVING, "less" if way == "to" else "to", one, "cells"
    )  # what is saved, where the label tells what is left


def _platforms(way: str, one: Clause) -> Reading | None:
    counts = {quantity.value for quantity in one.of("")}
    if not counts and _ONE.search(one.plain):
        counts = {1.0}
    if len(counts) != 1:
        return None
    (count,) = counts
    if _SEEN.search(one.plain):
        return None
    if len(one.names("cell")) > 1 and _EACH.search(one.plain):
        return None
    if count != int(count) or not 1 <= count <= MOST_PLATFORMS:
        return None
    return Reading(Kind.LAP_REQUEST, count, "1")


_NUMERIC: dict[Kind, Callable[[str, Clause], Reading | None]] = {
    Kind.RATE_FLOOR: lambda _, one: _rate(Kind.RATE_FLOOR, one),
    Kind.RATE_CAP: lambda _, one: _rate(Kind.RATE_CAP, one),
    Kind.LATENCY_BOUND: _delay,
    Kind.PROTECTION: _protection,
    Kind.POWER_LIMIT: _power,
    Kind.TRAFFIC_SURGE: _surge,
    Kind.SLICE_SHARE: _share,
    Kind.ENERGY_SAVING: _saving,
    Kind.LAP_REQUEST: _platforms,
    Kind.MOBILITY: lambda _, one: _plain(Kind.MOBILITY, one.only("m/s"), "m/s", "some"),
    Kind.WEATHER: lambda _, one: _plain(Kind.WEATHER, one.only("mm/h"), "mm/h", ""),
}
