"""Readers of whole texts: what their judgements become, and what they may not do."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llm_bridge
import twins
from benchmarks.extraction import Score, count, texts
from benchmarks.reading_card import score
from benchmarks.reading_examples import example, examples
from llm_bridge import encoder, extraction
from llm_bridge.context_report import VALUES, Kind
from llm_bridge.mention_roles import LABELS, ROLES, allowed, parted, roles_of
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.proposal import EMBEDDED, Proposal
from llm_bridge.text_mentions import TYPES, text_mentions
from llm_bridge.times import moment
from llm_bridge.votes import EVIDENCE, Readings, Votes, voted, votes_learned, weighed
from llm_bridge.whole_reading import Judged, put_together
from llm_bridge.word_pieces import word_pieces
from tests.llm_bridge.attacks import ATTACKS
from tests.llm_bridge.network import small

SNAPSHOT = small()
NAMES, NOW = Names(SNAPSHOT), SNAPSHOT.time
HOUR = 3600.0
HARDER = {*range(127, 133), *range(211, 215), *range(331, 335)}
"""Sets of engineers' tickets, tables and logs: they are many, and less is read."""
installed = pytest.mark.skipif(encoder.folder() is None, reason="no model installed")


def put(words: str, label: str, roles: dict[str, str], own=(), sure=0.9):
    """Proposals of a text of one label whose mentions play roles, by their words."""
    text = read(words)
    mentions = text_mentions(text, NAMES, NOW)
    chances = np.zeros((len(mentions), len(ROLES)))
    for one, row in zip(mentions, chances, strict=True):
        row[ROLES.index(roles.get(text.plain[slice(*one.span)], "none"))] = 1.0
    kinds = np.where(np.array(LABELS) == label, sure, 0.0)
    judged = Judged(kinds, {LABELS.index(label): chances}, None)
    return put_together(text, mentions, judged, NOW, own, EMBEDDED)


def hours(one: Proposal) -> tuple[float, float]:
    """Start and end of a proposal in hours from midnight."""
    midnight = NOW - NOW % 86400
    return (one.start - midnight) / HOUR, (one.end - midnight) / HOUR


@pytest.mark.parametrize(
    ("words", "types"),
    [
        ("M1A at 12 W until 10:00", ["cell", "watt", "clock"]),
        ("slice 1, u003: 5 Mbit/s", ["slice", "user", "rate"]),
        ("radar 3410-3430 MHz on Wednesday, 3 June", ["band", "date"]),
        ("10 it comes up, 17:00 it goes down", ["hour", "clock"]),
        ("up at 10 and down at 17:00", ["clock", "clock"]),
        ("2 nW for 20 minutes, delay 8 ms", ["nanowatt", "duration", "delay"]),
        ("35 drones", ["number"]),  # no hour of a day
    ],
)
def test_mentions_have_types(words, types):
    """Names, numbers by their units, times; what may be an hour is one."""
    assert [one.type for one in text_mentions(read(words), NAMES, NOW)] == types


@pytest.mark.parametrize(
    ("words", "roles", "expected"),
    [
        ("M1A odd 9:15 10:00", {"9:15": "start", "10:00": "end"}, (9.25, 10)),
        ("M1A odd 10:00", {"10:00": "start"}, (10, 34)),  # for a day
        ("M1A odd 10:00", {"10:00": "end"}, (8, 10)),  # from now
        ("M1A odd 9:15 20 minutes", {"9:15": "start", "20 minutes": "length"},
         (9.25, 9.25 + 1 / 3)),
        ("M1A odd 2 hours", {"2 hours": "since"}, (6, 30)),
        ("M1A odd 2 hours", {"2 hours": "start"}, (10, 34)),
        ("M1A odd tomorrow 9:15", {"9:15": "start", "tomorrow": "day"},
         (33.25, 57.25)),
        ("M1A odd 23:00 2:00", {"23:00": "start", "2:00": "end"}, (23, 26)),
        ("M1A odd 6:00 7:00", {"6:00": "start", "7:00": "end"}, (30, 31)),  # are over
        ("good morning, M1A odd 5 to 6 this afternoon",
         {"5": "start", "6": "end"}, (17, 18)),
    ],
)  # fmt: skip
def test_times_by_their_roles(words, roles, expected):
    """From when until when; what is said at eight in the morning."""
    (one,) = put(words, "maintenance", {"m1a": "target", **roles})
    assert hours(one) == pytest.approx(expected)


