"""The suite ``quick`` with a tool that answers at once, for tests that kill it."""

import hashlib
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import runner
from benchmarks.rows import Row
from tests.benchmarks.simulated import simulated_row

SECONDS = 0.004  # of a run


class InstantLane:
    """Stands for a process; the answer follows from the task alone."""

    about = {"threads": {"cores": 1}, "warm_up": 0.0}  # noqa: RUF012

    def __init__(self, tool, kinds, cores):
        del tool, kinds, cores

    def ask(self, task, *, only_reasons=False) -> Row:
        """Row of a task, or methods."""
        if only_reasons:
            reasons = dict.fromkeys(("auto", "swift", "steady", "outside/other"))
            return {"problem": "PowerControl", "reasons": reasons}
        time.sleep(SECONDS)
        number = hashlib.sha256(repr(task).encode()).digest()[0]
        row = simulated_row(task.method, task.instance, 0.1, 1.0 + number, "feasible")
        return {**row, **asdict(task)}

    def close(self) -> None:
        """Nothing to end."""


def run_instantly(out: Path) -> None:
    """Run 384 tasks into a folder; to be called in a process of its own."""
    runner.Lane = InstantLane  # pyright: ignore[reportAttributeAccessIssue]
    options = runner.Options("quick", runner.GROUPS, (0.01, 0.1), 2, 2)
    runner.run_suite(options, out)
