"""Of whom and of when a part of a sentence speaks: lists, ends, pronouns, leftovers."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def said(text, author="operator/x"):
    """Target, value and minutes after eight of each item of a text."""
    return [
        (
            item.target.cells or item.target.users,
            item.value,
            *((at.timestamp() - SNAPSHOT.time) / 60 for at in (item.start, item.end)),
        )
        for item in llm_bridge.report(text, SNAPSHOT, author=author).items
    ]


def reasons(text):
    """Reasons of what a text was refused."""
    refused = llm_bridge.report(text, SNAPSHOT, author="operator/x").refused
    return " | ".join(one.reason for one in refused)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("M1A is down from 08:03:00 to 08:04:30.", (3.0, 4.5)),
        ("M1A is out of order, should be up around 10:30.", (0.0, 150.0)),
        ("M1A no carrier since 05:55, fix expected 12:30.", (-125.0, 270.0)),
        ("M1A out of service from 10 h 30 to 11 h 15.", (150.0, 195.0)),
        ("M1A is kaputt seit 7.40 Uhr.", (-20.0, 1420.0)),
        ("Tomorrow from 6 M1A is in maintenance till 8.", (1320.0, 1440.0)),
    ],
)
def test_when_something_begins_and_ends(text, minutes):
    """Seconds, deadlines of repairs, and hours without minutes."""
    ((names, _, *found),) = said(text)
    assert (names, tuple(found)) == (("M1A",), minutes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Reduce M1A, M1B and M1C by 10, 20 and 30 dB.",
            [("M1A", 0.1), ("M1B", 0.01), ("M1C", 0.001)],
        ),
        ("M1A and M1B get 10 and 20 MHz more.", [("M1A", 1e7), ("M1B", 2e7)]),
        (
            "Limit u001 and u002 to 1.5 and 2.5 Mbit/s.",
            [("u001", 1.5e6), ("u002", 2.5e6)],
        ),
        ("Fair at the lake: M2A x3, M2B x2.5", [("M2A", 3.0), ("M2B", 2.5)]),
    ],
)
def test_lists_of_names_and_numbers_go_together(text, expected):
    """The first number is for the first name; the unit stands once."""
    found = [(names, value) for names, value, *_ in said(text)]
    assert found == [((name,), pytest.approx(value)) for name, value in expected]


def test_as_many_numbers_as_names_or_none():
    """Two numbers for three cells tell nobody which."""
    assert said("Limit M1A, M1B and M1C to 5 and 10 W.") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Quarantine u001, u002 and u003: cloned cards.", ("u001", "u002", "u003")),
        ("Twice the load in M1A and M1C when the match starts.", ("M1A", "M1C")),
    ],
)
def test_a_list_goes_on_behind_its_and(text, names):
    """Names of one list stay together whatever follows the last one."""
    ((found, *_),) = said(text)
    assert found == names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Avoid M1C until 10:00.", "what it says is not understood"),
        ("M2B - 20 MHz", "what it says is not understood"),
        ("Sector b is down.", "'sector b' is not in the network"),
        ("u001 and u002 are here. Cap him at 2 Mbit/s.", "which cells or users"),
        ("u001 flaps between M1A and M1B, pin to M1A.", "joins the names before"),
        ("Site M1 lost mains; on batteries for now.", "they are served"),
        ("The mayor says M1B is down.", "what others say"),
    ],
)
def test_what_is_not_understood_is_told(text, reason):
    """Neither guessed nor passed over in silence."""
    items = said(text)
    assert [names for names, *_ in items if names != ("u001", "u002")] == []
    assert reason in reasons(text)


def test_the_second_of_two_values_ends_the_first():
    """Rain of now holds until that of later."""
    now, later = said("Rain 12 mm/h now, 20 mm/h from 11:00.")
    assert (now[1], now[3]) == (12.0, 180.0)
    assert (later[1], later[2]) == (20.0, 180.0)


def test_a_new_value_behind_an_arrow():
    """The old value is not meant."""
    assert [item[1] for item in said("Power M1A: 43 dBm -> 40 dBm")] == [10.0]


def test_platforms_wanted_by_a_time_are_wanted_from_then():
    """A deadline is where a request begins."""
    ((_, count, start, _),) = said("Bring 3 drones to M1C by 18:00.")
    assert (count, start) == (3.0, 600.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Sleep M1A 23:00 to 05:00 and M1B 00:00 to 05:00.",
            [("M1A", 900.0, 1260.0), ("M1B", 960.0, 1260.0)],
        ),
        (
            "M1A: 12 W max until 11:00, afterwards 20 W.",
            [("M1A", 0.0, 180.0), ("M1A", 180.0, 1620.0)],
        ),
        ("Works on M1A: 10:00-11:00 (was 09:00-10:00).", [("M1A", 120.0, 180.0)]),
        ("M1A out of service 22:00 until 4 o'clock.", [("M1A", 840.0, 1200.0)]),
    ],
)
def test_each_of_several_times_has_its_place(text, expected):
    """Two windows, one after another, and a window that took another's place."""
    found = [(names, start, end) for names, _, start, end in said(text)]
    assert found == [((name,), start, end) for name, start, end in expected]


