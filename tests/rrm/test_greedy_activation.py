"""Links switched on and off: near the best set, at a local optimum, in any units."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.cellular import hexagonal, rayleigh
from formulations import Power, PowerControl
from rrm.methods.power.greedy_activation import MOST, activated, change, prepared


def rates(gain, noise, power, weight):
    """Weighted sum of rates in nat, by loops."""
    total = 0.0
    for i in range(len(noise)):
        heard = noise[i] + sum(
            gain[i, j] * power[j] for j in range(len(noise)) if j != i
        )
        total += weight[i] * np.log1p(gain[i, i] * power[i] / heard)
    return total


@st.composite
def networks(draw):
    """A few links with gains over decades, equal weights or not."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    links = draw(st.integers(1, 6))
    gain = 10 ** rng.uniform(-12, -8, (links, links))
    weight = rng.uniform(0, 3, links) if draw(st.booleans()) else np.ones(links)
    return gain, 10 ** rng.uniform(-12, -10, links), rng.uniform(0.1, 2, links), weight


@given(networks())
@settings(deadline=None, max_examples=150)
def test_no_link_changes_for_the_better(network):
    """Neither alone nor in exchange for another, by sums over all links."""
    gain, noise, limit, weight = network
    heard, order, common = prepared(gain, noise, limit, weight)
    is_on, total, _ = activated(order, order, heard, weight, common, 8_000)
    value = rates(gain, noise, np.where(is_on, limit, 0.0), weight)
    assert total == pytest.approx(value, rel=1e-6, abs=1e-9)
    best = 0.0
    for chosen in product([0.0, 1.0], repeat=len(noise)):
        power = np.array(chosen) * limit
        best = max(best, found := rates(gain, noise, power, weight))
        if np.count_nonzero((power > 0) != is_on) == 1:
            assert found <= value + 1e-7
    assert 0.8 * best <= value <= best * (1 + 1e-9) + 1e-12


@given(networks(), st.integers(0, 1000))
@settings(deadline=None, max_examples=150)
def test_changes_are_differences_of_rates(network, seed):
    """Of one link off, one on, or both, with weights and without."""
    gain, noise, limit, weight = network
    links = len(noise)
    rng = np.random.default_rng(seed)
    is_on = rng.random(links) < 0.5
    heard = (gain * limit / noise[:, None]).T.copy()
    level = 1.0 + is_on @ heard - is_on * np.diag(heard)
    lit = np.flatnonzero(is_on)
    common = float(weight[0]) if np.ptp(weight) == 0 else 0.0
    before = rates(gain, noise, is_on * limit, weight)
    for gone in (-1, *lit):
        for new in (-1, *np.flatnonzero(~is_on)):
            then = is_on.copy()
            then[[k for k in (gone,) if k >= 0]] = False
            then[[k for k in (new,) if k >= 0]] = True
            more = change(gone, new, heard, level, lit, len(lit), weight, common)
            after = rates(gain, noise, then * limit, weight)
            assert more == pytest.approx(after - before, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("make", [hexagonal, rayleigh])
def test_a_hundred_links_are_within_a_tenth_of_long_searches(make):
    """Over five seeds, with what ``on_off`` reaches from many starts."""
    for seed in range(5):
        problem = make(100, seed)
        best = rrm.solve(problem, rrm.Budget(60.0, work=400), method="on_off")
        quick = rrm.solve(problem, 10.0, method="greedy_activation")
        assert quick.objective >= 0.9 * best.objective


def test_masks_count_and_other_limits_are_left_to_others():
    """A link that its mask silences stays off; floors have other methods."""
    problem = PowerControl(np.eye(2), np.ones(2), np.full(2, 3.0), p_mask=[np.inf, 0.0])
    solution = rrm.solve(problem, 1.0, method="greedy_activation")
    assert solution.allocation.power.tolist() == [3.0, 0.0]
    many = PowerControl(np.eye(MOST + 1), np.ones(MOST + 1), np.ones(MOST + 1))
    for other in (
        problem.replace(objective="max_min_rate"),
        problem.replace(min_rate=[0.1, 0.0]),
        problem.replace(transmitter=[0, 0]),
        PowerControl(np.eye(2), np.ones((2, 2)), np.ones(2)),
        many,
    ):
        with pytest.raises(rrm.FieldError, match="greedy_activation"):
            rrm.solve(other, 1.0, method="greedy_activation")


def test_units_change_nothing():
    """In milliwatts, and with gains in other units, the same links are on."""
    problem = rayleigh(30, 2)
    power = rrm.solve(problem, 1.0, method="greedy_activation").allocation.power
    other = problem.replace(
        gain=problem.gain / 1000.0 * 7.0, noise=problem.noise * 7.0,
        p_max=problem.p_max * 1000.0,
    )  # fmt: skip
    same = rrm.solve(other, 1.0, method="greedy_activation").allocation.power
    np.testing.assert_allclose(same, 1000.0 * power)
    assert problem.evaluate(Power(power)) > 0
