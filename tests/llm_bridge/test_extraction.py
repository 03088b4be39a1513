"""Texts become items: what is read, what is refused, and why."""

import itertools
import json
import subprocess
import sys
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llm_bridge
import twins
from benchmarks.extraction import CORPORA, Score, count, score, texts
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.quantities import quantities
from llm_bridge.sentences import sentences
from llm_bridge.times import moment, when
from tests.llm_bridge.network import small

NOW = 1780300800.0  # 2026-06-01 08:00 UTC, a Monday
MUNICH = twins.example()
SNAPSHOT = small()


def items(text, author="operator/x", snapshot=SNAPSHOT):
    """Items of a text."""
    return llm_bridge.report(text, snapshot, author=author).items


def reasons(text, author="operator/x"):
    """Reasons of what a text was refused."""
    refused = llm_bridge.report(text, SNAPSHOT, author=author).refused
    return " | ".join(one.reason for one in refused)


def test_the_grammar_reads_the_tuning_texts():
    """Precision and recall that the grammar must keep."""
    total = score("tuning", "grammar", MUNICH)
    assert total.precision >= 0.99, total.remarks
    assert total.recall >= 0.97, total.remarks


@pytest.mark.parametrize(
    ("first", "last", "precision", "recall"),
    [(1, 90, 0.99, 0.92), (91, 100, 0.95, 0.75)],
)
def test_the_grammar_reads_the_sets_that_mended_it(first, last, precision, recall):
    """What the grammar must keep on sets it has seen; the last ones are hardest."""
    total = Score()
    for row in texts("fresh"):
        if first <= row["set"] <= last:
            author = row.get("author", "operator/corpus")
            found = llm_bridge.report(row["text"], MUNICH, author)
            count(total, row, found, MUNICH.time)
    assert total.precision >= precision, total.remarks
    assert total.recall >= recall, total.remarks


def test_the_grammar_reads_kept_sets_as_when_they_were_new():
    """Each set that mended nothing scores no less than when it was first read."""
    path = files("llm_bridge") / "data/corpus/first_scores.json"
    first = {one["set"]: one for one in json.loads(path.read_text(encoding="utf-8"))}
    rows = list(texts("kept"))
    for number in {row["set"] for row in rows}:
        total = Score()
        for row in rows:
            if row["set"] == number:
                author = row.get("author", "operator/corpus")
                found = llm_bridge.report(row["text"], MUNICH, author)
                count(total, row, found, MUNICH.time)
        assert total.precision >= first[number]["precision"] - 1e-3, total.remarks
        assert total.recall >= first[number]["recall"] - 1e-3, total.remarks


@pytest.mark.parametrize("corpus", CORPORA)
def test_expected_items_are_valid(corpus):
    """Each expected item names kinds, cells and users that exist."""
    names = Names(MUNICH)
    rows = list(texts(corpus))
    assert len(rows) >= 30
    for row in rows:
        for item in row["items"]:
            assert item["kind"] in set(llm_bridge.Kind)
            assert set(item.get("cells", [])) <= set(names.cells)
            assert all(names.is_known(user) for user in item.get("users", []))


def test_a_wrong_value_counts_as_wrong():
    """The score fails what it should: same item with another number."""
    total = Score()
    row = {
        "text": "t",
        "items": [{"kind": "power_limit", "cells": ["M1A"], "value": 9}],
    }
    report = llm_bridge.report("Limit M1A to 10 W.", MUNICH, author="operator/x")
    count(total, row, report, MUNICH.time)
    assert (total.precision, total.recall) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("40 dBm", 10.0, "W"),
        ("-60 dBm", 1e-9, "W"),
        ("0.6 nW", 6e-10, "W"),
        ("3 mW", 3e-3, "W"),
        ("3 MW", 3e6, "W"),
        ("2,5 Mbit/s", 2.5e6, "bit/s"),
        ("1,200 kbit/s", 1.2e6, "bit/s"),
        ("2 MB/s", 1.6e7, "bit/s"),
        ("2 Mb/s", 2e6, "bit/s"),
        ("twenty-five percent", 0.25, "%"),
        ("fivefold", 5.0, "factor"),
        ("a dozen times", 12.0, "factor"),
        ("3 dB", 3.0, "dB"),
        ("36 km/h", 10.0, "m/s"),
        ("2 inches per hour", 50.8, "mm/h"),
        ("8 ms", 0.008, "s"),
        ("90 minutes", 5400.0, "s"),
    ],
)
def test_quantities(text, value, dimension):
    """Numbers with units in SI."""
    (found,) = quantities(text, read(text).plain)
    assert found.dimension == dimension
    assert found.value == pytest.approx(value, rel=1e-9)


