"""Errors of the twin: followed by domain and cell, advised on, checked afterwards."""

import numpy as np
import pytest

import twins
from rrm.controller.evidence import Evidence
from rrm.controller.oversight import CHECK, PATIENCE, SUBCARRIERS, Oversight

PERIOD = 10.0


class World:
    """Reports of a network that the twin sees with an error of its own making."""

    def __init__(self):
        self.snapshot, self.draws = twins.example(), np.random.default_rng(0)
        self.oversight = Oversight()

    def turn(self, off_db=0.0, cell=3):
        """A period later: RSRP is off by 1 dB, and by ``off_db`` for one cell."""
        before = self.snapshot
        after = before.derived(time=before.time + PERIOD)
        power = before.p_max
        element = 1e3 * power / (SUBCARRIERS * before.blocks)
        level = 10 * np.log10(np.maximum(before.gain * element, 1e-30))
        level += self.draws.choice([-1.0, 1.0], level.shape)
        level[:, cell] += off_db
        names = before.user_id.tolist()
        rsrp = {str(name): dict(zip(names, level[:, b], strict=True))
                for b, name in enumerate(before.cell_id)}  # fmt: skip
        shown = Evidence(rsrp, {}, float(after.demand.sum()))
        self.oversight.observe(before, after, shown, power, 1.0)
        self.snapshot = after

    def turns(self, count, **how):
        """Several."""
        for _ in range(count):
            self.turn(**how)


def test_a_model_that_is_as_wrong_as_ever_needs_no_training():
    """Errors are those of the reports, and nothing is said."""
    world = World()
    world.turns(30)
    assert world.oversight.error("gain") == pytest.approx(1.0)
    assert world.oversight.error("demand") == 0.0
    assert world.oversight.error("served") == 0.0
    assert world.oversight.advice == ()
    assert not world.oversight.log


def test_drift_is_told_with_scope_and_checked_after_training():
    """By the cell it is in; training that helps is told from one that does not."""
    world = World()
    world.turns(20)
    world.turns(PATIENCE + 20, off_db=80.0)
    (advice,) = world.oversight.advice
    assert advice.domain == "gain"
    assert advice.scope == (str(world.snapshot.cell_id[3]),)
    assert "dB, usually" in advice.reason
    for off, word in ((80.0, "did not help"), (0.0, "helped")):
        world.oversight.retrained("gain", world.snapshot.time)
        assert world.oversight.advice == ()
        world.turns(CHECK, off_db=off)
        assert f"training {word}" in world.oversight.log[-1]
    assert all(line[:4] == "2026" for line in world.oversight.log)


def test_drift_that_ends_by_itself_is_withdrawn():
    """The log says so."""
    world = World()
    world.turns(20)
    world.turns(PATIENCE + 10, off_db=80.0)
    assert world.oversight.advice
    world.turns(40)
    assert world.oversight.advice == ()
    assert "by itself" in world.oversight.log[-1]
