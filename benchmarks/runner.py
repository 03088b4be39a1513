"""Runs of a suite: planned, interleaved, written as they end, resumed where they are.

The plan is fixed by its options. Methods alternate on each instance, in an order that
is drawn anew for every instance, budget, seed and repetition, so that noise hits all
alike.
"""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from os import sched_getaffinity
from pathlib import Path
from typing import Any

from benchmarks.lane import Lane, LaneLostError, lost_row
from benchmarks.machine import load, machine
from benchmarks.measurement import Task
from benchmarks.outside import PREFIX, SI
from benchmarks.rows import Row, RowFile, key_of, read_run, write_run
from benchmarks.suites import PUBLIC, Suite, suite_named
from twins.declaration import FieldError

GROUPS = ("auto", "engine", "outside")


@dataclass(frozen=True)
class Options:
    """What to run; the same options give the same plan.

    Attributes
    ----------
    suite : str
        Name of a suite.
    methods : tuple of str
        Names, or ``auto``, ``engine`` (all registered methods), ``outside``.
    budgets : tuple of float
        s.
    seeds, repetitions : int
        How many of each.
    threads : int
        That every run may use.
    instances : str
        Part of the instances' names; empty: all.
    folder : str
        Of the public families.
    """

    suite: str
    methods: tuple[str, ...]
    budgets: tuple[float, ...]
    seeds: int = 1
    repetitions: int = 1
    threads: int = 1
    instances: str = ""
    folder: str = str(PUBLIC)

    def tasks(self, fitting: dict[str, list[str]]) -> list[Task]:
        """Every run, in order; ``fitting`` has the methods by instance."""
        found = []
        suite = suite_named(self.suite, Path(self.folder))
        for repetition in range(self.repetitions):
            for seed in range(self.seeds):
                for instance in suite.instances:
                    for budget in self.budgets:
                        names = fitting.get(instance.label, [])
                        place = (instance.label, budget, seed, repetition)
                        names = random.Random(repr(place)).sample(names, len(names))
                        for name in names:
                            found.append(self.task(instance.label, name, *place[1:]))
        return found

    def task(
        self, label: str, method: str, budget: float, seed: int, repetition: int
    ) -> Task:
        """One run of the plan."""
        return Task(
            self.suite,
            label,
            self.folder,
            method,
            budget,
            seed,
            repetition,
            self.threads,
        )

    def wants(self, method: str, suite: Suite) -> bool:
        """Whether ``method`` is among those asked for."""
        if method in self.methods:
            return True
        if method.startswith(PREFIX):
            return "outside" in self.methods and (
                suite.in_si or not method.endswith(SI)
            )
        return method != "auto" and "engine" in self.methods


