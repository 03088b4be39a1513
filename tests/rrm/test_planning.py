"""Plans: from models, from the rule, and what is said of them."""

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, PowerControl, UserAssociation
from rrm import engine, foresight
from rrm.budget import Budget
from rrm.planning import REFERENCE_RANK, REST, choices, make_plan
from rrm.registry import INSTANT, Method, methods_for, named
from rrm.selection import forest, measures, models, schedule
from rrm.selection.features import LOOKS, features_of, names_of
from rrm.selection.forest import Forest
from rrm.selection.models import GRID, Model, kind_columns
from rrm.warming import load_selector

PROBLEM = PowerControl.example()


def model_for(problem, gaps: dict[str, float]) -> Model:
    """Model that knows constant gaps of methods, on one instance like this problem."""
    features = features_of(problem)
    alone = Forest(
        np.zeros((4, 1), np.int32),
        np.array([-1], np.int16),
        np.zeros(1, np.float32),
        np.zeros(1, np.int32),
        np.array([0, 1], np.int32),
        np.zeros(1, np.int32),
    )
    curves = np.ones((4, 1, len(gaps), 2, len(GRID)), np.float32)
    curves[:, 0, :, 0] = np.array(list(gaps.values()))[:, None]
    low, high = features - 1, features + 1
    names, answered = names_of(type(problem)), np.ones(1, bool)
    kinds = features[None, kind_columns(names)] > 0
    return Model(names, tuple(gaps), low, high, alone, kinds, answered, curves)


@pytest.fixture
def no_models(monkeypatch):
    """As in a checkout without trained models."""
    monkeypatch.setattr(models, "model_of", lambda problem: None)


def parts(steps) -> list[float]:
    """Part of all the time that each step gets if all take theirs."""
    left, found = 1.0, []
    for step in steps:
        found.append(left * step.share)
        left -= found[-1]
    return found


def test_without_models_ranks_decide(no_models):
    """The lowest rank first, shares as written at the methods."""
    steps, _ = make_plan(PROBLEM, Budget(0.5), "auto")
    ranks = [step.method.rank for step in steps]
    assert ranks == sorted(ranks)
    total = sum(step.method.share for step in steps)
    wanted = [step.method.share / total for step in steps]
    assert parts(steps) == pytest.approx(wanted)
    assert {step.why for step in steps} == {f"rank {rank}" for rank in ranks}


def test_the_best_expected_begins_and_the_rest_follows(monkeypatch):
    """Nearly all of the time for it; every other method still has its turn."""
    model = model_for(PROBLEM, {"wmmse": 0.01, "on_off": 0.5})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    steps, _ = make_plan(PROBLEM, Budget(0.5), "auto")
    assert steps[0].method.name == "wmmse"
    assert steps[0].why == "mean gap 0.013 expected"
    assert parts(steps)[0] == pytest.approx(1 - REST)
    assert sum(parts(steps)) == pytest.approx(1.0)
    names = [step.method.name for step in steps]
    assert sorted(names) == sorted(one.name for one in choices(PROBLEM, Budget(0.5))[0])
    ranks = [step.method.rank for step in steps[1:]]
    assert ranks == sorted(ranks)


def test_within_a_moment_the_best_expected_has_all_the_time(monkeypatch):
    """Others follow only if it ends early; not so where there is no answer yet."""
    model = model_for(PROBLEM, {"wmmse": 0.01, "on_off": 0.5})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    steps, _ = make_plan(PROBLEM, Budget(0.01), "auto")
    assert len(steps) > 1
    assert [step.share for step in steps] == [1.0] * len(steps)
    steps, _ = make_plan(PROBLEM, Budget(0.01), "auto", is_answered=False)
    assert parts(steps)[0] < 1.0


def test_a_method_that_does_not_apply_is_not_chosen(monkeypatch):
    """However good the model thinks it is."""
    model = model_for(PROBLEM, {"fixed_point": 0.0, "wmmse": 0.3})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    steps, left_out = make_plan(PROBLEM, Budget(0.5), "auto")
    assert steps[0].method.name == "wmmse"
    assert "fixed_point" in left_out


