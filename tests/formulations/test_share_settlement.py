"""Shares of slices settled in any order of strength, cell by cell."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from formulations.share_settlement import settled_shares
from formulations.slice_shares import Share

FIRST, SECOND = np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1], bool)
EVERYBODY, NOBODY = np.ones(4, bool), np.zeros(4, bool)


def share(value, users, cells=(0, 1), bound="min"):
    """What somebody says of these users; he is called by what he says."""
    name = f"{bound} {value}"
    return Share(name, name, users, np.array(cells), value, bound == "min")


def lost(*shares):
    """Who gives way, where, and to whom."""
    _, gone = settled_shares(shares)
    return [(one.item, cells.tolist(), to.item) for one, cells, to in gone]


def test_the_order_says_who_gives_way():
    """In the cells of both."""
    low, high = share(0.6, FIRST), share(0.7, SECOND, cells=[1, 2])
    assert lost(low, high) == [("min 0.7", [1], "min 0.6")]
    assert lost(high, low) == [("min 0.6", [1], "min 0.7")]
    kept, _ = settled_shares([low, high])
    assert [one.cells.tolist() for one in kept] == [[0, 1], [2]]
    assert settled_shares([]) == ([], [])


def test_a_floor_within_one_that_holds_takes_nothing_of_the_cell():
    """Until it is above it."""
    both = share(0.6, FIRST), share(0.4, SECOND)
    part = np.array([1, 0, 0, 0], bool)
    assert lost(*both, share(0.5, part)) == []
    assert lost(*both, share(0.65, part)) == [("min 0.65", [0, 1], "min 0.4")]


def test_a_cap_bounds_all_floors_within_it_together():
    """Each of them is below it."""
    cap = share(0.5, EVERYBODY, bound="max")
    floors = [share(0.3, FIRST), share(0.25, SECOND)]
    assert lost(cap, *floors) == [("min 0.25", [0, 1], "max 0.5")]
    assert lost(*floors, cap) == [("max 0.5", [0, 1], "min 0.3")]


def test_caps_of_all_parts_bound_a_floor_of_the_whole():
    """Where nobody else is in it."""
    caps = share(0.3, FIRST, bound="max"), share(0.2, SECOND, bound="max")
    whole = share(0.6, EVERYBODY)
    assert lost(*caps, whole) == [("min 0.6", [0, 1], "max 0.2")]
    assert lost(whole, *caps) == [("max 0.2", [0, 1], "min 0.6")]
    assert lost(caps[0], whole) == []


def test_who_has_no_users_is_in_nobodys_way():
    """Floors and caps alike."""
    empty = share(0.9, NOBODY)
    assert lost(empty, share(0.9, FIRST), share(0.0, NOBODY, bound="max")) == []


def test_a_share_above_a_whole_cell_is_in_its_own_way():
    """Nothing else is there."""
    assert lost(share(1.1, FIRST)) == [("min 1.1", [0, 1], "min 1.1")]


USERS = 7
SLICES = np.array([0, 0, 0, 1, 1, 2, 2])


def drawn(rng: np.random.Generator) -> list[Share]:
    """Shares of slices, users, parts of slices and everybody in one cell."""
    part = np.arange(USERS) < 2  # of the first slice
    groups = [np.ones(USERS, bool), part, *(k == SLICES for k in range(3))]
    groups += list(np.eye(USERS, dtype=bool))
    found = []
    for _ in range(rng.integers(2, 9)):
        users = groups[min(rng.geometric(0.2) - 1, len(groups) - 1)]
        value = rng.choice([rng.uniform(), 0.1 * rng.integers(0, 11)])
        bound = rng.choice(["min", "max"])
        found.append(share(value * rng.choice([1.0, 0.4]), users, [0], bound))
    return found


def shortages(sets: list[list[Share]]) -> np.ndarray:
    """By how much the bounds of each set must be widened so that users can keep all.

    One linear program for all of them, in which each set has users and a slack.
    """
    rows, columns, values, limits = [], [], [], []
    for number, shares in enumerate([[*one] for one in sets]):
        whole = share(1.0, np.ones(USERS, bool), [0], "max")
        for one in [whole, *shares]:
            sign = -1.0 if one.is_floor else 1.0
            users = np.flatnonzero(one.users)
            own = number * (USERS + 1)
            columns += [*(own + users), own + USERS]
            values += [sign] * len(users) + [-1.0]
            rows += [len(limits)] * (len(users) + 1)
            limits.append(sign * one.value)
    shape = len(limits), len(sets) * (USERS + 1)
    cost = np.tile([0.0] * USERS + [1.0], len(sets))
    found = linprog(cost, coo_array((values, (rows, columns)), shape), limits)
    return found.x[USERS :: USERS + 1]


def test_what_is_left_can_hold_together_and_nothing_more():
    """By linear programs of 2,000 random sets: all that holds, and one share more.

    What gives way cannot hold beside stronger ones alone, so to none that is weaker.
    """
    rng = np.random.default_rng(0)
    kept_sets: list[list[Share]] = []
    too_many: list[list[Share]] = []
    for _ in range(2000):
        shares = drawn(rng)
        kept, gone = settled_shares(shares)
        holds = [one.cells.size > 0 for one in kept]
        held = [one for one, is_held in zip(shares, holds, strict=True) if is_held]
        kept_sets.append(held)
        assert [id(one) for one, _, _ in gone] == [
            id(one) for one, is_held in zip(shares, holds, strict=True) if not is_held
        ]
        for one, _, to in gone:
            place = next(n for n, other in enumerate(shares) if other is one)
            stronger = [
                other for other in held if any(other is s for s in shares[:place])
            ]
            assert to is one or any(to is other for other in stronger)
            too_many.append([*stronger, one])
    assert len(too_many) > 1500
    assert shortages(kept_sets).max() <= 1e-7
    assert shortages(too_many).min() > 1e-7
