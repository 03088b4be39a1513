"""What placement over a forecast promises, measured: an event step by step.

    python -m benchmarks.forecast [seconds] [part of a name ...]

Each row is one method alone, or ``auto``, in the same time; ``off`` is what the
objective lacks of the best found by any of them.
"""

import sys

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array

import rrm
from benchmarks.stadium import SIDE, stadium
from formulations.forecast import LapForecast
from formulations.lap_sites import Platform, flight_power
from formulations.placement import LapPlacement

SECONDS = 20.0
METHODS = ("auto", "local_search", "benders", "highs")
INSIDE = (0.1, 0.5, 1.0, 1.0, 0.4, 0.1)
"""Share of the people of the stadium who are there: arriving, the match, leaving."""
OUTSIDE = (1.0, 0.7, 0.2, 0.2, 0.8, 1.0)
SCENARIOS = 8
SIZES = {"small": (400, 60, 49, 4), "event": (3000, 300, 144, 8)}
"""Users, hotspots, sites and platforms."""


def event_steps(size: str) -> LapForecast:
    """Six steps of time of an event; platforms go on to other sites between them."""
    problem = stadium(*SIZES[size])
    rng = np.random.default_rng(1)
    inside = np.arange(problem.sizes["U"]) < problem.sizes["U"] // 2
    steps = []
    for within, around in zip(INSIDE, OUTSIDE, strict=True):
        there = rng.random(len(inside)) < np.where(inside, within, around)
        steps.append(_with_users(problem, there))
    return LapForecast.of(
        steps,
        moves=True,
        move_energy=move_energy(problem.sizes["S"]),
        energy_cost=float(problem.open_cost[0] / 60e3),
    )


def event_scenarios(size: str) -> LapForecast:
    """Eight ways in which an event may turn out, likely ones first."""
    problem = stadium(*SIZES[size])
    rng = np.random.default_rng(2)
    users, (_, hotspots, *_) = problem.sizes["U"], SIZES[size]
    hotspot = np.repeat(np.arange(hotspots), -(-users // hotspots))[:users]
    scenarios = []
    for _ in range(SCENARIOS):
        crowd = rng.beta(0.7, 0.7, hotspots)
        scenarios.append(_with_users(problem, rng.random(users) < crowd[hotspot]))
    weight = 1.0 / np.arange(1, SCENARIOS + 1)
    return LapForecast.of(scenarios, weight / weight.sum())


def move_energy(sites: int) -> np.ndarray:
    """Energy (S, S) J to fly between the cells of two sites, and to hover there."""
    platform = Platform(speed=12.0, mission=2000.0)
    side = int(np.ceil(np.sqrt(sites)))
    line = (np.arange(side) + 0.5) / side * SIDE
    east, north = (part.ravel()[:sites] for part in np.meshgrid(line, line))
    way = np.hypot(east[:, None] - east, north[:, None] - north)
    flown = way / platform.speed * flight_power(platform.speed)
    return flown + platform.mission * flight_power(0.0)


def _with_users(problem: LapPlacement, there: np.ndarray) -> LapPlacement:
    value = csr_array(problem.value[np.flatnonzero(there)])
    return problem.replace(value=value, demand=problem.demand[there])


def main(seconds: float, wanted: list[str]) -> None:
    """Print one table, and each row when it is measured."""
    rrm.warm_up(LapForecast)
    console = Console(width=130)
    table = Table("forecast", "method", "s", "objective", "off", "bound", "gap", "how")
    makers = {"steps": event_steps, "scenarios": event_scenarios}
    for size in SIZES:
        for kind, make in makers.items():
            name = f"{size} {kind}"
            if wanted and not any(part in name for part in wanted):
                continue
            problem = make(size)
            rows = []
            for method in METHODS:
                budget = rrm.Budget(seconds, gap=1e-4)
                rows.append(rrm.solve(problem.replace(), budget, method=method))
            best = np.nanmax([row.objective for row in rows])
            for method, row in zip(METHODS, rows, strict=True):
                text = (
                    name,
                    method,
                    f"{row.seconds:.1f}",
                    f"{row.objective:.6g}",
                    f"{100 * (best - row.objective) / abs(best):.3f}%",
                    f"{row.bound:.6g}",
                    f"{100 * row.gap:.3f}%",
                    f"{row.method}, {row.certificate.argument or 'no bound'}",
                )
                console.print(*text)
                table.add_row(*text)
    console.print(table)


if __name__ == "__main__":
    numbers = [float(part) for part in sys.argv[1:] if part.isdigit()]
    names = [part for part in sys.argv[1:] if not part.isdigit()]
    main(numbers[0] if numbers else SECONDS, names)
