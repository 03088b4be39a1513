"""How a cell's scheduler shares its time: nobody's need takes from who needs less."""

import numpy as np


def time_shares(need: np.ndarray, cell: np.ndarray, cells: int) -> np.ndarray:
    """Part (U,) of its cell's time that each user gets, max-min fair.

    All who need less than a level get what they need, others the level: what equal
    turns of users with something to send come to, as in proportionally fair scheduling
    of full queues [1]_.

    Parameters
    ----------
    need : (U,)
        Part of its cell's time that would serve a user's demand; inf without a link.
    cell : (U,) int
        Serving cell.
    cells : int
        How many there are.

    References
    ----------
    .. [1] D. Bertsekas, R. Gallager, "Data networks", 2nd ed., 1992, section 6.5.2.
    """
    asked = np.minimum(need, 2.0)  # more than all of the time
    order = np.lexsort((asked, cell))
    sorted_cell, rising = cell[order], asked[order]
    count = np.bincount(cell, minlength=cells)
    first = np.cumsum(count) - count
    rank = np.arange(len(cell)) - first[sorted_cell]
    before = np.cumsum(rising) - rising
    left = 1.0 - (before - before[first[sorted_cell]])
    level = np.full(cells, -np.inf)
    # the k-th smallest need leaves (1 - those below) / (those from it on); the largest
    # of these is the level at which the time is used up
    np.maximum.at(level, sorted_cell, left / (count[sorted_cell] - rank))
    return np.minimum(asked, level[cell])
