"""Downlinks of hexagonal networks after 3GPP TR 38.901, urban macro, and others."""

from typing import Any

import numpy as np

from formulations.power import PowerControl
from twins import example
from twins.l1.path_loss import path_loss

SITE_DISTANCE = 500.0  # m
HEIGHT, USER_HEIGHT = 25.0, 1.5  # m
LEAST_DISTANCE = 35.0  # m
CARRIER = 3.5  # GHz
BANDWIDTH = 20e6  # Hz
NOISE = 10 ** ((-174 + 9 - 30) / 10) * BANDWIDTH  # W, with a noise figure of 9 dB
P_MAX = 40.0  # W
WEAKEST = 1e-16  # gain that a sparse matrix still keeps


def hexagonal(links: int, seed: int, **fields: Any) -> PowerControl:
    """One user in each of the ``links`` sites nearest to the centre (19: two rings).

    Path loss, its line of sight probability and shadowing as in TR 38.901, tables
    7.4.1-1, 7.4.2-1 and 7.5-6, urban macro.
    """
    rng = np.random.default_rng(seed)
    site = sites(links)
    user = site + in_cells(links, rng)
    away = np.linalg.norm(user[:, None] - site[None], axis=2)
    gain = path_gain(away, rng)
    return _problem(gain, fields)


def munich(links: int, seed: int, **fields: Any) -> PowerControl:
    """Cells of the ray-traced Munich, each with one of the users it is strongest at."""
    snapshot = example()
    rng = np.random.default_rng(seed)
    best = snapshot.gain.argmax(axis=1)
    cells = rng.permutation(np.unique(best[snapshot.gain.max(axis=1) > 0]))[:links]
    user = np.array([rng.choice(np.flatnonzero(best == cell)) for cell in cells])
    return PowerControl(
        snapshot.gain[np.ix_(user, cells)],
        (snapshot.noise[user] * snapshot.blocks[cells]),
        snapshot.p_max[cells],
        bandwidth=float(snapshot.bandwidth[cells[0]]),
        **fields,
    )


def rayleigh(links: int, seed: int, **fields: Any) -> PowerControl:
    """Links as near to each other as to themselves, with Rayleigh fading, at 20 dB."""
    gain = np.random.default_rng([links, seed]).exponential(size=(links, links))
    return PowerControl(gain, np.full(links, 0.01), np.ones(links), **fields)


def large(links: int, neighbours: int, seed: int, **fields: Any) -> PowerControl:
    """As :func:`hexagonal`, with a sparse gain: the ``neighbours`` nearest sites."""
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

    rng = np.random.default_rng(seed)
    site = sites(links)
    user = site + in_cells(links, rng)
    away, sender = KDTree(site).query(user, k=neighbours)
    gain = path_gain(away, rng)
    receiver = np.repeat(np.arange(links), neighbours)
    kept = (gain > WEAKEST).ravel() | (sender.ravel() == receiver)
    places = receiver[kept], sender.ravel()[kept]
    return _problem(csr_array((gain.ravel()[kept], places), shape=(links,) * 2), fields)


def sites(count: int) -> np.ndarray:
    """Positions (count, 2) m of the sites of a hexagonal grid nearest to its centre."""
    reach = int(np.ceil(np.sqrt(count))) + 1
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    x = SITE_DISTANCE * (column + 0.5 * row)
    y = SITE_DISTANCE * np.sqrt(0.75) * row
    grid = np.stack((x.ravel(), y.ravel()), axis=1)
    order = np.lexsort((grid[:, 1], grid[:, 0], np.round(np.hypot(*grid.T), 6)))
    return grid[order[:count]]


def in_cells(count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform offsets (count, 2) m in a disc of a cell's area, not too near."""
    radius = SITE_DISTANCE * np.sqrt(np.sqrt(0.75) / np.pi)
    away = np.sqrt(rng.uniform(LEAST_DISTANCE**2, radius**2, count))
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack((away * np.cos(angle), away * np.sin(angle)), axis=1)


def path_gain(away: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Linear gains at the distances ``away`` m on the ground, with shadowing."""
    ground = np.maximum(away, LEAST_DISTANCE)
    loss = path_loss("UMa", ground, CARRIER * 1e9, HEIGHT, USER_HEIGHT)
    return 10 ** (-loss.draw(rng) / 10)


def _problem(gain: Any, fields: dict[str, Any]) -> PowerControl:
    links = gain.shape[0]
    noise, p_max = np.full(links, NOISE), np.full(links, P_MAX)
    return PowerControl(gain, noise, p_max, bandwidth=BANDWIDTH, **fields)
