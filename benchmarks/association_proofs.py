"""What each method proves of generalized assignment by itself, by processor time.

Methods run in this process; their clock is the processor time of their thread, so what
else the machine does counts little. HiGHS alone keeps to the clock on the wall. Members
of the families are named by agents x jobs, and are those of seed 1.

    python -m benchmarks.association_proofs SECONDS [set or family member ...]
"""

import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.instances.gap import FOLDER, drawn_gap, read_gap
from formulations.association import UserAssociation
from rrm.incumbent import Incumbent
from rrm.registry import named

METHODS = "column_generation", "knapsack_dual", "lagrangian", "highs"
DRAWN = [
    f"{kind}{size}" for size in ("5x50", "10x100", "20x100", "20x200") for kind in "cde"
]
SLOWER = 20.0  # times the processor time that the clock on the wall may show
SEED = 1


class CoreClock(Incumbent):
    """Referee whose clock is the processor time of the thread that made it."""

    def __init__(self, problem: UserAssociation, seconds: float) -> None:
        super().__init__(problem, rrm.Budget(SLOWER * seconds, gap=0.0))
        self.core_end = time.thread_time() + seconds

    def remaining(self) -> float:
        """Seconds of the processor left."""
        return max(self.core_end - time.thread_time(), 0.0)

    def expired(self, work: int = 1) -> bool:
        """Whether that time is out, or the search is over."""
        return super().expired(work) or self.remaining() <= 0.0


def main(words: list[str]) -> None:
    """Print cost, proven bound and processor seconds of each method, by instance."""
    seconds = float(words[0])
    table = Table("instance", *METHODS, title=f"cost (bound), processor s of {seconds}")
    for name in METHODS:
        ran(name, drawn_gap("c", 5, 20, SEED), seconds)  # loads what is compiled
    sets = (
        sorted(path.name for path in FOLDER.glob("[cde]*")) if FOLDER.exists() else []
    )
    for instance in words[1:] or [*DRAWN, *sets]:
        problem = problem_named(instance)
        table.add_row(instance, *(ran(name, problem, seconds) for name in METHODS))
    Console(width=150).print(table)


def problem_named(instance: str) -> UserAssociation:
    """Public set, or member of a family by its agents x jobs."""
    if "x" not in instance:
        return read_gap(FOLDER / instance)
    agents, jobs = map(int, instance[1:].split("x"))
    return drawn_gap(instance[0], agents, jobs, SEED)


def ran(name: str, problem: UserAssociation, seconds: float) -> str:
    """Cost, bound on it, and processor seconds that one method took."""
    incumbent, began = CoreClock(problem, seconds), time.thread_time()
    entry = named(UserAssociation, name)
    with incumbent.running(entry, SLOWER * seconds):
        entry.function(problem, incumbent)
    used = time.thread_time() - began
    cost = "-" if np.isnan(incumbent.objective) else f"{-incumbent.objective:.0f}"
    bound = -incumbent.bound
    proven = "" if cost != f"{bound:.0f}" else " optimal"
    return f"{cost} ({bound:.1f}){proven}, {used:.2f} s"


if __name__ == "__main__":
    main(sys.argv[1:])
