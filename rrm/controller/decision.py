"""One decision as a function of all that it rests on, so that it can be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from formulations import Power, PowerControl, UserAssociation, compose
from formulations.context import in_context
from formulations.problem import FEASIBLE
from rrm.budget import Budget
from rrm.controller.command import NOBODY, POWER, SERVING, Command, command
from rrm.controller.safety import safe_power
from rrm.directives import (
    LEAST_CHANGE_DB,
    Directive,
    decibel_milliwatt,
    handovers,
    power_changes,
)
from rrm.solution import Solution, Stopped
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport

ASSOCIATE = ("lagrangian",)
POWERS = ("barrier_ascent",)
PROVES_FLOORS = ("fixed_point",)
"""Methods are named, as what ``auto`` chooses depends on the time that is left."""
WORK = 40
GAP = 1e-3
HANDOVER_COST = 1.5
"""bit/s/Hz that a move must gain; about 4.5 dB where the SINR is high."""
POWER_GAIN = 0.3
"""Mean logarithm of the rates, 35% for each link, that new powers must gain."""
DWELL = 60.0
"""s for which a user who was moved stays, unless its cell fails."""
FLOOR_SLACK = 0.05
"""Share by which a floor may be missed before powers change for it."""
LIMIT_MARGIN = 10 ** (-LEAST_CHANGE_DB / 10)
"""Of protected receivers' limits, as changes below the resolution are not sent."""
IDLE_SHARE = 0.01
"""Part of its power that a cell without users sends: 20 dB below."""


class Engine(Protocol):
    """What solves; the module ``rrm`` is one."""

    def solve(self, problem: Any, budget: Any, *args: Any, **more: Any) -> Solution:
        """Answer under a budget."""
        ...


