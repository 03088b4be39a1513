"""Drafted actions: read whole or not used, judged, replayed, told as directives."""

import numpy as np
import pytest

import rrm
from formulations import Association, Power, PowerControl, UserAssociation, compose
from rrm.drafts import draft
from tests.llm_bridge.network import small

SNAPSHOT = small()
OPERATOR = "operator/x"
MOVE = "move 20 MHz from M1A to M1B"


def powers(snapshot=SNAPSHOT):
    """Problem of powers with all links at 20 W."""
    problem = compose(snapshot, None, PowerControl)
    return problem, Power(np.full(len(problem.p_max), 20.0))


def judged(text, snapshot=SNAPSHOT):
    """Draft of an operator's text about powers."""
    return draft(text, snapshot, OPERATOR, *powers(snapshot))


def changes(found):
    """Name, attribute and values of directives."""
    return [(one.name, one.attribute, one.old, one.new) for one in found.directives]


def everywhere(**changes):
    """A network in which every cell serves two users, and serves them well."""
    gain = np.full((12, 6), 1e-12)
    gain[np.arange(12), np.arange(12) % 6] = 1e-9
    gain[7, 4] = 8e-10  # nearly as good as its own
    return small(gain=gain, previous=np.arange(12) % 6, **changes)


def test_spectrum_moves_from_one_cell_to_another():
    """The problem has the new widths, and the directives say so with their reason."""
    found = judged(MOVE, everywhere())
    assert found.is_feasible
    assert found.problem.bandwidth == 80e6  # what the narrowest cell has left
    assert found.objective == found.problem.evaluate(found.allocation)
    attribute = "bSChannelBwDL"
    assert changes(found) == [
        ("M1A", attribute, 100.0, 80.0),
        ("M1B", attribute, 100.0, 120.0),
    ]
    assert all(one.reason == (MOVE,) for one in found.directives)
    assert found.after.load[0] == pytest.approx(found.before.load[0] / 0.8)
    assert found.after.load[1] == pytest.approx(found.before.load[1] / 1.2)


def test_both_halves_of_a_draft_are_applied():
    """Each directive has the words that ask for it."""
    found = judged(f"Set M1A to 10 W and {MOVE}", everywhere())
    assert found.is_feasible
    assert changes(found)[0] == ("M1A", "configuredMaxTxPower", 43.0, 40.0)
    assert [one.reason for one in found.directives] == [
        ("Set M1A to 10 W",), (MOVE,), (MOVE,),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Set M1A to 10 W. Set M9Z to 5 W.", "not in the network"),
        ("Set M1A to 10 W. Rain of 20 mm/h.", "weather is no decision"),
        ("Set M1A to 10 W from 20:00 to 21:00", "begins at 2026-06-01 20:00 UTC"),
        ("Move 500 MHz from M1A to M1B", "only 100 MHz"),
        ("Hand u007 over to M2B", "no decision of PowerControl"),
    ],
)
def test_a_draft_that_is_not_applied_whole_is_not_used(text, why):
    """Half of an action is another action; the reason is told."""
    found = judged(text, everywhere())
    assert not found.is_feasible
    assert found.directives == ()
    told = [reason for _, reason in found.left]
    assert any(
        why in reason for reason in (*told, *(r.reason for r in found.report.refused))
    )


def test_all_cells_are_set():
    """A limit that names no cell is for all links."""
    found = judged("Limit all cells to 10 W", everywhere())
    np.testing.assert_array_equal(found.allocation.power, np.full(6, 10.0))
    assert len(found.directives) == 6


def test_a_handover_is_confirmed_by_replay():
    """To the best cell it is; to where the user hears nothing it is not."""
    snapshot = everywhere()
    problem = compose(snapshot, None, UserAssociation)
    held = Association(snapshot.previous)
    found = draft("Hand u007 over to M2B", snapshot, OPERATOR, problem, held)
    assert found.is_feasible
    assert found.is_confirmed
    assert changes(found) == [("u007", "servingCell", "M1B", "M2B")]
    lost = draft("Hand u007 over to M2C", snapshot, OPERATOR, problem, held)
    assert not lost.is_confirmed
    assert lost.directives == ()
    less = draft(MOVE, snapshot, OPERATOR, problem, held)
    np.testing.assert_allclose(less.problem.load[:, 0], problem.load[:, 0] / 0.8)


def test_what_the_twins_do_not_confirm_is_not_told():
    """Cells that lack time for their users' demand are found by replay alone."""
    quiet = judged("Set M1A to 1 mW", everywhere(demand=np.ones(12)))
    assert quiet.is_confirmed
    rate = quiet.after.rate[[0, 6]].min()  # of the users of M1A
    busy = everywhere(demand=np.full(12, 1.2 * rate))
    found = judged("Set M1A to 1 mW", busy)
    assert found.is_feasible
    assert not found.is_confirmed
    assert found.directives == ()


def test_a_feasible_draft_is_a_start():
    """The engine takes it as one and gives nothing worse."""
    found = judged(f"Set M1A to 10 W and {MOVE}", everywhere())
    solution = rrm.solve(found.problem, 0.2, start=found.allocation)
    assert solution.objective >= found.objective


def test_a_network_without_demand_is_replayed():
    """Only gains and settings are needed."""
    parts = dict.fromkeys(("demand", "min_rate"), np.zeros(0))
    snapshot = everywhere().derived(protected_gain=np.zeros((0, 0)), **parts)
    found = rrm.replay(snapshot, snapshot.previous, snapshot.p_max)
    assert not found.load.any()
