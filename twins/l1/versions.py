"""Versions of a learned part: which data made them, and how good they were."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LEAST_GAIN = 0.01  # share of the error by which a new version must be better


@dataclass(frozen=True, eq=False)
class Version:
    """A model that was in use, or was refused.

    Attributes
    ----------
    number : int
        From 1.
    model : object
        What predicts.
    first, last : float
        s, times of the data that it learned from.
    score : float
        Error on the data it was held against when it came; less is better.
    kept : bool
        Whether it came into use.
    """

    number: int
    model: Any
    first: float
    last: float
    score: float
    kept: bool


@dataclass(eq=False)
class Versions:
    """History of one learned part; the version in use is :attr:`current`."""

    history: list[Version] = field(default_factory=list)

    @property
    def current(self) -> Version | None:
        """The last version that was kept."""
        return next((one for one in reversed(self.history) if one.kept), None)

    def offer(
        self,
        model: Any,
        first: float,
        last: float,
        error: Callable[[Any], float],
    ) -> bool:
        """Take ``model`` into use if it is better than the current one.

        ``error`` scores a model on data that neither has learned from; both are
        scored on the same. An error that is NaN is never better.
        """
        score = error(model)
        current = self.current
        kept = score == score and (
            current is None or score < (1 - LEAST_GAIN) * error(current.model)
        )
        number = len(self.history) + 1
        self.history.append(Version(number, model, first, last, score, kept))
        return kept
