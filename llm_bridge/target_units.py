"""Targets of 3GPP TS 28.312 intents that are read, and the units they are told in."""

import json
from collections.abc import Mapping
from typing import Any

from llm_bridge.a1_policies import KILOBIT, MILLI
from llm_bridge.context_report import Kind
from llm_bridge.spellings import canonical, field

TARGETS: dict[str, tuple[Kind | None, Kind | None, str, float]] = {
    "DlThptPerUE": (Kind.RATE_FLOOR, Kind.RATE_CAP, "bit/s", KILOBIT),
    "AveDLRANUEThpt": (Kind.RATE_FLOOR, Kind.RATE_CAP, "bit/s", KILOBIT),
    "DlLatency": (None, Kind.LATENCY_BOUND, "s", MILLI),
}
"""By target name: kind for lower and for upper bounds, unit and size of its unit."""
UNITS: dict[str, dict[str, float]] = {
    "bit/s": {
        "": 1.0, "kbit/s": 1.0, "kbps": 1.0, "mbit/s": 1e3, "mbps": 1e3, "gbps": 1e6,
        "gbit/s": 1e6, "bit/s": 1e-3, "bps": 1e-3,
    },
    "s": {"": 1.0, "ms": 1.0, "millisecond": 1.0, "milliseconds": 1.0, "s": 1e3},
}  # fmt: skip
"""Size of a target's unit, in kbit/s or ms, by its dimension and spelling."""


def size_of(name: str, target: Mapping[str, Any]) -> float | None:
    """Size of the unit of a target, in SI; None where its ``targetUnit`` is no unit."""
    unit = str(field(target, "targetUnit") or "").lower()
    scale = UNITS[TARGETS[name][2]].get(unit)
    return None if scale is None else scale * TARGETS[name][3]


def size_told(words: str) -> float:
    """Size of the unit in which the words of an item tell its target; 1 if none."""
    try:
        target = json.loads(words)
    except ValueError:
        return 1.0
    if not isinstance(target, Mapping):
        return 1.0
    name = canonical(str(field(target, "targetName", "")), TARGETS)
    return 1.0 if name is None else size_of(name, target) or 1.0
