"""Which items of a report cannot hold together, and what each way out would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    items: tuple["ContextItem", ...]
    options: tuple[Option, ...]


def find_conflict(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    budget: Budget | float,
) -> Conflict | None:
    """Find an irreducible set of items that contradict each other on this network.

    First those that exclude each other as they stand, for which nothing is solved; then
    those that are proven infeasible together. A deletion filter [1]_ tries to spare
    each item once, the wishes first.

    Parameters
    ----------
    snapshot, report, problem
        As for ``compose``.
    budget : Budget or float
        For each solve; only proven infeasibility counts.

    Returns
    -------
    Conflict or None
        None if all items can hold together, or that is not disproven.

    References
    ----------
    .. [1] J. W. Chinneck, E. W. Dravnieks, "Locating minimal infeasible constraint sets
       in linear programs", ORSA Journal on Computing 3(2), 1991, section 3.
       https://doi.org/10.1287/ijoc.3.2.157
    """

    def only(items: Sequence["ContextItem"]) -> "ContextReport":
        """Report of these items."""
        return report.model_copy(update={"items": tuple(items)})

    def answer(items: Sequence["ContextItem"]) -> Solution:
        """Solution with these items only."""
        return solve(compose(snapshot, only(items), problem), budget)

    def excluded(items: Sequence["ContextItem"]) -> bool:
        """Whether these items exclude each other as they stand."""
        return is_contradictory(snapshot, only(items), problem)

    def infeasible(items: Sequence["ContextItem"]) -> bool:
        """Whether these items are proven infeasible together."""
        return answer(items).status == "infeasible"

    items = report.items_at(snapshot.time)
    for fails in (excluded, infeasible):
        if fails(items) and not fails([]):
            needed = _irreducible(items, fails)
            return Conflict(tuple(needed), _options(needed, items, answer))
    return None


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
) -> tuple["ContextReport", tuple[Conflict, ...]]:
    """Report from which the best option of each conflict was taken, and the conflicts.

    Where only regulation and outages are left in a conflict they stay.
    """
    conflicts: list[Conflict] = []
    for _ in range(len(report.items)):
        conflict = find_conflict(snapshot, report, problem, budget)
        if conflict is None:
            break
        conflicts.append(conflict)
        weaker = [item for item in conflict.items if _may_give_way(item)]
        if not weaker:
            break
        gone = conflict.options[0].dropped if conflict.options else weaker[0]
        kept = tuple(item for item in report.items if item is not gone)
        report = report.model_copy(update={"items": kept})
    return report, tuple(conflicts)
