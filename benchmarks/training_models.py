"""Forests from cases: extra trees whose splits tell apart who is good where."""

from collections.abc import Sequence

import numpy as np

from benchmarks.selection_cases import Case, Path, score
from rrm.selection.features import LOOKS, names_of
from rrm.selection.forest import LEAF, Forest
from rrm.selection.models import GRID, TIERS, Model, kind_columns
from rrm.selection.schedule import NO_ANSWER

TREES = 24
LEAST_IN_LEAF = 1
FEATURES = 0.7  # part of the features that a split is chosen from
WORST = 1.0  # excess of a method that does not apply, or of one without an answer


def fit(problem: str, cases: Sequence[Case], seed: int = 0) -> Model:
    """Model of one problem class.

    Trees learn by how much the score of each method exceeds that of the best, so that
    instances on which the same methods are good come to the same leaves.

    Parameters
    ----------
    problem : str
        Name of the class.
    cases : sequence of Case
        Of that class.
    seed : int
        Of the trees.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    kind = next(kind for kind in LOOKS if kind.__name__ == problem)
    table = np.array([case.features for case in cases], dtype=np.float32)
    methods = sorted({name for case in cases for name in case.methods})
    grown = Grown()
    roots = []
    for tier in TIERS:
        forest = ExtraTreesRegressor(
            TREES,
            min_samples_leaf=LEAST_IN_LEAF,
            max_features=FEATURES,
            random_state=seed,
        )
        forest.fit(table, excesses(cases, methods, float(tier)))
        roots.append(
            [grown.add(tree.tree_, tree.apply(table)) for tree in forest.estimators_]
        )
    return Model(
        names_of(kind),
        tuple(methods),
        table.min(axis=0).astype(float),
        table.max(axis=0).astype(float),
        Forest(np.array(roots, np.int32), *grown.arrays()),
        table[:, kind_columns(names_of(kind))] > 0,
        np.array([case.start is not None for case in cases]),
        np.array([curves(cases, methods, float(tier)) for tier in TIERS], np.float32),
    )


def excesses(cases: Sequence[Case], methods: list[str], tier: float) -> np.ndarray:
    """Square root (I, M) of what each method's score exceeds the best one's by."""
    found = np.full((len(cases), len(methods)), WORST)
    for row, case in zip(found, cases, strict=True):
        for m, method in enumerate(methods):
            if case.was_run(method, tier):
                row[m] = score(case, [(method, 1.0)], tier)
        row[:] = np.clip(row - row.min(), 0.0, WORST)
    return np.sqrt(found)


def curves(cases: Sequence[Case], methods: list[str], tier: float) -> np.ndarray:
    """Curves (I, M, 2, P) of one tier; nan where a method was not run."""
    found = np.full((len(cases), len(methods), 2, len(GRID)), np.nan)
    for row, case in zip(found, cases, strict=True):
        for m, method in enumerate(methods):
            path = case.path(method, tier)
            if path is not None and case.was_run(method, tier):
                row[m] = curve_of(path, tier)
    return found


def curve_of(path: Path, tier: float) -> np.ndarray:
    """Gaps (2, P) of answers and of bounds at the times of the grid."""
    points = [path.at(float(time)) for time in GRID * tier]
    gaps = [NO_ANSWER if np.isinf(gap) else gap for gap, _ in points]
    return np.array([gaps, [proof for _, proof in points]])


class Grown:
    """Trees, appended one after the other to flat arrays."""

    def __init__(self) -> None:
        self._feature: list[int] = []
        self._threshold: list[float] = []
        self._child: list[int] = []
        self._members: list[np.ndarray] = []

    def add(self, tree, leaves: np.ndarray) -> int:
        """Append a tree of scikit-learn whose instances (I,) end at ``leaves``.

        Returns
        -------
        int
            Its root.
        """
        root = self._new()
        stack = [(0, root)]
        while stack:
            theirs, ours = stack.pop()
            if tree.children_left[theirs] < 0:
                self._child[ours] = len(self._members)
                self._members.append(np.flatnonzero(leaves == theirs))
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
        """All of a forest but its roots."""
        sizes = [0, *(len(members) for members in self._members)]
        return (
            np.array(self._feature, np.int16),
            np.array(self._threshold, np.float32),
            np.array(self._child, np.int32),
            np.cumsum(sizes).astype(np.int32),
            np.concatenate(self._members).astype(np.int32),
        )
