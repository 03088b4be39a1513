"""Trees of boxes: shared between two, nothing is lost and the best stays on top."""

import numpy as np
import pytest

from formulations.kernels import box_tree
from formulations.kernels.box_tree import Tree, first_free, pop, push, share, tree_of


def put(tree: Tree, bound: float) -> None:
    """Put a box with this bound into a tree; its range tells it, too."""
    slot = first_free(tree)
    tree.bound[slot] = bound
    tree.low[slot] = tree.high[slot] = tree.point[slot] = tree.at[slot] = bound
    tree.branch[slot] = 0
    push(tree)


def emptied(tree: Tree) -> list[float]:
    """Bounds of all boxes in the order in which they are taken."""
    found = []
    while tree.heap[0]:
        slot = pop(tree)
        for values in (tree.low, tree.high, tree.point, tree.at):
            assert (values[slot] == tree.bound[slot]).all()
        found.append(float(tree.bound[slot]))
    return found


@pytest.mark.parametrize("boxes", [1, 2, 9, 40])
def test_half_of_the_boxes_move(monkeypatch, boxes):
    """Also where both had others before: highest bound first, each box once."""
    monkeypatch.setattr(box_tree, "MEMORY", 0)  # 256 slots
    rng = np.random.default_rng(boxes)
    tree, other = tree_of(3), tree_of(3)
    for used in (tree, other):
        for bound in rng.uniform(size=30):
            put(used, bound)
        emptied(used)
    bounds = rng.uniform(size=boxes)
    for bound in bounds:
        put(tree, bound)
    share(tree, other)
    kept, moved = emptied(tree), emptied(other)
    assert len(moved) == boxes // 2
    assert kept == sorted(kept, reverse=True)
    assert moved == sorted(moved, reverse=True)
    assert sorted(kept + moved) == sorted(bounds)
