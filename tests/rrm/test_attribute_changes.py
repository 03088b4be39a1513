"""Directives in 3GPP's shape of changes."""

from rrm.attribute_changes import attribute_value_change
from rrm.directives import Directive

CARRIER = "ManagedElement=M4B,GNBDUFunction=1,NRSectorCarrier=1"


def directive(target, attribute, old, new):
    """A change without reason."""
    return Directive("1", target, attribute, old, new, "", (), None, {})


def test_powers_are_whole_milliwatts():
    """10**4.6 mW is 39,810.7, 10**3.01 mW is 1,023.3; -30 dBm stands for nothing."""
    changed = directive(CARRIER, "configuredMaxTxPower", 46.0, 30.1)
    assert attribute_value_change(changed) == {
        "objectInstance": CARRIER,
        "attributeListValueChanges": [
            {"configuredMaxTxPower": 1023},
            {"configuredMaxTxPower": 39810},
        ],
    }
    silent = attribute_value_change(directive(CARRIER, "configuredMaxTxPower", 0, -30))
    assert silent["attributeListValueChanges"] == [
        {"configuredMaxTxPower": 0},
        {"configuredMaxTxPower": 1},
    ]


def test_widths_are_whole_megahertz():
    """As ``bSChannelBwDL`` has them."""
    changed = attribute_value_change(directive(CARRIER, "bSChannelBwDL", 100.0, 80.5))
    assert changed is not None
    assert changed["attributeListValueChanges"] == [
        {"bSChannelBwDL": 80},
        {"bSChannelBwDL": 100},
    ]


def test_handovers_are_no_attribute():
    """The serving cell of a user is none of TS 28.541."""
    assert attribute_value_change(directive("user=u1", "servingCell", "A", "B")) is None
