"""What each sentence of a context report costs, by solving without it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formulations import compose
from formulations.problem import Problem
from rrm.budget import Budget
from rrm.directives import sentence
from rrm.engine import solve
from rrm.solution import Solution
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport


@dataclass(frozen=True)
class ItemPrice:
    """Price of one sentence.

    Attributes
    ----------
    price : float
        Objective without the item less objective with it, times the sense: what the
        item costs. Users weigh in both what they do without it. Negative where it
        helps. nan where one of the two has no answer.
    certain : bool
        Whether both objectives are proven optimal.
    """

    price: float
    certain: bool


def item_prices(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    solution: Solution,
    budget: Budget | float,
) -> Mapping[str, ItemPrice]:
    """Price of each item that holds, by its sentence.

    Parameters
    ----------
    snapshot, report, problem
        As ``solution`` was composed from.
    solution : Solution
        With all items.
    budget : Budget or float
        For each solve without one of the items.

    Returns
    -------
    dict
        An item that changes nothing in the problem has no entry.
    """

    def without(others: "ContextReport") -> Solution:
        other = compose(snapshot, others, problem)
        return solve(other, budget, start=_start(solution, other))

    return prices_by(report, snapshot.time, solution, without)


def prices_by(
    report: "ContextReport",
    time: float,
    solution: Solution,
    without: Callable[["ContextReport"], Solution],
) -> Mapping[str, ItemPrice]:
    """Price of each item that holds at ``time`` s, by its sentence.

    Parameters
    ----------
    report : ContextReport
        With all items.
    time : float
        s since epoch.
    solution : Solution
        Of the problem under ``report``.
    without : callable
        Solution of the same problem under a report that lacks one of the items.
    """
    touched = {
        id(item) for entries in solution.problem.origin.values() for _, item in entries
    }
    found = {}
    for item in report.items_at(time):
        if id(item) not in touched:
            continue
        others = tuple(one for one in report.items if one is not item)
        other = without(report.model_copy(update={"items": others}))
        worth = _worth(solution, other.problem)
        price = solution.problem.sense * (other.objective - worth)
        certain = {other.status, solution.status} == {"optimal"}
        found[sentence(item)] = ItemPrice(price, certain)
    return found


def _worth(solution: Solution, other: Problem) -> float:
    """Objective of the answer, with users weighed as in ``other``."""
    problem, weight = solution.problem, getattr(other, "weight", None)
    if weight is None or _start(solution, other) is None:
        return solution.objective
    return float(problem.replace(weight=weight).evaluate(solution.allocation))


def _start(solution: Solution, without: Problem):
    """Allocation to start from where it has the other problem's shape."""
    same = dict(solution.problem.sizes) == dict(without.sizes)
    return solution.allocation if same else None
