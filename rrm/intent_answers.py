"""Answers to a 3GPP TS 28.312 intent: whether it is feasible, and its conflicts."""

from typing import TYPE_CHECKING, Any, NamedTuple

from formulations import compose
from formulations.problem import Problem
from rrm.budget import Budget
from rrm.conflicts import resolved
from rrm.engine import solve
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport


class IntentAnswers(NamedTuple):
    """Reports in the standard's words.

    Attributes
    ----------
    feasibility : dict
        ``IntentFeasibilityCheckReport``.
    conflicts : tuple of dict
        ``IntentConflictReport`` of each smallest conflict within the intent, and what
        should give way.
    """

    feasibility: dict[str, Any]
    conflicts: tuple[dict[str, Any], ...]


def intent_answers(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    budget: Budget | float,
    intent: str,
) -> IntentAnswers:
    """Answers to what ``llm_bridge.intents.read_intent`` made of an intent.

    Targets that exclude each other as they stand, such as a floor above a cap for the
    same users, make it infeasible, though ``compose`` would let one of them give way.

    Parameters
    ----------
    snapshot, report, problem
        As for ``compose``.
    budget : Budget or float
        For each solve; only proven infeasibility is a conflict.
    intent : str
        Identifier of the intent.
    """
    from llm_bridge.intents import conflict_report, feasibility_report

    _, conflicts = resolved(snapshot, report, problem, budget)
    told = []
    for one in conflicts:
        drop = 0 if one.gives_way is None else one.items.index(one.gives_way)
        told.append(conflict_report(one.items, [intent] * len(one.items), drop))
    status = "infeasible"
    if not conflicts:
        status = solve(compose(snapshot, report, problem), budget).status
    excluded = list(dict.fromkeys(item for one in conflicts for item in one.items))
    return IntentAnswers(feasibility_report(report, status, excluded), tuple(told))
