"""Exact water-filling over parallel channels."""

from typing import Any

import numpy as np
from numba import njit

from twins.declaration import FieldError

MOST_STEPS = 200  # of the level; Newton's steps end after about ten
FREE = {"reassoc", "contract", "nsz", "nnan"}  # to vectorize; infinities keep meaning
CLOSE = 1e-15  # relative change of a level that is the last


def water_filling(quality: np.ndarray, limit: Any, total: np.ndarray) -> np.ndarray:
    """Power (L, N) W that maximizes ``sum log(1 + quality p)`` in each row, exactly.

    The power used is piecewise linear in the water level. Newton's method on it ends at
    the level itself after a few passes without sorting [1]_, [2]_; where limits make
    it leave the interval that holds the level, the interval is halved.

    Parameters
    ----------
    quality : (L, N) 1/W
        Gain over noise.
    limit : (L, N) or float W
        Of each block, may be infinite.
    total : (L,) W
        Of each row, finite.

    Raises
    ------
    FieldError
        If the shapes do not fit.

    References
    ----------
    .. [1] D. P. Palomar, J. R. Fonollosa, "Practical algorithms for a family of
       waterfilling solutions", IEEE TSP 53(2), 2005.
       https://doi.org/10.1109/TSP.2004.840816
    .. [2] L. Condat, "Fast projection onto the simplex and the l1 ball", Mathematical
       Programming 158, 2016. https://doi.org/10.1007/s10107-015-0946-6
    """
    quality = np.ascontiguousarray(quality, dtype=np.float64)
    if quality.ndim != 2:
        shape = f"shape {quality.shape}"
        raise FieldError("water_filling.quality", None, shape, "of shape (L, N)")
    total = np.ascontiguousarray(total, dtype=np.float64)
    if total.shape != quality.shape[:1]:
        allowed = f"of shape ({len(quality)},)"
        raise FieldError("water_filling.total", None, f"shape {total.shape}", allowed)
    power = np.empty_like(quality)
    if np.ndim(limit) == 0 and np.isinf(limit):
        fill_unlimited(quality, total, power)
        return power
    try:
        limit = np.ascontiguousarray(np.broadcast_to(limit, quality.shape), np.float64)
    except ValueError:
        found, allowed = f"shape {np.shape(limit)}", f"of shape {quality.shape}"
        raise FieldError("water_filling.limit", None, found, allowed) from None
    fill(quality, limit, total, power)
    return power


@njit(cache=True, fastmath=FREE, error_model="numpy")
def fill(quality, limit, total, power):  # pragma: no cover
    """Write the powers of every row."""
    blocks = quality.shape[1]
    bottom = np.empty(blocks)
    for i in range(len(total)):
        own = limit[i]
        most = 0.0
        for n in range(blocks):
            bottom[n] = 1.0 / quality[i, n]  # infinite without gain
            most += own[n] if bottom[n] < np.inf else 0.0
        if most <= total[i]:
            for n in range(blocks):
                power[i, n] = own[n] if bottom[n] < np.inf else 0.0
            continue
        level = level_of(bottom, own, total[i])
        for n in range(blocks):
            power[i, n] = min(max(level - bottom[n], 0.0), own[n])


@njit(cache=True, fastmath=FREE, error_model="numpy")
def fill_unlimited(quality, total, power):  # pragma: no cover
    """Write the powers of every row where only their sum is limited.

    The power used is convex in the level, so Newton's steps come down to it.
    """
    blocks = quality.shape[1]
    bottom = np.empty(blocks)
    for i in range(len(total)):
        lowest = np.inf
        for n in range(blocks):
            bottom[n] = 1.0 / quality[i, n]
            lowest = min(lowest, bottom[n])
        level, active = lowest + total[i], 0
        if lowest == np.inf:
            level = 0.0
        for _ in range(blocks):
            below, count = 0.0, 0
            for n in range(blocks):
                wet = bottom[n] < level
                below += bottom[n] if wet else 0.0
                count += 1 if wet else 0
            if count == active or count == 0:
                break
            level, active = (total[i] + below) / count, count
        for n in range(blocks):
            power[i, n] = max(level - bottom[n], 0.0)


@njit(cache=True, fastmath=FREE, error_model="numpy")
def level_of(bottom, own, total):  # pragma: no cover
    """Level at which limited powers add up to ``total``, less than all limits do."""
    low, high = np.inf, 0.0
    for n in range(len(bottom)):
        low = min(low, bottom[n])
        top = bottom[n] + min(own[n], total)
        high = max(high, top if bottom[n] < np.inf else 0.0)
    level = min(low + total, high)
    for _ in range(MOST_STEPS):
        used, inside = 0.0, 0
        for n in range(len(bottom)):
            depth = level - bottom[n]
            used += min(max(depth, 0.0), own[n])
            inside += 1 if (depth > 0.0) & (depth < own[n]) else 0
        if used > total:
            high = level
        else:
            low = level
        goal = level - (used - total) / max(inside, 1)
        if inside > 0 and abs(goal - level) <= CLOSE * level:
            return goal
        if inside == 0 or not low < goal < high:
            goal = 0.5 * (low + high)
            if high - low <= CLOSE * level:
                return goal
        level = goal
    return level