@pytest.mark.parametrize(
    "text",
    [
        "M1A lost its GPS sync but keeps transmitting.",
        "The licence of M1B for the extra 20 MHz ended on Sunday.",
    ],
)
def test_what_does_not_concern_the_radio_makes_no_item(text):
    """Something else is lost, or is over."""
    assert said(text) == []


def test_an_arrow_says_where_a_user_goes():
    """The shortest order there is."""
    found = [(names, value) for names, value, *_ in said("u001 -> M1B, u002 -> M1C")]
    assert found == [(("M1B",), "SHALL"), (("M1C",), "SHALL")]


def test_a_name_is_no_date():
    """``slice 1 may`` tells of a slice."""
    ((names, value, start, _),) = said("Slice 1 may use no more than 40 % of the PRBs.")
    assert (names, value, start) == (("slice:1",), 0.4, 0.0)


def test_that_day_is_the_one_named_before():
    """A sentence goes on with the day of another one."""
    text = (
        "The painters come on 2 June. Switch M1A off from 10:00 to 11:00 on that day."
    )
    assert said(text) == [(("M1A",), None, 1560.0, 1620.0)]


def test_a_log_in_one_line():
    """Later entries tell when it will be over, and take nothing back."""
    text = "07:05 M1A no carrier. 07:20 reset, no change. 07:40 expected back 11:15."
    assert said(text) == [(("M1A",), None, -55.0, 195.0)]


@pytest.mark.parametrize(
    "text",
    [
        "M1A's outage was shorter than expected.",
        "M1A unreachable 05:10-05:40, since then OK.",
        "ETR for M1A slipped from 9:30 to 10:15, cell still dead.",
        "Keep u001 off M1A: no.",
        "We plan to ask for 20 MHz more for M1A.",
        "M1A will lose 10 MHz at the end of the year.",
        "2 drones needed, location M1.",
    ],
)
def test_what_was_or_may_come_makes_no_item(text):
    """Past intervals, intentions, answers, far dates and places of another part."""
    assert said(text) == []


def test_times_of_a_list_hold_for_all_of_it():
    """The last entry names them, and lends its day only with its hours."""
    text = "Power: M1A 10 W, M1B 12 W at most, today 12:00-14:00."
    assert [item[2:] for item in said(text)] == [(240.0, 360.0), (240.0, 360.0)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("All cells of site M2 but M2A are dark.", ("M2B", "M2C")),
        ("Site M1 except M1C is out of service.", ("M1A", "M1B")),
        ("Site M1: all sectors down since 07:20 except M1C.", ("M1A", "M1B")),
    ],
)
def test_exceptions_within_a_site(text, names):
    """What is left out of a site is not off."""
    ((found, *_),) = said(text)
    assert found == names


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("M1A: 25 % more traffic", 1.25),
        ("Traffic at M1A is up, 25 % less than forecast", None),
        ("More people, but traffic at M1A is 25 % lower", 0.75),
    ],
)
def test_the_word_behind_a_part_tells_its_direction(text, value):
    """More or less, by the word that stands beside the number."""
    assert [item[1] for item in said(text)] in ([value], [] if value is None else None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("M1A: RRU replaced, test until 8:30, cell not on air before.", "outage"),
        ("M1A: alarm, sector taken out of service by remote hand.", "outage"),
        ("M1A: software upgrade from 10:00 to 11:00, no service.", "maintenance"),
        ("M1A taken out of service 10:00-11:00 for a planned swap.", "maintenance"),
    ],
)
def test_what_is_off_already_was_not_planned(text, kind):
    """Works that begin at no time named are why a cell is off now."""
    report = llm_bridge.report(text, SNAPSHOT, author="operator/x")
    assert [str(item.kind) for item in report.items] == [kind]
