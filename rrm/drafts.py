"""Actions that somebody drafted: judged, replayed, and told as directives."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import llm_bridge
from formulations import Association, Power, PowerControl, UserAssociation
from formulations.context import Affected, affected
from formulations.problem import FEASIBLE, Problem
from rrm.confirmation import Replay, replay
from rrm.directives import (
    POWER,
    SERVING,
    WIDTH,
    Directive,
    handovers,
    power_changes,
    sentence,
    width_changes,
)
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport


@dataclass(frozen=True, eq=False)
class Draft:
    """A drafted action, and what problem and twins say of it.

    Attributes
    ----------
    report : ContextReport
        What was read, and what was refused.
    left : tuple of (str, str)
        Words that were read and are not applied, and why.
    problem : Problem
        That judges: the given one, with the cells' new widths.
    allocation : allocation or None
        The present one with the action applied; None where nothing is applied.
    objective : float
        Of that allocation; nan where there is none.
    violations : dict
        By constraint, as of :meth:`Problem.violations`.
    before, after : Replay or None
        What the present settings and the drafted ones do on the twin's gains.
    is_confirmed : bool
        Whether in ``after`` no cell lacks time for floors or demand and no receiver
        hears too much, unless in ``before`` it was as bad.
    directives : tuple of Directive
        The action, to be sent; empty unless it is feasible and confirmed.
    """

    report: "ContextReport"
    left: tuple[tuple[str, str], ...]
    problem: Problem
    allocation: Any
    objective: float = np.nan
    violations: dict[str, float] = field(default_factory=dict)
    before: Replay | None = None
    after: Replay | None = None
    is_confirmed: bool = False
    directives: tuple[Directive, ...] = ()

    @property
    def is_feasible(self) -> bool:
        """Whether it may be a start: all of it is applied, and violates nothing."""
        is_whole = self.allocation is not None and not self.left
        return is_whole and not self.report.refused and _holds(self.violations)


def draft(
    text: str,
    snapshot: TwinSnapshot,
    author: str,
    problem: Problem,
    allocation: Any,
) -> Draft:
    """Apply a drafted action to an allocation, judge the outcome and replay it.

    Parameters
    ----------
    text : str
        Such as "set M1A to 10 W", "move 20 MHz from M1A to M1B" or "hand u007 over to
        M2B"; what holds later only is not applied.
    snapshot : TwinSnapshot
        The network.
    author : str
        ``role/name``; what the role may not ask is refused.
    problem : PowerControl or UserAssociation
        As composed from the snapshot.
    allocation : Power or Association
        That holds now.

    Raises
    ------
    FieldError
        If the allocation has another type or shape than those of the problem.
    """
    found = llm_bridge.report(text, snapshot, author=author)
    action = _Action(snapshot, problem, problem.checked(allocation))
    for item in found.items:
        action.take(item)
    left = tuple((sentence(item), why) for item, why in action.left)
    if not action.reasons:
        return Draft(found, left, problem, None)
    judged, candidate = action.judge(), action.candidate
    then = snapshot.derived(bandwidth=action.width)
    before = _replayed(snapshot, problem, action.held)
    after = _replayed(then, problem, candidate)
    made = Draft(
        found,
        left,
        judged,
        candidate,
        float(judged.evaluate(candidate)),
        judged.violations(candidate),
        before,
        after,
        _is_confirmed(before, after, snapshot.protected_limit),
    )
    if not (made.is_feasible and made.is_confirmed):
        return made
    return replace(made, directives=tuple(action.directives(after)))


class _Action:
    """What items change of an allocation and of the cells' widths."""

    def __init__(self, snapshot: TwinSnapshot, problem: Problem, held: Any) -> None:
        self.snapshot, self.problem = snapshot, problem
        self.held: Any = held
        self.candidate: Any = held
        self.width = snapshot.bandwidth.copy()
        self.left: list[tuple[ContextItem, str]] = []
        self.reasons: dict[tuple[str, str], list[str]] = {}

    def take(self, item: "ContextItem") -> None:
        """Apply an item, or note why not."""
        if not item.is_valid_at(self.snapshot.time):
            self.left.append((item, f"begins at {item.start:%Y-%m-%d %H:%M} UTC"))
            return
        label, kind = "ContextReport.items.target", str(item.kind)
        hit = affected(item.target, self.snapshot, label, kind)
        apply = {
            (PowerControl, "power_limit"): self._power,
            (PowerControl, "spectrum_grant"): self._width,
            (UserAssociation, "spectrum_grant"): self._width,
            (UserAssociation, "association_preference"): self._move,
        }.get((type(self.problem), str(item.kind)))
        if apply is None:
            name = type(self.problem).__name__
            self.left.append((item, f"{item.kind} is no decision of {name}"))
            return
        reason = apply(item, hit)
        if reason is not None:
            self.left.append((item, reason))

    def judge(self) -> Problem:
        """The problem with the new widths, as composition takes them."""
        old, new = self.snapshot.bandwidth, self.width
        if np.array_equal(old, new):
            return self.problem
        if isinstance(self.problem, UserAssociation):
            load = self.problem.load * (old / new)
            return self.problem.derived(load=load)
        if not isinstance(self.problem, PowerControl):
            return self.problem
        changed = np.isin(self._cells("L"), np.flatnonzero(new != old))
        widths = new[self._cells("L")][changed]
        least = min([self.problem.bandwidth, *widths.tolist()])
        return self.problem.derived(bandwidth=least)

    def directives(self, after: Replay) -> list[Directive]:
        """The changes, each with the words that ask for it as reason."""
        snapshot, candidate, judged = self.snapshot, self.candidate, self.judge()
        found: list[Directive] = []
        if isinstance(judged, PowerControl):
            power = _power_of(snapshot, judged, self.held)
            found = power_changes(snapshot.derived(p_max=power), judged, candidate)
        elif isinstance(judged, UserAssociation):
            held = snapshot.derived(previous=self.held.cell)
            found = handovers(held, judged, candidate)
        found += width_changes(snapshot, self.width, after.load)
        return [
            replace(one, reason=tuple(self.reasons[one.name, one.attribute]))
            for one in found
        ]

    def _power(self, item: "ContextItem", hit: Affected) -> str | None:
        cells = self._cells("L")
        links = np.flatnonzero(np.isin(cells, hit.cells))
        if not len(links) or (hit.names_cells and len(links) < len(hit.cells)):
            return "not all of these cells are links of the problem"
        power = np.array(self.candidate.power)
        factor = power[links] if item.unit == "1" else 1.0
        power[links] = factor * float(item.value or 0.0)
        self.candidate = Power(power)
        return self._asked(self.snapshot.cell_id[cells[links]], POWER, item)

    def _width(self, item: "ContextItem", hit: Affected) -> str | None:
        width = self.width[hit.cells] + float(item.value or 0.0)
        if not hit.names_cells:
            return "names no cell"
        if (
            isinstance(self.problem, PowerControl)
            and not np.isin(hit.cells, self._cells("L")).all()
        ):
            return "not all of these cells are links of the problem"
        if not (width > 0).all():
            least = self.width[hit.cells].min() / 1e6
            return f"only {least:g} MHz are there to be given"
        self.width[hit.cells] = width
        return self._asked(self.snapshot.cell_id[hit.cells], WIDTH, item)

    def _move(self, item: "ContextItem", hit: Affected) -> str | None:
        if item.value not in ("SHALL", "PREFER"):
            return f"{item.value} does not say where to"
        if not hit.names_users or len(hit.cells) != 1:
            return "names no user, or not one cell"
        cell = np.array(self.candidate.cell)
        cell[hit.users] = hit.cells[0]
        self.candidate = Association(cell)
        return self._asked(self.snapshot.user_id[hit.users], SERVING, item)

    def _asked(self, names: np.ndarray, attribute: str, item: "ContextItem") -> None:
        for name in names:
            words = self.reasons.setdefault((str(name), attribute), [])
            words.append(sentence(item))

    def _cells(self, axis: str) -> np.ndarray:
        return _cells(self.snapshot, self.problem, axis)


