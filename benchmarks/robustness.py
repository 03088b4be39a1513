"""Many calls in a row, some with a method that crashes, hangs, lies or leaks.

Random problems of the five classes, random budgets; in one call of twenty a method that
misbehaves comes first. Counts wrong claims, late answers, and what is left over.

    python -m benchmarks.robustness [calls [instances]]
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import rrm
from benchmarks.cellular import hexagonal
from benchmarks.deadlines import Watch
from benchmarks.instances.channels import scattered
from benchmarks.suites.association import fair, loaded
from benchmarks.suites.blocks import averaged, floored
from benchmarks.suites.channels import crowded
from benchmarks.suites.placement import event, median
from benchmarks.suites.power import least_power
from formulations.problem import FEASIBLE, Problem
from rrm.planning import place_of
from rrm.registry import named

MISBEHAVIOUR = "benchmarks.misbehaviour"
CALLS = 1000
BAD = 0.05  # of the calls
MEMORY = 256e6  # bytes for each worker
BUDGETS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 0.3)
LONGEST = 2.0  # s, for what is true
INSTANCES = 3  # of each maker
PARTS = 2e-6  # relative tolerance of claims, beside the gap that was asked for
GROWTH = 100e6  # bytes that the process may grow after the first tenth of the calls
OPEN_SPARE = 6  # descriptors: two for each spare worker, and what is being replaced
LATE = 0.2, 2e-3  # of the budget, and s on top

MAKERS: dict[str, Callable[[int], Problem]] = {
    "power": partial(hexagonal, 8),
    "power least": partial(least_power, 19),
    "power fair": partial(hexagonal, 8, objective="proportional_fair"),
    "association": partial(loaded, 60, 7),
    "association fair": partial(fair, 60, 7),
    "placement": partial(event, "200x16"),
    "placement median": partial(median, 60, 5),
    "channels": partial(scattered, 50, 8, 30),
    "channels soft": partial(crowded, 50, 10, 6),
    "blocks": partial(floored, 10, 1, 25),
    "blocks fair": partial(averaged, 10, 1, 25),
}


def announce(folder: Path) -> None:
    """Make the methods an entry point of a package in ``folder``, and add that."""
    info = folder / "misbehaviour-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: misbehaviour\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[rrm.methods]\nmisbehaviour = {MISBEHAVIOUR}\n"
    )
    sys.path.append(str(folder))


def run(
    calls: int = CALLS, instances: int = INSTANCES, seed: int = 0
) -> dict[str, Any]:
    """Counts of what went wrong, and of what was tried.

    Only in a process that has not looked for methods yet.
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        announce(Path(folder))
        rrm.warm_up(*{type(make(0)) for make in MAKERS.values()}, workers=False)
        with rrm.Pool(2, MEMORY) as pool:
            problems = {
                (name, k): make(k)
                for name, make in MAKERS.items()
                for k in range(instances)
            }
            best = {key: truth(problem) for key, problem in problems.items()}
            report = Report(best)
            for call in range(calls):
                key = list(problems)[rng.integers(len(problems))]
                report.take(key, problems[key], rng)
                if call == calls // 10:
                    report.before = resident_bytes(), open_files()
            report.after = resident_bytes(), open_files()
            nursery = pool.nursery
    sys.path.remove(folder)
    return report.summary(nursery)


def truth(problem: Problem) -> float:
    """Verified objective that honest methods find in a longer time."""
    return rrm.solve(problem, LONGEST).objective


