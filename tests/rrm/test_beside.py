"""Steps that run in a worker while the call runs others."""

import os
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.suites.placement import split
from formulations import LapPlacement, PowerControl, UserAssociation
from rrm import beside, second_core
from rrm.beside import Beside, is_worth_it, taken, weighed
from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.planning import Step, in_turn, make_plan
from rrm.pool import Pool
from rrm.registry import named
from rrm.warming import key_of
from rrm.worker import WorkerLostError
from rrm.workers import bytes_to_send

TWO_CORES = len(os.sched_getaffinity(0)) > 1
needs_two = pytest.mark.skipif(not TWO_CORES, reason="needs a second core")
SECONDS = 1.5


@pytest.fixture(scope="module")
def problem() -> LapPlacement:
    """Open for longer than the budget: whole users, tight sites."""
    rrm.warm_up(LapPlacement)
    return split(150, 60, 3).replace(single_source=True)


@pytest.fixture
def pool():
    """A pool of its own with the kernels of placement."""
    with Pool(3) as pool:
        keys = {key_of(named(LapPlacement, "lagrangian"))}
        pool.load(keys)
        pool.wait_until_loaded()
        yield pool


def places(solution: rrm.Solution) -> list[str]:
    """Where each step ran."""
    return [entry["place"] for entry in solution.plan[:-1]]


@needs_two
def test_steps_run_at_the_same_time(problem):
    """Together they take longer than the call; all is in the plan, and verified."""
    solution = rrm.solve(problem, SECONDS)
    assert "beside" in places(solution)
    assert places(solution)[0] == "inline"
    used = sum(entry["seconds"] for entry in solution.plan[:-1])
    assert used > 1.2 * solution.seconds
    assert max(solution.certificate.violations.values()) <= 1e-6
    assert solution.certificate.bound_by


@needs_two
def test_who_asks_for_work_names_methods_or_has_no_time_gets_one_after_the_other(
    problem,
):
    """Results by work repeat, and what the caller names runs in its order."""
    for budget, method in (
        (Budget(60.0, work=200), "auto"),
        (Budget(SECONDS), ["local_search", "lagrangian"]),
        (Budget(0.02), "auto"),
    ):
        assert "beside" not in places(rrm.solve(problem.replace(), budget, method))


@needs_two
def test_a_first_method_that_finds_nothing_ends_early(problem, monkeypatch):
    """Others have the rest of the time; one that finds something goes on."""
    monkeypatch.setattr(Pool, "take_ready", lambda self, key: None)
    steps = [Step(named(LapPlacement, "lagrangian"), "inline", 0.5, "")] * 2
    for finds in (False, True):
        incumbent = Incumbent(problem, Budget(1.0))
        seconds: list[float] = []

        def run(step, incumbent, finds=finds, seconds=seconds):
            began = time.perf_counter()
            with incumbent.running(step.method, incumbent.until_deadline()):
                if finds:
                    incumbent.offer(problem.trivial())
                while not incumbent.expired():
                    time.sleep(1e-3)
            seconds.append(time.perf_counter() - began)
            return {}

        beside.side_by_side(steps, incumbent, run)
        assert (seconds[0] < 0.9) != finds
        assert finds or len(seconds) == 2


@needs_two
def test_a_heuristic_that_was_cut_off_begins_again_when_nobody_waits(
    problem, monkeypatch
):
    """With another seed, and all the time; what ended by itself does not."""
    monkeypatch.setattr(Pool, "take_ready", lambda self, key: None)
    search, proof = named(LapPlacement, "local_search"), named(LapPlacement, "benders")
    steps = [Step(proof, "inline", 0.2, ""), Step(search, "inline", 0.2, "")]
    steps.append(Step(proof, "inline", 1.0, ""))
    incumbent = Incumbent(problem, Budget(1.0), seed=7)
    runs: list[tuple[str, int, float]] = []

    def run(step, incumbent):
        runs.append((step.method.name, incumbent.seed, step.share))
        with incumbent.running(step.method, incumbent.until_deadline() * step.share):
            while step.method is search and not incumbent.expired():
                time.sleep(1e-3)
        return {}

    beside.side_by_side(steps, incumbent, run)
    names = ["benders", "local_search", "benders", "local_search"]
    assert [name for name, _, _ in runs] == names
    assert runs[1][1:] == (7, pytest.approx(0.2))
    assert runs[3][1:] == (8, 1.0)
    assert incumbent.seed == 7


