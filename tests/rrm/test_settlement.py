"""Items that contradict each other in the loop: the strongest hold, all are told."""

import numpy as np
import pytest

import llm_bridge
import twins
from formulations.context import in_context
from rrm.controller.settlement import settled
from twins import PolicyRule

SNAPSHOT = twins.example()
FLOOR, CAP = "u007 needs at least 10 Mbit/s.", "Cap u007 at 5 Mbit/s."
SHALL, FORBID = "u007 must be served by M5A.", "Forbid M5A for u007."
ELSEWHERE = "u007 must be served by M4C."
WISH = ("user/u007", "I need at least 40 Mbit/s.")
DELAY = "The delay of u007 must stay below {} ms."


def read(*said):
    """Report of sentences by an operator, or (author, sentence)."""
    pairs = [("operator/x", one) if isinstance(one, str) else one for one in said]
    found = [llm_bridge.report(text, SNAPSHOT, author=who) for who, text in pairs]
    assert all(one.refused == () for one in found)
    items = tuple(item for one in found for item in one.items)
    return found[0].model_copy(update={"items": items})


CASES = [
    ([FLOOR, CAP], [FLOOR], CAP),  # of equals the later one holds
    ([CAP, FLOOR], [CAP], FLOOR),
    ([CAP, WISH], [WISH[1]], CAP),
    ([WISH, CAP], [WISH[1]], CAP),
    ([SHALL, FORBID], [SHALL], FORBID),
    ([FORBID, SHALL], [SHALL], FORBID),
    ([SHALL, ELSEWHERE], [SHALL], ELSEWHERE),
    (["M4C is down.", ELSEWHERE], [ELSEWHERE], "M4C is down."),
    ([SHALL, "Quarantine u007."], [SHALL], "Quarantine u007."),
    (["u007 must be served by M1A."], ["u007 must be served by M1A."], ""),
    (["u007 needs at least 900 Mbit/s."], ["u007 needs at least 900 Mbit/s."], ""),
    ([FORBID, "Forbid M4C for u007.", FLOOR], [FORBID], FLOOR),  # an SLA, and wishes
    (["Cap u007 at 90 Mbit/s.", FORBID, SHALL], [SHALL], FORBID),
    ([CAP, DELAY.format(1)], [CAP], DELAY.format(1)),
    ([DELAY.format(1), CAP], [DELAY.format(1)], CAP),
    ([DELAY.format(0.01)], [DELAY.format(0.01)], ""),
    ([FORBID, "Forbid M4C for u007.", DELAY.format(1)], [FORBID], DELAY.format(1)),
    (["u007 needs at least 1 Mbit/s.", CAP, DELAY.format(1)], [CAP], DELAY.format(1)),
]


@pytest.mark.parametrize(("said", "gone", "instead"), CASES)
def test_what_contradicts_something_stronger_is_set_aside(said, gone, instead):
    """It is told what holds instead; all else holds."""
    report = read("Cap u011 at 90 Mbit/s.", *said)
    found = settled(SNAPSHOT, report)
    assert [one.sentence for one in found.set_aside] == gone
    assert [one.instead for one in found.set_aside] == [instead]
    assert [one.users for one in found.set_aside] == [("u007",)]
    assert all(one.reason and one.author and one.priority for one in found.set_aside)
    kept = [item.source.text for item in found.report.items]
    assert kept == [i.source.text for i in report.items if i.source.text not in gone]
    assert settled(SNAPSHOT, found.report).set_aside == ()


def test_of_equals_who_may_ask_more_has_the_word():
    """A user's wish displaces no wish of an operator, however late it comes."""
    report = read(SHALL, WISH)
    ordered, wish = report.items
    assert ordered.priority == wish.priority == "wish"
    large = wish.model_copy(update={"value": 1e10})
    report = report.model_copy(update={"items": (ordered, large)})
    (one,) = settled(SNAPSHOT, report).set_aside
    assert (one.author, one.instead) == ("user/u007", SHALL)


HOLD = [
    [SHALL, "Forbid M4C for u007."],
    [FORBID, "M4C is down."],
    ["u007 needs at least 5 Mbit/s.", "Cap u007 at 10 Mbit/s."],
    [DELAY.format(2), CAP],  # 4 Mbit/s beyond what is sent below the cap
    [FLOOR, DELAY.format(2)],
    [FLOOR, "Cap u008 at 5 Mbit/s."],
    ["Forbid M5A for u007.", "Forbid M4C for u007."],
]


@pytest.mark.parametrize("said", HOLD)
def test_what_holds_together_stays(said):
    """The report is the same."""
    report = read(*said)
    found = settled(SNAPSHOT, report)
    assert found.set_aside == ()
    assert found.report is report


def test_an_item_holds_for_all_whom_nothing_stronger_concerns():
    """A slice keeps its floor but for the one user who is capped."""
    report = read("Slice 1 needs at least 1 Mbit/s.", "Cap u001 at 500 kbit/s.")
    found = settled(SNAPSHOT, report)
    (one,) = found.set_aside
    assert one.users == ("u001",)
    assert one.sentence == "Slice 1 needs at least 1 Mbit/s."
    network = in_context(SNAPSHOT, found.report)
    asked = in_context(SNAPSHOT, report)
    others = np.flatnonzero(SNAPSHOT.user_id != "u001")
    np.testing.assert_array_equal(network.min_rate[others], asked.min_rate[others])
    assert network.demand[1] <= 5e5


