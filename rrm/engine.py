"""``solve``: validate, start, plan, run, certify, report."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from formulations.problem import Problem
from rrm.beside import is_worth_it, side_by_side
from rrm.budget import Budget, as_budget
from rrm.incumbent import Incumbent
from rrm.inline import run_inline
from rrm.interrupts import interrupts_call
from rrm.planning import Plan, Step, is_short, make_plan
from rrm.registry import INSTANT, Method
from rrm.selector import recording
from rrm.solution import Solution, Status, Stopped, size_of
from rrm.threads import run_in_thread
from rrm.warming import is_loaded, load_beside, prepare, prepare_all
from twins.declaration import FieldError

logger = logging.getLogger(__name__)

START = "start"
"""Source of what the caller gave."""
MOST_SEED_BITS = 62
"""Kernels add to the seed what 64 bits must hold."""
RETURN_SECONDS = 3e-4
"""Time kept to build the solution, at most a tenth of the budget."""


def solve(
    problem: Problem,
    budget: Budget | float | timedelta,
    method: str | Sequence[str] = "auto",
    seed: int = 0,
    start: Any = None,
    *,
    on_event: Callable[[dict[str, Any]], None] | None = None,
    cancel: threading.Event | None = None,
) -> Solution:
    """Best allocation for ``problem`` that the time allows, verified.

    Parameters
    ----------
    problem : Problem
        What to solve.
    budget : Budget, float or timedelta
        End-to-end limit in s, or with gap and work. What :func:`rrm.warm_up` would have
        done comes on top the first time; ``plan`` says how long that took.
    method : str or sequence of str
        ``auto``, or names that are tried in that order.
    seed : int
        For random numbers, not negative; with ``Budget(work=...)`` the answer repeats.
    start : allocation or Solution
        Where to start from; the referee decides whether it counts, as it is or
        repaired. The proof of a Solution is recomputed for this problem.
    on_event : callable
        Gets a plain dict at each improvement.
    cancel : threading.Event
        Set it to get the best so far at once. Ctrl-C does the same.

    Returns
    -------
    Solution
        Always, also without time; its ``allocation`` is None unless the referee
        passed one.

    Raises
    ------
    FieldError
        If an argument is not what it must be; never because of a method.
    """
    began = time.perf_counter()
    return solve_since(began, problem, budget, method, seed, start, on_event, cancel)


def solve_since(
    began: float,
    problem: Problem,
    budget: Budget | float | timedelta,
    method: str | Sequence[str],
    seed: int,
    start: Any,
    on_event: Callable[[dict[str, Any]], None] | None,
    cancel: threading.Event | None,
) -> Solution:
    """Solve with a clock that runs since ``time.perf_counter()`` was ``began``."""
    budget = as_budget(budget)
    if not isinstance(problem, Problem):
        raise FieldError("problem", None, type(problem).__name__, "a Problem")
    _check_options(method, seed, on_event, cancel)
    seed = int(seed)  # as workers are told in JSON
    record = recording(budget, method, start)
    if record is not None:
        on_event = record.listener(on_event)
    proof = start.certificate.proof if isinstance(start, Solution) else None
    start = start.allocation if isinstance(start, Solution) else start
    start = None if start is None else problem.checked(start)
    made: Plan | None = None  # after the first answer, where kernels are loaded
    if is_short(budget, method):
        prepared = prepare_all(type(problem))
    elif method == "auto" and is_loaded(type(problem)):
        prepared = 0.0
    else:
        made = make_plan(problem, budget, method)
        prepared = prepare(made[0])
    if prepared:
        began = time.perf_counter()
    incumbent = Incumbent(
        problem, budget, seed=seed, began=began, cancel=cancel, on_event=on_event
    )
    incumbent.deadline -= min(RETURN_SECONDS, 0.1 * budget.seconds)
    plan: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    with interrupts_call(incumbent.cancel, budget.seconds):
        try:
            _first_offers(incumbent, start, proof)
            is_answered = incumbent.allocation is not None
            is_over = incumbent.reached() is not None
            if not is_over and (made is None or not is_answered):
                made = make_plan(problem, budget, method, is_answered)
                if not is_short(budget, method):
                    prepared += incumbent.postpone(prepare(made[0]))
            steps, left_out = made or ((), {})
            if method == "auto" and is_worth_it(problem, budget, steps):
                load_beside(steps)
                plan += side_by_side(list(steps), incumbent, _run)
            else:
                plan += _in_turn(steps, incumbent)
            stopped = incumbent.reached() or Stopped.EXHAUSTED
        except KeyboardInterrupt:
            stopped = Stopped.CANCELLED
        incumbent.close()
        size = size_of(problem)
        plan.append({"left_out": left_out, "size": size, "prepared": prepared})
        solution = _report(incumbent, stopped, plan)
        if record is not None:
            record.keep(solution, budget)
        return solution


def _check_options(method: Any, seed: Any, on_event: Any, cancel: Any) -> None:
    """Raise a FieldError for what would fail later, or in every method."""
    is_list = isinstance(method, Sequence) and not isinstance(method, bytes)
    if not is_list or not all(isinstance(name, str) for name in method):
        raise FieldError(
            "method", None, repr(method), "auto, a name or a list of names"
        )
    is_whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if not is_whole or not 0 <= seed <= 2**MOST_SEED_BITS:
        allowed = f"an integer in [0, 2**{MOST_SEED_BITS}]"
        raise FieldError("seed", None, repr(seed), allowed)
    if on_event is not None and not callable(on_event):
        raise FieldError("on_event", None, repr(on_event), "callable or None")
    if cancel is not None and not hasattr(cancel, "is_set"):
        raise FieldError("cancel", None, repr(cancel), "an Event or None")


def _in_turn(steps: Iterable[Step], incumbent: Incumbent) -> list[dict[str, Any]]:
    """Run one step after the other until the search must end."""
    plan = []
    for step in steps:
        if incumbent.reached() is not None:
            break
        plan.append(_run(step, incumbent))
    return plan


def _first_offers(incumbent: Incumbent, start: Any, proof: Any) -> None:
    """Instant tier: the caller's start and its proof, else what needs no search.

    Of a proof with many cases its outline comes first, and may be enough.
    """
    unknown = incumbent.problem.sense * np.inf
    outline = proof.outline() if hasattr(proof, "outline") else proof
    if hasattr(outline, "bound"):
        incumbent.weigh(unknown, outline, START, None)
    _first_answer(incumbent, start)
    if outline is not proof and incumbent.reached() is None:
        incumbent.weigh(unknown, proof, START, None)


def _first_answer(incumbent: Incumbent, start: Any) -> None:
    """What is feasible of the caller's start, as it is or repaired, or at once."""
    problem = incumbent.problem
    if start is not None:
        if incumbent.judge(start, START):
            return
        if incumbent.judge(problem.repaired(start), START):
            return
    for attempt in problem.attempts():
        if incumbent.judge(attempt, INSTANT):
            return


