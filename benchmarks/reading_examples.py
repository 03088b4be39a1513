"""Texts of the corpus with the part that each mention plays in each expected item."""

import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import twins
from benchmarks.extraction import AUTHOR, SAME, at, texts
from llm_bridge.authority import author_of
from llm_bridge.context_report import Kind
from llm_bridge.days import DAY
from llm_bridge.mention_roles import LABELS, ROLES, VALUE_TYPES, parted, value_of
from llm_bridge.misspelled import corrected
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText, read
from llm_bridge.role_times import RoleTimes, role_interval
from llm_bridge.text_mentions import TIMES, TextMention, text_mentions

CORPORA = ("tuning", "held", "fresh", "plain", "attacks", "honest")
"""Texts to learn from; ``chosen``, ``kept`` and ``unseen`` never are."""
VOTING = frozenset(range(281, 413))
"""Sets of ``plain`` from which the votes of the readers are learned."""
OPEN = -1
"""Role of a mention of which the expected items do not tell it."""


@dataclass(frozen=True)
class Example:
    """A text, its mentions, and their roles by label.

    Attributes
    ----------
    row : dict
        The text with its expected items and its set.
    text : PlainText
        The text.
    mentions : list of TextMention
        What stands in it.
    author : str
        Role of its author.
    own : tuple of str
        Whom "I" and "we" stand for.
    items : dict of int to list of (list of int or None)
        By label, for each item the role of each mention, :data:`OPEN` where it is not
        known; None where no role is known.
    """

    row: dict[str, Any]
    text: PlainText
    mentions: list[TextMention]
    author: str
    own: tuple[str, ...]
    items: dict[int, list[list[int] | None]]

    @property
    def roles(self) -> dict[int, list[int] | None]:
        """Role of each mention by label, in whichever item; None where unknown."""
        return {label: merged(items) for label, items in self.items.items()}


def merged(items: list[list[int] | None]) -> list[int] | None:
    """Role of each mention in whichever item that is known."""
    known = [roles for roles in items if roles is not None]
    return [max(roles) for roles in zip(*known, strict=True)] if known else None


def examples(
    corpora: Sequence[str] = CORPORA, without: Container[int] = ()
) -> Iterator[Example]:
    """Texts of the corpora but for some sets."""
    snapshot = twins.example()
    names = Names(snapshot)
    for corpus in corpora:
        for row in texts(corpus):
            if "items" not in row:
                continue  # an attack of which a part is allowed
            if row.get("set", 0) in without:
                continue
            yield example({"corpus": corpus, **row}, snapshot, names)


def example(row: dict[str, Any], snapshot: twins.TwinSnapshot, names: Names) -> Example:
    """A text with the roles that its expected items give to its mentions."""
    text, now = corrected(read(row["text"])).text, snapshot.time
    writer = author_of(row.get("author", AUTHOR), names, snapshot)
    mentions = text_mentions(text, names, now)
    items: dict[int, list[list[int] | None]] = {}
    for item in row["items"]:
        label = label_of(item, mentions)
        roles = _roles(label, item, mentions, text.plain, now, writer.own)
        items.setdefault(LABELS.index(label), []).append(roles)
    return Example(row, text, mentions, writer.role, writer.own, items)


def label_of(item: dict[str, Any], mentions: list[TextMention]) -> str:
    """Kind of an expected item, and which way its value goes."""
    kind: str = item["kind"]
    value: Any = item.get("value")
    if kind == Kind.ASSOCIATION_PREFERENCE:
        return f"{kind}:{value}"
    if kind == Kind.SLICE_SHARE:
        return f"{kind}:{item['bound']}"
    if kind == Kind.SPECTRUM_GRANT:
        return f"{kind}:{'less' if value < 0 else 'more'}"
    if kind == Kind.ENERGY_SAVING:
        return f"{kind}:less"
    if kind == Kind.POWER_LIMIT:
        ways = [f"{kind}:to", f"{kind}:less"]
        return next((way for way in ways if _stating(way, value, mentions)), ways[0])
    if kind == Kind.TRAFFIC_SURGE:
        way = f"{kind}:{'more' if value >= 1 else 'less'}"
        parts = [one for one in mentions if one.type in ("percent", "part")]
        ways = [f"{kind}:to", way]
        return next((way for way in ways if _stating(way, value, parts)), way)
    return kind


def _stating(label: str, value: float, mentions: list[TextMention]) -> list[int]:
    """Mentions that state a value for a label."""
    kind, _ = parted(label)
    stated = [
        value_of(label, one) if one.type in VALUE_TYPES.get(kind, ()) else None
        for one in mentions
    ]
    return [
        place
        for place, one in enumerate(stated)
        if one is not None and math.isclose(one, value, rel_tol=SAME)
    ]


