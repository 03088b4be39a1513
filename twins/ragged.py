"""Tuples of integer arrays of different lengths."""

from typing import Any

import numpy as np

from twins.declaration import FieldError, RaggedSpec


def as_ragged(label: str, spec: RaggedSpec, value: Any) -> tuple[np.ndarray, ...]:
    """Own read-only arrays; what is one object in ``value`` is one in the result.

    Raises
    ------
    FieldError
        On anything but integers in the range of ``spec``; names the first of them.
    """
    allowed = f"one array of integers for each {spec.axis}"
    try:
        given = list(value)
    except TypeError as error:
        raise FieldError(label, None, type(value).__name__, allowed) from error
    if not given:
        raise FieldError(label, None, "nothing", allowed)
    kept: dict[int, np.ndarray] = {}
    for place, part in enumerate(given):
        if id(part) not in kept:
            kept[id(part)] = _entries(label, spec, place, part)
    return tuple(kept[id(part)] for part in given)


def _entries(label: str, spec: RaggedSpec, place: int, part: Any) -> np.ndarray:
    values = np.asarray(part)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "iu"):
        found = f"array of {values.dtype}, shape {values.shape}"
        raise FieldError(label, (place,), found, "a flat array of integers")
    wrong = np.flatnonzero(values < spec.low)
    if wrong.size:
        first = int(wrong[0])
        raise FieldError(label, (place, first), int(values[first]), spec.allowed())
    own = np.array(values, np.intp)
    own.flags.writeable = False
    return own.view()
