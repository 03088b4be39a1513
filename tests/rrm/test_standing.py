"""Changes that stand: set back when nobody renews them, until that is known."""

import numpy as np

import llm_bridge
import rrm
import twins
from rrm.controller import Simulated
from rrm.controller.command import POWER, Command
from rrm.controller.conflict_watch import ConflictWatch
from rrm.controller.decision import Question
from rrm.controller.readings import Readings
from rrm.controller.settlement import unfollowed
from rrm.controller.standing import Ledger, restored
from tests.rrm.test_controller import loop, scene, turns

__all__ = ["scene"]


def power(old, new, expires):
    """Command for the power of M1A in dBm, which goes back to ``old``."""
    target = "ManagedElement=M1A,GNBDUFunction=1,NRSectorCarrier=1"
    return Command(
        id="x/1", target=target, attribute=POWER, old=old, new=new, unit="dBm",
        reason=(), price=None, effect={}, tolerance={}, expires=expires, rollback=old,
    )  # fmt: skip


def test_what_expired_is_set_back_until_that_is_acknowledged():
    """Not once only; and what is set back stays so when it expires in its turn."""
    ledger = Ledger(25.0, 60.0)
    ledger.sent(power(46.0, 40.0, expires=10.0), 0.0, 1, None, True)
    assert ledger.expired(9.0) == []
    back = power(40.0, 46.0, expires=np.inf)
    for answer in (False, None):
        (one,) = ledger.expired(11.0)
        assert one.command.rollback == 46.0
        ledger.sent(back, 11.0, 2, None, answer)
    assert len(ledger.expired(11.0)) == 1
    ledger.sent(back, 11.0, 3, None, True)
    assert ledger.expired(1e9) == []
    ledger.renew(20.0)
    expired = ledger.expired(21.0)
    watt = restored(expired, np.array(["M1A"]), np.array([1.0]))
    np.testing.assert_allclose(watt, 1e-3 * 10**4.6)


class Stubborn(Simulated):
    """Turns down the first orders that raise a power."""

    def __init__(self, network, refusals):
        super().__init__(network)
        self.refusals = refusals

    def send(self, directive):
        """Refuse, or obey."""
        if directive.raises_power and self.refusals:
            self.refusals -= 1
            return False
        return super().send(directive)


def test_a_rollback_that_is_turned_down_is_sent_again(scene):
    """In the next turn, as long as it takes."""
    controller, simulated = loop(scene)
    controller.network = stubborn = Stubborn(simulated, 0)
    controller.note("Keep M1A below 10 W until 20:00.", "operator/S. Lang")
    turns(controller, simulated, 1)
    cell = list(controller.snapshot.cell_id).index("M1A")
    assert simulated.power[cell] <= 10.0
    controller.twins, stubborn.refusals = None, 999
    turns(controller, simulated, 3)
    controller.readings = Readings(llm_bridge)  # what was asked for holds no more
    turns(controller, simulated, 4)
    assert stubborn.refusals < 999
    assert simulated.power[cell] <= 10.0
    stubborn.refusals = 0
    turns(controller, simulated, 2)
    assert simulated.power[cell] > 30.0


def test_conflicts_end_with_what_was_said(scene):
    """Nothing is told of notes that hold no more."""
    controller, simulated = loop(scene)
    for text in ("u007 must be served by M5A.", "Forbid M5A for u007."):
        controller.note(text, "operator/x")
    turns(controller, simulated, 1)
    controller.conflicts.wait(60.0)
    assert controller.conflicts.conflicts
    controller.readings = Readings(llm_bridge)
    turns(controller, simulated, 1)
    assert controller.report is None
    assert controller.conflicts.conflicts == ()


def test_conflicts_found_meanwhile_disturb_no_turn():
    """A search in the background may end at any time."""
    snapshot = twins.example()
    report = llm_bridge.report(
        "u007 needs at least 1 Mbit/s.", snapshot, author="operator/x"
    )
    (item,) = report.items
    watch = ConflictWatch(rrm)

    class Replaced(dict):
        """Is replaced as it is looked at."""

        def __iter__(self):
            watch._excess = {}
            return super().__iter__()

    gone = unfollowed(item, np.array([7]), None, snapshot)
    watch._excess = Replaced({gone.sentence: gone})
    question, _ = watch.composed(Question("x", snapshot, report, snapshot.p_max))
    assert question.excess == (gone.sentence,)
    assert gone in question.set_aside
