"""Whether the network does what it acknowledged, by what its users measure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rrm.controller.command import POWER, SERVING, Command

if TYPE_CHECKING:
    import pandas as pd

CLEAR_DB = 6.0
"""Changes of power from which phones' reports tell whether it took place."""
FEWEST = 5
"""Users that must report a cell before and after."""
RESOLUTION_DB = 0.15
"""By which a power that is read back may differ: rounding to 0.1 dB."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one report of the network shows.

    Attributes
    ----------
    rsrp : mapping
        By cell: RSRP in dBm by user.
    serving : mapping
        Cell that each user was served by.
    carried : float
        bit/s that all users get together.
    """

    rsrp: Mapping[str, Mapping[str, float]]
    serving: Mapping[str, str]
    carried: float = math.nan


def evidence(measurements: "pd.DataFrame") -> Evidence:
    """Evidence of a report's rows."""
    level = measurements["value"].to_numpy()
    is_rsrp = (measurements["name"] == "L1M.SS-RSRP").to_numpy()
    rows = measurements[is_rsrp & np.isfinite(level)]
    columns = (rows[name].tolist() for name in ("user_id", "cell_id", "value"))
    heard: dict[str, dict[str, float]] = {}
    for user, cell, value in zip(*columns, strict=True):
        heard.setdefault(cell, {})[user] = value
    carried = measurements[measurements["name"] == "DRB.UEThpDl"]
    pairs = zip(carried["user_id"], carried["cell_id"], strict=True)
    serving = {str(user): str(cell) for user, cell in pairs}
    return Evidence(heard, serving, float(carried["value"].sum()))


def took_effect(
    sent: Command, before: Evidence, after: Evidence, value: float | str | None
) -> bool | None:
    """Whether a command shows in the network; None if nothing tells.

    What users measure counts more than what the network says it has set.

    Parameters
    ----------
    sent : Command
        What was acknowledged.
    before, after : Evidence
        Reports from before it was sent, and from after.
    value : float, str or None
        What the network says is set.
    """
    names = sent.names
    if sent.attribute == SERVING:
        serving = after.serving.get(names.get("user", ""))
        if serving is not None:
            return serving == sent.new
        return None if value is None else value == sent.new
    if sent.attribute != POWER:
        return None
    cell = names.get("ManagedElement", "")
    measured = rsrp_change(cell, before, after)
    expected = float(sent.new) - float(sent.old)
    if measured is not None and abs(expected) >= CLEAR_DB:
        return abs(measured - expected) <= max(
            sent.tolerance.get("rsrp_change", 0.0), abs(expected) / 2
        )
    if value is None:
        return None
    return abs(float(value) - float(sent.new)) <= RESOLUTION_DB


def rsrp_change(cell: str, before: Evidence, after: Evidence) -> float | None:
    """Median change of a cell's RSRP in dB; None where too few users tell."""
    old, new = before.rsrp.get(cell, {}), after.rsrp.get(cell, {})
    change = [new[user] - old[user] for user in new if user in old]
    return float(np.median(change)) if len(change) >= FEWEST else None
