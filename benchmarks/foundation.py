"""What the engine promises on any problem: ``python -m benchmarks.foundation``.

Import, warm-up, deadlines, units, and the SINR kernel against the memory's limit. See
``benchmarks.sinr_kernel`` for the environment to run it in.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.sinr_kernel import measure
from formulations import PowerControl

REPEATABLE = rrm.Budget(60.0, work=600)  # units of work, so that noise changes nothing
CLOCK = "import time; t = time.perf_counter(); "
IMPORT = CLOCK + "import rrm; print(time.perf_counter() - t)"
WARM_UP = "import rrm; print(rrm.warm_up())"


def seconds_of(code: str, runs: int, **environment: str) -> float:
    """Median of what ``code`` prints in new processes."""
    found = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment},
        )
        found.append(float(done.stdout))
    return float(np.median(found))


def cellular(links: int, seed: int = 0) -> PowerControl:
    """Links over two kilometres: urban path loss with 6 dB of shadowing."""
    rng = np.random.default_rng(seed)
    sender = rng.uniform(0, 2000, (links, 2))
    receiver = sender + rng.uniform(-150, 150, (links, 2))
    away = np.linalg.norm(receiver[:, None] - sender[None], axis=2)
    loss = 36.7 * np.log10(np.maximum(away, 10)) + 33 + rng.normal(0, 6, away.shape)
    noise, limit = np.full(links, 1e-13), np.ones(links)
    return PowerControl(10 ** (-loss / 10), noise, limit, bandwidth=1e6)


def lateness(problem: PowerControl, budget: float, runs: int) -> np.ndarray:
    """Seconds (runs,) from call to return; every answer must be feasible."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        solution = rrm.solve(problem, budget)
        seconds.append(time.perf_counter() - began)
        if max(problem.violations(solution.allocation).values()) > 1e-9:
            raise RuntimeError(f"not feasible: {solution}")
    return np.array(seconds)


def unit_differences(instances: int) -> tuple[int, float]:
    """Pairs of solves in other units that differ by more than 1e-6, of how many."""
    differing, pairs = 0, 0
    for seed in range(instances):
        for objective in ("sum_rate", "proportional_fair", "max_min_rate"):
            problem = cellular(10 + seed, seed).replace(objective=objective)
            here = rrm.solve(problem, REPEATABLE).allocation.power
            gain = problem.gain
            fainter = problem.replace(gain=gain * 1e-12, noise=problem.noise * 1e-12)
            louder = problem.replace(gain=gain / 1e3, p_max=problem.p_max * 1e3)
            for other, watt in ((fainter, 1.0), (louder, 1e3)):
                there = rrm.solve(other, REPEATABLE).allocation.power / watt
                differing += bool(np.abs(there - here).max() > 1e-6)
                pairs += 1
    return differing, pairs


def rows() -> Iterator[tuple[str, str, str]]:
    """What, bar and measured."""
    yield "import rrm", "<= 250 ms", f"{1e3 * seconds_of(IMPORT, 7):.0f} ms"
    yield "warm_up, kernels cached", "<= 5 s", f"{seconds_of(WARM_UP, 3):.2f} s"
    with tempfile.TemporaryDirectory() as folder:
        first = seconds_of(WARM_UP, 1, NUMBA_CACHE_DIR=str(Path(folder)))
    yield "warm_up, the very first", "<= 30 s", f"{first:.1f} s"
    rrm.warm_up()
    problem = cellular(50)
    short = 1e3 * lateness(problem, 1e-3, 200)
    yield "1 ms, 50 links, median of 200", "<= 1.5 ms", f"{np.median(short):.3f} ms"
    long = 1e3 * lateness(problem, 0.1, 200)
    late = np.percentile(long, 99)
    yield "100 ms, 50 links, 99th percentile", "<= 101 ms", f"{late:.2f} ms"
    differing, pairs = unit_differences(20)
    yield "other units, powers differ > 1e-6", "0", f"{differing} of {pairs}"
    kernel = measure()
    ratio = kernel["sinr kernel"] / kernel["gain.sum()"]
    yield "SINR 100,000 x 200 / gain.sum()", "<= 1.2", f"{ratio:.2f}"
    ratio = kernel["sinr kernel"] / kernel["gain @ power"]
    yield "SINR 100,000 x 200 / gain @ power", "-", f"{ratio:.2f}"


def main() -> None:
    """Print the table."""
    table = Table(title="Foundation")
    for heading in ("what", "bar", "measured"):
        table.add_column(heading)
    for row in rows():
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
