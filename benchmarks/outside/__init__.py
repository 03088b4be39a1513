"""Outside references: solvers that a user would otherwise pick, one a file.

A file here with a function ``solve(problem, limits)`` is a solver; no list is kept.
Each is called as its own documentation recommends, runs in a process of its own, and
returns a claim that the referee has not seen.
"""

import importlib
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from formulations import (
    BlockSchedule,
    ChannelAssignment,
    LapPlacement,
    PowerControl,
    UserAssociation,
)
from formulations.forecast import LapForecast
from formulations.move_list import MoveList
from formulations.problem import Problem
from rrm.registry import is_installed

PREFIX = "outside/"
SI = "-si"


@dataclass(frozen=True)
class Limits:
    """What every solver is given alike.

    Attributes
    ----------
    deadline : float
        ``time.perf_counter()`` at which the time is over; building models counts.
    gap : float
        Relative gap at which to stop.
    threads : int
        Threads that may run.
    seed : int
        For its random numbers.
    """

    deadline: float
    gap: float
    threads: int
    seed: int

    def remaining(self) -> float:
        """Seconds left, a little above 0."""
        return max(self.deadline - time.perf_counter(), 1e-3)


@dataclass
class Claim:
    """What a solver says about a problem; nothing of it is verified.

    Attributes
    ----------
    status : str
        ``optimal``, ``feasible``, ``infeasible`` or ``unknown``.
    allocation : object or None
        Its answer.
    objective, bound : float
        As it states them.
    trace : list of (float, float, float)
        ``time.perf_counter()``, objective and bound of the answers on the way.
    """

    status: str = "unknown"
    allocation: Any = None
    objective: float = np.nan
    bound: float = np.nan
    trace: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Outside:
    """One solver, with problems scaled or in SI units.

    Attributes
    ----------
    name : str
        ``outside/`` and the file's name, ``-si`` for SI units.
    needs : tuple of str
        Packages that it imports.
    against : callable
        ``against(problem)``: why it does not fit, or None if it does.
    function : callable
        ``function(problem, limits)`` returns a :class:`Claim`.
    in_si : bool
        Whether it gets the problem's numbers as they are. Otherwise noise and the
        largest limits are 1, as an expert would have it.
    """

    name: str
    needs: tuple[str, ...]
    against: Callable[[Any], str | None]
    function: Callable[[Any, Limits], Claim]
    in_si: bool

    def reason_against(self, problem: Problem) -> str | None:
        """Why the solver does not fit ``problem``, or None if it does."""
        missing = [name for name in self.needs if not is_installed(name)]
        if missing:
            return f"needs the package {', '.join(missing)}"
        return self.against(problem)

    def claim(self, problem: Problem, limits: Limits) -> Claim:
        """What the solver says, in the problem's own units."""
        if self.in_si:
            return self.function(problem, limits)
        scaled = problem.scaled()
        claim = self.function(scaled, limits)
        if claim.allocation is not None:
            claim.allocation = scaled.restored(claim.allocation)
        claim.objective = in_si(claim.objective, scaled)
        claim.bound = in_si(claim.bound, scaled)
        claim.trace = [
            (at, in_si(objective, scaled), in_si(bound, scaled))
            for at, objective, bound in claim.trace
        ]
        return claim


def in_si(value: float, scaled: Problem) -> float:
    """Objective value of a scaled problem in the unit of the problem itself."""
    units = scaled.units
    if isinstance(scaled, PowerControl):
        watt, hertz = units["W"], units["Hz"]
        if scaled.objective == "proportional_fair":
            return value + float(scaled.weight.sum() * np.log(hertz))
        if scaled.objective == "energy_efficiency":
            return value * hertz / watt
        return value * (watt if scaled.objective == "min_power" else hertz)
    if isinstance(scaled, UserAssociation):
        if scaled.objective == "proportional_fair":
            reachable = int((np.diff(scaled.candidates.start) > 0).sum())
            return value + float(reachable * np.log(units["utility"]))
        return value * units["utility"]
    if isinstance(scaled, LapPlacement | LapForecast):
        return value * units["value"]
    if isinstance(scaled, MoveList):
        return value * units["weight"]
    if isinstance(scaled, BlockSchedule):
        if scaled.objective == "proportional_fair":
            return value + float(scaled.weight.sum() * np.log(units["bit/s"]))
        return value * units["bit/s"]
    if isinstance(scaled, ChannelAssignment):
        soft = scaled.objective == "min_interference"
        return value * (units["penalty"] if soft else 1.0)
    return value


@cache
def all_outside() -> dict[str, Outside]:
    """Solvers by name, each scaled and in SI units.

    A file with ``KEEPS_UNITS = True`` has a solver that takes the numbers as they are
    under its plain name: scaling would spoil integers.
    """
    found = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        parts = module.NEEDS, module.reason_against, module.solve
        name = f"{PREFIX}{entry.name}"
        keeps_units = getattr(module, "KEEPS_UNITS", False)
        found[name] = Outside(name, *parts, in_si=keeps_units)
        if not keeps_units:
            found[name + SI] = Outside(name + SI, *parts, in_si=True)
    return dict(sorted(found.items()))
