"""Trajectories, cases, and what plans are worth on them."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.selection import (
    BUDGETS,
    by_family,
    by_seed,
    closed_gaps,
    evaluated,
)
from benchmarks.selection_cases import (
    Case,
    Path,
    cases_of,
    path_of,
    score,
    score_beside,
)
from benchmarks.training import (
    BUDGETS as TRAINED,
)
from benchmarks.training import (
    FILE,
    REPEATS,
    ProcessorClock,
    Run,
    collect,
    fitting,
    read_runs,
    record,
    repeated,
)
from benchmarks.training_card import closed_table, markdown
from benchmarks.training_instances import (
    FAMILIES,
    FIRST_SEED,
    Training,
    training_instances,
)
from benchmarks.training_models import excesses, fit
from formulations import PowerControl
from rrm.beside import PATIENCE
from rrm.planning import MODEL_SECONDS
from rrm.registry import named
from rrm.second_core import LEAST_SECONDS
from rrm.selection.features import features_of, names_of
from rrm.selection.schedule import HANDOVER, NO_ANSWER, chosen

INF = np.inf


@pytest.mark.parametrize("family", list(FAMILIES))
def test_training_instances_repeat_and_have_methods(family):
    """The same number is the same problem; its features are finite."""
    one, other = (Training(family, 3).build() for _ in range(2))
    assert features_of(one).tolist() == features_of(other).tolist()
    assert np.isfinite(features_of(one)).all()
    assert fitting(one)


def test_training_seeds_are_not_those_of_suites():
    """Suites count from 0; and no instance stands twice."""
    instances = training_instances(3)
    assert min(instance.seed for instance in instances) >= FIRST_SEED
    assert len({instance.label for instance in instances}) == len(instances)
    assert {instance.family for instance in instances} == set(FAMILIES)


def test_sleeping_is_no_processor_time():
    """And computing is, by this thread or on average over the cores."""
    clock = ProcessorClock()
    time.sleep(0.05)
    assert clock() < 0.04
    before, began = clock(), time.thread_time()
    while time.thread_time() - began < 0.02:
        pass
    assert clock() - before >= 0.02


def test_a_run_is_timed_from_its_start():
    """Points come in order, within the budget, none worse than the one before."""
    instance = Training("power-sum-cellular", 1)
    problem = instance.build()
    run = record(instance, problem, named(PowerControl, "coordinate_ascent"), 0.05)
    times = [point[0] for point in run.points]
    values = [point[1] for point in run.points]
    assert times == sorted(times)
    assert values == sorted(values)
    assert run.start == times[0]
    assert run.ended <= run.budget == 0.05
    assert time.perf_counter.__name__ == "perf_counter"  # the clock is back


def test_collecting_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """Nothing is run twice, and a line that was cut off is run again."""
    monkeypatch.setattr("benchmarks.training.rrm.warm_up", lambda *_: 0.0)
    only = ("blocks-sum",)
    seen: list[Run] = []
    longest = 0.1
    path = collect(tmp_path, 1, lambda run, *_: seen.append(run), only, longest)
    assert {run.family for run in seen} == set(only)
    inline = [run for run in seen if run.place == "inline"]
    assert {run.budget for run in inline} == {t for t in TRAINED if t <= longest}
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == len(seen)
    assert json.loads(lines[0])["schema"] == "rrm.trajectories/1"
    path.write_text("".join(lines[:-1]) + lines[-1][:30])
    assert len(read_runs(path)) == len(seen) - 1
    again: list[Run] = []
    collect(tmp_path, 1, lambda run, *_: again.append(run), only, longest)
    assert [run.key for run in again] == [seen[-1].key]
    assert {run.key for run in read_runs(tmp_path / FILE)} == {run.key for run in seen}


def path(
    *points: tuple[float, float], ended: float = INF, closed: bool = False
) -> Path:
    """Path of (seconds, gap)."""
    time, gap = zip(*points, strict=True) if points else ((), ())
    return Path(np.array(time), np.array(gap), np.ones(len(time)), ended, closed)


def case(paths: dict[str, Path], start=None, **more) -> Case:
    """Case whose methods do the same under every budget."""
    about = {"family": "one", "problem": "PowerControl", "number": 0} | more
    count = len(names_of(PowerControl))
    about.setdefault("features", np.zeros(count))
    known = {(name, t): one for name, one in paths.items() for t in BUDGETS}
    return Case(paths=known, start=start, **about)


def test_scores_by_hand():
    """Gap 1 until the first answer; the smallest gap so far counts."""
    quick, slow = path((0.1, 0.5)), path((0.2, 0.1), (0.6, 0.0))
    one = case({"quick": quick, "slow": slow})
    # 0.1 at 1, then 0.9 at 0.5
    assert score(one, [("quick", 1.0)], 1.0) == pytest.approx(0.1 + 0.9 * 0.5)
    # 0.2 at 1, 0.4 at 0.1, then nothing
    assert score(one, [("slow", 1.0)], 1.0) == pytest.approx(0.2 + 0.4 * 0.1)
    # slow begins at 0.5, reaches 0.1 at 0.7 and 0 at 1.1, which is too late
    wanted = 0.1 + 0.6 * 0.5 + 0.3 * 0.1
    assert score(one, [("quick", 0.5), ("slow", 1.0)], 1.0) == pytest.approx(wanted)
    # the slow one is stopped before its first answer
    assert score(one, [("slow", 0.1)], 1.0) == NO_ANSWER
    assert score(one, [("unknown", 1.0)], 1.0) == NO_ANSWER
    assert score(one, [("quick", 1.0)], 1.0, 0.2) == pytest.approx(0.3 + 0.7 * 0.5)


def test_methods_that_end_leave_their_time():
    """A method that returns makes way; one that closes the gap ends all."""
    ended = path((0.1, 0.5), ended=0.2)
    one = case({"ended": ended, "next": path((0.1, 0.0))})
    steps = [("ended", 0.9), ("next", 1.0)]
    assert score(one, steps, 1.0) == pytest.approx(0.1 + 0.2 * 0.5)
    closed = case({"ended": ended._replace(is_closed=True), "next": path((0.1, 0.0))})
    assert score(closed, steps, 1.0) == pytest.approx(0.1 + 0.9 * 0.5)


def test_steps_side_by_side_by_hand():
    """The first inline one has most of the time; others begin when a worker has it."""
    slow, quick = path((0.7, 0.1)), path((0.1, 0.5))
    one = case({"slow": slow, "quick": quick, "last": path((0.1, 0.0))})
    steps = [("quick", 0.4, False), ("slow", 0.4, True), ("last", 0.2, False)]
    # quick has two thirds of what is left after the hand-over, then comes the last one
    first = HANDOVER + 0.1
    last = HANDOVER + (1 - HANDOVER) * 0.4 / 0.6 + HANDOVER + 0.1
    wanted = first + (0.7 - first) * 0.5 + (last - 0.7) * 0.1
    assert score_beside(one, steps, 1.0, 0.0) == pytest.approx(wanted)
    # it is stopped when it has found nothing for most of the time
    late = case({"slow": path((PATIENCE + 0.1, 0.0)), "quick": quick})
    assert score_beside(late, [("slow", 1.0, True)], 1.0, 0.0) == NO_ANSWER


def test_who_is_done_takes_what_nobody_has_begun():
    """The call goes on when its method returns; nothing counts after the gap closes."""
    ended = path((0.1, 0.5), ended=0.2)
    one = case({"ended": ended, "long": path((0.9, 0.4)), "next": path((0.1, 0.2))})
    steps = [("ended", 0.2, True), ("long", 0.7, False), ("next", 0.1, True)]
    assert score_beside(one, steps, 1.0, 0.0) == pytest.approx(0.1 + 0.1 + 0.7 * 0.2)
    closed = ended._replace(is_closed=True)
    other = case({"ended": closed, "long": path((0.3, 0.0)), "next": path((0.1, 0.0))})
    assert score_beside(other, steps, 1.0, 0.0) == pytest.approx(0.1 + 0.9 * 0.5)


def test_the_instant_answer_counts_before_any_method():
    """Also for methods that do not apply."""
    one = case({"late": path((0.5, 0.0))}, start=(0.0, 0.4))
    assert score(one, [("unknown", 1.0)], 1.0) == pytest.approx(0.4)
    assert score(one, [("late", 1.0)], 1.0) == pytest.approx(0.5 * 0.4)


def test_gaps_are_to_the_best_of_all_runs():
    """Minimizing: 12 is a sixth above 10; what is farther than that counts 1."""
    points = [(0.1, None, 5.0), (0.2, 12.0, 5.0), (0.3, 12.0, 9.0)]
    run = Run("f", 0, "P", "m", "inline", 1.0, -1, 1.0, False, None, points)
    found = path_of(run, 10.0)
    assert found.gap.tolist() == pytest.approx([INF, 1 / 6, 1 / 6])
    assert found.proof.tolist() == pytest.approx([0.5, 0.5, 0.1])
    assert found.at(0.05) == (INF, 1.0)
    assert found.at(0.25) == pytest.approx((1 / 6, 0.5))
    assert not found.is_closed


def test_cases_come_from_runs():
    """The best of all runs has gap 0; instances without an answer are left out."""
    instance = Training("power-least-cellular", 0)
    problem = instance.build()
    runs = [record(instance, problem, one, 0.05) for one in fitting(problem)]
    empty = Run("power-munich", 5, "PowerControl", "m", "inline", 1.0, 1, 1.0, False,
                None, [])  # fmt: skip
    (one,) = cases_of([*runs, empty])
    assert one.problem == "PowerControl"
    assert min(found.gap[-1] for found in one.paths.values() if len(found.gap)) == 0.0
    assert one.features.tolist() == features_of(problem).tolist()


def two_kinds(count: int = 24) -> list[Case]:
    """Cases in which the first feature tells which of two real methods is good."""
    names = names_of(PowerControl)
    rng = np.random.default_rng(0)
    cases = []
    for k in range(count):
        features = rng.uniform(size=len(names))
        good, bad = path((1e-4, 0.0)), path((1e-4, 0.8))
        first = features[0] < 0.5
        paths = {"wmmse": good if first else bad, "on_off": bad if first else good}
        about = {"family": f"family {k % 4}", "number": k, "features": features}
        cases.append(case(paths, start=(0.0, 1.0), **about))
    return cases


def test_a_model_learns_who_is_good_where():
    """Plans begin with the method that is good there, by the feature that tells."""
    cases = two_kinds()
    model = fit("PowerControl", cases)
    assert model.methods == ("on_off", "wmmse")
    assert model.curves.shape[:3] == (4, len(cases), 2)
    for one in cases:
        begin = chosen(model, one.features, 0.1, model.methods)
        assert begin is not None
        first = one.features[0] < 0.5
        assert begin.methods[0][0] == ("wmmse" if first else "on_off")


def test_excesses_are_over_the_best_method():
    """Square roots; a method that was not run counts as one that is never near."""
    one = case({"good": path((0.0, 0.1)), "bad": path((0.0, 0.35))}, start=(0.0, 0.5))
    found = excesses([one], ["bad", "good", "other"], 1.0)
    assert found == pytest.approx(np.array([[0.5, 0.0, np.sqrt(0.9)]]))


@pytest.mark.parametrize("fold", [by_family, by_seed])
def test_cross_validation_closes_the_gap_where_features_tell(fold):
    """Half of the cases are wrong for any single method; the plan is right in most."""
    rows = closed_gaps(evaluated(two_kinds(), fold))
    assert [row.seconds for row in rows] == list(BUDGETS)
    for row in rows:
        assert row.virtual_score == pytest.approx(0.0, abs=0.02)
        assert row.single_score > 0.2
        if row.seconds <= MODEL_SECONDS[1]:
            assert row.closed(row.plan_score) > 0.5
        if row.seconds >= LEAST_SECONDS:
            assert row.closed(row.beside_score) > 0.5
        assert row.closed(row.virtual_score) == 1.0
        assert row.closed(row.single_score) == 0.0
    table = closed_table("Title", rows)
    assert len(table.rows) == 2 * len(BUDGETS)
    lines = markdown(table)
    assert len({line.count("|") for line in lines}) == 1


def test_what_two_runs_of_a_method_differ_by_is_noise():
    """Half of their distance; a gap that is no larger does not count in the mean."""
    first = case({"wmmse": path((1e-4, 0.2)), "on_off": path((1e-4, 0.21))})
    other = path((1e-4, 0.1))
    again = {("wmmse", BUDGETS[0]): other, ("on_off", BUDGETS[0]): other}
    cases = [replace(first, family=name, again=again) for name in ("one", "two")]
    rows = closed_gaps(evaluated(cases, by_family))
    assert rows[0].noise == pytest.approx(0.05, abs=0.001)
    assert rows[0].is_noise
    assert [row.noise for row in rows[1:]] == [0.0] * (len(BUDGETS) - 1)
    table = closed_table("Title", rows)
    assert table.rows[0][-1].startswith("(")
    assert [row[1] for row in table.rows if row[0] == "mean"] == []


def test_the_least_budget_is_run_again():
    """Others once."""
    assert repeated((TRAINED[0], TRAINED[1])) == [
        *((TRAINED[0], repeat) for repeat in range(REPEATS)),
        (TRAINED[1], 0),
    ]