def _cells(snapshot: TwinSnapshot, problem: Problem, axis: str) -> np.ndarray:
    """Cell of each entry of a problem's axis."""
    place = {str(name): index for index, name in enumerate(snapshot.cell_id)}
    names = problem.labels.get(axis, ())
    return np.array([place[str(name)] for name in names], dtype=np.intp)


def _power_of(snapshot: TwinSnapshot, problem: Problem, allocation: Any) -> np.ndarray:
    """Powers (B,) W: what the allocation says, and the limit of other cells."""
    power = snapshot.p_max * (snapshot.alive if snapshot.alive.size else 1.0)
    if isinstance(allocation, Power):
        power[_cells(snapshot, problem, "L")] = allocation.power
    return power


def _replayed(snapshot: TwinSnapshot, problem: Problem, allocation: Any) -> Replay:
    is_move = isinstance(allocation, Association)
    cell = allocation.cell if is_move else snapshot.previous
    return replay(snapshot, cell, _power_of(snapshot, problem, allocation))


def _is_confirmed(before: Replay, after: Replay, limit: np.ndarray) -> bool:
    """Whether nothing is beyond its limit that was within, or was less beyond."""
    return all(
        (new <= np.maximum(most, old) * (1 + FEASIBLE)).all()
        for new, old, most in (
            (after.load, before.load, 1.0),
            (after.floors, before.floors, 1.0),
            (after.received, before.received, limit),
        )
    )


def _holds(violations: dict[str, float]) -> bool:
    return all(value <= FEASIBLE for value in violations.values())
