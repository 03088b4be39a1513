"""Directives as they are sent: with tolerance, expiry and what a rollback restores."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from rrm.directives import SILENT_DBM, Directive, rounded_down

SCHEMA = "rrm.command/1"
POWER, SERVING = "configuredMaxTxPower", "servingCell"
NOBODY = "none"
POWER_TOLERANCE_DB = 3.0
"""By which the median change of RSRP may miss the change of power: errors of phones
(3GPP TS 38.133, clause 10.1.2) and a period's walk."""
EFFICIENCY_TOLERANCE = 0.5
"""Share by which a spectral efficiency or rate may miss what was expected."""
EDGE_RATE_TOLERANCE = 0.9


@dataclass(frozen=True)
class Command(Directive):
    """A directive with all that its sender must know when things go wrong.

    Attributes
    ----------
    tolerance : mapping
        By name of an effect: how far it may be off, in dB for ``rsrp_change``, else as
        a share.
    expires : float
        s since epoch after which the change does not hold any longer.
    rollback : str or float or None
        Value that is set when it expires; None: the network chooses again.
    """

    tolerance: dict[str, float] = field(default_factory=dict)
    expires: float = math.inf
    rollback: str | float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it changes."""
        return self.target, self.attribute

    @property
    def names(self) -> dict[str, str]:
        """Parts of the target's distinguished name."""
        pairs = (part.partition("=") for part in self.target.split(","))
        return {name: value for name, _, value in pairs}

    @property
    def raises_power(self) -> bool:
        """Whether a cell sends more than before."""
        return self.attribute == POWER and float(self.new) > float(self.old)

    @property
    def lowers_power(self) -> bool:
        """Whether a cell sends less than before."""
        return self.attribute == POWER and float(self.new) < float(self.old)

    def to_json(self) -> dict[str, Any]:
        """Plain values with the schema; ``expires`` is None where it never does."""
        expires = self.expires if math.isfinite(self.expires) else None
        values = {**asdict(self), "reason": list(self.reason), "expires": expires}
        return {"schema": SCHEMA, **values}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Command of plain values.

        Raises
        ------
        ValueError
            If they are no command of this schema.
        """
        fields = dict(values)
        if fields.pop("schema", None) != SCHEMA:
            raise ValueError(f"schema = {values.get('schema')!r}: must be {SCHEMA!r}")
        try:
            expires = math.inf if fields["expires"] is None else fields["expires"]
            reason = tuple(fields["reason"])
            return cls(**{**fields, "expires": expires, "reason": reason})
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no command: {error}") from error


def command(directive: Directive, number: str, expires: float) -> Command:
    """Command ``number`` of a directive; powers are rounded down to 0.1 dB.

    Rounding up could raise interference above a limit that binds.
    """
    fields = asdict(directive)
    fields["reason"] = tuple(directive.reason)
    effect = dict(directive.effect)
    rollback: str | float | None = None
    tolerance = dict.fromkeys(effect, EFFICIENCY_TOLERANCE)
    if directive.attribute == POWER:
        new = max(rounded_down(float(directive.new)), SILENT_DBM)
        effect["rsrp_change"] = round(new - float(directive.old), 1)
        tolerance = dict.fromkeys(effect, EDGE_RATE_TOLERANCE)
        tolerance["rsrp_change"] = POWER_TOLERANCE_DB
        fields["new"], rollback = new, directive.old
    fields.update(id=number, effect=effect)
    return Command(**fields, tolerance=tolerance, expires=expires, rollback=rollback)


def in_safe_order(commands: Iterable[Command]) -> tuple[Command, ...]:
    """Less power first, then more power, then moves to cells that send it."""

    def place(one: Command) -> tuple[bool, bool]:
        return one.attribute == SERVING, one.raises_power

    return tuple(sorted(commands, key=place))