def test_what_broke_broke_before_now():
    """Half past six is in the morning where something broke at it."""
    (one,) = put(
        "M1A odd, half past six", "outage", {"m1a": "target", "half past six": "start"}
    )
    assert hours(one)[0] == 6.5


@pytest.mark.parametrize(
    ("label", "words", "value"),
    [
        ("power_limit:to", "12 W", 12.0),
        ("power_limit:to", "40 %", 0.4),
        ("power_limit:less", "40 %", 0.6),
        ("power_limit:less", "10 dB", 0.1),
        ("traffic_surge:more", "40 %", 1.4),
        ("traffic_surge:less", "40 %", 0.6),
        ("spectrum_grant:less", "10 MHz", -1e7),
        ("energy_saving:less", "30 %", 0.3),
    ],
)
def test_values_by_their_labels(label, words, value):
    """Which way a value goes is the label's to say."""
    (one,) = put(f"M1A, {words}", label, {"m1a": "target", words.lower(): "value"})
    assert one.value == pytest.approx(value)


def test_confidence_is_the_product_of_what_it_rests_on():
    """0.9 for the kind, 1 for each role."""
    (one,) = put("M1A odd", "outage", {"m1a": "target"})
    assert one.confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("label", "words", "roles"),
    [
        ("outage", "odd at 10:00", {"10:00": "start"}),  # nobody is named
        ("outage", "M9Z odd", {"m9z": "target"}),  # not in the network
        ("power_limit:to", "M1A odd", {"m1a": "target"}),  # no value
        ("power_limit:to", "M1A 5 W 6 W",
         {"m1a": "target", "5 w": "value", "6 w": "value"}),
        ("outage", "M1A 7:00 7:30",
         {"m1a": "target", "7:00": "start", "7:30": "start"}),
        ("association_preference:AVOID", "u003", {"u003": "target"}),  # which cell?
        ("radar_activity", "3410-3430 MHz", {"3410-3430 mhz": "value"}),  # when?
    ],
)  # fmt: skip
def test_a_wanting_part_makes_no_item(label, words, roles):
    """Without a name, a value or a time that is needed, or with two, there is none."""
    assert put(words, label, roles) == []


def test_i_am_whom_it_concerns():
    """A text without names concerns those whom its author speaks for."""
    found = put("5 Mbit/s", "rate_floor", {"5 mbit/s": "value"}, own=("u003",))
    assert [one.users for one in found] == [("u003",)]


def test_every_kind_has_a_label_and_a_value_if_it_takes_one():
    """What is learned covers all kinds, and each value is of a type that is read."""
    assert {parted(label)[0] for label in LABELS} == set(VALUES)
    for label, (kind, _) in zip(LABELS, map(parted, LABELS), strict=True):
        takes = [one for one in TYPES if "value" in roles_of(label, one)]
        assert bool(takes) == bool(VALUES[kind].units or kind is Kind.RADAR_ACTIVITY)
    assert allowed()[..., 0].all()


def _one(kind: Kind, start: float, confidence: float = 1.0) -> Proposal:
    return Proposal(
        kind, (0, 1), start, NOW + 86400, cells=("M1A",), confidence=confidence
    )


def _readings(grammar, others, chance=0.9, sentences=1) -> Readings:
    return Readings(grammar, others, {Kind.OUTAGE: chance}, sentences)


@pytest.mark.parametrize(
    ("grammar", "confidence", "chance", "taken", "doubted"),
    [
        ([], 0.99, 0.99, [1.0], []),  # added
        ([], 0.3, 0.4, [], []),  # not sure enough
        ([1.0], 0.99, 0.99, [1.0], []),  # the same: once
        ([0.0], 0.99, 0.99, [1.0], [0.0]),  # corrected
        ([0.0, 2.0], 0.15, 0.01, [], [0.0, 2.0]),  # which of two?
    ],
)
def test_votes(grammar, confidence, chance, taken, doubted):
    """A sure reader adds and corrects; what contradicts itself is doubted."""
    read = [_one(Kind.OUTAGE, start) for start in grammar]
    other = _one(Kind.OUTAGE, 1.0, confidence)
    found = voted(_readings(read, [other], chance), votes_learned())
    assert [[one.start for one in part] for part in found] == [taken, doubted]


