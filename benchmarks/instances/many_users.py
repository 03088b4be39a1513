"""Users of a hexagonal network, as sparse association problems of any size."""

import numpy as np
from scipy.sparse import csr_array

from formulations.association import UserAssociation

SPACING = 500.0  # m between sites
REFERENCE = 128.1, 37.6  # dB at 1 km and per decade; 3GPP TR 36.814 v9, Table A.2.1.1.2
SHADOWING = 8.0  # dB, the same table
POWER = 46.0  # dBm
NOISE = -104.0 + 9.0  # dBm over 10 MHz, noise figure 9 dB
BANDWIDTH = 10e6  # Hz
RATE = 1e6  # bit/s, median demand
SPREAD = 0.8  # of the logarithm of demands


def hexagonal_association(
    users: int = 100_000,
    cells: int = 1000,
    candidates: int = 8,
    *,
    unit_load: bool = False,
    tightness: float = 0.9,
    seed: int = 0,
) -> UserAssociation:
    """Users in clusters over hexagonal cells, each with its strongest cells.

    The utility is the served demand's logarithmic worth, which grows with the rate that
    the user can get there; the load is the share of the cell's time that the demand
    takes, or 1 with ``unit_load``. Capacities are drawn so that the load of all users
    at their strongest cells is ``tightness`` of them.
    """
    rng = np.random.default_rng(seed)
    width = int(np.ceil(np.sqrt(cells)))
    row, column = np.divmod(np.arange(cells), width)
    site = np.stack([column + 0.5 * (row % 2), row * np.sqrt(3) / 2], axis=1) * SPACING
    extent = site.max(axis=0) + SPACING
    centre = rng.uniform(0, extent, (max(1, users // 200), 2))
    clustered = rng.random(users) < 0.5
    position = rng.uniform(0, extent, (users, 2))
    around = centre[rng.integers(len(centre), size=users)]
    scattered = around + rng.normal(0, 0.2 * SPACING, (users, 2))
    position[clustered] = scattered[clustered]
    from scipy.spatial import KDTree

    near = min(cells, 2 * candidates)
    away, cell = KDTree(site).query(position, near)
    away = np.maximum(away, 35.0)
    fixed, slope = REFERENCE
    level = POWER - fixed - slope * np.log10(away / 1e3)
    level += SHADOWING * rng.standard_normal(level.shape)
    kept = np.argsort(-level, axis=1)[:, :candidates]
    level = np.take_along_axis(level, kept, 1)
    cell = np.take_along_axis(cell, kept, 1)
    received = 10 ** (level / 10)
    others = received.sum(axis=1, keepdims=True) - received
    sinr = received / (10 ** (NOISE / 10) + 0.5 * others)
    rate = BANDWIDTH * np.log2(1 + sinr)
    demand = RATE * rng.lognormal(0.0, SPREAD, users)
    utility = np.log1p(rate / demand[:, None]) * np.sqrt(demand / RATE)[:, None]
    load = np.ones_like(rate) if unit_load else demand[:, None] / rate
    load = np.minimum(load, 50.0)
    total = load[:, 0].sum()
    share = rng.uniform(0.5, 1.5, cells)
    capacity = share / share.sum() * total / tightness
    capacity = np.floor(capacity) if unit_load else capacity
    start = np.arange(users + 1) * kept.shape[1]
    shape = (users, cells)
    return UserAssociation(
        utility=csr_array((utility.ravel(), cell.ravel(), start), shape=shape),
        load=np.ones(users)
        if unit_load
        else csr_array((load.ravel(), cell.ravel(), start), shape=shape),
        capacity=capacity,
    )
