"""What power control promises, measured: times, gaps and residuals in one table.

Run with one BLAS thread; ``taskset -c 0`` gives the times of one core. The published
channels are read from ``../shared/instances`` where that folder exists.
"""

import time
from collections.abc import Callable
from operator import matmul
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.cellular import hexagonal, large, munich, rayleigh
from formulations.power import PowerControl
from rrm.methods.power.fixed_point import coupled_power, floor_factor
from rrm.solution import Solution

CHANNELS = Path(__file__).parents[2] / "shared/instances/power/mmp_channels.npz"
TOLERANCE = 0.01  # bit/s/Hz, of the published optima
EXACT = ["on_off", "branch_and_bound"]
SEEDS = 12
LONG = 2.0  # s, for the best known


def main() -> None:
    """Print the table, row by row as it is measured."""
    table = Table("what", "bar", "measured", title="power control")
    rrm.warm_up(PowerControl, workers=False)
    parts: list[Callable[[], list[tuple[str, str, str]]]] = []
    if CHANNELS.exists():
        parts += [published, published_efficiency]
    for part in (*parts, certified, kernel_tier, one_millisecond, many_links):
        for row in part():
            table.add_row(*row)
    Console(width=120).print(table)


def published() -> list[tuple[str, str, str]]:
    """Sum rates of the mixed monotonic programming channels, to 0.01."""
    rows = []
    data = np.load(CHANNELS)
    bars = {8: "", 10: "0.03", 12: "0.08", 15: "0.6", 18: "5", 20: "10 (two cores)"}
    for links, bar in bars.items():
        seconds, right, proven, parts = [], 0, 0, []
        for channel in range(25):
            gain = data["gain"][channel][:links, :links]
            problem = PowerControl(gain, np.full(links, 0.01), np.ones(links))
            best = data["sum_rate"][channel][links - 2]
            budget = rrm.Budget(60.0, gap=0.99 * TOLERANCE / best)
            solution = rrm.solve(problem, budget, method=EXACT)
            seconds.append(solution.seconds)
            right += abs(solution.objective - best) <= 1.1 * TOLERANCE
            proven += solution.status == "optimal"
            nodes = max(getattr(solution.certificate.proof, "nodes", 1), 1)
            published = data["boxes"][channel][links - 2]
            parts.append(nodes / published)
        text = f"mean {np.mean(seconds):.3f} s, most {max(seconds):.2f} s"
        text += f", {right} right, {proven} proven, "
        text += f"boxes 1/{1 / np.nanmean(parts):.0f} of published on average"
        rows.append((f"published sum rate, K = {links}", f"{bar} s mean", text))
    return rows


def published_efficiency() -> list[tuple[str, str, str]]:
    """Energy efficiency of the same channels: 1 W, and 1500 W per W sent."""
    rows = []
    data = np.load(CHANNELS)
    for links in (6, 8, 10):
        seconds, errors, proven = [], [], 0
        for channel in range(25):
            best = data["energy_efficiency"][channel][links - 2]
            problem = PowerControl(
                data["gain"][channel][:links, :links],
                np.full(links, 0.01),
                np.ones(links),
                objective="energy_efficiency",
                circuit_power=1.0,
                amplifier_efficiency=1 / 1500,
            )
            solution = rrm.solve(problem, rrm.Budget(20.0, gap=1e-3), method=EXACT)
            seconds.append(solution.seconds)
            proven += solution.status == "optimal"
            errors.append(abs(solution.objective - best))
        text = f"mean {np.mean(seconds):.3f} s, {proven} proven to 0.1%, "
        text += f"within {np.nanmax(errors):.1e} of published"
        rows.append((f"published energy efficiency, K = {links}", "1 s mean", text))
    return rows


