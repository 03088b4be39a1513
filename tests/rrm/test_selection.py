"""Features, forests and schedules of the selector."""

from dataclasses import replace

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
from rrm.selection.forest import Forest, likeness_to
from rrm.selection.measures import (
    coupling,
    decades,
    fading,
    least_load,
    likeness,
    spread,
    unevenness,
)
from rrm.selection.models import GRID, Model, read_model, write_model
from rrm.selection.models import model_of as stored_model
from rrm.selection.schedule import (
    CUTS,
    NO_ANSWER,
    PROOF,
    at,
    best_alone,
    best_pair,
    chosen,
)

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


def test_answers_without_a_search_are_a_feature():
    """The last one of every problem."""
    for kind in KINDS:
        example = kind.example()
        assert names_of(kind)[-1] == "answered"
        assert features_of(example)[-1] == 1.0
        assert features_of(example, is_answered=False)[-1] == 0.0


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
    # nothing binds without a finite room and without gateways
    places = LapPlacement(np.ones((4, 2)))
    room = places.replace(capacity=np.array([np.inf, 2.0]))
    linked = places.replace(gateway=np.array([0, -1]), backhaul=np.array([3.0]))
    bind = names_of(LapPlacement).index("has_limits")
    assert [features_of(one)[bind] for one in (places, room, linked)] == [0, 1, 1]


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


def stump(count: int = 4) -> Forest:
    """One tree a tier: instances 0, 1 where feature 1 is at most 0.5, else the rest."""
    return Forest(
        np.zeros((4, 1), np.int32),
        np.array([1, -1, -1], np.int16),
        np.array([0.5, 0, 0], np.float32),
        np.array([1, 0, 1], np.int32),
        np.array([0, 2, count], np.int32),
        np.arange(count, dtype=np.int32),
    )


def model_of(curves: np.ndarray, *methods: str) -> Model:
    """Model with curves (I, M, 2, P) that are the same in each tier."""
    tiers = np.broadcast_to(curves, (4, *curves.shape)).astype(np.float32)
    return Model(
        ("a", "answered"),
        methods,
        np.zeros(2),
        np.ones(2),
        stump(),
        np.zeros((4, 0), bool),
        np.arange(4) < 2,
        tiers,
    )


def constant(gap: float, proof: float = 1.0) -> np.ndarray:
    """Curve (2, P) that does not change."""
    return np.array([[gap] * len(GRID), [proof] * len(GRID)])


def test_a_tree_leads_to_the_instances_of_its_leaf():
    """The threshold itself goes to the first child; parts are equal."""
    forest = stump()
    for value, wanted in ((0.5, [0.5, 0.5, 0, 0]), (0.6, [0, 0, 0.5, 0.5])):
        features = np.array([9.0, value], np.float32)
        found = likeness_to(forest.root[0], *forest[1:], features, 4)
        assert found.tolist() == wanted


def test_forests_agree_with_those_that_they_are_made_of():
    """Weights from scikit-learn's own leaves; each row sums to 1."""
    from sklearn.ensemble import ExtraTreesRegressor

    from benchmarks.training_models import Grown

    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4)).astype(np.float32)
    trees = ExtraTreesRegressor(8, min_samples_leaf=2, random_state=0)
    trees.fit(features, features[:, :2] ** 2)
    grown = Grown()
    leaves = [tree.apply(features) for tree in trees.estimators_]
    root = [
        grown.add(tree.tree_, leaf)
        for tree, leaf in zip(trees.estimators_, leaves, strict=True)
    ]
    arrays = grown.arrays()
    for row in rng.normal(size=(20, 4)).astype(np.float32):
        found = likeness_to(np.array(root, np.int32), *arrays, row, 60)
        wanted = np.zeros(60)
        for tree, leaf in zip(trees.estimators_, leaves, strict=True):
            same = leaf == tree.apply(row[None])[0]
            wanted[same] += 1 / (8 * same.sum())
        assert found == pytest.approx(wanted)
        assert found.sum() == pytest.approx(1.0)


