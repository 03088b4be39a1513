"""Which part a mention plays in an item: its value, whom, from when, until when."""

from functools import cache

import numpy as np

from llm_bridge.context_report import PREFERENCES, Kind
from llm_bridge.text_mentions import NAMES, TYPES, TextMention

LABELS = (
    *(f"{Kind.ASSOCIATION_PREFERENCE}:{way}" for way in sorted(PREFERENCES)),
    f"{Kind.ENERGY_SAVING}:less", Kind.INTRUSION, Kind.LAP_REQUEST, Kind.LATENCY_BOUND,
    Kind.MAINTENANCE, Kind.MOBILITY, Kind.OUTAGE, f"{Kind.POWER_LIMIT}:less",
    f"{Kind.POWER_LIMIT}:to", Kind.PROTECTION, Kind.RADAR_ACTIVITY, Kind.RATE_CAP,
    Kind.RATE_FLOOR, f"{Kind.SLICE_SHARE}:max", f"{Kind.SLICE_SHARE}:min",
    f"{Kind.SPECTRUM_GRANT}:less", f"{Kind.SPECTRUM_GRANT}:more",
    f"{Kind.TRAFFIC_SURGE}:less", f"{Kind.TRAFFIC_SURGE}:more",
    f"{Kind.TRAFFIC_SURGE}:to", Kind.WEATHER,
)  # fmt: skip
"""Kinds of items, and which way their value goes: "+40 %" is ``more``, "to 40 %" is
what is left."""
ROLES = ("none", "target", "value", "start", "end", "length", "since", "day", "band")
"""``length`` from the start, ``since`` counts back from now, ``day`` of the times."""
VALUE_TYPES: dict[str, tuple[str, ...]] = {
    Kind.RATE_FLOOR: ("rate",),
    Kind.RATE_CAP: ("rate",),
    Kind.LATENCY_BOUND: ("delay",),
    Kind.PROTECTION: ("nanowatt",),
    Kind.POWER_LIMIT: ("watt", "decibel", "percent", "part", "factor"),
    Kind.TRAFFIC_SURGE: ("factor", "percent", "part"),
    Kind.SLICE_SHARE: ("percent", "part"),
    Kind.ENERGY_SAVING: ("percent", "part"),
    Kind.LAP_REQUEST: ("number", "hour"),
    Kind.MOBILITY: ("speed",),
    Kind.WEATHER: ("rain",),
    Kind.SPECTRUM_GRANT: ("hertz",),
    Kind.RADAR_ACTIVITY: ("band",),
}
_OF_TIMES = {
    "clock": ("start", "end"),
    "hour": ("start", "end"),
    "duration": ("start", "length", "since"),
    "date": ("day",),
}


def parted(label: str) -> tuple[Kind, str]:
    """Kind and way of a label."""
    kind, _, way = label.partition(":")
    return Kind(kind), way


def roles_of(label: str, type_: str) -> tuple[str, ...]:
    """Roles that a mention of a type can play for a label, ``none`` first."""
    kind, _ = parted(label)
    found = ["none", *(("target",) if type_ in NAMES else ())]
    if type_ in VALUE_TYPES.get(kind, ()):
        found.append("value")
    elif type_ == "band" and kind is Kind.PROTECTION:
        found.append("band")
    return (*found, *_OF_TIMES.get(type_, ()))


@cache
def allowed() -> np.ndarray:
    """Whether (K, T, R) a type can play a role for a label."""
    return np.array(
        [[[role in roles_of(k, t) for role in ROLES] for t in TYPES] for k in LABELS]
    )


def value_of(label: str, one: TextMention) -> float | None:
    """Value that a mention states for a label, in the unit of the kind, or None."""
    kind, way = parted(label)
    if one.quantity is None:
        return None
    value = one.quantity.value
    if one.type in ("percent", "part"):
        if kind in (Kind.SLICE_SHARE, Kind.ENERGY_SAVING):
            return abs(value)
        return {"more": 1 + abs(value), "less": 1 - abs(value)}.get(way, abs(value))
    if one.type == "decibel":
        return 10 ** (-abs(value) / 10) if way == "less" and value else None
    if kind is Kind.SPECTRUM_GRANT:
        return -abs(value) if way == "less" else abs(value)
    return value
