"""Items that contradict each other, in the loop: log, turn, health, journal, replay."""

import json
import logging

import numpy as np
import pytest

from rrm.controller import decisions, record_of, repeated
from rrm.controller.journal import question_of, to_json
from tests.rrm.test_controller import interference, loop, scene, turns
from twins.context_db import ContextDatabase

__all__ = ["scene"]

OPERATOR = "operator/S. Lang"
CAP, WISH = "Cap u007 at 5 Mbit/s.", "I need at least 40 Mbit/s."
FORBID, SHALL = "Forbid M5A for u008.", "u008 must be served by M5A."
IMPOSSIBLE = "u009 needs at least 900 Mbit/s."


def test_what_contradicts_is_set_aside_and_told(scene, tmp_path, caplog):
    """By priority; the turn, the log, the journal and health say which and why."""
    with ContextDatabase(str(tmp_path / "context.duckdb")) as database:
        controller, simulated = loop(scene, journal=database)
        controller.note(WISH, "user/u007")
        for text in (CAP, SHALL, FORBID, "Keep M4B below 10 W."):
            controller.note(text, OPERATOR)
        with caplog.at_level(logging.WARNING, "rrm.controller"):
            done = turns(controller, simulated, 2)
            controller.conflicts.wait(60.0)
        controller.close()
        for turn in done:
            assert [one.sentence for one in turn.set_aside] == [SHALL, WISH]
            assert [one.instead for one in turn.set_aside] == [FORBID, CAP]
            assert turn.fallbacks == ()
        told = [one for one in caplog.records if one.msg.startswith("set aside")]
        assert [one.sentence for one in told] == [SHALL, WISH]  # once, not each turn
        health = controller.health()
        assert health.ready
        assert health.set_aside == done[-1].set_aside
        cell = list(controller.snapshot.cell_id).index("M4B")
        assert simulated.power[cell] <= 10.0  # all else holds
        assert (interference(controller) <= 1).all()
        options = [
            [one.dropped.source.text for one in conflict.options]
            for conflict in controller.conflicts.conflicts
        ]
        assert [WISH, CAP] in options
        assert all(
            np.isfinite(one.solution.objective)
            for conflict in controller.conflicts.conflicts
            for one in conflict.options
        )
        assert decisions(database) == [one.id for one in done]
        for one in done:
            record = record_of(database, one.id)
            said = [entry["sentence"] for entry in record["set_aside"]]
            assert said == [SHALL, WISH]
            assert question_of(record).set_aside == one.set_aside
            assert repeated(record).differences == ()


def test_a_floor_that_nobody_can_give_leaves_its_user_served(scene):
    """The user is served as well as can be; the floor is told as set aside."""
    controller, simulated = loop(scene)
    controller.note(IMPOSSIBLE, OPERATOR)
    turn = turns(controller, simulated, 1)[0]
    (one,) = turn.set_aside
    assert (one.sentence, one.users, one.instead) == (IMPOSSIBLE, ("u009",), "")
    _, answer = controller.decided
    assert answer.cell[9] >= 0
    assert "set_aside" in turn.fields()


@pytest.mark.parametrize(
    "wide",
    ["Slice 0 needs at least 30 Mbit/s.", "Slice 0 needs a latency below 0.25 ms."],
)
def test_floors_that_no_powers_keep_are_found_beside_the_turn(scene, wide):
    """Powers do not aim at them from the next turn on, and still at others."""
    controller, simulated = loop(scene)
    controller.note(wide, OPERATOR)
    controller.note("u001 needs at least 2 Mbit/s.", OPERATOR)
    first = turns(controller, simulated, 1)[0]
    _, answer = controller.decided
    assert not any("proven" in one.reason for one in first.set_aside)
    assert answer.notes
    controller.conflicts.wait(60.0)
    second = turns(controller, simulated, 1)[0]
    question, answer = controller.decided
    assert answer.notes == ()
    assert question.excess == (wide,)
    assert "proven by the engine" in second.set_aside[-1].reason
    assert answer.powers.problem.min_rate.max() > 0
    record = to_json(question, answer, ())
    assert question_of(json.loads(json.dumps(record))).excess == (wide,)


def test_shares_that_exclude_each_other_are_told_with_what_each_way_out_gives(scene):
    """The later one holds; options are searched beside the turn."""
    controller, simulated = loop(scene)
    said = [f"Slice {one} gets at least 60% of the blocks." for one in (1, 0)]
    for text in said:
        controller.note(text, OPERATOR)
    turn = turns(controller, simulated, 1)[0]
    gone = [(one.sentence, one.instead) for one in turn.set_aside]
    assert tuple(said) in gone
    controller.conflicts.wait(60.0)
    (conflict,) = controller.conflicts.conflicts
    assert {one.dropped.source.text for one in conflict.options} == set(said)


def test_many_contradictions_are_settled_in_a_turn(scene):
    """Forty of them are settled in each turn, by priority."""
    controller, simulated = loop(scene)
    for user in range(40):
        controller.note(f"Cap u{user:03d} at 1 Mbit/s.", f"operator/{user % 4}")
        controller.note("I need at least 9 Mbit/s.", f"user/u{user:03d}")
    turn = turns(controller, simulated, 3)[-1]
    assert len(turn.set_aside) == 40
    assert {one.priority for one in turn.set_aside} == {"wish"}
    assert turn.fallbacks == ()


def test_a_search_that_fails_spoils_nothing(scene, caplog):
    """The turn has settled the conflict before."""
    controller, simulated = loop(scene)
    engine = controller.conflicts
    engine._engine = type("Broken", (), {"solve": staticmethod(lambda *a, **k: 1 / 0)})
    controller.note(WISH, "user/u007")
    controller.note(CAP, OPERATOR)
    done = turns(controller, simulated, 2)
    engine.wait(60.0)
    assert [len(one.set_aside) for one in done] == [1, 1]
    assert all(one.fallbacks == () for one in done)
    assert any("could not be searched" in one.message for one in caplog.records)
