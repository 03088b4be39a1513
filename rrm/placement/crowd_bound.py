"""Bounds on a crowd, round by round: cases of open sites, priced for finer groups."""

import time
from collections.abc import Iterator

import numpy as np

from rrm.incumbent import Incumbent
from rrm.placement.coarse import Crowd, grouped
from rrm.placement.crowd_prices import finer_descent
from rrm.placement.crowd_search import Sites
from rrm.placement.crowd_tree import CrowdTree
from rrm.placement.descent import PriceDescent

FINER = (8, 4, 2, 1)  # users in a group at the most, one after the other
ROOT_STEPS, STEPS_PER_LOOK = 500, 10
PART = 0.5  # of what is between answer and bound, that each round takes away
RESERVE = 2.0  # times what handing in took, that is kept for the last time


def bounding(
    users: Crowd, before: PriceDescent, sites: Sites, incumbent: Incumbent
) -> Iterator[None]:
    """Lower the bound by cases of open sites, a few milliseconds at each step.

    Groups become finer once users' prices lose more to those of their groups than what
    is left between the best answer and the groups' bound.
    """
    expired = incumbent.expired
    for most in FINER:
        groups = grouped(users, 1, most, expired)
        if groups is None:
            return
        root = finer_descent(groups, before, sites)
        while root.taken < ROOT_STEPS and not (root.is_done or expired()):
            root.run(STEPS_PER_LOOK, best_known(users, incumbent))
            yield
        tree = CrowdTree(users, groups, root, best_known(users, incumbent))
        for each in rounds(tree, users, incumbent):
            if incumbent.remaining() < RESERVE * each * len(tree):
                hand_in(tree, incumbent)
                return
            yield
        before = root


def rounds(tree: CrowdTree, users: Crowd, incumbent: Incumbent) -> Iterator[float]:
    """Grow ``tree`` while that pays; at each step the seconds that a case costs."""
    each = hand_in(tree, incumbent)
    while True:
        known = best_known(users, incumbent)
        rest = tree.bound - known
        lost = incumbent.bound * users.unit - tree.bound
        if not lost < rest < np.inf:
            return
        enough = known + PART * rest
        while tree.bound > enough:
            yield each
            if not tree.grow(enough, known, incumbent.expired):
                return
        each = hand_in(tree, incumbent)


def hand_in(tree: CrowdTree, incumbent: Incumbent) -> float:
    """Hand the cases in, if there is time; the seconds that this takes for each."""
    began = time.perf_counter()
    argument = tree.argument(incumbent.expired)
    if argument is not None:
        incumbent.tighten(0.0, argument)
    return (time.perf_counter() - began) / len(tree)


def best_known(users: Crowd, incumbent: Incumbent) -> float:
    """Objective of the best answer in canonical value, -inf without one."""
    known = incumbent.objective * users.unit
    return known if np.isfinite(known) else -np.inf