def test_models_survive_their_file(tmp_path):
    """In half precision; a model of other features is none."""
    model = model_of(np.array([[constant(0.25)]] * 4), "mine")
    write_model(tmp_path / "one.npz", model)
    again = read_model(tmp_path / "one.npz", ("a", "answered"))
    assert again is not None
    assert again.methods == ("mine",)
    assert np.array_equal(again.curves, model.curves)
    for one, other in zip(again.forest, model.forest, strict=True):
        assert np.array_equal(one, other)
    assert again.kinds.shape == (4, 0)
    assert read_model(tmp_path / "one.npz", ("a", "c")) is None
    with np.load(tmp_path / "one.npz") as data:
        parts = {name: data[name] for name in data if name != "kinds"}
    np.savez(tmp_path / "older.npz", **parts)
    assert read_model(tmp_path / "older.npz", ("a", "answered")) is None


def test_what_is_outside_is_named():
    """Half of the range is allowed, none where it is a point; nan is outside."""
    model = replace(
        model_of(np.array([[constant(0.0)]] * 4), "mine"), high=np.array([1.0, 0.0])
    )
    assert model.outside(np.array([1.4, 0.0])) == ""
    assert model.outside(np.array([1.6, 0.0])) == "a"
    assert model.outside(np.array([0.5, 0.01])) == "answered"
    assert model.outside(np.array([np.nan, 0.0])) == "a"


def test_curves_are_of_the_tier_that_holds_the_budget():
    """The smallest tier of at least that time; beyond the last, all of the last."""
    model = model_of(np.array([[constant(0.0)]] * 4), "mine")
    wanted = {0.01: (0, 1.0), 0.001: (0, 0.1), 0.05: (1, 0.5), 0.1: (1, 1.0),
              2.0: (3, 0.2), 60.0: (3, 1.0)}  # fmt: skip
    for seconds, (tier, reach) in wanted.items():
        assert model.tier(seconds) == (tier, pytest.approx(reach))


def mean_by_hand(
    first: np.ndarray, second: np.ndarray, cut: float, is_beside: bool = False
) -> float:
    """Trapezoids over the grid of the smaller of two curves."""
    values, answers = [], []
    for time in GRID:
        own = time if is_beside else min(time, cut)
        parts = [np.interp(own, GRID, curve) for curve in first]
        if time > cut:
            later = [np.interp(time - cut, GRID, curve) for curve in second]
            parts = np.minimum(parts, later)
        answers.append(parts[0])
        values.append(min(parts[0], 1.0) + PROOF * parts[1])
    mean = float(np.trapezoid(values, GRID) + values[0] * GRID[0])
    return mean if answers[-1] <= 1 else NO_ANSWER


def best_of(
    weight: np.ndarray,
    curves: np.ndarray,
    cuts: np.ndarray = CUTS,
    is_beside: bool = False,
) -> tuple:
    """Best pair among all methods of curves (I, M, 2, P)."""
    methods = np.arange(curves.shape[1])
    return best_pair(weight, curves, methods, GRID, cuts, PROOF, 1.0, 10, is_beside)