def test_a_proposal_is_weighed_once():
    """The grammar's stands for both, and what differs is named for each."""
    one, same, other = (
        _one(Kind.OUTAGE, start, sure)
        for start, sure in ((1.0, 1.0), (1.0, 0.75), (2.0, 0.25))
    )
    found = weighed(_readings([one], [other, same], 0.5, 3))
    assert [kept for kept, _ in found] == [one, other]
    assert found[0][1] == pytest.approx((1, np.log(3), 0, 0.25, 0, 3))
    assert found[1][1] == pytest.approx((0, -np.log(3), 0, 0.75, 1, 3))
    assert len(EVIDENCE) == len(found[0][1])


def test_more_evidence_is_likelier():
    """What both read is likelier than what one reads, and the surer the likelier."""
    votes = votes_learned()
    assert len(votes.weights) == len(EVIDENCE)
    assert 0.5 <= votes.least <= 0.95
    one, unsure, sure = (
        _one(Kind.OUTAGE, 1.0, confidence) for confidence in (1.0, 0.4, 0.95)
    )
    chances = [
        votes.probability(weighed(_readings(grammar, others))[0][1])
        for grammar, others in (
            ([], [unsure]), ([], [sure]), ([one], [unsure]), ([one], [sure]),
        )
    ]  # fmt: skip
    assert chances[0] < chances[1] < chances[3]
    assert chances[0] < chances[2] < chances[3]


@installed
@pytest.mark.embedded
def test_what_is_doubted_is_listed(monkeypatch):
    """What the vote goes against is refused, with the reason, and not lost."""
    text = "M1A is down. M2A is down from 09:00 to 10:00."
    by_grammar = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert len(by_grammar.items) == 2
    doubter = Votes((0.0,) * len(EVIDENCE), -1.0, 0.5)
    monkeypatch.setattr(extraction, "votes_learned", lambda: doubter)
    found = llm_bridge.report(text, SNAPSHOT, "operator/x", EMBEDDED)
    assert not found.items
    assert [one.reason for one in found.refused] == [extraction.DOUBTED] * 2
    cells = [one.item["target"]["cells"] for one in found.refused]
    assert cells == [list(one.target.cells) for one in by_grammar.items]


@pytest.mark.parametrize(
    ("words", "items", "label", "roles"),
    [
        (
            "M1A: 40 % less from 9 to 10:30.",
            [{"kind": "power_limit", "cells": ["M1A"], "value": 0.6, "start": "09:00",
              "end": "10:30"}],
            "power_limit:less",
            ["target", "value", "start", "end"],
        ),
        (
            "u003, not u004: 20 minutes from 9:00, 5 Mbit/s.",
            [{"kind": "rate_cap", "users": ["u003"], "value": 5e6, "start": "09:00",
              "end": "09:20"}],
            "rate_cap",
            ["target", "none", "length", "start", "value"],
        ),
    ],
)  # fmt: skip
def test_roles_by_what_is_expected(words, items, label, roles):
    """Each mention plays the part that gives the expected item."""
    one = example({"text": words, "items": items}, SNAPSHOT, NAMES)
    assert one.items == {LABELS.index(label): [[ROLES.index(role) for role in roles]]}


def of_one_item(items):
    """Whether (M, M) two mentions are parts of one item of a label."""
    parts = [np.array(roles) > 0 for roles in items]
    return np.any([np.outer(one, one) for one in parts], axis=0).astype(float)


def test_roles_give_back_what_is_expected():
    """Of items with one of their label, what is put together is what was expected."""
    snapshot = twins.example()
    total = Score()
    for one in examples(("chosen",)):
        if sum(map(len, one.items.values())) != len(one.row["items"]):
            continue
        known = {
            label: roles
            for label, roles in one.roles.items()
            if roles is not None and min(roles) >= 0 and None not in one.items[label]
        }
        kinds = np.zeros(len(LABELS))
        kinds[list(known)] = 1.0
        judged = Judged(
            kinds,
            {label: np.eye(len(ROLES))[roles] for label, roles in known.items()},
            {label: of_one_item(one.items[label]) for label in known},
        )
        made = put_together(
            one.text, one.mentions, judged, snapshot.time, one.own, EMBEDDED
        )
        guard = extraction.Guard(
            one.text,
            extraction.author_of(
                one.row.get("author", "operator/x"), Names(snapshot), snapshot
            ),
            Names(snapshot),
            snapshot,
        )
        items = [item for p in made if not isinstance(item := guard.item(p), str)]
        report = llm_bridge.ContextReport(
            created=moment(snapshot.time), items=tuple(items)
        )
        count(total, one.row, report, snapshot.time)
    assert total.precision >= 0.99
    assert total.recall >= 0.94


