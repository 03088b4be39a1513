"""How a cell's scheduler shares its time: nobody's need takes from who needs less."""

import numpy as np

HALVINGS = 40


def time_shares(
    need: np.ndarray, cell: np.ndarray, cells: int, budget: np.ndarray | None = None
) -> np.ndarray:
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
    budget : (B,)
        Time of each that there is to share; all of it if absent.

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
    there = np.ones(cells) if budget is None else budget
    left = there[sorted_cell] - (before - before[first[sorted_cell]])
    level = np.full(cells, -np.inf)
    # the k-th smallest need leaves (1 - those below) / (those from it on); the largest
    # of these is the level at which the time is used up
    np.maximum.at(level, sorted_cell, left / (count[sorted_cell] - rank))
    return np.minimum(asked, level[cell])


def slice_time_shares(
    need: np.ndarray,
    cell: np.ndarray,
    cells: int,
    group: np.ndarray,
    caps: np.ndarray,
    floors: np.ndarray,
) -> np.ndarray:
    """As :func:`time_shares` (U,), where slices have floors and caps.

    Each slice takes what its users need below a level that is the same for all in the
    cell, but no more than its cap, and no less than its floor while it needs that. What
    a slice leaves of its floor is there for others.

    Parameters
    ----------
    need, cell, cells
        As of :func:`time_shares`.
    group : (U,) int
        Slice of each user.
    caps, floors : (K,)
        Most and least share of a cell's time.
    """
    slices = len(caps)
    place, asked = cell * slices + group, np.minimum(need, 2.0)

    def taken(most: np.ndarray) -> np.ndarray:
        time = np.bincount(place, np.minimum(asked, most[cell]), cells * slices)
        return time.reshape(cells, slices)

    low, high = np.zeros(cells), np.full(cells, 2.0)
    wanted = taken(high)
    most = np.minimum(wanted, caps)
    least = np.minimum(most, floors)
    if (most.sum(axis=1) > 1).any():
        for _ in range(HALVINGS):
            level = (low + high) / 2
            is_over = np.clip(taken(level), least, most).sum(axis=1) > 1
            low, high = np.where(is_over, low, level), np.where(is_over, level, high)
    else:
        low = high
    budget = np.clip(taken(low), least, most)
    return time_shares(need, place, cells * slices, budget.ravel())
