"""Shares of slices settled in any order of strength, cell by cell."""

import numpy as np

from formulations.share_settlement import settled_shares
from formulations.slice_shares import Share

FIRST, SECOND = np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1], bool)
EVERYBODY, NOBODY = np.ones(4, bool), np.zeros(4, bool)


def share(value, users, cells=(0, 1), bound="min"):
    """What somebody says of these users; he is called by what he says."""
    name = f"{bound} {value}"
    return Share(name, name, users, np.array(cells), value, bound == "min")


def lost(*tiers):
    """Who gives way, where, and to whom."""
    _, gone = settled_shares(tiers)
    return [(one.item, cells.tolist(), to.item) for one, cells, to in gone]


def test_the_order_says_who_gives_way():
    """In the cells of both; in one tier nobody does."""
    low, high = share(0.6, FIRST), share(0.7, SECOND, cells=[1, 2])
    assert lost([low], [high]) == [("min 0.7", [1], "min 0.6")]
    assert lost([high], [low]) == [("min 0.6", [1], "min 0.7")]
    assert lost([low, high]) == []
    kept, _ = settled_shares([[low], [high]])
    assert [one.cells.tolist() for one in kept] == [[0, 1], [2]]
    assert settled_shares([]) == ([], [])
    assert settled_shares([[], []]) == ([], [])


def test_equals_that_need_too_much_displace_only_who_needs_more():
    """A floor within one that holds already takes nothing of the cell."""
    equals = [share(0.6, FIRST), share(0.7, SECOND)]
    part = share(0.5, np.array([1, 0, 0, 0], bool))
    assert lost(equals, [part]) == []
    more = share(0.65, np.array([1, 0, 0, 0], bool))
    assert lost(equals, [more]) == [("min 0.65", [0, 1], "min 0.7")]


def test_a_cap_bounds_all_floors_within_it_together():
    """Each of them is below it."""
    cap = share(0.5, EVERYBODY, bound="max")
    floors = [share(0.3, FIRST), share(0.25, SECOND)]
    assert lost([cap], floors[:1], floors[1:]) == [("min 0.25", [0, 1], "max 0.5")]
    assert lost(floors, [cap]) == [("max 0.5", [0, 1], "min 0.3")]


def test_who_has_no_users_is_in_nobodys_way():
    """Floors and caps alike."""
    empty = share(0.9, NOBODY)
    assert lost([empty], [share(0.9, FIRST)], [share(0.0, NOBODY, bound="max")]) == []


def test_a_share_above_a_whole_cell_is_in_its_own_way():
    """Nothing else is there."""
    assert lost([share(1.1, FIRST)]) == [("min 1.1", [0, 1], "min 1.1")]
