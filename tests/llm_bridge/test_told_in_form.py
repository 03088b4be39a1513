"""What the form of a sentence tells: two times, a time that was named, who to whom."""

import pytest

import llm_bridge
import twins

SNAPSHOT = twins.example()


def items(text: str) -> list[tuple[str, tuple[str, ...], float | str | None, str, str]]:
    """Kind, names, value, start and end of what is read in an operator's text."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    return [
        (
            str(one.kind),
            one.target.cells or one.target.users,
            one.value,
            f"{one.start:%H:%M}",
            f"{one.end:%H:%M}",
        )
        for one in report.items
    ]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("12 mm/h of rain reach us at 10:10 and move on at 11:40.", "10:10", "11:40"),
        ("M2A sleeps at 23:50 and is up at 04:10.", "23:50", "04:10"),
        ("Radar in 3410-3420 MHz: goes up 13:05, and down 13:25.", "13:05", "13:25"),
    ],
)
def test_of_two_times_of_one_thing_the_second_is_its_end(text, start, end):
    """No word for an end is needed where a beginning stands before it."""
    assert [(low, high) for *_, low, high in items(text)] == [(start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "M1C at 15 W from 10:00 instead of 20 W from 11:00.",
        "M1A is down since 06:50 and M2B since 07:10.",
    ],
)
def test_two_times_of_two_things_are_no_interval(text):
    """A name between them, or "instead of", says that they are apart."""
    assert "11:00" not in [high for *_, high in items(text)]
    assert len({high for *_, high in items(text)}) == len(items(text))


@pytest.mark.parametrize(
    "pointer",
    ["in those twenty minutes", "for exactly that time", "during the same 20 minutes"],
)
def test_a_length_that_points_back_is_the_time_before(pointer):
    """The length of a time that was named is no other time."""
    text = f"M3A is off by plan from 10:20 to 10:40. M3B gets 12 MHz more {pointer}."
    assert ("spectrum_grant", ("M3B",), 12e6, "10:20", "10:40") in items(text)


@pytest.mark.parametrize(
    "words", ["5 MHz, M2A -> M2C", "M2A to M2C: 5 MHz", "5 MHz leave M2A for M2C"]
)
def test_spectrum_goes_from_one_cell_to_the_other(words):
    """Who gives and who gets is told by the arrow or by from and to, not by a verb."""
    found = items(f"{words}, 11:00-12:30.")
    assert [(cells, value) for _, cells, value, *_ in found] == [
        (("M2A",), -5e6),
        (("M2C",), 5e6),
    ]


@pytest.mark.parametrize(
    ("text", "cell", "count"),
    [
        ("Flying cell over M3B from 10:00 to 12:00 for the sack race.", "M3B", 1),
        ("the balloon for M4A, 2 of them, 10:00-12:00", "M4A", 2),
        ("M2C needs help. Three drones there from 10:00 to 12:00, please.", "M2C", 3),
    ],
)
def test_platforms_over_a_cell_at_a_time_are_wanted(text, cell, count):
    """Where and when say that somebody wants it; one is one, whether told or not."""
    assert items(text) == [("lap_request", (cell,), count, "10:00", "12:00")]


@pytest.mark.parametrize(
    "text",
    [
        "Two drones were seen over M7A from 10:00 to 10:20.",
        "The drone show at M2A is from 21:00 to 22:00.",
        "The three drones from M5A return by 10:00.",
    ],
)
def test_what_flies_for_others_is_not_wanted(text):
    """What somebody saw, watches or gets back asks for nothing."""
    assert not items(text)


@pytest.mark.parametrize(
    "text",
    [
        "u004 must use M3B, no ifs, no buts.",
        "As the nobility is away, let M3B serve u004 only. Not a drama, no rush.",
        "I would be pleased if you could keep u004 on M3B.",
        "Keep u004 on M3B once the gates are open (09:00).",
        "u004 stays on M3B if the level permits.",
    ],
)
def test_manners_are_no_condition(text):
    """A kind word, or a time that is told, makes nothing uncertain."""
    assert items(text)[0][:2] == ("association_preference", ("M3B",))


@pytest.mark.parametrize(
    "text",
    [
        "Two drones over M3B, one over M3C, 10:00-12:00.",
        "Drones wanted: 2 at M3B and 1 at M3C, both 10:00-12:00.",
    ],
)
def test_each_cell_gets_its_number_of_platforms(text):
    """A number before each cell is a list, not a number of cells."""
    found = {(cells, value) for _, cells, value, *_ in items(text)}
    assert found == {(("M3B",), 2), (("M3C",), 1)}


def test_what_comes_without_its_subject_is_of_those_before():
    """``u004 moves and must stay on M3B`` names u004 once."""
    found = items("u004 does 8 m/s and must stay on M3B.")
    assert [one[:3] for one in found][1:] == [
        ("association_preference", ("M3B",), "SHALL")
    ]


def test_a_name_alone_belongs_to_what_is_told_before_it():
    """What wants a name and has none takes the piece that is only a name."""
    assert [one[:2] for one in items("Compromised SIM found, subscriber u004.")] == [
        ("intrusion", ("u004",))
    ]


def test_rain_of_two_hours_is_two_items():
    """What needs no name is told again with another value and time."""
    found = items("Rain: 9 mm/h until 10:00, 3 mm/h from 10:00 to 12:00.")
    assert [(value, high) for _, _, value, _, high in found] == [
        (9.0, "10:00"),
        (3.0, "12:00"),
    ]


def test_everyone_in_it_is_everyone_of_the_slice_before():
    """``in there`` is no word for all users of the network."""
    text = "Slice 1 is the harbour. Everyone in there gets 2 Mbit/s at least."
    assert [one[:2] for one in items(text)] == [("rate_floor", ("slice:1",))]


def test_all_are_told_one_time():
    """``All from``, ``both until``: the time of all sentences before."""
    found = items("u004 max 3 Mbit/s. u005 max 1 Mbit/s. All from 9:30 to 10:30.")
    assert [(low, high) for *_, low, high in found] == [("09:30", "10:30")] * 2
