"""Several things that one sentence asks of the same names, and what goes for others."""

import pytest

from tests.llm_bridge.test_continued import said

CAP, FLOOR, DELAY = "rate_cap", "rate_floor", "latency_bound"
SHARE, LIMIT = "slice_share", "power_limit"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Slice 2: 8 Mbit/s tops, and not more than a third of the blocks.",
            [
                (CAP, ("slice:2",), 8e6, "08:00", "08:00"),
                (SHARE, ("slice:2",), 1 / 3, "08:00", "08:00"),
            ],
        ),
        (
            "u003 (welding robot): <= 15 ms & >= 12 Mbit/s, 10:00 to 16:00",
            [
                (DELAY, ("u003",), 0.015, "10:00", "16:00"),
                (FLOOR, ("u003",), 12e6, "10:00", "16:00"),
            ],
        ),
        (
            "Wishes for slice 1: delay no more than 25 ms, floor 4 Mbit/s, and 20 % of "
            "the blocks as minimum.",
            [
                (DELAY, ("slice:1",), 0.025, "08:00", "08:00"),
                (FLOOR, ("slice:1",), 4e6, "08:00", "08:00"),
                (SHARE, ("slice:1",), 0.2, "08:00", "08:00"),
            ],
        ),
    ],
)
def test_each_value_is_asked_of_the_names_of_all(text, expected):
    """A clause is parted where its numbers have other units; times are shared."""
    found = said(text)
    assert [one[:2] + one[3:] for one in found] == [e[:2] + e[3:] for e in expected]
    assert [one[2] for one in found] == pytest.approx([e[2] for e in expected])


def test_names_with_one_value_each_are_one_limit():
    """What a sentence asks of several cells alike is one item."""
    assert said("M1A 12 W, M1B 12 W, M1C 7 W until 13:00") == [
        (LIMIT, ("M1A", "M1B"), 12.0, "08:00", "13:00"),
        (LIMIT, ("M1C",), 7.0, "08:00", "13:00"),
    ]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("M1B has been dark since 06:20. So has M2A.", [("M1B", "M2A")]),
        ("u004: floor 2 Mbit/s. u005: ditto.", [("u004", "u005")]),
        ("u004 needs 2 Mbit/s at least, u005 too.", [("u004", "u005")]),
        (
            "M1A is off from 10:00 to 11:00 for a new filter; M1B likewise from 11:00 "
            "to 12:00.",
            [("M1A",), ("M1B",)],
        ),
        ("M1B has been dark since 06:20. So has the stairwell.", [("M1B",)]),
    ],
)
def test_the_same_goes_for_others(text, targets):
    """Names with nothing but "same", "too" or "so has" have what stands before."""
    assert [one[1] for one in said(text)] == targets
