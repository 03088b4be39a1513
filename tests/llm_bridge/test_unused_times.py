"""A time that nothing uses makes doubtful what has no time."""

import pytest

import llm_bridge
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.proposal import Proposal
from llm_bridge.text_mentions import text_mentions
from llm_bridge.unused_times import unused_time
from tests.llm_bridge.network import small

SNAPSHOT = small()
NAMES, NOW = Names(SNAPSHOT), SNAPSHOT.time
HOUR = 3600.0
MIDNIGHT = NOW - NOW % 86400


def unused(words, start, end, kind="power_limit"):
    """Words of the time that a proposal from start to end (hours) leaves unused."""
    text = read(words)
    one = Proposal(
        llm_bridge.Kind(kind), (0, len(words)), MIDNIGHT + start * HOUR,
        MIDNIGHT + end * HOUR, 5.0, "W", None, ("M1A",), (), None, 1.0, "grammar",
    )  # fmt: skip
    found = unused_time(one, [one], text_mentions(text, NAMES, NOW), NOW)
    return found and text.plain[slice(*found.span)]


@pytest.mark.parametrize(
    ("words", "start", "end", "expected"),
    [
        ("M1A 5 W from 12:45. Done 3 hours later.", 12.75, 36.75, "3 hours"),
        ("M1A 5 W from 12:45. Done 15:45.", 12.75, 36.75, "15:45"),
        ("M1A 5 W until 12:45, begun 9:15.", 8, 12.75, "9:15"),
        ("M1A 5 W from 12:45 to 15:45.", 12.75, 15.75, None),
        ("M1A 5 W from 12:45 for 3 hours.", 12.75, 15.75, None),
        ("M1A 5 W from 12:45 to 15:45, lunch at 13:00.", 12.75, 15.75, None),  # told
        ("M1A 5 W, asked for at 07:15.", 8, 32, None),  # over
        ("M1A 5 W until 16:00 CET.", 8, 15, None),  # UTC
        ("M1A 5 W for 30 minutes.", 8, 8.5, None),
    ],
)
def test_a_time_that_nothing_uses(words, start, end, expected):
    """What has both times is sure; what has not uses all that lie ahead."""
    assert unused(words, start, end) == expected


@pytest.mark.parametrize("kind", ["outage", "intrusion", "mobility"])
def test_some_kinds_are_told_without_their_times(kind):
    """When somebody comes to mend a cell is not how long it is off."""
    assert unused("M1A 5 W, technician 12:45", 8, 32, kind) is None


def test_the_report_refuses_and_says_which_time():
    """A limit with an end that is not understood holds no whole day."""
    text = "M1A at 5 W at most. Painters count on 15:50."
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    reasons = [one.reason for one in report.refused]
    assert not report.items
    assert "the time '15:50' is not understood" in reasons


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (
            "M2B: 6 W at most from 10:20. Window cleaner home by 11:05.",
            "10:20",
            "11:05",
        ),
        ("u004 gets 2 Mbit/s or more from 09:30. Takes 40 minutes.", "09:30", "10:10"),
        ("M1A is off air since 07:10. Power company promises 12:15.", "07:10", "12:15"),
        ("M1A 5 W from 12:10. The painters knock off, 14:00.", "12:10", "14:00"),
    ],
)
def test_the_one_time_that_is_left_over_is_the_missing_one(text, start, end):
    """Whoever tells a beginning, and elsewhere one more time, tells the end."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert [f"{one.start:%H:%M} {one.end:%H:%M}" for one in report.items] == [
        f"{start} {end}"
    ]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Work starts 21:00. M1A max 10 W. M1B max 12 W.", "21:00"),
        ("u003 must have less than 11 ms. The change happens at 13:00.", "13:00"),
        ("u003, u004: ceiling 2 Mbit/s. Start 08:30.", "08:30"),
    ],
)
def test_a_start_told_apart_is_of_all(text, start):
    """Where nothing has a time, one that begins something begins all."""
    items = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    assert items
    assert {f"{one.start:%H:%M}" for one in items} == {start}


@pytest.mark.parametrize(
    "text",
    [
        "M1A max 9 W. The rigger (he starts 9:30) likes tea.",
        "Until eleven: M1A max 9 W.",
        "Tonight M1A and M1B hibernate. Good night at 01:30, good morning at 04:00.",
        "I'll power-cycle M1A at 12:00. M1A will be down for a quarter of an hour.",
        "A crane at half past two. M1A max 9 W until 15:10.",
    ],
)
def test_a_time_that_is_not_understood_refuses(text):
    """Nothing is read without the time that its text tells."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert report.items == ()


