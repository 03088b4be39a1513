"""What an association adds up to: where its links are stored, what cells carry."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from formulations.association import UserAssociation


MANY_PAIRS = 2_000
"""From which on compiled loops pay, which take 0.3 s to load."""
LAST = "_last_tally"
"""Where a problem keeps cells and their tally."""


class Tally(NamedTuple):
    """Links of an association that are candidates, and their sums by cell.

    Attributes
    ----------
    user, entry : (n,) int
        User of each such link, and its position in the candidates.
    load, utility, number : (B,)
        Of the users of each cell together.
    links, lost : int
        All links, and those among them that are no candidates.
    """

    user: np.ndarray
    entry: np.ndarray
    load: np.ndarray
    utility: np.ndarray
    number: np.ndarray
    links: int
    lost: int


def tally(problem: "UserAssociation", cell: np.ndarray) -> Tally:
    """Sums of ``cell`` (U,) or (U, max_links).

    Whoever asks for violations asks for the objective next, so the last are kept, and
    hold for equal cells alone.
    """
    last, found = problem.__dict__.get(LAST, (None, None))
    if found is None or not np.array_equal(last, cell):
        found = _counted(problem, cell)
        problem.__dict__[LAST] = cell.copy(), found
    return found


def entries_at(problem: "UserAssociation", cell: np.ndarray, nobody: int) -> np.ndarray:
    """Entry (U,) that serves each user from ``cell`` (U,), ``nobody`` if none does."""
    found = tally(problem, cell)
    chosen = np.full(problem.sizes["U"], nobody)
    chosen[found.user] = found.entry
    return chosen


def _counted(problem: "UserAssociation", cell: np.ndarray) -> Tally:
    start, candidate, utility, load, _ = problem.candidates
    cells = problem.sizes["B"]
    if cell.ndim == 1 and len(candidate) > MANY_PAIRS:
        from formulations.kernels.association_tally import tally as compiled

        entry, carried = np.empty(len(cell), np.intp), np.zeros((3, cells))
        lost = compiled(cell, start, candidate, load, utility, entry, carried)
        user = np.flatnonzero(entry >= 0)
        load, utility, number = carried
        links = len(user) + lost
        return Tally(user, entry[user], load, utility, number, links, lost)
    user, served, entry = problem.links(cell)
    known = entry >= 0
    kept, entry, served = user[known], entry[known], served[known]
    return Tally(
        kept,
        entry,
        np.bincount(served, load[entry], cells),
        np.bincount(served, utility[entry], cells),
        np.bincount(served, minlength=cells),
        len(user),
        len(user) - len(kept),
    )
