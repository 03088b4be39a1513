"""Which methods to try on a problem, in which order, with which share of the time.

Models predict which gap each method reaches by when, and the best pair of methods
begins. All others follow in the order of their ranks, with the time that is left. Where
there is no model, or a problem is unlike all that it was trained on, ranks and shares
that are written at the methods decide alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.foresight import bytes_of, is_known
from rrm.registry import INSTANT, Method, is_packaged, methods_for, named
from rrm.second_core import has_second_core
from twins.declaration import FieldError

if TYPE_CHECKING:
    from rrm.selection.schedule import Begin

NAMED = "named by the caller"
WORKER_SECONDS = 0.02
"""Least time that is worth a worker: handing a problem over takes 2 to 5 ms."""
REFERENCE_RANK = 90
"""From this rank on, methods are models to check others against."""
MODEL_SECONDS = 0.003, 1.0
"""Times for which models are asked: asking takes 0.1 ms, and few runs were longer."""
REST, REST_UNANSWERED = 0.25, 0.05
"""Part of the time that is kept for other methods than those expected to be the best.

They are the way out where models are wrong, and bounds come from them. The smaller part
where there is no answer to bound.
"""
REST_SECONDS = 0.05
"""Time below which others get what is left alone, once there is an answer."""
LEAST_WEIGHT = 1e-9  # below which sums of weights are rounding


class Step(NamedTuple):
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


Plan = tuple[Iterable[Step], dict[str, str]]
"""Steps for a call, and the reasons why other methods are not among them."""


def place_of(method: Method) -> str:
    """Where a method runs: here, in a worker, or in a thread that can be left alone."""
    if method.is_own:
        return "worker" if method.isolated else "inline"
    return "worker" if is_packaged(method) else "thread"


def make_plan(
    problem: Problem,
    budget: Budget,
    method: str | Sequence[str],
    is_answered: bool = True,
) -> Plan:
    """Steps for a call, and the reasons why other methods are not among them.

    Where there is no answer without a search (``is_answered``), a rule begins with
    heuristics, and models expect no more of methods than they reached there. Below
    3 ms methods are asked whether they fit when their turn comes, and reasons are
    those of methods that were asked.

    Raises
    ------
    FieldError
        If a named method does not exist or does not apply.
    """
    if method != "auto":
        names = [method] if isinstance(method, str) else list(method)
        chosen = [_demanded(problem, name) for name in names]
        return in_turn([(one, one.share, NAMED) for one in chosen]), {}
    if is_short(budget, method):
        reasons: dict[str, str] = {}
        return as_they_come(problem, is_answered, reasons), reasons
    fitting, left_out = choices(problem, budget)
    return in_turn(_weighed(problem, budget, fitting, is_answered)), left_out


def is_short(budget: Budget, method: str | Sequence[str]) -> bool:
    """Whether asking all methods beforehand would take a good part of the time."""
    return method == "auto" and budget.seconds < MODEL_SECONDS[0]


def is_modelled(budget: Budget) -> bool:
    """Whether models are asked for a plan with that much time."""
    least, most = MODEL_SECONDS
    return least <= budget.seconds <= most


def as_they_come(
    problem: Problem, is_answered: bool, left_out: dict[str, str]
) -> Iterator[Step]:
    """Steps by rank of methods that run here; why others do not into ``left_out``.

    Once there is an answer, but for the first, those of which it is known how long they
    set up at this size: there is no time to find out.
    """
    size = bytes_of(problem)
    entries = [one for one in methods_for(type(problem)) if place_of(one) != "worker"]
    if not is_answered:
        entries.sort(key=lambda entry: entry.kind != "heuristic")
    left = sum(entry.share for entry in entries)
    found = False
    for entry in entries:
        if entry.name == INSTANT or (found and entry.rank >= REFERENCE_RANK):
            continue
        reason = entry.reason_against(problem)
        if reason is None and found and is_answered and not is_known(entry, size):
            reason = "not known how long it sets up at this size"
        if reason is None:
            share = min(entry.share / left, 1.0)
            yield Step(entry, place_of(entry), share, f"rank {entry.rank}")
            found = True
        else:
            left_out[entry.name] = reason
        left -= entry.share


def choices(problem: Problem, budget: Budget) -> tuple[list[Method], dict[str, str]]:
    """Methods that may be tried, by rank, and why the others may not."""
    left_out = {}
    fitting: list[Method] = []
    for entry in methods_for(type(problem)):  # by rank
        if entry.name == INSTANT:
            continue
        is_reference = entry.rank >= REFERENCE_RANK
        if is_reference and fitting and fitting[0].rank < REFERENCE_RANK:
            left_out[entry.name] = "a reference model, and others apply"
            continue
        if budget.seconds < WORKER_SECONDS and place_of(entry) == "worker":
            reason = "a worker takes longer than the budget"
        else:
            reason = entry.reason_against(problem)
        if reason is None:
            fitting.append(entry)
        else:
            left_out[entry.name] = reason
    return fitting, left_out


Weighed = list[tuple[Method, float, str]]
"""Methods in their order, their weight in time, and what put them there."""


def _weighed(
    problem: Problem, budget: Budget, fitting: list[Method], is_answered: bool
) -> Weighed:
    """Weights by the models' best pair, else by rule and why."""
    if not is_answered:
        fitting = sorted(fitting, key=lambda entry: entry.kind != "heuristic")
    if len(fitting) < 2 or not is_modelled(budget):
        return by_rule(fitting)
    from rrm.selection.models import model_of
    from rrm.selector import entered

    selector = entered.get()
    model = None if selector is None else selector.model_of(type(problem))
    model = model_of(type(problem)) if model is None else model
    if model is None:
        return by_rule(fitting)
    from rrm.selection.features import features_of
    from rrm.selection.schedule import chosen

    features = features_of(problem, is_answered)
    outside = model.outside(features)
    if outside:
        return by_rule(fitting, f", as {outside} is outside the training range")
    names = [entry.name for entry in fitting]
    is_beside = has_second_core(problem, budget)
    begin = chosen(model, features, budget.seconds, names, is_beside)
    if begin is None:
        return by_rule(fitting)
    return with_rest(fitting, begin, is_answered, budget.seconds)


