"""Ends, edges and bounds that are told in other words than "until" and "at most"."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def said(text, author="operator/x"):
    """Kind, value, and times of day of each item."""
    report = llm_bridge.report(text, SNAPSHOT, author)
    return [
        (str(item.kind), item.value, f"{item.start:%H:%M}", f"{item.end:%H:%M}")
        for item in report.items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "M1A goes off air at 10:00 for a board swap and returns at 10:25.",
            ("maintenance", None, "10:00", "10:25"),
        ),
        (
            "I'm taking M1A down for a reboot at 14:05, back ten minutes later.",
            ("maintenance", None, "14:05", "14:15"),
        ),
        (
            "Radar, lower edge 3460 MHz, upper edge 3470 MHz, starts 17:00, "
            "ceases 17:40.",
            ("radar_activity", None, "17:00", "17:40"),
        ),
        (
            "The radar sweeps 3500 to 3515 MHz and goes quiet at ten o'clock.",
            ("radar_activity", None, "08:00", "10:00"),
        ),
        (
            "Met bulletin: heavy rain, 30 mm per hour, 12 to 14 UTC",
            ("weather", 30.0, "12:00", "14:00"),
        ),
        (
            "The gauge says 24 mm/h of rain until 09:00.",
            ("weather", 24.0, "08:00", "09:00"),
        ),
        (
            "u001: a delay beyond 5 ms is not acceptable until 14:00.",
            ("latency_bound", 0.005, "08:00", "14:00"),
        ),
        (
            "u001: less than 2 Mbit/s is not acceptable until 14:00.",
            ("rate_floor", 2e6, "08:00", "14:00"),
        ),
        (
            "Could someone put a lid of 3 megabits per second on u001 until 20:00?",
            ("rate_cap", 3e6, "08:00", "20:00"),
        ),
        (
            "Consumption of our network has to fall by 18 % from 18:00 to 21:00.",
            ("energy_saving", 0.18, "18:00", "21:00"),
        ),
        (
            "They want the interference at the earth station held below 2 nW, starting "
            "16:30, no end date given.",
            ("protection", 2e-9, "16:30", "16:30"),
        ),
        (
            "2026-06-01 07:52 ALARM M1C CELL_DOWN severity=critical",
            ("outage", None, "07:52", "07:52"),
        ),
        (
            "Sat pass at 15:10, lasts 12 minutes. During the pass: interference at the "
            "earth station max 0.7 nW.",
            ("protection", 7e-10, "15:10", "15:22"),
        ),
        (
            "The crew needs M1A taken down tomorrow from 09:00 to 10:30. They promised "
            "to be punctual.",
            ("maintenance", None, "09:00", "10:30"),
        ),
    ],
)
def test_one_item_with_its_times(text, expected):
    """What is read of each text, and from when until when."""
    assert said(text) == [expected]


def test_both_of_two_sentences_hold_for_a_time():
    """A time for both is one for the sentence before the last as well."""
    text = "Slice 0: at least 30 % of the PRBs. Slice 1: at most 20 % of the PRBs. "
    assert [one[2:] for one in said(text + "Both from 10:00 to 14:00.")] == [
        ("10:00", "14:00"),
        ("10:00", "14:00"),
    ]


@pytest.mark.parametrize("provider", ["grammar", "embedded"])
@pytest.mark.parametrize(
    "text",
    [
        "The backhaul of M1A is throttled to 500 Mbit/s from 10:00 to 12:00.",
        "The radar is quiet on 3500 to 3515 MHz.",
        "Our gauge has a resolution of 0.2 mm/h.",
        "The tenant left the interference at 2 nW last year.",
    ],
)
def test_what_no_item_can_say_makes_none(text, provider):
    """A limit of the backhaul, a silent radar, an instrument, the past."""
    assert llm_bridge.report(text, SNAPSHOT, "operator/x", provider).items == ()


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("Pipe burst at M1: M1A and M1B off since 07:15, M1C works.", ("M1A", "M1B")),
        ("Truck hit the pole of M1, M1A dead since 07:15.", ("M1A",)),
        ("All cells of site M1 but M1A are dark.", ("M1B", "M1C")),
        ("M1A/M1B: +150 % from 20:00 to 23:00.", ("M1A", "M1B")),
    ],
)
def test_whom_a_cause_or_a_rise_is_of(text, cells):
    """Cells behind what befell their site, and those before a rise without a word."""
    (item,) = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    assert item.target.cells == cells


@pytest.mark.parametrize("text", ["M1A: -20 %.", "M1A: +20 % power.", "+20 %."])
def test_a_number_alone_is_no_rise(text):
    """A fall, a rise of something else, and a rise of nobody."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert all(item.kind != "traffic_surge" for item in report.items)
