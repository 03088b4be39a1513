"""What a schedule adds up to: who has which blocks, and what they carry."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from formulations.blocks import BlockSchedule

LAST = "_last_tally"
"""Where a problem keeps a schedule and its tally."""


class Tally(NamedTuple):
    """Blocks that are given to somebody, and sums by user.

    Attributes
    ----------
    cell, block, owner : (n,) int
        Of each block that somebody has.
    rate : (U,) bit/s
    number : (U,) int
        Of each user's blocks.
    """

    cell: np.ndarray
    block: np.ndarray
    owner: np.ndarray
    rate: np.ndarray
    number: np.ndarray


def tally(problem: "BlockSchedule", user: np.ndarray) -> Tally:
    """Sums of ``user`` (B, N), -1: nobody.

    Whoever asks for violations asks for the objective next, so the last are kept, and
    hold for equal schedules alone.
    """
    last, found = problem.__dict__.get(LAST, (None, None))
    if found is None or not np.array_equal(last, user):
        cell, block = np.nonzero(user >= 0)
        owner, users = user[cell, block], problem.sizes["U"]
        rate = np.bincount(owner, problem.rate[owner, block], users)
        number = np.bincount(owner, minlength=users)
        found = Tally(cell, block, owner, rate, number)
        problem.__dict__[LAST] = user.copy(), found
    return found