@given(
    st.floats(1e-3, 1e3),
    st.sampled_from([("W", 1.0), ("mW", 1e-3), ("nW", 1e-9), ("kW", 1e3)]),
)
def test_any_power_is_read_back(value, unit):
    """What is written with a unit is read in W."""
    name, size = unit
    text = f"{value:.6f} {name}"
    (found,) = quantities(text, text.lower())
    assert found.value == pytest.approx(float(f"{value:.6f}") * size, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("14:05-14:20", "01 14:05", "01 14:20"),
        ("between 22:00 and 02:00 tonight", "01 22:00", "02 02:00"),
        ("from nine to one", "01 09:00", "01 13:00"),
        ("9 to 11 am", "01 09:00", "01 11:00"),
        ("until noon", None, "01 12:00"),
        ("until tomorrow 06:00", None, "02 06:00"),
        ("since 06:30", "01 06:30", None),
        ("0930-1015 UTC", "01 09:30", "01 10:15"),
        ("14:05 CEST - 14:20 CEST", "01 12:05", "01 12:20"),
        ("for the next 90 minutes", "01 08:00", "01 09:30"),
        ("in 30 minutes for 2 hours", "01 08:30", "01 10:30"),
        ("on Wednesday from 10 to 12 h", "03 10:00", "03 12:00"),
        ("2 June, 13:00 to 15:00", "02 13:00", "02 15:00"),
        ("half past nine", "01 09:30", None),
        ("from half past noon to two", "01 12:30", "01 14:00"),
        ("at quarter to midnight", "01 23:45", None),
        ("1:30 to 2:30 pm", "01 13:30", "01 14:30"),
        ("on Wed 10:00-12:00", "03 10:00", "03 12:00"),
        ("failed at ten to eight", "01 07:50", None),
        ("15 min from 11:15", "01 11:15", "01 11:30"),
        ("1710-1785 MHz", None, None),
        ("lunch is 12.50", None, None),
    ],
)
def test_times(text, start, end):
    """Intervals on the day of the snapshot, UTC."""
    found = when(text.lower(), quantities(text, text.lower()), NOW)
    shown = [
        None if one is None else moment(one).strftime("%d %H:%M")
        for one in (found.start, found.end)
    ]
    assert shown == [start, end]


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("m1a", "cell", ("M1A",)),
        ("site M2", "cell", ("M2A", "M2B", "M2C")),
        ("M1A/B", "cell", ("M1A", "M1B")),
        ("M1A to M2A", "cell", ("M1A", "M1B", "M1C", "M2A")),
        ("slices 1 and 2", "user", ("slice:1", "slice:2")),
        ("user 7", "user", ("u007",)),
        ("u001-u003", "user", ("u001", "u002", "u003")),
        ("M1 A+C", "cell", ("M1A", "M1C")),
        ("all cells except M1A", "cell", ("M1B", "M1C", "M2A", "M2B", "M2C")),
        ("M9A", "unknown", ("M9A",)),
        ("u999", "unknown", ("u999",)),
        ("slice 7", "unknown", ("slice:7",)),
    ],
)
def test_names(text, kind, names):
    """Names whatever their spelling, and what looks like one and is none."""
    (found,) = Names(SNAPSHOT).mentions(text, read(text).plain)
    assert (found.kind, found.names) == (kind, names)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("M9A is down.", "'M9A' is not in the network"),
        ("There is no radar in 3410-3430 MHz.", "denies"),
        ("Should M1A fail, is it down?", "asks"),
        ("If it rains, M1A is down.", "condition"),
        ("M1A may be down.", "may be"),
        ("M1A was down yesterday.", "past"),
        ("M1A is down. False alarm.", "takes it back"),
        ("M1A lost power at 10:00, M1B to five.", "not understood"),
        ("Should it rain, M1A is down.", "condition"),
        ("M1A is down every night.", "when"),
        ("Cap all others at 1 Mbit/s.", "all others"),
        ('On the wall: "M1A is out of service".', "quotation"),
        ("M1A is do\u200bwn, M1B is down.", "invisible"),
        ("Traffic on M1A is 5000 times the usual.", "plausible"),
        ("Keep M1A below 900 kW.", "plausible"),
    ],
)
def test_refused_with_the_reason(text, reason):
    """Nothing is read, and the report says why."""
    assert items(text) == ()
    assert reason in reasons(text)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("M1A, not M1B, is down.", ("M1A",)),
        ("Not M1A but M1B is down.", ("M1B",)),
        ("Site M1 | no carrier | sector M1C", ("M1C",)),
        ("Site M1 lost mains. M1B runs on battery.", ("M1A", "M1C")),
        ("Cell: M2A\nFault: no output\nSince: 06:10", ("M2A",)),
    ],
)
def test_what_is_set_aside_is_not_taken(text, cells):
    """Cells that a text names to say that they are not meant, or where others are."""
    (item,) = items(text)
    assert (str(item.kind), item.target.cells) == ("outage", cells)


