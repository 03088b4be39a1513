"""Forms that say which way something goes, whatever the words: floors, caps, signs."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def said(text):
    """Kind, target and value of each item of a text."""
    return [
        (str(item.kind), item.target.cells or item.target.users, item.value)
        for item in llm_bridge.report(text, SNAPSHOT, author="operator/x").items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No user of slice 2 may be slower than 7 Mbit/s.", ("rate_floor", 7e6)),
        ("Nobody in slice 2 shall get less than 7 Mbit/s.", ("rate_floor", 7e6)),
        ("100 kbit/s is the most that slice 2 shall have.", ("rate_cap", 1e5)),
    ],
)
def test_a_denied_comparison_bounds_from_the_other_side(text, expected):
    """Nobody slower is a floor; the most that somebody has is a cap."""
    kind, value = expected
    assert said(text) == [(kind, ("slice:2",), pytest.approx(value))]


@pytest.mark.parametrize(
    "text",
    [
        "u001 must be refused on M1B.",
        "u001 has to be severed from M1B.",
        "u001 and the others in M1B must be shut out.",
        "u001 may use any cell except M1B, which is forbidden to it.",
    ],
)
def test_who_must_be_refused_is_not_served(text):
    """What must be done to a user is an order to serve it only if it is a service."""
    assert said(text) == []


@pytest.mark.parametrize("verb", ["served by", "kept on", "always be moved to"])
def test_who_must_be_served_is(verb):
    """Service in any words still is one."""
    verb = verb.removeprefix("always be ")
    expected = [("association_preference", ("M1B",), "SHALL")]
    assert said(f"u001 must be {verb} M1B.") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M1 loses another 10 MHz; M2 gains the same 10 MHz.", [-1e7, 1e7]),
        ("M1B gains 40 MHz, M2C gives up 40 MHz, as of 13:00.", [4e7, -4e7]),
        ("M1 obtains 20 MHz at 09:30, M2 loses 20 MHz at that time.", [2e7, -2e7]),
        ("M1A gets 30 MHz more; M1B must give 10 MHz of its own away.", [3e7, -1e7]),
        ("The additional 20 MHz at M1C can be withdrawn.", [-2e7]),
        ("Give M1C another 10 MHz from 12:00 to 15:00, it loses them then.", [1e7]),
    ],
)
def test_who_loses_and_who_gains(text, expected):
    """Each verb signs what its own subject gets."""
    assert [value for _, _, value in said(text)] == pytest.approx(expected)


def test_half_as_much_of_something_again():
    """It is half more, not half."""
    text = "Expect half as much load again on M1A."
    assert said(text) == [("traffic_surge", ("M1A",), 1.5)]


@pytest.mark.parametrize(
    "text",
    [
        "At M1C the air conditioning is down, the cell itself works.",
        "The lawn mower at M1 damaged the fence. Cells unaffected.",
        "M1C: 2 of 64 branches failed. Cell in service; repair with next visit.",
        "Also M1A sector lamp is out, cosmetic.",
        "Whoever hacked u001 has been sentenced.",
        "Thieves have stolen a ladder at M1.",
        "I took u001 out of quarantine.",
        "No power restrictions for M1A anymore.",
        "Grid failure at M1. The diesel runs. All three sectors on air.",
        "We turned the antenna of M1A two degrees down.",
    ],
)
def test_what_leaves_cells_on_air_is_no_outage(text):
    """Neither a thing beside a cell nor a fault that its cell survives."""
    assert said(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "u001 should stay on M1A if possible, and it wants 5 Mbit/s at least.",
        "u001 prefers M1A, needs 5 Mbit/s at least.",
    ],
)
def test_whoever_asked_for_a_cell_asks_for_a_rate(text):
    """A rate behind a cell is that of the user who is to be served there."""
    assert ("rate_floor", ("u001",), 5e6) in said(text)
    assert len(said(text)) == 2


def test_rain_is_everywhere():
    """Where it was seen does not say where it falls."""
    assert said("Heavy shower over M1: 48 mm/h.") == [("weather", (), 48.0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Slice 1 shall have 42 % of the PRBs, maximum.", [("max", 0.42)]),
        (
            "Slice 1 gets at least 15 %, slice 0 no more than 50 % of the blocks.",
            [("min", 0.15), ("max", 0.5)],
        ),
    ],
)
def test_a_bound_beside_its_number(text, expected):
    """It says more than any verb before, and than the bound of the next number."""
    items = llm_bridge.report(text, SNAPSHOT, author="operator/x").items
    assert [(item.bound, item.value) for item in items] == [
        (bound, pytest.approx(value)) for bound, value in expected
    ]


def test_a_way_round_a_cell():
    """Who is steered round a cell is to avoid it."""
    text = "Please steer u001 round M1A."
    assert said(text) == [("association_preference", ("M1A",), "AVOID")]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Keep u001 on M1B, he never leaves the ground floor.", "SHALL"),
        ("u001 should be on M1B, always, no other cell.", "SHALL"),
        ("u001 should be served by M1B.", "PREFER"),
        ("Leave u001 on M1B, no handover to others, please.", "SHALL"),
        ("Cease to serve u001 through M1B.", "FORBID"),
    ],
)
def test_how_much_of_a_wish(text, wish):
    """What leaves no other cell binds to one; what never leaves is not forbidden."""
    assert said(text) == [("association_preference", ("M1B",), wish)]


def test_what_held_so_far_or_is_withdrawn():
    """Neither a record nor a request that is taken back asks for anything."""
    assert said("M1B has never exceeded 20 W.") == []
    assert said("I withdraw my request for two drones over M1B.") == []
    assert said("The campsite's owner writes that slice 0 needs 5 Mbit/s.") == []


def test_other_cells_on_air_do_not_mend_one():
    """Only cells without an "other" are those that were said to be off."""
    assert said("M1A is down. The other sectors are on air.") == [
        ("outage", ("M1A",), None)
    ]
