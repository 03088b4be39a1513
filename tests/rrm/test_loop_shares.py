"""Shares of slices in the loop: made from its loads, told where they are not kept."""

import logging

import numpy as np

from formulations import Association
from formulations.context import in_context
from rrm.controller import record_of
from tests.rrm.test_controller import loop, scene, turns
from twins.context_db import ContextDatabase

__all__ = ["scene"]

OPERATOR = "operator/S. Lang"


def test_what_is_promised_is_what_the_slice_could_use_at_the_loads_of_the_loop(scene):
    """All others leave it as much in each cell, and nothing more."""
    controller, simulated = loop(scene)
    controller.note("Slice 1 gets at least 80% of the blocks.", OPERATOR)
    turns(controller, simulated, 1)
    question, answer = controller.decided
    problem = answer.association.problem
    (share,) = in_context(question.snapshot, question.report).shares
    could = np.where(np.isfinite(problem.utility), problem.load, 0.0)
    promised = np.minimum(0.8 * problem.capacity, could[share.users].sum(axis=0))
    assert (promised > 0).all()
    np.testing.assert_allclose(
        problem.group_capacity, [problem.capacity - promised], rtol=1e-12
    )
    np.testing.assert_array_equal(problem.group, [~share.users])
    entries = problem.origin["group_capacity"]
    assert {index for index, _ in entries} == {(0, b) for b in range(len(promised))}


def test_a_share_that_the_cells_do_not_keep_is_told(scene, tmp_path, caplog):
    """In the turn, health and journal; in the log once, as it stays so."""
    capped = "Slice 1 gets at most 5% of the blocks of each cell."
    with ContextDatabase(str(tmp_path / "context.duckdb")) as database:
        controller, simulated = loop(scene, journal=database)
        controller.note(capped, OPERATOR)
        controller.note("Slice 0 gets at most 100% of the blocks.", OPERATOR)
        with caplog.at_level(logging.WARNING, "rrm.controller"):
            done = turns(controller, simulated, 2)
        controller.close()
        _, answer = controller.decided
        problem = answer.association.problem
        assert problem.violations(Association(answer.cell))["group_capacity"] > 1
        for turn in done:
            (one,) = turn.set_aside
            assert (one.sentence, one.author) == (capped, OPERATOR)
            assert "blocks are not sent" in one.reason
            said = record_of(database, turn.id)["set_aside"]
            assert [entry["sentence"] for entry in said] == [capped]
        assert controller.health().set_aside == done[-1].set_aside
        logged = [one for one in caplog.records if one.msg.startswith("set aside")]
        assert [one.sentence for one in logged] == [capped]


def test_a_share_that_the_cells_keep_is_not_told(scene):
    """Nobody can take more than all of a cell."""
    controller, simulated = loop(scene)
    controller.note("Slice 1 gets at most 100% of the blocks.", OPERATOR)
    (turn,) = turns(controller, simulated, 1)
    assert turn.set_aside == ()