def _roles(
    label: str,
    item: dict[str, Any],
    mentions: list[TextMention],
    plain: str,
    now: float,
    own: tuple[str, ...],
) -> list[int] | None:
    """Role of each mention in an expected item; None where a part is not found."""
    targets = _targets(item, mentions, own)
    values = _values(label, item, mentions)
    if targets is None or values is None:
        return None
    roles = [0] * len(mentions)
    for place in targets:
        roles[place] = ROLES.index("target")
    first = min((mentions[place].span[0] for place in targets), default=0)
    values.sort(key=lambda place: abs(mentions[place].span[0] - first))
    for place in values[:1]:
        roles[place] = ROLES.index("value")
        first = mentions[place].span[0]
    if parted(label)[0] is Kind.PROTECTION and item.get("band"):
        for place, one in enumerate(mentions):
            if one.type == "band":
                roles[place] = ROLES.index("band")
    times = _times(parted(label)[0], item, mentions, roles, plain, now, first)
    for place, one in enumerate(mentions):
        if one.type in TIMES and not roles[place]:
            roles[place] = (
                OPEN if times is None else ROLES.index(times.get(place, "none"))
            )
    return roles


def _targets(
    item: dict[str, Any], mentions: list[TextMention], own: tuple[str, ...]
) -> list[int] | None:
    """Mentions of whom an item concerns; None if one of them is not mentioned."""
    cells, users = {*item.get("cells", ())}, {*item.get("users", ())}
    wanted = {
        "cell": cells, "user": users, "slice": users,
        "cells": None if cells else set(), "users": None if users else set(),
    }  # fmt: skip
    found = [
        place
        for place, one in enumerate(mentions)
        if (names := wanted.get(one.type)) is not None and names.issuperset(one.names)
    ]
    named = {name for place in found for name in mentions[place].names}
    return found if (cells | users) - named <= {*own} else None


def _values(
    label: str, item: dict[str, Any], mentions: list[TextMention]
) -> list[int] | None:
    """Mentions that state the value of an item; None if it has one that none states."""
    kind, _ = parted(label)
    if kind is Kind.RADAR_ACTIVITY:
        band = item.get("band", ())
        found = [
            place
            for place, one in enumerate(mentions)
            if one.band is not None
            and len(band) == 2
            and all(map(_is_close, one.band, band))
        ]
        return found or None
    if kind not in VALUE_TYPES:
        return []
    found = _stating(label, item["value"], mentions)
    is_unsaid = kind in (Kind.ENERGY_SAVING, Kind.LAP_REQUEST) and item["value"] == 1
    return found if found or is_unsaid else None


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=SAME)


def _times(
    kind: Kind,
    item: dict[str, Any],
    mentions: list[TextMention],
    taken: list[int],
    plain: str,
    now: float,
    first: int,
) -> dict[int, str] | None:
    """Roles of the fewest times that give the interval of an item, or None.

    What plays another role already is none of them.
    """
    start, end = (
        at(item[name], now).timestamp() if item.get(name) else None
        for name in ("start", "end")
    )
    fitting = []
    for roles in _time_roles(mentions, taken):
        low, high = role_interval(kind, _role_times(roles, mentions), plain, now)
        is_start = low in (None, now) if start is None else (low or now) == start
        last = (now if low is None else low) + DAY if high is None else high
        if is_start and (high is None if end is None else last == end):
            fitting.append(roles)
    return min(fitting, default=None, key=lambda roles: _cost(roles, mentions, first))


def _cost(
    roles: dict[int, str], mentions: list[TextMention], first: int
) -> tuple[int, int, int]:
    """Few times before many, those with their day before, and near before far."""
    days = sum(role == "day" for role in roles.values())
    far = sum(abs(mentions[place].span[0] - first) for place in roles)
    return len(roles) - days, -days, far


def _time_roles(
    mentions: list[TextMention], taken: list[int]
) -> Iterator[dict[int, str]]:
    """Roles that the times of a text may play together."""
    of = [[n for n, m in enumerate(mentions) if m.type in t and not taken[n]] for t in
          (("clock", "hour"), ("duration",), ("date",))]  # fmt: skip
    clocks, durations, days = ([None, *found] for found in of)
    for start, end, length, day in product(clocks, clocks, durations, days):
        others = [(role, n) for n in durations[1:] for role in ("start", "since")]
        for role, other in (*others, ("", None)):
            pairs = (start, "start"), (end, "end"), (length, "length"), (day, "day")
            used = [n for n in (start, end, length, day, other) if n is not None]
            is_twice = len(used) > len({*used})
            is_both = (start is not None and other is not None) or (
                end is not None and length is not None
            )
            if not is_twice and not is_both:
                found = {n: name for n, name in pairs if n is not None}
                yield found if other is None else {**found, other: role}


def _role_times(roles: dict[int, str], mentions: list[TextMention]) -> RoleTimes:
    """Times of roles by mention."""
    clocks, values, day = {}, {}, None
    for place, role in roles.items():
        one = mentions[place]
        if one.day is not None:
            day = one.day
        elif one.clock is not None:
            clocks[role] = one
        elif one.quantity is not None:
            values["ahead" if role == "start" else role] = one.quantity.value
    return RoleTimes(**clocks, **values, day=day)
