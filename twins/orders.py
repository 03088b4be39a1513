"""What a directive asks for, in the numbers of a snapshot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PowerOrder:
    """Cell number ``cell`` may send ``power`` W."""

    cell: int
    power: float


@dataclass(frozen=True)
class ServingOrder:
    """User number ``user`` is served by cell number ``cell``, until ``until`` s."""

    user: int
    cell: int
    until: float = math.inf


def understood(
    directive: Any, cells: Mapping[str, int], users: Mapping[str, int]
) -> PowerOrder | ServingOrder | None:
    """Order behind a directive, None if it is about nobody here.

    Parameters
    ----------
    directive : object
        With ``target`` (a distinguished name of TS 28.541), ``attribute``
        (``configuredMaxTxPower`` in dBm or ``servingCell``), ``new``, and ``expires``
        in s since epoch where it does not hold for ever.
    cells, users : mapping of str to int
        Numbers by name.
    """
    names = dict(part.partition("=")[::2] for part in directive.target.split(","))
    if directive.attribute == "configuredMaxTxPower":
        cell = cells.get(names.get("ManagedElement", ""))
        watt = 1e-3 * 10 ** (float(directive.new) / 10)
        return None if cell is None else PowerOrder(cell, watt)
    if directive.attribute == "servingCell":
        user, cell = users.get(names.get("user", "")), cells.get(directive.new)
        until = float(getattr(directive, "expires", math.inf))
        return None if user is None or cell is None else ServingOrder(user, cell, until)
    return None
