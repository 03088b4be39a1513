"""Single methods of power control against the best of all, in one table.

``python -m benchmarks.power_methods`` gives each method the same time on the same
networks: urban macro and Rayleigh channels, as they are and with floors, a protected
receiver and a shared transmitter. Gaps are to the best that any method found in the
longest time.
"""

import argparse
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.cellular import hexagonal
from formulations.power import PowerControl

METHODS = (
    "on_off",
    "wmmse",
    "fractional_programming",
    "log_domain_sca",
    "barrier_ascent",
    "coordinate_ascent",
    "auto",
)
SIZES = (10, 20, 50)
SECONDS = (0.01, 0.1)
FLOOR = 0.5  # of the rate at full power, for every second link
ALLOWED = 0.3  # of what the protected receiver hears at full power


def rayleigh(links: int, seed: int) -> PowerControl:
    """Links that hear each other as well as their own, 20 dB above noise."""
    gain = np.random.default_rng([links, seed]).exponential(size=(links, links))
    return PowerControl(gain, np.full(links, 0.01), np.ones(links))


def limited(problem: PowerControl, seed: int) -> PowerControl:
    """With a protected receiver, a shared transmitter, and floors that can be met."""
    links = len(problem.p_max)
    heard = np.random.default_rng(seed).exponential(size=(1, links))
    transmitter = np.arange(links)
    transmitter[1] = 0
    problem = problem.replace(
        transmitter=transmitter,
        protected_gain=heard,
        protected_limit=ALLOWED * heard @ problem.p_max,
    )
    share = np.where(np.arange(links) % 2, FLOOR, 0.0)
    power = next(problem.attempts()).power  # all at full power, scaled down
    return problem.replace(min_rate=share * problem.rate(power))


def gaps(
    make: Callable[[int, int], PowerControl],
    links: int,
    is_limited: bool,
    seeds: int,
    objective: str,
) -> np.ndarray:
    """Part lost to the best of all (methods, times, seeds); nan where none applies.

    Of sums of logarithms: part of the geometric mean of the rates.
    """
    values = np.full((len(METHODS), len(SECONDS), seeds), np.nan)
    for seed in range(seeds):
        problem = make(links, seed)
        problem = limited(problem, seed) if is_limited else problem
        problem = problem.replace(
            objective=objective, circuit_power=float(problem.p_max[0])
        )
        fitting = {line.name for line in rrm.applicable(problem) if line.applies}
        for m, name in enumerate(METHODS):
            if name not in fitting | {"auto"}:
                continue
            for t, seconds in enumerate(SECONDS):
                value = rrm.solve(problem, seconds, method=name).objective
                if objective == "proportional_fair":
                    value = np.exp(value / links)
                values[m, t, seed] = np.nan_to_num(value)
    return 1 - values / np.nanmax(values, axis=(0, 1))


def main() -> None:
    """Print median and worst gaps, row by row as they are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--objective", default="sum_rate")
    options = parser.parse_args()
    rrm.warm_up(PowerControl, workers=False)
    title = f"{options.objective}: median / worst gap to the best of all, %"
    table = Table("network", "ms", *METHODS, title=title)
    for make in (hexagonal, rayleigh):
        for is_limited in (False, True):
            for links in SIZES:
                found = gaps(make, links, is_limited, options.seeds, options.objective)
                for t, seconds in enumerate(SECONDS):
                    name = f"{make.__name__} {links}" + " limited" * is_limited
                    cells = [
                        "-"
                        if np.isnan(gap[t]).any()
                        else f"{100 * np.median(gap[t]):.2f} / {100 * gap[t].max():.1f}"
                        for gap in found
                    ]
                    table.add_row(name, f"{1e3 * seconds:.0f}", *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
