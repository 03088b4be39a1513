"""Turns of the closed loop on Munich: how long they take, and whether memory stays."""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import llm_bridge
import rrm
import twins
from benchmarks.controller_faults import Faults, FaultyStore, FaultyTwin, is_unsafe
from benchmarks.twins_run import global_twin
from rrm.controller import Controller, Simulated
from twins.context_db import ContextDatabase
from twins.network import SimulatedNetwork

if TYPE_CHECKING:
    import pandas as pd

BAR = 0.150  # s, 95th percentile
PERIOD = 10.0
WARM = 3  # turns in which modules and kernels are loaded
NOTE_EVERY = 20


class Outside(Simulated):
    """Simulated network whose own computing is not part of a turn."""

    def __init__(self, network: SimulatedNetwork) -> None:
        super().__init__(network)
        self._queued: list[Any] = []
        self.faults = Faults()
        self._report = network.report()

    def step(self) -> None:
        """Do what was sent, let a period pass, and make the report."""
        for directive in self._queued:
            super().send(directive)
        self._queued.clear()
        self.network.step(PERIOD)
        self._report = self.network.report()

    def measure(self) -> "pd.DataFrame":
        """Report of the period, if it is not lost."""
        if self.faults.now == "report lost":
            raise OSError("no report came")
        return self._report

    def send(self, directive: Any) -> bool:
        """Acknowledge; it is done before the next period."""
        self._queued.append(directive)
        return True


def memory() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main(arguments: list[str] | None = None) -> None:
    """Print percentiles of turns, and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--deadline", type=float, default=BAR)
    parser.add_argument(
        "--faults", action="store_true", help="a part fails in every other turn"
    )
    chosen = parser.parse_args(arguments)
    start, coverage = twins.example(), twins.example_coverage()
    simulated = SimulatedNetwork(start, coverage, 0)
    network = Outside(simulated)
    faults, unsafe, missed, is_safe = network.faults, 0, 0, False
    took, busy, sizes, fallbacks = [], [], [], 0
    with (
        tempfile.TemporaryDirectory() as folder,
        ContextDatabase(Path(folder) / "context.duckdb") as database,
    ):
        settings: dict[str, Any] = {
            "deadline": chosen.deadline,
            "network": network,
            "period": PERIOD,
        }
        twin: Any = global_twin(start, coverage)
        if chosen.faults:
            twin, store = FaultyTwin(twin, faults), FaultyStore(database, faults)
            settings |= {"journal": store, "model": "any"}
            controller = Controller(twin, faults, faults, **settings)
        else:
            controller = Controller(twin, rrm, llm_bridge, journal=database, **settings)
        for number in range(chosen.turns + WARM):
            if number % NOTE_EVERY == 0:
                watt = 5 + number % 7
                text = f"Keep M4B below {watt} W for the next 5 minutes."
                controller.note(text, "operator/S. Lang")
            network.step()
            if chosen.faults:
                faults.turn(number)
                was_safe, is_safe = is_safe, not is_unsafe(network, controller.snapshot)
                unsafe += was_safe and not is_safe
            before = time.process_time()
            turn = controller.turn()
            missed += turn.number != number + 1
            if number >= WARM:
                busy.append(time.process_time() - before)
                took.append(turn.seconds)
                fallbacks += bool(turn.fallbacks)
                sizes.append(memory())
        controller.close()
    tenth = max(len(sizes) // 10, 1)
    rows = {
        "turns": f"{len(took)}, {fallbacks} with a fallback",
        "missed, became unsafe": f"{missed}, {unsafe}",
        "turn, 50 / 95 / 99%": _milliseconds(took),
        "of processors, all threads": _milliseconds(busy),
        "bar, 95%": f"{1e3 * BAR:.0f} ms",
        "memory, MB": f"{np.mean(sizes[:tenth]):.0f} in the first tenth, "
        f"{np.mean(sizes[len(sizes) // 2 :][:tenth]):.0f} in the middle, "
        f"{np.mean(sizes[-tenth:]):.0f} in the last",
    }
    for name, text in rows.items():
        sys.stdout.write(f"{name:32} {text}\n")


def _milliseconds(seconds: list[float]) -> str:
    values = 1e3 * np.percentile(seconds, [50, 95, 99])
    return " / ".join(f"{value:.0f}" for value in values) + " ms"


if __name__ == "__main__":
    main()
