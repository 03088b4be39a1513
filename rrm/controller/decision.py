"""One decision as a function of all that it rests on, so that it can be repeated."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from formulations import Power, PowerControl, UserAssociation, compose
from formulations.context import Network, in_context
from formulations.precedence import FLOORS
from formulations.problem import FEASIBLE, Problem
from formulations.slice_shares import group_limits
from rrm.budget import Budget
from rrm.controller import choice
from rrm.controller.command import NOBODY, POWER, SERVING, Command, command
from rrm.controller.question import Answer, Question
from rrm.controller.safety import is_broken, safe_power
from rrm.controller.trial import LEAST_EFFICIENCY, Trial
from rrm.controller.unkept_shares import unkept_shares
from rrm.directives import (
    LEAST_CHANGE_DB,
    Directive,
    decibel_milliwatt,
    handovers,
    power_changes,
)
from rrm.solution import Solution
from twins import TwinSnapshot

ASSOCIATE = ("lagrangian",)
POWERS = ("barrier_ascent",)
PROVES_FLOORS = ("fixed_point",)
"""Methods are named, as what ``auto`` chooses depends on the time that is left."""
METHODS = (
    *(f"UserAssociation.{name}" for name in ASSOCIATE),
    *(f"PowerControl.{name}" for name in (*PROVES_FLOORS, *POWERS)),
)
"""Keys of all that decisions name."""
GROUP_LIMITS = "group_capacity"
"""Field of an association with the shares of slices."""
GAP = 1e-3
HANDOVER_COST = 1.5
"""bit/s/Hz that a move must gain; about 4.5 dB where the SINR is high."""
SERVED = 20.0
"""bit/s/Hz that it is worth to serve somebody at all."""
LIMIT_MARGIN = 10 ** (-LEAST_CHANGE_DB / 10)
"""Of protected receivers' limits, as changes below the resolution are not sent."""
IDLE_SHARE = 0.01
"""Part of its power that a cell without users sends: 20 dB below."""
LEAST = 1e-6
"""W that a cell sends at the least; see :data:`rrm.directives.SILENT_DBM`."""


class Engine(Protocol):
    """What solves; the module ``rrm`` is one."""

    def solve(self, problem: Any, budget: Any, *args: Any, **more: Any) -> Solution:
        """Answer under a budget."""
        ...


def composed(question: Question) -> UserAssociation:
    """Association at the powers and loads of now, with a price on moves.

    Serving somebody is worth more than any spectral efficiency, so that users of full
    cells are moved rather than dropped.
    """
    snapshot = question.snapshot
    problem = compose(snapshot, question.report, UserAssociation)
    trial = Trial(in_context(snapshot, question.report), _held(question))
    power = np.minimum(question.power, trial.network.p_max)
    efficiency = trial.efficiency(power, trial.outcome(power).load)
    rate = efficiency * trial.network.bandwidth
    able = trial.permitted & (efficiency >= LEAST_EFFICIENCY)
    able &= (rate >= trial.network.min_rate[:, None]) & (trial.wanted > 0)[:, None]
    load = np.divide(trial.wanted[:, None], rate, out=np.full(rate.shape, np.inf),
                     where=able)  # fmt: skip
    load, utility = np.minimum(load, 1.0), efficiency + trial.preference + SERVED
    could = np.where(able, load, 0.0)
    groups, limits, behind = group_limits(
        trial.network.shares, problem.capacity, could, GROUP_LIMITS
    )
    others = {k: v for k, v in problem.origin.items() if k != GROUP_LIMITS}
    return problem.replace(
        utility=np.where(able, utility, -np.inf),
        load=np.where(able, load, np.inf),
        handover_cost=HANDOVER_COST,
        group=groups,
        group_capacity=limits,
        origin=others | behind,
    )


def answered(question: Question, problem: UserAssociation, engine: Engine) -> Answer:
    """Powers and cells that the twin finds to carry more than what is set.

    The engine proposes both; each proposal is replayed against the settings in force
    and against full power within limits, and is taken where it carries clearly more.

    Raises
    ------
    RuntimeError
        If the engine gives no association that the problem accepts.
    """
    association = associated(question, problem, engine)
    network = in_context(question.snapshot, question.report)
    trial = Trial(network, _held(question), question.seed)
    kept, safe = _kept(question, network), _safe(network)
    now = trial.attached(np.minimum(question.power, network.p_max))
    if not (now >= 0).any():
        nobody = np.zeros(len(now), bool)
        return Answer(now, safe, nobody, nobody, association, itself=now)
    waiting = [_within(network, one) for one in question.waiting]
    best = choice.powers(trial, kept, safe, waiting, question.tolerance)
    found, offers, notes, itself = None, (), [], best.cell
    if best.power is not kept or choice.is_open(best) or _is_unpriced(question):
        found = searched(question, now, engine, notes)
        offers = _offers(network, found, safe)
    if best.power is kept:
        value = np.nan_to_num(problem.utility, neginf=-1e9)
        users = np.arange(len(now))
        wanted = association.allocation.cell
        gain = value[users, wanted] - value[users, np.maximum(best.cell, 0)]
        together = choice.MOVES + question.tolerance
        best = choice.moves(trial, best, wanted, gain, together, choice.MOVE)
    return Answer(
        best.cell,
        best.power,
        trial.told(best),
        best.cell != itself,
        association,
        found,
        best.served,
        offers,
        tuple(notes),
        now,
        unkept_shares(question.snapshot, problem, best.cell, trial.wanted > 0),
    )


