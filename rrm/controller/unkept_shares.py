"""Shares of slices that the cells decided on do not keep."""

from typing import Any

import numpy as np

from formulations import UserAssociation
from rrm.controller.settlement import Unfollowed, unfollowed
from twins import TwinSnapshot

SLACK = 0.01
"""Part of a cell by which a limit may be passed before it is told."""
REASON = "cells and powers alone do not keep it, and blocks are not sent"


def unkept_shares(
    snapshot: TwinSnapshot,
    problem: UserAssociation,
    cell: np.ndarray,
    wants: np.ndarray,
) -> tuple[Unfollowed, ...]:
    """Items and rules whose share some cell of an association does not leave.

    The engine's proposal keeps them, but of it only those moves are sent that carry
    more, and users go where the network has them.

    Parameters
    ----------
    snapshot, problem
        Network, and the association that was composed of it.
    cell : (U,) int
        Serving cells decided on, -1 for none.
    wants : (U,) bool
        Users with a demand or floor. Where such a one has no load in the problem it
        takes all of a cell.
    """
    if not len(problem.group):
        return ()
    users = np.flatnonzero((cell >= 0) & wants)
    load = problem.load[users, cell[users]]
    load = np.where(np.isfinite(load), load, 1.0)
    taken = np.array([
        np.bincount(cell[users], load * members[users], len(problem.capacity))
        for members in problem.group
    ])  # fmt: skip
    broken = taken > problem.group_capacity + SLACK
    behind: dict[int, Any] = {
        id(item): item
        for place, item in problem.origin.get("group_capacity", ())
        if broken[place]
    }
    nobody = users[:0]
    return tuple(
        unfollowed(item, nobody, None, snapshot, REASON) for item in behind.values()
    )
