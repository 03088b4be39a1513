"""Rows of runs that never took place, with noise like that of a busy machine."""

import numpy as np

from benchmarks.measurement import nothing_told
from benchmarks.rows import Row

METHODS = ("swift", "steady", "thorough", "outside/other")
NOISE = 0.08  # of each time, log-normal
LIMIT = 1.0


def simulated_rows(
    seed: int, instances: int = 24, drift: float = 1.0, slowed: dict | None = None
) -> list[Row]:
    """One run of four methods; ``slowed`` multiplies the times of some.

    Times of an instance are the same in every run but for noise, and for the machine,
    which is ``drift`` times slower.
    """
    rng = np.random.default_rng([seed, 1])
    fixed = np.random.default_rng(0)
    rows = []
    for k in range(instances):
        size = fixed.lognormal(-3.0, 1.0)
        for method, factor in zip(METHODS, (0.2, 1.0, 3.0, 30.0), strict=True):
            off = 0.05 * fixed.random()
            real = size * factor * (slowed or {}).get(method, 1.0) * drift
            seconds = min(real * rng.lognormal(0, NOISE), LIMIT * 1.001)
            done = seconds < LIMIT
            rows.append(
                simulated_row(
                    method,
                    f"family-{k % 3}/{k}",
                    seconds,
                    100.0 if done else 100.0 * (1 - off),
                    "optimal" if done else "feasible",
                    pace=1e-3 * drift * rng.lognormal(0, 0.05),
                )
            )
    return rows


def simulated_row(
    method: str,
    instance: str,
    seconds: float,
    objective: float | None,
    status: str,
    pace: float | None = 1e-3,
    **changes: object,
) -> Row:
    """One row whose claims are true."""
    told = nothing_told()
    told["claimed"] |= {"status": status, "objective": objective}
    told["verified"] |= {"status": status, "objective": objective}
    if objective is not None:
        told["trace"] = [[0.5 * seconds, 0.5 * objective, None],
                         [0.9 * seconds, objective, None]]  # fmt: skip
    return {
        "suite": "simulated",
        "instance": instance,
        "folder": "",
        "method": method,
        "budget": LIMIT,
        "seed": 0,
        "repetition": 0,
        "threads": 1,
        "problem": "PowerControl",
        "size": "L=3",
        "sense": 1,
        "build_seconds": 0.0,
        "pace": pace,
        "error": "",
        **told,
        "seconds": seconds,
        "cpu_seconds": seconds,
        "waited": 0.0,
        "overrun": seconds - LIMIT,
        "command": f"rrm bench one simulated {instance} {method} 1s --seed 0",
        "session": 0,
        "load": 0.5,
        "runner_seconds": 1e-4,
        **changes,
    }
