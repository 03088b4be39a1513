"""Settings that are replayed before they are sent: who may be served where."""

import numpy as np
import pytest

import llm_bridge
import twins
from formulations import UserAssociation, compose
from formulations.context import in_context
from rrm.controller.trial import Trial

SNAPSHOT = twins.example()
CELL = {str(name): b for b, name in enumerate(SNAPSHOT.cell_id)}
NOBODY = np.zeros(len(SNAPSHOT.user_id), bool)
U007 = 7


def tried(*texts):
    """Trial of what an operator said, and cells that a problem leaves u007."""
    found = [llm_bridge.report(text, SNAPSHOT, "operator/x") for text in texts]
    items = tuple(item for one in found for item in one.items)
    report = found[0].model_copy(update={"items": items})
    problem = compose(SNAPSHOT, report, UserAssociation)
    open_cells = np.isfinite(problem.utility[U007]) & (problem.capacity > 0)
    return Trial(in_context(SNAPSHOT, report), NOBODY), open_cells


@pytest.mark.parametrize(
    "texts",
    [
        ["u007 must be served by M5A."],
        ["u007 must be served by M1A."],  # out of reach: rules out nothing
        ["u007 must be served by M4C.", "M4C is down."],
        ["Forbid M5A for u007."],
        ["u007 must be served by M1A.", "Forbid M5A for u007."],
        ["u007 prefers M5A.", "Forbid M4C for u007."],
    ],
)
def test_who_may_be_served_where_is_as_in_the_problem(texts):
    """Of the candidates; and a user with one goes to a candidate."""
    trial, open_cells = tried(*texts)
    permitted = trial.permitted[U007]
    assert permitted[open_cells].all()
    free, candidates = tried("Rain of 30 mm/h.")
    assert free.permitted.all()
    in_service = trial.network.alive
    assert not (permitted & candidates & in_service & ~open_cells).any()
    assert open_cells[trial.attached(SNAPSHOT.p_max)[U007]]
