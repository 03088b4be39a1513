"""Channels and powers together: monotone, verified, no worse than either alone."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, FieldError, Power, PowerControl
from rrm.joint import assign_and_power, mutual_harm


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up(PowerControl, ChannelAssignment)


def cluster(links: int, blocks: int, seed: int = 0, **changes) -> PowerControl:
    """Links that disturb each other strongly on one channel."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-11, -8.5, (links, links))
    gain[np.diag_indices(links)] = 10 ** rng.uniform(-8.5, -7.5, links)
    fields = {"p_max": np.ones(links), "bandwidth": 1e6, **changes}
    return PowerControl(
        np.repeat(gain[:, :, None], blocks, axis=2), np.full(links, 1e-12), **fields
    )


def test_the_pair_is_verified_and_never_gets_worse():
    """One channel a link, all limits, an objective recomputed; a rising trace."""
    problem = cluster(8, 3, min_rate=np.full(8, 1e5))
    found = assign_and_power(problem, 1.0)
    assert found is not None
    off = np.arange(3)[None] != found.channel[:, None]
    assert not found.power[off].any()
    allocation = Power(found.power)
    assert max(problem.violations(allocation).values()) <= 1e-9
    assert problem.evaluate(allocation) == pytest.approx(found.objective)
    values = [value for _, value in found.trace]
    assert values == sorted(values)
    assert values[-1] == found.objective


def test_it_is_near_the_best_of_all_channels_and_powers():
    """All channels of four links, each with powers from a fine search."""
    problem = cluster(4, 2, seed=3)
    found = assign_and_power(problem, 2.0)
    best = 0.0
    for channel in product(range(2), repeat=4):
        used = np.zeros((4, 2), bool)
        used[np.arange(4), channel] = True
        mask = np.where(used, np.inf, 0.0)
        alone = rrm.solve(problem.replace(p_mask=mask), 0.05)
        best = max(best, alone.objective)
    assert found.objective >= 0.97 * best


def test_domains_are_kept():
    """A link uses none but its own channels."""
    domains = [np.array([k % 3]) for k in range(6)]
    found = assign_and_power(cluster(6, 3), 0.5, domains=domains)
    np.testing.assert_array_equal(found.channel, np.arange(6) % 3)


def test_harm_is_the_loss_on_one_channel():
    """Two links alone on a channel lose what rates with and without say."""
    problem = cluster(2, 1, weight=np.array([1.0, 2.0]))
    single = problem.replace(gain=problem.gain[:, :, 0])
    power = problem.p_max[:, None]
    together = single.rate(problem.p_max)
    alone = single.rate(np.array([1.0, 0.0])) + single.rate(np.array([0.0, 1.0]))
    expected = problem.weight @ (alone - together)
    assert mutual_harm(problem, power)[0, 1] == pytest.approx(expected)


def test_what_does_not_fit_is_named():
    """One block has no channels to choose; domains must be as many as links."""
    one = PowerControl(np.eye(2), np.ones(2), np.ones(2))
    with pytest.raises(FieldError, match="several resource blocks"):
        assign_and_power(one, 0.1)
    with pytest.raises(FieldError, match="domains"):
        assign_and_power(cluster(3, 2), 0.1, domains=[np.arange(2)] * 2)
    with pytest.raises(FieldError, match="domains"):
        assign_and_power(cluster(3, 2), 0.1, domains=[np.arange(3)] * 3)
