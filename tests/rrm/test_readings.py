"""Notes in the loop: who keeps a place, and what is listed as refused."""

import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

import llm_bridge
import rrm
import twins
from llm_bridge import Kind
from rrm.controller import Controller, Simulated
from rrm.controller.notes import HIGHEST, IN_ALL, ITEMS, OF_AUTHOR, OF_ROLE, Note, Notes
from rrm.controller.readings import Readings
from rrm.controller.refusals import IN_ALL as LISTED
from rrm.controller.refusals import OF_AUTHOR as LISTED_OF_AUTHOR
from rrm.controller.refusals import Refusals
from tests.llm_bridge.asked import Asked
from twins.coupling import MapGain, Twins
from twins.network import SimulatedNetwork

LIMIT = "Keep the aggregate interference at the earth station below 2 pW."
REGULATOR, OPERATOR, USER = "regulator/BNetzA", "operator/S. Lang", "user/u007"
HOURS = 12 * 3600.0


@pytest.fixture(scope="module")
def snapshot():
    """Munich."""
    return twins.example()


def floods():
    """A hundred notes of somebody who may ask little, or nothing."""
    wishes = [(f"I need at least {n + 1} kbit/s", USER) for n in range(100)]
    names = [("hello", f"user/x{n}") for n in range(300)]
    return [wishes, [(f"hello {n}", "device/x") for n in range(100)], names]


def noted(*notes):
    """Readings that took notes."""
    readings = Readings(llm_bridge)
    for text, author in notes:
        readings.note(text, author)
    return readings


def roles(report):
    """Roles of the authors of its items."""
    return [item.source.role for item in report.items]


@pytest.mark.parametrize("flood", floods(), ids=["user", "device", "names"])
@pytest.mark.parametrize("is_read", [True, False])
def test_a_flood_displaces_no_limit_of_a_regulator(snapshot, flood, is_read):
    """Read before or not, it is in force, and the flood is listed as refused."""
    readings = noted((LIMIT, REGULATOR))
    if is_read:
        assert roles(readings.report(snapshot)) == ["regulator"]
    for text, author in flood:
        readings.note(text, author)
    report = readings.report(snapshot)
    assert report.items[0].kind is Kind.PROTECTION
    assert roles(report).count("regulator") == 1
    assert roles(report).count("user") <= OF_AUTHOR["user"]
    assert {one.item["author"] for one in report.refused} <= {who for _, who in flood}
    assert report.refused
    assert all(one.reason for one in report.refused)


def test_the_limit_is_kept_by_the_loop_in_a_flood():
    """Interference on the simulated network stays below what the regulator allows."""
    start, coverage = twins.example(), twins.example_coverage()
    simulated = SimulatedNetwork(start, coverage, seed=0)
    controller = Controller(
        Twins(start, MapGain(coverage, start)), rrm, llm_bridge, deadline=30.0,
        network=Simulated(simulated),
    )  # fmt: skip
    controller.note(LIMIT, REGULATOR)
    for text, author in floods()[0]:
        controller.note(text, author)
    for _ in range(2):
        simulated.step(10.0)
        controller.turn()
    heard = controller.snapshot.protected_gain @ simulated.power
    assert heard.max() <= 2e-12


def test_the_highest_priority_is_read_first_when_time_is_short(snapshot):
    """One note at least in each call; the others wait and are not lost."""
    readings = noted(
        ("I need at least 3 kbit/s", USER),
        ("Keep M4B below 10 W until 20:00.", OPERATOR),
        (LIMIT, REGULATOR),
    )
    found = [roles(readings.report(snapshot, seconds=0.0)) for _ in range(4)]
    assert [sorted(one) for one in found] == [
        ["regulator"],
        ["operator", "regulator"],
        ["operator", "regulator", "user"],
        ["operator", "regulator", "user"],
    ]


def test_one_note_of_a_user_has_few_items(snapshot):
    """The first ones; that there were more is listed."""
    wishes = " ".join(f"I need at least {n + 1} kbit/s." for n in range(40))
    readings = noted((wishes, USER))
    found = readings.report(snapshot)
    assert found is not None
    assert [item.value for item in found.items] == [
        1e3 * (n + 1) for n in range(ITEMS["user"])
    ]
    assert any("more than" in reason for _, reason in readings.refused)


