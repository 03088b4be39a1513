"""How much of what a perfect selector gains ours gains, on families not trained on.

Plans are played from trajectories: each family is planned for by models that have seen
all others, or each seed by models that have seen other seeds. The score of a plan is
the mean over time of the gap to the best known value, 10 without an answer. A plan's
closed gap is (S - P) / (S - V): S the score of the method that is best on average, V
that of the best method for each instance, chosen afterwards.

Chosen afterwards, the better of two runs of one method is better than the method, too:
that is the noise of S - V, and where S - V is no more, there is nothing to close.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.selection_cases import Case, score, score_beside
from benchmarks.training_models import fit
from rrm.budget import Budget
from rrm.planning import (
    WORKER_SECONDS,
    Weighed,
    by_rule,
    in_turn,
    is_modelled,
    place_of,
    with_rest,
)
from rrm.registry import Method, all_methods
from rrm.second_core import LEAST_SECONDS, MOST_BYTES
from rrm.selection.models import Model
from rrm.selection.schedule import chosen

BUDGETS = (0.01, 0.1, 1.0, 10.0)
OVERHEAD = 6e-5  # s that a plan takes, the median of benchmarks.planning
FOLDS = 4  # of seeds


@dataclass(frozen=True)
class Scored:
    """Scores of one case under one budget.

    Attributes
    ----------
    case : Case
        Which.
    seconds : float
        Budget.
    alone : dict
        Score of each method of the problem alone; the instant answer where it does
        not apply.
    again : dict
        The same of second runs; empty where there are none.
    plan, beside, rule : float
        Scores of the learned plan, of the same side by side on two cores, and of the
        rule.
    is_ruled : bool
        Whether the rule took over.
    """

    case: Case
    seconds: float
    alone: dict[str, float]
    again: dict[str, float]
    plan: float
    beside: float
    rule: float
    is_ruled: bool


def by_family(case: Case) -> object:
    """Fold of a case: its family."""
    return case.family


def by_seed(case: Case) -> object:
    """Fold of a case: its number, so that the seeds of a fold are not trained on."""
    return case.number % FOLDS


def evaluated(cases: Sequence[Case], fold: Callable[[Case], object]) -> list[Scored]:
    """Score every case under every budget by models that have not seen its fold."""
    found = []
    for problem in sorted({case.problem for case in cases}):
        own = [case for case in cases if case.problem == problem]
        names = sorted({name for case in own for name in case.methods})
        for held in sorted({str(fold(case)) for case in own}):
            model = fit(problem, [one for one in own if str(fold(one)) != held])
            for case in own:
                if str(fold(case)) == held:
                    found += [
                        scored(case, model, names, seconds) for seconds in BUDGETS
                    ]
    return found


def scored(case: Case, model: Model, names: list[str], seconds: float) -> Scored:
    """Score one case under one budget."""
    methods = fitting(case, seconds)
    if case.start is None:
        methods.sort(key=lambda one: one.kind != "heuristic")
    rule = by_rule(methods)
    is_ruled = not is_modelled(Budget(seconds)) or bool(model.outside(case.features))
    alone, both = (
        rule if is_ruled else _planned(case, model, methods, seconds, is_beside)
        for is_beside in (False, has_time_beside(case, seconds))
    )
    overhead = OVERHEAD if len(methods) > 1 else 0.0
    return Scored(
        case,
        seconds,
        _alone(case, names, seconds),
        _alone(replace(case, paths=case.again), names, seconds)
        if any(limit == seconds for _, limit in case.again)
        else {},
        score(case, _steps(alone), seconds, overhead),
        _beside(case, both, seconds, overhead),
        score(case, _steps(rule), seconds),
        is_ruled,
    )


def _alone(case: Case, names: list[str], seconds: float) -> dict[str, float]:
    """Score of each method with all the time."""
    return {name: score(case, [(name, 1.0)], seconds) for name in names}


def has_time_beside(case: Case, seconds: float) -> bool:
    """Whether a second core would be used."""
    return seconds >= LEAST_SECONDS and case.size <= MOST_BYTES * seconds


def _planned(
    case: Case, model: Model, methods: list[Method], seconds: float, is_beside: bool
) -> Weighed:
    """Weights as the selector gives them."""
    if len(methods) < 2:
        return by_rule(methods)
    known = [one.name for one in methods]
    begin = chosen(model, case.features, seconds, known, is_beside)
    if begin is None:
        return by_rule(methods)
    return with_rest(methods, begin, case.start is not None, seconds)


def _beside(
    case: Case,
    planned: Weighed,
    seconds: float,
    overhead: float,
) -> float:
    """Score on two cores, where a second one is worth it."""
    if len(planned) < 2 or not has_time_beside(case, seconds):
        return score(case, _steps(planned), seconds, overhead)
    steps = [
        (one.name, weight, place_of(one) == "inline") for one, weight, _ in planned
    ]
    return score_beside(case, steps, seconds, overhead)


def _steps(weighed: Weighed) -> list[tuple[str, float]]:
    return [(step.method.name, step.share) for step in in_turn(weighed)]


def fitting(case: Case, seconds: float) -> list[Method]:
    """Methods that ``auto`` would choose from, by rank."""
    known = set(case.methods)
    return [
        one
        for one in all_methods()
        if one.problem.__name__ == case.problem
        and one.name in known
        and (seconds >= WORKER_SECONDS or place_of(one) != "worker")
    ]


@dataclass(frozen=True)
class Closed:
    """Closed gap of one problem under one budget.

    Attributes
    ----------
    problem, seconds : str, float
        Which.
    cases : int
        How many.
    single : str
        Method that is best on average.
    single_score, virtual_score, plan_score, beside_score, rule_score : float
        Mean scores.
    unanswered : int
        Cases without an answer by the plan that a method alone answers.
    ruled : int
        Cases that the rule took over.
    noise : float
        By how much the better of two runs of the best single method is better than
        one, on average; 0 where there was one run.
    """

    problem: str
    seconds: float
    cases: int
    single: str
    single_score: float
    virtual_score: float
    plan_score: float
    beside_score: float
    rule_score: float
    unanswered: int
    ruled: int
    noise: float

    @property
    def is_noise(self) -> bool:
        """Whether the best two differ no more than two runs of one method."""
        return self.single_score - self.virtual_score <= self.noise

    def closed(self, mean: float) -> float:
        """Part of the gap that a mean score closes; 1 where there is none."""
        whole = self.single_score - self.virtual_score
        return (self.single_score - mean) / whole if whole > 1e-9 else 1.0


def closed_gaps(found: Sequence[Scored]) -> list[Closed]:
    """One row for each problem and budget."""
    rows = []
    for problem in sorted({one.case.problem for one in found}):
        for seconds in BUDGETS:
            group = [
                one
                for one in found
                if one.case.problem == problem and one.seconds == seconds
            ]
            names = sorted(group[0].alone)
            table = np.array([[one.alone[name] for name in names] for one in group])
            best = int(np.argmin(table.mean(axis=0)))
            plans = np.array([one.plan for one in group])
            rows.append(
                Closed(
                    problem,
                    seconds,
                    len(group),
                    names[best],
                    float(table[:, best].mean()),
                    float(table.min(axis=1).mean()),
                    float(plans.mean()),
                    float(np.mean([one.beside for one in group])),
                    float(np.mean([one.rule for one in group])),
                    int(((plans >= 5) & (table.min(axis=1) < 5)).sum()),
                    sum(one.is_ruled for one in group),
                    noise_of(group, names[best]),
                )
            )
    return rows


def noise_of(group: Sequence[Scored], name: str) -> float:
    """By how much the better of two runs of a method is better than their mean."""
    pairs = np.array(
        [(one.alone[name], one.again[name]) for one in group if one.again]
    ).reshape(-1, 2)
    return float((pairs.mean(axis=1) - pairs.min(axis=1)).mean()) if len(pairs) else 0.0
