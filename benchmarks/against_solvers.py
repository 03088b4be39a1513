"""The engine and outside solvers side by side: one problem, one time, one thread each.

Outside solvers run in a process of their own, which is killed when it is overdue, and
what they come up with is verified like anything else. Where no outside model fits, the
engine's method of the same name states its own model to the same solver.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.outside import PREFIX, Limits, all_outside
from formulations.problem import FEASIBLE, Problem

OTHERS = ("highs", "cpsat")
LATE = 1.5
"""Times the budget, and a second, after which an outside solver is killed."""


class Answer(NamedTuple):
    """What a solver reached.

    Attributes
    ----------
    objective : float
        Verified; nan without a feasible answer.
    bound : float
        Recomputed for the engine, claimed by outside solvers; nan without one.
    seconds : float
        Until the answer was there, building models included.
    note : str
        Why there is no answer, else empty.
    """

    objective: float
    bound: float
    seconds: float
    note: str = ""


class Row(NamedTuple):
    """One line of a table.

    Attributes
    ----------
    name : str
        Also what a command names to have this row alone.
    bar : str
        What is promised.
    build : callable
        Makes the problem.
    budget : rrm.Budget
        For every solver alike.
    reference : float or rrm.Budget
        Best known objective; a budget: the bound that the engine proves with that.
    """

    name: str
    bar: str
    build: Callable[[], Problem]
    budget: rrm.Budget
    reference: float | rrm.Budget


def measured(rows: Sequence[Row], others: Sequence[str], title: str) -> None:
    """Print each row when it is measured, and all in one table at the end.

    Cells say how far an answer is off the reference, in percent of it, and after how
    many seconds it came; in brackets how far the bound is.
    """
    console = Console(width=150)
    table = Table("what", "bar", "auto", *others, title=title)
    for row in rows:
        problem = row.build()
        engine = by_engine(problem, row.budget)
        reference = row.reference
        if isinstance(reference, rrm.Budget):
            reference = by_engine(problem, reference).bound
        answers = [engine, *(outside(name, problem, row.budget) for name in others)]
        line = [row.name, row.bar, *(_cell(one, reference) for one in answers)]
        console.print(" | ".join(line), markup=False)
        table.add_row(*line)
    console.print(table)


def wanted(rows: Iterator[Row], words: Sequence[str]) -> list[Row]:
    """Rows with one of ``words`` in their name, all without words."""
    return [row for row in rows if not words or any(word in row.name for word in words)]


def by_engine(problem: Problem, budget: rrm.Budget, method: str = "auto") -> Answer:
    """What the engine reaches on a fresh copy, with nothing remembered."""
    try:
        found = rrm.solve(problem.replace(), budget, method=method)
    except rrm.FieldError as error:
        return Answer(float("nan"), float("nan"), 0.0, str(error.allowed)[:60])
    is_own = method in ("auto", found.method)  # not what was there before it began
    note = "" if found.allocation is not None and is_own else "nothing"
    return Answer(found.objective, found.bound, found.seconds, note)


def outside(name: str, problem: Problem, budget: rrm.Budget) -> Answer:
    """What an outside solver reaches in a process of its own."""
    reason = all_outside()[PREFIX + name].reason_against(problem)
    if reason is not None:
        return by_engine(problem, budget, name)
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_claim, args=(name, problem, budget, theirs))
    child.start()
    theirs.close()
    nothing = Answer(float("nan"), float("nan"), LATE * budget.seconds + 1.0)
    try:
        ours.recv()  # its packages are there, and the clock begins
        if not ours.poll(nothing.seconds):
            return nothing._replace(note="killed as overdue")
        allocation, bound, seconds = ours.recv()
    except EOFError:
        return nothing._replace(note="died")
    finally:
        child.kill()
        child.join()
        ours.close()
    return _verified(problem, allocation, bound, seconds)


def _verified(
    problem: Problem, allocation: Any, bound: float, seconds: float
) -> Answer:
    if allocation is None:
        return Answer(float("nan"), bound, seconds, "nothing")
    checked = problem.checked(allocation)
    violations = problem.violations(checked)
    worst = max(violations, key=lambda constraint: violations[constraint])
    if not violations[worst] <= FEASIBLE:
        return Answer(float("nan"), bound, seconds, f"wrong: violates {worst}")
    return Answer(problem.evaluate(checked), bound, seconds)


def _claim(name: str, problem: Problem, budget: rrm.Budget, channel: Any) -> None:
    """In the process of the solver: send allocation, bound and seconds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    solver = all_outside()[PREFIX + name]
    example = type(problem).example()
    if solver.reason_against(example) is None:
        solver.claim(example, Limits(time.perf_counter() + 1.0, budget.gap, 1, 0))
    channel.send("ready")
    began = time.perf_counter()
    claim = solver.claim(problem, Limits(began + budget.seconds, budget.gap, 1, 0))
    channel.send((claim.allocation, claim.bound, time.perf_counter() - began))


def _cell(answer: Answer, reference: float) -> str:
    scale = abs(reference) / 100
    bound = f"(bound {abs(answer.bound - reference) / scale:.3f}%)"
    if not abs(answer.bound) < float("inf"):
        bound = "(no bound)"
    if answer.note:
        return f"{answer.note}, {answer.seconds:.3g} s"
    off = abs(answer.objective - reference) / scale
    return f"{off:.3f}% {bound}, {answer.seconds:.3g} s"
