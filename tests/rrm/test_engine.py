"""``solve``: budgets, stops, starts, callers' errors, threads, event loops."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import numpy as np
import pytest

import rrm
from formulations import Association, FieldError, Power, PowerControl, UserAssociation

PROBLEM = PowerControl.example()


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((PROBLEM, -1.0), "Budget.seconds = -1.0: must be in"),
        ((PROBLEM, float("nan")), "Budget.seconds = nan: must be in"),
        ((PROBLEM, "1s"), "Budget.seconds = '1s': must be in"),
        ((PROBLEM, True), "Budget.seconds = True: must be in"),
        (("no problem", 1.0), "problem = str: must be a Problem"),
        ((PROBLEM, 1.0, "magic"), "method = 'magic': must be auto or one of"),
        (
            (PROBLEM, 1.0, ["wmmse", "magic"]),
            "method = 'magic': must be auto or one of",
        ),
        ((PROBLEM, 1.0, ["auto"]), "method = 'auto': must be alone, or one of"),
        ((PROBLEM, 1.0, None), "method = None: must be auto, a name or a list"),
        ((PROBLEM, 1.0, 3), "method = 3: must be auto, a name or a list"),
        ((PROBLEM, 1.0, [3]), "method = [3]: must be auto, a name or a list"),
        ((PROBLEM, 1.0, "auto", -1), "seed = -1: must be an integer in [0, 2**62]"),
        ((PROBLEM, 1.0, "auto", 1.5), "seed = 1.5: must be an integer in [0, 2**62]"),
        ((PROBLEM, 1.0, "auto", "a"), "seed = 'a': must be an integer in [0, 2**62]"),
        ((PROBLEM, 1.0, "auto", None), "seed = None: must be an integer in [0, 2**62]"),
        ((PROBLEM, 1.0, "auto", 2**63), f"seed = {2**63}: must be an integer in [0,"),
        ((PROBLEM, 10**400), "Budget.seconds = larger: must be in [0, 1.8e+308]"),
        (
            (PROBLEM, 1.0, "max_min"),
            "method = 'max_min': must be a method that applies",
        ),
        ((PROBLEM, 1.0, "auto", 0, Power(np.ones(3))), "Power.power = shape (3,)"),
        (
            (PROBLEM, 1.0, "auto", 0, Association(np.ones(3))),
            "allocation = Association",
        ),
    ],
)
def test_callers_errors_are_named(arguments, text):
    """Bad arguments raise at once, and nothing else ever does."""
    with pytest.raises(FieldError) as caught:
        rrm.solve(*arguments)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("name", ["on_event", "cancel"])
def test_callers_hooks_are_checked(name):
    """Also by ``asolve``; a wrong one would fail at each event, unseen."""
    with pytest.raises(FieldError, match=f"{name} = 3: must be"):
        rrm.solve(PROBLEM, 1.0, **{name: 3})
    with pytest.raises(FieldError, match=f"{name} = 3: must be"):
        asyncio.run(rrm.asolve(PROBLEM, 1.0, **{name: 3}))


def test_numbers_of_numpy_reach_workers():
    """Which are told in JSON."""
    problem = PROBLEM.replace(objective="max_min_rate")
    budget = rrm.Budget(30.0, work=np.int64(1000))
    solution = rrm.solve(problem, budget, "cvxpy_geometric", np.int64(2**62))
    assert solution.plan[0]["ended"] == "returned"


def test_work_is_no_truth_value():
    """True would be one unit."""
    with pytest.raises(FieldError, match=r"Budget.work = True: must be an integer"):
        rrm.Budget(1.0, work=True)


@pytest.mark.parametrize("budget", [0.0, 1e-9, 1e-5, timedelta(milliseconds=1), 5e-3])
def test_there_is_an_answer_at_every_deadline(budget):
    """Even without time there is a feasible allocation."""
    for problem in (PROBLEM, UserAssociation.example()):
        solution = rrm.solve(problem, budget)
        assert max(problem.violations(solution.allocation).values()) <= 1e-9


def test_methods_run_in_two_milliseconds():
    """Where the clock lets them: one call of a hundred on a busy machine is enough."""
    budget = rrm.Budget(0.002, gap=0.0)
    steps = (rrm.solve(PROBLEM, budget).plan[:-1] for _ in range(100))
    assert any(steps)


def test_infeasible_comes_with_a_proof():
    """The proof can be checked again, apart from any solver."""
    problem = PROBLEM.replace(min_rate=3 * PROBLEM.rate(PROBLEM.p_max))
    solution = rrm.solve(problem, 10.0)
    assert solution.status == "infeasible"
    assert solution.allocation is None
    assert np.isnan(solution.objective)
    assert solution.certificate.proof.bound(problem) == -np.inf


def test_unknown_comes_with_the_least_violating_allocation():
    """Floors that blocks cannot meet have no proof here: say so, and show the best."""
    reach = PROBLEM.rate(PROBLEM.p_max)
    problem = PROBLEM.replace(noise=np.full((8, 2), 1e-13), min_rate=3 * reach)
    solution = rrm.solve(problem, 0.05)
    assert solution.status == "unknown"
    assert solution.allocation is None
    assert problem.checked(solution.least_violating) is not None
    assert max(solution.certificate.violations.values()) > 1e-9


def test_optimal_means_verified_gap():
    """The max-min rate is proven to the gap asked for."""
    problem = PROBLEM.replace(objective="max_min_rate")
    solution = rrm.solve(problem, rrm.Budget(1.0, gap=1e-6))
    assert solution.status == "optimal"
    assert solution.stopped == "gap"
    assert solution.gap <= 1e-6


def test_a_start_is_used_and_verified():
    """A better start than the trivial one wins at once; a Solution is taken, too."""
    best = rrm.solve(PROBLEM, 1.0)
    again = rrm.solve(PROBLEM, 0.0, start=best)
    assert again.method == "start"
    np.testing.assert_array_equal(again.allocation.power, best.allocation.power)
    proven = rrm.solve(PROBLEM, 1.0, method="interference_free")
    known = rrm.solve(PROBLEM, 0.0, start=proven)
    assert known.bound == proven.bound < np.inf  # its proof holds here, too
    bad = rrm.solve(PROBLEM, 0.0, start=Power(2 * PROBLEM.p_max))
    assert bad.method == "start"  # cut to the limits
    np.testing.assert_allclose(bad.allocation.power, PROBLEM.p_max)


def test_work_makes_runs_repeat():
    """The same seed and work give the same allocation, bit for bit."""
    runs = [
        rrm.solve(PROBLEM, rrm.Budget(60.0, gap=0.0, work=15), "wmmse", seed=3)
        for _ in range(2)
    ]
    assert runs[0].stopped == "work"
    assert runs[0].work == runs[1].work == 15
    np.testing.assert_array_equal(*(run.allocation.power for run in runs))


def test_cancel_returns_the_best_so_far():
    """An event of the caller ends the call within milliseconds."""
    cancel = threading.Event()

    def press(event):
        cancel.set()

    big = PowerControl(
        np.full((200, 200), 1e-12) + np.eye(200) * 1e-9,
        np.full(200, 1e-13),
        np.ones(200),
        objective="proportional_fair",
    )
    began = time.perf_counter()
    solution = rrm.solve(big, 30.0, cancel=cancel, on_event=press)
    assert time.perf_counter() - began < 5
    assert solution.stopped == "cancelled"
    assert solution.allocation is not None


def test_ctrl_c_returns_the_best_so_far():
    """An interrupt in the middle is a cancel, not an exception."""
    sent = []

    def interrupt(event):
        if not sent:
            sent.append(event)
            timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()

    @rrm.method(PowerControl, kind="heuristic")
    def endless(problem, incumbent):
        while not incumbent.expired():
            time.sleep(0.01)

    from rrm.registry import _methods

    try:
        began = time.perf_counter()
        solution = rrm.solve(PROBLEM, 30.0, method="endless", on_event=interrupt)
    finally:
        del _methods["PowerControl", "endless"]
    assert time.perf_counter() - began < 5
    assert solution.stopped == "cancelled"
    assert solution.allocation is not None


def test_solving_inside_a_running_event_loop():
    """``solve`` starts no loop of its own, also with a worker."""

    async def controller():
        problem = PROBLEM.replace(objective="max_min_rate")
        return rrm.solve(problem, 2.0, method="cvxpy_geometric")

    solution = asyncio.run(controller())
    assert solution.method == "cvxpy_geometric"


def test_solving_from_several_threads():
    """Calls side by side do not share state."""
    problems = [PROBLEM.replace(weight=np.arange(8) + k) for k in range(4)]
    budget = rrm.Budget(60.0, work=15)
    alone = [rrm.solve(problem, budget, "wmmse") for problem in problems]
    together: list = [None] * 4

    def run(k):
        together[k] = rrm.solve(problems[k], budget, "wmmse")

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.allocation.power, other.allocation.power)


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import rrm
from formulations import PowerControl

big = PowerControl(
    np.full((200, 200), 1e-12) + np.eye(200) * 1e-9,
    np.full(200, 1e-13),
    np.ones(200),
    objective="max_min_rate",
)
ready = []

def tell(event):
    if not ready:
        ready.append(event)
        print("solving", flush=True)

{code}
rrm.solve(big, 0.05, {method!r})  # loads what it needs
began = time.perf_counter()
solution = rrm.solve(big, rrm.Budget(60.0, gap=0.0), {method!r}, on_event=tell)
print(solution.stopped, solution.allocation is not None, flush=True)
print(time.perf_counter() - began < 30, flush=True)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""
ENDLESS = """
@rrm.method(PowerControl, kind="heuristic")
def endless(problem, incumbent):
    {body}
