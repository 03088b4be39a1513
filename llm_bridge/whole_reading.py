"""Items of a text as a whole, put together from kinds and roles that were learned.

A reader judges which kinds of items a text has, and for each kind which part every
name, number and time plays in it (:class:`Judged`). An item is put together from the
likeliest parts; its confidence is the product of all probabilities that it rests on.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from llm_bridge.context_report import VALUES, Kind
from llm_bridge.days import DAY
from llm_bridge.item_parts import ItemParts, item_parts
from llm_bridge.mention_roles import LABELS, ROLES, parted, value_of
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal
from llm_bridge.role_times import RoleTimes, role_interval
from llm_bridge.text_mentions import TextMention

LEAST = 0.1
"""Probability below which a kind is not put together."""
_OF_CELLS = (
    Kind.OUTAGE, Kind.MAINTENANCE, Kind.POWER_LIMIT, Kind.ENERGY_SAVING,
    Kind.SPECTRUM_GRANT,
)  # fmt: skip
_OF_USERS = (
    Kind.RATE_FLOOR, Kind.RATE_CAP, Kind.LATENCY_BOUND, Kind.SLICE_SHARE,
    Kind.MOBILITY, Kind.ASSOCIATION_PREFERENCE, Kind.TRAFFIC_SURGE,
)  # fmt: skip
_NAMED = (Kind.OUTAGE, Kind.MAINTENANCE, Kind.SPECTRUM_GRANT)
"""Kinds that need a cell by name."""
_OF_ALL = (Kind.PROTECTION, Kind.TRAFFIC_SURGE)
"""Kinds that may name no cell, and then are of more than one that is."""
_SEVERAL = (Kind.SPECTRUM_GRANT, Kind.SLICE_SHARE)
"""Kinds of which one text may have both ways."""
_UNSAID = {Kind.ENERGY_SAVING: 1.0, Kind.LAP_REQUEST: 1.0}
"""Values that need no number: all of a sleeping cell's energy, "a drone"."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a reader judges of a text.

    Attributes
    ----------
    kinds : (K,)
        Probability that the text has an item of each label.
    roles : dict of int to (M, R)
        Probability of each role of each mention, by label.
    together : dict of int to (M, M) or None
        Probability that two mentions are parts of one item, by label; None if it is
        not judged: then a text has one item of a kind.
    """

    kinds: np.ndarray
    roles: dict[int, np.ndarray]
    together: dict[int, np.ndarray] | None


class Reader(Protocol):
    """What judges whole texts."""

    @property
    def name(self) -> str:
        """Name that stands in its proposals."""
        ...

    def judged(
        self, text: PlainText, mentions: list[TextMention], role: str
    ) -> Judged | None:
        """Judgement of a text by an author's role; None if it is too long."""
        ...


def put_together(
    text: PlainText,
    mentions: list[TextMention],
    judged: Judged,
    now: float,
    own: tuple[str, ...],
    provider: str,
) -> list[Proposal]:
    """Proposals of the kinds that a text likely has, each with its confidence.

    Parameters
    ----------
    text : PlainText
        What was written.
    mentions : list of TextMention
        What stands in it.
    judged : Judged
        What a reader judges of it.
    now : float
        s since epoch, UTC.
    own : tuple of str
        Users or slices that "I" and "we" stand for.
    provider : str
        Name of the reader.
    """
    found: list[Proposal] = []
    taken: dict[str, set[int]] = {}
    for place in sorted(judged.roles, key=lambda label: -judged.kinds[label]):
        label, chance = LABELS[place], float(judged.kinds[place])
        if chance < LEAST:
            break
        kind, _ = parted(label)
        key = label if kind in _SEVERAL else str(kind)
        if judged.together is None and key in taken:
            continue
        used = taken.setdefault(key, set())
        together = None if judged.together is None else judged.together[place]
        items = item_parts(label, mentions, judged.roles[place], together)
        for parts in items:
            made = _proposal(text, mentions, label, parts, chance, now, own, provider)
            is_first = used.isdisjoint(parts.heads) and (parts.heads or not used)
            if made is None or made.confidence < LEAST or not is_first:
                continue
            if not any(_is_turned(made, one) for one in found):
                found.append(made)
        used.update(head for parts in items for head in parts.heads)
    return found