@needs_two
def test_a_proof_that_was_cut_off_goes_on_where_time_would_be_left(problem, pool):
    """Nobody waits any more: it begins again from the best that is known."""
    search, proof = named(LapPlacement, "local_search"), named(LapPlacement, "highs")
    other = named(LapPlacement, "benders")
    steps = [Step(search, "inline", 0.2, ""), Step(proof, "worker", 0.5, "")]
    steps.append(Step(other, "worker", 1.0, ""))
    incumbent = Incumbent(problem, Budget(2.0), seed=7)
    runs: list[str] = []

    def run(step, incumbent):
        runs.append(step.method.name)
        until = time.perf_counter() + (9.0 if step.method is proof else 0.1)
        while time.perf_counter() < until and not incumbent.expired():
            time.sleep(1e-3)
        return {"method": step.method.name, "place": "inline"}

    plan = beside.side_by_side(steps, incumbent, run)
    assert runs[:2] == ["local_search", "benders"]
    proofs = [one for one in plan if one["method"] == "highs"]
    assert len(proofs) == 2
    assert [one["place"] for one in proofs].count("beside") >= 1
    assert incumbent.until_deadline() < 0.1 * 2.0


@needs_two
def test_a_proof_that_was_cut_off_goes_on_after_those_who_wait(problem, pool):
    """The call's own method takes all the time, and another method comes between."""
    search, proof = named(LapPlacement, "local_search"), named(LapPlacement, "highs")
    other = named(LapPlacement, "trivial")
    pool.load({key_of(other)})
    pool.wait_until_loaded()
    steps = [Step(search, "inline", 0.2, ""), Step(proof, "worker", 0.3, "")]
    steps.append(Step(other, "worker", 0.2, ""))
    incumbent = Incumbent(problem, Budget(3.0), seed=7)

    def run(step, incumbent):
        while incumbent.reached() is None:
            incumbent.expired()
            time.sleep(1e-3)
        return {"method": step.method.name, "place": "inline"}

    plan = beside.side_by_side(steps, incumbent, run)
    names = [one["method"] for one in plan if one["place"] == "beside"]
    assert names[:3] == ["highs", "trivial", "highs"]


@needs_two
@pytest.mark.parametrize("runs_beside", [True, False])
def test_a_heuristic_that_gave_up_begins_again_beside_a_worker(
    problem, monkeypatch, runs_beside
):
    """As its core would be idle: not where it could return, nor one that did little."""
    monkeypatch.setattr(Pool, "take_ready", lambda self, key: None)
    busy = property(lambda self: runs_beside and len(runs) < 5)
    monkeypatch.setattr(Beside, "is_running", busy)
    monkeypatch.setattr(Beside, "wait", lambda self: None)
    monkeypatch.setattr(Beside, "close", lambda self: None)
    search = named(LapPlacement, "local_search")
    short = named(PowerControl, "greedy_activation")
    assert search.kind == short.kind == "heuristic"
    steps = [Step(short, "inline", 0.5, ""), Step(search, "inline", 0.5, "")]
    incumbent = Incumbent(problem, Budget(1.0), seed=7)
    runs: list[tuple[str, int]] = []

    def run(step, incumbent):
        runs.append((step.method.name, incumbent.seed))
        time.sleep(0.03 if step.method is search else 0.0)
        return {}

    beside.side_by_side(steps, incumbent, run)
    again = [("local_search", seed) for seed in (8, 9, 10)]
    expected = [("greedy_activation", 7), ("local_search", 7)]
    assert runs == expected + (again if runs_beside else [])


def test_it_takes_a_second_core_and_more_than_one_step(problem, monkeypatch):
    """And a problem that can be handed over in a part of the time."""
    budget = Budget(SECONDS)
    steps = list(make_plan(problem, budget, "auto")[0])
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert is_worth_it(problem, budget, steps)
    assert not is_worth_it(problem, budget, steps[:1])
    assert not is_worth_it(problem, Budget(0.04), steps)
    assert not is_worth_it(problem, Budget(SECONDS, work=9), steps)
    monkeypatch.setattr(second_core, "MOST_BYTES", 1.0)
    assert not is_worth_it(problem, budget, steps)
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    assert not is_worth_it(problem, budget, steps)


def test_steps_that_are_made_as_they_are_asked_for_are_not_used_up(problem):
    """Below 3 ms steps come from a generator, and are there for the call itself."""
    steps, _ = make_plan(problem, Budget(0.002), "auto")
    first = make_plan(problem, Budget(0.002), "auto")[0]
    assert not is_worth_it(problem, Budget(0.002), steps)
    assert list(steps) == list(first) != []


ENDLESS = {
    "kind": "bound",
    "bound": np.inf,
    "content": {"class": None, "values": {}},
}


