"""What placement promises, measured: gaps and proofs beside HiGHS and CP-SAT.

Run with one BLAS thread; ``taskset -c 0`` gives what one core does. Public instances
are read from ``../shared/instances`` where that folder exists.

    python -m benchmarks.placement [part of a name ...] [--alone]
"""

import resource
import sys
import time
from collections.abc import Iterator
from functools import cache, partial
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.against_solvers import OTHERS, Row, measured, wanted
from benchmarks.instances.facility import best_known, names, read
from benchmarks.stadium import stadium
from benchmarks.training import ProcessorClock
from formulations.placement import LapPlacement

MEDIAN_SECONDS, LOCATION_SECONDS = 30.0, 60.0
EVENT = {1.0: "<= 5%", 10.0: "<= 1%"}
"""What an event must reach, by seconds."""
PROOF = rrm.Budget(30.0, gap=0.002)  # for what answers to an event are held against
MOVED, GAPS, SEEDS = 0.01, (0.05, 0.01, 0.005), range(8)
"""Part of the users that have moved, gaps to come to again, and stadiums."""


def main(words: list[str]) -> None:
    """Print one table, and each row when it is measured."""
    others = () if "--alone" in words else OTHERS
    words = [word for word in words if not word.startswith("--")]
    rrm.warm_up(LapPlacement)
    measured(wanted(all_rows(), words), others, "placement")
    if not words or "moved" in words:
        table = Table("what", "cold", "warm", "ratio", title="solved again")
        for row in again():
            table.add_row(*row)
        Console(width=150).print(table)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    Console().print(f"largest memory of this process: {most:.2f} GB")


def all_rows() -> Iterator[Row]:
    """Public instances against the best known, then an event."""
    known = best_known() if names() else {}
    for name in names():
        is_median = name.startswith("pmed")
        budget = rrm.Budget(MEDIAN_SECONDS if is_median else LOCATION_SECONDS)
        bar = "proven" if is_median else "<= 0.05%, bound 0.5%"
        yield Row(name, bar, partial(read, name), budget, -known[name])
    event = cache(stadium)
    for seconds, bar in EVENT.items():
        yield Row(f"stadium at {seconds:g} s", bar, event, rrm.Budget(seconds), PROOF)


def again() -> Iterator[tuple[str, ...]]:
    """Seconds to a gap for stadiums whose users have moved, cold and warm.

    By the processor time of one core, with the method that stadiums get.
    """
    for seed in SEEDS:
        before = _solved(stadium(seed=seed), rrm.Budget(max(EVENT), gap=0.0), None)
        problem = stadium(seed=seed, moved=MOVED)
        for gap in GAPS:
            budget = rrm.Budget(LOCATION_SECONDS, gap=gap)
            cold, warm = (
                _solved(problem.replace(), budget, start).seconds
                for start in (None, before)
            )
            name = f"stadium {seed}, {MOVED:.0%} moved, to {gap:.1%}"
            yield name, f"{cold:.2f} s", f"{warm:.2f} s", f"{cold / warm:.1f} x"


def _solved(
    problem: LapPlacement, budget: rrm.Budget, start: rrm.Solution | None
) -> rrm.Solution:
    with patch.object(time, "perf_counter", ProcessorClock()):
        return rrm.solve(problem, budget, "crowd", start=start)


if __name__ == "__main__":
    main(sys.argv[1:])
