"""Counters of deterministic runs against stored ones: a guard that needs no clock.

The methods that run inline solve each instance of the suite ``quick`` within a number
of units of work. What is stored are counts and ratios: units of work, boxes or nodes,
most memory, the gap, and what the objective lacks of the stored best.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lane import Lane, LaneLostError
from benchmarks.measurement import Task
from benchmarks.rows import Row
from benchmarks.suites import PUBLIC, suite_named
from rrm.planning import place_of
from rrm.registry import all_methods

SCHEMA = "rrm.bench-counters/1"
STORED = Path(__file__).with_name("counters.json")
SUITE = "quick"
WORK = 100  # units of each run
SECONDS = 60.0  # that no run comes near
COUNTS = ("work", "nodes", "peak_bytes")
MORE = 0.2  # of a count, that is still no news
LEAST = {"work": 5, "nodes": 5, "peak_bytes": 200_000}
"""Differences of counts that are no news either."""
LOSS = 1e-3  # of the objective or gap, that is still no news

Counters = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Change:
    """One counter of one run that is not what was stored.

    Attributes
    ----------
    run, counter : str
        Instance and method, and what is counted.
    before, now : float or None
        Stored and counted; None: there is none.
    is_worse : bool
        Whether it got worse by more than the tolerance; otherwise it got better.
    """

    run: str
    counter: str
    before: float | None
    now: float | None
    is_worse: bool


def counted(
    on_run: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> Counters:
    """Counters by ``instance method``, from runs on one core.

    Parameters
    ----------
    on_run : callable
        Gets the name of each run that is done, the number so far, and of all.
    """
    core = {min(os.sched_getaffinity(0))}
    inline = {
        (entry.problem.__name__, entry.name): entry
        for entry in all_methods()
        if place_of(entry) == "inline"
    }
    kinds = sorted({kind for kind, _ in inline})
    found: Counters = {}
    lane = Lane("rrm", kinds, core)
    try:
        tasks = []
        for instance in suite_named(SUITE).instances:
            first = _task(instance.label, "auto")
            plan = lane.ask(first, only_reasons=True)
            for name, reason in plan["reasons"].items():
                if reason is None and (plan["problem"], name) in inline:
                    tasks.append(_task(instance.label, name))
        for number, task in enumerate(tasks):
            name = f"{task.instance} {task.method}"
            found[name] = counters_of(lane.ask(task))
            on_run(name, number + 1, len(tasks))
    except LaneLostError as error:
        raise RuntimeError(f"counting was not finished: {error}") from error
    finally:
        lane.close()
    return found


def _task(instance: str, method: str) -> Task:
    return Task(SUITE, instance, str(PUBLIC), method, SECONDS, 0, 0, 1, WORK)


def counters_of(row: Row) -> dict[str, float | None]:
    """What is stored of one run."""
    verified = row["verified"]
    return {
        **{name: row[name] for name in COUNTS},
        "gap": verified["gap"],
        "objective": verified["objective"],
        "sense": row["sense"],
    }


def changes(stored: Counters, now: Counters) -> list[Change]:
    """What differs beyond the tolerances, the worse first; new runs are no change."""
    found = []
    for run, before in stored.items():
        after = now.get(run)
        if after is None:
            found.append(Change(run, "run", 1, None, True))
            continue
        for name in COUNTS:
            found += _change(run, name, before[name], after[name], _count_margin)
        found += _change(run, "gap", before["gap"], after["gap"], _gap_margin)
        short = _short(before, after)
        if abs(short) > LOSS:
            values = before["objective"], after["objective"]
            found.append(Change(run, "objective", *values, short > 0))
    return sorted(found, key=lambda one: (not one.is_worse, one.run, one.counter))


def _change(
    run: str,
    name: str,
    before: float | None,
    now: float | None,
    margin: Callable[[str, float, float], float],
) -> list[Change]:
    if before is None or now is None:
        if before is now:
            return []
        return [Change(run, name, before, now, now is None and name == "gap")]
    if abs(now - before) <= margin(name, before, now):
        return []
    return [Change(run, name, before, now, now > before)]


def _count_margin(name: str, before: float, now: float) -> float:
    return max(MORE * min(before, now), LEAST[name])


def _gap_margin(name: str, before: float, now: float) -> float:
    del name
    return max(MORE * min(before, now), LOSS)


def _short(before: dict[str, Any], after: dict[str, Any]) -> float:
    """What the objective lacks of the stored one, relative; inf without one."""
    stored, now = before["objective"], after["objective"]
    if stored is None or now is None:
        return 0.0 if stored is now else float("inf") * (1 if now is None else -1)
    scale = max(abs(stored), abs(now))
    return before["sense"] * (stored - now) / scale if scale else 0.0


def read_counters(path: Path = STORED) -> Counters:
    """Stored counters.

    Raises
    ------
    ValueError
        If the file has another schema.
    """
    text = json.loads(path.read_text())
    if text.get("schema") != SCHEMA:
        raise ValueError(f"{path}: schema = {text.get('schema')!r}: must be {SCHEMA}")
    return text["runs"]


def write_counters(found: Counters, path: Path = STORED) -> None:
    """Store counters, one run a line, so that a change can be read."""
    lines = ",\n".join(
        f"  {json.dumps(run)}: {json.dumps(values)}"
        for run, values in sorted(found.items())
    )
    path.write_text(f'{{\n "schema": "{SCHEMA}",\n "runs": {{\n{lines}\n }}\n}}\n')
