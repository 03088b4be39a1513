"""Small placements of each shape, to load kernels with."""

import numpy as np
from scipy.sparse import csr_array

from formulations.placement import LapPlacement


def placement_examples() -> tuple[LapPlacement, ...]:
    """The example whole and split, p-median, facility location, and a crowd."""
    plain = LapPlacement.example()
    rng = np.random.default_rng(2)
    cost = rng.uniform(1.0, 2.0, (20, 6))
    median = LapPlacement(value=-cost, must_serve=True, max_laps=2.0)
    location = LapPlacement(
        value=-cost,
        open_cost=np.ones(6),
        capacity=np.full(6, 9.0),
        must_serve=True,
        single_source=False,
    )
    crowd = LapPlacement(
        value=csr_array(rng.lognormal(0.0, 1.0, (3000, 100))),
        capacity=np.full(100, 800.0),
        max_laps=3.0,
        gateway=np.arange(100) % 2,
        backhaul=np.array([900.0, 3000.0]),
        conflicts=np.array([[0, 1], [1, 2]]),
    )
    split = plain.replace(single_source=False)
    return plain, split, median, location, crowd
