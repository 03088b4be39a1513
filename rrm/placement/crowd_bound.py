"""Bounds on a crowd, round by round: cases of open sites, priced for finer groups."""

from collections.abc import Iterator

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_cases import SiteCases
from rrm.incumbent import Incumbent
from rrm.placement.coarse import Crowd, grouped
from rrm.placement.crowd_prices import finer_descent
from rrm.placement.crowd_roots import planted, rooted
from rrm.placement.crowd_search import Sites
from rrm.placement.crowd_tree import CrowdTree, steps_per_look
from rrm.placement.descent import PriceDescent

FINER = (8, 4, 2, 1)  # users in a group at the most, one after the other
ROOT_STEPS, ROOT_STEPS_PER_LOOK = 300, 10
PART = 0.6  # of what is between answer and bound, that each round takes away
NEAR = 0.02  # gap, up to which earlier cases are worth going on with
NEARLY = 0.97  # of the gap that is asked for, below which no round need go
RESERVE = 2.0  # times what handing in took, that is kept for the last time


def bounding(
    users: Crowd, before: PriceDescent, sites: Sites, incumbent: Incumbent
) -> Iterator[np.ndarray | None]:
    """Lower the bound by cases of open sites, a few milliseconds at each step.

    Sites (S,) bool that are open in the case with the highest bound come out: among
    them may be the best answer.

    Groups become finer once users' prices lose more to those of their groups than what
    is left between the best answer and the groups' bound.
    """
    for most in FINER:
        groups = grouped(users, 1, most, incumbent.expired)
        if groups is None or incumbent.expired():
            return
        root = finer_descent(groups, before, sites)
        steps = min(steps_per_look(groups.model), ROOT_STEPS_PER_LOOK)
        while root.taken < ROOT_STEPS and not (root.is_done or incumbent.expired()):
            root.run(steps, best_known(users, incumbent))
            yield None
        best = best_known(users, incumbent)
        tree = rooted(users, groups, root, best, incumbent.expired)
        if tree is None:
            return
        yield from rounds(tree, users, incumbent)
        before = root


def replanting(
    users: Crowd, problem: LapPlacement, incumbent: Incumbent
) -> Iterator[np.ndarray | None]:
    """Lower the cases of the best bound, priced for users, if that is a good one."""
    cases = incumbent.certificate().proof
    if not isinstance(cases, SiteCases) or incumbent.gap > NEAR or incumbent.expired():
        return
    singles = grouped(users, 1, 1, incumbent.expired)
    if singles is None:
        return
    yield None
    bound = cases.bounds(problem) * users.unit
    tree = planted(users, singles, cases, bound)
    yield from rounds(tree, users, incumbent)


def rounds(
    tree: CrowdTree, users: Crowd, incumbent: Incumbent
) -> Iterator[np.ndarray | None]:
    """Grow ``tree`` while that pays, with time kept to hand it in."""
    each = hand_in(tree, incumbent)

    def is_late() -> bool:
        kept = RESERVE * each * (len(tree) + 1)
        return incumbent.expired() or incumbent.remaining() < kept

    while not incumbent.expired():
        best = best_known(users, incumbent)
        lost = incumbent.bound * users.unit - tree.bound
        asked = NEARLY * incumbent.budget.gap * abs(best) - lost
        goal = max((1 - PART) * (tree.bound - best), asked)
        if not lost < tree.bound - best < np.inf:
            return
        can_grow = True
        while tree.bound > best + goal and can_grow:
            yield tree.opened
            best = best_known(users, incumbent)
            can_grow = tree.grow(best + goal, best, is_late)
        each = hand_in(tree, incumbent)
        if not can_grow:
            return


def hand_in(tree: CrowdTree, incumbent: Incumbent) -> float:
    """Hand the cases in, if there is time; the seconds that this takes for each."""
    began = incumbent.now()
    argument = tree.argument(incumbent.expired)
    if argument is not None:
        incumbent.tighten(0.0, argument)
    return (incumbent.now() - began) / (len(tree) + 1)


def best_known(users: Crowd, incumbent: Incumbent) -> float:
    """Objective of the best answer in canonical value, -inf without one."""
    known = incumbent.objective * users.unit
    return known if np.isfinite(known) else -np.inf