def test_unlike_problems_go_by_rule_and_say_so(monkeypatch):
    """The feature that is outside is named in the plan of the solution."""
    model = model_for(PROBLEM, {"wmmse": 0.0})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    other = PROBLEM.replace(noise=1e-9 * PROBLEM.noise)
    steps, _ = make_plan(other, Budget(0.5), "auto")
    ranks = [step.method.rank for step in steps]
    assert ranks == sorted(ranks)
    assert "strength is outside the training range" in steps[0].why
    solution = rrm.solve(other, 0.05)
    assert "outside the training range" in solution.plan[0]["why"]


def test_workers_wait_for_budgets_that_are_worth_them(no_models):
    """Below 20 ms none is in a plan; the reason stands with what is left out."""
    problem = UserAssociation.example()
    steps, left_out = make_plan(problem, Budget(0.019), "auto")
    assert "worker" not in {step.place for step in steps}
    assert left_out["highs"] == "a worker takes longer than the budget"
    steps, left_out = make_plan(problem, Budget(0.5), "auto")
    assert "worker" in {step.place for step in steps}


def test_references_are_left_out_where_others_apply():
    """And the instant answer is no step: every call begins with it."""
    for kind in (PowerControl, UserAssociation, ChannelAssignment):
        for problem in kind.examples():
            steps, left_out = make_plan(problem, Budget(0.5), "auto")
            names = {step.method.name for step in steps}
            assert INSTANT not in names
            assert all(step.method.rank < REFERENCE_RANK for step in steps)
            known = {one.name for one in methods_for(kind)} - {INSTANT}
            assert names | set(left_out) == known


@pytest.mark.parametrize("kind", [PowerControl, UserAssociation, ChannelAssignment])
def test_plans_repeat(kind):
    """The same problem and budget, the same steps; also built anew."""
    for problem in kind.examples():
        first = make_plan(problem, Budget(0.1), "auto")[0]
        again = make_plan(problem.replace(), Budget(0.1), "auto")[0]
        assert first == again


def test_work_makes_answers_repeat():
    """With a limit of work and enough time, the same seed gives the same answer."""
    for problem in (PROBLEM, UserAssociation.example(), ChannelAssignment.example()):
        budget = Budget(60.0, gap=0.0, work=200)
        first, second = (rrm.solve(problem, budget, seed=3) for _ in range(2))
        assert first.objective == second.objective
        assert first.method == second.method
        assert [one.get("method") for one in first.plan] == [
            one.get("method") for one in second.plan
        ]
        for name, value in vars(first.allocation).items():
            assert np.array_equal(value, getattr(second.allocation, name))


def test_without_an_answer_the_rule_begins_with_heuristics(no_models):
    """They are made to find one; then the others, each by rank."""
    problem = UserAssociation.example()
    steps, _ = make_plan(problem, Budget(0.5), "auto", is_answered=False)
    keys = [(one.method.kind != "heuristic", one.method.rank) for one in steps]
    assert keys == sorted(keys)
    assert not keys[0][0]


def test_the_plan_is_made_again_where_nothing_is_feasible_at_once(monkeypatch):
    """The engine asks once more, and the second plan is the one that is run."""
    asked = []

    def plan(problem, budget, method, is_answered=True):
        asked.append(is_answered)
        return make_plan(problem, budget, method, is_answered)

    monkeypatch.setattr(engine, "make_plan", plan)
    users = UserAssociation(
        -np.array([[1.0, 2.0], [1.0, 3.0], [2.0, 1.0]]),
        np.array([[2.0, 3.0], [2.0, 3.0], [1.0, 2.0]]),
        np.array([3.0, 3.0]),
        must_serve=True,
    )
    has_one = users.trivial() is not None
    solution = rrm.solve(users, 0.2)
    assert asked == ([True] if has_one else [True, False])
    assert solution.allocation is not None
    asked.clear()
    rrm.solve(UserAssociation.example(), 0.05)
    assert asked == [True]


def test_models_are_asked_for_times_that_they_know(monkeypatch):
    """Ranks decide below 3 ms and above 1 s."""
    model = model_for(PROBLEM, {"wmmse": 0.0, "on_off": 0.5})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    for seconds, is_asked in ((0.001, False), (0.01, True), (1.0, True), (2.0, False)):
        steps, _ = make_plan(PROBLEM, Budget(seconds), "auto")
        assert ("expected" in next(iter(steps)).why) == is_asked


