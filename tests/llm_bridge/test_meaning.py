"""Slips of typing, names set aside, the past, habits, and what later sentences say."""

import pytest

import llm_bridge
from llm_bridge.misspelled import corrected
from llm_bridge.plain_text import read
from tests.llm_bridge.network import small

SNAPSHOT = small()


def report(text):
    """Report on a text by an operator."""
    return llm_bridge.report(text, SNAPSHOT, author="operator/x")


def said(text):
    """Kind, target and value of each item of a text."""
    return [
        (str(item.kind), item.target.cells or item.target.users, item.value)
        for item in report(text).items
    ]


@pytest.mark.parametrize(
    ("text", "as_read"),
    [
        ("tomorow", "tomorrow"),
        ("The Trafic", "the traffic"),
        ("Maintenace, swiched off", "maintenance, switched off"),
        ("betweeen", "between"),
        ("mantienance", "mantienance"),  # two slips
        ("limits reduces served restores", "limits reduces served restores"),
        ("broker outrage mourning", "broker outrage mourning"),
        ("u-tomorow x.trafic", "u-tomorow x.trafic"),
    ],
)
def test_one_letter_wrong_is_corrected(text, as_read):
    """A letter missing, doubled, wrong or swapped; endings and other words stay."""
    assert corrected(read(text)).text.plain == as_read


def test_words_of_an_item_are_as_typed():
    """Corrections move no span: the item rests on what stands in the text."""
    text = "Tomorow: maintenace of M1A betwen 09:00 and 10:00. Maintenace of M9A."
    found = report(text)
    (item,) = found.items
    assert item.source.text == text
    assert item.source.sentence == text.partition(" Maintenace")[0]
    assert found.refused[0].item["text"] == "Maintenace of M9A."
    assert item.start.day == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Unlike M1A, M1B is down.", ("outage", ("M1B",), None)),
        ("M1B is down, in contrast to M1A.", ("outage", ("M1B",), None)),
        ("M1A is not the one that is down, M1C is.", ("outage", ("M1C",), None)),
        ("M1A isn't the cell that is off air; it is M1C.", ("outage", ("M1C",), None)),
        (
            "It isn't u001 who needs 6 Mbit/s, it's u002.",
            ("rate_floor", ("u002",), 6e6),
        ),
    ],
)
def test_what_is_denied_of_one_is_said_of_the_other(text, expected):
    """Two names of which the sentence sets one aside."""
    assert said(text) == [expected]


def test_a_denial_that_is_a_fault_stays_with_its_name():
    """What is not transmitting is off; the other one is not."""
    assert said("M1A is not transmitting, M1B is.") == [("outage", ("M1A",), None)]


def test_nobody_else_is_named():
    """A denial without another name says nothing of anybody."""
    assert said("M1A is not the one that is down.") == []


@pytest.mark.parametrize(
    "text",
    [
        "My predecessor always kept M1B under 10 W.",
        "He gave u001 at least 5 Mbit/s.",
        "u001 got 5 Mbit/s guaranteed elsewhere.",
        "As a rule M1B sleeps from 01:00 to 05:00.",
        "Last time the radar swept 3400-3420 MHz.",
        "M1C was to sleep at 01:00.",
        "We planned to put M1C to sleep from 01:00 to 05:00.",
    ],
)
def test_the_past_and_habits_ask_nothing(text):
    """Somebody did it, or does it as a rule."""
    assert said(text) == []
    assert "past" in report(text).refused[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "M1B must be kept under 10 W.",
        "We got word: M1B under 10 W.",
        "As a rule we write this down: M1B under 10 W until noon.",
    ],
)
def test_orders_with_such_words_are_read(text):
    """The same words where something is asked."""
    assert said(text) == [("power_limit", ("M1B",), 10.0)]


@pytest.mark.parametrize(
    "text",
    [
        "There is talk of limiting M1B to 5 W, nothing decided.",
        "u011 may well be infected.",
        "Only when the mayor speaks do we need 5 Mbit/s for u010.",
        "A drill: at 10:00 M1C goes off air for ten minutes.",
        "Quarantine ends for u010.",
        "M1B takes over for M1C, which has been dead since 05:15.",
        "Radar shows rain of 30 mm/h in the neighbouring county.",
        "Limit M1C to 5 W. Correction: M1B, not M1C.",
        "M1A is out of service, on paper only.",
        "Let me know as soon as M1A is down.",
        "Please prepare a plan to take M1A out of service.",
        "He reported M1A as dead, he was at the wrong mast.",
        "The 10 W limit of M1B has become superfluous.",
        "The datasheet guarantees 20 Mbit/s for u001.",
        "He who limits M1C to 5 W will hear from me.",
        "M1C's neighbour failed at 06:40.",
        "I doubt that u001 needs at least 5 Mbit/s.",
        "For comparison: M1A runs at 20 W, M1B at 10 W.",
        "The request to cap u001 at 1 Mbit/s is with the lawyers.",
        "The latency of slice 2 is below 10 ms all the time.",
        "Power of M1C stays at 20 W.",
        "Traffic of M1C x1.0 until 12:00.",
    ],
)
def test_what_is_not_so_makes_no_item(text):
    """Talk, doubt, conditions, drills, ends, other places, other cells, corrections."""
    assert said(text) == []


