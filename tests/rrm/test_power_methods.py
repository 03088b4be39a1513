"""Methods of power control: known answers, two ways to each optimum, kernels' twins."""

import importlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import rrm
from formulations import Power, PowerControl
from formulations.kernels.water_filling import water_filling
from rrm.methods.power.branch_and_bound import OBJECTIVES
from rrm.methods.power.coordinate_ascent import (
    interval,
    model_of,
    objective_at,
    state_of,
)
from rrm.methods.power.cvxpy_linear import FloorPrices
from rrm.methods.power.fixed_point import PowerFloor, SpectralRadius, coupling
from rrm.methods.power.interference_free import InterferenceFree
from rrm.methods.power.max_min import LevelCeiling
from rrm.methods.power.wmmse import iterate

CHANNELS = Path(__file__).parents[3] / "shared/instances/power/mmp_channels.npz"

TUTORIAL = np.array(
    [
        [1.0, 0.1, 0.2, 0.1, 0.05],
        [0.1, 1.0, 0.1, 0.1, 0.05],
        [0.2, 0.1, 1.0, 0.2, 0.2],
        [0.1, 0.1, 0.2, 1.0, 0.1],
        [0.05, 0.05, 0.2, 0.1, 1.0],
    ]
)
"""Path gains of the power control example of S. Boyd, S.-J. Kim, L. Vandenberghe,
A. Hassibi, "A tutorial on geometric programming", Optim. Eng. 8, 2007."""


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


def random_links(seed: int, links: int = 5, **fields) -> PowerControl:
    """Links with a direct gain well above the cross gains."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-13, -10.5, (links, links))
    gain[np.diag_indices(links)] = 10 ** rng.uniform(-10, -8, links)
    defaults = {"noise": np.full(links, 1e-13), "p_max": rng.uniform(0.5, 2, links)}
    return PowerControl(gain, **{**defaults, **fields})


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
@pytest.mark.parametrize("watt", [1.0, 1e-3])
@pytest.mark.parametrize("method", ["auto", "fixed_point", "cvxpy_linear"])
def test_the_tutorial_example_at_any_scale(scale, watt, method):
    """CVXPY issue 982: its notebook printed 1.99 where its code gave 0.5.

    SINR 0.2 on every link: p = (I - 0.2 C)^-1 0.2 * 0.5, in all 0.5534 W. (The value
    0.9615 that the notebook shows since then sums interference over all powers.)
    """
    problem = PowerControl(
        TUTORIAL * scale / watt,
        np.full(5, 0.5 * scale),
        np.full(5, 5.0 * watt),
        objective="min_power",
        min_rate=np.full(5, np.log2(1.2)),
    )
    solution = rrm.solve(problem, 3.0, method=method)
    assert solution.status == "optimal"
    cross = TUTORIAL - np.eye(5)
    exact = np.linalg.solve(np.eye(5) - 0.2 * cross, np.full(5, 0.1)) * watt
    np.testing.assert_allclose(solution.allocation.power, exact, rtol=1e-5)
    assert solution.objective == pytest.approx(exact.sum(), rel=1e-6)
    assert exact.sum() / watt == pytest.approx(0.55344313096515, rel=1e-12)
    assert solution.certificate.proof.bound(problem) == solution.bound
    assert max(solution.certificate.violations.values()) <= 1e-9


@given(st.integers(0, 10_000), st.floats(0.05, 3.0))
@settings(deadline=None, max_examples=60)
def test_least_power_against_the_linear_system(seed, share):
    """Feasible exactly where the linear solution is nonnegative and within limits."""
    assume(abs(share - 1) > 1e-6)  # there full power meets the floors exactly
    problem = random_links(seed, objective="min_power")
    problem = problem.replace(min_rate=share * problem.rate(problem.p_max))
    solution = rrm.solve(problem, 1.0, method="fixed_point")
    coupled, alone = coupling(problem)
    radius = np.abs(np.linalg.eigvals(coupled)).max()
    exact = np.linalg.solve(np.eye(5) - coupled, alone)
    if radius < 1 and (exact <= problem.p_max).all():
        assert solution.status == "optimal"
        np.testing.assert_allclose(solution.allocation.power, exact, rtol=1e-8)
    else:
        assert solution.status == "infeasible"
        kind = SpectralRadius if radius >= 1 else PowerFloor
        assert isinstance(solution.certificate.proof, kind)


def test_many_links_iterate_to_the_same_answer():
    """Beyond the direct solve, the fixed point comes from iterating."""
    problem = random_links(1, links=260, objective="min_power")
    problem = problem.replace(min_rate=0.2 * problem.rate(problem.p_max))
    solution = rrm.solve(problem, 5.0, method="fixed_point")
    coupled, alone = coupling(problem)
    exact = np.linalg.solve(np.eye(260) - coupled, alone)
    assert solution.status == "optimal"
    np.testing.assert_allclose(solution.allocation.power, exact, rtol=1e-8)


def test_a_radius_of_one_exactly():
    """Two links that need each other's power: F has radius exactly 1, no power does."""
    problem = PowerControl(
        [[1.0, 1.0], [1.0, 1.0]],
        [1.0, 1.0],
        [1e6, 1e6],
        objective="min_power",
        min_rate=[1.0, 1.0],
    )
    solution = rrm.solve(problem, 1.0)
    assert solution.status == "infeasible"