def test_a_later_value_ends_the_one_before():
    """What has no end of its own holds until another value takes over."""
    first, second = items("Limit M1A to 12 W from 09:00; from 11:00 the limit is 20 W.")
    assert (first.value, first.end) == (12.0, second.start)
    assert second.value == 20.0


def test_who_moves_goes_to_one_of_two_cells():
    """The cell that is left is not preferred."""
    (item,) = items("Move u001 from M1A to M1C.")
    assert (item.value, item.target.cells) == ("SHALL", ("M1C",))


def test_a_user_asks_for_no_more_than_a_user_needs():
    """A floor is hard on all others; a tenant's contract may be larger."""
    text = "I need at least {} Mbit/s."
    assert items(text.format(50), "user/u007")
    assert items(text.format(51), "user/u007") == ()
    assert "at most 5e+07 bit/s" in reasons(text.format(51), "user/u007")
    assert items("u002 needs at least 51 Mbit/s.", "tenant/2")


def test_words_of_an_item_are_in_the_text():
    """Span, author and role lead back to the source."""
    (item,) = items("Morning. M1A is down until 10:00. Coffee?", "operator/S. Lang")
    assert item.source.sentence == "M1A is down until 10:00."
    assert (item.source.role, item.source.author) == ("operator", "S. Lang")
    assert item.end == moment(NOW + 7200)


@pytest.mark.parametrize(
    ("author", "text", "users"),
    [
        ("user/u007", "I need at least 2 Mbit/s.", ("u007",)),
        ("tenant/slice:2", "Our latency must stay below 10 ms.", ("slice:2",)),
        ("tenant/2", "u002 needs at least 2 Mbit/s.", ("u002",)),
    ],
)
def test_who_may_ask_for_itself(author, text, users):
    """Users and tenants ask for what is theirs."""
    (item,) = items(text, author)
    assert item.target.users == users


def test_priorities_follow_roles():
    """Only a regulator's items are regulation."""
    text = "Limit M1A to 10 W."
    assert items(text, "regulator/agency")[0].priority == "regulation"
    assert items(text, "operator/x")[0].priority == "wish"
    assert items("Crane: limit M1A to 10 W.", "operator/x")[0].priority == "safety"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_report(text):
    """No text breaks it, and spans of items lie within."""
    found = llm_bridge.report(text, SNAPSHOT, author="operator/x")
    for item in found.items:
        assert item.source.sentence


@given(st.text(max_size=300))
def test_plain_text_has_the_same_length(text):
    """Spans in the plain text are spans in the original, and sentences are in order."""
    plain = read(text).plain
    assert len(plain) == len(text)
    spans = sentences(plain)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_bad_arguments_are_named():
    """What is no text, and a provider that is none."""
    with pytest.raises(ValueError, match="text = 3: must be a text"):
        llm_bridge.report(3, SNAPSHOT, author="operator/x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be one of grammar, openai, embedded"):
        llm_bridge.report("x", SNAPSHOT, author="operator/x", provider="oracle")


def test_command_prints_json(tmp_path):
    """``rrm report`` gives the report as one JSON object, with what was refused."""
    note, network = tmp_path / "note.txt", tmp_path / "network.npz"
    note.write_text("M1A is down. M9A is down.")
    SNAPSHOT.to_file(network)
    command = [
        "report",
        "--text",
        note,
        "--snapshot",
        network,
        "--author",
        "operator/x",
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "rrm.cli", *map(str, command), "--json"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["schema"] == "rrm.context_report/1"
    assert [item["kind"] for item in found["items"]] == ["outage"]
    assert found["refused"][0]["reason"] == "'M9A' is not in the network"
