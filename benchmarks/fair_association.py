"""Proportionally fair association of a city: time to proof, quality at short budgets.

``python -m benchmarks.fair_association`` draws hexagonal cities (three sectors a site,
some users in hotspots, rates with all other sectors as interference) and
prints one table: time to gaps of 1e-4 and 1e-6 cold, warm after 1% of the users moved,
and of HiGHS; the gap to the optimum within 1 and 10 ms; certified gaps where loads
differ and backhaul is limited.
"""

import argparse
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array
from scipy.spatial import KDTree

import rrm
from benchmarks.cellular import BANDWIDTH, NOISE, P_MAX, path_gain, sites
from formulations import UserAssociation

SECTORS = np.deg2rad([0.0, 120.0, 240.0])
BEAM = 65.0  # degrees at -3 dB, 3GPP TR 38.901, table 7.3-1
FRONT_TO_BACK = 30.0  # dB, same table
ANTENNA_GAIN = 10**0.8  # same table
HEARD = 19  # sites
HOT = 0.4  # part of the users in hotspots
HOTSPOT = 150.0  # m, standard deviation
CANDIDATES = 10
MOVED = 0.01
GAPS = (1e-4, 1e-6)
SIZES = ((10_000, 300), (100_000, 1_000))
REPEATS = 5
DEMAND, SPREAD = 1e6, 0.8  # bit/s in the median, and of the logarithm
LARGEST_LOAD = 50.0
LIMITED = ((1_000, 30, 1.0), (10_000, 300, 5.0))  # users, cells, seconds
LIMITS = ((0.5, 1.4), (0.7, 1.2), (0.9, 1.1))  # tightness, backhaul


def city(users: int, cells: int, seed: int, **fields: Any) -> UserAssociation:
    """Users with the rates of their ten best sectors, sparse."""
    rate, cell = rates(users, cells, np.random.default_rng([users, seed]))
    user = np.repeat(np.arange(users), rate.shape[1])
    utility = csr_array((rate.ravel(), (user, cell.ravel())), shape=(users, cells))
    capacity = np.full(cells, np.inf)
    fields = {"load": np.ones(users), "capacity": capacity, **fields}
    return UserAssociation(utility, objective="proportional_fair", **fields)


def loaded_city(
    users: int, cells: int, seed: int, tightness: float, backhaul: float
) -> UserAssociation:
    """City with demands as loads and a backhaul of about ``backhaul`` mean rates.

    Loads are shares of time, demand over rate, and all users at their best sectors take
    the part ``tightness`` of the capacities; those and the backhaul differ by cell.
    """
    problem = city(users, cells, seed)
    rng = np.random.default_rng([seed, 9])
    start, cell, rate, *_ = problem.candidates
    owner = np.repeat(np.arange(users), np.diff(start))
    demand = DEMAND * rng.lognormal(0.0, SPREAD, users)
    load = np.minimum(demand[owner] / rate, LARGEST_LOAD)
    best = np.lexsort((-rate, owner))[start[:-1]]
    wanted = np.bincount(cell[best], load[best], cells)
    share = (0.5 * wanted + 0.5 * wanted.mean()) * rng.uniform(0.5, 1.5, cells)
    number = np.bincount(cell[best], minlength=cells)
    mean = np.bincount(cell[best], rate[best], cells) / np.maximum(number, 1)
    mean[number == 0] = rate.mean()
    return problem.replace(
        load=csr_array((load, cell, start), shape=(users, cells)),
        capacity=share / share.sum() * wanted.sum() / tightness,
        backhaul=backhaul * mean * rng.uniform(0.7, 1.3, cells),
    )