def test_the_least_power_minimizes_with_masks_and_receivers_active():
    """Limits that just hold at the least power do not make it infeasible."""
    problem = random_links(3, objective="min_power")
    problem = problem.replace(min_rate=0.3 * problem.rate(problem.p_max))
    power = rrm.solve(problem, 1.0).allocation.power
    heard = np.full((1, 5), 1e-12)
    tight = problem.replace(
        p_mask=power * (1 + 1e-6),
        protected_gain=heard,
        protected_limit=heard @ power * (1 + 1e-6),
    )
    assert rrm.solve(tight, 1.0).status == "optimal"
    too_tight = tight.replace(protected_limit=heard @ power * (1 - 1e-6))
    assert rrm.solve(too_tight, 1.0).status == "infeasible"


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_floor_prices_bound_at_any_prices(seed):
    """Weak duality: whatever the prices, the least power is no smaller."""
    problem = random_links(seed, objective="min_power")
    problem = problem.replace(min_rate=0.1 * problem.rate(problem.p_max))
    optimum = rrm.solve(problem, 1.0, method="fixed_point").objective
    rng = np.random.default_rng(seed)
    prices = FloorPrices(rng.exponential(1.0, 5) * 10 ** rng.uniform(-8, 2))
    assert prices.bound(problem) <= optimum * (1 + 1e-9)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_max_min_levels_all_links(seed):
    """Without floors, all links reach the same weighted rate and one limit is met."""
    weight = np.random.default_rng(seed).uniform(0.5, 2, 5)
    problem = random_links(seed, objective="max_min_rate", weight=weight)
    solution = rrm.solve(problem, rrm.Budget(1.0, gap=1e-7))
    assert solution.status == "optimal"
    power = solution.allocation.power
    np.testing.assert_allclose(
        problem.rate(power) / weight, solution.objective, rtol=1e-6
    )
    assert (power / problem.p_max).max() == pytest.approx(1.0, rel=1e-4)


def test_max_min_against_the_geometric_program():
    """Two independent ways to one optimum."""
    for seed in range(3):
        problem = random_links(seed, objective="max_min_rate")
        exact = rrm.solve(problem, rrm.Budget(1.0, gap=1e-7), method="max_min")
        model = rrm.solve(problem, 3.0, method="cvxpy_geometric")
        assert model.objective == pytest.approx(exact.objective, rel=1e-5)