def test_a_time_of_something_else_that_is_asked_ends_nothing():
    """A sentence with a name of its own keeps its time for it."""
    text = "M1A off air since 07:10. M2B and the neighbour are at 12:15."
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert [f"{one.end:%d}" for one in report.items] == ["02"]


@pytest.mark.parametrize(
    "text",
    [
        "M1A and M1B may sleep at 23:15. Alarm clock: 05:15.",  # tomorrow
        "M1A dead after thunder.\nSince 06:47.",
        "(1) 09:05 lock M1A (2) 09:50 unlock M1A. In between the cell is down.",
        "Our scanners in slice 1 need 5 Mbit/s each, from 06:00 tomorrow on.",
        "M1A: 5 W from 9:15 to 12:00. M1B gets one too, 9 W. It lasts equally long.",
    ],
)
def test_what_has_a_time_elsewhere_is_not_timeless(text):
    """No item holds from now for a day where its text tells when."""
    items = llm_bridge.report(text, SNAPSHOT, author="operator/x").items
    assert all(
        one.start.timestamp() != NOW or one.end.timestamp() != NOW + 24 * HOUR
        for one in items
    )
    assert not any(one.value == 1.0 for one in items)


@pytest.mark.parametrize(
    "text",
    [
        "M1A is out. The technician comes at 14:00.",
        "Status board 07:50. M1A is out of service.",
        "M1A sleeps from 23:15 to 05:15. Lunch is at 12:00.",
        "Limit M1A to 5 W until tomorrow 08:00.",
    ],
)
def test_what_else_happens_takes_no_item(text):
    """A time of something else leaves a fault, or what has all its times, alone."""
    assert len(llm_bridge.report(text, SNAPSHOT, author="operator/x").items) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (
            "Thursday, site M1: the landlord replaces the meter. "
            "All sectors dead from 08:15 till 08:55.",
            0,
        ),
        ("Thursday the crew is at M2. Today M1A is limited to 5 W till 12:00.", 1),
        ("M1A: 5 W from 10:00 to 12:00. The crew is back on Thursday.", 1),
    ],
)
def test_a_day_that_was_named_before(text, count):
    """What is read behind a day to come does not hold today, unless it says so."""
    assert len(llm_bridge.report(text, SNAPSHOT, author="operator/x").items) == count


@pytest.mark.parametrize(
    "text",
    [
        "M1A went dark at 07:05. The ladder is booked for 09:30.",
        "06:05 M1A down. 07:09 M1A up. 07:15 M1A down again, a crew is called.",
        "u001 is hacked; block it from 08:30.",
        "u001 gets 2 Mbit/s or more until 12:00. u002 gets 3 Mbit/s or more.",
    ],
)
def test_a_later_time_of_a_fault_or_of_another_of_the_kind_refuses(text):
    """It may be the end of the fault, or the time of both."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    reasons = [one.reason for one in report.refused]
    assert any("is not understood" in reason for reason in reasons)
    assert all(one.end.hour == 12 for one in report.items)


@pytest.mark.parametrize(
    "text",
    [
        "M1A went dark at 07:05. A van brings the new card at 09:30.",
        "07:04 M1B link loss\n07:05 M1A down\n07:20 shift lead informed",
        "M1A went dark at 07:05. M1B came back at 07:40.",
    ],
)
def test_who_comes_and_what_is_logged_leave_a_fault_as_it_is(text):
    """Visits, stamps of a log and times of other cells are no end."""
    (item,) = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    assert f"{item.start:%H:%M}" == "07:05"


def test_what_has_just_been_so_is_not_planned_for_tomorrow():
    """At eight, the small hours are those of tomorrow, and seven o'clock is over."""
    texts = ("M1A sleeps 02:10-05:40.", "M1A at 5 W 06:10-07:40.")
    found = [llm_bridge.report(text, SNAPSHOT, "operator/x").items for text in texts]
    assert [len(items) for items in found] == [1, 0]


def test_a_fault_may_begin_a_little_after_the_snapshot():
    """The writer's clock is ahead of ours: it is so already."""
    text = "M1A out of service since 08:10, back at 09:30."
    (item,) = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    assert (str(item.kind), f"{item.start:%H:%M}-{item.end:%H:%M}") == (
        "outage",
        "08:10-09:30",
    )