class Broken:
    """A worker whose messages cannot be read, never end, or never come."""

    def __init__(self, error: Exception | dict[str, Any] | None) -> None:
        self.error = error
        self.tasks, self.loaded = 0, frozenset()
        self.is_killed = False

    def start(self, task, payload) -> None:
        """Take a task."""
        self.tasks += 1

    def receive(self, seconds: float):
        """Raise, repeat the same at once, or say nothing."""
        if isinstance(self.error, Exception):
            raise self.error
        if self.error is not None:
            return self.error, {}
        time.sleep(max(seconds, 0.0))
        return None

    def kill(self) -> None:
        """Note that it was killed."""
        self.is_killed = True


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (WorkerLostError("the worker wrote garbage"), "worker lost"),
        (ValueError("what it sent was no allocation"), "worker lost"),
        (ENDLESS, "stopped"),
        (None, "stopped"),
    ],
)
def test_what_a_worker_does_costs_the_worker_alone(problem, monkeypatch, error, end):
    """The call ends in time with what there is, and workers are killed."""
    made: list[Broken] = []

    def ready(self: Pool, key: str | None) -> Broken | None:
        if len(made) == 3 or not self._free.acquire(blocking=False):
            return None
        self._busy += 1
        made.append(Broken(error))
        return made[-1]

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(Pool, "take_ready", ready)
    with Pool(2) as pool:
        solution = rrm.solve(problem, 0.5)
        assert pool._busy == 0
    assert solution.allocation is not None or isinstance(error, dict)
    assert solution.seconds < 2.0
    assert made
    assert all(worker.is_killed for worker in made)
    ends = [
        entry["ended"] for entry in solution.plan[:-1] if entry["place"] == "beside"
    ]
    assert len(ends) == len(made)
    assert all(text.startswith(end) for text in ends)


@needs_two
def test_a_worker_is_there_with_the_kernels_of_a_method(pool):
    """And none for a method that was not loaded, or while no core is free."""
    assert pool.take_ready("LapPlacement.unknown") is None
    key = key_of(named(LapPlacement, "lagrangian"))
    worker = pool.take_ready(key)
    assert worker is not None
    assert key in worker.loaded
    taken_too = [pool.take_ready(None) for _ in range(len(os.sched_getaffinity(0)))]
    assert taken_too[-1] is None
    for one in (worker, *taken_too[:-1]):
        if one is not None:
            pool.discard(one)
    assert pool._busy == 0


@needs_two
def test_another_nursery_loads_the_same(pool):
    """What was asked for is asked again when the nursery has died."""
    pool._nursery.kill()
    pool._nursery.wait()
    pool.wait_until_loaded()
    worker = pool.take_ready(key_of(named(LapPlacement, "lagrangian")))
    assert worker is not None
    pool.discard(worker)


def test_no_more_workers_wait_than_before(pool):
    """Loading makes old ones go, one by one."""
    for keys in ({"PowerControl.wmmse"}, {"PowerControl.max_min"}):
        pool.load(keys)
        pool.wait_until_loaded()
        assert len(pool._idle) <= pool._spare + 1
        assert pool._idle[-1].loaded >= keys


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8), st.data())
@settings(deadline=None)  # the first of them looks for methods
def test_parts_of_the_time_stay_in_proportion(weights, data):
    """Whoever is taken from the queue, the others keep their parts."""
    entry = named(PowerControl, "wmmse")
    steps = in_turn([(entry, weight, "") for weight in weights])
    queue = weighed(steps)
    total = sum(weights)
    for step, weight in zip(queue, weights, strict=True):
        assert step.share == pytest.approx(weight / total)
    left = list(weights)
    while queue:
        place = data.draw(st.integers(0, len(queue) - 1))
        step = taken(queue, place)
        assert step.share == pytest.approx(left[place] / sum(left))
        left.pop(place)


def test_a_step_that_is_all_there_is_has_all_the_time():
    """Also where its weight is nothing."""
    step = Step(named(PowerControl, "wmmse"), "inline", 0.0, "")
    assert taken([step], 0).share == 1.0


def test_sparse_arrays_count():
    """With their places."""
    from scipy import sparse

    dense = UserAssociation(np.ones((3, 2)), np.ones(3), np.full(2, 2.0))
    utility = sparse.csr_array(np.ones((3, 2)))
    thin = UserAssociation(utility, np.ones(3), np.full(2, 2.0))
    apart = utility.indices.nbytes + utility.indptr.nbytes
    assert bytes_to_send(thin) - bytes_to_send(dense) == apart
