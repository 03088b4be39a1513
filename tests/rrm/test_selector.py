"""Outcomes of calls: what is recorded, what is not, and what plans make of them."""

import asyncio
import json
import logging
import threading

import numpy as np
import pytest

import rrm
from formulations import PowerControl, UserAssociation
from rrm.budget import Budget
from rrm.planning import make_plan
from rrm.selection import models
from rrm.selection.features import features_of, names_of
from rrm.selection.forest import Forest
from rrm.selection.models import GRID, Model, kind_columns
from rrm.selection.outcomes import Event, Outcome, curve_of, read_outcomes
from rrm.selection.refit import refitted
from rrm.selection.schedule import NO_ANSWER, chosen
from rrm.selector import entered

PROBLEM = PowerControl.example()
FEATURES = dict(zip(names_of(PowerControl), features_of(PROBLEM).tolist(), strict=True))
STEP = {"method": "wmmse", "share": 0.1, "seconds": 0.1}


def outcome(gaps: dict[str, float], tier: float = 0.1, features=FEATURES) -> Outcome:
    """Methods that had constant gaps on a problem like ``PROBLEM``."""
    curves = {name: np.full((2, len(GRID)), gap) for name, gap in gaps.items()}
    return Outcome("PowerControl", dict(features), tier, curves)


def model_of(gaps: list[dict[str, float]], split: float) -> Model:
    """Two instances, on both sides of ``split`` of the first feature."""
    names = tuple(gaps[0])
    curves = np.ones((4, 2, len(names), 2, len(GRID)), np.float32)
    for instance, known in enumerate(gaps):
        curves[:, instance, :, 0] = np.array(list(known.values()))[:, None]
    forest = Forest(
        root=np.zeros((4, 1), np.int32),
        feature=np.array([0, -1, -1], np.int16),
        threshold=np.array([split, 0, 0], np.float32),
        child=np.array([1, 0, 1], np.int32),
        start=np.array([0, 1, 2], np.int32),
        member=np.array([0, 1], np.int32),
    )
    features = features_of(PROBLEM)
    return Model(
        names_of(PowerControl),
        names,
        features - 1,
        features + 1,
        forest,
        np.tile(features[kind_columns(names_of(PowerControl))] > 0, (2, 1)),
        np.ones(2, bool),
        curves,
    )


def first(model: Model, features: np.ndarray, seconds: float = 0.1) -> str:
    """Name of the method that a plan begins with."""
    begin = chosen(model, features, seconds, model.methods)
    assert begin is not None
    return begin.methods[0][0]


def test_what_was_seen_changes_the_choice_where_it_was_seen():
    """On the like, and only there; in its tier, and only there."""
    here = features_of(PROBLEM)
    there = here.copy()
    there[0] += 0.9
    gaps = {"wmmse": 0.01, "on_off": 0.1}
    model = model_of([gaps, gaps], here[0] + 0.5)
    assert first(model, here) == first(model, there) == "wmmse"
    known = refitted(model, 5 * [outcome({"wmmse": 0.9})])
    assert first(known, here) == "on_off"
    assert first(known, there) == "wmmse"
    assert first(known, here, 1.0) == "wmmse"


def test_a_method_that_is_tried_next_is_held_to_what_it_does():
    """The first was bad, the second is worse: back to the first, and it stays."""
    here = features_of(PROBLEM)
    gaps = {"wmmse": 0.01, "on_off": 0.02}
    model = model_of([gaps, gaps], here[0] + 0.5)
    seen = 10 * [outcome({"wmmse": 0.1})] + 20 * [outcome({"on_off": 0.5})]
    assert first(refitted(model, seen), here) == "wmmse"
    assert first(refitted(model, seen + 100 * [outcome({"wmmse": 0.1})]), here) == (
        "wmmse"
    )


def test_a_method_that_no_model_knows_is_chosen_once_it_was_seen():
    """Its column is new; on the instances of the training it was never run."""
    here = features_of(PROBLEM)
    gaps = {"wmmse": 0.1, "on_off": 0.2}
    model = model_of([gaps, gaps], here[0] + 0.5)
    known = refitted(model, 5 * [outcome({"mine": 0.001})])
    assert known.methods == ("wmmse", "on_off", "mine")
    assert first(known, here) == "mine"


def test_what_lies_beyond_the_training_is_known_afterwards():
    """The rule takes over outside the range, until outcomes come from there."""
    far = dict(FEATURES)
    far["links"] += 10.0
    model = model_of(2 * [{"wmmse": 0.1, "on_off": 0.2}], 0.0)
    table = np.array(list(far.values()))
    assert model.outside(table) == "links"
    known = refitted(model, [outcome({"on_off": 0.0}, features=far)])
    assert known.outside(table) == ""