def test_rules_of_the_policy_count_as_slas():
    """A wish gives way to one; none is needed for a settlement."""
    rule = PolicyRule("rate_cap", 5e6, "bit/s", users=("u007",))
    ruled = SNAPSHOT.replace(policy=(rule,))
    (one,) = settled(ruled, read(WISH)).set_aside
    assert one.instead == "rule on rate_cap"
    assert settled(ruled, None).set_aside == ()
    assert settled(SNAPSHOT, None).report is None


LEAST = "Slice {} gets at least {}% of the blocks{}."
MOST = "Slice {} gets at most {}% of the blocks{}."
SHARES = [
    ([LEAST.format(1, 60, ""), LEAST.format(0, 60, "")], 0),  # the later one holds
    ([LEAST.format(0, 60, ""), LEAST.format(1, 60, "")], 0),
    ([LEAST.format(1, 60, ""), MOST.format(1, 50, "")], 0),
    ([MOST.format(1, 50, ""), LEAST.format(1, 60, "")], 0),
    ([LEAST.format(1, 30, ""), LEAST.format(0, 60, ""), LEAST.format(1, 50, "")], 1),
]


@pytest.mark.parametrize(("said", "gone"), SHARES)
def test_shares_that_exclude_each_other_are_settled(said, gone):
    """Of equals the later one holds, and the other is told."""
    found = settled(SNAPSHOT, read(*said))
    (one,) = found.set_aside
    assert (one.sentence, one.instead) == (said[gone], said[-1])
    assert one.users
    kept = [item.source.text for item in found.report.items]
    assert kept == [text for text in said if text != said[gone]]
    assert settled(SNAPSHOT, found.report).set_aside == ()


def test_shares_that_fit_stay():
    """All of a cell, and a cap on another slice, exclude nothing."""
    report = read(
        LEAST.format(1, 60, ""), LEAST.format(0, 40, ""), MOST.format(0, 40, "")
    )
    found = settled(SNAPSHOT, report)
    assert (found.report, found.set_aside) == (report, ())


def test_a_share_holds_in_the_cells_that_nothing_stronger_takes():
    """It is set aside in one cell, and holds in all others."""
    wide, narrow = LEAST.format(1, 60, ""), LEAST.format(0, 60, "")
    first, second = read(wide, narrow).items
    target = second.target.model_copy(update={"cells": ("M1A",)})
    items = first, second.model_copy(update={"target": target})
    report = read(wide).model_copy(update={"items": items})
    found = settled(SNAPSHOT, report)
    (one,) = found.set_aside
    assert (one.sentence, one.instead) == (wide, narrow)
    assert one.reason == "cannot hold together with what is sla in M1A"
    shares = in_context(SNAPSHOT, found.report).shares
    cells = {share.item.source.text: set(share.cells.tolist()) for share in shares}
    others = set(np.flatnonzero(SNAPSHOT.cell_id != "M1A").tolist())
    assert cells == {wide: others, narrow: {0}}


def together(text, *names):
    """Item on shares of several slices."""
    (item,) = read(text).items
    target = item.target.model_copy(update={"users": names})
    return item.model_copy(update={"target": target})


def test_each_slice_that_an_item_names_is_settled_for_itself():
    """What is stronger for one of them leaves the other its share."""
    both = together(LEAST.format(1, 30, ""), "slice:0", "slice:1")
    capped = read("Slice 1 gets at most 20% of the blocks in M1A.")
    said = capped.model_copy(update={"items": (both, *capped.items)})
    found = settled(SNAPSHOT, said)
    (one,) = found.set_aside
    assert one.users == tuple(SNAPSHOT.user_id[SNAPSHOT.slice == 1].tolist())
    assert one.instead == capped.items[0].source.sentence
    shares = in_context(SNAPSHOT, found.report).shares
    cells = {share.name: len(share.cells) for share in shares if share.is_floor}
    assert cells == {"slice:0": 21, "slice:1": 20}
    assert settled(SNAPSHOT, found.report).set_aside == ()


def test_an_item_that_needs_more_than_a_cell_holds_for_whom_it_names_first():
    """It is told to be in its own way."""
    all_of_them = together(LEAST.format(1, 40, ""), "slice:0", "slice:1", "slice:2")
    said = read(LEAST.format(1, 40, "")).model_copy(update={"items": (all_of_them,)})
    found = settled(SNAPSHOT, said)
    (one,) = found.set_aside
    assert one.sentence == one.instead
    assert one.users == tuple(SNAPSHOT.user_id[SNAPSHOT.slice == 2].tolist())
    (kept,) = found.report.items
    assert kept.target.users == ("slice:0", "slice:1")


def test_a_rule_of_the_policy_takes_its_share_before_its_equals():
    """It counts as the slice that it names, whatever the name's spelling."""
    rule = PolicyRule("slice_share", 0.6, "min", users=("slice-1",))
    ruled = SNAPSHOT.replace(policy=(rule,))
    same = read(LEAST.format(1, 60, ""))
    assert settled(ruled, same).set_aside == ()
    (one,) = settled(ruled, read(LEAST.format(0, 60, ""))).set_aside
    assert one.instead == "rule on slice_share"


def test_a_share_of_cells_that_are_down_is_told():
    """Where none of them is in service; others hold where they can."""
    shared = "Reserve 60% of the blocks in M1A for slice 1."
    everywhere = LEAST.format(0, 30, "")
    found = settled(SNAPSHOT, read(shared, everywhere, "M1A is down."))
    (one,) = found.set_aside
    assert (one.sentence, one.instead) == (shared, "M1A is down.")
    assert one.reason == "none of its cells is in service"
