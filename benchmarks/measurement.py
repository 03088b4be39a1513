"""One run: build the problem, time the solver alone, verify the answer."""

import time
import traceback
import tracemalloc
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import rrm
from benchmarks.machine import pace, waited, waits
from benchmarks.outside import PREFIX, SI, Claim, Limits, Outside, all_outside
from benchmarks.rows import finite
from benchmarks.suites import suite_named
from benchmarks.verification import verified_answer, verified_solution
from formulations.problem import Problem
from rrm.registry import INSTANT, methods_for
from rrm.solution import size_of

GAP = 1e-4
TRACE = 40  # points of a row, at most


@dataclass(frozen=True)
class Task:
    """What is run: names, so that it can be handed to a process.

    Attributes
    ----------
    suite, instance, folder : str
        Where the problem comes from.
    method : str
        ``auto``, a registered name, or an outside solver.
    budget : float
        s, end to end.
    seed, repetition : int
        The seed makes the instance and is the method's.
    threads : int
        That the run may use.
    work : int or None
        Units of work after which a method of the engine stops, and that memory is
        counted; None: only time counts.
    """

    suite: str
    instance: str
    folder: str
    method: str
    budget: float
    seed: int
    repetition: int
    threads: int
    work: int | None = None

    @property
    def tool(self) -> str:
        """Kind of process that runs it: ``rrm``, or an outside solver in any units."""
        outside = self.method.startswith(PREFIX)
        return self.method.removesuffix(SI) if outside else "rrm"


class Bench:
    """Runs tasks one after the other; keeps the problem that was built last."""

    def __init__(self) -> None:
        self._built: tuple[Any, Problem, float] | None = None

    def problem(self, task: Task) -> tuple[Problem, float]:
        """Problem of a task, and the seconds that building it took."""
        key = task.suite, task.instance, task.folder, task.seed
        if self._built is None or self._built[0] != key:
            began = time.perf_counter()
            suite = suite_named(task.suite, Path(task.folder))
            problem = suite.instance(task.instance).build(task.seed)
            self._built = key, problem, time.perf_counter() - began
        return self._built[1:]

    def reasons(self, task: Task) -> dict[str, Any]:
        """Problem class, and by method why it does not fit, None if it does."""
        problem, _ = self.problem(task)
        found: dict[str, str | None] = {"auto": None}
        for entry in (*methods_for(type(problem)), *all_outside().values()):
            if entry.name != INSTANT:
                found[entry.name] = entry.reason_against(problem)
        return {"problem": type(problem).__name__, "reasons": found}

    def run(self, task: Task) -> dict[str, Any]:
        """Row of one run; an exception becomes its ``error``."""
        problem, built = self.problem(task)
        fresh = problem.replace()  # nothing is remembered from another run
        row: dict[str, Any] = {
            **asdict(task),
            "problem": type(problem).__name__,
            "size": size_of(problem),
            "sense": problem.sense,
            "build_seconds": built,
            "pace": pace(),
            "error": "",
        }
        budget = rrm.Budget(task.budget, gap=GAP, work=task.work)
        queued = waits()
        cpu, began = time.process_time(), time.perf_counter()
        try:
            if task.tool == "rrm":
                solution = rrm.solve(fresh, budget, task.method, task.seed)
                seconds = time.perf_counter() - began
                told = _told_by_engine(problem, solution)
            else:
                solver = all_outside()[task.method]
                claim = _claimed(solver, fresh, task, began)
                seconds = time.perf_counter() - began
                told = _told_by_outside(problem, claim, began)
        except Exception as error:
            seconds = time.perf_counter() - began
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            text = f"{type(error).__name__}: {error} ({place})"
            told = {**nothing_told(), "error": text[:500]}
        row |= told
        row["seconds"], row["cpu_seconds"] = seconds, time.process_time() - cpu
        row["waited"] = min(waited(queued, waits()), seconds)
        row["overrun"] = seconds - task.budget
        if task.work is not None:
            row["peak_bytes"] = _peak(problem.replace(), budget, task)
        return row


def nothing_told() -> dict[str, Any]:
    """Parts of a row that stand for no answer."""
    empty = dict.fromkeys(("objective", "bound"))
    return {
        "claimed": {"status": "unknown", **empty},
        "verified": {
            "status": "nothing",
            "violates": "",
            "argument": "",
            **empty,
            "gap": None,
            "violation": None,
        },
        "stopped": "",
        "by": "",
        "work": None,
        "nodes": None,
        "refused": {},
        "trace": [],
    }


def _peak(problem: Problem, budget: rrm.Budget, task: Task) -> int:
    """Most memory in bytes that the same run has at a time, numpy's included."""
    tracemalloc.start()
    try:
        rrm.solve(problem, budget, task.method, task.seed)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _claimed(solver: Outside, problem: Problem, task: Task, began: float) -> Claim:
    limits = Limits(began + task.budget, GAP, task.threads, task.seed)
    return solver.claim(problem, limits)


def _told_by_engine(problem: Problem, solution: rrm.Solution) -> dict[str, Any]:
    trace = [point for point in solution.trace if np.isfinite(point[1])]
    nodes = getattr(solution.certificate.proof, "nodes", None)
    return {
        "claimed": {
            "status": str(solution.status),
            "objective": finite(solution.objective),
            "bound": finite(solution.bound),
        },
        "verified": verified_solution(problem, solution, GAP),
        "stopped": str(solution.stopped),
        "by": solution.method,
        "work": solution.work,
        "nodes": None if nodes is None else int(nodes),
        "refused": dict(solution.certificate.refused),
        "trace": _thinned(trace),
    }


def _told_by_outside(problem: Problem, claim: Claim, began: float) -> dict[str, Any]:
    trace = [(at - began, value, bound) for at, value, bound in claim.trace]
    return {
        **nothing_told(),
        "claimed": {
            "status": claim.status,
            "objective": finite(claim.objective),
            "bound": finite(claim.bound),
        },
        "verified": verified_answer(problem, claim.allocation),
        "trace": _thinned(trace),
    }


def _thinned(trace: list[tuple[float, float, float]]) -> list[list[float | None]]:
    """At most ``TRACE`` points, the first and the last among them."""
    if len(trace) > TRACE:
        kept = np.unique(np.linspace(0, len(trace) - 1, TRACE).astype(int))
        trace = [trace[k] for k in kept]
    return [[finite(value) for value in point] for point in trace]
