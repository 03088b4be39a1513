"""Cuts of Benders' decomposition: valid everywhere, tight where they are made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import rrm
from benchmarks.stadium import stadium
from formulations.placement_model import SiteModel, canonical
from rrm.placement.cuts import RAY, UserCuts
from rrm.placement.cuts_service import LEFT_OUT, ServiceCuts
from tests.rrm.test_placement_methods import random_problem


def best_service(shares: np.ndarray, model: SiteModel) -> float:
    """Value of service from shares of sites, left out at a loss, by scipy's solver."""
    users = np.repeat(np.arange(len(model.demand)), np.diff(model.start))
    loss = LEFT_OUT if model.must_serve else 0.0
    rows = [(users == u, 1.0) for u in range(len(model.demand))]
    load = model.demand[users]
    for s in np.flatnonzero(np.isfinite(model.capacity)):
        rows.append(((model.site == s) * load, model.capacity[s] * shares[s]))
    for g in range(len(model.backhaul)):
        through = (model.gateway[model.site] == g) * load
        rows.append((through, model.backhaul[g]))
    found = linprog(
        -(model.value + loss),
        A_ub=np.array([row for row, _ in rows], float),
        b_ub=[limit for _, limit in rows],
        bounds=[(0, share) for share in shares[model.site]],
    )
    return -found.fun - loss * len(model.demand)


@given(st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_service_cuts_are_the_linear_program(seed):
    """At the shares the cut is the optimum; elsewhere it is not below it."""
    rng = np.random.default_rng(seed)
    _, model = canonical(random_problem(seed))
    if not len(model.site):
        return
    model = model._replace(status=np.zeros_like(model.status))
    separator = ServiceCuts(model)
    for _ in range(3):
        shares = rng.uniform(0, 1, 3) * (rng.random(3) < 0.8)
        cuts = separator.at(shares)
        value = (cuts.level + cuts.slope @ shares)[cuts.block != RAY]
        assert value == pytest.approx(best_service(shares, model), rel=1e-7, abs=1e-7)
        for cut in (cuts, separator.first()):
            held = cut.block != RAY
            other = rng.integers(0, 2, 3).astype(float)
            limit = cut.level + cut.slope @ other
            best = best_service(other, model)
            assert (limit[held] >= best - 1e-7 * abs(best)).all()
            free = model._replace(value=np.zeros_like(model.value))
            if best_service(other, free) > -1e-6:  # all can be served: no ray may cut
                assert (limit[~held] >= -1e-7).all()


@given(st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_cuts_of_users_add_up_to_the_linear_program(seed):
    """Without capacities the closed form is the optimum for shares of at least one."""
    rng = np.random.default_rng(seed)
    problem = random_problem(seed).replace(
        value=rng.uniform(-1, 3, (4, 3)), capacity=np.full(3, np.inf)
    )
    _, model = canonical(problem.replace(gateway=np.full(3, -1)))
    shares = rng.uniform(0.4, 1.0, 3)
    cuts = UserCuts(model).at(shares)
    total = (cuts.level + cuts.slope @ shares).sum()
    assert total == pytest.approx(best_service(shares, model), rel=1e-7, abs=1e-7)


def test_benders_bounds_an_event_by_prices():
    """Under capacity, backhaul, energy and conflicts, as near as the other methods."""
    problem = stadium(users=300, hotspots=60, sites=36, laps=4, seed=3)
    problem = problem.replace(single_source=False)
    solution = rrm.solve(problem, rrm.Budget(90.0, gap=0.02), method="benders")
    other = rrm.solve(problem, 4.0, method=["local_search", "lagrangian"])
    assert solution.gap <= 0.02
    assert other.objective <= solution.bound * (1 + 1e-9)
    assert solution.objective <= other.bound * (1 + 1e-9)


def test_benders_says_infeasible_only_by_search():
    """Room for two of three users: no placement, as one engine alone can claim."""
    problem = random_problem(3).replace(
        value=np.ones((4, 3)),
        demand=np.ones(4),
        capacity=np.ones(3),
        must_serve=True,
        max_laps=3.0,
        fixed=np.zeros(3, bool),
        single_source=False,
    )
    solution = rrm.solve(problem, 2.0, method="benders")
    assert solution.allocation is None
    assert solution.status in ("infeasible", "unknown")
