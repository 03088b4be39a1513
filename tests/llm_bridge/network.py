"""A small network for tests: two sites, six cells, twelve users, three slices."""

import numpy as np

from twins import TwinSnapshot


def small(**changes) -> TwinSnapshot:
    """Snapshot at 2026-06-01 08:00 UTC, a Monday."""
    rng = np.random.default_rng(3)
    cells = ["M1A", "M1B", "M1C", "M2A", "M2B", "M2C"]
    users, slices = 12, np.arange(12) % 3
    gain = 10 ** -rng.uniform(8.0, 11.0, (users, len(cells)))
    fields = {
        "time": 1780300800.0,
        "cell_id": cells,
        "p_max": np.full(6, 40.0),
        "carrier": np.full(6, 3.5e9),
        "bandwidth": np.full(6, 1e8),
        "blocks": np.full(6, 273),
        "user_id": [f"u{n:03}" for n in range(users)],
        "demand": np.full(users, 5e6),
        "min_rate": np.zeros(users),
        "slice": slices,
        "previous": gain.argmax(axis=1),
        "gain": gain,
        "noise": np.full(users, 7e-15),
        "protected_id": ["earth-station"],
        "protected_gain": np.full((1, 6), 1e-13),
        "protected_limit": [1e-9],
        "protected_band": [[3.4e9, 4.2e9]],
    }
    return TwinSnapshot(**(fields | changes))
