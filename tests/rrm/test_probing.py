"""Measurements that the engine asks for teach more than others."""

import numpy as np
import pytest

import twins
from rrm.probing import information, next_probes
from twins.coupling import MapGain, TileResidual, Twins
from twins.network import SimulatedNetwork

BUDGET = 150  # links a report, of 1,600 that users could measure


@pytest.fixture(scope="module")
def scene():
    """Munich and its map."""
    return twins.example(), twins.example_coverage()


def error_after(scene, choose, reports=12):
    """RMSE in dB of relevant gains, where only chosen links were measured."""
    start, coverage = scene
    size = np.array(coverage.gain_db.shape[:0:-1]) * coverage.cell_m
    correction = TileResidual(start.cell_position, coverage.origin_m, size)
    twin = Twins(start, MapGain(coverage, start), correction)
    network = SimulatedNetwork(start, coverage, seed=7)
    network.step(10.0)
    report = network.report()
    snapshot = twin.update(report[report["name"] != "L1M.SS-RSRP"], network.time)
    errors = []
    for number in range(reports):
        user, cell = choose(snapshot, number)
        asked = {
            (str(snapshot.user_id[u]), str(snapshot.cell_id[b]))
            for u, b in zip(user, cell, strict=True)
        }
        network.step(10.0)
        report = network.report()
        pairs = zip(report["user_id"], report["cell_id"], strict=True)
        known = np.array([pair in asked for pair in pairs])
        kept = known | (report["name"] != "L1M.SS-RSRP").to_numpy()
        snapshot = twin.update(report[kept], network.time)
        truth = network.truth.at(snapshot.user_position)
        heard = truth >= truth.max(axis=1, keepdims=True) - 25.0
        level = 10 * np.log10(snapshot.gain)
        errors.append(np.mean((level - truth)[heard] ** 2))
    return float(np.sqrt(np.mean(errors[reports // 2 :])))


def test_the_engine_beats_random_and_taking_turns(scene):
    """With the same number of measurements from the same users."""
    draws = np.random.default_rng(0)

    def engine(snapshot, number):
        return next_probes(snapshot, BUDGET)[:2]

    def at_random(snapshot, number):
        shape = snapshot.gain.shape
        chosen = draws.choice(shape[0] * shape[1], BUDGET, replace=False)
        return np.divmod(chosen, shape[1])

    def in_turns(snapshot, number):
        users, cells = snapshot.gain.shape
        step = np.arange(number * BUDGET, (number + 1) * BUDGET)
        return step % users, step % cells

    ours = error_after(scene, engine)
    assert ours < error_after(scene, at_random)
    assert ours < error_after(scene, in_turns)


def test_probes_keep_the_budget(scene):
    """No link twice, no user more often than said, nothing that tells nothing."""
    start, _ = scene
    draws = np.random.default_rng(1)
    snapshot = start.replace(gain_std_db=draws.uniform(0, 8, start.gain.shape))
    user, cell, solution = next_probes(snapshot, 50, most=2)
    assert len(user) <= 50
    assert len(set(zip(user.tolist(), cell.tolist(), strict=True))) == len(user)
    assert np.bincount(user).max() <= 2
    worth = information(snapshot)
    assert (worth[user, cell] > 0).all()
    assert (np.diff(worth[user, cell]) <= 0).all()
    assert max(solution.certificate.violations.values()) <= 1e-9
    certain = snapshot.replace(gain_std_db=np.zeros(start.gain.shape))
    assert not information(certain).any()