def associated(
    question: Question, problem: UserAssociation, engine: Engine
) -> Solution:
    """Association that the engine finds by the question's work, verified."""
    budget = Budget(question.seconds, gap=GAP, work=question.work)
    found = engine.solve(problem, budget, ASSOCIATE, question.seed)
    return verified(problem, found)


def _is_unpriced(question: Question) -> bool:
    """Whether something was said whose price is not known."""
    report = question.report
    said = report is not None and bool(report.items_at(question.snapshot.time))
    return said and not question.prices


def searched(
    question: Question, cell: np.ndarray, engine: Engine, notes: list[str]
) -> Solution:
    """Powers for edges of cells with users (U,), in limits, above floors if they hold.

    What is given up is added to ``notes``.
    """
    decided = question.snapshot.derived(previous=cell)
    wanted = compose(decided, _aimed_at(question), PowerControl)
    if wanted.protected_limit.size:
        limit = wanted.protected_limit * LIMIT_MARGIN
        wanted = wanted.replace(protected_limit=limit)
    budget = Budget(question.seconds, gap=GAP, work=question.work)
    floors = wanted.min_rate.any()
    links = _links(decided, wanted)
    start = Power(np.minimum(question.power[links], wanted.p_max))
    powers = engine.solve(wanted, budget, power_methods(wanted), question.seed, start)
    if getattr(powers, "allocation", None) is None and floors:
        notes.append("rate floors cannot hold together and are aimed at no more")
        wanted = wanted.replace(min_rate=np.zeros(len(wanted.min_rate)))
        powers = engine.solve(wanted, budget, POWERS, question.seed, start)
    return verified(wanted, powers)


def power_methods(problem: PowerControl) -> tuple[str, ...]:
    """What searches powers, and proves where floors cannot hold."""
    return (*POWERS, *PROVES_FLOORS) if problem.min_rate.any() else POWERS


def _aimed_at(question: Question) -> Any:
    """Report without the floors, and bounds on delay, that no powers keep."""
    report, excess = question.report, question.excess
    if report is None or not excess:
        return report
    kept = [
        item
        for item in report.items
        if str(item.kind) not in FLOORS or item.source.sentence not in excess
    ]
    return report.model_copy(update={"items": tuple(kept)})


def _links(snapshot: TwinSnapshot, problem: Problem) -> np.ndarray:
    """Cell (L,) of each link of a power problem."""
    place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
    return np.array([place[name] for name in problem.labels["L"]])


def _offers(
    network: Network, found: Solution, safe: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Powers (B,) W of a search, and half the way there from the safe ones."""
    power = np.minimum(safe, IDLE_SHARE * network.p_max)
    power[_links(network.snapshot, found.problem)] = found.allocation.power
    half = np.sqrt(np.maximum(power, LEAST) * np.maximum(safe, LEAST))
    return tuple(_within(network, np.maximum(one, LEAST)) for one in (power, half))


def _kept(question: Question, network: Network) -> np.ndarray | None:
    """Powers (B,) W that are set, or None if they break a limit."""
    power, snapshot = question.power, network.snapshot
    limit = network.protected_limit
    loud = power > network.p_max * (1 + FEASIBLE)
    loud |= ~network.alive & (power > IDLE_SHARE * snapshot.p_max * (1 + FEASIBLE))
    return None if loud.any() or is_broken(snapshot, limit, power) else power


def _safe(network: Network) -> np.ndarray:
    """Full power (B,) W, but for what limits take; cells out of service are silent."""
    return _within(network, network.p_max)


def _within(network: Network, power: np.ndarray) -> np.ndarray:
    """Powers (B,) W lowered until all limits hold."""
    idle = np.minimum(power, IDLE_SHARE * network.snapshot.p_max)
    power = np.where(network.alive, power, idle)
    limit = LIMIT_MARGIN * network.protected_limit
    gain = network.snapshot.protected_gain
    return safe_power(power, gain, limit, network.p_max)


def _held(question: Question) -> np.ndarray:
    """Users (U,) bool who were told where to be a short while ago."""
    snapshot = question.snapshot
    until = [question.moved.get(str(name), -np.inf) for name in snapshot.user_id]
    return np.array(until) > snapshot.time


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
        cell = np.where(answer.told, answer.cell, snapshot.previous)
        chosen = _with(answer.association, type(answer.association.allocation),
                       cell=cell)  # fmt: skip
        told = problem.replace(utility=problem.utility - SERVED)  # as it is on air
        found += handovers(snapshot, told, chosen, question.prices)
    if answer.powers is not None:
        problem = answer.powers.problem
        links = _links(snapshot, problem)
        chosen = _with(answer.powers, Power, power=answer.power[links])
        now = snapshot.derived(p_max=question.power)
        found += power_changes(now, problem, chosen, question.prices)
        idle = answer.power.copy()
        idle[links] = question.power[links]
        found += _changed(question, idle, "serves nobody")
    commands = []
    users = {f"user={name}": u for u, name in enumerate(snapshot.user_id)}
    for one in found:
        if (one.target, one.attribute) in question.deaf or one.new == NOBODY:
            continue
        number = f"{question.id}/{len(commands) + 1}"
        user = users.get(one.target)
        brief = user is not None and answer.balanced[user]
        made = command(one, number, question.frees if brief else question.expires)
        if made.attribute == SERVING or made.new != made.old:
            commands.append(made)
    return tuple(commands)


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