def test_a_stopped_method_is_expected_to_go_on_as_its_like():
    """No worse than what it had reached, as good as others were by then."""
    here = features_of(PROBLEM)
    model = model_of(2 * [{"wmmse": 0.05, "on_off": 0.2}], here[0] + 0.5)
    cut = np.full((2, len(GRID)), 0.5)
    cut[:, 4:] = np.nan
    better = cut.copy()
    better[0, :4] = 0.01
    for seen, wanted in ((cut, 0.05), (better, 0.01)):
        one = Outcome("PowerControl", FEATURES, 0.1, {"wmmse": seen})
        known = refitted(model, [one])
        curve = known.curves[1, 2, 0, 0]
        assert curve[:4] == pytest.approx(seen[0, :4])
        assert curve[4:] == pytest.approx(wanted)
        assert not np.isnan(known.curves[1, 2]).any()


def test_curves_are_of_one_method_and_answers_without_a_search():
    """Gaps to the best that the call came to; what others found is not its own."""
    events = [
        Event(0.001, 2.0, np.inf, "trivial"),
        Event(0.015, 4.0, np.inf, "wmmse"),
        Event(0.025, 4.0, 8.0, "wmmse"),
        Event(0.05, 8.0, 8.0, "on_off"),
    ]
    gaps, proofs = curve_of(STEP | {"seconds": 0.05}, events, 8.0, 0.1)
    times = 0.1 * GRID
    wanted = np.where(times < 0.001, NO_ANSWER, np.where(times < 0.015, 0.75, 0.5))
    assert gaps == pytest.approx(wanted)
    assert proofs == pytest.approx(np.where(times < 0.025, 1.0, 0.0))


def test_a_method_that_was_stopped_is_unknown_from_then_on():
    """One that returned by itself would not have gone on."""
    events = [Event(0.001, 2.0, np.inf, "trivial")]
    short = STEP | {"share": 0.05, "seconds": 0.05}
    gaps, proofs = curve_of(short, events, 2.0, 0.1)
    assert list(np.isnan(gaps)) == list(0.1 * GRID > 0.05) == list(np.isnan(proofs))
    gaps, _ = curve_of(short | {"seconds": 0.02}, events, 2.0, 0.1)
    assert not np.isnan(gaps).any()


def test_calls_are_recorded_within_a_selector_only(tmp_path):
    """A line for each call that models are asked for; none outside, none by others."""
    path = tmp_path / "site.jsonl"
    rrm.solve(PROBLEM, 0.02)
    with rrm.Selector(path):
        rrm.solve(PROBLEM, 0.02)
        asyncio.run(rrm.asolve(PROBLEM, 0.02))
        rrm.solve(PROBLEM, 0.002)  # too short for models
        rrm.solve(PROBLEM, 0.02, method="wmmse")
        rrm.solve(PROBLEM, Budget(0.02, work=100))
        start = rrm.solve(PROBLEM, 0.002)
        rrm.solve(PROBLEM, 0.02, start=start)
        cancel = threading.Event()
        cancel.set()
        rrm.solve(PROBLEM, 0.02, cancel=cancel)
    rrm.solve(PROBLEM, 0.02)
    found = read_outcomes(path)
    assert len(found) == 2
    assert found[0].features == pytest.approx(FEATURES)
    assert found[0].tier == 0.1
    assert entered.get() is None


def test_the_callers_events_still_come(tmp_path):
    """Recording listens, too."""
    heard = []
    with rrm.Selector(tmp_path / "site.jsonl"):
        rrm.solve(PROBLEM, 0.02, on_event=heard.append)
    assert heard
    assert {"event", "seconds", "objective", "bound", "method"} == set(heard[0])


def test_outcomes_survive_their_file(tmp_path):
    """To seven digits, with what is unknown."""
    one = outcome({"wmmse": 0.125})
    one.curves["wmmse"][:, 5:] = np.nan
    path = tmp_path / "site.jsonl"
    path.write_text(one.line() + one.line())
    for found in read_outcomes(path):
        assert (found.problem, found.features, found.tier) == (
            one.problem,
            one.features,
            one.tier,
        )
        np.testing.assert_array_equal(found.curves["wmmse"], one.curves["wmmse"])


def test_a_line_that_was_cut_off_is_left_out_and_a_wrong_one_named(tmp_path):
    """The process may have died; anything else is somebody's mistake."""
    path = tmp_path / "site.jsonl"
    line = outcome({"wmmse": 0.1}).line()
    path.write_text(line + line[:30])
    assert len(read_outcomes(path)) == 1
    for wrong in ("hello", "{}", json.dumps(json.loads(line) | {"tier": 7})):
        path.write_text(line + wrong + "\n")
        with pytest.raises(rrm.FieldError, match=r"site.jsonl\[2\]"):
            rrm.Selector(path)


