"""SINR kernel against the memory's limit: ``python -m benchmarks.sinr_kernel``.

Run it with ``env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1``
where these are set, so that numpy runs at its best and on one thread.
"""

import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from formulations.kernels import sinr

USERS, CELLS, REPEATS = 100_000, 200, 21


def median_seconds(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median time of each call, interleaved so that noise hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(REPEATS):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - began)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def measure() -> dict[str, float]:
    """Median seconds of the kernel, of ``gain.sum()`` and of ``gain @ power``."""
    rng = np.random.default_rng(1)
    gain = 10 ** rng.uniform(-14, 0, (USERS, CELLS))
    power = rng.uniform(0.1, 40.0, CELLS)
    noise = np.full(USERS, 1e-14)
    cell = rng.integers(0, CELLS, USERS)
    calls = {
        "gain.sum()": gain.sum,
        "sinr kernel": lambda: sinr(gain, power, noise, cell),
        "gain @ power": lambda: gain @ power,
    }
    for call in calls.values():
        call()
    return median_seconds(calls)


def main() -> None:
    """Print times and their ratios to the sum of the array."""
    seconds = measure()
    table = Table(title=f"{USERS:,} users x {CELLS} cells, one thread")
    for heading in ("what", "median ms", "ratio to gain.sum()"):
        table.add_column(heading, justify="right")
    for name, value in seconds.items():
        ratio = value / seconds["gain.sum()"]
        table.add_row(name, f"{1e3 * value:.2f}", f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
