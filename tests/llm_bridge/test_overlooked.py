"""Whom a text names beside an item's target, and what it leaves out."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def items(text):
    """Items that the grammar reads, each as kind, cells and users."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    return [(str(i.kind), i.target.cells, i.target.users) for i in report.items]


@pytest.mark.parametrize(
    "text",
    [
        "Works at M1: A and B off 13:00-14:00, the other one stays on.",
        "M1 at 5 W until 12:00. B stays at full power.",
        "Crew on the roof of M1 from 10:00 to 11:30, M1A and M1B max 4 W then.",
        "Meters are u001, u002, u003. Each has to deliver at least 1 Mbit/s.",
        "About M1A: they want more. 25 % of the energy is saved from 10:00 to 12:00.",
    ],
)
def test_a_target_that_is_not_what_the_text_names_makes_no_item(text):
    """Letters for sectors, a site as a place, a list of which one is left, nobody."""
    assert items(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M1A/B at 5 W until 12:00.", [("power_limit", ("M1A", "M1B"), ())]),
        ("Hall B: M1B at 5 W until 12:00.", [("power_limit", ("M1B",), ())]),
        ("M1 is dark: M1A, M1B and M1C off since 07:15.",
         [("outage", ("M1A", "M1B", "M1C"), ())]),
        ("All cells save 20 % energy until 12:00. M1A is new.",
         [("energy_saving", (), ())]),
    ],
)  # fmt: skip
def test_a_target_that_is_told_is_read(text, expected):
    """Letters behind their site, a plan's letter, a site with all its sectors."""
    assert items(text) == expected
