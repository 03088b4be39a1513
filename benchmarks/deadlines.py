"""How late answers come, for every problem and size of the suites.

Prints a table, and the instances that are latest. Two kinds of lateness are measured:
of the clock on the wall, and our own: as if no other process had taken the processor
after the last look at the clock before the deadline. On an idle machine they agree.

    python -m benchmarks.deadlines [--busy] [part of a problem's or instance's name ...]

``--busy`` computes on every core meanwhile.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.suites import PUBLIC, Instance, suite_named
from formulations.problem import Problem

SUITES = ("power", "association", "blocks", "channels", "placement")
RUNS = {1e-3: 100, 1e-2: 40, 1e-1: 10, 1.0: 3}
"""Calls for each instance, by seconds of budget."""
BARS = {False: (0.05, 0.2e-3), True: (0.20, 2e-3)}
"""Largest 99th percentile, as part of the budget and in s on top: idle, busy."""
MEDIAN = 0.01
SHOWN = 12
BUSY = "while True: pass"


class Watch:
    """Caller's cancel event that never is set, and notes when it was asked."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.looked, self.used = time.perf_counter(), time.thread_time()

    def is_set(self) -> bool:
        """Never; notes the clock until the deadline."""
        now = time.perf_counter()
        if now < self.deadline:
            self.looked, self.used = now, time.thread_time()
        return False


@dataclass(frozen=True)
class Lateness:
    """Seconds from the deadline to the return of one call."""

    instance: str
    budget: float
    wall: float
    own: float
    place: str


def measured(label: str, problem: Problem, budget: float, seed: int) -> Lateness:
    """One call, which nothing ends but its deadline."""
    limit = rrm.Budget(budget, gap=0.0)
    began = time.perf_counter()
    watch = Watch(began + budget)
    solution = rrm.solve(problem, limit, seed=seed, cancel=watch)  # pyright: ignore[reportArgumentType]
    ended, used = time.perf_counter(), time.thread_time()
    steps = [step for step in solution.plan if "place" in step]
    own = watch.looked + used - watch.used
    place = f"{steps[-1]['place']} {steps[-1]['method']}" if steps else "none"
    late = ended - watch.deadline
    return Lateness(label, budget, late, min(own - watch.deadline, late), place)


def instances(words: list[str]) -> list[tuple[str, Instance]]:
    """Problem and instance, of all suites, where the label has one of ``words``."""
    return [
        (suite, one)
        for suite in SUITES
        for one in suite_named(suite, PUBLIC).instances
        if not words or any(word in f"{suite} {one.label}" for word in words)
    ]


def all_measured(words: list[str]) -> dict[tuple[str, float], list[Lateness]]:
    """Lateness by problem and budget."""
    found: dict[tuple[str, float], list[Lateness]] = defaultdict(list)
    for suite, one in instances(words):
        problem = one.build(0)
        rrm.solve(problem, 0.2)  # kernels of this shape
        for budget, runs in RUNS.items():
            for seed in range(runs):
                found[suite, budget].append(measured(one.label, problem, budget, seed))
        print(f"{suite} {one.label}", file=sys.stderr)
    return found


def percentile(late: list[Lateness], which: str, rank: float) -> float:
    """Percentile of the lateness in s, at least 0."""
    values = [max(getattr(one, which), 0.0) for one in late]
    return float(np.percentile(values, rank))


def show(found: dict[tuple[str, float], list[Lateness]], busy: bool) -> None:
    """Print the table and who is latest."""
    headings = ("problem", "budget", "calls", "median", "p99", "own median", "own p99")
    table = Table(*headings, "bar", "", title="late by, in ms")
    for (suite, budget), late in sorted(found.items()):
        wall = [percentile(late, "wall", rank) for rank in (50, 99)]
        own = [percentile(late, "own", rank) for rank in (50, 99)]
        most = bar(budget, busy)
        verdict = "late"
        for values, text in ((own, "own kept"), (wall, "kept")):
            if values[1] <= most and (busy or values[0] <= MEDIAN * budget):
                verdict = text
        texts = [f"{1e3 * value:.3f}" for value in (*wall, *own, most)]
        table.add_row(suite, f"{1e3 * budget:g}", str(len(late)), *texts, verdict)
    Console(width=110).print(table)
    worst: dict[tuple[str, float], Lateness] = {}
    for one in sorted(chain(*found.values()), key=lambda one: one.own):
        worst[one.instance, one.budget] = one
    table = Table("instance", "budget", "own, ms", "of the bar", "in", title="latest")
    part = {key: one.own / bar(one.budget, busy) for key, one in worst.items()}
    for key in sorted(part, key=lambda key: -part[key])[:SHOWN]:
        one = worst[key]
        texts = (f"{1e3 * one.budget:g}", f"{1e3 * one.own:.3f}", f"{part[key]:.2f}")
        table.add_row(one.instance, *texts, one.place)
    Console(width=110).print(table)


def bar(budget: float, busy: bool) -> float:
    """Seconds that the 99th percentile may be late."""
    part, extra = BARS[busy]
    return part * budget + extra


def main(words: list[str]) -> None:
    """Measure and print."""
    busy = "--busy" in words
    rrm.warm_up()
    cores = os.sched_getaffinity(0) if busy else ()
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in cores]
    try:
        found = all_measured([word for word in words if word != "--busy"])
    finally:
        for other in others:
            other.kill()
            other.wait()
    show(found, busy)


if __name__ == "__main__":
    main(sys.argv[1:])
