"""What a sentence takes from the ones around it: times, names, values, corrections."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def said(text, author="operator/x"):
    """Kind, target, value, start and end of each item of a text."""
    return [
        (
            str(item.kind),
            item.target.cells or item.target.users,
            item.value,
            f"{item.start:%H:%M}",
            f"{item.end:%H:%M}",
        )
        for item in llm_bridge.report(text, SNAPSHOT, author=author).items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Limits: M1A 20 W, M1B 15 W. In force from 9 a.m. to 5 p.m.",
            [
                ("power_limit", ("M1A",), 20.0, "09:00", "17:00"),
                ("power_limit", ("M1B",), 15.0, "09:00", "17:00"),
            ],
        ),
        (
            "The fair runs from 3 pm to 9 pm. Traffic at M1A doubles during it.",
            [("traffic_surge", ("M1A",), 2.0, "15:00", "21:00")],
        ),
        ("It rains a lot. Traffic at M1A doubles during it.", []),
        (
            "The dish receives from 09:15 to 09:45; interference may not go beyond "
            "500 pW.",
            [("protection", (), 5e-10, "09:15", "09:45")],
        ),
        (
            "Maintenance: today M1A 13:00-13:45; tomorrow M1B 13:00-14:00.",
            [
                ("maintenance", ("M1A",), None, "13:00", "13:45"),
                ("maintenance", ("M1B",), None, "13:00", "14:00"),
            ],
        ),
        (
            "* u001: min 3 Mbit/s, 09:00-10:00\n* u002: max 1 Mbit/s, same hour",
            [
                ("rate_floor", ("u001",), 3e6, "09:00", "10:00"),
                ("rate_cap", ("u002",), 1e6, "09:00", "10:00"),
            ],
        ),
        (
            "The match lasts from 9 to 10:30, u001 needs 4 Mbit/s in this time.",
            [("rate_floor", ("u001",), 4e6, "09:00", "10:30")],
        ),
        (
            "Race, Monday 8 June, 08:00-14:00: +80 % load in M1A, +60 % in M1B.",
            [
                ("traffic_surge", ("M1A",), 1.8, "08:00", "14:00"),
                ("traffic_surge", ("M1B",), 1.6, "08:00", "14:00"),
            ],
        ),
        (
            "Impact: M1A and M1B at 1.3 times the usual load, 22:15 to 23:00\n"
            "Contact: extension 4411, ask for Mr Miller",
            [("traffic_surge", ("M1A", "M1B"), 1.3, "22:15", "23:00")],
        ),
        (
            "M1A is broken since this night 03:30.",
            [("outage", ("M1A",), None, "03:30", "03:30")],
        ),
    ],
)
def test_a_time_of_another_sentence(text, expected):
    """Words such as "during it" point to the one interval told before; else nothing."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "M1C: 5 W max, 08:15 to 16:45. The same applies to M1A, but only until "
            "noon.",
            [
                ("power_limit", ("M1C",), 5.0, "08:15", "16:45"),
                ("power_limit", ("M1A",), 5.0, "08:15", "12:00"),
            ],
        ),
        (
            "Max 20 W for M1A, 10:00-14:00; same for M1B.",
            [
                ("power_limit", ("M1A",), 20.0, "10:00", "14:00"),
                ("power_limit", ("M1B",), 20.0, "10:00", "14:00"),
            ],
        ),
        (
            "u001 needs at least 6 Mbit/s until 10:00. Moves at 15 m/s.",
            [
                ("rate_floor", ("u001",), 6e6, "08:00", "10:00"),
                ("mobility", ("u001",), 15.0, "08:00", "08:00"),
            ],
        ),
        (
            "M1A and M1B are fine, but they'll see 40 % more load until 12:00.",
            [("traffic_surge", ("M1A", "M1B"), 1.4, "08:00", "12:00")],
        ),
        (
            "Floor of 4 Mbit/s for u001 until 12:00 - sorry, u002.",
            [("rate_floor", ("u002",), 4e6, "08:00", "12:00")],
        ),
        ("Same here for M1A.", []),
        (
            "M1A is down. Moves at 15 m/s.",
            [("outage", ("M1A",), None) + ("08:00",) * 2],
        ),
    ],
)
def test_names_and_values_of_another_sentence(text, expected):
    """What is said of others again, of whom it goes on, and who was meant."""
    assert said(text) == expected