def test_short_plans_ask_methods_as_their_turn_comes(monkeypatch):
    """In the order of ranks, each once, with shares that add up to the time."""
    problem = PROBLEM.replace(noise=np.full((8, 3), 1e-13))
    for entry in methods_for(PowerControl):
        foresight.learn(entry, foresight.bytes_of(problem), 1e-5)
    asked = []
    own = Method.reason_against

    def reason(entry, problem):
        asked.append(entry.name)
        return own(entry, problem)

    monkeypatch.setattr(Method, "reason_against", reason)
    steps, left_out = make_plan(problem, Budget(0.002), "auto")
    assert asked == []
    first = next(iter(steps))
    assert asked[-1] == first.method.name
    assert set(left_out) == set(asked[:-1])
    rest = list(steps)
    ranks = [step.method.rank for step in (first, *rest)]
    assert ranks == sorted(ranks)
    assert len(asked) == len(set(asked))
    assert {step.place for step in rest} == {"inline"}
    whole = [step.method.name for step in make_plan(problem, Budget(1.0), "auto")[0]]
    assert {first.method.name, *(step.method.name for step in rest)} <= set(whole)


def test_short_plans_try_no_method_at_a_size_that_it_has_not_met():
    """But for the first one, and where there is no answer yet."""
    foresight.forget()
    names = {step.method.name for step in make_plan(PROBLEM, Budget(0.5), "auto")[0]}
    steps, left_out = make_plan(PROBLEM, Budget(0.002), "auto")
    assert len(list(steps)) == 1
    unknown = {name for name, why in left_out.items() if why.startswith("not known")}
    assert len(unknown) > 2
    assert unknown < names
    second = named(PowerControl, sorted(unknown)[0])
    foresight.learn(second, foresight.bytes_of(PROBLEM), 1e-5)
    steps = list(make_plan(PROBLEM, Budget(0.002), "auto")[0])
    assert [step.method for step in steps[1:]] == [second]
    assert len(list(make_plan(PROBLEM, Budget(0.002), "auto", False)[0])) > 3
    foresight.forget()


def test_named_methods_are_not_weighed(monkeypatch):
    """A name is run whatever the models say."""
    model = model_for(PROBLEM, {"wmmse": 0.0})
    monkeypatch.setattr(models, "model_of", lambda problem: model)
    steps, left_out = make_plan(PROBLEM, Budget(0.5), ["on_off", "wmmse"])
    assert [step.method.name for step in steps] == ["on_off", "wmmse"]
    assert {step.why for step in steps} == {"named by the caller"}
    assert left_out == {}


@pytest.mark.parametrize("seconds", [0.001, 0.01, 0.1])
def test_planning_always_leaves_an_answer(seconds):
    """Every example that has an instant answer has one in the end."""
    for kind in (PowerControl, UserAssociation, ChannelAssignment):
        for problem in kind.examples():
            if problem.trivial() is not None:
                assert rrm.solve(problem, seconds).allocation is not None


@pytest.mark.parametrize("kind", LOOKS, ids=lambda kind: kind.__name__)
def test_models_ship_for_every_problem_with_features(kind):
    """They fit the features, know methods that exist, and are small."""
    path = models.FOLDER / f"{kind.__name__}.npz"
    model = models.model_of(kind)
    assert model is not None
    assert set(model.methods) <= {one.name for one in methods_for(kind)}
    assert (model.low <= model.high).all()
    assert path.stat().st_size < 500_000
    assert kind.__name__ in (models.FOLDER / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", LOOKS, ids=lambda kind: kind.__name__)
def test_warm_up_loads_what_planning_needs(kind):
    """A plan made later meets no kind of array that is yet to be compiled."""
    load_selector(kind)
    before = compiled()
    for problem in (*kind.examples(), *(one.scaled() for one in kind.examples())):
        for seconds in (0.01, 1.0):
            for is_answered in (True, False):
                make_plan(problem, Budget(seconds), "auto", is_answered)
    assert compiled() == before


def compiled() -> int:
    """Kinds of arguments that the selector's kernels are compiled for."""
    modules = (measures, forest, schedule)
    found = [vars(module).values() for module in modules]
    kernels = [one for values in found for one in values if hasattr(one, "signatures")]
    assert kernels
    return sum(len(kernel.signatures) for kernel in kernels)
