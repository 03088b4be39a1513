"""Items that exclude each other as they stand, found with any problem's methods."""

import numpy as np
import pytest

import llm_bridge
import rrm
import twins
from formulations import BlockSchedule, PowerControl, UserAssociation, compose
from rrm.conflicts import find_conflict, resolved
from rrm.contradictions import is_contradictory
from twins import PolicyRule

SNAPSHOT = twins.example()
BUDGET = 0.2  # s; nothing has to be proven by a solver here
FLOOR, CAP = "u007 needs at least 10 Mbit/s.", "Cap u007 at 5 Mbit/s."
SHALL, FORBID = "u007 must be served by M5A.", "Forbid M5A for u007."
ONE = "Slice 0 gets at most 1% of the blocks."
SHARE = "Slice {} gets at {} {}% of the blocks."


def read(*said):
    """Report of sentences by an operator, or (author, sentence)."""
    found = [
        llm_bridge.report(text, SNAPSHOT, author=author)
        for author, text in (
            ("operator/x", one) if isinstance(one, str) else one for one in said
        )
    ]
    assert all(one.refused == () for one in found)
    items = tuple(item for one in found for item in one.items)
    return found[0].model_copy(update={"items": items})


def sentences(conflict):
    """What the items of a conflict rest on, in alphabetical order."""
    return sorted(item.source.text for item in conflict.items)


CASES = [
    (UserAssociation, [SHALL, FORBID]),
    (UserAssociation, [SHALL, "u007 must be served by M4C."]),
    (UserAssociation, ["u007 must be served by M4C.", "M4C is down."]),
    (UserAssociation, [SHALL, "Quarantine u007."]),
    (UserAssociation, ["u007 must be served by M1A."]),
    (UserAssociation, ["Slice 1 must be served by M5A.", "Forbid M5A for u001."]),
    (UserAssociation, ["Slice 1 must be served by M5A.", "M5A is down."]),
    (UserAssociation, [FLOOR, CAP]),
    (UserAssociation, ["u007 needs at least 900 Mbit/s."]),
    (UserAssociation, [FLOOR, "Quarantine u007."]),
    (UserAssociation, [FLOOR, FORBID, "Forbid M4C for u007."]),
    (UserAssociation, ["The delay of u007 must stay below 1 ms.", CAP]),
    (UserAssociation, ["The delay of u007 must stay below 0.01 ms."]),
    (BlockSchedule, [FLOOR, CAP]),
    (PowerControl, [FLOOR, CAP]),
    (BlockSchedule, [SHARE.format(0, "least", 60), SHARE.format(1, "least", 70)]),
    (BlockSchedule, [SHARE.format(0, "least", 60), SHARE.format(0, "most", 30)]),
]


@pytest.mark.parametrize(("problem", "said"), CASES)
def test_contradictions_are_found_and_are_irreducible(problem, said):
    """In any order, beside what has nothing to do with them."""
    for texts in (said, said[::-1]):
        report = read("Cap u011 at 90 Mbit/s.", *texts)
        conflict = find_conflict(SNAPSHOT, report, problem, BUDGET)
        assert conflict is not None
        assert sentences(conflict) == sorted(said)
        assert conflict.options


HOLD = [
    (UserAssociation, [SHALL, "Forbid M4C for u007."]),
    (UserAssociation, [FORBID, "M4C is down."]),
    (UserAssociation, [SHALL, ("user/u007", "I prefer M4C.")]),
    (UserAssociation, ["Slice 1 must be served by M5A.", "Quarantine u001."]),
    (UserAssociation, ["Slice 1 needs at least 1 Mbit/s.", "Quarantine u001."]),
    (UserAssociation, ["u007 needs at least 5 Mbit/s.", "Cap u007 at 10 Mbit/s."]),
    (UserAssociation, [FLOOR, "Cap u008 at 5 Mbit/s."]),
    (UserAssociation, ["The delay of u007 must stay below 2 ms.", CAP]),
    (BlockSchedule, [SHARE.format(0, "least", 60), SHARE.format(1, "least", 40)]),
    (BlockSchedule, [SHARE.format(0, "least", 60), SHARE.format(1, "most", 30)]),
]


