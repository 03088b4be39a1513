"""Who has the last word where items contradict each other, and who is told so."""

from itertools import combinations, permutations

import numpy as np
import pytest

import twins
from formulations import UserAssociation, compose
from formulations.context import in_context
from formulations.precedence import PRIORITIES
from tests.formulations.test_composition import item, report
from twins import PolicyRule

SNAPSHOT = twins.example()
CELL = {str(name): b for b, name in enumerate(SNAPSHOT.cell_id)}
USER = 7


def wants(word: str, *cells: str, priority: str = "wish"):
    """Preference of u007 for cells."""
    kind = "association_preference"
    return item(kind, word, "", priority, cells=cells, users=("u007",))


def rate(kind: str, value: float, priority: str):
    """Floor or cap of u007."""
    return item(kind, value, "bit/s", priority, users=("u007",))


def cells_of(*items) -> list[str]:
    """Cells that may serve u007."""
    problem = compose(SNAPSHOT, report(*items), UserAssociation)
    open_cells = np.isfinite(problem.utility[USER]) & (problem.capacity > 0)
    return sorted(str(name) for name in SNAPSHOT.cell_id[open_cells])


def told(*items) -> list[tuple[object, object]]:
    """Who gives way to whom for u007."""
    network = in_context(SNAPSHOT, report(*items))
    return [(one.item, one.to) for one in network.set_aside if USER in one.users]


FREE = cells_of()
FORBID, PREFER = wants("FORBID", "M5A"), wants("PREFER", "M5A")
AVOID, OTHER = wants("AVOID", "M5A"), wants("PREFER", "M4C")
SHALL, ELSEWHERE = wants("SHALL", "M5A"), wants("SHALL", "M4C")
DOWN = item("outage", cells=("M4B",))


def test_the_example_leaves_a_choice():
    """Cells that the other tests speak of may serve u007."""
    assert FREE == ["M4C", "M5A"]


CASES = [
    ((FORBID, PREFER), {"M5A"}, [(PREFER, FORBID)]),
    ((FORBID, SHALL), {"M5A"}, [(SHALL, FORBID)]),
    ((FORBID, wants("AVOID", "M5A", priority="sla")), {"M5A"}, []),
    ((AVOID, PREFER), set(), [(PREFER, AVOID)]),
    ((SHALL, OTHER), {"M4C"}, [(OTHER, SHALL)]),
]


@pytest.mark.parametrize(("items", "closed", "expected"), CASES)
def test_a_hard_word_is_not_overridden_by_equals(items, closed, expected):
    """FORBID holds against PREFER and SHALL of its priority, in any order."""
    for order in permutations(items):
        assert set(FREE) - set(cells_of(*order)) == closed
        assert told(*order) == expected


def test_the_higher_priority_has_the_cell():
    """In any order; what gives way is told."""
    ordered = wants("SHALL", "M5A", priority="sla")
    for items in permutations((FORBID, ordered)):
        assert cells_of(*items) == ["M5A"]
        assert told(*items) == [(FORBID, ordered)]
    for items in permutations((ELSEWHERE, ordered, DOWN)):
        assert cells_of(*items) == ["M5A"]
        assert told(*items) == [(ELSEWHERE, ordered)]
    preferred = wants("PREFER", "M5A", priority="sla")
    for items in permutations((FORBID, preferred)):
        assert cells_of(*items) == FREE
        assert told(*items) == [(FORBID, preferred)]


def test_what_agrees_is_narrowed():
    """Two SHALLs leave the cells that both name; PREFER does not soften a SHALL."""
    wide = wants("SHALL", "M5A", "M4C")
    for items in permutations((wide, ELSEWHERE, wants("PREFER", "M4C"))):
        assert cells_of(*items) == ["M4C"]
        assert told(*items) == []
    for items in permutations((wide, FORBID)):
        assert cells_of(*items) == ["M4C"]
        assert told(*items) == []


def test_of_equal_demands_for_different_cells_the_last_holds():
    """The other is told, so is what opposes the one that holds."""
    for items in permutations((SHALL, ELSEWHERE)):
        assert cells_of(*items) == [items[1].target.cells[0]]
        assert told(*items) == [items]
    ordered = wants("SHALL", "M5A", priority="sla")
    other = wants("SHALL", "M4C", priority="sla")
    assert told(other, ordered, FORBID) == [(other, ordered), (FORBID, ordered)]
    assert told(ordered, other, FORBID) == [(ordered, other)]


