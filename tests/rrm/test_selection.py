"""Features, forests and schedules of the selector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations import (
    BlockSchedule,
    ChannelAssignment,
    LapPlacement,
    PowerControl,
    UserAssociation,
)
from rrm.selection.features import LOOKS, features_of, names_of
from rrm.selection.forest import Forest, predict
from rrm.selection.measures import (
    coupling,
    decades,
    fading,
    least_load,
    likeness,
    spread,
    unevenness,
)
from rrm.selection.models import Model, read_model, write_model
from rrm.selection.schedule import CUTS, GRID, at, best_pair, chosen

KINDS = (PowerControl, UserAssociation, LapPlacement, ChannelAssignment, BlockSchedule)
EXAMPLES = [
    pytest.param(example, id=f"{kind.__name__}-{k}")
    for kind in KINDS
    for k, example in enumerate(kind.examples())
]


@pytest.mark.parametrize("problem", EXAMPLES)
def test_features_are_finite_and_named(problem):
    """As many as their table says."""
    features = features_of(problem)
    assert features.shape == (len(names_of(type(problem))),)
    assert np.isfinite(features).all()


@pytest.mark.parametrize("problem", EXAMPLES)
def test_features_have_no_unit(problem):
    """The scaled problem looks the same."""
    names = names_of(type(problem))
    here, there = features_of(problem), features_of(problem.scaled())
    for name, one, other in zip(names, here, there, strict=True):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6), name


def test_every_feature_has_its_meaning():
    """No name stands without a sentence, and no two problems share a table."""
    for table, _ in LOOKS.values():
        assert all(len(text) > 3 for text in table.values())
    assert names_of(int) == ()


def test_features_tell_problems_apart():
    """Tighter cells, more rivals, more crowded channels."""
    users = UserAssociation(np.ones((6, 2)), np.ones(6), np.full(2, 6.0))
    tight = features_of(users.replace(capacity=np.full(2, 3.0)))
    place = names_of(UserAssociation).index("tightness")
    assert tight[place] == pytest.approx(0.0)  # 6 users of load 1 in 2 cells of 3
    assert features_of(users)[place] == pytest.approx(np.log10(0.5))
    # each link hears 3 others as loud as itself: 3 rivals, others' sum over own is 3
    links = PowerControl(np.ones((4, 4)), np.full(4, 0.1), np.ones(4))
    found = dict(zip(names_of(PowerControl), features_of(links), strict=True))
    assert found["coupling"] == pytest.approx(np.log10(3))
    assert found["strength"] == pytest.approx(1.0)
    assert found["links"] == pytest.approx(np.log10(4))


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=50, deadline=None)
def test_measures_agree_with_numpy(values, step, seed):
    """Each kernel against what numpy says of the same entries."""
    values = np.array(values)
    some = values[::step]
    found = spread(values, step)
    wanted = (
        some.mean(),
        some.std(),
        np.abs(some).mean(),
        some.max(),
        (some > 0).mean(),
    )
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9 * np.abs(some).max())
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0, 2, (7, 4))
    rows = rate[::step]
    wanted = rows.mean(), rows.std(axis=1).mean(), rows.mean(axis=1).std()
    assert fading(rate, step) == pytest.approx(wanted, abs=1e-6 * rows.max())
    first, second = rng.normal(size=(2, 30))
    wanted = np.corrcoef(first, second)[0, 1]
    assert likeness(first, second, 1) == pytest.approx(wanted)
    size = rng.lognormal(0, 3, 30)
    assert decades(size, 1) == pytest.approx(np.log10(size).std())
    pairs = rng.integers(0, 9, (40, 2))
    count = np.bincount(pairs[:, 0])
    count = count[count > 0]
    assert unevenness(pairs, 1, 9) == pytest.approx(count.std() / count.mean())


def test_infinite_values_are_left_out():
    """Of means, not of the share above 0."""
    found = spread(np.array([1.0, np.inf, 3.0, np.inf]), 1)
    assert found == (2.0, 1.0, 2.0, 3.0, 1.0)
    assert spread(np.array([np.inf]), 1) == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert spread(np.empty(0), 1) == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_coupling_and_least_load_by_hand():
    """Two links of which one hears the other ten times louder than itself."""
    gain = np.array([1.0, 10.0, 0.0, 2.0])
    first, stop = np.array([0, 2]), np.array([2, 4])
    own, alone = np.array([1.0, 2.0]), np.array([10.0, 1000.0])
    strength, spread_, coupled, _, louder = coupling(gain, first, stop, own, alone)
    assert (strength, spread_) == pytest.approx((2.0, 1.0))
    # log10 of 10 / 1, and of 0 / 2 cut to 1e-12
    assert coupled == pytest.approx((1.0 - 12.0) / 2)
    assert louder == 1.5  # own gains count: 2 above a tenth of 1, and 1
    start, load = np.array([0, 2, 2, 3]), np.array([3.0, 1.0, 5.0])
    assert least_load(start, load, 1) == 3.0  # of 1 and 5: one user has no candidate


def stump(low: list[float], high: list[float]) -> Forest:
    """One method, one tree: ``low`` where feature 1 is at most 0.5, else ``high``."""
    return Forest(
        np.zeros((4, 1, 1), np.int32),
        np.array([1, -1, -1], np.int16),
        np.array([0.5, 0, 0], np.float32),
        np.array([1, 0, 1], np.int32),
        np.array([low, high], np.float32),
    )


def walked(forest: Forest, root: np.ndarray, features: np.ndarray) -> np.ndarray:
    """What :func:`predict` does, by recursion."""

    def leaf(node: int) -> np.ndarray:
        if forest.feature[node] < 0:
            return forest.value[forest.child[node]]
        right = features[forest.feature[node]] > forest.threshold[node]
        return leaf(int(forest.child[node]) + int(right))

    nothing = np.full((1, forest.value.shape[1]), np.nan)
    grown = [[leaf(int(k)) for k in row if k >= 0] for row in root]
    return np.array([np.mean(rows or nothing, axis=0) for rows in grown])


def test_a_tree_is_walked_to_its_leaf():
    """The threshold itself goes to the first child."""
    forest = stump([1.0, 2.0], [3.0, 4.0])
    for value, wanted in ((0.5, [1, 2]), (0.6, [3, 4])):
        features = np.array([9.0, value], np.float32)
        assert predict(forest.root[0], *forest[1:], features).tolist() == [wanted]


def test_forests_are_means_of_trees_that_exist():
    """Against recursion, on trees of scikit-learn; methods without trees are nan."""
    from benchmarks.training_models import Grown

    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4)).astype(np.float32)
    curves = np.abs(np.stack((features[:, 0], features[:, 1] ** 2), axis=1))
    grown = Grown(2)
    root = np.array([grown.add(features, curves, 0), [-1] * 12], np.int32)
    forest = Forest(root[None], *grown.arrays())
    for row in features:
        found = predict(root, *forest[1:], row)
        wanted = walked(forest, root, row)
        assert found[0] == pytest.approx(wanted[0], rel=1e-6)
        assert np.isnan(found[1]).all()
    found = np.array([predict(root, *forest[1:], row)[0] for row in features])
    assert np.corrcoef(found[:, 0], curves[:, 0])[0, 1] > 0.9


def test_models_survive_their_file(tmp_path):
    """In half precision; a model of other features is none."""
    forest = stump([1.0] * 16, [0.25] * 16)
    model = Model(("a", "b"), ("mine",), np.zeros(2), np.ones(2), forest)
    write_model(tmp_path / "one.npz", model)
    again = read_model(tmp_path / "one.npz", ("a", "b"))
    assert again is not None
    assert again.methods == ("mine",)
    assert again.forest.value.tolist() == forest.value.tolist()
    assert read_model(tmp_path / "one.npz", ("a", "c")) is None


def test_what_is_outside_is_named():
    """A tenth of the range is allowed, and nan is outside."""
    model = Model(
        ("a", "b"), (), np.zeros(2), np.array([1.0, 0.0]), stump([0.0], [0.0])
    )
    assert model.outside(np.array([1.05, 0.0])) == ""
    assert model.outside(np.array([1.15, 0.0])) == "a"
    assert model.outside(np.array([0.5, 0.01])) == "b"
    assert model.outside(np.array([np.nan, 0.0])) == "a"


def test_curves_are_of_the_tier_that_holds_the_budget():
    """The smallest tier of at least that time; beyond the last, all of the last."""
    forest = stump([1.0] * 16, [0.25] * 16)
    model = Model(("a", "b"), ("mine",), np.zeros(2), np.ones(2), forest)
    reaches = {0.01: 1.0, 0.001: 0.1, 0.05: 0.5, 0.1: 1.0, 2.0: 0.2, 60.0: 1.0}
    for seconds, reach in reaches.items():
        gap, proof, found = model.curves(np.zeros(2), seconds)
        assert found == pytest.approx(reach)
        assert gap.shape == proof.shape == (1, 8)


def mean_by_hand(
    gap: np.ndarray, proof: np.ndarray, first: int, second: int, cut: float
) -> float:
    """Trapezoids over the grid of the smaller of two curves."""
    times = GRID
    value = []
    for time in times:
        own = min(time, cut)
        parts = [np.interp(own, GRID, c[first]) for c in (gap, proof)]
        if time > cut:
            later = [np.interp(time - own, GRID, c[second]) for c in (gap, proof)]
            parts = np.minimum(parts, later)
        value.append(parts[0] + 0.03 * parts[1])
    return float(np.trapezoid(value, times) + value[0] * times[0])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_the_best_pair_is_the_best_of_all(seed, methods):
    """By enumeration with another arithmetic."""
    rng = np.random.default_rng(seed)
    falling = np.sort(rng.uniform(size=(2, methods, len(GRID))), axis=2)[:, :, ::-1]
    gap, proof = np.ascontiguousarray(falling)
    first, second, cut, total = best_pair(gap, proof, GRID, CUTS, 0.03, 1.0)
    assert total == pytest.approx(mean_by_hand(gap, proof, first, second, cut))
    for a in range(methods):
        assert total <= mean_by_hand(gap, proof, a, a, 1.0) + 1e-9
        for b in range(methods):
            for other in CUTS:
                assert total <= mean_by_hand(gap, proof, a, b, other) + 1e-9


def test_a_quick_method_makes_way_for_one_that_ends_better():
    """The quick one is soon as good as it gets."""
    gap = np.array([[0.1] * 8, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    first, second, cut, _ = best_pair(gap, np.ones((2, 8)), GRID, CUTS, 0.03, 1.0)
    assert (first, second) == (0, 1)
    assert cut == CUTS[0]


def test_a_curve_is_linear_between_its_times():
    """And constant before the first and after the last."""
    curve = np.arange(8.0)
    for time in (0.0, 0.003, 0.02, 0.5, 1.0, 2.0):
        assert at(GRID, curve, time) == pytest.approx(np.interp(time, GRID, curve))


def test_methods_without_a_model_are_not_chosen():
    """Nor those that were not offered."""
    forest = stump([0.5] * 16, [0.5] * 16)
    model = Model(("a", "b"), ("mine",), np.zeros(2), np.ones(2), forest)
    assert chosen(model, np.zeros(2), 0.1, ["other"]) == []
    assert [one[:2] for one in chosen(model, np.zeros(2), 0.1, ["other", "mine"])] == [
        ("mine", 1.0)
    ]
