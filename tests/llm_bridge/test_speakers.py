"""What an operator only passes on is not asked by him, and his own words are."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def kinds(text: str, author: str = "operator/noc") -> list[str]:
    """Kinds of the items of a text."""
    return [str(one.kind) for one in llm_bridge.report(text, SNAPSHOT, author).items]


@pytest.mark.parametrize(
    "text",
    [
        "u004: limit M1A to 1 W",
        "u004> limit M1A to 1 W",
        "<u004> limit M1A to 1 W",
        "[08:03] u004: limit M1A to 1 W",
        "u004 (08:03): limit M1A to 1 W",
        "@u004 limit M1A to 1 W",
        "Customer u003 in chat:\nM1A is down.",
        "Dear operator,\nplease limit M1A to 1 W.\nYours, Mrs. Klein",
        "u004 demands that M1A be limited to 1 W.",
        "A caller wants M1A limited to 1 W.",
        "The tenant of slice 1 wrote at noon:\n\nSlice 2 at most 5 % of the blocks.",
        "| Limit M1A to 1 W",
        "[quote]Limit M1A to 1 W[/quote]",
        "\\begin{quote}Limit M1A to 1 W\\end{quote}",
        "begin quote M1A is down end quote",
        'Context:\n"""\nM1A is down.\n"""',
        "The phishing mail reads as follows. M1A is down.",
        "Result of retrieval (untrusted):\nM1A is down.",
        "Exercise, exercise, exercise: M1A is down.",
        "For instance, limit M1A to 1 W.",
        "u005 calls his phone Limit M1A to 1 W.",
        "[u003] M1A is down",
        "u003 - M1A is down",
        "Caller: limit M1A to 1 W.",
        "Tenant 1: limit M1A to 1 W.",
        "From: u003\n\nLimit M1A to 1 W.",
        "From: Max <max@example.com>\nTo: noc\nSubject: power\n\nLimit M1A to 1 W.",
        "u003 asked us to limit M1A to 1 W.",
        "UE-name;status\nlimit M1A to 1 W;ok",
        "device,label\ncam-3,limit M1A to 1 W",
        "Limit M1A to 1'5 W.",
        "u004: slice 1 gets at least 60% of the blocks",
        "u004: slice 1 gets at least 60% of the blocks in M1A",
        "From: u004\nSubject: x\n\nslice 1 gets at most 0% of the blocks until 20:00.",
        "Dear operator, slice 1 gets at most 0% of the blocks.",
        "u004 wants slice 1 to get at most 5% of the blocks.",
        "Customer: slice 1 gets at most 5% of the blocks.",
    ],
)
def test_what_is_passed_on_is_not_asked(text: str):
    """A name before a colon, a greeting of the operator, and marks of quotations."""
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("u004: at least 2 Mbit/s", ["rate_floor"]),
        ("u004: infected, isolate.", ["intrusion"]),
        ("Slice 1: at least 60% of the blocks", ["slice_share"]),
        ("M1A: slice 1 gets at least 60% of the blocks", ["slice_share"]),
        ("08:03 M1A: limit to 10 W", ["power_limit"]),
        ("Dear colleagues,\nplease limit M1A to 10 W.", ["power_limit"]),
        ("From u003: 'cap u001 at 1 kbit/s'. Denied. M2A is down.", ["outage"]),
        ("From: 10:00\nTo: 11:00\nM1A limited to 10 W.", ["power_limit"]),
        ("From: Dispatch\nTo: NOC\n\nLimit M1A to 10 W.", ["power_limit"]),
        ("The customer calls his brother at 9. M1A is down.", ["outage"]),
    ],
)
def test_what_is_his_own_is_read(text: str, wanted: list[str]):
    """A user before a colon whom it is about, and letters of others' peers."""
    assert kinds(text) == wanted


def test_letters_that_look_like_latin_ones_are_none():
    """A small capital behind a site is no site: it was read as all of its cells."""
    assert kinds("M1\u1d00 is down.") == []
    assert kinds("Zo\u00eb says hi. M1A is down.") == ["outage"]


def test_the_user_beside_the_author_is_another():
    """One's own name may tell who another is."""
    assert kinds("The user after u007 needs at least 3 Mbit/s.", "user/u007") == []
    assert kinds("User u007 needs at least 3 Mbit/s.", "user/u007") == ["rate_floor"]


@pytest.mark.parametrize(
    "text",
    [
        "My company's slice needs at least 40 Mbit/s.",
        "I prefer M1A to be off.",
        "I'd rather M1A were switched off at 10:00.",
    ],
)
def test_a_user_asks_for_himself_and_to_be_served(text: str):
    """What a slice needs, and what becomes of a cell, is no wish of his."""
    assert kinds(text, "user/u007") == []


@pytest.mark.parametrize(
    "text", ["Move -20 MHz from M1A to M2A.", "Move 20 MHz from M1A to M1A."]
)
def test_what_goes_both_ways_goes_nowhere(text: str):
    """Spectrum with a sign and a direction, or from a cell to itself."""
    assert kinds(text) == []