def test_a_weaker_word_leaves_a_demand_no_cell_that_could_not_serve():
    """M1A is too weak for u007, so M5A must stay."""
    wide = wants("SHALL", "M5A", "M1A", priority="sla")
    assert cells_of(wide, FORBID) == ["M5A"]
    assert told(wide, FORBID) == [(FORBID, wide)]


WORDS = [
    (word, cells) for word in ("SHALL", "FORBID")
    for size in (1, 2, 3) for cells in combinations(("M4C", "M5A", "M6A", "M1A"), size)
]  # fmt: skip


def test_words_that_are_left_can_hold_together_and_nothing_more():
    """2,000 random sets: some cell keeps all that is left, none what gave way, too.

    What gives way cannot hold beside stronger ones alone, so to none that is weaker.
    """
    rng = np.random.default_rng(0)
    downs = [(), (item("outage", cells=("M4B",)),), (item("outage", cells=("M5A",)),)]
    for _ in range(2000):
        down = downs[rng.integers(3)]
        able = set(cells_of(*down))
        drawn = [(WORDS[k], rng.integers(3)) for k in rng.integers(len(WORDS), size=5)]
        said = [
            wants(word, *cells, priority=PRIORITIES[own])
            for (word, cells), own in drawn
        ]
        network = in_context(SNAPSHOT, report(*down, *said))
        gone = {id(one.item): one.to for one in network.set_aside}
        order = sorted(
            range(5), key=lambda k: (drawn[k][1], drawn[k][0][0] == "FORBID", k)
        )
        left, is_promised = set(SNAPSHOT.cell_id), False
        for k in reversed(order):
            (word, cells), _ = drawn[k]
            fewer = left & set(cells) if word == "SHALL" else left - set(cells)
            holds = bool(fewer & able) or not (is_promised or word == "SHALL")
            assert (id(said[k]) in gone) != holds
            if holds:
                left, is_promised = fewer, is_promised or word == "SHALL"
            elif gone[id(said[k])] is not None:
                to = gone[id(said[k])]
                stronger = [said[n] for n in order[order.index(k) + 1 :]]
                assert any(to is one for one in (*down, *stronger))
        assert set(cells_of(*down, *said)) == able & left


def test_nobody_is_left_alone_for_a_cell_that_cannot_serve():
    """SHALL gives way to an outage, and to a link that is no candidate."""
    off = item("outage", cells=("M4C",))
    for items in permutations((ELSEWHERE, off)):
        assert cells_of(*items) == cells_of(off) == ["M5A", "M6A"]
        assert told(*items) == [(ELSEWHERE, off)]
    far = wants("SHALL", "M1A")
    assert cells_of(far) == FREE
    (gone,) = in_context(SNAPSHOT, report(far)).set_aside
    assert (gone.item, gone.to, gone.users.tolist()) == (far, None, [USER])
    assert "no candidate" in gone.reason
    assert told(wants("SHALL", "M1A", "M5A")) == []


def test_what_no_candidate_can_keep_is_told():
    """A floor beyond what the cell has; where gains are not known nothing is."""
    floor = rate("rate_floor", 9e8, "sla")
    assert told(SHALL, floor) == [(SHALL, None)]
    blind = SNAPSHOT.replace(gain=None)
    assert in_context(blind, report(wants("SHALL", "M1A"))).set_aside == []


SLICE = f"slice:{SNAPSHOT.slice[USER]}"
HOME = str(SNAPSHOT.cell_id[SNAPSHOT.previous[USER]])
MEMBERS = SNAPSHOT.slice == SNAPSHOT.slice[USER]
THERE = SNAPSHOT.previous == SNAPSHOT.previous[USER]
KINDS = [
    ("rate_floor", 4e7, "bit/s", "min_rate"),
    ("latency_bound", 0.001, "s", "min_rate"),
    ("rate_cap", 1.0, "bit/s", "demand"),
    ("traffic_surge", 9.0, "1", "demand"),
    ("intrusion", None, "", "admitted"),
]


