"""Directives as attribute value changes of 3GPP TS 28.532, for other controllers."""

from typing import Any

from rrm.directives import POWER, WIDTH, Directive


def attribute_value_change(directive: Directive) -> dict[str, Any] | None:
    """``AttributeValueChangeSet`` on a distinguished name: new values, then old ones.

    Attributes of an ``NRSectorCarrier`` (TS 28.541): powers in whole mW and widths in
    whole MHz, rounded down, so that none exceeds its limit. None where no standard
    attribute says what the directive does: which cell serves a user.
    """
    if directive.attribute not in (POWER, WIDTH):
        return None
    new, old = (float(value) for value in (directive.new, directive.old))
    if directive.attribute == POWER:
        new, old = 10 ** (new / 10), 10 ** (old / 10)
    return {
        "objectInstance": directive.target,
        "attributeListValueChanges": [
            {directive.attribute: int(new)},
            {directive.attribute: int(old)},
        ],
    }
