import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins.l1.neighbours import Places, faded_mean, shrunk_mean


def random_places(count: int, seed: int) -> Places:
    """Places of 3 drives and 4 cells on a square of 500 m."""
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, 4, count)
    x, y = rng.uniform(0, 500, (2, count))
    return Places(
        rng.integers(0, 3, count), cell, cell // 2, cell % 2, x, y,
        rng.normal(-90, 10, count), rng.uniform(0.2, 1, count),
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10**6))
@pytest.mark.parametrize(
    ("key", "without"),
    [(None, "drive"), ("cell", "drive"), ("layer", "site"), ("site", "cell")],
)
def test_faded_means_are_weighted_means_of_other_drives(key, without, count, seed):
    """Against the sums written with all pairs at once."""
    query, reference = random_places(15, seed), random_places(count, seed + 1)
    lengths, prior = [30.0, 100.0], np.full(15, -80.0)
    mean, weight, nearest = faded_mean(
        query, reference, key, lengths, prior, 0.5, without=without
    )
    away = np.hypot(query.x[:, None] - reference.x, query.y[:, None] - reference.y)
    counts = query.drive[:, None] != reference.drive
    counts &= getattr(query, without)[:, None] != getattr(reference, without)
    if key is not None:
        counts &= getattr(query, key)[:, None] == getattr(reference, key)
    for column, length in enumerate(lengths):
        share = counts * (away < 5 * length) * np.exp(-away / length) * reference.weight
        np.testing.assert_allclose(weight[:, column], share.sum(1), atol=1e-12)
        expected = (share @ (reference.rsrp + 80)) / (share.sum(1) + 0.5) - 80
        np.testing.assert_allclose(mean[:, column], expected)
    closest = np.where(counts, away, 500.0).min(axis=1)
    np.testing.assert_allclose(nearest, np.minimum(closest, 500.0))


def test_shrunk_mean_by_hand():
    """Drive 1 has two references: each counts 1/sqrt(2); the prior counts 1."""
    reference = Places(
        np.array([1, 1, 2, 0]), np.array([5, 5, 5, 5]), np.zeros(4, int),
        np.zeros(4, int), np.zeros(4), np.zeros(4),
        np.array([-70.0, -90.0, -100.0, 0.0]), np.ones(4),
    )  # fmt: skip
    query = reference.take(np.array([3]))  # its own drive, 0, plays no part
    mean, weight = shrunk_mean(query, reference, "cell", np.array([-60.0]))
    np.testing.assert_allclose(weight, [2 / np.sqrt(2) + 1])
    np.testing.assert_allclose(mean, [(-160 / np.sqrt(2) - 100 - 60) / (2**0.5 + 2)])


def test_condensed_places_keep_means():
    """Samples of one drive, cell and 30 m square become one; without position, one."""
    ones = np.ones(4, int)
    x = np.array([1.0, 3.0, 40.0, np.nan])
    together = Places(
        ones, ones, ones, ones, x, np.zeros(4), np.array([-80.0, -90, -70, -60]),
        np.ones(4),
    ).condensed()  # fmt: skip
    assert sorted(together.rsrp.tolist()) == [-85.0, -70.0, -60.0]
    assert sorted(together.weight.tolist()) == [1 / 6, 1 / 6, 2 / 6]
    assert np.isfinite(together.x).all()
