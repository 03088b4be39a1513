"""Parts of the loop that fail on purpose, for runs of many turns."""

import time
from typing import Any

import numpy as np

import llm_bridge
import rrm
from rrm.controller import Simulated
from twins import TwinSnapshot
from twins.context_db import ContextDatabase
from twins.coupling import Twins

FAULTS = (
    "model down", "model slow", "model lies", "twin stale", "twin down",
    "database locked", "solver killed", "solver none", "report lost",
)  # fmt: skip
SLOW = 0.5  # s


class Faults:
    """Which part fails in this turn; every fault comes once in twice their number."""

    def __init__(self) -> None:
        self.now = ""

    def turn(self, number: int) -> None:
        """Choose the fault of turn ``number``; every other turn has none."""
        self.now = FAULTS[(number // 2) % len(FAULTS)] if number % 2 else ""

    def solve(self, problem: Any, budget: Any, *args: Any, **more: Any) -> Any:
        """Answer of the engine, if its solver lives."""
        if self.now == "solver killed":
            raise RuntimeError("the solver was killed")
        if self.now == "solver none":
            return None
        return rrm.solve(problem, budget, *args, **more)

    def report(
        self,
        text: str,
        snapshot: TwinSnapshot,
        author: str,
        provider: Any = None,
        before: Any = None,
    ) -> Any:
        """Report of the grammar; what stands for a model fails in three ways."""
        found = llm_bridge.report(text, snapshot, author=author, before=before)
        if provider is None:
            return found
        if self.now == "model down":
            raise OSError("the model is down")
        if self.now == "model slow":
            time.sleep(SLOW)
        if self.now == "model lies" and found.items:
            lie = found.items[0].model_copy(update={"value": 1e9})
            return found.model_copy(update={"items": (lie,)})
        return found


class FaultyTwin:
    """Twin that is down or stale now and then."""

    def __init__(self, twin: Twins, faults: Faults) -> None:
        self.twin, self.faults, self.power = twin, faults, twin.power
        self._last: TwinSnapshot | None = None

    def update(self, measurements: Any, now: float) -> TwinSnapshot:
        """Snapshot of now, or of before."""
        if self.faults.now == "twin down":
            raise RuntimeError("the twin is down")
        if self.faults.now == "twin stale" and self._last is not None:
            return self._last
        self.twin.power = self.power
        self._last = self.twin.update(measurements, now)
        return self._last


class FaultyStore:
    """Database that is locked now and then."""

    def __init__(self, database: ContextDatabase, faults: Faults) -> None:
        self.database, self.faults = database, faults

    def add(self, table: str, rows: Any) -> None:
        """Commit rows."""
        if self.faults.now == "database locked":
            raise RuntimeError("the database is locked")
        self.database.add(table, rows)

    def between(self, table: str, since: float, until: float, name: Any = None) -> Any:
        """Rows of a table."""
        return self.database.between(table, since, until, name)

    def forget(self, table: str, before: float) -> int:
        """Drop old rows."""
        return self.database.forget(table, before)


def is_unsafe(network: Simulated, snapshot: TwinSnapshot | None) -> bool:
    """Whether powers are above cells' limits, or disturb a protected receiver."""
    power, cells = network.network.power, network.network.cells
    if (power > cells.p_max * (1 + 1e-9)).any():
        return True
    if snapshot is None:
        return False
    heard = snapshot.protected_gain @ power
    return bool(np.any(heard > snapshot.protected_limit * (1 + 1e-6)))
