"""What the selector promises besides closed gaps: answers, and none better outside.

``answers N`` calls ``auto`` with 1 ms on N instances that no model has seen, and looks
for longer where there is nothing. ``outside N`` gives HiGHS, CP-SAT, Clarabel by CVXPY
and Pyomo the same instances and the same time, each alone, and counts where one of them
is better by more than a hundredth.
"""

import sys
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.against_solvers import by_engine, outside
from benchmarks.outside import PREFIX, all_outside
from benchmarks.training_instances import FAMILIES, Training
from formulations.problem import Problem
from rrm.solution import Status

FIRST = 10_000
"""Number of the first instance of a family: models are trained on those from 0 on."""
SHORT = 1e-3
LONG = 10.0
OTHERS = ("highs", "cpsat", "clarabel", "pyomo")
BUDGETS = (0.1, 1.0)
BETTER = 0.01


def instances(count: int) -> Iterator[tuple[str, Problem]]:
    """``count`` problems, the families in turns."""
    names = list(FAMILIES)
    for k in range(count):
        instance = Training(names[k % len(names)], FIRST + k // len(names))
        yield instance.label, instance.build()


def answers(count: int) -> list[str]:
    """Print how many of ``count`` calls of 1 ms end with an answer; who does not."""
    silent = []
    for label, problem in instances(count):
        if rrm.solve(problem, SHORT).allocation is None:
            later = rrm.solve(problem.replace(), LONG)
            if later.status is not Status.INFEASIBLE:
                found = "found later" if later.allocation is not None else "nor later"
                silent.append(f"{label} ({found})")
    print(f"{count} calls of {1e3 * SHORT:g} ms: {len(silent)} without an answer")
    print("\n".join(silent))
    return silent


def beside(count: int) -> None:
    """Print how often each outside solver alone is better than ``auto``."""
    table = Table(
        "budget", "solver", "instances", "answers", "better by 1%", "worse by 1%"
    )
    for seconds in BUDGETS:
        tally = {name: Counter() for name in OTHERS}
        for label, problem in instances(count):
            budget = rrm.Budget(seconds)
            ours = by_engine(problem, budget).objective
            for name in OTHERS:
                solver = all_outside()[PREFIX + name]
                if solver.reason_against(problem) is not None:
                    continue
                theirs = outside(name, problem, budget).objective
                tally[name]["instances"] += 1
                if theirs != theirs:
                    continue
                tally[name]["answers"] += 1
                ahead = (
                    problem.sense
                    * (theirs - ours)
                    / max(abs(theirs), abs(ours), 1e-300)
                )
                if ours != ours or ahead > BETTER:
                    tally[name]["better"] += 1
                    print(
                        f"{seconds:g} s, {label}: {name} {theirs:.6g}, auto {ours:.6g}"
                    )
                tally[name]["worse"] += ahead < -BETTER
        for name, found in tally.items():
            kinds = ("instances", "answers", "better", "worse")
            table.add_row(f"{seconds:g} s", name, *(str(found[kind]) for kind in kinds))
    Console().print(table)


if __name__ == "__main__":
    rrm.warm_up()
    what, number = sys.argv[1], int(sys.argv[2])
    if what == "answers":
        sys.exit(1 if answers(number) else 0)
    beside(number)