def test_an_author_displaces_his_own_lowest_and_oldest_note():
    """Not his higher ones; and one below all of his is turned away."""
    notes = Notes()
    own = [Note(str(n), OPERATOR) for n in range(OF_AUTHOR["operator"])]
    for n, note in enumerate(own):
        assert notes.put(note, 1 if n in (3, 4) else 2, None) is None
    assert notes.put(Note("low", OPERATOR), 0, None) == Note("low", OPERATOR)
    assert notes.put(Note("new", OPERATOR), 1, None) == own[3]
    assert notes.put(Note("newer", OPERATOR), 2, None) == own[4]
    assert notes.put(Note("other", "operator/x"), 0, None) is None


def test_a_full_room_gives_way_to_higher_priority_alone():
    """Nobody displaces another's note of the same priority."""
    notes = Notes()
    for n in range(IN_ALL):
        assert notes.put(Note("wish", f"user/{n}"), 0, None) is None
    late = Note("wish", "user/late")
    assert notes.put(late, 0, None) == late
    assert notes.put(Note("other", "user/7"), 0, None) == Note("wish", "user/7")
    assert notes.put(Note("floor", "tenant/1"), 1, None) == Note("wish", "user/0")
    assert notes.put(Note(LIMIT, REGULATOR), 3, None) == Note("wish", "user/1")
    assert len(notes.items()) == IN_ALL
    assert notes.take() == (Note(LIMIT, REGULATOR), None)


def test_each_author_keeps_the_newest_notes_of_as_many_rounds_as_there_is_room():
    """Forty users with five notes each, and ten more: nobody is left out."""
    notes = Notes()
    for n in range(40):
        for text in "abcde":
            assert notes.put(Note(text, f"user/{n}"), 0, None) is None
    gone = [notes.put(Note("a", f"user/late {n}"), 0, None) for n in range(10)]
    assert gone == [Note("a", f"user/{n}") for n in range(10)]
    authors = {note.author for note, _ in notes.items()}
    assert len(authors) == 50
    assert len(notes.items()) == IN_ALL


@pytest.mark.parametrize("crowd", ["user", "tenant", "operator", "regulator"])
def test_no_crowd_of_a_role_takes_the_places_of_another(crowd):
    """Whoever comes first; each role has what it can count on."""
    for is_first in (True, False):
        notes = Notes()
        flood = [Note(str(k), f"{crowd}/{n}") for n in range(100) for k in range(4)]
        others = [
            Note(f"{k}", f"{role}/{n}")
            for role in OF_ROLE
            if role != crowd
            for n in range(25)
            for k in range(2)
        ]
        for note in flood + others if is_first else others + flood:
            notes.put(note, HIGHEST[note.role], None)
        kept = Counter(note.role for note, _ in notes.items())
        assert kept == OF_ROLE
        assert len({n.author for n, _ in notes.items() if n.role == crowd}) == 50


def test_nobody_waits_for_all_that_another_wrote():
    """Notes of one priority are read author by author."""
    notes = Notes()
    for n in range(20):
        notes.put(Note(str(n), "operator/a"), 2, None)
    notes.put(Note("b", "operator/b"), 2, None)
    read = [notes.take()[0] for _ in range(21)]
    assert read.index(Note("b", "operator/b")) == 1
    assert [one.text for one in read if one.text != "b"] == [str(n) for n in range(20)]


def test_what_comes_between_does_not_begin_anew_with_who_wrote_most():
    """Nor are those who wait forgotten while something of higher priority is read."""
    notes = Notes()
    for n in range(3):
        notes.put(Note(str(n), "operator/a"), 2, None)
    notes.put(Note("b", "operator/b"), 2, None)
    assert notes.take()[0].text == "0"
    notes.put(Note(LIMIT, REGULATOR), 3, None)
    assert [notes.take()[0].text for _ in range(3)] == [LIMIT, "b", "1"]


def test_what_is_left_out_is_logged(snapshot, caplog):
    """Words, author and reason."""
    readings = noted(*((f"I need at least {n + 1} kbit/s", USER) for n in range(6)))
    (one,) = [record for record in caplog.records if "no room" in record.message]
    assert one.author == USER
    assert one.text == "I need at least 1 kbit/s"
    assert len(readings.report(snapshot).items) == OF_AUTHOR["user"]


def test_what_is_read_again_is_newer():
    """It takes one place, the newest."""
    notes = Notes()
    for text in ("a", "b", "a"):
        assert notes.put(Note(text, USER), 0, text) is None
    assert [note.text for note, _ in notes.items()] == ["b", "a"]


