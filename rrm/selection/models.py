"""Models that ship: which quality each method reaches by when, from features."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formulations.problem import Problem
from rrm.selection.features import names_of
from rrm.selection.forest import Forest, predict

FOLDER = Path(__file__).parent / "data"
TIERS = np.array([0.01, 0.1, 1.0, 10.0])
"""Limits of time in s that there are models for."""
MARGIN = 0.1
"""Part of its range by which a feature may leave it."""


class Model(NamedTuple):
    """Forests of one problem class.

    Attributes
    ----------
    features : tuple of str
        Names (F,) that it was trained with.
    methods : tuple of str
        Names (M,) of the methods that it knows.
    low, high : (F,)
        Range of each feature in training.
    forest : Forest
        Curves of gaps to the best known value: of answers, then of bounds.
    """

    features: tuple[str, ...]
    methods: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    forest: Forest

    def outside(self, features: np.ndarray) -> str:
        """Name of a feature (F,) that is outside the training range, empty if none."""
        margin = MARGIN * (self.high - self.low)
        within = (features >= self.low - margin) & (features <= self.high + margin)
        return "" if within.all() else self.features[int(np.argmin(within))]

    def curves(
        self, features: np.ndarray, seconds: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Expected gaps (M, P) of answers and of bounds over time, and the reach.

        The reach is the time ``seconds`` as a part of the tier that the curves are of;
        methods without a model are nan.
        """
        tier = min(int(np.searchsorted(TIERS, 0.999 * seconds)), len(TIERS) - 1)
        root = self.forest.root[tier]
        found = predict(root, *self.forest[1:], features.astype(np.float32))
        points = found.shape[1] // 2
        reach = min(seconds / TIERS[tier], 1.0)
        return found[:, :points], found[:, points:], float(reach)


@cache
def model_of(problem: type[Problem]) -> Model | None:
    """Model of a problem class, None where there is none that fits its features."""
    path = FOLDER / f"{problem.__name__}.npz"
    return read_model(path, names_of(problem)) if path.exists() else None


def read_model(path: Path, features: tuple[str, ...]) -> Model | None:
    """Model in a file, None if it was trained with other features."""
    with np.load(path, allow_pickle=False) as data:
        known = tuple(str(name) for name in data["features"])
        if known != features:
            return None
        forest = Forest(
            data["root"],
            data["feature"],
            data["threshold"],
            data["child"],
            data["value"].astype(np.float32),
        )
        methods = tuple(str(name) for name in data["methods"])
        return Model(known, methods, data["low"], data["high"], forest)


def write_model(path: Path, model: Model) -> None:
    """Write what :func:`read_model` reads; values are kept in half precision."""
    forest = model.forest._asdict()
    forest["value"] = forest["value"].astype(np.float16)
    np.savez_compressed(
        path,
        features=np.array(model.features),
        methods=np.array(model.methods),
        low=model.low,
        high=model.high,
        **forest,
    )
