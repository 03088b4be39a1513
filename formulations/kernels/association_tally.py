"""One pass over the users: where each link is stored, and what cells then carry."""

from numba import njit


@njit(cache=True, error_model="numpy")
def find(u, b, start, cell):  # pragma: no cover
    """Entry of user ``u`` at cell ``b``, -1: none."""
    guess = start[u] + b
    if guess < start[u + 1] and cell[guess] == b:  # where all are candidates
        return guess
    found = -1
    for e in range(start[u], start[u + 1]):  # to the end: nothing to predict
        found = e if cell[e] == b else found
    return found


@njit(cache=True, error_model="numpy")
def find_all(known, start, cell, entry):  # pragma: no cover
    """Fill ``entry`` (U,) with that of each user's cell ``known`` (U,), -1: none."""
    for u in range(len(known)):
        entry[u] = find(u, known[u], start, cell) if known[u] >= 0 else -1


@njit(cache=True, error_model="numpy")
def tally(served, start, cell, load, utility, entry, carried):  # pragma: no cover
    """Fill ``entry`` (U,), -1 without link; add to ``carried`` (3, B); count the lost.

    A user is served by the cell ``served`` (U,), -1 for none. ``carried`` are load,
    utility and number of users. Lost are those whose cell is no candidate: entry -1.
    """
    lost = 0
    for u in range(len(served)):
        b = served[u]
        entry[u] = -1
        if b < 0:
            continue
        found = find(u, b, start, cell)
        entry[u] = found
        if found < 0:
            lost += 1
            continue
        carried[0, b] += load[entry[u]]
        carried[1, b] += utility[entry[u]]
        carried[2, b] += 1.0
    return lost
