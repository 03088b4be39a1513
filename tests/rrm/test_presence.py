"""Users that leave the network: what was said of them waits, all else holds."""

import numpy as np

import llm_bridge
import twins
from rrm.controller.presence import ABSENT, present
from tests.rrm.test_controller import loop, scene, turns

__all__ = ["scene"]

OPERATOR = "operator/S. Lang"
SNAPSHOT = twins.example()
FLOOR = "u007 needs at least 1 Mbit/s."


def without(snapshot, user):
    """Snapshot after a user has left."""
    kept = np.flatnonzero(snapshot.user_id != user)
    fields = {}
    for name, spec in snapshot.specs():
        value = getattr(snapshot, name)
        for axes in getattr(spec, "axes", ()):
            if isinstance(value, np.ndarray) and value.size and "U" in axes:
                fields[name] = np.take(value, kept, axis=axes.index("U"))
    left = snapshot.derived(**fields)
    left.__dict__.pop("_sizes")
    return left.replace()


def test_an_item_waits_for_whom_it_names():
    """Others whom it names are not affected, nor are items that name nobody."""
    text = (
        f"{FLOOR} Cap u007 and u008 at 5 Mbit/s. Forbid M5A for u007. "
        "Save 10% energy everywhere."
    )
    report = llm_bridge.report(text, SNAPSHOT, OPERATOR)
    assert len(report.items) == 4
    assert present(SNAPSHOT, report).report == report
    found = present(without(SNAPSHOT, "u007"), report)
    assert [item.target.users for item in found.report.items] == [("u008",), ()]
    kinds = [one.kind for one in found.set_aside]
    assert kinds == ["rate_floor", "association_preference"]
    assert {one.reason for one in found.set_aside} == {ABSENT}
    assert present(SNAPSHOT, None).report is None


class Leaving:
    """Twin that a user leaves."""

    def __init__(self, twin):
        self.twin, self.power, self.has_left = twin, twin.power, False

    def update(self, frame, now):
        """Snapshot without u007 after that."""
        self.twin.power = self.power
        found = self.twin.update(frame, now)
        return without(found, "u007") if self.has_left else found


def test_the_loop_decides_on_after_a_user_with_a_note_has_left(scene):
    """Nothing falls back; what was asked for the user is told as set aside."""
    controller, simulated = loop(scene)
    controller.twins = Leaving(controller.twins)
    controller.note(FLOOR, OPERATOR)
    controller.note("Keep M4B below 10 W.", OPERATOR)
    assert turns(controller, simulated, 1)[0].set_aside == ()
    controller.twins.has_left = True
    for turn in turns(controller, simulated, 2):
        assert turn.id
        assert turn.fallbacks == ()
        assert [one.reason for one in turn.set_aside] == [ABSENT]
    controller.twins.has_left = False
    assert turns(controller, simulated, 1)[0].set_aside == ()