@pytest.mark.parametrize(("kind", "value", "unit", "field"), KINDS)
def test_a_slice_in_cells_is_its_users_there(kind, value, unit, field):
    """Not those elsewhere, nor others there; users by name wherever they are."""
    elsewhere = str(SNAPSHOT.cell_id[SNAPSHOT.previous[~THERE][0]])
    for users, cells, expected in (
        ((SLICE,), (HOME,), MEMBERS & THERE),
        (("u007",), (elsewhere,), np.arange(200) == USER),
        (("u007", SLICE), (elsewhere,), None),
        ((SLICE,), (), MEMBERS),
    ):
        one = item(kind, value, unit, users=users, cells=cells)
        network = in_context(SNAPSHOT, report(one))
        before = getattr(in_context(SNAPSHOT, None), field)
        changed = getattr(network, field) != before
        if expected is None:  # both
            served = SNAPSHOT.previous == CELL[elsewhere]
            expected = (MEMBERS & served) | (np.arange(200) == USER)
        np.testing.assert_array_equal(changed, expected)


def test_a_slice_is_steered_to_cells_where_it_is_not_yet():
    """A preference names cells that users shall have, for all of the slice."""
    one = item("association_preference", "FORBID", users=(SLICE,), cells=(HOME,))
    found = in_context(SNAPSHOT, report(one)).preference
    assert {user for user, _ in found} == set(np.flatnonzero(MEMBERS).tolist())


def test_rules_name_slices_their_way():
    """``slice-2`` in a rule is the slice, with cells those whom they serve."""
    number = SNAPSHOT.slice[USER]
    for name in (f"slice-{number}", f"slice:{number}"):
        rule = PolicyRule("rate_floor", 4e7, "bit/s", cells=(HOME,), users=(name,))
        floors = in_context(SNAPSHOT.replace(policy=(rule,)), None).min_rate
        np.testing.assert_array_equal(floors == 4e7, MEMBERS & THERE)
    nobody = PolicyRule("rate_floor", 4e7, "bit/s", users=("slice-99",))
    network = in_context(SNAPSHOT.replace(policy=(nobody,)), None)
    assert not network.changes


def test_floor_and_cap_by_priority():
    """The lower of the two is set aside for whom both name, in any order."""
    cap, wish = rate("rate_cap", 5e6, "sla"), rate("rate_floor", 40e6, "wish")
    for items in permutations((cap, wish)):
        network = in_context(SNAPSHOT, report(*items))
        assert network.min_rate[USER] == SNAPSHOT.min_rate[USER]
        assert network.demand[USER] == 5e6
        assert told(*items) == [(wish, cap)]
    low, floor = rate("rate_cap", 1e6, "wish"), rate("rate_floor", 2e6, "sla")
    for items in permutations((low, floor)):
        network = in_context(SNAPSHOT, report(*items))
        assert network.min_rate[USER] == 2e6
        assert network.demand[USER] == SNAPSHOT.demand[USER]
        assert told(*items) == [(low, floor)]


def test_a_floor_gives_way_for_some_of_its_users_only():
    """The others of the slice keep it."""
    cap = rate("rate_cap", 5e6, "sla")
    floor = item("rate_floor", 40e6, "bit/s", users=(f"slice:{SNAPSHOT.slice[USER]}",))
    network = in_context(SNAPSHOT, report(floor, cap))
    others = (SNAPSHOT.slice == SNAPSHOT.slice[USER]) & (np.arange(200) != USER)
    assert (network.min_rate[others] >= 40e6).all()
    assert network.min_rate[USER] == SNAPSHOT.min_rate[USER]
    assert [one.users.tolist() for one in network.set_aside] == [[USER]]


def test_who_gave_way_does_not_bind_a_third():
    """A cap that lost to a floor does not set a smaller floor aside."""
    floors = rate("rate_floor", 9e6, "safety"), rate("rate_floor", 7e6, "wish")
    cap = rate("rate_cap", 5e6, "sla")
    for items in permutations((*floors, cap)):
        assert told(*items) == [(cap, floors[0])]
        assert in_context(SNAPSHOT, report(*items)).min_rate[USER] == 9e6


def test_a_rule_of_the_policy_stands_above_wishes():
    """Rules count as SLAs: a wish overrides none, what is about safety does."""
    rule = PolicyRule("rate_cap", 5e6, "bit/s", users=("u007",))
    snapshot = SNAPSHOT.replace(policy=(rule,))
    for priority, floor in (("wish", SNAPSHOT.min_rate[USER]), ("safety", 4e7)):
        asked = rate("rate_floor", 4e7, priority)
        assert in_context(snapshot, report(asked)).min_rate[USER] == floor
