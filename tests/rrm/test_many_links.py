"""Thousands of links: least powers and common rates against sparse factorizations."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import spsolve

import rrm
from formulations import PowerControl
from formulations.kernels.linear_fixed_point import Coupling
from rrm.incumbent import Incumbent
from rrm.methods.power.fixed_point import PowerFloor, SpectralRadius, floor_factor
from rrm.registry import named


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up(workers=False)


def network(seed: int, links: int = 600, **fields) -> PowerControl:
    """Links on a line that hear twelve neighbours, gains over six decades."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(links), 12)
    column = (row + np.tile(np.arange(-6, 6), links)) % links
    gain = 10 ** rng.uniform(-16, -11, row.size)
    gain[row == column] = 10 ** rng.uniform(-10, -8, links)
    matrix = sp.csr_array((gain, (row, column)), shape=(links, links))
    return PowerControl(matrix, np.full(links, 1e-13), np.full(links, 10.0), **fields)


def with_radius(
    problem: PowerControl, radius: float
) -> tuple[PowerControl, sp.csr_array]:
    """Floors whose coupling has that spectral radius, and the coupling."""
    factor = np.random.default_rng(0).uniform(0.5, 1, len(problem.p_max))
    factor = factor / problem.direct
    coupled = sp.csr_array(problem.cross.multiply(factor[:, None]))
    largest = np.abs(np.linalg.eigvals(coupled.toarray())).max()
    sinr = factor * problem.direct * radius / largest
    floors = problem.replace(objective="min_power", min_rate=np.log2(1 + sinr))
    return floors, coupled * (radius / largest)


@given(
    st.integers(0, 1000),
    st.sampled_from([0.5, 0.95, 0.999, 1.001, 1.3, 30.0]),
    st.booleans(),
)
@settings(deadline=None, max_examples=20)
def test_least_power_against_a_factorization(seed, radius, is_dense):
    """Each power to 1e-9 below a radius of 1, a proof above it, dense or sparse."""
    problem, coupled = with_radius(network(seed), radius)
    problem = problem.replace(p_max=np.full(600, 1e12))
    if is_dense:
        problem = problem.replace(gain=problem.gain.toarray())
    budget = rrm.Budget(10.0, gap=1e-9)
    solution = rrm.solve(problem, budget, method="fixed_point")
    if radius > 1:
        assert solution.status == "infeasible"
        assert isinstance(solution.certificate.proof, (SpectralRadius, PowerFloor))
        return
    assert solution.status == "optimal"
    alone = floor_factor(problem) * problem.noise
    exact = spsolve(sp.csc_array(sp.eye_array(600) - coupled), alone)
    np.testing.assert_allclose(solution.allocation.power, exact, rtol=1e-8)
    needed = coupled @ solution.allocation.power + alone
    np.testing.assert_allclose(solution.allocation.power, needed, rtol=1e-9)


def test_a_bound_comes_before_the_answer():
    """When work runs out after some lower iterates, these bound the least power."""
    problem, _ = with_radius(network(2), 0.9)
    best = rrm.solve(problem, rrm.Budget(10.0), method="fixed_point").objective
    early = rrm.solve(problem, rrm.Budget(10.0, work=12), method="fixed_point")
    assert early.status == "unknown"
    assert 0.1 * best < early.bound < best


def test_limits_below_the_least_power_are_proven():
    """Also where one link of 600 lacks a hundred-thousandth of its power."""
    problem, coupled = with_radius(network(1), 0.9)
    alone = floor_factor(problem) * problem.noise
    exact = spsolve(sp.csc_array(sp.eye_array(600) - coupled), alone)
    for factor, status in ((1 + 1e-5, "optimal"), (1 - 1e-5, "infeasible")):
        limit = 2 * exact
        limit[300] = exact[300] * factor
        solution = rrm.solve(
            problem.replace(p_max=limit), rrm.Budget(10.0), method="fixed_point"
        )
        assert solution.status == status
        assert isinstance(solution.certificate.proof, PowerFloor)