def rates(
    users: int, cells: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Best full-cell rates (users, 10) in bit/s, and their cells."""
    site = sites(-(-cells // len(SECTORS)))
    reach = np.abs(site).max()
    spots = rng.uniform(-reach, reach, (max(1, cells // 20), 2))
    place = rng.uniform(-reach, reach, (users, 2))
    hot = rng.random(users) < HOT
    around = spots[rng.integers(0, len(spots), users)]
    around += rng.normal(0.0, HOTSPOT, around.shape)
    place = np.where(hot[:, None], around, place)
    near = KDTree(site).query(place, k=min(HEARD, len(site)))[1]
    near = np.reshape(near, (users, -1))
    offset = place[:, None] - site[near]
    gain = path_gain(np.linalg.norm(offset, axis=2), rng)
    angle = np.arctan2(offset[..., 1], offset[..., 0])[..., None] - SECTORS
    away = np.rad2deg(np.abs((angle + np.pi) % (2 * np.pi) - np.pi))
    beam = 10 ** (-np.minimum(12 * (away / BEAM) ** 2, FRONT_TO_BACK) / 10)
    heard = (P_MAX * ANTENNA_GAIN * gain[..., None] * beam).reshape(users, -1)
    sinr = heard / (NOISE + heard.sum(axis=1, keepdims=True) - heard)
    cell = (len(SECTORS) * near[..., None] + np.arange(len(SECTORS))).reshape(users, -1)
    rate = np.where(cell < cells, BANDWIDTH * np.log2(1 + sinr), 0.0)
    best = np.argsort(-rate, axis=1)[:, :CANDIDATES]
    return np.take_along_axis(rate, best, 1), np.take_along_axis(cell, best, 1)


def after_moves(problem: UserAssociation, seed: int) -> UserAssociation:
    """1% of the users somewhere else."""
    users, cells = problem.sizes["U"], problem.sizes["B"]
    rng = np.random.default_rng([seed, 1])
    moved = rng.choice(users, int(MOVED * users), replace=False)
    rate, cell = rates(len(moved), cells, rng)
    start, old_cell, old_rate, *_ = problem.candidates
    owner = np.repeat(np.arange(users), np.diff(start))
    stays = ~np.isin(owner, moved)
    new_owner = np.repeat(moved, rate.shape[1])
    values = np.concatenate([old_rate[stays], rate.ravel()])
    rows = np.concatenate([owner[stays], new_owner])
    columns = np.concatenate([old_cell[stays], cell.ravel()])
    utility = csr_array((values, (rows, columns)), shape=(users, cells))
    return problem.replace(utility=utility)


def fresh(problem: UserAssociation) -> UserAssociation:
    """The same problem with nothing computed yet."""
    return problem.replace()


def seconds_to(
    problem: UserAssociation,
    gap: float,
    method: str,
    limit: float,
    start: rrm.Solution | None = None,
) -> tuple[float, float, float]:
    """Median seconds of the call, of its steps, and the gap reached."""
    found = []
    for _ in range(REPEATS if limit <= 10 else 1):
        again = fresh(problem)
        budget = rrm.Budget(limit, gap=gap)
        solution = rrm.solve(again, budget, method=method, start=start)
        steps = sum(step.get("seconds", 0.0) for step in solution.plan)
        found.append((solution.seconds, steps, solution.gap))
    seconds, steps, reached = np.median(found, axis=0)
    return float(seconds), float(steps), float(reached)


def measured(users: int, cells: int, highs_seconds: float) -> list[tuple[str, ...]]:
    """Rows of the table for one size."""
    problem = city(users, cells, 0)
    optimum = rrm.solve(problem, rrm.Budget(60.0, gap=1e-9), method="fair_flow")
    moved = after_moves(problem, 0)
    name, rows = f"{users:,} x {cells:,}", []

    def row(what: str, *cells: str) -> None:
        rows.append((name, what, *cells))

    for gap in GAPS:
        cold = seconds_to(problem, gap, "auto", 5.0)
        row(
            f"gap {gap:g}, cold",
            *(f"{1e3 * s:.1f}" for s in cold[:2]),
            f"{cold[2]:.1e}",
        )
    for gap in GAPS:
        cold = seconds_to(moved, gap, "auto", 5.0)
        warm = seconds_to(moved, gap, "auto", 5.0, optimum)
        for kind, found in (("cold", cold), ("warm", warm)):
            times = (f"{1e3 * s:.1f}" for s in found[:2])
            row(f"1% moved, gap {gap:g}, {kind}", *times, f"{found[2]:.1e}")
        row("ratio", f"{cold[0] / warm[0]:.1f}", "", "")
    for limit in (0.001, 0.01, 0.1):
        ready = fresh(problem)
        ready.trivial()  # candidates are known
        began = time.perf_counter()
        solution = rrm.solve(ready, limit)
        took = time.perf_counter() - began
        lost = 1 - solution.objective / optimum.objective
        row(f"lost in {1e3 * limit:g} ms", f"{1e3 * took:.1f}", "", f"{lost:.1e}")
    if highs_seconds:
        seconds, steps, gap = seconds_to(problem, GAPS[-1], "highs", highs_seconds)
        row("highs", f"{1e3 * seconds:.0f}", f"{1e3 * steps:.0f}", f"{gap:.1e}")
    return rows


def within_limits() -> list[tuple[str, ...]]:
    """Certified gaps with real loads and backhaul, from loose to tight."""
    rows = []
    for users, cells, seconds in LIMITED:
        for tightness, backhaul in LIMITS:
            problem = loaded_city(users, cells, 0, tightness, backhaul)
            solution = rrm.solve(problem, rrm.Budget(seconds, gap=1e-6))
            what = f"loads {tightness:g}, backhaul {backhaul:g}"
            took = f"{1e3 * solution.seconds:.0f}"
            gap = f"{solution.gap:.1e}"
            rows.append((f"{users:,} x {cells:,}", what, took, "", gap))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--highs", type=float, default=60.0, help="seconds, 0: leave out"
    )
    options = parser.parse_args()
    rrm.warm_up(UserAssociation)
    title = "Proportionally fair association, 10 candidates each"
    table = Table("users x cells", "what", "ms", "ms in methods", "gap", title=title)
    for users, cells in SIZES:
        for line in measured(users, cells, options.highs if users < 50_000 else 0.0):
            table.add_row(*line)
    for line in within_limits():
        table.add_row(*line)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
