"""Which items of a report cannot hold together, and what each way out would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations import compose
from formulations.problem import Problem
from rrm.budget import Budget
from rrm.contradictions import is_contradictory
from rrm.engine import solve
from rrm.solution import Solution
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

LADDER = ("wish", "sla", "safety", "regulation")
"""Priorities from the first to give way to the one that never does."""
FACTS = ("outage",)
"""Kinds that say how things are, and never give way either."""
MOMENTS = 16
"""Times at which other items hold than before that are looked at, at most."""
Solve = Callable[[Any, Budget | float], Solution]


@dataclass(frozen=True, eq=False)
class Option:
    """One way out of a conflict.

    Attributes
    ----------
    dropped : ContextItem
        What gives way.
    solution : Solution
        Of the problem without it: what the network would do.
    """

    dropped: "ContextItem"
    solution: Solution


@dataclass(frozen=True, eq=False)
class Conflict:
    """Items that cannot hold together, though any of them could be spared for the rest.

    Attributes
    ----------
    items : tuple of ContextItem
        They exclude each other as they stand, or are proven to be infeasible together;
        without any one of them that is not so.
    options : tuple of Option
        Best first: lowest priority, then best objective. Items with the priority
        ``regulation`` and outages are never dropped.
    time : float
        s since epoch from which on they do; the snapshot's time if they hold already.
    """

    items: tuple["ContextItem", ...]
    options: tuple[Option, ...]
    time: float

    @property
    def gives_way(self) -> "ContextItem | None":
        """Best option, or else the weakest item; None if all must stay."""
        if self.options:
            return self.options[0].dropped
        return next((item for item in self.items if _may_give_way(item)), None)


def find_conflict(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    budget: Budget | float,
    solve: Solve = solve,
) -> Conflict | None:
    """Find an irreducible set of items that contradict each other on this network.

    First those that exclude each other as they stand, for which nothing is solved; then
    those that are proven infeasible together: at the snapshot's time, and at the first
    ``MOMENTS`` times after it at which an item or a rule begins or ends, on the same
    network. A deletion filter [1]_ tries to spare each item once, the wishes first.

    Parameters
    ----------
    snapshot, report, problem
        As for ``compose``.
    budget : Budget or float
        For each solve; only proven infeasibility counts.
    solve : callable
        Solution of a problem under a budget.

    Returns
    -------
    Conflict or None
        The first; None if all items can hold together, or that is not disproven.

    References
    ----------
    .. [1] J. W. Chinneck, E. W. Dravnieks, "Locating minimal infeasible constraint sets
       in linear programs", ORSA Journal on Computing 3(2), 1991, section 3.
       https://doi.org/10.1287/ijoc.3.2.157
    """
    trials = [
        _Trial(snapshot.derived(time=time), report, problem, budget, solve)
        for time in _moments(snapshot, report)
    ]
    for name in ("excluded", "infeasible"):
        for trial in trials:
            fails, items = getattr(trial, name), report.items_at(trial.snapshot.time)
            if items and fails(items) and not fails([]):
                needed = _irreducible(items, fails)
                options = _options(needed, items, trial.answer)
                return Conflict(tuple(needed), options, trial.snapshot.time)
    return None


def _moments(snapshot: TwinSnapshot, report: "ContextReport") -> list[float]:
    """Now, and the next times at which other items or rules hold."""
    changes = {end.timestamp() for one in report.items for end in (one.start, one.end)}
    changes |= {end for rule in snapshot.policy for end in (rule.start, rule.end)}
    now = snapshot.time
    return [now, *sorted(time for time in changes if now < time < np.inf)[:MOMENTS]]


@dataclass(frozen=True, eq=False)
class _Trial:
    """Problems of a network and some items of a report."""

    snapshot: TwinSnapshot
    report: "ContextReport"
    problem: type[Problem]
    budget: Budget | float
    solve: Solve

    def only(self, items: Sequence["ContextItem"]) -> "ContextReport":
        """Report of these items."""
        return self.report.model_copy(update={"items": tuple(items)})

    def answer(self, items: Sequence["ContextItem"]) -> Solution:
        """Solution with these items only."""
        problem = compose(self.snapshot, self.only(items), self.problem)
        return self.solve(problem, self.budget)

    def excluded(self, items: Sequence["ContextItem"]) -> bool:
        """Whether these items exclude each other as they stand."""
        return is_contradictory(self.snapshot, self.only(items), self.problem)

    def infeasible(self, items: Sequence["ContextItem"]) -> bool:
        """Whether these items are proven infeasible together."""
        return self.answer(items).status == "infeasible"


def _irreducible(
    items: Sequence["ContextItem"], fails: Callable[[Sequence["ContextItem"]], bool]
) -> list["ContextItem"]:
    """Items that fail together, of which none can be spared."""
    # who may give way is tried first, so that what is left is worth keeping
    needed = sorted(items, key=lambda item: LADDER.index(item.priority))
    for item in list(needed):
        others = [one for one in needed if one is not item]
        if fails(others):
            needed = others
    return needed


def _may_give_way(item: "ContextItem") -> bool:
    """Whether an item is neither regulation nor a fact."""
    return item.priority != LADDER[-1] and str(item.kind) not in FACTS


def _options(
    needed: Sequence["ContextItem"],
    items: Sequence["ContextItem"],
    answer: Callable[[Sequence["ContextItem"]], Solution],
) -> tuple[Option, ...]:
    """Solutions without one item each, best first; regulation and facts stay."""
    found = []
    for item in needed:
        if not _may_give_way(item):
            continue
        solution = answer([one for one in items if one is not item])
        if solution.allocation is not None:
            found.append(Option(item, solution))
    return tuple(
        sorted(
            found,
            key=lambda one: (
                LADDER.index(one.dropped.priority),
                -one.solution.problem.sense * one.solution.objective,
            ),
        )
    )


def resolved(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    budget: Budget | float,
    solve: Solve = solve,
) -> tuple["ContextReport", tuple[Conflict, ...]]:
    """Report from which the best option of each conflict was taken, and the conflicts.

    What gives way holds before the conflict begins and after it ends. Where only
    regulation and outages are left in a conflict they stay.
    """
    conflicts: list[Conflict] = []
    for _ in range(2 * len(report.items)):
        conflict = find_conflict(snapshot, report, problem, budget, solve)
        if conflict is None:
            break
        conflicts.append(conflict)
        gone = conflict.gives_way
        if gone is None:
            break
        kept: list[ContextItem] = []
        for item in report.items:
            kept += _outside(conflict, item, snapshot) if item is gone else [item]
        report = report.model_copy(update={"items": tuple(kept)})
    return report, tuple(conflicts)


def _outside(
    conflict: Conflict, item: "ContextItem", snapshot: TwinSnapshot
) -> list["ContextItem"]:
    """Parts of an item before a conflict, from now on, and after it."""
    begins = datetime.fromtimestamp(conflict.time, UTC)
    ends = min(one.end for one in conflict.items)
    found = []
    if conflict.time > snapshot.time and item.start < begins:
        found.append(item.model_copy(update={"end": begins}))
    if ends < item.end:
        found.append(item.model_copy(update={"start": ends}))
    return found
