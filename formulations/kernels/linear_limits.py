"""Linear limits ``rows p <= allowed`` on boxes of powers: cuts, prices, rounding.

``box`` holds ``rows`` (C, L) and ``allowed`` (C,).
"""

from numba import njit

WIDE = 1e-9  # of a row's size, by which it may be exceeded before it rules a box out
STRICT = 5e-10  # of a row's size, which a point must keep off it


@njit(cache=True, error_model="numpy")
def allows(power, box):  # pragma: no cover
    """Whether ``power`` (L,) keeps strictly off every linear constraint."""
    for c in range(len(box.allowed)):
        used, size = 0.0, abs(box.allowed[c])
        for j in range(len(power)):
            used += box.rows[c, j] * power[j]
            size += abs(box.rows[c, j] * power[j])
        if used > box.allowed[c] - STRICT * size:
            return False
    return True


@njit(cache=True, error_model="numpy")
def propagate(low, high, box):  # pragma: no cover
    """Cut ranges by each linear constraint; whether the box may hold a point."""
    for c in range(len(box.allowed)):
        least, size = 0.0, abs(box.allowed[c])
        for j in range(len(low)):
            factor = box.rows[c, j]
            least += factor * (low[j] if factor > 0.0 else high[j])
            size += abs(factor) * high[j]
        spare = box.allowed[c] + WIDE * size - least
        if spare < 0.0:
            return False
        for j in range(len(low)):
            factor = box.rows[c, j]
            if factor > 0.0:
                high[j] = min(high[j], low[j] + spare / factor)
            elif factor < 0.0:
                low[j] = max(low[j], high[j] + spare / factor)
    return True


@njit(cache=True, error_model="numpy")
def is_held(j, sign, box):  # pragma: no cover
    """Whether a linear constraint may forbid to move power ``j`` by ``sign``."""
    held = False
    for c in range(len(box.allowed)):
        held = held or box.rows[c, j] * sign > 0.0
    return held


@njit(cache=True, error_model="numpy")
def priced(low, high, point, rise, box):  # pragma: no cover
    """What a price on the best linear constraint takes off the linear bound.

    ``rise (p - point)`` over the box has its maximum at an end of each range. With a
    price on a row, any price >= 0 gives a bound; the best is where a power turns.
    """
    links = len(low)
    plain = 0.0
    for j in range(links):
        plain += rise[j] * ((high[j] if rise[j] > 0.0 else low[j]) - point[j])
    saved = 0.0
    for c in range(len(box.allowed)):
        used, there, size = 0.0, 0.0, abs(box.allowed[c])
        for j in range(links):
            used += box.rows[c, j] * (high[j] if rise[j] > 0.0 else low[j])
            there += box.rows[c, j] * point[j]
            size += abs(box.rows[c, j]) * high[j]
        spare = box.allowed[c] + WIDE * size
        if used <= spare:
            continue
        for k in range(links):
            if box.rows[c, k] == 0.0 or rise[k] / box.rows[c, k] <= 0.0:
                continue
            price = rise[k] / box.rows[c, k]
            worth = price * (spare - there)
            for j in range(links):
                slope = rise[j] - price * box.rows[c, j]
                worth += slope * ((high[j] if slope > 0.0 else low[j]) - point[j])
            saved = max(saved, plain - worth)
    return saved


@njit(cache=True, error_model="numpy")
def last_allowed(inside, goal, result, box):  # pragma: no cover
    """Go from ``inside``, which is allowed, towards ``goal`` as far as limits let."""
    part = 1.0
    for c in range(len(box.allowed)):
        used, more, size = 0.0, 0.0, abs(box.allowed[c])
        for j in range(len(inside)):
            used += box.rows[c, j] * inside[j]
            more += box.rows[c, j] * (goal[j] - inside[j])
            size += abs(box.rows[c, j]) * max(inside[j], goal[j])
        spare = box.allowed[c] - STRICT * size - used
        if more > spare:
            part = min(part, max(spare, 0.0) / more)
    for j in range(len(inside)):
        result[j] = inside[j] + part * (goal[j] - inside[j])
