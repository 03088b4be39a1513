"""Time of exact water-filling against one sort of the same array."""

import time

import numpy as np

from formulations.kernels.water_filling import water_filling

LINKS, BLOCKS = 1000, 273
ROUNDS = 30


def main() -> None:
    """Print the medians and their ratio."""
    rng = np.random.default_rng(1)
    quality = rng.exponential(10.0, (LINKS, BLOCKS))
    total = rng.uniform(1.0, 100.0, LINKS)
    limits = {"no limits": np.inf, "limits": rng.uniform(0.0, 1.0, (LINKS, BLOCKS))}
    print(f"{LINKS} links x {BLOCKS} blocks, median of {ROUNDS}")
    for name, limit in limits.items():
        water_filling(quality, limit, total)  # compile
        fills = [_seconds(water_filling, quality, limit, total) for _ in range(ROUNDS)]
        sorts = [_seconds(np.sort, quality) for _ in range(ROUNDS)]
        sort, fill = np.median(sorts) * 1e3, np.median(fills) * 1e3
        text = f"numpy.sort {sort:.2f} ms, water_filling {fill:.2f} ms"
        print(f"{name}: {text}, ratio {fill / sort:.2f} (bar 2)")


def _seconds(function, *arguments) -> float:
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
