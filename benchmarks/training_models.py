"""Forests from cases: extra trees whose leaves hold the curves of a method."""

from collections.abc import Sequence

import numpy as np

from benchmarks.selection_cases import NO_ANSWER, Case, Path
from rrm.selection.features import LOOKS, names_of
from rrm.selection.forest import LEAF, Forest
from rrm.selection.models import TIERS, Model
from rrm.selection.schedule import GRID

TREES = 12
LEAST_IN_LEAF = 2
LEAST_CASES = 4  # fewer tell nothing about a method
POWER = 0.5  # of gaps in training: errors of small ones count, too


def curve_of(path: Path, tier: float) -> np.ndarray:
    """Gaps (2 P,) of answers, then of bounds, at the times of the grid."""
    points = [path.at(float(time)) for time in GRID * tier]
    gaps = [NO_ANSWER if np.isinf(gap) else gap for gap, _ in points]
    return np.array(gaps + [proof for _, proof in points])


def fit(problem: str, cases: Sequence[Case], seed: int = 0) -> Model:
    """Model of one problem class; methods in fewer than ``LEAST_CASES`` have none.

    Parameters
    ----------
    problem : str
        Name of the class.
    cases : sequence of Case
        Of that class.
    seed : int
        Of the trees.
    """
    kind = next(kind for kind in LOOKS if kind.__name__ == problem)
    table = np.array([case.features for case in cases], dtype=np.float32)
    methods = sorted({name for case in cases for name in case.methods})
    grown = Grown(2 * len(GRID))
    roots = np.full((len(TIERS), len(methods), TREES), -1, np.int32)
    for t, tier in enumerate(TIERS):
        for m, method in enumerate(methods):
            rows, curves = [], []
            for row, case in enumerate(cases):
                path = case.path(method, float(tier))
                if path is not None:
                    rows.append(row)
                    curves.append(curve_of(path, float(tier)))
            if len(rows) >= LEAST_CASES:
                roots[t, m] = grown.add(table[rows], np.array(curves), seed)
    return Model(
        names_of(kind),
        tuple(methods),
        table.min(axis=0).astype(float),
        table.max(axis=0).astype(float),
        Forest(roots, *grown.arrays()),
    )


class Grown:
    """Trees, appended one after the other to flat arrays.

    Parameters
    ----------
    points : int
        Numbers that a leaf predicts.
    """

    def __init__(self, points: int) -> None:
        self._points = points
        self._feature: list[int] = []
        self._threshold: list[float] = []
        self._child: list[int] = []
        self._value: list[np.ndarray] = []

    def add(self, features: np.ndarray, curves: np.ndarray, seed: int) -> list[int]:
        """Grow a forest from features (I, F) to curves (I, P); its roots (K,)."""
        from sklearn.ensemble import ExtraTreesRegressor

        forest = ExtraTreesRegressor(
            TREES, min_samples_leaf=LEAST_IN_LEAF, max_features=0.7, random_state=seed
        )
        forest.fit(features, curves**POWER)
        return [
            self._append(tree.tree_, tree.apply(features), curves)
            for tree in forest.estimators_
        ]

    def _append(self, tree, leaves: np.ndarray, curves: np.ndarray) -> int:
        """Copy a tree whose leaves take the mean of the curves that end there."""
        root = self._new()
        stack = [(0, root)]
        while stack:
            theirs, ours = stack.pop()
            if tree.children_left[theirs] < 0:
                self._child[ours] = len(self._value)
                self._value.append(curves[leaves == theirs].mean(axis=0))
                continue
            first, second = self._new(), self._new()
            self._feature[ours] = int(tree.feature[theirs])
            self._threshold[ours] = float(tree.threshold[theirs])
            self._child[ours] = first
            stack.append((int(tree.children_left[theirs]), first))
            stack.append((int(tree.children_right[theirs]), second))
        return root

    def _new(self) -> int:
        self._feature.append(LEAF)
        self._threshold.append(0.0)
        self._child.append(0)
        return len(self._feature) - 1

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Features, thresholds, children and values of all nodes, as in a forest."""
        return (
            np.array(self._feature, np.int16),
            np.array(self._threshold, np.float32),
            np.array(self._child, np.int32),
            np.array(self._value, np.float32).reshape(-1, self._points),
        )
