"""Learned kinds: what they are learned from, and what they may add to a report."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llm_bridge
import twins
from benchmarks.extraction import Score, count, texts
from benchmarks.kind_training import examples, label, learned
from llm_bridge import extraction
from llm_bridge.clause import Clause, clause
from llm_bridge.context_report import VALUES, Kind
from llm_bridge.kind_features import features, masked_words
from llm_bridge.learned_kinds import NOTHING, quantized, shipped
from llm_bridge.learned_reading import propose_learned
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.value_readings import value_readings
from tests.llm_bridge.attacks import ATTACKS
from tests.llm_bridge.network import small

SNAPSHOT = small()
NAMES, NOW = Names(SNAPSHOT), SNAPSHOT.time


def sentence(text: str) -> Clause:
    """All of a text as one clause."""
    return clause(read(text), (0, len(text)), NAMES)


def sure(name: str, text: str):
    """Kinds that are sure of one label for the words of a text."""
    known = features(sentence(text), NOW)
    weights = np.stack([np.zeros(len(known)), np.full(len(known), 5.0)])
    return quantized([NOTHING, name], known, weights, np.zeros(2))


def proposals(name: str, text: str):
    """What is proposed of a text whose kind is given."""
    return propose_learned(read(text), NAMES, NOW, (), [], sure(name, text))


def at_odds(text: str, **odds: float):
    """What is proposed where labels have odds, to 1 for nothing."""
    labels = [NOTHING, *odds]
    known = features(sentence(text), NOW)
    offset = np.log([1.0, *odds.values()])
    kinds = quantized(labels, known, np.zeros((len(labels), len(known))), offset)
    return propose_learned(read(text), NAMES, NOW, (), [], kinds)


@pytest.mark.parametrize(
    ("text", "odds", "number"),
    [
        ("M1A toast", {"outage": 1.5}, 0),  # 0.6 < 0.9
        ("M1A toast", {"outage": 10.0}, 1),  # 0.91
        ("M1A toast since 07:30", {"outage": 1.5}, 1),
        ("M1A toast since 07:30", {"outage": 0.9}, 0),  # 0.47 < 0.5
        ("M1A toast till 09:30", {"outage": 1.5}, 0),  # it tells no beginning
        ("u001 5 Mbit/s till 09:30", {"rate_cap": 1.5}, 1),
        ("u001 5 Mbit/s till 09:30", {"rate_cap": 3.0, "rate_floor": 1.2}, 0),
        ("the crew of M1A from 10:00 to 10:30", {"maintenance": 10.0}, 0),
    ],
)
def test_a_time_of_day_makes_half_the_probability_enough(text, odds, number):
    """Where no other kind comes near; faults and works must tell when they begin."""
    assert len(at_odds(text, **odds)) == number


def test_names_and_numbers_are_masked():
    """Other cells, numbers and times are the same to what is learned."""
    one = sentence("Hold M1A at 12 W until 10:00, please.")
    two = sentence("Hold M2B at 7 W until 11:30, please.")
    assert masked_words(one) == [
        "hold", "<cell>", "at", "<w>", "until", "<end>", ",", "please", ".",
    ]  # fmt: skip
    np.testing.assert_array_equal(features(one, NOW), features(two, NOW))


def test_probabilities_are_those_of_the_weights():
    """Softmax over the mean of the weights, by hand; unknown words count in it."""
    one = sentence("M1A is odd.")
    found = features(one, NOW)
    weights = np.array([[127.0], [-127.0]])
    kinds = quantized(["a", "b"], found[:1], weights, np.array([0.5, 0.0]))
    score = np.array([127.0, -127.0]) / np.sqrt(len(found)) + [0.5, 0.0]
    odds = np.exp(score - score.max())
    expected = dict(zip("ab", odds / odds.sum(), strict=True))
    assert kinds.probabilities(one, NOW) == pytest.approx(expected)


def test_weights_of_another_shape_are_refused():
    """A label without weights is no model."""
    with pytest.raises(ValueError, match=r"must be \(2, 1\)"):
        quantized(["a", "b"], np.zeros(1, np.uint32), np.zeros((1, 1)), np.zeros(2))


@pytest.mark.parametrize(
    ("name", "text", "value", "cells", "users"),
    [
        ("outage", "M1A emits nothing since 07:40.", None, ("M1A",), ()),
        ("power_limit:to", "M1A: 12 W.", 12.0, ("M1A",), ()),
        ("power_limit:less", "M1A: 40 %.", 0.6, ("M1A",), ()),
        ("traffic_surge:more", "M1A: 40 %.", 1.4, ("M1A",), ()),
        ("traffic_surge:to", "M1A: 40 %.", 0.4, ("M1A",), ()),
        ("energy_saving:to", "M1A: 40 %.", 0.6, ("M1A",), ()),
        ("energy_saving:less", "M1A: rest.", 1.0, ("M1A",), ()),
        ("rate_cap", "u003: 4 Mbit/s.", 4e6, (), ("u003",)),
        ("latency_bound", "u003: 8 ms.", 0.008, (), ("u003",)),
        ("slice_share:max", "Slice 1: 30 %.", 0.3, (), ("slice:1",)),
        ("association_preference:AVOID", "u003, M1A.", "AVOID", ("M1A",), ("u003",)),
        ("lap_request", "A drone, M1A.", 1.0, ("M1A",), ()),
        ("mobility", "u003: 36 km/h.", 10.0, (), ("u003",)),
        ("weather", "Wet, 12 mm/h.", 12.0, (), ()),
        ("protection", "Dish: 2 nW.", 2e-9, (), ()),
    ],
)
def test_values_and_names_are_read_by_form(name, text, value, cells, users):
    """A kind is enough where there is one number that it takes."""
    (one,) = proposals(name, text)
    assert one.kind == name.partition(":")[0]
    assert one.value == (value if value is None else pytest.approx(value))
    assert (one.cells, one.users) == (cells, users)


def test_what_one_cell_gets_another_one_gives():
    """A move is two items, whose values add to nothing."""
    found = proposals("spectrum_grant:move", "M1A makes a present of 5 MHz to M1B.")
    assert {(one.cells, one.value) for one in found} == {
        (("M1A",), -5e6),
        (("M1B",), 5e6),
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("power_limit:to", "M1A: 12 W or 15 W."),
        ("power_limit:to", "M1A: 2 nW."),
        ("power_limit:to", "12 W."),
        ("rate_cap", "u003: 12 W."),
        ("outage", "Is M1A off?"),
        ("outage", "If M1A goes off, call."),
        ("maintenance", "M1A, some day."),
        ("radar_activity", "Radar near M1A."),
        ("outage", "M1A is toast. Never mind, it was the display."),
        (NOTHING, "M1A emits nothing since 07:40."),
    ],
)
def test_what_form_leaves_open_is_no_item(name, text):
    """Two numbers, none, another unit, a question, a condition, what is taken back."""
    assert proposals(name, text) == []


def test_every_label_can_be_read():
    """What is learned has a reader, and all kinds are learned."""
    one = sentence("Odd.")
    labels = [name.partition(":") for name in shipped().labels if name != NOTHING]
    for name, _, way in labels:
        assert isinstance(value_readings(Kind(name), way, one), list)
    assert {Kind(name) for name, _, _ in labels} == set(VALUES)


def test_what_was_learned_adds_and_takes_nothing_away():
    """On texts that were never learned: more is found, with no lower precision."""
    scores = {}
    snapshot = twins.example()
    for provider in ("grammar", "learned"):
        total = scores[provider] = Score()
        for row in texts("kept"):
            author = row.get("author", "operator/corpus")
            found = llm_bridge.report(row["text"], snapshot, author, provider)
            count(total, row, found, snapshot.time)
    assert scores["learned"].recall >= scores["grammar"].recall + 0.03
    assert scores["learned"].precision >= scores["grammar"].precision


def test_what_is_said_again_is_one_item(monkeypatch):
    """What was learned repeats nothing that the grammar has read."""
    text = "M1A is down. M1A smells odd."
    kinds = sure("outage", "M1A smells odd.")
    monkeypatch.setattr("llm_bridge.learned_reading.shipped", lambda: kinds)
    found = llm_bridge.report(text, SNAPSHOT, "operator/x", "learned").items
    assert [str(item.kind) for item in found] == ["outage"]


def test_the_embedded_provider_does_without_its_model(monkeypatch):
    """Where no file is installed, the grammar and what was learned read."""
    monkeypatch.setattr(extraction, "is_installed", lambda: False)
    text = "Cell M1A is toast since 07:30."
    reports = [
        llm_bridge.report(text, SNAPSHOT, "operator/x", provider)
        for provider in ("learned", "embedded")
    ]
    assert reports[0] == reports[1]


def test_attacks_get_no_more_by_what_was_learned():
    """Items are those that the author may have."""
    for attack in ATTACKS:
        report = llm_bridge.report(attack.text, SNAPSHOT, attack.author, "learned")
        assert {str(item.kind) for item in report.items} <= attack.allowed, attack


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_report(text):
    """No text breaks it."""
    found = llm_bridge.report(text, SNAPSHOT, "operator/x", "learned")
    assert all(item.source.sentence for item in found.items)


@pytest.mark.parametrize(
    ("item", "text", "expected"),
    [
        ({"kind": "power_limit", "value": 0.6}, "M1A: 40 %.", "power_limit:less"),
        ({"kind": "power_limit", "value": 0.4}, "M1A: 40 %.", "power_limit:to"),
        ({"kind": "power_limit", "value": 12.0}, "M1A: 12 W.", "power_limit:to"),
        ({"kind": "traffic_surge", "value": 1.4}, "+40 %", "traffic_surge:more"),
        ({"kind": "spectrum_grant", "value": -5e6}, "5 MHz", "spectrum_grant:less"),
        ({"kind": "energy_saving", "value": 0.6}, "to 40 %", "energy_saving:to"),
        ({"kind": "outage"}, "M1A is off.", "outage"),
    ],
)
def test_labels_tell_which_way_a_value_goes(item, text, expected):
    """A number alone does not say whether it is added or what is left."""
    assert label(item, sentence(text)) == expected


def test_learning_again_gives_the_same():
    """No random numbers: the same sentences give the same weights."""
    found = [one for one in examples(("tuning",)) if one.labels][:60]
    one, two = learned(found), learned(found[::-1][::-1])
    assert one.labels == two.labels
    np.testing.assert_array_equal(one.weights, two.weights)
