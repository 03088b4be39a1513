"""Which methods to try on a problem, in which order, with which share of the time."""

from collections.abc import Sequence
from dataclasses import dataclass

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.registry import Method, is_packaged, methods_for, named
from twins.declaration import FieldError

WORKER_SECONDS = 0.01
"""Least time that is worth a worker: handing a problem over takes 2 to 5 ms."""
INSTANT = "trivial"
"""Method whose offer every call begins with."""
REFERENCE_RANK = 90
"""From this rank on, methods are models to check others against."""


@dataclass(frozen=True)
class Step:
    """One method of a plan.

    Attributes
    ----------
    method : Method
        What to run.
    place : str
        ``inline``, ``worker`` or ``thread``.
    share : float
        Part of the time that is left when its turn comes.
    why : str
        What put it there.
    """

    method: Method
    place: str
    share: float
    why: str


def place_of(method: Method) -> str:
    """Where a method runs: here, in a worker, or in a thread that can be left alone."""
    if method.is_own:
        return "worker" if method.isolated else "inline"
    return "worker" if is_packaged(method) else "thread"


def make_plan(
    problem: Problem, budget: Budget, method: str | Sequence[str]
) -> tuple[list[Step], dict[str, str]]:
    """Steps for a call, and the reasons why other methods are not among them.

    Raises
    ------
    FieldError
        If a named method does not exist or does not apply.
    """
    if method != "auto":
        names = [method] if isinstance(method, str) else list(method)
        chosen = [_demanded(problem, name) for name in names]
        return _shared([(entry, "named by the caller") for entry in chosen]), {}
    left_out = {}
    fitting = []
    for entry in methods_for(type(problem)):
        if entry.name == INSTANT:
            continue
        reason = entry.reason_against(problem)
        if reason is None and budget.seconds < WORKER_SECONDS:
            slow = place_of(entry) == "worker"
            reason = "a worker takes longer than the budget" if slow else None
        if reason is None:
            fitting.append(entry)
        else:
            left_out[entry.name] = reason
    first = [entry for entry in fitting if entry.rank < REFERENCE_RANK]
    if first:
        for entry in fitting[len(first) :]:
            left_out[entry.name] = "a reference model, and others apply"
        fitting = first
    return _shared([(entry, f"rank {entry.rank}") for entry in fitting]), left_out


def _demanded(problem: Problem, name: str) -> Method:
    entry = named(type(problem), name)
    reason = entry.reason_against(problem)
    if reason is not None:
        allowed = f"a method that applies: {name} {reason}"
        raise FieldError("method", None, repr(name), allowed)
    return entry


def _shared(entries: list[tuple[Method, str]]) -> list[Step]:
    """Steps that each get their part of what is left."""
    left = sum(entry.share for entry, _ in entries)
    steps = []
    for entry, why in entries:
        steps.append(Step(entry, place_of(entry), entry.share / left, why))
        left -= entry.share
    return steps
