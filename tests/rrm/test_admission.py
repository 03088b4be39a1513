"""Admission: against every subset, its bound, and its powers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import FieldError, Power, PowerControl
from tests.rrm.test_many_links import network


@st.composite
def problems(draw) -> PowerControl:
    """Up to eight links that ask for too much, with any limits."""
    links = draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    gain = 10 ** rng.uniform(-12, -9, (links, links))
    gain[np.diag_indices(links)] = 10 ** rng.uniform(-10, -8, links)
    fields = {
        "noise": np.full(links, 1e-12),
        "p_max": rng.uniform(0.1, 2, links),
        "min_rate": rng.uniform(0, 5, links) * (rng.random(links) < 0.9),
        "objective": draw(st.sampled_from(["min_power", "sum_rate"])),
    }
    if draw(st.booleans()):
        fields["transmitter"] = rng.integers(0, 2, links) % links
        fields["p_max"] = np.ones(links)
    if draw(st.booleans()):
        fields["protected_gain"] = 10 ** rng.uniform(-12, -10, (1, links))
        fields["protected_limit"] = [1e-11]
    if draw(st.booleans()):
        fields["p_mask"] = rng.uniform(0.05, 1, links)
    return PowerControl(gain, **fields)


def can_be_met(problem: PowerControl, admitted: np.ndarray) -> bool:
    """By the linear equations of the least power of the admitted links."""
    sinr = np.where(admitted, 2.0**problem.min_rate - 1, 0.0)
    coupled = (sinr / problem.direct)[:, None] * problem.cross
    if np.abs(np.linalg.eigvals(coupled)).max() >= 1:
        return False
    alone = sinr / problem.direct * problem.noise
    power = np.linalg.solve(np.eye(len(sinr)) - coupled, alone)
    found = problem.replace(min_rate=None).violations(Power(np.maximum(power, 0)))
    return max(found.values()) <= 1e-9


def most(problem: PowerControl) -> int:
    """Size of the largest set, by trying all."""
    links = len(problem.p_max)
    for size in range(links, 0, -1):
        for kept in combinations(range(links), size):
            if can_be_met(problem, np.isin(np.arange(links), kept)):
                return size
    return 0


@given(problems())
@settings(deadline=None, max_examples=100)
def test_few_links_against_every_subset(problem):
    """As many as the largest set, proven, and with powers that meet every limit."""
    found = rrm.admission(problem, 2.0)
    assert found.admitted.sum() == found.bound == most(problem)
    assert found.is_optimal
    meets_floors_and_limits(problem, found)


def meets_floors_and_limits(problem: PowerControl, found: rrm.Admission) -> None:
    """The admitted links meet their floors, and the others are silent."""
    assert not found.allocation.power[~found.admitted].any()
    reduced = problem.replace(min_rate=np.where(found.admitted, problem.min_rate, 0.0))
    assert max(reduced.violations(found.allocation).values()) <= 1e-9
    assert found.admitted[problem.min_rate == 0].all()


@pytest.mark.parametrize("seed", range(3))
def test_twenty_links_are_searched_whole(seed):
    """The bound is met; no set with one more link is admissible beside a swap."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-12, -9, (20, 20))
    gain[np.diag_indices(20)] = 10 ** rng.uniform(-10, -8, 20)
    problem = PowerControl(
        gain, np.full(20, 1e-12), np.ones(20), min_rate=rng.uniform(1, 4, 20),
        objective="min_power",
    )  # fmt: skip
    found = rrm.admission(problem, 20.0)
    assert found.is_optimal
    meets_floors_and_limits(problem, found)
    for link in np.flatnonzero(~found.admitted):
        more = found.admitted.copy()
        more[link] = True
        assert not can_be_met(problem, more)


def test_all_links_of_a_feasible_problem_are_admitted():
    """Nothing is dropped where nothing must be, and the powers are the least."""
    problem = network(0, objective="min_power")
    problem = problem.replace(min_rate=0.1 * problem.rate(problem.p_max))
    found = rrm.admission(problem, 5.0)
    assert found.admitted.all()
    assert found.is_optimal
    least = rrm.solve(problem, 5.0).allocation.power
    np.testing.assert_allclose(found.allocation.power, least, rtol=1e-8)


def test_many_links_get_a_bound_that_holds():
    """600 links: gradual removals, below a bound from disjoint sets."""
    problem = network(1, objective="min_power")
    problem = problem.replace(min_rate=np.full(600, 9.0))
    found = rrm.admission(problem, 8.0)
    meets_floors_and_limits(problem, found)
    assert 0 < found.admitted.sum() <= found.bound < 600


def test_problems_on_blocks_are_refused():
    """As whoever is silent on one block may send on another."""
    problem = PowerControl([[1.0]], [[1.0, 1.0]], [1.0])
    with pytest.raises(FieldError, match="single block"):
        rrm.admission(problem)