@st.composite
def max_min_problems(draw) -> PowerControl:
    """Few links with weights, floors, masks, receivers and shared transmitters."""
    links = draw(st.integers(1, 5))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2, links) if draw(st.booleans()) else np.ones(links)
    if draw(st.booleans()):
        weight[1:] *= rng.random(links - 1) < 0.7
    problem = random_links(seed, links, objective="max_min_rate", weight=weight)
    if draw(st.booleans()):
        problem = problem.replace(p_mask=rng.uniform(0.1, 3, links))
    if draw(st.booleans()):
        heard = 10 ** rng.uniform(-13, -11, (2, links))
        problem = problem.replace(protected_gain=heard, protected_limit=[1e-12, 5e-12])
    if draw(st.booleans()):
        problem = problem.replace(
            transmitter=np.zeros(links, int), p_max=np.full(links, 1.5)
        )
    if draw(st.booleans()):
        share = rng.uniform(0, 1.0, links) * (rng.random(links) < 0.6)
        start = problem.trivial().power * rng.uniform(0.2, 1, links)
        problem = problem.replace(min_rate=share * problem.rate(start))
    return problem


def bisected(problem: PowerControl) -> float:
    """Highest level whose least power, by linear equations, is within the limits."""
    low, high = 0.0, InterferenceFree().bound(problem) * 2
    for _ in range(100):
        level = 0.5 * (low + high)
        asked = np.maximum(problem.min_rate, level * problem.weight)
        floors = problem.replace(objective="min_power", min_rate=asked)
        coupled, alone = coupling(floors)
        power = np.linalg.solve(np.eye(len(alone)) - coupled, alone)
        found = floors.violations(Power(power * (1 + 1e-13)))
        is_met = (power >= -1e-14).all() and max(found.values()) <= 1e-9
        low, high = (level, high) if is_met else (low, level)
    return low


@given(max_min_problems())
@settings(deadline=None, max_examples=60)
def test_max_min_against_bisection(problem):
    """Two ways to one optimum, whatever the limits, and certified."""
    solution = rrm.solve(problem, rrm.Budget(1.0, gap=1e-7), method="max_min")
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(bisected(problem), rel=3e-7)