def by_rule(fitting: list[Method], reason: str = "") -> Weighed:
    """Weights that are written at the methods, in the order of their ranks."""
    return [(one, one.share, f"rank {one.rank}{reason}") for one in fitting]


def with_rest(
    fitting: list[Method], begin: "Begin", is_answered: bool, seconds: float
) -> Weighed:
    """Weights of chosen methods, then of all others, which share the rest by rule."""
    by_name = {entry.name: entry for entry in fitting}
    taken = {name for name, _ in begin.methods}
    why = f"mean gap {begin.gap:.2g} expected"
    others = [entry for entry in fitting if entry.name not in taken]
    kept = REST_UNANSWERED
    if is_answered:
        kept = REST if seconds >= REST_SECONDS else 0.0
    if not others:
        kept = 0.0
    first = [(by_name[name], (1 - kept) * part, why) for name, part in begin.methods]
    ruled = by_rule(others)
    total = sum(weight for _, weight, _ in ruled)
    return first + [(one, kept * weight / total, why) for one, weight, why in ruled]


def _demanded(problem: Problem, name: str) -> Method:
    entry = named(type(problem), name)
    reason = entry.reason_against(problem)
    if reason is not None:
        allowed = f"a method that applies: {name} {reason}"
        raise FieldError("method", None, repr(name), allowed)
    return entry


def in_turn(weighed: Weighed) -> list[Step]:
    """Steps that each get their part of what is left; all of it without a weight."""
    left = sum(weight for _, weight, _ in weighed)
    steps = []
    for entry, weight, why in weighed:
        share = min(weight / left, 1.0) if left > LEAST_WEIGHT else 1.0
        steps.append(Step(entry, place_of(entry), share, why))
        left -= weight
    return steps
