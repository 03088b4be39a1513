"""What the network says is set: one cell that fails hides none of the others."""

import pytest

from rrm.controller import Simulated
from rrm.controller.command import POWER
from tests.rrm.test_controller import NOTE, loop, scene, turns

__all__ = ["scene"]


class HalfRead(Simulated):
    """Obeys nothing, and the value of the first power that is asked for is no value."""

    told, first = "?", ""

    def send(self, directive):
        """Acknowledge, and do nothing."""
        return True

    def read(self, directive):
        """What is set, but for one cell."""
        if directive.attribute == POWER:
            self.first = self.first or directive.target
            if directive.target == self.first:
                if isinstance(self.told, Exception):
                    raise self.told
                return self.told
        return super().read(directive)


@pytest.mark.parametrize("told", ["?", float("nan"), OSError("no answer")])
def test_a_power_that_cannot_be_read_hides_no_other(scene, told):
    """The others are found to have no effect; health says which cannot be read."""

    def half_read(simulated):
        found = HalfRead(simulated)
        found.told = told
        return found

    controller, simulated = loop(scene, half_read)
    controller.note(NOTE, "operator/S. Lang")
    controller.note("Keep M1A below 10 W until 20:00.", "operator/S. Lang")
    done = turns(controller, simulated, 5)
    first = controller.network.first
    powers = {c.target for turn in done for c in turn.sent if c.attribute == POWER}
    failed = {c.target for turn in done for c in turn.without_effect}
    assert len(powers) >= 2
    assert powers - {first} <= failed
    assert any(first in said for turn in done for said in turn.fallbacks)