def falling(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random curves (*shape, 2, P) that fall; some have no answer at first, or ever."""
    rising = np.sort(rng.uniform(size=(*shape, 2, len(GRID))), axis=-1)
    curves = rising[..., ::-1].copy()
    for place in np.ndindex(*shape):
        if rng.random() < 0.3:
            curves[place][0, : rng.integers(0, len(GRID) + 1)] = NO_ANSWER
    return curves


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_best_pair_is_the_best_of_all(seed, methods, instances, is_beside):
    """By enumeration with another arithmetic, where all methods are looked at."""
    cuts = np.array([0.05]) if is_beside else CUTS
    rng = np.random.default_rng(seed)
    curves = falling(rng, instances, methods)
    weight = rng.uniform(size=instances)
    every = np.arange(methods)
    first, second, cut, total = best_of(weight, curves, cuts, is_beside)

    def worth(a: int, b: int, cut: float) -> float:
        return sum(
            share * mean_by_hand(curve[a], curve[b], cut, is_beside and a != b)
            for share, curve in zip(weight, curves, strict=True)
        )

    assert total == pytest.approx(worth(first, second, cut))
    alone = sorted(every, key=lambda a: worth(a, a, 1.0))
    assert total <= worth(alone[0], alone[0], 1.0) + 1e-9
    for a in alone[:2]:
        for b in alone:
            for other in cuts:
                if a != b:
                    assert total <= worth(a, b, other) + 1e-9


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_least_regret_by_hand(seed, methods, instances):
    """Roots of what each method lost to the best, 1 where it was not run."""
    rng = np.random.default_rng(seed)
    curves = falling(rng, instances, methods)
    curves[rng.random((instances, methods)) < 0.2] = np.nan
    weight = rng.uniform(size=instances) * (rng.random(instances) < 0.8)
    gaps = np.full((instances, methods), np.nan)
    for place in np.ndindex(instances, methods):
        if not np.isnan(curves[place]).any():
            answers = np.array([curves[place][0], np.zeros(len(GRID))])
            gaps[place] = mean_by_hand(answers, answers, 1.0)
    least = np.min(np.nan_to_num(gaps, nan=np.inf), axis=1, keepdims=True)
    lost = np.nan_to_num(np.minimum(gaps - least, 1.0), nan=1.0)
    regret = weight @ np.sqrt(lost)
    best, gap = best_alone(weight, curves, np.arange(methods), GRID, 1.0)
    assert regret[best] == pytest.approx(regret.min())
    share = weight * ~np.isnan(gaps[:, best])
    if share.any():
        wanted = (share @ np.nan_to_num(gaps[:, best])) / share.sum()
        assert gap == pytest.approx(wanted)


def test_one_large_loss_does_not_outweigh_many():
    """Nine times a little better, and once much worse, is chosen within a moment."""
    often, seldom = [0.0] * 9 + [0.3], [0.02] * 9 + [0.0]
    gaps = zip(often, seldom, strict=True)
    curves = np.array([[constant(a), constant(b)] for a, b in gaps])
    assert sum(often) > sum(seldom)
    best, _ = best_alone(np.ones(10), curves, np.arange(2), GRID, 1.0)
    assert best == 0


def test_a_quick_method_makes_way_for_one_that_ends_better():
    """The quick one is soon as good as it gets."""
    late = len(GRID) - 4
    slow = np.array([[1.0] * 4 + [0.0] * late, [1.0] * len(GRID)])
    curves = np.array([[constant(0.1), slow]])
    first, second, cut, _ = best_of(np.ones(1), curves)
    assert (first, second, cut) == (0, 1, CUTS[0])


def test_methods_that_complement_each_other_are_a_pair():
    """Each is good on one of two instances that look alike; neither on both."""
    good, bad = constant(0.0), constant(0.9)
    curves = np.array([[good, bad, constant(0.4)], [bad, good, constant(0.4)]])
    weight = np.array([0.5, 0.5])
    first, second, _, total = best_of(weight, curves)
    assert {first, second} == {0, 1}
    assert total < 0.1


def test_a_curve_is_linear_between_its_times():
    """And constant before the first and after the last."""
    curve = np.arange(float(len(GRID)))
    for time in (0.0, 0.003, 0.02, 0.5, 1.0, 2.0):
        place = min(int(np.searchsorted(GRID, time)), len(GRID) - 1)
        wanted = np.interp(time, GRID, curve)
        assert at(GRID, curve, time, place) == pytest.approx(wanted)


def test_on_two_cores_two_that_complement_each_other_are_chosen():
    """One after the other neither has the time; side by side both have all of it."""
    half = len(GRID) // 2
    late = np.array([[0.9] * half + [0.0] * (len(GRID) - half), [1.0] * len(GRID)])
    soon = constant(0.5)
    model = model_of(np.array([[late, soon]] * 4), "late", "soon")
    features = np.array([0.0, 1.0])
    begin = chosen(model, features, 0.1, ["late", "soon"], is_beside=True)
    assert begin is not None
    assert [name for name, _ in begin.methods] == ["late", "soon"]
    assert begin.methods[1][1] > 0.5  # of the worker
    both = mean_by_hand(late, soon, 0.05, is_beside=True)
    assert begin.gap == pytest.approx(both)


def test_nobody_takes_over_within_a_moment():
    """Below 50 ms the best of them has all the time."""
    late = len(GRID) - 4
    slow = np.array([[1.0] * 4 + [0.0] * late, [1.0] * len(GRID)])
    model = model_of(np.array([[constant(0.1), slow]] * 4), "quick", "slow")
    features = np.array([0.0, 1.0])
    for seconds, number in ((0.01, 1), (0.1, 2)):
        begin = chosen(model, features, seconds, ["quick", "slow"])
        assert begin is not None
        assert len(begin.methods) == number


def test_methods_that_were_never_run_are_not_chosen():
    """Nor those that were not offered, or are not known."""
    unknown = np.full((2, len(GRID)), np.nan)
    model = model_of(np.array([[constant(0.5), unknown]] * 4), "mine", "theirs")
    features = np.array([0.0, 1.0])
    assert chosen(model, features, 0.1, ["other", "theirs"]) is None
    begin = chosen(model, features, 0.1, ["other", "theirs", "mine"])
    assert begin is not None
    assert begin.methods == [("mine", 1.0)]
    assert begin.gap == pytest.approx(0.5 + PROOF)


def test_without_an_answer_all_such_instances_count():
    """Who never answers on one of them is not chosen, however like the others are."""
    never = constant(NO_ANSWER)
    fine, good = constant(0.5), constant(0.1)
    curves = np.array([[good, fine], [good, fine], [good, fine], [never, fine]])
    model = model_of(curves, "good", "safe")
    answered, not_yet = np.array([0.0, 1.0]), np.array([0.0, 0.0])
    assert model.likeness(answered, 1).tolist() == [0.0, 0.0, 0.5, 0.5]
    assert model.likeness(not_yet, 1) == pytest.approx([0.2, 0.2, 0.3, 0.3])
    begin = chosen(model, not_yet, 0.1, ["good", "safe"])
    assert begin is not None
    assert begin.methods == [("safe", 1.0)]
    begin = chosen(model, not_yet, 10.0, ["good", "safe"])
    assert begin is not None  # there is time to try the other first
    assert [name for name, _ in begin.methods] == ["good", "safe"]


@pytest.mark.parametrize(
    ("kinds", "weights"),
    [
        ([1, 1, 1, 1], [0.0, 0.0, 0.5, 0.5]),  # of the leaf
        ([0, 1, 0, 1], [0.0, 0.0, 0.0, 1.0]),  # in the leaf, those of the kind
        ([1, 1, 0, 0], [0.5, 0.5, 0.0, 0.0]),  # none in the leaf: all of the kind
        ([0, 0, 0, 0], [0.0, 0.0, 0.5, 0.5]),  # none at all
    ],
)
def test_instances_of_other_kinds_do_not_count(kinds, weights):
    """Of another objective, say, where there are some of the same."""
    tiers = np.ones((4, 4, 1, 2, len(GRID)), np.float32)
    model = Model(
        ("is_span", "a", "answered"),
        ("mine",),
        np.zeros(3),
        np.ones(3),
        stump(),
        np.array(kinds, bool)[:, None],
        np.ones(4, bool),
        tiers,
    )
    found = model.likeness(np.array([1.0, 1.0, 1.0]), 0)
    assert found == pytest.approx(weights)


def test_methods_are_compared_where_all_of_them_were_run():
    """The tree leads to instances without the second; others speak for it."""
    unknown = np.full((2, len(GRID)), np.nan)
    fine, good = constant(0.5), constant(0.1)
    curves = np.array([[fine, good], [fine, good], [fine, unknown], [fine, unknown]])
    model = model_of(curves, "old", "new")
    begin = chosen(model, np.array([1.0, 1.0]), 0.1, ["old", "new"])
    assert begin is not None
    assert begin.methods == [("new", 1.0)]
    begin = chosen(model, np.array([1.0, 1.0]), 0.1, ["old"])
    assert begin is not None
    assert begin.methods == [("old", 1.0)]


def test_a_feature_that_never_changed_is_within_its_range():
    """Ranges are stored in single precision, in which features are compared."""
    value = np.log10(676.0)
    model = replace(
        model_of(np.array([[constant(0.0)]] * 4), "mine"),
        low=np.array([np.float32(value), 0.0]).astype(float),
        high=np.array([np.float32(value), 0.0]).astype(float),
    )
    assert model.outside(np.array([value, 0.0])) == ""


def test_own_models_come_before_those_that_ship(tmp_path, monkeypatch):
    """From the folder that ``RRM_MODELS`` names; what it lacks, as shipped."""
    shipped = stored_model.__wrapped__(PowerControl)
    own = replace(shipped, methods=(*shipped.methods[:-1], "mine"))
    write_model(tmp_path / "PowerControl.npz", own)
    monkeypatch.setenv("RRM_MODELS", str(tmp_path))
    assert stored_model.__wrapped__(PowerControl).methods[-1] == "mine"
    assert stored_model.__wrapped__(BlockSchedule) is not None
