"""What features measure of long arrays, in one pass over some of their entries."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def spread(
    values: np.ndarray, step: int
) -> tuple[float, float, float, float, float]:  # pragma: no cover
    """Mean, standard deviation, mean size, largest and share above 0 of (n,) values.

    Infinite values are left out of all but the share; all are 0 without any.
    """
    total, square, size, largest, above = 0.0, 0.0, 0.0, 0.0, 0
    count, seen = 0, 0
    for k in range(0, len(values), step):
        value = float(values[k])
        seen += 1
        above += value > 0
        if not np.isfinite(value):
            continue
        total += value
        size += abs(value)
        largest = max(largest, value) if count else value
        count += 1
    if count == 0:
        return 0.0, 0.0, 0.0, 0.0, above / max(seen, 1)
    mean = total / count
    for k in range(0, len(values), step):
        value = float(values[k])
        if np.isfinite(value):
            square += (value - mean) ** 2
    return mean, np.sqrt(square / count), size / count, largest, above / seen


@njit(cache=True, error_model="numpy")
def likeness(
    first: np.ndarray, second: np.ndarray, step: int
) -> float:  # pragma: no cover
    """Correlation of two arrays (n,); 0 where one does not vary."""
    mean_a, mean_b, count = 0.0, 0.0, 0
    for k in range(0, len(first), step):
        mean_a += first[k]
        mean_b += second[k]
        count += 1
    if count == 0:
        return 0.0
    mean_a, mean_b = mean_a / count, mean_b / count
    both, own_a, own_b = 0.0, 0.0, 0.0
    for k in range(0, len(first), step):
        a, b = first[k] - mean_a, second[k] - mean_b
        both, own_a, own_b = both + a * b, own_a + a * a, own_b + b * b
    whole = np.sqrt(own_a * own_b)
    return both / whole if whole > 0 else 0.0


@njit(cache=True, error_model="numpy")
def decades(values: np.ndarray, step: int) -> float:  # pragma: no cover
    """Standard deviation of the log10 of the positive finite values (n,)."""
    total, square, count = 0.0, 0.0, 0
    for k in range(0, len(values), step):
        value = values[k]
        if value > 0 and np.isfinite(value):
            level = np.log10(value)
            total += level
            square += level * level
            count += 1
    if count == 0:
        return 0.0
    mean = total / count
    return np.sqrt(max(square / count - mean * mean, 0.0))


@njit(cache=True, error_model="numpy")
def unevenness(member: np.ndarray, step: int, length: int) -> float:  # pragma: no cover
    """Standard deviation over mean of how often each of (length,) names stands there.

    ``member`` (E, 2) has two names a row, of which every ``step``-th is looked at.
    """
    if len(member) == 0:
        return 0.0
    count = np.zeros(length, np.int64)
    for k in range(0, len(member), step):
        count[member[k, 0]] += 1
    total, square, seen = 0.0, 0.0, 0
    for k in range(length):
        if count[k]:
            total += count[k]
            square += count[k] * count[k]
            seen += 1
    mean = total / seen
    return np.sqrt(max(square / seen - mean * mean, 0.0)) / mean


@njit(cache=True, error_model="numpy")
def fading(
    rate: np.ndarray, step: int
) -> tuple[float, float, float]:  # pragma: no cover
    """Of rates (U, N): mean, mean deviation within rows, deviation of their means."""
    total, square, within, count = 0.0, 0.0, 0.0, 0
    for u in range(0, len(rate), step):
        mean = rate[u].mean()
        apart = 0.0
        for value in rate[u]:
            apart += (value - mean) ** 2
        within += np.sqrt(apart / rate.shape[1])
        total += mean
        square += mean * mean
        count += 1
    mean = total / count
    return mean, within / count, np.sqrt(max(square / count - mean * mean, 0.0))


@njit(cache=True, error_model="numpy")
def coupling(
    gain: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    own: np.ndarray,
    alone: np.ndarray,
) -> tuple[float, ...]:  # pragma: no cover
    """What some links get of others: gains from ``start`` to ``stop`` (R,), own (R,).

    Medians and standard deviations of the log10 of SNRs ``alone`` (R,), and of the sum
    of all other gains over the own; and how many others are above a tenth of the own.
    """
    rows = len(own)
    strength, level = np.empty(rows), np.empty(rows)
    louder = 0
    for r in range(rows):
        total = 0.0
        for k in range(start[r], stop[r]):
            total += gain[k]
            louder += gain[k] > 0.1 * own[r]
        relative = (total - own[r]) / own[r] if own[r] > 0 else 1e12
        level[r] = np.log10(min(max(relative, 1e-12), 1e12))
        strength[r] = np.log10(min(max(alone[r], 1e-12), 1e12))
    return (
        np.median(strength),
        strength.std(),
        np.median(level),
        level.std(),
        louder / rows,
    )


@njit(cache=True, error_model="numpy")
def least_load(
    start: np.ndarray, load: np.ndarray, step: int
) -> float:  # pragma: no cover
    """Mean over every ``step``-th user of the least load (E,) among its candidates."""
    total, count = 0.0, 0
    for user in range(0, len(start) - 1, step):
        first, stop = start[user], start[user + 1]
        if stop > first:
            total += load[first:stop].min()
            count += 1
    return total / max(count, 1)
