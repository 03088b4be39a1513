"""SINR of every user in one pass over the gains."""

import numpy as np
from numba import njit

from twins.declaration import FieldError

# the sums may be reordered to vectorize; NaN and infinities keep their meaning
REASSOCIATE = {"reassoc", "contract", "nsz"}


def sinr(
    gain: np.ndarray, power: np.ndarray, noise: np.ndarray, cell: np.ndarray
) -> np.ndarray:
    """SINR (U,) of users served by ``cell``, all cells transmitting.

    Bound by the memory that holds ``gain``. The own cell is left out of the sum rather
    than subtracted from it: a strong signal would drown noise and interference [1]_.

    Parameters
    ----------
    gain : (U, B)
        Linear path gains, float64 and C-contiguous (else copied).
    power : (B,) W
        Of each cell.
    noise : (U,) W
        At each user, over the band that ``power`` fills.
    cell : (U,) int
        Serving cell, -1 for none: SINR 0.

    Returns
    -------
    (U,) float
        Linear SINR.

    Raises
    ------
    FieldError
        On a wrong shape, noise or power out of range, or a cell that does not exist.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
       2002, sections 1.7 and 4.2. https://doi.org/10.1137/1.9780898718027
    """
    gain = np.ascontiguousarray(gain, dtype=np.float64)
    if gain.ndim != 2:
        raise FieldError("sinr.gain", None, f"shape {gain.shape}", "of shape (U, B)")
    users, cells = gain.shape
    power = _checked("power", power, cells, open_low=False)
    noise = _checked("noise", noise, users, open_low=True)
    cell = np.asarray(cell)
    if cell.shape != (users,) or (cell.dtype.kind not in "iu" and users):
        found = f"{cell.dtype} of shape {cell.shape}"
        raise FieldError("sinr.cell", None, found, f"integers of shape ({users},)")
    wrong = (cell < -1) | (cell >= cells)
    if wrong.any():
        first = int(np.argmax(wrong))
        allowed = f"an integer in [-1, {cells - 1}]"
        raise FieldError("sinr.cell", (first,), cell[first].item(), allowed)
    result = np.empty(users)
    _sinr(gain, power, noise, cell.astype(np.intp, copy=False), result)
    return result


def _checked(name: str, values: np.ndarray, length: int, *, open_low: bool):
    """Return ``values`` (length,) as float64 if finite and in range."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.shape != (length,):
        found = f"shape {values.shape}"
        raise FieldError(f"sinr.{name}", None, found, f"of shape ({length},)")
    inside = (values > 0 if open_low else values >= 0) & np.isfinite(values)
    if not inside.all():
        first = int(np.argmin(inside))
        allowed = f"finite, in {'(' if open_low else '['}0, inf) W"
        raise FieldError(f"sinr.{name}", (first,), values[first].item(), allowed)
    return values


@njit(cache=True, fastmath=REASSOCIATE, error_model="numpy")
def _sinr(gain, power, noise, cell, result):  # pragma: no cover
    """Write the SINR of each user of ``gain`` (U, B) to ``result`` (U,)."""
    users, cells = gain.shape
    others = power.copy()  # with the own cell's power taken out in turn
    for u in range(users):
        own = cell[u]
        if own < 0:
            result[u] = 0.0
            continue
        mine = others[own]
        others[own] = 0.0
        heard = 0.0
        for b in range(cells):
            heard += gain[u, b] * others[b]
        others[own] = mine
        result[u] = gain[u, own] * mine / (noise[u] + heard)
