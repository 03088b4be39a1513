"""What association promises, measured: gaps and times in one table.

Run with one BLAS thread. Generalized assignment is read from ``../shared/instances``
where that folder exists. ``--fast`` leaves the longest runs and the other solvers out.
"""

import sys

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.instances.gap import FOLDER, best_known, read_gap
from benchmarks.instances.many_users import hexagonal_association
from formulations.association import UserAssociation

LARGE = "e801600"
OTHERS = ("highs", "cpsat")
MOVED = 0.01  # of the users, before a problem is solved again
WARM_GAP = 0.005  # that both the cold and the warm solution must reach


def main() -> None:
    """Print the table, row by row as it is measured."""
    fast = "--fast" in sys.argv
    table = Table("what", "at", "bar", "measured", title="association")
    rrm.warm_up(UserAssociation)
    if FOLDER.exists():
        for seconds in (0.1, 10.0) if fast else (0.1, 10.0, 60.0):
            for row in assignment(seconds, () if fast else OTHERS):
                table.add_row(*row)
    for seconds in (0.1, 10.0):
        for row in many_users(seconds, () if fast else OTHERS):
            table.add_row(*row)
    for row in again():
        table.add_row(*row)
    Console(width=150).print(table)


def assignment(seconds: float, others: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Costs and bounds of the public sets against the best known."""
    bars = {
        0.1: "feasible, <= 3%",
        10.0: "<= 0.5%, bound 0.5%",
        60.0: "mean 0.1%, <= 0.2%, bound 0.15%",
    }
    rows, above, below = [], [], []
    for name, (_, best) in best_known().items():
        if seconds < 1 and name == LARGE:
            continue
        problem = read_gap(FOLDER / name)
        solution = rrm.solve(problem, rrm.Budget(seconds, gap=1e-6))
        above.append(percent(-solution.objective, best))
        below.append(percent(best, -solution.bound))
        text = f"+{above[-1]:.3f}%, bound -{below[-1]:.3f}%, {solution.seconds:.2f} s"
        for other in others:
            text += ", " + beside(other, problem, seconds, best)
        rows.append((f"assignment {name}", f"{seconds:g} s", bars[seconds], text))
    text = f"+{np.mean(above):.3f}% in the mean, +{max(above):.3f}% worst, "
    text += f"bound -{max(below):.3f}% worst"
    return [*rows, ("assignment, all", f"{seconds:g} s", bars[seconds], text)]


def beside(name: str, problem: UserAssociation, seconds: float, best: float) -> str:
    """Cost that one solver finds alone in the same time."""
    solution = rrm.solve(problem, rrm.Budget(seconds, gap=1e-6), method=name)
    if solution.allocation is None:
        return f"{name} nothing"
    return f"{name} +{percent(-solution.objective, best):.3f}%"


def percent(value: float, base: float) -> float:
    """How much ``value`` is above ``base``."""
    return 100 * (value - base) / abs(base)


def many_users(seconds: float, others: tuple[str, ...]) -> list[tuple[str, ...]]:
    """100,000 users and 1,000 cells, by certified gaps."""
    bar = "feasible, <= 5%" if seconds < 1 else "<= 0.5%"
    rows = []
    for unit_load in (False, True):
        problem = hexagonal_association(unit_load=unit_load)
        budget = rrm.Budget(seconds, gap=1e-5)
        solution = rrm.solve(problem, budget)
        text = f"gap {100 * solution.gap:.3f}%, {solution.seconds:.2f} s"
        for other in others if seconds > 1 else ():
            answer = rrm.solve(problem, budget, method=other)
            behind = percent(solution.objective, answer.objective)
            text += f", {other} {behind:.2f}% less"
        loads = "unit" if unit_load else "real"
        rows.append((f"100,000 x 1,000, {loads} loads", f"{seconds:g} s", bar, text))
    return rows


def again() -> list[tuple[str, ...]]:
    """Time to the same certified gap, cold and from the last answer."""
    rows = []
    for unit_load in (False, True):
        before = hexagonal_association(unit_load=unit_load)
        other = hexagonal_association(unit_load=unit_load, seed=1)
        moved = np.random.default_rng(0).random(before.sizes["U"]) < MOVED
        after = mixed(before, other, moved)
        known = rrm.solve(before, rrm.Budget(10.0, gap=WARM_GAP / 2))
        cold = rrm.solve(after, rrm.Budget(20.0, gap=WARM_GAP))
        warm = rrm.solve(after, rrm.Budget(20.0, gap=WARM_GAP), start=known)
        text = f"cold {cold.seconds:.2f} s, warm {warm.seconds:.2f} s, "
        text += f"{cold.seconds / warm.seconds:.1f} x"
        loads = "unit" if unit_load else "real"
        rows.append((f"1% moved, {loads} loads", "gap 0.5%", ">= 5 x", text))
    return rows


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
    main()