class Lanes:
    """Processes of one job, one for each tool, started when they are needed.

    Parameters
    ----------
    cores : set of int
        Processors that they may run on.
    kinds : mapping
        Problem classes that each tool will meet.
    """

    def __init__(self, cores: set[int], kinds: dict[str, list[str]]) -> None:
        self._cores, self._kinds = cores, kinds
        self._lanes: dict[str, Lane] = {}
        self.about: dict[str, Any] = {}

    def get(self, tool: str) -> Lane:
        """Process of a tool, ready.

        Raises
        ------
        FieldError
            If it would use more threads than it may.
        """
        if tool not in self._lanes:
            lane = Lane(tool, self._kinds[tool], self._cores)
            self._lanes[tool] = lane
            self.about[tool] = lane.about
            threads = lane.about["threads"]
            if max(threads.values()) > len(self._cores):
                allowed = f"at most {len(self._cores)} for {tool}"
                raise FieldError("threads", None, threads, allowed)
        return self._lanes[tool]

    def run(self, task: Task) -> Row:
        """Row of a task, whatever happens to its process."""
        began = time.perf_counter()
        try:
            lane = self.get(task.tool)
            began = time.perf_counter()
            return lane.ask(task)
        except LaneLostError as error:
            self._lanes.pop(task.tool, None)
            return lost_row(task, str(error), time.perf_counter() - began)

    def close(self) -> None:
        """End all processes."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()


def run_suite(
    options: Options,
    out: Path,
    jobs: int = 1,
    on_row: Callable[[Row, int, int], None] = lambda row, done, total: None,
) -> dict[str, Any]:
    """Run what of a plan is not in the folder yet; returns what is known of the runs.

    Parameters
    ----------
    options : Options
        The plan.
    out : Path
        Folder of the rows.
    jobs : int
        Runs at the same time, each on cores of its own.
    on_row : callable
        Gets each row when it is written, the number of rows so far, and of all.

    Raises
    ------
    FieldError
        If the folder holds another plan, or there are too few cores.
    """
    cores = sorted(sched_getaffinity(0))
    if not 1 <= jobs * options.threads <= len(cores):
        allowed = f"1 to {len(cores)} cores in all, {options.threads} for each"
        raise FieldError("jobs", None, jobs, allowed)
    run = read_run(out) or {"options": plain(options), "plan": {}, "sessions": []}
    if run["options"] != plain(options):
        raise FieldError("out", None, str(out), "a folder of the same options, or new")
    suite = suite_named(options.suite, Path(options.folder))
    run["plan"] = run["plan"] or make_plan(options, suite, set(cores[:1]))
    fitting, kinds = chosen(options, suite, run["plan"])
    tasks = options.tasks(fitting)
    shares = [
        set(cores[job * options.threads : (job + 1) * options.threads])
        for job in range(jobs)
    ]
    lanes = [Lanes(share, kinds) for share in shares]
    session: dict[str, Any] = {"began": now(), "machine": machine(), "load": load()}
    session["lanes"] = lanes[0].about
    run["sessions"].append(session)
    write_run(out, run)
    rows = RowFile(out)
    try:
        _run_all(tasks, rows, lanes, len(run["sessions"]) - 1, on_row)
    finally:
        rows.close()
        for one in lanes:
            one.close()
        session["ended"] = now()
        write_run(out, run)
    return run


def make_plan(options: Options, suite: Suite, cores: set[int]) -> dict[str, Any]:
    """By instance: its problem class, and for each method why it does not fit."""
    plan = {}
    lane = Lane("rrm", [], cores)
    try:
        for instance in suite.instances:
            if options.instances in instance.label:
                task = options.task(instance.label, "auto", 1.0, 0, 0)
                plan[instance.label] = lane.ask(task, only_reasons=True)
    finally:
        lane.close()
    if not plan:
        allowed = f"part of an instance's name in {suite.name}"
        raise FieldError("instances", None, repr(options.instances), allowed)
    return plan


def chosen(
    options: Options, suite: Suite, plan: dict[str, Any]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Methods by instance, and problem classes by tool.

    Raises
    ------
    FieldError
        If a method that is named fits no instance.
    """
    fitting, kinds = {}, {}
    for label, entry in plan.items():
        fitting[label] = []
        for name, reason in entry["reasons"].items():
            if reason is None and options.wants(name, suite):
                fitting[label].append(name)
                tool = options.task(label, name, 1.0, 0, 0).tool
                kinds.setdefault(tool, set()).add(entry["problem"])
    used = {name for names in fitting.values() for name in names}
    for name in options.methods:
        if name not in used and name not in GROUPS:
            reasons = {entry["reasons"].get(name, "unknown") for entry in plan.values()}
            allowed = f"a method that fits: {', '.join(sorted(map(str, reasons)))}"
            raise FieldError("methods", None, repr(name), allowed)
    return fitting, {tool: sorted(names) for tool, names in kinds.items()}


def plain(options: Options) -> dict[str, Any]:
    """Options as JSON reads them back."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(options).items()
    }


def now() -> str:
    """Date and time in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command(task: Task) -> str:
    """Command that repeats one run and prints its row."""
    words = [
        f"rrm bench one {task.suite} {task.instance} {task.method}",
        f"{task.budget:g}s --seed {task.seed}",
    ]
    if task.threads > 1:
        words.append(f"--threads {task.threads}")
    if task.folder != str(PUBLIC):
        words.append(f"--folder {task.folder}")
    return " ".join(words)


def _run_all(
    tasks: list[Task],
    rows: RowFile,
    lanes: list[Lanes],
    session: int,
    on_row: Callable[[Row, int, int], None],
) -> None:
    """Run the tasks without a row, as many at a time as there are ``lanes``."""
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        if key_of(asdict(task)) not in rows.known:
            waiting.put(task)
    done = [len(tasks) - waiting.qsize()]
    lock, stop = threading.Lock(), threading.Event()
    errors: list[BaseException] = []

    def work(own: Lanes) -> None:
        last = 0.0  # s that the runner took to write the row before
        while not stop.is_set():
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            row = own.run(task)
            began = time.perf_counter()
            row |= {
                "command": command(task),
                "session": session,
                "load": load(),
                "runner_seconds": last,
            }
            with lock:
                rows.append(row)
                done[0] += 1
                on_row(row, done[0], len(tasks))
            last = time.perf_counter() - began

    def guarded(own: Lanes) -> None:
        try:
            work(own)
        except BaseException as error:
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(one,)) for one in lanes[1:]]
    for thread in threads:
        thread.start()
    try:
        work(lanes[0])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
