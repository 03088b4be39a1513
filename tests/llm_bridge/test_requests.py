"""Requests and faults as people put them: whom they mean, and from when."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def said(text, author="operator/x"):
    """Kind, value, cells and users, and times of day of each item."""
    report = llm_bridge.report(text, SNAPSHOT, author)
    return [
        (
            str(item.kind),
            item.value,
            (*item.target.cells, *item.target.users),
            f"{item.start:%H:%M}",
            f"{item.end:%H:%M}",
        )
        for item in report.items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "u001 has to make do with 64 kbit/s at the most once it is 22:00.",
            ("rate_cap", 64e3, ("u001",), "22:00", "22:00"),
        ),
        (
            "u001 keeps torrenting. Throttle him to 500 kbit/s for the next hour and a "
            "half.",
            ("rate_cap", 5e5, ("u001",), "08:00", "09:30"),
        ),
        (
            "u001 seems clean, but limit it to 1 Mbit/s.",
            ("rate_cap", 1e6, ("u001",), "08:00", "08:00"),
        ),
        (
            "They fire up the radar at 6 pm, 3.47 to 3.49 GHz, finished at quarter to "
            "seven",
            ("radar_activity", None, (), "18:00", "18:45"),
        ),
        (
            "M1A went off air twenty minutes ago and hasn't come back yet.",
            ("outage", None, ("M1A",), "07:40", "07:40"),
        ),
        (
            "P1 | M1A not radiating | fault began 07:31 | owner: Hagen",
            ("outage", None, ("M1A",), "07:31", "07:31"),
        ),
        (
            "ALARM cell=M1A state=down raised=07:22 cleared=-",
            ("outage", None, ("M1A",), "07:22", "07:22"),
        ),
        (
            "The stadium cannot register: M1A has been dead since five past seven. "
            "Vendor has confirmed it will be back at 11:00.",
            ("outage", None, ("M1A",), "07:05", "11:00"),
        ),
        (
            "Planned work 4711: rectifier swap at M1A, cell switched off 21:30-23:30.",
            ("maintenance", None, ("M1A",), "21:30", "23:30"),
        ),
        (
            "M1A Pmax := 36 dBm; valid 2026-06-01 18:00 to 2026-06-01 20:00",
            ("power_limit", 3.98107, ("M1A",), "18:00", "20:00"),
        ),
        (
            "A licence begins at 9 am: M1A and M1B receive 10 MHz each until 12:30.",
            ("spectrum_grant", 10e6, ("M1A", "M1B"), "09:00", "12:30"),
        ),
        (
            "botnet member found: u001. quarantine for two hours from now",
            ("intrusion", None, ("u001",), "08:00", "10:00"),
        ),
    ],
)  # fmt: skip
def test_one_item(text, expected):
    """The sentence is read with its time."""
    assert said(text) == [(expected[0], pytest.approx(expected[1]), *expected[2:])]


def test_what_one_cell_borrows_the_other_lends():
    """The cell before "borrows" gets what the one behind "from" gives."""
    found = said("Between 13:00 and 16:00 M1A borrows 15 MHz from M1B.")
    assert {(one[1], one[2]) for one in found} == {(-15e6, ("M1B",)), (15e6, ("M1A",))}


def test_a_list_of_what_its_author_needs():
    """Entries are for whoever needs them, at the time of the title."""
    text = (
        "For the broadcast, 20:00-22:00, we need:\n"
        "- 15 Mbit/s per camera as a minimum\n- latency of 50 ms at most"
    )
    assert said(text, "tenant/slice:0") == [
        ("rate_floor", 15e6, ("slice:0",), "20:00", "22:00"),
        ("latency_bound", 0.05, ("slice:0",), "20:00", "22:00"),
    ]


def test_a_list_in_a_line():
    """Numbers with brackets part what a line says, a slice in brackets does not."""
    found = said("1) M1A off 10:00-10:30 2) M1B max 10 W till noon")
    assert [one[0] for one in found] == ["maintenance", "power_limit"]
    assert len(said("The robots (slice 0) need their delay under 9 ms.")) == 1


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("Maintenance of M1B finished at 07:40, all KPIs green.", "operator/x"),
        ("Expected rain of 20 mm/h did not come.", "operator/x"),
        ("Customer feedback 4711: please quarantine u001.", "operator/x"),
        ("Never hand me over to M1B.", "user/u001"),
        ("Two drones over M1A by 16:00, back home at 19:00.", "operator/x"),
    ],
)
def test_no_item(text, author):
    """What is over, others' words, what a user may not ask, two ends at once."""
    assert said(text, author) == []
