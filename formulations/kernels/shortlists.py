"""The entries of each user that matter at given prices, as a search takes them."""

import numpy as np
from numba import njit

from formulations.association import read_only
from formulations.kernels.ejection import Chains, chains_of

MOST = 9  # entries of a user that a search looks at
ROOM = 1e-10  # relative, so that rounding of sums does not make a full cell overloaded
BOUNDLESS = 1e300
NOBODY, BEST = -1, -2  # in place of an entry


def chains_at(
    entries: tuple[np.ndarray, ...],
    capacity: np.ndarray,
    price: np.ndarray,
    must_serve: bool,
    chosen: np.ndarray,
    seed: int,
) -> tuple[Chains, float]:
    """Chains over the best entries of each user, and what second best costs.

    Parameters
    ----------
    entries : tuple
        start (U + 1,), cell, value, load (E,), each user's together.
    capacity, price : (B,)
        Of each cell; price of a unit of load, 0 where the capacity is infinite.
    must_serve : bool
        Otherwise every user may also be at the cell B, which stands for nobody.
    chosen : (U,)
        Entry of each user to begin with: ``NOBODY``, or ``BEST`` at these prices.
    seed : int
        For random numbers.

    Returns
    -------
    tuple of Chains and float
        The median loss of users who take their second best entry.

    Raises
    ------
    ValueError
        If a user who must be served has no entry that fits into an empty cell.
    """
    start, cell, value, load, chosen = map(read_only, (*entries, chosen))
    room = np.append(capacity * (1 + ROOM), BOUNDLESS)
    worth = np.append(price, 0.0)
    users, most = len(start) - 1, MOST + (not must_serve)
    starts, cells = np.empty(users + 1, np.int64), np.empty(users * most, np.int64)
    values, loads = np.empty(users * most), np.empty(users * most)
    kept = starts, cells, values, loads
    first = np.empty(users, np.int64)
    shortlist(start, cell, value, load, room, worth, must_serve, chosen, kept, first)
    if (np.diff(starts) == 0).any():
        raise ValueError("a user fits nowhere")
    start, count = starts, int(starts[-1])
    cell, value, load = cells[:count].copy(), values[:count], loads[:count]
    reduced = value - worth[cell] * load
    several = np.flatnonzero(np.diff(start) > 1)
    loss = reduced[start[several]] - reduced[start[several] + 1]
    typical = float(np.median(loss)) if several.size else 0.0
    typical = typical or 1e-3 * float(np.abs(value).max())
    size = np.bincount(cell, load, len(room)) / np.maximum(
        np.bincount(cell, minlength=len(room)), 1
    )
    least = np.where(size > 0, typical / np.where(size > 0, size, 1.0), typical)
    s = chains_of(start, cell, value, load, room, worth, least, first, seed)
    return s, typical


@njit(cache=True, error_model="numpy")
def shortlist(
    start, cell, value, load, room, worth, must_serve, chosen, kept, first
):  # pragma: no cover
    """Fill ``kept`` with each user's best entries, sorted; its own go to ``first``."""
    kept_start, kept_cell, kept_value, kept_load = kept
    order = np.empty(MOST, np.int64)
    keys = np.empty(MOST)
    at = 0
    for u in range(len(start) - 1):
        count = 0
        own = chosen[u]
        if own >= 0 and load[own] > room[cell[own]]:
            own = -1
        for e in range(start[u], start[u + 1]):
            key = value[e] - worth[cell[e]] * load[e]
            if load[e] > room[cell[e]]:
                continue
            if count == MOST and key <= keys[count - 1]:
                continue
            k = count if count < MOST else MOST - 1
            while k > 0 and keys[k - 1] < key:
                order[k], keys[k] = order[k - 1], keys[k - 1]
                k -= 1
            order[k], keys[k] = e, key
            count = min(count + 1, MOST)
        if own >= 0 and not (order[:count] == own).any():
            order[count - 1] = own
            keys[count - 1] = value[own] - worth[cell[own]] * load[own]
        kept_start[u] = at
        first[u] = -1
        nobody = not must_serve
        for k in range(count + 1):
            if nobody and (k == count or keys[k] <= 0.0):
                nobody = False
                kept_cell[at], kept_value[at], kept_load[at] = len(room) - 1, 0.0, 0.0
                if chosen[u] == NOBODY:
                    first[u] = at
                at += 1
            if k == count:
                break
            e = order[k]
            if e == own:
                first[u] = at
            kept_cell[at], kept_value[at], kept_load[at] = cell[e], value[e], load[e]
            at += 1
        if first[u] < 0:
            first[u] = kept_start[u]
    kept_start[len(start) - 1] = at