"""


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("cvxpy_geometric", ""),  # compiles for minutes in a worker
        ("endless", ENDLESS.format(body="time.sleep(1e6)")),  # in a thread
        ("endless", ENDLESS.format(body="while not incumbent.expired(): pass")),
    ],
)
def test_a_real_ctrl_c_returns_the_best_so_far(method, code):
    """A signal from outside, while a worker, a thread or nobody listens."""
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(method=method, code=code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "solving\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    said, errors = child.communicate(timeout=60)
    assert said.splitlines() == ["cancelled True", "True"], errors
    assert child.returncode == 0


def test_the_callers_own_handler_is_left_alone():
    """Who handles SIGINT is told, and the solve goes on."""
    told = []
    before = signal.signal(signal.SIGINT, lambda *_: told.append(1))
    try:
        solution = rrm.solve(
            PROBLEM,
            rrm.Budget(0.3, gap=0.0),
            on_event=lambda _: told or os.kill(os.getpid(), signal.SIGINT),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert told
    assert solution.stopped != "cancelled"


def test_asolve_lets_the_loop_go_on():
    """Other tasks run meanwhile; events come in the loop's thread."""
    threads = set()

    async def controller():
        ticks = 0
        call = rrm.asolve(
            PROBLEM,
            rrm.Budget(0.3, gap=0.0),
            on_event=lambda _: threads.add(threading.current_thread()),
        )
        task = asyncio.ensure_future(call)
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return task.result(), ticks

    solution, ticks = asyncio.run(controller())
    assert max(PROBLEM.violations(solution.allocation).values()) <= 1e-9
    assert ticks > 3
    assert threads == {threading.main_thread()}