def test_an_expired_note_gives_its_place_away_first(snapshot):
    """A user's notes of the morning are no reason to turn the evening's away."""
    text = "I need at least {} kbit/s until {}:00"
    readings = noted(*((text.format(n + 1, 10), USER) for n in range(5)))
    assert len(readings.report(snapshot).items) == OF_AUTHOR["user"] == 5
    late = snapshot.derived(time=snapshot.time + HOURS)
    readings.note(text.format(9, 23), USER)
    report = readings.report(late)
    assert [item.value for item in report.items] == [9e3]
    assert report.refused == ()


def test_no_note_ranks_higher_than_its_author_may_ask(snapshot):
    """Also if a reader says so."""

    def lying(text, snapshot, author):
        found = llm_bridge.report(text, snapshot, author=author)
        items = [
            one.model_copy(update={"priority": "regulation"}) for one in found.items
        ]
        return found.model_copy(update={"items": tuple(items)})

    readings = Readings(SimpleNamespace(report=lying))
    readings.note("I need at least 3 kbit/s", USER)
    readings.report(snapshot)
    ((_, (rank, _)),) = readings._held._places.items()
    assert rank == 0


@pytest.mark.parametrize(
    ("text", "author", "words", "reason"),
    [
        ("Keep M4B below 10 W until 20:00. M9Z is down.", OPERATOR,
         "M9Z is down.", "not in the network"),
        ("M1A is down.", USER, "M1A is down.", "may not ask for outage"),
        ("M1A is down.", "device/u007", "M1A is down.", "may ask nothing"),
        ("M1A is down.", "nobody/u007", "M1A is down.", "role 'nobody' is none of"),
        ("M1A is down. " * 10_000, OPERATOR, "M1A is down. ", "characters, more than"),
    ],
)  # fmt: skip
def test_refusals_are_listed_in_the_loop(snapshot, text, author, words, reason):
    """With author, words and reason, in the report and beside it, as plain JSON."""
    readings = noted((text, author))
    report = readings.report(snapshot)
    (one,) = report.refused
    assert reason in one.reason
    assert one.item["author"] == author
    assert one.item["text"].startswith(words)
    assert len(one.item["text"]) <= 200
    assert readings.refused == ((author, one.reason),)
    assert json.dumps(report.model_dump(mode="json"), allow_nan=False)
    assert readings.report(snapshot).refused == report.refused


def test_the_list_of_refusals_is_bounded_and_of_all():
    """The latest of each author; devices and unknown roles share one's part."""
    listed = Refusals()
    assert listed.add(Note("first", OPERATOR), "no")
    assert not listed.add(Note("first", OPERATOR), "no")
    for n in range(1000):
        listed.add(Note(f"text {n}", f"device/{n}"), "no")
        listed.add(Note(f"text {n}", "nobody"), "no")
        listed.add(Note(f"text {n}", USER), "no")
    kept = listed.listed()
    assert len(kept) == 1 + 2 * LISTED_OF_AUTHOR
    assert kept[0].author == OPERATOR
    assert {one.text for one in kept[-2:]} == {"text 999"}
    for n in range(1000):
        listed.add(Note("text", f"user/{n}"), "no")
    assert len(listed.listed()) == LISTED


def test_memory_is_bounded_whoever_writes(snapshot):
    """Unread notes, held notes and refusals, of any number of authors."""
    readings = Readings(llm_bridge)
    for n in np.arange(5 * IN_ALL):
        readings.note(f"I need at least {n + 1} kbit/s", f"user/u{n % 250:03d}")
    assert len(readings._new.items()) == IN_ALL
    readings.report(snapshot, seconds=0.0)
    assert len(readings._new.items()) == IN_ALL - 1
    assert len(readings.refused) <= LISTED


def test_a_model_is_told_what_changed_since_the_turn_before(snapshot):
    """Loads of the cells, with their numbers; the report shows what it was told."""
    model = Asked()
    readings = Readings(llm_bridge, model)
    readings.note("Keep M4B below 10 W.", OPERATOR)
    readings.report(snapshot)
    here = snapshot.previous == list(snapshot.cell_id).index("M1A")
    demand = np.where(here, 1.2 * snapshot.demand, snapshot.demand)
    later = snapshot.derived(time=snapshot.time + 10.0, demand=demand)
    readings.note("Keep M4B below 10 W. Something odd is going on at M1A.", OPERATOR)
    readings.report(later)
    readings.report(later)  # the same snapshot again is no change
    readings.wait(60.0)
    assert "+20% load in cell M1A" in model.prompts[-1].facts
    report = readings.report(later)
    assert report.told[-1].changes == ("+20% load in cell M1A",)
