"""Models with outcomes of calls among their training instances."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rrm.selection.features import ANSWERED
from rrm.selection.forest import LEAF, Forest
from rrm.selection.models import GRID, TIERS, Model
from rrm.selection.outcomes import Outcome

NEWEST = 256
"""Outcomes of a problem class that count: a plan goes through all of them."""


def refitted(model: Model, outcomes: Sequence[Outcome]) -> Model:
    """Model that knows ``outcomes`` as well, each as one more training instance.

    They come to the leaves that their features lead to, and count there as much as what
    the model was trained on. What a method that did not run would have reached is taken
    from the instances that are like it (as the forest sees it), so that a plan can
    compare all methods on each; where a method was stopped, from then on, and no worse
    than what it had reached.

    Parameters
    ----------
    model : Model
        Trained, of one problem class.
    outcomes : sequence of Outcome
        One or more of that class, with the model's features.
    """
    seen = {name for one in outcomes for name in one.curves}
    methods = (*model.methods, *sorted(seen - set(model.methods)))
    table = np.array([list(one.features.values()) for one in outcomes])
    tiers = np.array([TIERS.index(one.tier) for one in outcomes])
    answered = table[:, model.features.index(ANSWERED)] > 0
    kinds = table[:, model.kind_columns] > 0
    known = replace(
        model,
        methods=methods,
        low=np.minimum(model.low, table.min(axis=0)),
        high=np.maximum(model.high, table.max(axis=0)),
        forest=_grown(model, table, tiers),
        kinds=np.concatenate([model.kinds, kinds]),
        answered=np.concatenate([model.answered, answered]),
        curves=_observed(model, outcomes, methods, tiers),
    )
    return replace(known, curves=_filled(known, table, tiers))


def _grown(model: Model, table: np.ndarray, tiers: np.ndarray) -> Forest:
    """Forest with instances of ``table`` (R, F) in the leaves of their tier's trees."""
    forest = model.forest
    count = model.curves.shape[1]
    leaves = np.split(forest.member, forest.start[1:-1])
    added: dict[int, list[int]] = {}
    for number, (features, tier) in enumerate(zip(table, tiers, strict=True)):
        for root in forest.root[tier]:
            added.setdefault(_leaf(forest, root, features), []).append(count + number)
    for leaf, members in added.items():
        leaves[leaf] = np.concatenate([leaves[leaf], np.array(members, np.int32)])
    start = np.cumsum([0, *(len(leaf) for leaf in leaves)]).astype(np.int32)
    return forest._replace(start=start, member=np.concatenate(leaves))


def _leaf(forest: Forest, node: int, features: np.ndarray) -> int:
    features = features.astype(np.float32)
    while forest.feature[node] != LEAF:
        goes_on = features[forest.feature[node]] <= forest.threshold[node]
        node = forest.child[node] if goes_on else forest.child[node] + 1
    return int(forest.child[node])


def _observed(
    model: Model, outcomes: Sequence[Outcome], methods: tuple[str, ...], tiers
) -> np.ndarray:
    """Curves (T, I + R, M, 2, P): the model's, then what was seen; nan otherwise."""
    trained = model.curves.shape[1]
    shape = (len(TIERS), trained + len(outcomes), len(methods), 2, len(GRID))
    curves = np.full(shape, np.nan, np.float32)
    curves[:, :trained, : len(model.methods)] = model.curves
    for number, (one, tier) in enumerate(zip(outcomes, tiers, strict=True)):
        for name, curve in one.curves.items():
            curves[tier, trained + number, methods.index(name)] = curve
    return curves


def _filled(model: Model, table: np.ndarray, tiers: np.ndarray) -> np.ndarray:
    """Curves in which what outcomes do not tell is what is expected of the like."""
    curves = model.curves.copy()
    trained = curves.shape[1] - len(table)
    for number, (features, tier) in enumerate(zip(table, tiers, strict=True)):
        seen = model.curves[tier]  # (I + R, M, 2, P)
        weight = model.likeness(features, int(tier))[:, None, None, None]
        there = ~np.isnan(seen)
        total = (weight * there).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = np.where(there, weight * seen, 0.0).sum(axis=0) / total
        own = curves[tier, trained + number]
        reached = np.fmin.accumulate(own, axis=2)  # the last that was seen goes on
        own[:] = np.where(np.isnan(own), np.fmin(expected, reached), own)
    return curves