@pytest.mark.parametrize(("problem", "said"), HOLD)
def test_what_holds_together_is_no_conflict(problem, said):
    """Other users, other cells, bounds that leave room, preferences."""
    assert find_conflict(SNAPSHOT, read(*said), problem, BUDGET) is None


RULES = [
    ("slice-1", 0.6, "min", SHARE.format(0, "least", 60), True),
    ("slice-1", 0.6, "min", SHARE.format(1, "most", 50), True),
    ("slice-1", 0.5, "max", SHARE.format(1, "least", 60), True),
    ("slice-1", 0.6, "min", SHARE.format(1, "least", 60), False),  # the same slice
    ("slice-1", 0.6, "min", SHARE.format(0, "least", 40), False),
    ("slice-7", 0.6, "min", SHARE.format(0, "least", 60), False),  # nobody is in it
]


@pytest.mark.parametrize(("name", "value", "bound", "said", "excludes"), RULES)
def test_shares_of_rules_count(name, value, bound, said, excludes):
    """Slices are compared by their users; a rule that fits nothing hides nothing."""
    rule = PolicyRule("slice_share", value, bound, users=(name,))
    ruled = SNAPSHOT.replace(policy=(rule,))
    conflict = find_conflict(ruled, read(said), BlockSchedule, BUDGET)
    assert (conflict is not None) == excludes
    if conflict is not None:
        assert sentences(conflict) == [said]
        assert conflict.gives_way is not None
    other = PolicyRule("slice_share", 0.9, "min", users=("slice-0",))
    third = PolicyRule("slice_share", 0.9, "min", users=("slice-1",))
    clash = SNAPSHOT.replace(policy=(other, third))
    conflict = find_conflict(clash, read(FLOOR, CAP), BlockSchedule, BUDGET)
    assert sentences(conflict) == sorted([FLOOR, CAP])


def test_a_share_of_everybody_bounds_each_slice():
    """And a floor of a user within a slice needs no room besides the slice's."""
    report = read(SHARE.format(1, "least", 60), SHARE.format(0, "most", 50))
    low, high = report.items
    target = high.target.model_copy(update={"users": ()})
    everybody = high.model_copy(update={"target": target})
    target = low.target.model_copy(update={"users": ("u001",)})
    inside = low.model_copy(update={"target": target})
    assert SNAPSHOT.slice[1] == 1
    for items, excludes in (((low, everybody), True), ((low, inside), False)):
        few = report.model_copy(update={"items": items})
        assert is_contradictory(SNAPSHOT, few, BlockSchedule) == excludes


BESIDE = [
    [FLOOR, ONE],
    [FLOOR, SHARE.format(1, "least", 100)],
    ["The delay of u007 must stay below 1 ms.", ONE],
]


@pytest.mark.parametrize("said", BESIDE)
def test_floors_that_equal_shares_leave_no_blocks_are_found(said):
    """Of items alone, as the snapshot has none; without one of them all is kept."""
    free = SNAPSHOT.replace(min_rate=None)
    report = read("Cap u011 at 90 Mbit/s.", *said)
    kept, conflicts = resolved(free, report, BlockSchedule, BUDGET)
    (conflict,) = conflicts
    assert sentences(conflict) == sorted(said)
    assert {one.dropped.source.text for one in conflict.options} == set(said)
    problem = compose(free, kept, BlockSchedule)
    solution = rrm.solve(problem, BUDGET)
    assert max(problem.violations(solution.allocation).values()) == 0.0


def test_a_share_that_leaves_the_floors_of_the_snapshot_no_blocks_is_found():
    """It alone may give way; a wish does so at once, and a rule hides nothing else."""
    assert SNAPSHOT.min_rate[SNAPSHOT.slice == 1].all()
    said = read(FLOOR, SHARE.format(1, "most", 1))
    conflict = find_conflict(SNAPSHOT, said, BlockSchedule, BUDGET)
    assert sentences(conflict) == [SHARE.format(1, "most", 1)]
    floor, share = said.items
    items = floor, share.model_copy(update={"priority": "wish"})
    wish = said.model_copy(update={"items": items})
    assert find_conflict(SNAPSHOT, wish, BlockSchedule, BUDGET) is None
    rule = PolicyRule("slice_share", 0.0, "max", users=("slice-1",))
    ruled = SNAPSHOT.replace(policy=(rule,))
    conflict = find_conflict(ruled, read(FLOOR, CAP), BlockSchedule, BUDGET)
    assert sentences(conflict) == sorted([FLOOR, CAP])