def certified() -> list[tuple[str, str, str]]:
    """Hexagonal urban macro networks and cells of Munich to one per cent."""
    rows = []
    for name, network in (("urban macro", hexagonal), ("Munich", munich)):
        for links, bar in {8: 0.05, 10: 0.2, 12: 3.0, 15: 60.0}.items():
            solutions = [
                rrm.solve(
                    network(links, seed), rrm.Budget(60.0, gap=0.01), method=EXACT
                )
                for seed in range(SEEDS)
            ]
            seconds = [solution.seconds for solution in solutions]
            proven = sum(solution.status == "optimal" for solution in solutions)
            text = f"median {np.median(seconds):.3f} s, most {max(seconds):.2f} s, "
            text += f"{proven} of {SEEDS} proven"
            rows.append((f"{name} to 1%, K = {links}", f"{bar} s median", text))
    return rows


def kernel_tier() -> list[tuple[str, str, str]]:
    """Sum rates after 10 ms against the best known."""
    gaps = {"urban macro": [], "Rayleigh": []}
    for links in (10, 12, 20, 30, 50):
        for seed in range(SEEDS):
            for name, problem in (
                ("urban macro", hexagonal(links, seed)),
                ("Rayleigh", rayleigh(links, seed)),
            ):
                quick = rrm.solve(problem, 0.01)
                best = rrm.solve(problem, rrm.Budget(LONG, gap=1e-4)).objective
                gaps[name].append(1 - quick.objective / max(best, quick.objective))
    return [
        (
            f"10 ms, K = 10..50, {name}",
            "median 1%, worst 4%",
            f"median {np.median(gap):.2%}, worst {max(gap):.2%}",
        )
        for name, gap in gaps.items()
    ]


def one_millisecond() -> list[tuple[str, str, str]]:
    """Sum rates of 100 links after 1 ms against those after 100 ms."""
    networks = {"urban macro": hexagonal, "Rayleigh": rayleigh}
    rows = []
    for name, network in networks.items():
        parts = []
        for seed in range(SEEDS):
            problem = network(100, seed)
            quick, slow = rrm.solve(problem, 0.001), rrm.solve(problem, 0.1)
            parts.append(quick.objective / slow.objective)
        text = f"least {min(parts):.1%}, median {np.median(parts):.1%}"
        rows.append((f"1 ms / 100 ms, K = 100, {name}", "90%", text))
    return rows


def many_links() -> list[tuple[str, str, str]]:
    """Least power and max-min rates against one product of the gain with a vector."""
    rows = []
    for links, is_sparse in ((1000, False), (1000, True), (100_000, True)):
        problem = large(links, 20, 1, objective="max_min_rate")
        if not is_sparse:
            problem = problem.replace(gain=problem.gain.toarray())
        product = _median(matmul, problem.cross, problem.p_max)
        budget = rrm.Budget(60.0, gap=1e-8)
        fair = rrm.solve(problem, budget, method="max_min")
        name = f"{links:,} links, {'sparse' if is_sparse else 'dense'}"
        rows.append(_large_row(f"max-min, {name}", fair, product, fair.gap, "gap"))
        level = 0.9 * fair.objective
        least = problem.replace(
            objective="min_power", min_rate=np.full(links, level), p_max=problem.p_max
        )
        solution = rrm.solve(least, budget, method="fixed_point")
        power = solution.allocation.power
        need = coupled_power(least, power) + floor_factor(least) * least.noise
        off = float((np.abs(need - power) / power).max())
        rows.append(
            _large_row(f"least power, {name}", solution, product, off, "residual")
        )
    return rows


def _large_row(
    name: str, solution: Solution, product: float, error: float, kind: str
) -> tuple[str, str, str]:
    text = (
        f"{solution.seconds * 1e3:.1f} ms = {solution.seconds / product:.0f} products"
    )
    return name, "200 products, 1e-9", f"{text}, {kind} {error:.1e}, {solution.status}"


def _median(function: Callable[..., object], *arguments: object) -> float:
    seconds = []
    for _ in range(21):
        began = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


if __name__ == "__main__":
    main()
