"""Least powers and common rates of many links: ``python -m benchmarks.large_networks``.

Times are of ``rrm.solve`` on a new problem, so with all that the referee does, beside
the time of one product of the gain in CSR with a vector.
"""

import time
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array

import rrm
from formulations import PowerControl
from rrm.methods.power.fixed_point import coupled_power, floor_factor

BUDGET = rrm.Budget(60.0, gap=1e-9)
RADII = (0.5, 0.9, 0.95, 0.99, 1.02)
SEEDS = (0, 1, 2)
REPEATS = 3
SITE_DISTANCE = 500.0  # m, 3GPP TR 38.901 v17, Table 7.2-1, UMa
CARRIER, HEIGHT, SHADOWING = 3.5, 23.5, 6.0  # GHz, m, dB (Table 7.4.1-1, UMa NLOS)
ANTENNA = 10 ** (14.0 / 10)
NOISE, LIMIT, BANDWIDTH = 1e-13, 40.0, 1e7  # W, W, Hz
FLOOR = 0.01 * NOISE / LIMIT  # gain below which nothing is heard


def network(links: int, seed: int = 0, reach: int = 2) -> PowerControl:
    """One link in each cell of a grid; gains from ``reach`` cells away, above a floor.

    Parameters
    ----------
    links : int
        Number of cells.
    reach : int
        Cells to each side whose gain is drawn: ``(2 reach + 1) ** 2`` a receiver.
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(links)))
    cell = np.arange(links)
    place = np.stack((cell // side, cell % side), axis=1)
    sender = (place + rng.uniform(-0.1, 0.1, place.shape)) * SITE_DISTANCE
    angle = rng.uniform(0, 2 * np.pi, links)
    away = 0.45 * SITE_DISTANCE * np.sqrt(rng.uniform(0.005, 1, links))
    receiver = sender + away[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    rows, columns, gains = [], [], []
    for step in np.ndindex(2 * reach + 1, 2 * reach + 1):
        other = place + np.array(step) - reach
        index = other[:, 0] * side + other[:, 1]
        inside = ((other >= 0) & (other < side)).all(axis=1) & (index < links)
        row, column = cell[inside], index[inside]
        distance = np.linalg.norm(receiver[row] - sender[column], axis=1)
        distance = np.hypot(np.maximum(distance, 10.0), HEIGHT)
        loss = 13.54 + 39.08 * np.log10(distance) + 20 * np.log10(CARRIER)
        loss += SHADOWING * rng.standard_normal(len(row))
        gain = ANTENNA * 10 ** (-loss / 10)
        heard = (gain > FLOOR) | (row == column)
        rows.append(row[heard])
        columns.append(column[heard])
        gains.append(gain[heard])
    entries = np.concatenate(rows), np.concatenate(columns)
    matrix = csr_array((np.concatenate(gains), entries), shape=(links, links))
    noise, limit = np.full(links, NOISE), np.full(links, LIMIT)
    return PowerControl(matrix, noise, limit, bandwidth=BANDWIDTH)


def with_floors(problem: PowerControl, radius: float) -> PowerControl:
    """Least power for floors whose coupling has about that spectral radius."""
    links = len(problem.p_max)
    share = np.random.default_rng(1).uniform(0.5, 1, links)
    sinr = share * np.minimum(problem.sinr(problem.p_max), 3.0)
    vector, size = np.ones(links), 1.0
    for _ in range(1000):
        vector = sinr / problem.direct * (problem.cross @ vector)
        size = np.sqrt((vector**2).sum())
        vector /= size
    return problem.replace(
        objective="min_power",
        p_max=np.full(links, 25 * LIMIT),
        min_rate=BANDWIDTH * np.log2(1 + sinr * radius / size),
    )


def product_seconds(problem: PowerControl) -> float:
    """Median time of one product of the gain in CSR with a vector."""
    matrix, vector = csr_array(problem.gain), np.ones(len(problem.p_max))
    seconds = []
    for _ in range(25):
        began = time.perf_counter()
        matrix.dot(vector)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def residual(problem: PowerControl, solution: rrm.Solution) -> float:
    """Largest relative residual of the powers, or spread of the weighted rates."""
    if solution.allocation is None:
        return np.nan
    power = solution.allocation.power
    if problem.objective == "max_min_rate":
        rate = problem.rate(power) / problem.weight
        return float(rate.max() / rate.min() - 1)
    needed = coupled_power(problem, power) + floor_factor(problem) * problem.noise
    return float((np.abs(power - needed) / power).max())


def instances() -> Iterator[tuple[str, str, PowerControl]]:
    """What is asked, of which network, and the problem."""
    small = network(1000, reach=16)
    shapes = {
        "1,000 dense": small.replace(gain=small.gain.toarray()),
        "100,000 sparse": network(100_000),
    }
    for name, problem in shapes.items():
        for radius in RADII:
            yield f"least power, radius {radius}", name, with_floors(problem, radius)
    for name, problem in shapes.items():
        yield "common rate", name, problem.replace(objective="max_min_rate")
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        problem = network(100_000, seed + 1).replace(objective="max_min_rate")
        yield f"common rate, network {seed + 2}", "100,000 sparse", problem
        problem = problem.replace(weight=rng.uniform(0.5, 2, 100_000))
        yield f"weighted rate, network {seed + 2}", "100,000 sparse", problem


def rows() -> Iterator[tuple[str, ...]]:
    """Rows of the table."""
    for what, name, problem in instances():
        product = product_seconds(problem)
        method = "fixed_point" if problem.objective == "min_power" else "max_min"
        answers = [
            rrm.solve(problem.replace(), BUDGET, method=method) for _ in range(REPEATS)
        ]
        seconds = float(np.median([answer.seconds for answer in answers]))
        answer = answers[0]
        yield (
            what,
            name,
            f"{csr_array(problem.gain).nnz / len(problem.p_max):.0f}",
            str(answer.status),
            f"{1e3 * product:.2f}",
            f"{1e3 * seconds:.0f}",
            f"{seconds / product:.0f}",
            f"{residual(problem, answer):.1e}",
            f"{answer.gap:.1e}",
        )


def main() -> None:
    """Print the table."""
    rrm.warm_up(workers=False)
    table = Table(title="Many links, one block")
    headings = ("what", "links", "gains a row", "status", "product ms", "solve ms")
    for heading in (*headings, "ratio", "residual or spread", "gap"):
        table.add_column(heading)
    for row in rows():
        table.add_row(*row)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