class Report:
    """What happened so far."""

    def __init__(self, best: dict[tuple[str, int], float]) -> None:
        self.best = best
        self.calls = self.bad = 0
        self.wrong: list[str] = []
        self.late: list[tuple[float, float, str]] = []
        self.ends: dict[str, dict[str, int]] = {}
        self.before: tuple[int, int] = (0, 0)
        self.after: tuple[int, int] = (0, 0)
        self.nothing = 0

    def take(self, key: tuple[str, int], problem: Problem, rng: Any) -> None:
        """Solve once, and judge the answer."""
        seconds = float(rng.choice(BUDGETS))
        bad = ""
        method: str | list[str] = "auto"
        if rng.random() < BAD:
            fitting = [one.name for one in rrm.applicable(problem) if one.applies]
            methods = [named(type(problem), name) for name in fitting]
            honest = [one.name for one in methods if one.is_own]
            others = [one for one in methods if one.function.__module__ == MISBEHAVIOUR]
            other = others[rng.integers(len(others))]
            assert place_of(other) == "worker"  # here it would end us
            bad = other.name
            method = [bad, honest[rng.integers(len(honest))]]
        budget = rrm.Budget(seconds)
        watch = Watch(time.perf_counter() + seconds)
        solution = rrm.solve(problem, budget, method, cancel=watch)  # pyright: ignore[reportArgumentType]
        late = watch.looked + time.thread_time() - watch.used - watch.deadline
        late = min(late, time.perf_counter() - watch.deadline)
        self.calls += 1
        self.bad += bool(bad)
        ended = solution.plan[0].get("ended", "no time")
        if bad:
            counts = self.ends.setdefault(bad, {})
            counts[ended[:40]] = counts.get(ended[:40], 0) + 1
        self.late.append((late - LATE[0] * seconds, seconds, f"{key} {method} {ended}"))
        self.judge(key, problem, solution, budget.gap)

    def judge(
        self, key: tuple[str, int], problem: Problem, solution: rrm.Solution, gap: float
    ) -> None:
        """Compare with the truth."""
        objective = self.best[key]
        what = f"{key} {solution!r}"
        self.nothing += solution.allocation is None and not np.isnan(objective)
        if solution.status == "infeasible" and not np.isnan(objective):
            self.wrong.append(f"wrong infeasible: {what}")
        if solution.allocation is None:
            return
        if not max(problem.violations(solution.allocation).values()) <= FEASIBLE:
            self.wrong.append(f"violates: {what}")
        if problem.evaluate(solution.allocation) != solution.objective:
            self.wrong.append(f"objective: {what}")
        scale = max(abs(objective), abs(solution.objective))
        lost = problem.sense * (objective - solution.objective)
        if solution.status == "optimal" and lost > (gap + PARTS) * scale:
            self.wrong.append(f"wrong optimal: {what}, {objective}")
        beyond = problem.sense * (objective - solution.bound)
        if beyond > PARTS * scale:
            self.wrong.append(f"wrong bound: {what}, {objective}")

    def summary(self, nursery: int) -> dict[str, Any]:
        """Numbers to read and to assert."""
        beyond = np.array([late for late, _, _ in self.late])
        worst = sorted(self.late, reverse=True)[:5]
        return {
            "calls": self.calls,
            "misbehaving": self.bad,
            "wrong": self.wrong,
            "without answer": self.nothing,
            "late": int((beyond > LATE[1]).sum()),
            "latest": [
                f"{1e3 * late:.1f} ms + 20% of {s:g} s: {t}" for late, s, t in worst
            ],
            "grown": self.after[0] - self.before[0],
            "opened": self.after[1] - self.before[1],
            "processes left": len(session(nursery)),
            "ends": self.ends,
        }


def resident_bytes() -> int:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


def session(leader: int) -> list[int]:
    """Processes of the session that ``leader`` has begun, once they had time to end."""
    for _ in range(100):
        if not members(leader):
            break
        time.sleep(0.02)
    return members(leader)


def members(leader: int) -> list[int]:
    """Numbers of all processes of a session, zombies too."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdigit() and int(fields[3]) == leader:
            found.append(int(entry.name))
    return found


def holds(summary: dict[str, Any]) -> bool:
    """Whether nothing is wrong and nothing is left; times are judged by who reads."""
    return (
        not summary["wrong"]
        and summary["without answer"] == 0
        and summary["grown"] <= GROWTH
        and summary["opened"] <= OPEN_SPARE
        and summary["processes left"] == 0
    )


if __name__ == "__main__":
    found = run(*map(int, sys.argv[1:]))
    print(json.dumps(found, indent=1))
    sys.exit(0 if holds(found) else 1)
