"""Gains of a network to count on, and what a snapshot must know for a problem."""

from statistics import NormalDist
from typing import Any

import numpy as np

from formulations.problem import FieldError
from twins import TwinSnapshot


def margins(
    snapshot: TwinSnapshot, confidence: float | None, terms: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gains (U, B) to count on as signal, and to reckon with as interference."""
    if confidence is None or not snapshot.gain_std_db.size:
        return snapshot.gain, snapshot.gain.copy()
    quantile = NormalDist().inv_cdf(1 - (1 - confidence) / terms)
    margin = 10 ** (quantile * snapshot.gain_std_db / 10)
    return snapshot.gain / margin, snapshot.gain * margin


def raised(
    snapshot: TwinSnapshot, confidence: float | None, cells: np.ndarray
) -> np.ndarray | float:
    """Factor (L,) for gains to protected receivers: the cell's own largest error."""
    if confidence is None or not snapshot.gain_std_db.size:
        return 1.0
    quantile = NormalDist().inv_cdf(1 - (1 - confidence) / len(cells))
    return 10 ** (quantile * snapshot.gain_std_db[:, cells].max(axis=0) / 10)


def require(snapshot: TwinSnapshot, problem: type, *names: str) -> None:
    """Raise a :class:`FieldError` where a part that the problem needs is absent."""
    for name in names:
        if not getattr(snapshot, name).size:
            allowed = f"known for {problem.__name__}"
            raise FieldError(f"TwinSnapshot.{name}", None, "absent", allowed)


def given(**arrays: np.ndarray) -> dict[str, Any]:
    """Arrays that are not empty, as arguments; the others take their defaults."""
    return {name: values for name, values in arrays.items() if values.size}


def labels_of(**names: np.ndarray) -> dict[str, tuple[str, ...]]:
    """Names by axis, as text, of the axes that have any."""
    return {
        axis: tuple(str(name) for name in values)
        for axis, values in names.items()
        if values.size
    }
