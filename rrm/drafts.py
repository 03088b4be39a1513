"""Actions that somebody drafted, checked as candidates before anything is sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import llm_bridge
from formulations import Association, Power, PowerControl, UserAssociation
from formulations.problem import FEASIBLE, Problem
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport


@dataclass(frozen=True, eq=False)
class Draft:
    """A drafted action and what the problem says of it.

    Attributes
    ----------
    report : ContextReport
        What was read, and what was refused.
    allocation : allocation or None
        The present one with the action applied; None where the action changes nothing.
    objective : float
        Of that allocation; nan where there is none.
    violations : dict
        By constraint, as of :meth:`Problem.violations`.
    """

    report: "ContextReport"
    allocation: Any
    objective: float
    violations: dict[str, float]

    @property
    def is_feasible(self) -> bool:
        """Whether it may be used as a start: no constraint is violated."""
        return self.allocation is not None and all(
            value <= FEASIBLE for value in self.violations.values()
        )


def draft(
    text: str,
    snapshot: TwinSnapshot,
    author: str,
    problem: Problem,
    allocation: Any,
) -> Draft:
    """Apply a drafted action to an allocation and judge the outcome.

    Parameters
    ----------
    text : str
        Such as "set M1A to 10 W" or "hand u007 over to M2B".
    snapshot : TwinSnapshot
        The network.
    author : str
        ``role/name``; what the role may not ask is refused.
    problem : PowerControl or UserAssociation
        As composed from the snapshot.
    allocation : Power or Association
        That holds now.
    """
    found = llm_bridge.report(text, snapshot, author=author)
    changed = allocation
    for item in found.items:
        changed = _applied(item, problem, changed)
    if changed is allocation:
        return Draft(found, None, np.nan, {})
    value = problem.evaluate(changed)
    return Draft(found, changed, float(value), problem.violations(changed))


def _applied(item: "ContextItem", problem: Problem, allocation: Any) -> Any:
    """Allocation with an item's action, or the same one."""
    if isinstance(problem, PowerControl) and str(item.kind) == "power_limit":
        places = _places(problem.labels.get("L", ()), item.target.cells)
        power = np.array(allocation.power)
        factor = power[places] if item.unit == "1" else 1.0
        power[places] = factor * float(item.value or 0.0)
        return Power(power) if len(places) else allocation
    is_move = item.value in ("SHALL", "PREFER") and len(item.target.cells) == 1
    if isinstance(problem, UserAssociation) and is_move:
        users = _places(problem.labels.get("U", ()), item.target.users)
        cells = _places(problem.labels.get("B", ()), item.target.cells)
        cell = np.array(allocation.cell)
        cell[users] = cells[0]
        return Association(cell) if len(users) else allocation
    return allocation


def _places(labels: Any, names: tuple[str, ...]) -> np.ndarray:
    """Indices of names among labels."""
    return np.flatnonzero(np.isin(np.asarray(labels, dtype=str), list(names)))
