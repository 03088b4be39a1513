"""Trees for cells that nobody measured."""

import numpy as np
import pytest

from twins.l1.unseen import cell_weight, learn_unseen


def test_a_column_counts_where_another_says_so():
    """20 dB more near a mast of the strong layer only: no sum of columns has that."""
    rng = np.random.default_rng(0)
    columns = rng.uniform(size=(400, 2)).round()
    above = 20.0 * columns.prod(axis=1)
    trees = learn_unseen(columns, above, np.ones(400), np.arange(400), live=False)
    expected = trees.predict(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(expected, [0.0, 0.0, 20.0], atol=1e-9)


def test_samples_of_one_stretch_count_as_one():
    """Four samples of a quarter's weight teach what their mean teaches."""
    rng = np.random.default_rng(1)
    columns, above = rng.normal(size=(60, 3)), rng.normal(size=60)
    once = learn_unseen(columns, above, np.ones(60), np.arange(60), live=False)
    four = np.repeat(np.arange(60), 4)
    spread = np.tile([-2.0, -1.0, 1.0, 2.0], 60)
    parts = above[four] + spread
    often = learn_unseen(columns[four], parts, np.full(240, 0.25), four, live=False)
    np.testing.assert_allclose(often.predict(columns), once.predict(columns))


def test_a_cell_counts_by_the_root_of_what_it_has():
    """Nine samples of one cell against one of another count as three against one."""
    cell = np.array([7] * 9 + [5])
    weight = cell_weight(cell, np.ones(10))
    assert weight[:9].sum() == pytest.approx(3.0)  # 9 / sqrt(9)
    assert weight[9] == 1.0
