import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from formulations.kernels.rate_bounds import bound_of, objective_of, scratch_of
from formulations.power import PowerControl
from rrm.methods.power.branch_and_bound import rates_of

LINKS = 5
OBJECTIVES = ("sum_rate", "proportional_fair", "energy_efficiency")


def problem_of(seed: int, spread: float, objective: str) -> PowerControl:
    """Five links with gains over ``spread`` decades, some of weight 0, with limits."""
    rng = np.random.default_rng(seed)
    return PowerControl(
        10 ** rng.uniform(-spread, 0.0, (LINKS, LINKS)),
        10 ** rng.uniform(-3.0, -1.0, LINKS),
        rng.uniform(0.5, 2.0, LINKS),
        weight=rng.uniform(0.2, 2.0, LINKS) * (rng.uniform(size=LINKS) > 0.2),
        objective=objective,
        circuit_power=0.3,
        protected_gain=rng.uniform(size=(1, LINKS)),
        protected_limit=[rng.uniform(1.0, 5.0)],
    )


def value_at(power: np.ndarray, box) -> float:
    """Objective in nat, by the formula."""
    rate = np.log1p(box.direct * power / (box.noise + box.cross @ power))
    if box.fair:
        counted = box.weight > 0
        with np.errstate(divide="ignore"):
            return float(box.weight[counted] @ np.log(rate[counted]))
    value = float(box.weight @ rate)
    if box.ratio:
        value /= box.fixed + box.per_watt * power.sum()
    return value


@pytest.mark.parametrize("objective", OBJECTIVES)
@example(seed=2147, spread=0.0, narrow=2.220446049250313e-16, part=0.0)
@example(seed=1, spread=0.0, narrow=1.6431059411182933e-12, part=0.0)
@given(
    seed=st.integers(0, 10_000),
    spread=st.floats(0.0, 8.0),
    narrow=st.floats(0.0, 1.0),
    part=st.floats(0.0, 1.0),
)
@settings(max_examples=60, deadline=None)
def test_no_point_of_a_box_beats_its_bound(objective, seed, spread, narrow, part):
    """From any start, on any box, also thin ones and ones with powers fixed.

    What a target cuts off is no better than the target.
    """
    problem = problem_of(seed, spread, objective)
    if not problem.weight.any():
        return
    box = rates_of(problem.scaled())
    rng = np.random.default_rng(seed)
    low = box.limit * rng.uniform(size=LINKS) * (rng.uniform(size=LINKS) > 0.3)
    high = low + (box.limit - low) * narrow * rng.uniform(size=LINKS)
    high = np.where(rng.uniform(size=LINKS) > 0.2, high, low)
    points = low + (high - low) * rng.uniform(size=(200, LINKS))
    points = np.concatenate([points, [low, high]])
    values = np.array(
        [
            value_at(power, box) if (box.rows @ power <= box.allowed).all() else -np.inf
            for power in points
        ]
    )
    start = low + (high - low) * part
    below, above, point = low.copy(), high.copy(), start.copy()
    bound = bound_of(below, above, -np.inf, 0.0, point, box, scratch_of(LINKS))
    if bound == -np.inf:  # a logarithm of no rate
        assert values.max() == -np.inf
        return
    room = 1e-9 * (abs(bound) + box.weight.sum())
    assert values.max() <= bound + room
    assert (below == low).all()
    assert (above == high).all()
    value = objective_of(point, box)
    if np.isfinite(value):
        assert value == pytest.approx(value_at(point, box), rel=1e-9, abs=1e-12)
    if not np.isfinite(values.max()):
        return
    target = float(np.median(values[np.isfinite(values)]))
    if box.ratio and target <= 0.0:
        return
    below, above, point = low.copy(), high.copy(), start.copy()
    bound = bound_of(below, above, target, 0.0, point, box, scratch_of(LINKS))
    assert values.max() <= max(bound, target) + room
    kept = ((points >= below) & (points <= above)).all(axis=1)
    assert (values[~kept] <= target + room).all()
