"""Reference model in Pyomo: the whole nonconvex problem, by mixed integer programs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.power import Power, PowerControl
from formulations.problem import FEASIBLE, snapped
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.power.branch_and_bound import applies as is_bounded
from rrm.methods.power.interference_free import alone_limit
from rrm.registry import method

MOST_LINKS = 8  # beyond, one program takes minutes
STEP = 2.0  # ratio of neighbouring tangents at the start
OCTAVES = 24  # below the highest rate, where its logarithm has tangents at the start
PIECES = 6  # of each logarithm of interference at the start
NEAR = 0.5  # of the way to its neighbours, where a new breakpoint gets company
SHARE = 0.1  # of the allowed gap that a link's lines, and the solver, may miss
EARLY = 0.1  # of the gap left, which the solver need not close while lines are coarse
TOLERANCE = 1e-9  # of the solver's constraints and integers
LEAST_RATE = 1e-12  # nat, to divide by
SLACK = 2e-6  # added to bounds by the tolerance, relative to weights and objective
HEADROOMS = (0.0, 1e-9, 1e-8, 1e-7)  # relative, of a point against the tolerance
SILENT = 1e-10  # share of a limit, which stays as it is
LIFTS = 100  # steps of the interference function towards the floors
SPARE = 0.9  # of the time left, for the solver to end in time

Row = tuple[np.ndarray, float]  # row (L,) and most of ``row x <= most``


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.p_max) > MOST_LINKS:
        return f"takes at most {MOST_LINKS} links"
    return is_bounded(problem)


@dataclass(frozen=True)
class Lines:
    """Where each link's logarithms are replaced by lines, in canonical units."""

    breaks: list[np.ndarray]  # of the interference: secants between are below
    tangents: list[np.ndarray]  # of all that is received: above
    levels: list[np.ndarray]  # of the rate, for the logarithm of it: above


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="an upper bound by branch and cut over piecewise linear logarithms",
    isolated=True,
    needs=("pyomo", "highspy"),
    rank=90,
)
def pyomo_reference(problem: PowerControl, incumbent: Incumbent) -> None:
    """State the problem with lines for logarithms, and add lines where they err.

    With noise and interference ``I`` and all that is received ``T``, both linear in the
    powers, a rate is ``log T - log I``. Tangents are above the first logarithm, and
    secants between breakpoints, which binaries choose by increments [1]_, below the
    second. So each mixed integer program [2]_ bounds the problem, and its point is an
    offer. The energy efficiency is bounded at the best known ratio as price of power.

    Complexity: exponential at worst, in the segments of L logarithms.

    References
    ----------
    .. [1] J. P. Vielma, S. Ahmed, G. Nemhauser, "Mixed-integer models for nonseparable
       piecewise-linear optimization", Operations Research 58(2), 2010.
       https://doi.org/10.1287/opre.1090.0721
    .. [2] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    scaled = problem.scaled()
    limit = snapped(alone_limit(scaled)[:, 0])
    cross, direct = snapped(scaled.cross) * limit, snapped(scaled.direct) * limit
    fair = scaled.objective == "proportional_fair"
    ratio = scaled.objective == "energy_efficiency"
    if fair and not direct[scaled.weight > 0].all():
        return  # one link never has a rate, so there is nothing to bound
    shift, scale = 0.0, problem.bandwidth / np.log(2.0)  # from nat to the objective
    if fair:
        shift, scale = scaled.weight.sum() * np.log(scale), 1.0
    if ratio:
        scale /= scaled.units["W"] * scaled.circuit_power
    lines = first_lines(cross, direct)
    while not incumbent.expired():
        best = allowed = early = 0.0
        if incumbent.allocation is not None:
            best = (incumbent.objective - shift) / scale
            allowed = SHARE * incumbent.budget.gap * abs(incumbent.objective) / scale
            left = (incumbent.bound - incumbent.objective) / scale
            early = EARLY * left if np.isfinite(left) else 0.0
            best, allowed, early = snapped(np.array((best, allowed, early))).tolist()
        price = best / scaled.circuit_power if ratio else 0.0
        model = model_of(scaled, limit, lines, price)
        share, bound = solved(model, max(allowed, early), SPARE * incumbent.remaining())
        if bound is not None:
            if bound > -np.inf:
                bound += SLACK * (scaled.weight.sum() + abs(bound) + best * ratio)
                bound = best + max(bound, 0.0) if ratio else bound
            incumbent.tighten(bound * scale + shift, BySearch("highs"))
        if share is None:
            return
        for point in (share, polished(scaled, limit, share)):
            for headroom in HEADROOMS:
                power = lifted(scaled, limit, limit * point * (1 - headroom))
                allocation = scaled.restored(Power(power))
                incumbent.offer(allocation)
                if max(problem.violations(allocation).values()) <= FEASIBLE:
                    break
        heard, signal = 1.0 + cross @ share, direct * share
        pull = scaled.weight
        if fair:
            pull = pull / np.maximum(np.log1p(signal / heard), LEAST_RATE)
        added = refined(lines, heard, signal, pull, allowed / len(limit))
        if not added and early <= allowed:
            return


def first_lines(cross: np.ndarray, direct: np.ndarray) -> Lines:
    """Few lines over the ranges of gains (L, L) and (L,) by shares of the limits."""
    loud = 1.0 + cross.sum(axis=1)
    return Lines(
        [np.unique(np.geomspace(1.0, top, PIECES + 1)) for top in loud],
        [np.geomspace(1.0, top, 2 + int(np.log(top) / np.log(STEP)))
         for top in loud + direct],
        [top * STEP ** -np.arange(OCTAVES) for top in np.log1p(direct)],
    )  # fmt: skip


def model_of(
    scaled: PowerControl, limit: np.ndarray, lines: Lines, price: float
) -> Any:
    """Pyomo model in shares ``x`` of the limits; ``price`` is of the power consumed."""
    import pyomo.environ

    pyo: Any = pyomo.environ  # its classes take any expression
    m = pyo.ConcreteModel()
    links = range(len(limit))
    counted = [i for i in links if scaled.weight[i] > 0]
    cross, direct = snapped(scaled.cross) * limit, snapped(scaled.direct) * limit
    m.x = pyo.Var(links, bounds=(0, 1))
    m.rate = pyo.Var(counted, domain=pyo.NonNegativeReals)
    m.log_heard = pyo.Var(counted)
    steps = [(i, k) for i in counted for k in range(len(lines.breaks[i]) - 1)]
    m.part = pyo.Var(steps, bounds=(0, 1))
    m.passed = pyo.Var([step for step in steps if step[1] > 0], domain=pyo.Binary)
    m.rules = pyo.ConstraintList()

    for i in counted:
        heard = _linear(m, cross[i], 1.0)
        signal = float(direct[i]) * m.x[i]
        at, value = lines.breaks[i], np.log(lines.breaks[i])
        pieces = range(len(at) - 1)
        steps_up = sum(float(at[k + 1] - at[k]) * m.part[i, k] for k in pieces)
        logs_up = sum(float(value[k + 1] - value[k]) * m.part[i, k] for k in pieces)
        if pieces:
            m.rules.add(heard == 1.0 + steps_up)
        m.rules.add(m.log_heard[i] == logs_up)
        for k in pieces[1:]:
            m.rules.add(m.part[i, k] <= m.passed[i, k])
            m.rules.add(m.passed[i, k] <= m.part[i, k - 1])
        for point in lines.tangents[i].tolist():
            start = float(np.log(point)) - 1.0
            m.rules.add(m.rate[i] <= start + (heard + signal) / point - m.log_heard[i])
            m.rules.add(m.rate[i] <= start + (1.0 + signal) / point)  # if alone

    floors, caps = limits_of(scaled, limit)
    for row, most in floors + caps:
        _add_row(m, row, most)
    if scaled.objective != "energy_efficiency":
        # more power for all raises every rate, so at the best one limit is met
        caps = caps + [(row, 1.0) for row in np.eye(len(limit))]
        m.met = pyo.Var(range(len(caps)), domain=pyo.Binary)
        m.rules.add(sum(m.met.values()) >= 1)
        for c, (row, most) in enumerate(caps):
            _add_row(m, -row, 0.0, most * (1 - TOLERANCE) * m.met[c])

    worth = m.rate
    if scaled.objective == "proportional_fair":
        m.log_rate = pyo.Var(counted)
        for i in counted:
            for point in lines.levels[i].tolist():
                start = float(np.log(point)) - 1.0
                m.rules.add(m.log_rate[i] <= start + m.rate[i] / point)
        worth = m.log_rate
    goal = sum(float(scaled.weight[i]) * worth[i] for i in counted)
    consumed = _linear(m, limit / scaled.amplifier_efficiency, scaled.circuit_power)
    m.goal = pyo.Objective(expr=goal - price * consumed, sense=pyo.maximize)
    return m


def limits_of(scaled: PowerControl, limit: np.ndarray) -> tuple[list[Row], list[Row]]:
    """Floors and shared limits as rows ``row x <= most`` on shares of ``limit``."""
    floors = []
    for i in np.flatnonzero(scaled.min_rate):
        sinr = float(np.expm1(np.log(2.0) * scaled.min_rate[i]))
        row = sinr * scaled.cross[i]
        row[i] = -scaled.direct[i]
        floors.append((snapped(row * limit), -float(snapped(np.array(sinr)))))
    protected = zip(scaled.protected_gain, scaled.protected_limit, strict=True)
    caps = [(snapped(row * limit), float(most)) for row, most in protected]
    for group in np.unique(scaled.transmitter):
        members = scaled.transmitter == group
        most = float(snapped(scaled.p_max[members][0]))
        caps.append((members * limit, most))
    return floors, caps


def _add_row(m: Any, row: np.ndarray, most: float, more: Any = 0.0) -> None:
    """Add ``row x + more <= most``, with room for rounding as the data are rounded."""
    room = TOLERANCE * (np.abs(row).sum() + abs(most))
    m.rules.add(_linear(m, row, 0.0) + more <= most + room)


def _linear(m: Any, row: np.ndarray, constant: float) -> Any:
    """Expression ``row x + constant``, which Pyomo keeps even without a nonzero."""
    from pyomo.core.expr.numeric_expr import LinearExpression

    return LinearExpression(
        constant=constant, linear_coefs=row.tolist(), linear_vars=list(m.x.values())
    )


def solved(
    model: Any, miss: float, seconds: float
) -> tuple[np.ndarray | None, float | None]:
    """Shares of the limits, and the upper bound: -inf if no shares fit."""
    from pyomo.contrib.appsi.base import TerminationCondition
    from pyomo.contrib.appsi.solvers import Highs

    solver: Any = Highs()
    solver.config.time_limit = max(seconds, 1e-3)
    solver.config.mip_gap = 0.0
    solver.config.load_solution = False
    solver.highs_options = {
        "threads": 1,
        "mip_abs_gap": max(miss, TOLERANCE),
        "mip_feasibility_tolerance": TOLERANCE,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
    }
    result = solver.solve(model)
    if result.termination_condition == TerminationCondition.infeasible:
        return None, -np.inf
    share = None
    if result.best_feasible_objective is not None:
        result.solution_loader.load_vars()
        share = np.clip([model.x[i].value for i in model.x], 0.0, 1.0)
    bound = result.best_objective_bound
    return share, bound if bound is not None and np.isfinite(bound) else None


def lifted(scaled: PowerControl, limit: np.ndarray, power: np.ndarray) -> np.ndarray:
    """``power`` (L,), raised to what the floors need, where the limits allow it."""
    needed = np.flatnonzero(scaled.min_rate)
    sinr = np.expm1(np.log(2.0) * scaled.min_rate[needed]) * (1 + TOLERANCE / 10)
    power = power.copy()
    for _ in range(LIFTS):
        heard = scaled.interference(power)[needed]
        least = sinr * heard / np.maximum(scaled.direct[needed], 1e-300)
        power[needed] = np.minimum(np.maximum(power[needed], least), limit[needed])
    return power


def polished(scaled: PowerControl, limit: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Local optimum near ``share`` (L,) by sequential quadratic programming.

    In logarithms; powers of zero stay so.
    """
    from scipy.optimize import minimize

    active = np.flatnonzero(share > SILENT)
    if not active.size:
        return share
    cross, direct = snapped(scaled.cross) * limit, snapped(scaled.direct) * limit
    watt = limit / scaled.amplifier_efficiency
    floors, caps = limits_of(scaled, limit)
    size = np.array([np.abs(row).sum() + abs(most) for row, most in floors + caps])
    rows = np.array([row for row, _ in floors + caps]) / size[:, None]
    most = np.array([most for _, most in floors + caps]) / size

    def at(logarithm: np.ndarray) -> np.ndarray:
        point = np.zeros(len(share))
        point[active] = np.exp(logarithm)
        return point

    def minus(logarithm: np.ndarray) -> tuple[float, np.ndarray]:
        point = at(logarithm)
        heard = 1.0 + cross @ point
        whole = heard + direct * point
        rate = np.maximum(np.log(whole / heard), LEAST_RATE)
        pull = scaled.weight
        value = float(pull @ rate)
        if scaled.objective == "proportional_fair":
            value, pull = float(pull @ np.log(rate)), pull / rate
        rise = pull * direct / whole + cross.T @ (pull * (1 / whole - 1 / heard))
        if scaled.objective == "energy_efficiency":
            consumed = scaled.circuit_power + float(watt @ point)
            value, rise = value / consumed, (rise - value / consumed * watt) / consumed
        return -value, -(rise * point)[active]

    result = minimize(
        minus,
        np.log(share[active]),
        jac=True,
        bounds=[(np.log(SILENT), 0.0)] * len(active),
        constraints={
            "type": "ineq",
            "fun": lambda logarithm: most - rows @ at(logarithm),
            "jac": lambda logarithm: -(rows * at(logarithm))[:, active],
        },
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 300},
    )
    return at(np.minimum(result.x, 0.0))