@given(max_min_problems(), st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_a_ceiling_holds_whatever_its_vector(problem, seed):
    """No vector gives a ceiling below the optimum; what is no vector gives none."""
    best = bisected(problem)
    rng = np.random.default_rng(seed)
    links = len(problem.p_max)
    for _ in range(20):
        vector = 10 ** rng.uniform(-6, 0, links) * (rng.random(links) < 0.8)
        assert not LevelCeiling(vector).bound(problem) < best * (1 - 1e-8)
    for bad in (np.zeros(links), np.full(links, np.nan), -vector, np.ones(links + 1)):
        assert np.isnan(LevelCeiling(bad - (bad < 0)).bound(problem))


def brute_force(problem: PowerControl) -> float:
    """Best sum rate on a fine grid over two powers."""
    levels = np.linspace(0.0, 1.0, 401)
    best = 0.0
    for first in levels:
        power = np.stack([np.full(401, first), levels]) * problem.p_max[:, None]
        heard = problem.cross @ power + problem.noise[:, None]
        sinr = problem.direct[:, None] * power / heard
        rates = problem.weight @ np.log2(1 + sinr) * problem.bandwidth
        best = max(best, rates.max())
    return best


@pytest.mark.parametrize("method", ["wmmse", "coordinate_ascent", "auto"])
@pytest.mark.parametrize("seed", range(6))
def test_sum_rate_of_two_links_against_a_grid(method, seed):
    """With two links the methods find the best of 160,000 points."""
    rng = np.random.default_rng(seed)
    problem = PowerControl(
        10 ** rng.uniform(-10, -9, (2, 2)), np.full(2, 1e-11), np.array([1.0, 2.0])
    )
    solution = rrm.solve(problem, 1.0, method=method)
    assert solution.objective >= brute_force(problem) * (1 - 1e-4)


@pytest.mark.shared_instances
@pytest.mark.skipif(not CHANNELS.exists(), reason="needs ../shared/instances/power")
@pytest.mark.parametrize("links", [2, 5, 9])
def test_published_channels(links):
    """The published optima, which have a tolerance of 0.01, proven to that."""
    data = np.load(CHANNELS)
    for channel in range(25):
        gain = data["gain"][channel][:links, :links]
        problem = PowerControl(gain, np.full(links, 0.01), np.ones(links))
        best = data["sum_rate"][channel][links - 2]
        solution = rrm.solve(problem, rrm.Budget(10.0, gap=0.005 / best))
        assert solution.status == "optimal"
        assert abs(solution.objective - best) <= 0.011
        assert solution.bound >= best - 1e-9


@pytest.mark.parametrize("links", [6, 8])
@pytest.mark.shared_instances
@pytest.mark.skipif(not CHANNELS.exists(), reason="needs ../shared/instances/power")
def test_published_energy_efficiency(links):
    """As published; their model costs 1 W and 1500 W per W at a noise of 0.01."""
    data = np.load(CHANNELS)
    for channel in range(25):
        problem = PowerControl(
            data["gain"][channel][:links, :links],
            np.full(links, 0.01),
            np.ones(links),
            objective="energy_efficiency",
            circuit_power=1.0,
            amplifier_efficiency=1 / 1500,
        )
        best = data["energy_efficiency"][channel][links - 2]
        solution = rrm.solve(problem, rrm.Budget(10.0, gap=1e-4))
        assert solution.status == "optimal"
        assert abs(solution.objective - best) <= 1e-4
        assert solution.bound >= best * (1 - 1e-9)


@pytest.mark.shared_instances
@pytest.mark.skipif(not CHANNELS.exists(), reason="needs ../shared/instances/power")
def test_shared_tree(monkeypatch):
    """Several trees find what one does; one short of memory claims nothing."""
    data = np.load(CHANNELS)
    gain = data["gain"][0][:12, :12]
    problem = PowerControl(gain, np.full(12, 0.01), np.ones(12))
    budget = rrm.Budget(20.0, gap=1e-3)
    alone = rrm.solve(problem, budget, method="branch_and_bound")
    module = importlib.import_module("rrm.methods.power.branch_and_bound")
    monkeypatch.setattr(module, "ROUNDS_ALONE", 0)
    both = rrm.solve(problem, budget, method="branch_and_bound")
    assert alone.status == both.status == "optimal"
    assert abs(alone.objective - both.objective) <= 2e-3 * alone.objective
    tree = importlib.import_module("formulations.kernels.box_tree")
    monkeypatch.setattr(tree, "MEMORY", 0)
    small = rrm.solve(problem, rrm.Budget(1.0, gap=1e-6), method="branch_and_bound")
    assert small.bound >= alone.objective
    assert small.objective <= alone.bound * (1 + 1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(8))
def test_branch_and_bound_against_a_grid(objective, seed):
    """With floors, masks and a receiver: no grid point beats the proven optimum."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-11, -9, (3, 3))
    gain[np.diag_indices(3)] *= 10
    problem = PowerControl(
        gain,
        np.full(3, 1e-11),
        np.array([1.0, 2.0, 0.5]),
        weight=rng.uniform(0.5, 2, 3),
        objective=objective,
        min_rate=[0.1, 0.0, 0.0],
        p_mask=[np.inf, 1.5, np.inf],
        protected_gain=[[1e-9, 2e-9, 1e-9]],
        protected_limit=[2e-9],
        circuit_power=0.5,
        amplifier_efficiency=0.4,
    )
    methods = ["barrier_ascent", "branch_and_bound"]
    solution = rrm.solve(problem, rrm.Budget(10.0, gap=1e-4), method=methods)
    assert solution.status == "optimal"
    assert "branch and bound" in solution.certificate.argument
    best = -np.inf
    for share in np.stack(np.meshgrid(*[np.linspace(0.02, 1, 14)] * 3), -1).reshape(
        -1, 3
    ):
        allocation = Power(problem.p_max * share)
        value = problem.evaluate(allocation)
        if value > best and max(problem.violations(allocation).values()) <= 1e-9:
            best = value
    assert best <= solution.bound + 1e-9 * abs(best)
    assert solution.objective >= best - 1e-4 * abs(best)


def wmmse_twin(gain, noise, weight, limit, amplitude, turns):
    """Turns of WMMSE as in the paper, with numpy."""
    h = np.sqrt(np.diag(gain))
    v = amplitude.copy()
    value = 0.0
    for _ in range(turns):
        total = gain @ v**2 + noise
        signal = h**2 * v**2
        value = weight @ np.log1p(signal / (total - signal))
        u = h * v / total
        w = weight / (1 - u * h * v)
        v = np.clip(w * u * h / ((w * u**2) @ gain), 0.0, np.sqrt(limit))
    return value, v


def test_wmmse_kernel_against_its_numpy_twin():
    """Ten turns agree to rounding."""
    scaled = random_links(5).scaled()
    limit, amplitude = scaled.p_max, np.sqrt(scaled.p_max)
    expected = wmmse_twin(
        scaled.gain, scaled.noise, scaled.weight, limit, amplitude, 10
    )
    value = iterate(scaled.gain, scaled.noise, scaled.weight, limit, amplitude, 10)
    assert value == pytest.approx(expected[0], rel=1e-9)
    np.testing.assert_allclose(amplitude, expected[1], rtol=1e-9)


OBJECTIVE_NAMES = ["sum_rate", "proportional_fair", "energy_efficiency", "min_power"]


@given(st.integers(0, 10_000), st.sampled_from(OBJECTIVE_NAMES), st.booleans())
@settings(deadline=None, max_examples=60)
def test_line_search_sees_the_problem_as_it_is(seed, objective, blocks):
    """Objective and interval of one power agree with evaluate and violations."""
    rng = np.random.default_rng(seed)
    noise = np.full((4, 2), 1e-13) if blocks else np.full(4, 1e-13)
    problem = random_links(
        seed,
        links=4,
        noise=noise,
        objective=objective,
        circuit_power=0.1,
        transmitter=[0, 1, 2, 2],
        p_max=np.array([1.0, 1.5, 2.0, 2.0]),
        protected_gain=10 ** rng.uniform(-13, -12, (2, 4)),
        protected_limit=np.full(2, 1e-12),
    )
    start = problem.trivial().power
    problem = problem.replace(min_rate=0.6 * problem.rate(start))
    scaled = problem.scaled()
    model = model_of(scaled)
    power = (start / scaled.units["W"]).reshape(model.noise.shape)
    state = state_of(power.copy(), model)
    i, n = rng.integers(4), rng.integers(model.noise.shape[1])
    low, high = interval(i, n, state, model)
    assert low <= power[i, n] * (1 + 1e-7)  # data are rounded by 1e-10, which a tight
    assert high >= power[i, n] * (1 - 1e-7)  # floor can blow up
    for x, feasible in (
        (low, True),
        (high, True),
        (high + 1e-3 * (high + 1e-3), False),
        (0.5 * (low + high), True),
    ):
        moved = power.copy()
        moved[i, n] = x
        allocation = Power(moved.reshape(problem.shape))
        worst = max(scaled.violations(allocation).values())
        assert (worst <= 1e-9) == feasible
        expected = problem.sense * scaled.evaluate(allocation)
        factor = 1 / np.log(2.0) if objective not in ("min_power",) else 1.0
        found = objective_at(x, i, n, state, model)
        if objective == "proportional_fair":
            found += scaled.weight.sum() * np.log(factor)
            factor = 1.0
        assert found * factor == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=50)
def test_water_filling_is_optimal(seed):
    """Levels are equal where power is between its limits, and the budget is used."""
    rng = np.random.default_rng(seed)
    quality = 10 ** rng.uniform(-2, 3, (1, 6))
    limit = rng.uniform(0.1, 1.0, (1, 6))
    total = np.array([rng.uniform(0.05, 1.5)])
    power = water_filling(quality, limit, total)[0]
    assert power.sum() == pytest.approx(min(total[0], limit.sum()), rel=1e-12)
    level = power + 1 / quality[0]
    inside = (power > 0) & (power < limit[0])
    if inside.any():
        np.testing.assert_allclose(level[inside], level[inside][0], rtol=1e-9)
        at = level[inside][0]
        assert (level[power == 0] >= at * (1 - 1e-9)).all()
        assert (level[power == limit[0]] <= at * (1 + 1e-9)).all()


@given(st.integers(0, 10_000), st.booleans())
@settings(deadline=None, max_examples=60)
def test_water_filling_is_exact(seed, is_limited):
    """To 1e-10, against sorted levels in rational numbers; no gain gets no power."""
    rng = np.random.default_rng(seed)
    quality = 10 ** rng.uniform(-3, 6, (3, 17))
    quality[:, 3] = 0.0
    limit = 10 ** rng.uniform(-3, 1, (3, 17)) if is_limited else np.inf
    total = 10 ** rng.uniform(-3, 2, 3)
    power = water_filling(quality, limit, total)
    limits = np.broadcast_to(limit, quality.shape)
    for row in range(3):
        exact = exact_filling(quality[row], limits[row], total[row])
        np.testing.assert_allclose(power[row], exact, rtol=1e-10, atol=1e-13)


def exact_filling(quality, limit, total):
    """Water-filling by rational arithmetic over all breakpoints of the level."""
    wet = [
        (1 / Fraction(q), Fraction(min(cap, total)))
        for q, cap in zip(quality, limit, strict=True)
        if q > 0
    ]
    total = Fraction(total)

    def used(level):
        return sum(min(max(level - low, 0), cap) for low, cap in wet)

    points = sorted({low for low, _ in wet} | {low + cap for low, cap in wet})
    level = points[-1]
    if used(level) > total:
        after = next(k for k, point in enumerate(points) if used(point) >= total)
        low, high = points[after - 1], points[after]
        level = low + (high - low) * (total - used(low)) / (used(high) - used(low))
    deep = iter(min(max(level - low, 0), cap) for low, cap in wet)
    return np.array([float(next(deep)) if q > 0 else 0.0 for q in quality])


@given(st.integers(0, 10_000), st.sampled_from(OBJECTIVE_NAMES[:3]))
@settings(deadline=None, max_examples=40)
def test_no_power_beats_the_interference_free_bound(seed, objective):
    """Random feasible powers stay below it."""
    problem = random_links(seed, objective=objective, circuit_power=0.2)
    bound = InterferenceFree().bound(problem)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        power = Power(problem.p_max * rng.uniform(1e-6, 1, 5))
        assert problem.evaluate(power) <= bound


def test_max_min_near_a_spectral_radius_of_one():
    """Rates of a nearly singular system are off by rounding: that rules nothing out."""
    rng = np.random.default_rng(10)
    sender = rng.uniform(0, 2000, (20, 2))
    receiver = sender + rng.uniform(-150, 150, (20, 2))
    away = np.linalg.norm(receiver[:, None] - sender[None], axis=2)
    loss = 36.7 * np.log10(np.maximum(away, 10)) + 33 + rng.normal(0, 6, away.shape)
    problem = PowerControl(
        10 ** (-loss / 10),
        np.full(20, 1e-13),
        np.ones(20),
        bandwidth=1e6,
        objective="max_min_rate",
    )
    assert rrm.solve(problem, 1.0).status == "optimal"
