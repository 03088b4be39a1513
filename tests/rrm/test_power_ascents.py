"""Methods in closed form per turn: the limits they keep, the points they reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.cellular import hexagonal
from benchmarks.power_methods import limited, rayleigh
from formulations import Power
from formulations.kernels.priced_limits import (
    Links,
    allowed_towards,
    links_of,
    settle,
)

METHODS = ("wmmse", "fractional_programming", "log_domain_sca")
PAIRS = [
    *((method, "sum_rate") for method in METHODS),
    ("fractional_programming", "energy_efficiency"),
    ("log_domain_sca", "energy_efficiency"),
    ("log_domain_sca", "proportional_fair"),
]


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up(workers=False)


@st.composite
def rows(draw) -> tuple[Links, np.ndarray, np.ndarray, float]:
    """Linear limits, and what a closed form weighs them against."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    links, count = draw(st.integers(1, 6)), draw(st.integers(0, 2))
    heard = np.stack((np.arange(links) < 2, rng.exponential(size=links)))
    found = Links(
        gain=np.eye(links),
        noise=np.ones(links),
        weight=np.ones(links),
        floor=np.zeros(links),
        limit=rng.uniform(0.1, 2, links),
        rows=heard[:count],
        allowed=10 ** rng.uniform(-2, 0.5, count),
    )
    pull = 10 ** rng.uniform(-2, 2, links)
    push = 10 ** rng.uniform(-3, 1, links)
    return found, pull, push, draw(st.sampled_from([1.0, 2.0]))


@given(rows())
@settings(deadline=None, max_examples=150)
def test_settled_prices_meet_the_optimality_conditions(case):
    """Limits hold, a price is paid only where its limit is met, powers answer it."""
    links, pull, push, exponent = case
    price, power = np.zeros(len(links.allowed)), np.empty(len(pull))
    for _ in range(50):  # as in turns, each of which begins with the last prices
        settle(pull, push, exponent, links, price, power)
    used = links.rows @ power
    assert (used <= links.allowed * (1 + 1e-12)).all()
    slack = 1 - used / links.allowed
    assert (price >= 0).all()
    assert (np.minimum(price / (price + push.min()), slack) <= 1e-3).all()
    answer = (pull / (push + price @ links.rows)) ** exponent
    np.testing.assert_allclose(power, np.minimum(answer, links.limit), rtol=1e-3)


@given(st.integers(0, 10_000), st.integers(2, 6))
@settings(deadline=None, max_examples=60)
def test_the_way_from_a_feasible_point_stays_feasible(seed, size):
    """Whatever the goal, also one that breaks floors and limits at once."""
    problem = limited(rayleigh(size, seed), seed)
    scaled = problem.scaled()
    links = links_of(scaled)
    anchor = 0.999 * problem.trivial().power / scaled.units["W"]
    goal = 3 * links.limit * np.random.default_rng(seed).uniform(0, 1, size) ** 3
    reached = scaled.restored(Power(allowed_towards(anchor, goal, links)))
    assert max(problem.violations(reached).values()) <= 1e-9


@pytest.mark.parametrize(("method", "objective"), PAIRS)
@pytest.mark.parametrize("make", [hexagonal, rayleigh])
def test_near_the_proven_optimum_with_every_limit(method, objective, make):
    """Four links with floors, a receiver and a shared transmitter, over six seeds."""
    gaps = []
    for seed in range(6):
        problem = limited(make(4, seed), seed)
        circuit = float(problem.p_max[0])
        problem = problem.replace(objective=objective, circuit_power=circuit)
        found = rrm.solve(problem, 0.2, method=method)
        assert max(found.certificate.violations.values()) <= 1e-9
        assert not found.certificate.refused
        exact = ["barrier_ascent", "coordinate_ascent", "branch_and_bound"]
        best = rrm.solve(problem, rrm.Budget(5.0, gap=1e-3), method=exact)
        assert found.objective <= best.bound + 1e-8 * abs(best.bound)
        gaps.append(1 - found.objective / best.objective)
    assert np.median(np.abs(gaps)) <= 0.02


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_the_limit_is_stationary(method, seed):
    """Without floors, no small change of one power helps."""
    problem = rayleigh(5, seed)
    power = rrm.solve(problem, 0.2, method=method).allocation.power
    value = problem.evaluate(Power(power))
    for link in range(5):
        for change in (-1e-3, 1e-3):
            moved = power.copy()
            moved[link] = min(max(moved[link] + change, 0.0), 1.0)
            assert problem.evaluate(Power(moved)) <= value * (1 + 1e-5)


def test_wmmse_never_loses_rate():
    """Each chunk's sum rate is at least the last one's."""
    problem = rayleigh(6, 1)
    values = [rrm.solve(problem, rrm.Budget(1.0, work=work), method="wmmse").objective
              for work in (1, 2, 4, 8)]  # fmt: skip
    assert values == sorted(values)
