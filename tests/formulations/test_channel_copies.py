"""Copies of alike transmitters, partial assignments of them, and targets."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.instances.channels import philadelphia
from formulations import ChannelAssignment, Channels
from formulations.channel_domains import EmptyDomain
from formulations.channel_targets import FewerChannels, LowerTops
from formulations.kernels.channel_copies import open_first
from formulations.kernels.channel_insertion import begin, insert, nothing_placed


@st.composite
def cells(draw):
    """Up to three cells of up to three transmitters, and some odd pairs."""
    size = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    cell = np.repeat(np.arange(len(size)), size)
    need = draw(st.lists(st.integers(0, 3), min_size=9, max_size=9))
    domain = st.sampled_from([(0, 1, 2, 3, 5), (1, 2, 4, 6)])
    domains = draw(st.lists(domain, min_size=len(size), max_size=len(size)))
    pairs, gap, exact = [[0, 0]][:0], [], []
    for u in range(len(cell)):
        for v in range(u + 1, len(cell)):
            pairs.append([u, v])
            gap.append(need[3 * min(cell[u], cell[v]) + max(cell[u], cell[v])])
            exact.append(draw(st.integers(0, 30)) == 0)
    if pairs and draw(st.booleans()):
        odd = draw(st.integers(0, len(pairs) - 1))
        pairs.append(pairs[odd])
        gap.append(draw(st.integers(0, 3)))
        exact.append(False)
    return ChannelAssignment(
        tuple(np.array(domains[k]) for k in cell),
        np.array(pairs or np.zeros((0, 2)), int).reshape(-1, 2),
        np.array(gap, int),
        exact=np.array(exact, bool),
    )


@given(cells(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=200)
def test_copies_can_change_places(problem, random):
    """Two transmitters of a kind exchange channels: the same pairs are violated."""
    known = problem.network
    if isinstance(known, EmptyDomain):
        return
    alike = known.copies
    assert np.bincount(alike.kind).tolist() == alike.copies.number.tolist()
    state = [random.randrange(k) for k in np.diff(known.network.start).tolist()]
    channel = known.channels(np.array(state))
    for kind in range(len(alike.copies.number)):
        group = np.flatnonzero(alike.kind == kind)
        if len(group) < 2:
            continue
        u, v = (np.flatnonzero(known.group == w)[0] for w in group[:2])
        other = channel.copy()
        other[[u, v]] = channel[[v, u]]
        missed = np.sort(problem.shortfall(channel))
        np.testing.assert_array_equal(np.sort(problem.shortfall(other)), missed)
        assert problem.violations(Channels(other))["domain"] == 0


def test_partners_of_different_members_of_a_group_are_not_alike():
    """Two transmitters that keep away from one each of two that are held apart."""
    problem = ChannelAssignment(
        (np.arange(2), np.arange(2, 4), np.arange(6), np.arange(6)),
        np.array([[0, 1], [0, 2], [1, 3], [2, 3]]),
        np.array([2, 1, 1, 1]),
        exact=np.array([True, False, False, False]),
    )
    known = problem.network
    assert known.group[0] == known.group[1]
    kind = known.copies.kind[known.group]
    assert kind[2] != kind[3]


def test_all_transmitters_of_a_cell_are_copies():
    """Philadelphia has 21 cells, however many transmitters."""
    copies = philadelphia("P1").network.copies.copies
    assert len(copies.number) == 21
    assert sorted(copies.number.tolist())[-2:] == [57, 77]


def two_in_step():
    """Transmitters whose common states are channels 1, 1, 4, 4, and a neighbour."""
    four, five = np.array([1, 2, 4, 6]), np.array([0, 1, 2, 3, 5])
    return ChannelAssignment(
        (four, four, five, five, five),
        np.array(list(combinations(range(5), 2))),
        np.array([3, 1, 1, 1, 1, 1, 1, 0, 0, 0]),
        exact=np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 0], bool),
    )


@example(two_in_step(), 0, 1)
@given(cells(), st.integers(0, 1), st.integers(1, 2000))
@settings(deadline=None, max_examples=200)
def test_partial_assignments_hold_every_pair(problem, rise, work):
    """What is placed violates nothing; the tables are those of plain loops."""
    known = problem.network
    if isinstance(known, EmptyDomain):
        return
    alike = known.copies
    copies, partial = alike.copies, nothing_placed(alike.copies, 1234567)
    room, count = open_first(copies.start, alike.allowed)
    begin(alike.allowed, copies, partial)
    left = insert(work, rise, room, count, copies, partial)
    placed = np.flatnonzero(partial.used)
    assert left == copies.number.sum() - len(placed) == partial.left.sum()
    kind = np.repeat(np.arange(len(copies.number)), np.diff(copies.start))
    waiting = set(partial.waiting[: partial.at[1]].tolist())
    assert waiting == set(np.flatnonzero(partial.left).tolist())
    expected = np.zeros(len(kind), int)
    for s in placed:
        for a in range(copies.first[kind[s]], copies.first[kind[s] + 1]):
            own = copies.channel[copies.own[a] + s - copies.start[kind[s]]]
            u = copies.neighbour[a]
            for t in range(copies.start[u], copies.start[u + 1]):
                other = copies.channel[copies.other[a] + t - copies.start[u]]
                apart = abs(int(other) - int(own))
                good = apart == copies.gap[a] if copies.exact[a] else None
                if not (apart >= copies.gap[a] if good is None else good):
                    expected[t] += partial.used[s]
                    assert t == s or not partial.used[t]
    np.testing.assert_array_equal(partial.conflicts, expected)
    if left == 0:
        channel = known.channels(alike.states(partial.used))
        assert max(problem.violations(Channels(channel)).values()) == 0
        again = alike.used(known.states(channel))
        np.testing.assert_array_equal(again, partial.used > 0)


def test_open_states_come_first():
    """By kind, in their order, and the closed ones behind."""
    start, is_open = np.array([0, 3, 5]), np.array([0, 1, 1, 1, 0], bool)
    room, count = open_first(start, is_open)
    assert room.tolist() == [1, 2, 0, 3, 4]
    assert count.tolist() == [2, 1]


@pytest.mark.parametrize("truth", range(10, 31, 5))
def test_targets_close_in_on_the_lowest_top(truth):
    """With a search that reaches what exists, few targets lead to the optimum."""
    tops, tries = LowerTops(100, 10), 0
    while tops.top > truth:
        assert 10 <= tops.aim < tops.top
        if tops.aim >= truth:
            tops.reach(tops.aim, 10)
        else:
            tops.give_up()
        tries += 1
        assert tries < 60
    assert tops.top == truth


def test_fewer_channels_are_open_than_are_used():
    """Also after others were opened in return; at times as many, but others."""
    problem = philadelphia("P5").replace(objective="min_order")
    known = problem.network
    channel = next(problem.attempts()).channel
    fewer = FewerChannels(known, known.copies, np.random.default_rng(0))
    before = len(np.unique(channel))
    found = []
    for _ in range(12):
        is_open = fewer.open(channel)
        found.append(len(np.unique(known.copies.highest[is_open])))
    assert max(found) <= before
    assert min(found) < before


def test_targets_go_further_while_they_are_met_and_come_back_after():
    """One channel, then twice as far, a quarter at the most; half of what failed."""
    tops = LowerTops(16, 0)
    assert tops.aim == 15
    tops.reach(15, 0)
    assert tops.aim == 13
    tops.reach(13, 0)
    assert tops.aim == 9
    tops.give_up()
    assert tops.aim == 11
    tops.reach(11, 0)
    assert tops.aim == 9