def test_a_tenant_asks_for_its_share():
    """For a tenant "us" is its slice, for others nobody."""
    text = "Please reserve 40 % of the blocks for us until 18:00."
    expected = [("slice_share", ("slice:1",), 0.4, "08:00", "18:00")]
    assert said(text, "tenant/slice:1") == expected
    assert said(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The brochure promises slice 1 half of all blocks.",
        "M1A survived, unlike the bus stop next to it, which is out of service.",
        "Exam question: a cell M1A transmits with at most 10 W.",
        "We never exceed 40 W on cells of type M1A.",
        "I dreamt that M1A went down at 07:00.",
        "The bus of u001 can go 80 km/h.",
        "Simulation run 12: M1A at 5 W until 10:00, traffic doubled.",
        "The vendor recommends at most 40 W on M1A.",
        "u001 wants 6 Mbit/s guaranteed and is told to buy a better contract.",
        "Joe asked for at least 5 Mbit/s for u001, Maria refused it.",
    ],
)
def test_words_of_others_and_of_no_cell(text):
    """Advice, promises, dreams, examples and abilities ask for nothing."""
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M1A: works begin at 21:00 and take 45 minutes.", ("maintenance", "M1A")),
        ("They cut the current on M1B from 10:00 to 11:00.", ("maintenance", "M1B")),
        ("Wet cabinet of M1C, it does not emit since 7:35.", ("outage", "M1C")),
        ("2 flying cells over M1C from 19:00 to 21:00.", ("lap_request", "M1C")),
        ("Can we have an airborne cell at M1B from 16:00?", ("lap_request", "M1B")),
        ("M1A stopped answering at 07:05.", ("outage", "M1A")),
        ("u001 stays on M1A, fine with me.", ("association_preference", "M1A")),
        ("The crowd adds 30 % to M1A's load until 13:30.", ("traffic_surge", "M1A")),
        ("Market on Tuesday morning 7 to 12, M1A plus 50 percent load.",
         ("traffic_surge", "M1A")),
        ("Fire brigade command: delay of u001 at maximum 40 ms.",
         ("latency_bound", "u001")),
        ("Slice 2 may not be given less than 12 % of the PRBs.",
         ("slice_share", "slice:2")),
    ],
)  # fmt: skip
def test_more_words_for_the_same(text, expected):
    """Faults, works, platforms and bounds in other words."""
    ((kind, (name,), *_),) = said(text)
    assert (kind, name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "M1A dark since 07:05. Generator truck due 08:40, service expected 09:00.",
            [("outage", ("M1A",), None, "07:05", "09:00")],
        ),
        (
            "M1B dark since 07:05, plumber there at 08:40, power expected 09:00.",
            [("outage", ("M1B",), None, "07:05", "09:00")],
        ),
        (
            "07:55 M1C no carrier, spare part ordered for 13:00",
            [("outage", ("M1C",), None, "07:55", "07:55")],
        ),
        (
            "M1A needs a swap, the crew arrives at 10:00 and switches it off.",
            [("maintenance", ("M1A",), None, "10:00", "10:00")],
        ),
        (
            "Alarm 07:47: sector M1A lost carrier.",
            [("outage", ("M1A",), None, "07:47", "07:47")],
        ),
        (
            "Lightning strike: M1B gone at 03:12.",
            [("outage", ("M1B",), None, "03:12", "03:12")],
        ),
        (
            "M1A is down since 07:00, no idea when it comes back.",
            [("outage", ("M1A",), None, "07:00", "07:00")],
        ),
    ],
)
def test_times_of_visits_are_not_those_of_faults(text, expected):
    """Who comes when does not tell when a cell fails or is back."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mains failure at M1 since 07:31, M1A, M1B and M1C all dark, back around "
            "11:15.",
            [("outage", ("M1A", "M1B", "M1C"), None, "07:31", "11:15")],
        ),
        (
            "Crane at M1: cut M1B to 4 W from 08:20 to 09:50, M1A and M1C unchanged.",
            [("power_limit", ("M1B",), 4.0, "08:20", "09:50")],
        ),
        (
            "M1A and M1B have been isolated since 07:10.",
            [("outage", ("M1A", "M1B"), None, "07:10", "07:10")],
        ),
        (
            "Interference budget at earth station 500 pW from 13:30 to 14:30.",
            [("protection", (), 5e-10, "13:30", "14:30")],
        ),
        (
            "u001 and u002: at most 2 Mbit/s each today.",
            [("rate_cap", ("u001", "u002"), 2e6, "08:00", "00:00")],
        ),
        (
            "Coast radar (3.40-3.42 GHz) back on air from 10:10 for 20 minutes.",
            [("radar_activity", (), None, "10:10", "10:30")],
        ),
    ],
)
def test_names_alone_belong_to_what_follows(text, expected):
    """A list of names behind a finished part begins the next one."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The protest starts at 11:00 at M1A, u001 drives 15 km/h. Traffic there "
            "triples till 14:00.",
            [
                ("mobility", ("u001",), 15 / 3.6, "11:00", "11:00"),
                ("traffic_surge", ("M1A",), 3.0, "11:00", "14:00"),
            ],
        ),
        (
            "Rain: 60 mm/h for half an hour from 17:00, then 10 mm/h until 19:00.",
            [
                ("weather", (), 60.0, "17:00", "17:30"),
                ("weather", (), 10.0, "17:30", "19:00"),
            ],
        ),
        (
            "Limit M1A to 12 W until 15:00. From 15:00 to 17:00 20 W are permitted.",
            [
                ("power_limit", ("M1A",), 12.0, "08:00", "15:00"),
                ("power_limit", ("M1A",), 20.0, "15:00", "17:00"),
            ],
        ),
        (
            "Guarantee u001 3 Mbit/s and 20 ms until 09:00.",
            [
                ("rate_floor", ("u001",), 3e6, "08:00", "09:00"),
                ("latency_bound", ("u001",), 0.02, "08:00", "09:00"),
            ],
        ),
        ("Max 3 Mbit/s and 20 ms for u001.", []),
        (
            "Budget for the afternoon: M1A 25 W, M1B 20 W at most (13:00-18:00).",
            [
                ("power_limit", ("M1A",), 25.0, "13:00", "18:00"),
                ("power_limit", ("M1B",), 20.0, "13:00", "18:00"),
            ],
        ),
        (
            "Night mode: M1A, M1C off to save energy, 00:30-05:30.",
            [("energy_saving", ("M1A", "M1C"), 1.0, "00:30", "05:30")],
        ),
        (
            "All green but M1A (down, 02:17).",
            [("outage", ("M1A",), None, "02:17", "02:17")],
        ),
        (
            "M1A is still not back, down since yesterday 22:10.",
            [("outage", ("M1A",), None, "22:10", "22:10")],
        ),
        (
            "slice 0 min share 10 % max share 50 %",
            [
                ("slice_share", ("slice:0",), 0.1, "08:00", "08:00"),
                ("slice_share", ("slice:0",), 0.5, "08:00", "08:00"),
            ],
        ),
    ],
)
def test_one_thing_after_another(text, expected):
    """The second of two values begins where the first ends, or holds beside it."""
    assert said(text) == expected


def test_an_author_goes_on_asking_for_himself():
    """A sentence with "and" asks for whoever asked before, of nobody else's words."""
    text = "I'd like to avoid M1A. And at least 1 Mbit/s after 18:00, please."
    assert said(text, "user/u001") == [
        ("association_preference", ("M1A",), "AVOID", "08:00", "08:00"),
        ("rate_floor", ("u001",), 1e6, "18:00", "18:00"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Whoever limited M1A to 5 W, please undo it.",
        "In the tender we offered at least 5 Mbit/s for u001.",
        "M1A looks dead on the map because the server is down since 07:00.",
        "The radar operators thank us for clearing 3410-3430 MHz.",
        "My phone u001 is slower than the bus, which makes 50 km/h.",
        "We laughed when the intern capped u001 at 1 kbit/s.",
        "The last drone above M1A crashed at 06:50.",
        "Somebody drew a line through 'M1A down' on the board.",
        "u001 is on the list of users with a cap, his is 3 Mbit/s.",
        "M1A lost power. Battery lasts until 09:00.",
    ],
)
def test_looks_thanks_and_offers(text):
    """What is to be undone, was offered, only looks so, or is thanked for: nothing."""
    assert said(text) == []
