"""Ascending order of many numbers, faster than by comparisons alone."""

import numpy as np
from numba import njit

FEW = 100  # numbers, below which counting them by parts of their bits does not pay
BITS = 8  # looked at in a pass; the last 8 of 32 are left to the end


@njit(cache=True, error_model="numpy")
def ascending(key):  # pragma: no cover
    """Order (n,) in which ``key`` (n,) ascends; equal ones as they come.

    By the leading bits of single precision, the least significant first, and the little
    that is left by insertion: D. E. Knuth, "The Art of Computer Programming" 3, 1998,
    sections 5.2.5 and 5.2.1.
    """
    number = len(key)
    if number < FEW:
        return np.argsort(key, kind="mergesort")
    bits = (key + 0.0).astype(np.float32).view(np.uint32)  # -0.0 becomes 0.0
    top = np.uint32(1 << 31)
    for i in range(number):
        bits[i] = ~bits[i] if bits[i] & top else bits[i] | top
    order, other = np.arange(number), np.empty(number, np.int64)
    count = np.empty((1 << BITS) + 1, np.int64)
    for shift in range(BITS, 32, BITS):
        count[:] = 0
        for i in range(number):
            count[((bits[i] >> shift) & ((1 << BITS) - 1)) + 1] += 1
        for part in range(1 << BITS):
            count[part + 1] += count[part]
        for i in order:
            part = (bits[i] >> shift) & ((1 << BITS) - 1)
            other[count[part]] = i
            count[part] += 1
        order, other = other, order
    for place in range(1, number):
        i, k = order[place], place
        while k > 0 and key[order[k - 1]] > key[i]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = i
    return order