@dataclass(frozen=True, eq=False)
class Question:
    """All that a decision rests on.

    Attributes
    ----------
    id : str
        Of the decision.
    snapshot, report
        What is known and what was said.
    power : (B,) W
        What cells are set to send.
    moved : mapping
        By user: s since epoch of the last handover that was asked for.
    deaf : tuple of (target, attribute)
        What did not follow and is not asked again for now.
    prices : mapping
        By sentence: what it costs, from the turn before.
    seed, seconds, work
        Of each of the two searches.
    expires : float
        s since epoch until which the decision holds.
    """

    id: str
    snapshot: TwinSnapshot
    report: "ContextReport | None"
    power: np.ndarray
    moved: Mapping[str, float] = field(default_factory=dict)
    deaf: tuple[tuple[str, str], ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 0.03
    work: int = WORK
    expires: float = np.inf


@dataclass(frozen=True, eq=False)
class Answer:
    """What the engine said, and what is made of it.

    Attributes
    ----------
    cell : (U,) int
        Serving cell, -1 for none.
    power : (B,) W
        Of all cells.
    association, powers : Solution or None
        None where the search gave nothing, or there was nobody to serve.
    notes : tuple of str
        What was given up.
    """

    cell: np.ndarray
    power: np.ndarray
    association: Solution | None = None
    powers: Solution | None = None
    notes: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether both searches ended by work, gap or by themselves, not by time."""
        found = [one for one in (self.association, self.powers) if one is not None]
        return all(
            one.stopped is not Stopped.DEADLINE
            and all(s["seconds"] < 0.8 * s["share"] for s in one.plan if "share" in s)
            for one in found
        )


def composed(question: Question) -> UserAssociation:
    """Association with a price on moves, so that users do not go back and forth."""
    problem = compose(question.snapshot, question.report, UserAssociation)
    return problem.replace(handover_cost=HANDOVER_COST)


def answered(question: Question, problem: UserAssociation, engine: Engine) -> Answer:
    """Cells by association, then powers of the cells that serve somebody.

    Raises
    ------
    RuntimeError
        If the engine gives no association that the problem accepts.
    """
    snapshot, notes = question.snapshot, []
    budget = Budget(question.seconds, gap=GAP, work=question.work)
    association = engine.solve(problem, budget, ASSOCIATE, question.seed)
    association = verified(problem, association)
    cell = _settled(question, problem, association.allocation.cell)
    decided = snapshot.derived(previous=cell)
    powers, power = None, question.power.copy()
    if (cell >= 0).any():
        wanted = compose(decided, question.report, PowerControl)
        if wanted.protected_limit.size:
            limit = wanted.protected_limit * LIMIT_MARGIN
            wanted = wanted.replace(protected_limit=limit)
        floors = wanted.min_rate.any()
        methods = (*POWERS, *PROVES_FLOORS) if floors else POWERS
        place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
        links = [place[name] for name in wanted.labels["L"]]
        start = Power(np.minimum(question.power[links], wanted.p_max))
        powers = engine.solve(wanted, budget, methods, question.seed, start)
        if getattr(powers, "allocation", None) is None and floors:
            notes.append("rate floors cannot hold together and are aimed at no more")
            wanted = wanted.replace(min_rate=np.zeros(len(wanted.min_rate)))
            powers = engine.solve(wanted, budget, POWERS, question.seed, start)
        powers = verified(wanted, powers)
        power = _kept_or_new(question, decided, wanted, powers)
    return Answer(cell, power, association, powers, tuple(notes))


def verified(problem: Any, solution: Solution) -> Solution:
    """Solution, if its allocation is one of ``problem``, whatever the engine says.

    Raises
    ------
    RuntimeError
        If there is no allocation, or it violates the problem's constraints.
    """
    if getattr(solution, "allocation", None) is None:
        raise RuntimeError(f"no answer: {solution!r}")
    allocation = problem.checked(solution.allocation)
    found = problem.violations(allocation)
    broken = [name for name, by in found.items() if not by <= FEASIBLE]
    if broken:
        raise RuntimeError(f"the answer violates {', '.join(broken)}")
    value = problem.evaluate(allocation)
    return replace(solution, allocation=allocation, objective=value, problem=problem)


def commanded(question: Question, answer: Answer) -> tuple[Command, ...]:
    """Changes for the network, in order, without what is deaf or too soon."""
    snapshot = question.snapshot
    found = []
    if answer.association is not None:
        problem: Any = answer.association.problem
        chosen = _with(answer.association, type(answer.association.allocation),
                       cell=answer.cell)  # fmt: skip
        found += handovers(snapshot, problem, chosen, question.prices)
    if answer.powers is not None:
        problem = answer.powers.problem
        place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
        links = [place[name] for name in problem.labels["L"]]
        chosen = _with(answer.powers, Power, power=answer.power[links])
        now = snapshot.derived(p_max=question.power)
        found += power_changes(now, problem, chosen, question.prices)
        idle = answer.power.copy()
        idle[links] = question.power[links]
        found += _changed(question, idle, "serves nobody")
    commands = []
    for one in found:
        if (one.target, one.attribute) in question.deaf or one.new == NOBODY:
            continue
        number = f"{question.id}/{len(commands) + 1}"
        made = command(one, number, question.expires)
        if made.attribute == SERVING or made.new != made.old:
            commands.append(made)
    return tuple(commands)


def _settled(
    question: Question, problem: UserAssociation, cell: np.ndarray
) -> np.ndarray:
    """Cells (U,) where who was just moved stays, and nobody loses service unasked."""
    snapshot, previous = question.snapshot, question.snapshot.previous
    network = in_context(snapshot, question.report)
    cell = cell.copy()
    here = np.maximum(previous, 0)
    has = (previous >= 0) & network.alive[here]
    users = np.arange(len(cell))
    possible = has & np.isfinite(problem.utility[users, here])
    since = np.array(
        [question.moved.get(str(name), -np.inf) for name in snapshot.user_id]
    )
    recent = possible & (snapshot.time - since < DWELL)
    unserved = (cell < 0) & has & network.admitted
    stays = recent | unserved
    cell[stays] = previous[stays]
    return cell


def _kept_or_new(
    question: Question, decided: TwinSnapshot, problem: PowerControl, found: Solution
) -> np.ndarray:
    """Powers (B,) W: those set, unless the new ones gain enough or are needed."""
    place = {str(name): b for b, name in enumerate(decided.cell_id)}
    links = np.array([place[name] for name in problem.labels["L"]])
    network = in_context(decided, question.report)
    power = np.minimum(question.power, network.p_max)
    now = Power(power[links])
    short = problem.violations(now)
    holds = short.pop("min_rate", 0.0) <= FLOOR_SLACK
    holds &= short.pop("protected_limit", 0.0) <= 1 / LIMIT_MARGIN - 1
    if holds and max(short.values(), default=0.0) <= FEASIBLE:
        gain = found.objective - problem.evaluate(now)
        if gain < POWER_GAIN * problem.weight.sum():
            return power
    idle = np.ones(len(power), bool)
    idle[links] = False
    power[idle] = np.minimum(power[idle], IDLE_SHARE * network.p_max[idle])
    power[links] = found.allocation.power
    limit = network.protected_limit
    return safe_power(power, decided.protected_gain, limit, network.p_max)


def lowered(question: Question, power: np.ndarray, reason: str) -> tuple[Command, ...]:
    """Commands that bring cells to ``power`` (B,) W, without any engine."""
    return tuple(
        command(one, f"{question.id}/{number}", question.expires)
        for number, one in enumerate(_changed(question, power, reason), 1)
    )


def _changed(question: Question, power: np.ndarray, reason: str) -> list[Directive]:
    """Directives of cells whose power changes to ``power`` (B,) W."""
    found = []
    for b, name in enumerate(question.snapshot.cell_id):
        old = decibel_milliwatt(question.power[b])
        new = decibel_milliwatt(power[b])
        if abs(new - old) >= LEAST_CHANGE_DB:
            one = Directive(
                id="",
                target=f"ManagedElement={name},GNBDUFunction=1,NRSectorCarrier=1",
                attribute=POWER,
                old=round(old, 1),
                new=new,
                unit="dBm",
                reason=(reason,),
                price=None,
                effect={},
            )
            found.append(one)
    return found


def _with(solution: Solution, kind: type, **allocation: np.ndarray) -> Solution:
    """Solution with another allocation."""
    return replace(solution, allocation=kind(**allocation))
