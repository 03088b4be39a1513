"""Directives as attribute value changes of 3GPP TS 28.532, for other controllers."""

from typing import Any

from rrm.directives import Directive

POWER = "configuredMaxTxPower"
"""Of a directive in dBm; of an ``NRSectorCarrier`` (TS 28.541) in whole mW."""


def attribute_value_change(directive: Directive) -> dict[str, Any] | None:
    """``AttributeValueChangeSet`` on a distinguished name: new values, then old ones.

    Powers are rounded down, so that none exceeds its limit. None where no standard
    attribute says what the directive does: which cell serves a user.
    """
    if directive.attribute != POWER:
        return None
    new, old = (int(10 ** (float(v) / 10)) for v in (directive.new, directive.old))
    return {
        "objectInstance": directive.target,
        "attributeListValueChanges": [{POWER: new}, {POWER: old}],
    }