@given(st.integers(0, 1000), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=20)
def test_all_links_reach_the_proven_rate(seed, is_weighted, is_dense):
    """Powers of the answer or its bound have equal weighted rates, at a limit."""
    problem = network(seed, objective="max_min_rate")
    if is_weighted:
        weight = np.random.default_rng(seed).uniform(0.5, 2, 600)
        problem = problem.replace(weight=weight)
    if is_dense:
        problem = problem.replace(gain=problem.gain.toarray())
    solution = rrm.solve(problem, rrm.Budget(10.0, gap=1e-9), method="max_min")
    assert solution.status == "optimal"
    assert solution.gap <= 1e-9
    vectors = solution.allocation.power, solution.certificate.proof.vector
    spreads = []
    for power in vectors:
        rate = problem.rate(power) / problem.weight
        spreads.append(rate.max() / rate.min() - 1)
        assert (power / problem.p_max).max() == pytest.approx(1.0, rel=1e-12)
    assert min(spreads) <= 2e-9  # one of both is an iterate before the last
    assert max(spreads) <= 1e-4
    assert solution.certificate.proof.bound(problem) == solution.bound


def test_a_look_that_interrupts_one_step_alone():
    """Time may seem over within a step and not after it; the method goes on or ends."""
    problem = network(1, objective="max_min_rate")
    entry = named(PowerControl, "max_min")
    for interrupted in range(40, 80):
        incumbent = Incumbent(problem, rrm.Budget(60.0, gap=1e-9))
        looks = itertools.count()
        incumbent.expired = lambda work=1, n=interrupted, at=looks: next(at) == n
        incumbent.offer(problem.trivial())
        entry.function(problem, incumbent)
        assert incumbent.allocation is not None


def test_sparse_limits_at_protected_receivers():
    """A sparse protected gain says the same as a dense one."""
    problem = network(3, objective="max_min_rate")
    heard = sp.random_array((4, 600), density=0.05, rng=np.random.default_rng(0))
    answers = [
        rrm.solve(
            problem.replace(protected_gain=gain, protected_limit=np.full(4, 0.01)),
            rrm.Budget(10.0, gap=1e-9),
            method="max_min",
        )
        for gain in (heard, heard.toarray())
    ]
    assert answers[0].status == answers[1].status == "optimal"
    assert answers[0].objective == pytest.approx(answers[1].objective, rel=1e-9)
    assert answers[0].certificate.violations["protected_limit"] == 0.0
    heard_most = (
        answers[0].problem.protected(answers[0].allocation.power) / 0.01
    ).max()
    assert heard_most == pytest.approx(1.0, rel=1e-9)


@given(st.integers(0, 1000), st.booleans())
@settings(deadline=None, max_examples=20)
def test_rows_of_a_coupling_against_the_matrix(seed, is_dense):
    """The kernel multiplies as the matrix does, with what is pushed on top."""
    problem = network(seed, links=50)
    rng = np.random.default_rng(seed)
    factor, share, x = rng.random((3, 50))
    gain = problem.cross.toarray() if is_dense else problem.cross
    push = np.arange(50), share
    coupled = Coupling(gain, factor, lambda: False, x, problem.noise, push)
    matrix = problem.cross.toarray() + np.outer(problem.noise, share)
    np.testing.assert_allclose(
        coupled.remainder(x), x - factor * (matrix @ x), rtol=1e-12
    )


def test_hot_links_alone_are_solved_at_once():
    """Where only links that are solved directly disturb each other, one step does."""
    links = 600
    gain = np.zeros((links, links))
    gain[0, 1] = gain[1, 0] = 1.0
    factor = np.full(links, 0.999)
    need = np.ones(links)
    need[:2] = 1e3
    coupled = Coupling(gain, factor, lambda: False, need)
    x, residual = coupled.solved(np.ones(links), np.zeros(links), need, 1e-12)
    assert residual <= 1e-12
    np.testing.assert_allclose(x[:2], 1 / (1 - 0.999), rtol=1e-9)
    np.testing.assert_allclose(x[2:], 1.0)
