"""A radar that comes near: blanked blocks, lowered power, probabilities that hold."""

import numpy as np
import pytest

import rrm
from formulations import BlockSchedule, FieldError, PowerControl
from rrm.radar import RadarTrack, blanking, free_space, in_band, protected_power

CARRIER = 3.55e9
CELLS = np.array([[0.0, 0.0, 30.0], [4e3, 0.0, 30.0], [40e3, 0.0, 30.0]])
EDGES = CARRIER + 5e6 * np.arange(5)  # four blocks


def track(**changes) -> RadarTrack:
    """A ship 30 km off, coming in at 200 m/s, known within 300 m and 5 m/s."""
    fields = {
        "state": np.array([-30e3, 0.0, 10.0, 200.0, 0.0, 0.0]),
        "covariance": np.diag([300.0, 300.0, 1.0, 5.0, 5.0, 0.1]) ** 2,
        "band": np.array([CARRIER + 7e6, CARRIER + 14e6]),
        "limit": 1e-9,
        **changes,
    }
    return RadarTrack(**fields)


def shares(radar: RadarTrack) -> np.ndarray:
    """Part of each block of each cell in the radar's band."""
    low, high = np.tile(EDGES[:-1], (3, 1)), np.tile(EDGES[1:], (3, 1))
    return in_band(radar, low, high)


def test_shares_are_the_overlap_of_block_and_band():
    """Half of what is cut, all of what is inside, nothing outside."""
    np.testing.assert_allclose(shares(track())[0], [0.0, 0.6, 0.8, 0.0])


def test_predictions_move_and_spread():
    """Mean and covariance follow from constant velocity, plus the drift."""
    radar = track(acceleration=0.1)
    drawn = radar.positions(100.0, 20_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), [-10e3, 0.0, 10.0], atol=20)
    spread = np.sqrt(300**2 + (100 * 5.0) ** 2 + 100**3 / 3 * 0.1)
    assert drawn[:, 0].std() == pytest.approx(spread, rel=0.03)


def test_blocks_are_blanked_before_the_radar_arrives_and_free_again_after():
    """Nothing out of band, nothing while it is far; the near cells while it is near."""
    radar = track()
    times = np.arange(0.0, 1000.0, 20.0)
    power = np.full((3, 4), 5.0)
    share = shares(radar)
    found = blanking(radar, CELLS, power, share, times, free_space(np.full(3, CARRIER)))
    assert not found.blocked[:, share == 0].any()
    assert (found.protected >= 0.95).all()
    assert (found.percentile <= radar.limit).all()
    near = np.argmin(np.abs(times - 150.0))
    assert found.blocked[near, 0, 1:3].all()
    first = np.argmax(found.blocked[:, 0, 1])
    assert times[first] < 150.0
    plan = BlockSchedule(
        np.ones((3, 4)), cell=np.arange(3), blocked=found.blocked[near]
    )
    used = rrm.solve(plan, 0.05).allocation.user >= 0
    assert not (used & found.blocked[near]).any()


def test_the_stated_probability_holds_on_fresh_draws():
    """The radar, moved and shadowed by other random numbers, hears little enough."""
    radar = track(limit=5e-11)
    power, share, time = np.full((3, 4), 5.0), shares(track()), 120.0
    gain = free_space(np.full(3, CARRIER))
    found = blanking(radar, CELLS, power, share, np.array([time]), gain, draws=4000)
    assert found.blocked.any()
    random = np.random.default_rng(99)
    place = radar.positions(time, 20_000, random)
    shadow = 10 ** (random.normal(0.0, 6.0, (20_000, 3)) / 10)
    emitted = (power * share * ~found.blocked[0]).sum(axis=1)
    heard = (gain(place, CELLS) * shadow * emitted).sum(axis=1)
    assert (heard <= radar.limit).mean() >= 0.95 - 0.01


def test_no_cell_is_blanked_that_could_stay():
    """Every cell blanked, put back alone, would break the limit."""
    radar = track(limit=5e-11)
    power, share, times = np.full((3, 4), 5.0), shares(track()), np.array([100.0])
    gain = free_space(np.full(3, CARRIER))
    found = blanking(radar, CELLS, power, share, times, gain)
    silent = np.flatnonzero(found.blocked[0].any(axis=1))
    kept = [b for b in range(3) if b not in silent]
    for b in silent:
        some = [*kept, b]
        one = blanking(radar, CELLS[some], power[some], share[some], times,
                       free_space(np.full(len(some), CARRIER)))  # fmt: skip
        assert one.blocked.any()


def test_lower_power_keeps_the_radar_protected_and_says_the_price():
    """Fresh draws are under the limit at these powers; more room means more rate."""
    radar = track(limit=1e-9)
    gain = free_space(np.full(3, CARRIER))
    links = PowerControl(
        np.diag([1e-9, 2e-9, 1e-9]) + 1e-12, np.full(3, 1e-13), np.full(3, 5.0),
        bandwidth=5e6,
    )  # fmt: skip
    time = 140.0
    lowered = protected_power(links, radar, time, CELLS, np.array([0.6]), gain)
    solution = rrm.solve(lowered, 0.2)
    free = rrm.solve(links, 0.2)
    assert 0 < solution.objective < free.objective
    random = np.random.default_rng(5)
    place = radar.positions(time, 20_000, random)
    shadow = 10 ** (random.normal(0.0, 6.0, (20_000, 3)) / 10)
    heard = (gain(place, CELLS) * shadow) @ solution.allocation.power * 0.6
    assert (heard <= radar.limit).mean() >= 0.95
    roomier = protected_power(links, track(limit=2e-9), time, CELLS, [0.6], gain)
    assert rrm.solve(roomier, 0.2).objective > solution.objective


def test_receivers_protected_block_by_block_are_refused():
    """The radar's limit is on its band as a whole."""
    links = PowerControl(
        np.ones((2, 2, 3)), np.ones(2), np.ones(2),
        protected_gain=np.ones((1, 2, 3)), protected_limit=np.ones((1, 3)),
    )  # fmt: skip
    with pytest.raises(FieldError, match="protected_limit"):
        protected_power(
            links, track(), 0.0, CELLS[:2], np.ones(3), free_space(np.full(2, CARRIER))
        )
