"""Models that ship: what each method reached by when, on instances like a problem."""

import os
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from formulations.problem import Problem
from rrm.selection.features import names_of
from rrm.selection.forest import Forest, likeness_to, of_kind

FOLDER = Path(__file__).parent / "data"
OWN_FOLDER = "RRM_MODELS"
"""Environment variable: folder of models that come before those that ship."""
TIERS = (0.01, 0.1, 1.0, 10.0)
"""Limits of time in s that there are models for."""
GRID = np.concatenate(
    ([0.003, 0.01, 0.02, 0.03, 0.045, 0.07, 0.1, 0.14], np.linspace(0.2, 1.0, 11))
)
"""Times (P,) of a curve, as parts of its tier."""
CAUTION = 0.6
"""Weight of all training instances that had no answer at once, where there is none."""
KIND = "is_"
"""Beginning of the names of features that tell kinds of problems apart."""
MARGIN = 0.5
"""Part of its range by which a feature may leave it."""


@dataclass(frozen=True, eq=False)
class Model:
    """Forest of one problem class, and the training instances that it leads to.

    Attributes
    ----------
    features : tuple of str
        Names (F,) that it was trained with.
    methods : tuple of str
        Names (M,) of the methods that it knows.
    low, high : (F,)
        Range of each feature in training.
    forest : Forest
        From features to training instances.
    kinds : (I, K) bool
        Features of each instance whose names begin with ``KIND``: its objective.
    answered : (I,)
        Whether the instance had an answer without a search.
    curves : (T, I, M, 2, P) float32
        By tier, instance and method: gaps of answers, above 1 without one, and of
        bounds to the best known value at the times of ``GRID``; nan where not run.
    """

    features: tuple[str, ...]
    methods: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    forest: Forest
    kinds: np.ndarray
    answered: np.ndarray
    curves: np.ndarray

    @cached_property
    def number(self) -> dict[str, int]:
        """Place of each method in ``methods``."""
        return {name: number for number, name in enumerate(self.methods)}

    @cached_property
    def kind_columns(self) -> np.ndarray:
        """Places (K,) of the features that tell kinds apart."""
        return np.array(kind_columns(self.features), np.intp)

    @cached_property
    def was_run(self) -> np.ndarray:
        """Whether (T, I, M) each method was run on an instance within a tier."""
        return ~np.isnan(self.curves[:, :, :, 0, 0])

    @cached_property
    def ever_run(self) -> list[list[bool]]:
        """Whether each method was run at all, by tier."""
        return [list(tier.any(axis=0)) for tier in self.was_run]

    @cached_property
    def range(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest value (F,) of features that the model has an answer for."""
        margin = MARGIN * (self.high - self.low)
        return self.low - margin, self.high + margin

    def outside(self, features: np.ndarray) -> str:
        """Name of a feature (F,) that is outside the training range, empty if none."""
        low, high = self.range
        features = features.astype(np.float32)  # as ranges are
        within = (features >= low) & (features <= high)
        return "" if within.all() else self.features[int(np.argmin(within))]

    def tier(self, seconds: float) -> tuple[int, float]:
        """Smallest tier that has ``seconds``, and what part of it they are."""
        place = min(bisect_left(TIERS, 0.999 * seconds), len(TIERS) - 1)
        return place, min(seconds / TIERS[place], 1.0)

    def likeness(self, features: np.ndarray, tier: int) -> np.ndarray:
        """Weights (I,) of the training instances that are like ``features`` (F,).

        Only those of its kind count, all of them if none is near; all kinds without.
        Where there is no answer yet, a part ``CAUTION`` goes to all such instances: a
        method that never answers costs more than one that is not the best.
        """
        forest, count = self.forest, self.curves.shape[1]
        found = likeness_to(
            forest.root[tier],
            forest.feature,
            forest.threshold,
            forest.child,
            forest.start,
            forest.member,
            features.astype(np.float32),
            count,
        )
        found = of_kind(found, self.kinds, self.kind_columns, features)
        open_ = ~self.answered
        if features[-1] or not open_.any():
            return found
        return (1 - CAUTION) * found + CAUTION * open_ / open_.sum()


@cache
def model_of(problem: type[Problem]) -> Model | None:
    """Model of a problem class, None where there is none that fits its features.

    Models in the folder that ``RRM_MODELS`` names come before those that ship.
    """
    name = f"{problem.__name__}.npz"
    own = os.environ.get(OWN_FOLDER)
    path = Path(own) / name if own else FOLDER / name
    path = path if path.exists() else FOLDER / name
    return read_model(path, names_of(problem)) if path.exists() else None


def read_model(path: Path, features: tuple[str, ...]) -> Model | None:
    """Model in a file, None if it was trained with other features."""
    with np.load(path, allow_pickle=False) as data:
        known = tuple(str(name) for name in data["features"])
        if known != features or "kinds" not in data:
            return None
        forest = Forest(*(data[name] for name in Forest._fields))
        methods = tuple(str(name) for name in data["methods"])
        curves = data["curves"].astype(np.float32)
        kinds, answered = data["kinds"], data["answered"]
        return Model(
            known, methods, data["low"], data["high"], forest, kinds, answered, curves
        )


def kind_columns(features: Sequence[str]) -> list[int]:
    """Places of the features that tell kinds of problems apart."""
    return [k for k, name in enumerate(features) if name.startswith(KIND)]


def write_model(path: Path, model: Model) -> None:
    """Write what :func:`read_model` reads; curves are kept in half precision."""
    np.savez_compressed(
        path,
        features=np.array(model.features),
        methods=np.array(model.methods),
        low=model.low,
        high=model.high,
        kinds=model.kinds,
        answered=model.answered,
        curves=model.curves.astype(np.float16),
        **model.forest._asdict(),
    )