@pytest.mark.parametrize(
    "later",
    [
        "On second thoughts, leave it as it is.",
        "The manager said no to this.",
        "The customer called and we agreed to drop that.",
        "Update: it came up by itself at 07:48.",
        "That plan is dead.",
    ],
)
def test_a_later_sentence_tells_what_became_of_it(later):
    """What is said of "it" in the past takes back what was said before."""
    assert said(f"Limit M1A to 10 W. {later}") == []
    assert said("Limit M1A to 10 W.") != []


@pytest.mark.parametrize(
    "later", ["The painters asked for this.", "It needs a new board.", "We're on it."]
)
def test_a_later_sentence_that_changes_nothing(later):
    """Who asked for it, or what it needs, takes nothing back."""
    assert said(f"Limit M1A to 10 W. {later}") == [("power_limit", ("M1A",), 10.0)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("M1A went dark at 05:48; electricians promise 10:15.", "05:48", "10:15"),
        ("tonight 22-02 M1B in sleep mode", "22:00", "02:00"),
        (
            "Gates open 17:00, plan for 4x traffic on M1A from 17:00 to 22:30.",
            "17:00",
            "22:30",
        ),
        ("Both fibres to M1 cut at 07:04, splice ready 12:00.", "07:04", "12:00"),
        ("M1C is gone until 11:00. Nothing on air since 07:17.", "07:17", "11:00"),
        (
            "Alarm: M1C no carrier, first seen 07:02, back around 11:15.",
            "07:02",
            "11:15",
        ),
        ("M1C is out since 07:31. M1C dark, repair by 11:15.", "07:31", "11:15"),
        ("From half past midnight till five M1A, M1B sleep.", "00:30", "05:00"),
        ("Slice 1 at most 25 % of the PRBs between 10h and 12h.", "10:00", "12:00"),
        ("M1A lost its backhaul at 06:33; ETA for the splice 11:45.", "06:33", "11:45"),
        ("M1A: TX pwr 3dB lower pls, 10:00->11:30", "10:00", "11:30"),
        ("The 09:00 train: u001 needs 8 Mbit/s 09:20-10:00.", "09:20", "10:00"),
        ("- M1A: +20MHz\n- M1B: -20MHz\nfrom 10:00 to 12:00", "10:00", "12:00"),
        ("Thursday I am off. M1A dark since 07:12 until 11:00.", "07:12", "11:00"),
    ],
)
def test_when(text, start, end):
    """Promised ends, bare hours of a night, arrows, names of trains, a list's end."""
    items = report(text).items
    assert items
    for item in items:
        assert (f"{item.start:%H:%M}", f"{item.end:%H:%M}") == (start, end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@NOC pls bring u001 to cell M1B, thx", [("SHALL", ("u001",))]),
        ("Distance u001 to M1B is short.", []),
    ],
)
def test_any_verb_brings_a_user_to_a_cell(text, expected):
    """An imperative before a user and a cell behind it; no list of verbs."""
    assert [(i.value, i.target.users) for i in report(text).items] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "u001: 4 Mbit/s floor from 13:00, 6 Mbit/s from 14:00.",
            [("rate_floor", ("u001",), 4e6), ("rate_floor", ("u001",), 6e6)],
        ),
        (
            "Limit u001 to 2 Mbit/s from 9:00 to 10:00 and to 4 Mbit/s from 10:00 on.",
            [("rate_cap", ("u001",), 2e6), ("rate_cap", ("u001",), 4e6)],
        ),
        ("M1C 10 W instead of M1B from 09:00.", [("power_limit", ("M1C",), 10.0)]),
        ("M1C has 10 W since 09:00.", []),
        ("2 drones for M1B, 20:00 to 22:00", [("lap_request", ("M1B",), 2.0)]),
        ("Two drones crashed near M1B at 20:00", []),
        ("Expect +15 percent at M1B all day.", [("traffic_surge", ("M1B",), 1.15)]),
        (
            "I'd rather see u001 on M1A than on M1B.",
            [("association_preference", ("M1A",), "PREFER")],
        ),
        (
            "u001 will be handed to M1B at 9:10.",
            [("association_preference", ("M1B",), "SHALL")],
        ),
        ("u001 behaves like a bot, lock it out at once.",
         [("intrusion", ("u001",), None)]),
        ("Sector M1A went silent at 07:21, reset did not help.",
         [("outage", ("M1A",), None)]),
        ("Match in M1A doubles the load from 19:00 to 22:00, kick-off 20:30.",
         [("traffic_surge", ("M1A",), 2.0)]),
        ("M1A has been without carrier since 7:12.", [("outage", ("M1A",), None)]),
        ("M1A is dead, M1C too.", [("outage", ("M1A", "M1C"), None)]),
        ("M1B is not down but M1C is.", [("outage", ("M1C",), None)]),
        ("M1C's radio failed at 06:40.", [("outage", ("M1C",), None)]),
        ("M1C hasn't transmitted since 06:48.", [("outage", ("M1C",), None)]),
        ("Team (u001) can't work with less than 2 Mbit/s.",
         [("rate_floor", ("u001",), 2e6)]),
        ("u001 runs a torrent, hold him at 700 kbit/s.",
         [("rate_cap", ("u001",), 7e5)]),
        ("Slice 1's share of the blocks: no lower than 12 %, no higher than 33 %.",
         [("slice_share", ("slice:1",), 0.12), ("slice_share", ("slice:1",), 0.33)]),
        ("We want u001 off M1C.", [("association_preference", ("M1C",), "AVOID")]),
        ("Squall line: 65 mm/h until 11:00.", [("weather", (), 65.0)]),
        ("Four balloons to be stationed over M1B by 18:00.",
         [("lap_request", ("M1B",), 4.0)]),
        ("Battery room of M1 flooded.", []),
        ("Outage of M1A.", [("outage", ("M1A",), None)]),
        ("Slice 1 must not get more than two fifths of the PRBs.",
         [("slice_share", ("slice:1",), 0.4)]),
        ("M1A has been mute since 06:44 and M1B since 06:51.",
         [("outage", ("M1A",), None), ("outage", ("M1B",), None)]),
        ("A single drone cell above M1C until 18:00 would help.",
         [("lap_request", ("M1C",), 1.0)]),
        ("Never let the interference at the earth station exceed 1.5 nW.",
         [("protection", (), 1.5e-9)]),
        ("Unless told otherwise, u001 stays on M1A until 11:00.",
         [("association_preference", ("M1A",), "SHALL")]),
        ("Unless told, u001 stays on M1A until 11:00.", []),
        ("Without the new PSU M1C stays dark until 12:00.",
         [("outage", ("M1C",), None)]),
        ("Nothing new: M1C still down since 05:00.", [("outage", ("M1C",), None)]),
        ("M1A gives 10 MHz.", [("spectrum_grant", ("M1A",), -1e7)]),
        ("u001 stays on M1A, no handovers.",
         [("association_preference", ("M1A",), "SHALL")]),
        ("Roof access M1: work at height 13:00-14:00, all sectors to 20 dBm.",
         [("power_limit", ("M1A", "M1B", "M1C"), 0.1)]),
        ("M1A is scheduled for a software upgrade from 09:15 to 10:45.",
         [("maintenance", ("M1A",), None)]),
        ("Keep M1A at 10 W, not M1B.", [("power_limit", ("M1A",), 10.0)]),
        ("Save energy: M1A off from 1 to 5 at night.",
         [("energy_saving", ("M1A",), 1.0)]),
        ("It will pour: 40 mm in an hour until 15:00.", [("weather", (), 40.0)]),
        ("M1A -> 30 % energy saving until 12:00.", [("energy_saving", ("M1A",), 0.3)]),
        ("M1A off air: yes. Since: 07:20. Restored: no.", [("outage", ("M1A",), None)]),
        ("Steer u001 to M1B if poss.",
         [("association_preference", ("M1B",), "PREFER")]),
        ("Delay in slice nr. 1 is never bigger than 15 ms.",
         [("latency_bound", ("slice:1",), 0.015)]),
    ],
)  # fmt: skip
def test_what_is_said(text, expected):
    """Values one after another, orders by their time, and by their form."""
    assert [(kind, names or (), value) for kind, names, value in said(text)] == [
        (kind, names, value if isinstance(value, str | None) else pytest.approx(value))
        for kind, names, value in expected
    ]


def test_an_hour_behind_a_value_is_no_date():
    """``to 20 W at 12:00`` begins at noon; only ``to 20 June at 12:00`` ends then."""
    (item,) = report("The limit for M1A goes from 10 W to 20 W at 12:00.").items
    assert (item.value, f"{item.start:%H:%M}") == (20.0, "12:00")


def test_two_bounds_behind_each_other():
    """The nearest word before a number says which way it bounds."""
    text = "Slice 0 gets 35% of the PRBs at minimum and may never take more than 60 %."
    assert [(item.value, item.bound) for item in report(text).items] == [
        (pytest.approx(0.35), "min"),
        (pytest.approx(0.6), "max"),
    ]


def test_a_text_in_other_letters_is_refused_with_the_reason():
    """Full-width letters name nobody; they are not passed over in silence."""
    found = report("\uff2d\uff11\uff21 is down.")
    assert found.items == ()
    assert "alphabet" in found.refused[0].reason
