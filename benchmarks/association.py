"""What association promises, beside HiGHS and CP-SAT: gaps and times in one table.

Run with one BLAS thread. Generalized assignment is read from ``../shared/instances``
where that folder exists.

    python -m benchmarks.association [part of a name ...] [--alone]
"""

import sys
from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.against_solvers import OTHERS, Row, measured, wanted
from benchmarks.fair_association import city
from benchmarks.instances.gap import FOLDER, best_known, drawn_gap, read_gap
from benchmarks.instances.many_users import hexagonal_association
from formulations.association import UserAssociation

SHORT, SMALL_JOBS = 0.1, 400
BARS = {
    SHORT: "feasible, <= 3%",
    10.0: "<= 0.5%, bound 0.5%",
    60.0: "mean 0.1%, <= 0.2%, bound 0.15%",
}
"""What generalized assignment must reach, by seconds."""
SIZES = (5, 100), (10, 200), (20, 100), (20, 400), (40, 400), (80, 400)
SEED = 1
"""Sizes of members of the families that nobody has tuned for, at the shortest time."""
PROOF = rrm.Budget(3.0, gap=1e-6)  # for what answers of others are held against
MOVED = 0.01  # of the users, before a problem is solved again
WARM_GAPS = (0.005, 0.001)  # that both the cold and the warm solution must reach
REPEATS = 5


def main(words: list[str]) -> None:
    """Print the table, row by row as it is measured."""
    others = () if "--alone" in words else OTHERS
    words = [word for word in words if not word.startswith("--")]
    rrm.warm_up(UserAssociation)
    measured(wanted(all_rows(), words), others, "association")
    if not words or "moved" in words:
        table = Table("what", "gap", "cold", "warm", "ratio", title="solved again")
        for row in again():
            table.add_row(*row)
        Console(width=150).print(table)


def all_rows() -> Iterator[Row]:
    """Rows, the longest last."""
    for kind, (agents, jobs) in product("cde", SIZES):
        build = partial(drawn_gap, kind, agents, jobs, SEED)
        name = f"{kind} {agents} x {jobs} at {SHORT:g} s"
        yield Row(name, BARS[SHORT], build, rrm.Budget(SHORT, gap=1e-6), PROOF)
    yield from assignment(SHORT)
    for seconds, bar in ((SHORT, "feasible, <= 5%"), (10.0, "<= 0.5%")):
        for unit in (False, True):
            loads = "unit" if unit else "real"
            name = f"100,000 x 1,000, {loads} loads, at {seconds:g} s"
            build = partial(hexagonal_association, unit_load=unit)
            yield Row(name, bar, build, rrm.Budget(seconds, gap=1e-4), PROOF)
    name = "fair, 10,000 x 300, at 5 s"
    build = partial(city, 10_000, 300, 0)
    yield Row(name, "<= 1e-6 proven", build, rrm.Budget(5.0, gap=1e-6), PROOF)
    yield from assignment(10.0)
    yield from assignment(60.0)


def assignment(seconds: float) -> Iterator[Row]:
    """The public sets against the best known, small ones alone where time is short."""
    if not FOLDER.exists():
        return
    for name, (_, best) in best_known().items():
        build = partial(read_gap, FOLDER / name)
        if seconds > SHORT or build().sizes["U"] <= SMALL_JOBS:
            budget = rrm.Budget(seconds, gap=1e-6)
            yield Row(f"{name} at {seconds:g} s", BARS[seconds], build, budget, -best)


def again() -> Iterator[tuple[str, ...]]:
    """Seconds to the same certified gap, cold and from the last answer."""
    for unit_load in (False, True):
        before = hexagonal_association(unit_load=unit_load)
        other = hexagonal_association(unit_load=unit_load, seed=1)
        moved = np.random.default_rng(0).random(before.sizes["U"]) < MOVED
        after = mixed(before, other, moved)
        for gap in WARM_GAPS:
            known = rrm.solve(before, rrm.Budget(20.0, gap=gap / 2))
            found = []
            for _ in range(REPEATS):
                for start in (None, known):
                    budget = rrm.Budget(20.0, gap=gap)
                    solution = rrm.solve(after.replace(), budget, start=start)
                    found.append(solution.seconds)
            cold, warm = np.median(np.reshape(found, (REPEATS, 2)), axis=0)
            loads = "unit" if unit_load else "real"
            what = f"1% moved, 100,000 x 1,000, {loads} loads"
            ratio = f"{cold / warm:.1f} x"
            yield what, f"{gap:.1%}", f"{cold:.3f} s", f"{warm:.3f} s", ratio


def mixed(
    before: UserAssociation, other: UserAssociation, moved: np.ndarray
) -> UserAssociation:
    """``before`` where the users ``moved`` are where they are in ``other``."""
    from scipy.sparse import csr_array, vstack

    def rows(ours, theirs):
        if ours.ndim == 1:
            return np.where(moved, theirs, ours)
        stay, go = np.flatnonzero(~moved), np.flatnonzero(moved)
        order = np.argsort(np.concatenate((stay, go)))
        return csr_array(vstack([ours[stay], theirs[go]]).tocsr()[order])

    return before.replace(
        utility=rows(before.utility, other.utility),
        load=rows(before.load, other.load),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