def _is_turned(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals are of one thing, at most the other way round."""
    sizes = {abs(two.value) for two in (one, other) if isinstance(two.value, float)}
    is_same = (one.kind, one.cells, one.users) == (other.kind, other.cells, other.users)
    return one.kind in _SEVERAL and is_same and len(sizes) == 1


def _proposal(
    text: PlainText,
    mentions: list[TextMention],
    label: str,
    parts: ItemParts,
    chance: float,
    now: float,
    own: tuple[str, ...],
    provider: str,
) -> Proposal | None:
    """Proposal of a label by the parts of an item; None where a part is wanting."""
    kind, way = parted(label)
    played: dict[str, list[TextMention]] = {role: [] for role in ROLES}
    for one, number, is_own in zip(mentions, parts.roles, parts.is_own, strict=True):
        if is_own:
            played[ROLES[number]].append(one)
    whom = _whom(kind, played, own)
    times = _times(played)
    is_torn = any(_is_torn(text.plain, one) for one in played["value"])
    if whom is None or times is None or is_torn or _overlooks_cells(kind, played):
        return None
    band = _band(played["value"] + played["band"])
    value, bound = _value(label, played["value"]), None
    if kind is Kind.ASSOCIATION_PREFERENCE:
        value = way
    elif kind is Kind.SLICE_SHARE:
        bound = way
    if (value is None and VALUES[kind].units) or (
        band is None and kind is Kind.RADAR_ACTIVITY
    ):
        return None
    start, end = role_interval(kind, times, text.plain, now)
    if kind is Kind.RADAR_ACTIVITY and start is None and end is None:
        return None  # a radar is told with its time
    start = now if start is None else start
    end = start + DAY if end is None else end
    if end <= start:
        return None
    confidence = float(chance) * parts.confidence
    return Proposal(
        kind, _span(text, played), start, end, value, _unit(kind, value, played),
        bound, *whom, band, confidence, provider,
    )  # fmt: skip


def _whom(
    kind: Kind, played: dict[str, list[TextMention]], own: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Cells and users of a kind, or None where it must name some and does not."""
    targets = played["target"]
    types = {one.type for one in targets}
    if "unknown" in types:
        return None
    cells, users = (
        tuple(dict.fromkeys(n for o in targets if o.type in named for n in o.names))
        for named in (("cell",), ("user", "slice"))
    )
    if kind in _OF_USERS and not users and "users" not in types:
        users = own
    if (
        kind is Kind.RATE_CAP
        and users == own
        and not all(o.startswith("slice:") for o in own)
    ):
        return None  # nobody asks less for themselves
    if kind is Kind.TRAFFIC_SURGE and (cells or "cells" in types) and users == own:
        users = ()
    if kind in _OF_CELLS:
        users = ()
    if kind in _NAMED and not cells:
        return None
    if kind is Kind.ASSOCIATION_PREFERENCE and not (cells and users):
        return None
    is_of_all = kind is Kind.ENERGY_SAVING and played["value"]
    if kind in _OF_CELLS + _OF_USERS and not (cells or users or types or is_of_all):
        return None
    return cells, users


def _overlooks_cells(kind: Kind, played: dict[str, list[TextMention]]) -> bool:
    """Whether a cell that is named beside the value plays no part in it."""
    beside = {one.sentence for one in played["value"]}
    return kind in _OF_ALL and any(
        one.type == "cell" and one.sentence in beside for one in played["none"]
    )


def _value(label: str, found: list[TextMention]) -> float | str | None:
    """The one value of a label; None if there is none, or several."""
    kind, _ = parted(label)
    if not found:
        return _UNSAID.get(kind)
    values = {value_of(label, one) for one in found}
    return values.pop() if len(values) == 1 else None


def _is_torn(plain: str, one: TextMention) -> bool:
    """Whether a sign that is not understood parts a number from digits before it."""
    before = plain[: one.span[0]][-2:]
    return before[:1].isdigit() and not before.isascii()


def _unit(
    kind: Kind, value: float | str | None, played: dict[str, list[TextMention]]
) -> str:
    """Unit of a value; a power is in W where a power is stated."""
    if value is None or not VALUES[kind].units:
        return ""
    if kind is Kind.POWER_LIMIT:
        return "W" if played["value"][0].type == "watt" else "1"
    return VALUES[kind].units[0]


def _band(found: list[TextMention]) -> tuple[float, float] | None:
    """The one band that plays a part."""
    bands = {one.band for one in found if one.band is not None}
    return bands.pop() if len(bands) == 1 else None


def _times(played: dict[str, list[TextMention]]) -> RoleTimes | None:
    """Times by their roles; None where two play the same."""
    ahead = [one.quantity for one in played["start"] if one.quantity and not one.clock]
    start = [one for one in played["start"] if one.clock]
    days = {one.day for one in played["day"]}
    several = (start, played["end"], played["length"], played["since"], ahead, days)
    if any(len(found) > 1 for found in several):
        return None
    length, since = (
        [one.quantity.value for one in played[role] if one.quantity]
        for role in ("length", "since")
    )
    return RoleTimes(
        start=start[0] if start else None,
        end=played["end"][0] if played["end"] else None,
        ahead=ahead[0].value if ahead else None,
        length=length[0] if length else None,
        since=since[0] if since else None,
        day=days.pop() if days else None,
    )


def _span(text: PlainText, played: dict[str, list[TextMention]]) -> tuple[int, int]:
    """The sentences that the parts of an item stand in."""
    spans = [
        one.sentence
        for role, found in played.items()
        if role != "none"
        for one in found
    ]
    if not spans:
        return 0, len(text.plain)
    return min(low for low, _ in spans), max(high for _, high in spans)