def test_a_torn_line_is_dropped_by_the_next_call(tmp_path):
    """What a killed process leaves does not spoil the line after it."""
    path = tmp_path / "site.jsonl"
    line = outcome({"wmmse": 0.0}).line()
    path.write_text(line + line[: len(line) // 2])
    rrm.Selector(path).append(outcome({"wmmse": 0.0}))
    assert path.read_text() == 2 * line
    path.write_text(line[:5])
    rrm.Selector(path).append(outcome({"wmmse": 0.0}))
    assert path.read_text() == line


@pytest.mark.parametrize("content", [b"hello", b"\xff\xfe\x00", b"\xff\n", b"null\n"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    """By its line, also where it is no text; it stays as it was."""
    path = tmp_path / "site.jsonl"
    path.write_bytes(content)
    with pytest.raises(rrm.FieldError, match=r"site.jsonl\[1\]"):
        rrm.Selector(path)
    assert path.read_bytes() == content


def test_a_selector_is_entered_again_but_not_twice(tmp_path):
    """One after the other it may be used as often as wished."""
    selector = rrm.Selector(tmp_path / "site.jsonl")
    for _ in range(2):
        with selector:
            assert entered.get() is selector
            with pytest.raises(RuntimeError, match="entered already"), selector:
                pass
        assert entered.get() is None


def test_the_file_begins_anew_when_it_is_full(tmp_path, monkeypatch):
    """Two files at the most, and the newest outcomes are in them."""
    monkeypatch.setattr("rrm.selector.LENGTH", 3)
    path = tmp_path / "site.jsonl"
    selector = rrm.Selector(path)
    for number in range(8):
        selector.append(outcome({"wmmse": number / 10}))
    lines = [len(read_outcomes(file)) for file in (selector.older, path)]
    assert lines == [3, 2]
    assert {file.name for file in tmp_path.iterdir()} == {
        "site.jsonl",
        "site.jsonl.old",
    }
    assert selector.refit() == {"PowerControl": 5}
    again = rrm.Selector(path)
    again.append(outcome({"wmmse": 0.1}))
    again.append(outcome({"wmmse": 0.1}))  # the file of two was full by then
    assert len(read_outcomes(path)) == 1


def test_what_cannot_be_written_costs_nothing_but_itself(tmp_path, caplog):
    """The disk may be gone; the answer is there."""
    folder = tmp_path / "gone"
    folder.mkdir()
    with rrm.Selector(folder / "site.jsonl"):
        folder.rmdir()
        with caplog.at_level(logging.WARNING):
            solution = rrm.solve(PROBLEM, 0.02)
    assert solution.allocation is not None
    assert "outcome not recorded" in caplog.text


def test_a_path_needs_its_folder(tmp_path):
    """Said when it is opened, not at the first call."""
    with pytest.raises(rrm.FieldError, match="folder that exists"):
        rrm.Selector(tmp_path / "none" / "site.jsonl")
    for wrong in (tmp_path, None, 3, b"site.jsonl"):
        with pytest.raises(
            rrm.FieldError, match=r"path = .*must be a file in a folder"
        ):
            rrm.Selector(wrong)


def test_plans_follow_a_selector_where_there_is_one(tmp_path, monkeypatch):
    """What the file tells when it is opened, and what refit finds."""
    names = [step.method.name for step in make_plan(PROBLEM, Budget(0.1), "auto")[0]]
    worst = names[-1]
    gaps = dict.fromkeys(names, 0.5)
    known = model_of([gaps, gaps], FEATURES["links"] + 0.5)
    monkeypatch.setattr(
        models, "model_of", lambda problem: known if problem is PowerControl else None
    )
    path = tmp_path / "site.jsonl"

    def begins() -> str:
        return next(iter(make_plan(PROBLEM, Budget(0.1), "auto")[0])).method.name

    with rrm.Selector(path) as selector:
        assert begins() != worst
        for _ in range(20):
            selector.append(outcome({worst: 0.0}))
        assert begins() != worst  # not before it is asked for
        assert selector.refit() == {"PowerControl": 20}
        assert begins() == worst
    assert begins() != worst
    with rrm.Selector(path):
        assert begins() == worst


def test_outcomes_with_other_features_do_not_count(tmp_path):
    """As an earlier version wrote them."""
    path = tmp_path / "site.jsonl"
    old = outcome({"wmmse": 0.1}, features={"links": 1.0, "answered": 1.0})
    path.write_text(old.line() + outcome({"wmmse": 0.1}).line())
    assert rrm.Selector(path).refit() == {"PowerControl": 1}


def test_every_class_with_a_model_is_learned_of(tmp_path):
    """Association as well as power."""
    problem = UserAssociation.example()
    with rrm.Selector(tmp_path / "site.jsonl") as selector:
        rrm.solve(problem, 0.02)
        rrm.solve(PROBLEM, 0.02)
        assert selector.refit() == {"PowerControl": 1, "UserAssociation": 1}
