"""Trajectories for the selector: each method alone on each training instance.

Offers of methods that run in this process are timed by the processor time of the
thread, so other processes do not matter, and their budget is, too; those of workers by
the clock. One line of
``trajectories.jsonl`` is one run, written when it ends: the same command goes on
where it was stopped.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import rrm
from benchmarks.rows import finite
from benchmarks.training_instances import Training, training_instances
from formulations.problem import Problem
from rrm.foresight import forget
from rrm.planning import REFERENCE_RANK, place_of
from rrm.registry import INSTANT, Method, is_packaged, methods_for

SCHEMA = "rrm.trajectories/1"
FILE = "trajectories.jsonl"
GAP = 1e-4
BUDGETS = (0.01, 0.1, 1.0)
"""s, at each of which every method is run: many plan by the time they have."""
REPEATS = 2
"""Runs at the least of them: how much two runs of one method differ is noise."""
LONG = 10.0
"""s, for the first ``LONG_INSTANCES`` of a family and methods that need them."""
LONG_INSTANCES = 1
LEAST_WORKER = 0.1  # s, below which a worker has hardly started
MOST_POINTS = 60  # of a trajectory


@dataclass(frozen=True)
class Run:
    """What one method did alone.

    Attributes
    ----------
    family, number : str, int
        The instance.
    problem, method, place : str
        Class of the problem, name of the method, and where it ran.
    budget : float
        s.
    sense : int
        +1 where the objective is maximized.
    ended : float
        s after which it returned, or closed the gap; the budget if it did neither.
    is_done : bool
        Whether it returned before its time was out.
    start : float or None
        s after which there was an answer without a search, the first of ``points``.
    points : list
        Seconds, objective and bound at each improvement; None where there is none.
    repeat : int
        How many runs of the same there were before.
    """

    family: str
    number: int
    problem: str
    method: str
    place: str
    budget: float
    sense: int
    ended: float
    is_done: bool
    start: float | None
    points: list[tuple[float, float | None, float | None]] = field(repr=False)
    repeat: int = 0

    @property
    def key(self) -> tuple[str, int, str, float, int]:
        """What is not run twice."""
        return self.family, self.number, self.method, self.budget, self.repeat


class ProcessorClock:
    """Seconds that this thread computed, or all threads on average over the cores."""

    def __init__(self) -> None:
        self._cores = len(os.sched_getaffinity(0))
        self._thread, self._process = time.thread_time(), time.process_time()

    def __call__(self) -> float:
        """Seconds since it was made; who waits for threads counts as they do."""
        every = (time.process_time() - self._process) / self._cores
        return max(time.thread_time() - self._thread, every)


def record(
    instance: Training, problem: Problem, entry: Method, budget: float, repeat: int = 0
) -> Run:
    """Run one method alone, whatever others were like, and time its improvements."""
    forget()
    if place_of(entry) == "inline":
        with patch.object(time, "perf_counter", ProcessorClock()):
            return _recorded(instance, problem, entry, budget, repeat)
    return _recorded(instance, problem, entry, budget, repeat)


def _recorded(
    instance: Training, problem: Problem, entry: Method, budget: float, repeat: int
) -> Run:
    points: list[tuple[float, float | None, float | None]] = []
    starts: list[float] = []

    def take(event: dict[str, Any]) -> None:
        now = event["seconds"]
        points.append((now, finite(event["objective"]), finite(event["bound"])))
        if event["method"] == INSTANT and not starts:
            starts.append(now)

    limit = rrm.Budget(budget, gap=GAP)
    fresh = problem.replace()  # nothing is remembered from another run
    solution = rrm.solve(fresh, limit, entry.name, instance.seed, on_event=take)
    seconds = solution.seconds
    is_done = solution.stopped in ("gap", "exhausted") and seconds < budget
    return Run(
        instance.family,
        instance.number,
        type(problem).__name__,
        entry.name,
        place_of(entry),
        budget,
        problem.sense,
        min(seconds, budget),
        is_done,
        starts[0] if starts else None,
        _thinned([point for point in points if point[0] <= budget]),
        repeat,
    )


def _thinned(points: list[Any]) -> list[Any]:
    """At most ``MOST_POINTS``, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return points
    kept = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).astype(int))
    return [points[k] for k in kept]


def planned(
    count: int, families: Sequence[str] = (), longest: float = LONG
) -> Iterator[tuple[Training, tuple[float, ...]]]:
    """Instances and their budgets up to ``longest`` s: short ones of all first."""
    for instance in training_instances(count, families):
        yield instance, tuple(budget for budget in BUDGETS if budget <= longest)
    if longest >= LONG:
        for instance in training_instances(min(count, LONG_INSTANCES), families):
            yield instance, (LONG,)


def collect(
    folder: Path,
    count: int,
    on_run: Callable[[Run, int, int], None],
    families: Sequence[str] = (),
    longest: float = LONG,
) -> Path:
    """Run what is not in ``folder`` yet, ``count`` instances of each family.

    Parameters
    ----------
    folder : Path
        Gets ``trajectories.jsonl``, one line a run.
    count : int
        Instances of each family.
    on_run : callable
        Gets each run, the instances begun so far, and how many there are.
    families : sequence of str
        Families; all by default.
    longest : float
        Longest budget in s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    known = {run.key: run for run in read_runs(path)} if path.exists() else {}
    plan = list(planned(count, families, longest))
    first = {instance.family: instance for instance, _ in plan}
    rrm.warm_up(*{type(instance.build()) for instance in first.values()})
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" if is_cut(path) else "")
        for done, (instance, budgets) in enumerate(plan):
            problem = instance.build()
            for entry in fitting(problem):
                for budget, repeat in repeated(budgets):
                    what = *instance_key(instance), entry.name
                    before = known.get((*what, BUDGETS[-1], 0))
                    if not is_needed(entry, budget, before):
                        continue
                    if (*what, budget, repeat) in known:
                        continue
                    run = record(instance, problem, entry, budget, repeat)
                    known[run.key] = run
                    line = json.dumps({"schema": SCHEMA, **asdict(run)})
                    file.write(line + "\n")
                    file.flush()
                    on_run(run, done, len(plan))
    return path


def repeated(budgets: Sequence[float]) -> list[tuple[float, int]]:
    """Each budget, the least one of all ``REPEATS`` times, and how many came before."""
    return [
        (budget, repeat)
        for budget in budgets
        for repeat in range(REPEATS if budget == BUDGETS[0] else 1)
    ]


def is_cut(path: Path) -> bool:
    """Whether the last line of a file has no end."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def instance_key(instance: Training) -> tuple[str, int]:
    """Family and number."""
    return instance.family, instance.number


def fitting(problem: Problem) -> list[Method]:
    """Methods that ``auto`` may choose for a problem."""
    return [
        entry
        for entry in methods_for(type(problem))
        if is_packaged(entry)
        and entry.name != INSTANT
        and entry.rank < REFERENCE_RANK
        and entry.reason_against(problem) is None
    ]


def is_needed(entry: Method, budget: float, second: Run | None) -> bool:
    """Whether a run tells anything: not a worker at once, nor what was done before."""
    if place_of(entry) == "worker" and budget < LEAST_WORKER:
        return False
    return budget < LONG or second is None or not second.is_done


def read_runs(path: Path) -> list[Run]:
    """Runs of a file, those cut off in the middle of a line left out."""
    runs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        row.pop("schema", None)
        row["points"] = [tuple(point) for point in row["points"]]
        runs.append(Run(**row))
    return runs