def _run(step: Step, incumbent: Incumbent) -> dict[str, Any]:
    """Run one step within its share and tell how it ended."""
    seconds = incumbent.remaining() * step.share
    began = time.perf_counter()
    runners = {"inline": run_inline, "thread": run_in_thread, "worker": _in_worker}
    with incumbent.running(step.method, seconds):
        ended = runners[step.place](step.method, incumbent)
    return {
        "method": step.method.name,
        "place": step.place,
        "why": step.why,
        "share": seconds,
        "seconds": time.perf_counter() - began,
        "ended": ended,
    }


def _in_worker(method: Method, incumbent: Incumbent) -> str:
    from rrm.workers import run_in_worker

    return run_in_worker(method, incumbent.problem, incumbent)


def _report(
    incumbent: Incumbent, stopped: Stopped, plan: list[dict[str, Any]]
) -> Solution:
    status = incumbent.status
    if status is Status.INFEASIBLE:
        stopped = Stopped.EXHAUSTED
    return Solution(
        status=status,
        stopped=stopped,
        allocation=incumbent.allocation,
        objective=incumbent.objective,
        bound=incumbent.bound,
        gap=incumbent.gap,
        certificate=incumbent.certificate(),
        method=incumbent.method,
        plan=plan,
        trace=incumbent.trace,
        seconds=time.perf_counter() - incumbent.began,
        seed=incumbent.seed,
        work=incumbent.work,
        problem=incumbent.problem,
        least_violating=incumbent.least_violating,
    )
