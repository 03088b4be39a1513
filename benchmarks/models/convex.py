"""Convex models in CVXPY, as its examples have them."""

from typing import Any

import numpy as np

from benchmarks.outside import Claim, Limits
from formulations import Association, Power, PowerControl, UserAssociation
from formulations.problem import Problem

MOST = 200_000  # entries of an expression that is still compiled


def reason_against(problem: Problem) -> str | None:
    """Why the problem has no convex model here, or None if it has one."""
    if isinstance(problem, PowerControl):
        if np.prod(problem.gain.shape) > MOST or problem.has_sparse_gain:
            return "too large to compile"
        if problem.min_rate.any() and problem.objective != "min_power":
            return "states floors for least power only"
        if len(problem.shape) > 1:
            alone = not problem.cross.any() and problem.objective == "sum_rate"
            return None if alone else "several blocks are convex without interference"
        if problem.objective in ("energy_efficiency", "proportional_fair"):
            return f"states no {problem.objective}"
        return None
    if isinstance(problem, UserAssociation):
        fair = problem.objective == "proportional_fair" and problem.max_links == 1
        plain = not np.isfinite(problem.backhaul).any() and not len(problem.group)
        return None if fair and plain else "states fair shares of cells only"
    return f"states no {type(problem).__name__}"


def solve(problem: Any, limits: Limits, solver: str, **options: Any) -> Claim:
    """State the problem, compile it and run ``solver``.

    Least power is linear. A common rate and, at high SINR, a sum of rates are geometric
    programs [1]_. Parallel blocks are water-filling. Fair association is solved in
    shares, and each user goes to its largest one.

    References
    ----------
    .. [1] M. Chiang et al., "Power control by geometric programming", IEEE TWC 6(7),
       2007. https://doi.org/10.1109/TWC.2007.05960
    """
    import cvxpy as cp

    if isinstance(problem, UserAssociation):
        stated, read, is_geometric = _fair(cp, problem)
    elif len(problem.shape) > 1:
        stated, read, is_geometric = _water(cp, problem)
    elif problem.objective == "min_power":
        stated, read, is_geometric = _least(cp, problem)
    else:
        stated, read, is_geometric = _geometric(cp, problem)
    claim = Claim()
    options = options | {"gp": True} if is_geometric else options
    stated.solve(solver=solver, **options)
    names = {"optimal": "optimal", "optimal_inaccurate": "feasible"}
    claim.status = names.get(stated.status, "unknown")
    if stated.status == "infeasible":
        claim.status = "infeasible"
    if claim.status in names.values():
        read(claim, float(stated.value))
    return claim


def _least(cp: Any, problem: PowerControl) -> tuple[Any, Any, bool]:
    """Least power as a linear program."""
    power = cp.Variable(len(problem.p_max), nonneg=True)
    sinr = np.exp2(problem.min_rate / problem.bandwidth) - 1
    heard = problem.noise + problem.cross @ power
    upper = np.minimum(problem.p_max, np.broadcast_to(problem.p_mask, power.shape))
    rules = [
        cp.multiply(problem.direct, power) >= cp.multiply(sinr, heard),
        power <= upper,
    ]
    if problem.protected_limit.size:
        rules.append(problem.protected_gain @ power <= problem.protected_limit)

    def read(claim: Claim, value: float) -> None:
        claim.allocation = Power(np.clip(power.value, 0.0, upper))
        claim.objective = value

    return cp.Problem(cp.Minimize(cp.sum(power)), rules), read, False


def _water(cp: Any, problem: PowerControl) -> tuple[Any, Any, bool]:
    """Parallel blocks without interference: a concave sum."""
    power = cp.Variable(problem.shape, nonneg=True)
    snr = cp.multiply(problem.direct / problem.noise, power)
    rates = cp.sum(cp.log1p(snr), axis=1) * (problem.bandwidth / np.log(2.0))
    rules = [cp.sum(power, axis=1) <= problem.p_max]

    def read(claim: Claim, value: float) -> None:
        claim.allocation = Power(np.clip(power.value, 0.0, problem.p_max[:, None]))
        claim.objective = value

    return cp.Problem(cp.Maximize(problem.weight @ rates), rules), read, False


def _geometric(cp: Any, problem: PowerControl) -> tuple[Any, Any, bool]:
    """Rates by the logarithm of the SINR, which is below and near at high SINR."""
    links = range(len(problem.p_max))
    power = cp.Variable(len(problem.p_max), pos=True)
    inverse = []  # of the SINR
    for i in links:
        others = [problem.cross[i, j] * power[j] for j in links if problem.cross[i, j]]
        heard = sum(others, float(problem.noise[i]))
        inverse.append(heard / (problem.direct[i] * power[i]))
    rules = [power <= problem.p_max]
    counted = [i for i in links if problem.weight[i] > 0]
    is_fair = problem.objective == "max_min_rate"
    if is_fair and len({float(problem.weight[i]) for i in counted}) == 1:
        goal = cp.max(cp.hstack([inverse[i] for i in counted]))
    else:
        goal = cp.prod(cp.hstack([inverse[i] ** problem.weight[i] for i in counted]))

    def read(claim: Claim, value: float) -> None:
        claim.allocation = Power(np.clip(power.value, 0.0, problem.p_max))
        if not is_fair:
            claim.status = "feasible"  # it is only near a sum of rates
        else:
            rate = problem.bandwidth * np.log2(1 + 1 / value)
            claim.objective = rate / problem.weight[counted[0]]

    return cp.Problem(cp.Minimize(goal), rules), read, True


def _fair(cp: Any, problem: UserAssociation) -> tuple[Any, Any, bool]:
    """Shares of users and the entropy of cells, then the largest share of each."""
    start, cell, utility, load, value = problem.candidates
    del utility
    users, cells, pairs = problem.sizes["U"], problem.sizes["B"], len(cell)
    from scipy.sparse import csr_array

    owner, pair = np.repeat(np.arange(users), np.diff(start)), np.arange(pairs)
    by_user = csr_array((np.ones(pairs), (owner, pair)), shape=(users, pairs))
    by_cell = csr_array((np.ones(pairs), (cell, pair)), shape=(cells, pairs))
    taken = csr_array((load, (cell, pair)), shape=(cells, pairs))
    x = cp.Variable(pairs, nonneg=True)
    limited = np.flatnonzero(np.isfinite(problem.capacity))
    rules = [by_user @ x == (np.diff(start) > 0).astype(float)]
    if limited.size:
        rules.append((taken @ x)[limited] <= problem.capacity[limited])
    goal = value @ x + cp.sum(cp.entr(by_cell @ x))

    def read(claim: Claim, bound: float) -> None:
        served = np.full(users, -1, np.intp)
        share = np.asarray(x.value)
        order = np.argsort(share, kind="stable")
        served[owner[order]] = cell[order]  # the largest share is written last
        claim.allocation, claim.status, claim.bound = (
            Association(served),
            "feasible",
            bound,
        )

    return cp.Problem(cp.Maximize(goal), rules), read, False