def refined(
    lines: Lines,
    heard: np.ndarray,
    signal: np.ndarray,
    pull: np.ndarray,
    miss: float,
) -> bool:
    """Add lines at a point where they err by more than ``miss``; whether any was.

    ``pull`` (L,) is the derivative of the objective by each rate.
    """
    before = sum(map(len, (*lines.breaks, *lines.tangents, *lines.levels)))
    rate = np.log1p(signal / heard)
    for i in np.flatnonzero(pull):
        lines.breaks[i] = broken(lines.breaks[i], heard[i], miss / pull[i])
        lines.tangents[i] = touched(
            lines.tangents[i], heard[i] + signal[i], miss / pull[i]
        )
        if rate[i] > 0:
            lines.levels[i] = touched(lines.levels[i], rate[i], miss)
    return sum(map(len, (*lines.breaks, *lines.tangents, *lines.levels))) > before


def broken(at: np.ndarray, here: float, miss: float) -> np.ndarray:
    """Breakpoints with one ``here`` and two around it where the secant is too low."""
    if len(at) < 2:
        return at
    k = int(np.clip(np.searchsorted(at, here), 1, len(at) - 1))
    low, high = at[k - 1], at[k]
    secant = np.log(low) + (here - low) / (high - low) * np.log(high / low)
    if np.log(here) - secant <= miss:
        return at
    around = [here * (low / here) ** NEAR, here, here * (high / here) ** NEAR]
    return np.unique(np.concatenate((at, around)))


def touched(at: np.ndarray, here: float, miss: float) -> np.ndarray:
    """Points of tangents with one ``here`` where all of them are too high."""
    least = (np.log(at) + here / at).min() - 1.0
    return at if least - np.log(here) <= miss else np.append(at, here)
