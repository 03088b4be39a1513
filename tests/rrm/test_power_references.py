"""Reference models of power: against the branch and bound, and what they decline."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.cellular import hexagonal
from formulations import Power, PowerControl

OBJECTIVES = ("sum_rate", "proportional_fair", "energy_efficiency")
GAP = 2e-3
reference = importlib.import_module("rrm.methods.power.pyomo_reference")


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


def rayleigh(links: int, seed: int, **fields) -> PowerControl:
    """Links that hear each other as well as their own, 20 dB above noise."""
    gain = np.random.default_rng([links, seed]).exponential(size=(links, links))
    noise, p_max = np.full(links, 0.01), np.ones(links)
    return PowerControl(gain, noise, p_max, bandwidth=1e6, **fields)


def limited(problem: PowerControl, seed: int) -> PowerControl:
    """With floors, masks, a protected receiver, and a transmitter shared by two."""
    rng = np.random.default_rng(seed)
    links = len(problem.p_max)
    transmitter = np.arange(links)
    transmitter[-1] = 0
    heard = rng.exponential(size=(1, links))
    found = problem.replace(
        transmitter=transmitter,
        p_mask=problem.p_max * rng.uniform(0.4, 1.0, links),
        protected_gain=heard,
        protected_limit=0.6 * heard @ problem.p_max,
    )
    share = rng.uniform(0.2, 0.7, links) * (rng.random(links) < 0.6)
    return found.replace(min_rate=share * found.rate(found.trivial().power))


CASES = [
    (rayleigh, 2, "sum_rate"),
    (rayleigh, 3, "sum_rate"),
    (rayleigh, 2, "proportional_fair"),
    (rayleigh, 2, "energy_efficiency"),
    (hexagonal, 4, "sum_rate"),
    (hexagonal, 3, "proportional_fair"),
    (hexagonal, 3, "energy_efficiency"),
]


@pytest.mark.slow
@pytest.mark.parametrize("is_limited", [False, True])
@pytest.mark.parametrize(("make", "links", "objective"), CASES)
def test_two_ways_to_the_global_optimum(make, links, objective, is_limited):
    """Boxes of powers and piecewise linear logarithms agree on value and bound."""
    problem = make(links, 1, objective=objective, circuit_power=1.0)
    problem = limited(problem, links) if is_limited else problem
    ours = ["barrier_ascent", "branch_and_bound"]
    tree = rrm.solve(problem, rrm.Budget(10.0, gap=1e-5), method=ours)
    model = rrm.solve(problem, rrm.Budget(20.0, gap=GAP), method="pyomo_reference")
    assert tree.status == model.status == "optimal"
    assert "highs" in model.certificate.argument
    assert model.bound >= tree.objective - 1e-7 * abs(tree.objective)
    assert model.objective <= tree.bound + 1e-7 * abs(tree.bound)
    assert model.objective == pytest.approx(tree.objective, rel=GAP)


def test_floors_beyond_reach_have_no_point():
    """HiGHS alone says so, which does not count as a proof."""
    problem = rayleigh(2, 0, min_rate=[6e6, 6e6])
    solution = rrm.solve(problem, 5.0, method="pyomo_reference")
    assert solution.status == "unknown"
    assert solution.allocation is None
    assert solution.certificate.claimed["pyomo_reference"] == -np.inf


@given(st.integers(0, 10_000), st.sampled_from(OBJECTIVES), st.booleans())
@settings(deadline=None, max_examples=25)
def test_one_program_bounds_random_powers(seed, objective, is_limited):
    """However coarse the lines, no feasible power beats the program they make."""
    problem = rayleigh(3, seed, objective=objective, circuit_power=0.7)
    problem = limited(problem, seed) if is_limited else problem
    scaled = problem.scaled()
    limit = reference.alone_limit(scaled)[:, 0]
    cross, direct = scaled.cross * limit, scaled.direct * limit
    rng = np.random.default_rng(seed)
    lines = reference.first_lines(cross, direct)
    share = rng.uniform(0, 1, 3)
    heard, signal = 1.0 + cross @ share, direct * share
    assert reference.refined(lines, heard, signal, np.ones(3), 1e-3)
    price = rng.uniform(0, 3) if objective == "energy_efficiency" else 0.0
    model = reference.model_of(scaled, limit, lines, price)
    _, bound = reference.solved(model, 1e-6, 10.0)
    watts = scaled.circuit_power
    for _ in range(50):
        power = limit * rng.uniform(0, 1, 3) ** rng.choice([0.2, 1.0, 4.0])
        if max(scaled.violations(Power(power)).values()) > 1e-9:
            continue
        rate = np.log(2.0) * scaled.rate(power)
        value = np.log(rate).sum() if objective == OBJECTIVES[1] else rate.sum()
        value -= price * (watts + power.sum())
        assert value <= bound + 1e-6


def test_lines_stay_on_their_side():
    """Secants below and tangents above the logarithm, closer where refined."""
    at = np.array([1.0, 10.0, 1000.0])
    broken = reference.broken(at, 50.0, 1e-3)
    assert set(at) < set(broken)
    assert reference.broken(broken, 50.0, 1e-3) is broken
    touched = reference.touched(at, 50.0, 1e-3)
    assert 50.0 in touched
    assert reference.touched(touched, 50.0, 1e-9) is touched


def test_a_silent_link_is_no_geometric_program():
    """Without a mask, too: a link that may send nothing has no logarithm of a power."""
    geometric = importlib.import_module("rrm.methods.power.cvxpy_geometric")
    problem = rayleigh(3, 0, objective="sum_rate")
    assert geometric.applies(problem) is None
    silent = problem.replace(p_max=np.array([1.0, 0.0, 1.0]))
    assert (
        geometric.applies(silent) == "needs a gain and a limit above zero on every link"
    )