def test_a_wish_gives_way_to_what_is_agreed():
    """The operator's cap stays, whoever spoke first."""
    said = [CAP, ("user/u007", "I need at least 40 Mbit/s.")]
    for texts in (said, said[::-1]):
        report = read(*texts)
        kept, conflicts = resolved(SNAPSHOT, report, UserAssociation, BUDGET)
        assert [item.source.text for item in kept.items] == [CAP]
        assert [one.dropped.priority for one in conflicts[0].options] == ["wish", "sla"]


def test_an_outage_is_no_option():
    """What is broken is broken: who must be served there is served elsewhere."""
    report = read("u007 must be served by M4C.", "M4C is down.")
    kept, conflicts = resolved(SNAPSHOT, report, UserAssociation, BUDGET)
    assert [str(item.kind) for item in kept.items] == ["outage"]
    assert len(conflicts) == 1
    solution = rrm.solve(compose(SNAPSHOT, kept, UserAssociation), BUDGET)
    assert solution.allocation is not None
    assert solution.allocation.cell[7] >= 0


def test_several_conflicts_are_resolved_one_after_the_other():
    """Each is listed, and what is left holds together."""
    report = read(FLOOR, CAP, SHALL, FORBID)
    kept, conflicts = resolved(SNAPSHOT, report, UserAssociation, BUDGET)
    assert len(conflicts) == 2
    assert len(kept.items) == 2
    assert find_conflict(SNAPSHOT, kept, UserAssociation, BUDGET) is None


def test_a_reading_of_another_day_contradicts_nothing():
    """Only what holds at the snapshot's time counts."""
    later = SNAPSHOT.replace(time=SNAPSHOT.time + 30 * 86400)
    assert find_conflict(later, read(FLOOR, CAP), UserAssociation, BUDGET) is None
    assert np.isfinite(compose(later, None, UserAssociation).utility[7]).any()


LATER = [
    ("u007 needs at least 10 Mbit/s from 13:00 to 15:00.", "Cap u007 at 5 Mbit/s"
     " from 14:00 to 16:00."),
    ("u007 must be served by M5A from 13:00 to 15:00.", "Forbid M5A for u007"
     " from 14:00 to 16:00."),
]  # fmt: skip


@pytest.mark.parametrize("said", LATER)
def test_items_that_contradict_later_are_found(said):
    """At the time from which on they do, which neither of them must be now."""
    report = read(*said)
    assert report.items_at(SNAPSHOT.time) == []
    conflict = find_conflict(SNAPSHOT, report, UserAssociation, BUDGET)
    assert conflict is not None
    assert sentences(conflict) == sorted(said)
    assert conflict.time == max(item.start for item in report.items).timestamp()


@pytest.mark.parametrize("said", LATER)
def test_what_gives_way_later_holds_before_and_after(said):
    """The parts of it that contradict nothing stay."""
    report = read(*said)
    kept, conflicts = resolved(SNAPSHOT, report, UserAssociation, BUDGET)
    assert len(conflicts) == 1
    assert find_conflict(SNAPSHOT, kept, UserAssociation, BUDGET) is None
    hours = [(item.start.hour, item.end.hour) for item in kept.items]
    assert sorted(hours) in ([(13, 14), (14, 16)], [(13, 15), (15, 16)])
    (gone,) = {item.source.text for item in report.items if item not in kept.items}
    assert conflicts[0].options[0].dropped.source.text == gone


def test_few_moments_are_looked_at(monkeypatch):
    """The next ones, however many items there are."""
    monkeypatch.setattr("rrm.conflicts.MOMENTS", 1)
    later = find_conflict(SNAPSHOT, read(*LATER[0]), UserAssociation, BUDGET)
    assert later is None
