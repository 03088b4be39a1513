"""What a sentence says beside its items makes them uncertain, or does not."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def report(text):
    """Report on a text by an operator."""
    return llm_bridge.report(text, SNAPSHOT, author="operator/x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("M1A is down since 07:10, the shop opens around 10:15.", "'10:15'"),
        ("M1A is down, but its light is green.", "'but'"),
        ("The janitor suspects M1A is down.", "'janitor suspects'"),
        ("All know how M1A got out of service.", "'how'"),
        ("Slice 1 at least 5 Mbit/s, u001 is exempt from that.", "'exempt'"),
        ("Please compare the outage of M1A with the plan.", "'please compare'"),
        ("We saw M1A at 07:30 and found the cooling dead.", "'found the cooling'"),
        ("M1A is out of service although the alarm is gone.", "'although'"),
    ],
)
def test_a_sentence_with_more_than_its_items_makes_none(text, reason):
    """A time without an event, a turn, another voice: nothing is read, and why."""
    found = report(text)
    assert found.items == ()
    assert reason in " | ".join(one.reason for one in found.refused)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        (
            "07:50 call from field: M1A has no power, alarm since 07:41.",
            ("M1A",),
        ),
        ("M1A is down since 07:10 until 10:15.", ("M1A",)),
        ("M1A is dark since 07:10, service expected 10:15.", ("M1A",)),
        ("M1A is isolated from the core since 07:10.", ("M1A",)),
        ("u004 prefers M1A to M1C.", ("M1A",)),
        ("All cells of site M1 but M1A are dark.", ("M1B", "M1C")),
        ("M1A is down from 09:10 CEST to 11:00 CEST.", ("M1A",)),
    ],
)
def test_what_is_read_is_no_doubt(text, cells):
    """Stamps of a log, both ends, exceptions that were read, times of a zone."""
    (item,) = report(text).items
    assert item.target.cells == cells