def test_cells_beside_a_value_are_not_passed_over():
    """A limit beside a cell's name is not for everybody, nor a surge there ours."""
    roles = {"2 nw": "value", "three times": "value"}
    assert put("Interference below 2 nW. M1A is fine.", "protection", roles)
    assert not put("Limit M1A to 2 nW.", "protection", roles)
    text, label = "Traffic on M1A is three times as much.", "traffic_surge:less"
    assert not put(text, label, roles, ("slice:1",))
    (found,) = put(text, label, roles | {"m1a": "target"}, ("slice:1",))
    assert (found.cells, found.users) == (("M1A",), ())


def test_nobody_caps_themselves():
    """What a user would have others get is not what it gets; a tenant may ask less."""
    roles = {"1 kbit/s": "value"}
    text = "Everybody gets at most 1 kbit/s."
    assert not put(text, "rate_cap", roles, ("u007",))
    assert put(text, "rate_cap", roles, ("slice:1",))


@cache
def scored(provider: str) -> Score:
    """Counts on texts that taught nothing and mended nothing."""
    rows = [row for name in ("kept", "unseen") for row in texts(name)]
    return score([row for row in rows if row["set"] not in HARDER], provider)


@installed
@pytest.mark.embedded
def test_the_encoder_adds_more():
    """More is found than by the grammar alone, and more precisely."""
    assert scored("grammar").recall >= 0.8
    assert scored("grammar").precision >= 0.975
    assert scored(EMBEDDED).recall >= 0.88
    assert scored(EMBEDDED).precision >= 0.98


def test_the_embedded_provider_does_without_its_model(monkeypatch):
    """Where its package is not installed, the grammar reads alone."""
    monkeypatch.setattr(extraction, "encoder_reader", lambda: None)
    text = "Cell M1A is down since 07:30."
    reports = [
        llm_bridge.report(text, SNAPSHOT, "operator/x", provider)
        for provider in ("grammar", EMBEDDED)
    ]
    assert reports[0] == reports[1]
    assert reports[0].items


@installed
@pytest.mark.embedded
@pytest.mark.slow
def test_attacks_get_no_more_by_what_was_learned():
    """Items are those that the author may have."""
    for attack in ATTACKS:
        report = llm_bridge.report(attack.text, SNAPSHOT, attack.author, EMBEDDED)
        assert {str(item.kind) for item in report.items} <= attack.allowed, attack


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_report(text):
    """No text breaks it."""
    found = llm_bridge.report(text, SNAPSHOT, "operator/x", EMBEDDED)
    assert all(item.source.sentence for item in found.items)


def test_words_are_cut_into_the_longest_known_pieces():
    """Unknown words are one piece; what follows in a word is marked."""
    known = {"play": 1, "##ing": 2, "##in": 3, "7": 4}
    assert word_pieces("playing 7 x", known) == [1, 2, 4, 100]


def test_bytes_are_near_what_they_stand_for():
    """A row of weights is rounded to 127 steps of its largest."""
    draw = np.random.default_rng(0)
    arrays = {"a": draw.normal(size=(3, 50)).astype(np.float32), "b": np.ones(3)}
    found = encoder.unrounded(encoder.rounded(arrays))
    step = np.abs(arrays["a"]).max(axis=1, keepdims=True) / 127
    assert (np.abs(found["a"] - arrays["a"]) <= 0.51 * step).all()
    np.testing.assert_array_equal(found["b"], arrays["b"])


@installed
@pytest.mark.embedded
def test_long_texts_are_not_judged():
    """The encoder takes a text whole or not at all."""
    reader = encoder.encoder_reader()
    assert reader is not None
    assert reader.judged(read("odd " * 300), [], "operator") is None
    assert reader.judged(read("odd " * 200), [], "operator") is not None
