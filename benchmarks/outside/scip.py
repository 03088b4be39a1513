"""SCIP through PySCIPOpt: rows by ``quicksum``, rates as nonlinear constraints."""

import time
from typing import Any

import numpy as np

from benchmarks.models import linear
from benchmarks.outside import Claim, Limits
from formulations import Power, PowerControl
from formulations.problem import Problem

NEEDS = ("pyscipopt",)


def reason_against(problem: Problem) -> str | None:
    """Why the solver does not fit ``problem``, or None if it does."""
    if isinstance(problem, PowerControl) and problem.objective != "min_power":
        if len(problem.shape) > 1 or problem.has_sparse_gain:
            return "states one block, with a dense gain"
        return None
    return linear.reason_against(problem)


def solve(problem: Problem, limits: Limits) -> Claim:
    """Branch and cut, spatial where rates are in the objective [1]_.

    References
    ----------
    .. [1] S. Maher et al., "PySCIPOpt: Mathematical programming in Python with the SCIP
       optimization suite", ICMS 2016. https://doi.org/10.1007/978-3-319-42432-3_37
    """
    from pyscipopt import Model

    model: Any = Model()
    model.hideOutput()
    model.setParam("limits/gap", limits.gap)
    model.setParam("parallel/maxnthreads", limits.threads)
    model.setParam("lp/threads", limits.threads)
    model.setParam("randomization/randomseedshift", limits.seed)
    if isinstance(problem, PowerControl) and problem.objective != "min_power":
        x, decode = _rates(model, problem)
    else:
        x, decode = _rows(model, problem)
    claim = Claim()
    _watch(model, claim)
    model.setParam("limits/time", limits.remaining())
    model.optimize()
    status = model.getStatus()
    if status == "infeasible":
        claim.status = "infeasible"
        return claim
    if model.getNSols():
        claim.status = "optimal" if status in ("optimal", "gaplimit") else "feasible"
        best = model.getBestSol()
        claim.allocation = decode(np.array([best[one] for one in x]))
        claim.objective = model.getObjVal()
    bound = model.getDualbound()
    claim.bound = bound if abs(bound) < model.infinity() else np.nan
    return claim


def _rows(model: Any, problem: Problem) -> tuple[list[Any], Any]:
    """The linear model row by row."""
    from pyscipopt import quicksum

    known = linear.linear_model(problem)
    columns = zip(known.lower, known.upper, known.integer, strict=True)
    x = [model.addVar(lb=lb, ub=ub, vtype="BC"[not one]) for lb, ub, one in columns]
    rows: Any = known.rows
    for row in range(rows.shape[0]):
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        names, values = rows.indices[entries].tolist(), rows.data[entries].tolist()
        if not names:
            continue
        total = quicksum(a * x[k] for k, a in zip(names, values, strict=True))
        if known.low[row] == known.high[row]:
            model.addCons(total == known.high[row])
            continue
        if np.isfinite(known.high[row]):
            model.addCons(total <= known.high[row])
        if np.isfinite(known.low[row]):
            model.addCons(total >= known.low[row])
    goal = quicksum(c * one for c, one in zip(known.cost.tolist(), x, strict=True))
    sense = "maximize" if known.sense > 0 else "minimize"
    model.setObjective(goal + known.constant, sense)
    return x, known.decode


def _rates(model: Any, problem: PowerControl) -> tuple[list[Any], Any]:
    """Rates as logarithms of signal and interference."""
    from pyscipopt import log, quicksum

    links = range(len(problem.p_max))
    upper = np.minimum(problem.p_max, np.broadcast_to(problem.p_mask, len(links)))
    power = [model.addVar(lb=0.0, ub=float(most)) for most in upper]
    rate = [model.addVar(lb=float(least)) for least in problem.min_rate]
    per_bit = problem.bandwidth / np.log(2.0)
    for i in links:
        heard = float(problem.noise[i]) + quicksum(
            float(problem.cross[i, j]) * power[j] for j in links
        )
        signal = float(problem.direct[i]) * power[i]
        model.addCons(rate[i] <= per_bit * (log(heard + signal) - log(heard)))
    for m in range(len(problem.protected_limit)):
        gains = problem.protected_gain[m].tolist()
        heard = quicksum(g * p for g, p in zip(gains, power, strict=True))
        model.addCons(heard <= float(problem.protected_limit[m]))
    if problem.shares_transmitters:
        for sender in np.unique(problem.transmitter):
            own = np.flatnonzero(problem.transmitter == sender).tolist()
            sent = quicksum(power[i] for i in own)
            model.addCons(sent <= float(problem.p_max[own[0]]))
    goal = model.addVar(lb=None)
    weight = problem.weight.tolist()
    counted = [i for i in links if weight[i] > 0]
    if problem.objective == "max_min_rate":
        for i in counted:
            model.addCons(goal <= rate[i] / weight[i])
    elif problem.objective == "proportional_fair":
        model.addCons(goal <= quicksum(weight[i] * log(rate[i]) for i in counted))
    else:
        total = quicksum(weight[i] * rate[i] for i in counted)
        if problem.objective == "energy_efficiency":
            sent = quicksum(power) / problem.amplifier_efficiency
            model.addCons(goal * (problem.circuit_power + sent) <= total)
        else:
            model.addCons(goal <= total)
    model.setObjective(goal, "maximize")

    def decode(values: np.ndarray) -> Power:
        return Power(np.clip(values, 0.0, upper))

    return power, decode


def _watch(model: Any, claim: Claim) -> None:
    """Note each better answer as it is found."""
    from pyscipopt import Eventhdlr
    from pyscipopt.scip import PY_SCIP_EVENTTYPE as SCIP_EVENTTYPE

    class Watch(Eventhdlr):
        def eventinit(self) -> None:
            self.model.catchEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexit(self) -> None:
            self.model.dropEvent(SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexec(self, event: Any) -> None:
            del event
            value = self.model.getSolObjVal(self.model.getBestSol())
            claim.trace.append((time.perf_counter(), value, self.model.getDualbound()))

    model.includeEventhdlr(Watch(), "watch", "notes answers")
