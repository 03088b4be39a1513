"""CP-SAT through its Python interface: integers, conditions, solution callbacks."""

import time
from typing import Any

import numpy as np

from benchmarks.models import linear
from benchmarks.outside import Claim, Limits
from formulations import ChannelAssignment, Channels
from formulations.problem import Problem

NEEDS = ("ortools",)
KEEPS_UNITS = True  # integers stay integers; all else is scaled row by row
RESOLUTION = 1e6  # of a row's largest coefficient and limit, to have integers


def reason_against(problem: Problem) -> str | None:
    """Why the solver does not fit ``problem``, or None if it does."""
    if isinstance(problem, ChannelAssignment):
        return None
    reason = linear.reason_against(problem)
    if reason is None and not linear.linear_model(problem).integer.all():
        return "takes integers only"
    return reason


def solve(problem: Problem, limits: Limits) -> Claim:
    """State channels as integers that differ, all else as rows over Booleans [1]_.

    References
    ----------
    .. [1] L. Perron, F. Didier, S. Gay, "The CP-SAT-LP solver", CP 2023.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    is_exact = True
    if isinstance(problem, ChannelAssignment):
        variables, decode = _channels(cp_model, model, problem), _channel_values
    else:
        variables, decode, is_exact = _rows(cp_model, model, problem)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = limits.threads
    solver.parameters.random_seed = limits.seed
    solver.parameters.relative_gap_limit = limits.gap
    solver.parameters.max_time_in_seconds = limits.remaining()
    claim = Claim()

    class Watch(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            point = self.objective_value, self.best_objective_bound
            claim.trace.append((time.perf_counter(), *point))

    status = solver.solve(model, Watch())
    claim.status = {
        cp_model.OPTIMAL: "optimal",
        cp_model.FEASIBLE: "feasible",
        cp_model.INFEASIBLE: "infeasible",
    }.get(status, "unknown")
    if claim.status in ("optimal", "feasible"):
        values = np.array([solver.value(one) for one in variables], float)
        claim.allocation = decode(values)
        claim.objective = solver.objective_value
        if is_exact:
            claim.bound = solver.best_objective_bound
    return claim


def _rows(cp_model: Any, model: Any, problem: Problem) -> tuple[list[Any], Any, bool]:
    """Rows of the linear model over Booleans, rounded to integers on the safe side.

    The last value tells whether nothing had to be rounded: bounds hold only then.
    """
    known = linear.linear_model(problem)
    x = [model.new_bool_var("") for _ in known.cost]
    for one, low, high in zip(x, known.lower, known.upper, strict=True):
        if low == high:
            model.add(one == int(low))
    rows: Any = known.rows
    is_exact = True
    expression = cp_model.LinearExpr.weighted_sum
    for row in range(rows.shape[0]):
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        value, low, high = rows.data[entries], known.low[row], known.high[row]
        if not len(value):
            continue
        names = [x[column] for column in rows.indices[entries]]
        if np.isfinite(high):
            up, limit = _integers(value, high)
            model.add(expression(names, up) <= limit)
        if np.isfinite(low):
            down, limit = _integers(-value, -low)
            model.add(expression(names, down) <= limit)
        limits = np.array([one for one in (low, high) if np.isfinite(one)])
        is_exact &= _are_whole(value) and _are_whole(limits)
    goal = expression(x, known.cost.tolist()) + known.constant
    (model.maximize if known.sense > 0 else model.minimize)(goal)
    return x, known.decode, is_exact


def _integers(value: np.ndarray, limit: float) -> tuple[list[int], int]:
    """Row ``value x <= limit`` in integers that allow nothing more."""
    if _are_whole(value) and _are_whole(np.array([limit])):
        return value.astype(int).tolist(), int(limit)
    step = max(np.abs(value).max(), abs(limit)) / RESOLUTION or 1.0
    return np.ceil(value / step).astype(int).tolist(), int(np.floor(limit / step))


def _are_whole(values: np.ndarray) -> bool:
    return bool((values == np.rint(values)).all())


def _channels(cp_model: Any, model: Any, problem: ChannelAssignment) -> list[Any]:
    """An integer per transmitter; a pair is apart one way or the other."""
    domain = cp_model.Domain.from_values
    x = [
        model.new_int_var_from_domain(domain(np.unique(values).tolist()), "")
        for values in problem.domains
    ]
    soft = problem.objective == "min_interference"
    goal: list[Any] = []
    for e, (first, second) in enumerate(problem.pairs.tolist()):
        if not (problem.is_hard[e] or soft):
            continue
        gap = int(problem.separation[e])
        ways = [model.new_bool_var("") for _ in range(2)]
        difference = x[first] - x[second]
        for way, apart in zip(ways, (difference, -difference), strict=True):
            rule = apart == gap if problem.exact[e] else apart >= gap
            model.add(rule).only_enforce_if(way)
        if not problem.is_hard[e]:
            ways.append(model.new_bool_var(""))
            goal.append(float(problem.penalty[e]) * ways[-1])
        model.add_bool_or(ways)
    if soft:
        priced = (problem.preferred >= 0) & (problem.preferred_cost > 0)
        for v in np.flatnonzero(priced).tolist():
            kept = model.new_bool_var("")
            model.add(x[v] == int(problem.preferred[v])).only_enforce_if(kept)
            goal.append(float(problem.preferred_cost[v]) * (1 - kept))
        model.minimize(sum(goal))
    if problem.objective == "min_span":
        top = model.new_int_var(0, int(problem.choices.channel.max()), "")
        model.add_max_equality(top, x)
        model.minimize(top)
    if problem.objective == "min_order":
        used = {}
        for v, values in enumerate(problem.domains):
            takes = []
            for value in np.unique(values).tolist():
                chosen = model.new_bool_var("")
                model.add(x[v] == value).only_enforce_if(chosen)
                name = used.setdefault(value, model.new_bool_var(""))
                model.add_implication(chosen, name)
                takes.append(chosen)
            model.add_exactly_one(takes)
        model.minimize(sum(used.values()))
    return x


def _channel_values(values: np.ndarray) -> Channels:
    return Channels(np.rint(values).astype(np.intp))