@pytest.mark.parametrize(
    ("method", "links", "objective"),
    [
        ("branch_and_bound", 25, "sum_rate"),  # here, on threads of its own
        ("cvxpy_geometric", 60, "max_min_rate"),  # in a worker
    ],
)
def test_cancelling_the_task_ends_the_solve(method, links, objective):
    """The task ends after the search has, whatever budget it had."""
    problem = links_in_earshot(links).replace(objective=objective)
    before = threading.active_count()

    async def controller():
        budget = rrm.Budget(600.0, gap=0.0)
        task = asyncio.ensure_future(rrm.asolve(problem, budget, method))
        await asyncio.sleep(0.2)
        task.cancel()
        await task

    began = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(controller())
    assert time.perf_counter() - began < 60
    assert threading.active_count() <= before + 1


@pytest.mark.parametrize("kind", [threading.Event, asyncio.Event])
def test_an_event_ends_asolve_with_the_best_so_far(kind):
    """As it does in ``solve``; the caller's event is only read."""
    problem = links_in_earshot(25)

    async def controller():
        event = kind()
        asyncio.get_running_loop().call_later(0.2, event.set)
        budget = rrm.Budget(60.0, gap=0.0)
        return await rrm.asolve(problem, budget, "branch_and_bound", cancel=event)

    solution = asyncio.run(controller())
    assert solution.stopped == "cancelled"
    assert max(problem.violations(solution.allocation).values()) <= 1e-9
    assert solution.seconds < 30


def test_callers_errors_reach_the_task():
    """As they reach who calls ``solve``."""
    with pytest.raises(FieldError, match="method = 'magic'"):
        asyncio.run(rrm.asolve(PROBLEM, 1.0, "magic"))


def links_in_earshot(number):
    """Links that all hear each other a little."""
    rng = np.random.default_rng(0)
    gain = np.eye(number) * 1e-9 + rng.uniform(0, 1e-11, (number, number))
    return PowerControl(gain, np.full(number, 1e-13), np.ones(number))


def test_four_threads_with_workers_and_kernels():
    """Each answer is certified, whoever computes beside it."""
    kinds = [
        PROBLEM.replace(objective="max_min_rate"),
        UserAssociation.example(),
        PROBLEM.replace(weight=np.arange(1.0, 9.0)),
        PowerControl.example().replace(objective="proportional_fair"),
    ]
    methods = ["cvxpy_geometric", "auto", "auto", "auto"]
    failed = []

    def run(k):
        try:
            for _ in range(3):
                solution = rrm.solve(kinds[k], 1.0, methods[k])
                worst = max(kinds[k].violations(solution.allocation).values())
                value = kinds[k].evaluate(solution.allocation)
                if worst > 1e-9 or value != solution.objective:
                    failed.append((k, solution))
        except Exception as error:
            failed.append((k, error))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_solution_reads_well():
    """One line, a table with names and units, and HTML for notebooks."""
    problem = PROBLEM.replace(labels={"L": tuple(f"cell-{k}" for k in range(8))})
    solution = rrm.solve(problem, 0.05)
    assert "\n" not in repr(solution)
    assert "bit/s" in repr(solution)
    frame = solution.to_frame()
    assert list(frame.index) == [f"cell-{k}" for k in range(8)]
    np.testing.assert_array_equal(frame["power"], solution.allocation.power)
    assert "<table>" in solution._repr_html_()
    assert solution.status.sentence.startswith("verified feasible")


def test_applicable_says_why_not():
    """Each method is listed with kind, what it proves, and its reason."""
    lines = {line.name: line for line in rrm.applicable(PROBLEM)}
    assert lines["wmmse"].applies
    assert lines["wmmse"].kind == "heuristic"
    assert lines["max_min"].reason == "maximizes the least rate, not sum_rate"
    assert "radius" in lines["fixed_point"].proves
