"""What channel assignment promises, measured: found, bound and CP-SAT in one table.

Run with one BLAS thread. Public instances are read from ``../shared/instances`` where
that folder exists. Names of rows run these alone; ``--fast`` leaves the comparison with
CP-SAT in the same time out, ``--short`` runs that comparison alone. ``--core`` measures
what is found by seed on one core in turn, in its processor time and without workers;
then other programs on the machine matter little.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.instances.channels import (
    FOLDER,
    PHILADELPHIA,
    philadelphia,
    read_calma,
    read_colouring,
    read_interference,
    scattered,
)
from formulations.channel_start import exhaustive_channels, first_fitting
from formulations.channels import ChannelAssignment, Channels
from rrm.planning import make_plan
from rrm.registry import named

ORDER = {
    "scen01": 16,
    "scen02": 14,
    "scen11": 22,
    "graph01": 18,
    "graph02": 14,
    "graph08": 18,
    "graph14": 8,
}
SPAN = {"scen05": 792, "graph03": 380, "graph10": 394}
INTERFERENCE = {
    "scen06": 3389,
    "scen07": 343592,
    "graph05": 221,
    "graph06": 4123,
    "graph11": 3080,
}
CELLS = {"P1": 426, "P2": 426, "P3": 257, "P5": 239, "P6": 179, "P7": 855}
COLOURS = {
    "DSJC125.5": 17,
    "DSJC250.5": 28,
    "le450_15c": 15,
    "queen10_10": 11,
    "flat300_28_0": 28,
}
FIXED_SPECTRUM = {
    "45-17": (7, 32),
    "GSM-93": (9, 32),
    "Test95": (36, 8),
    "GSM2-184": (39, 5250),
}
MOST_COLOURS = 40
TIMES = (0.1, 1.0, 10.0)  # s, for auto and CP-SAT in turn
SEEDS = range(3)
MANY = (1_000, 10, 50)  # transmitters, neighbours, channels
LARGE = (10_000, 30_000, 100_000)


@dataclass(frozen=True)
class Row:
    """A problem, the seconds it gets, the best known objective and what is promised."""

    name: str
    make: Callable[[], ChannelAssignment]
    seconds: float
    best: float
    bar: str


def rows() -> Iterator[Row]:
    """Public instances and what is promised for them."""
    folder = FOLDER / "calma"
    kinds = (
        ("min_order", ORDER, "best known"),
        ("min_span", SPAN, "best known"),
        ("min_interference", INTERFERENCE, "<= 1%"),
    )
    for objective, known, bar in kinds:
        for name, best in known.items():
            make = partial(read_calma, folder / name, objective)
            yield Row(name, make, 30, best, bar)
    for name, best in CELLS.items():
        yield Row(name, partial(philadelphia, name), 10, best, "optimal")
    for name, best in COLOURS.items():
        path = FOLDER / "colouring" / f"{name}.col"
        bar = "<= 29" if name == "flat300_28_0" else "best known"
        make = partial(read_colouring, path, MOST_COLOURS)
        yield Row(name, make, 30, best - 1, bar)
    for name, (channels, best) in FIXED_SPECTRUM.items():
        path = FOLDER / "interference" / f"{name}.ctr.txt"
        yield Row(name, partial(read_interference, path, channels), 30, best, "<= 3%")


def main() -> None:
    """Print the table, row by row as it is measured."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    times = () if "--fast" in sys.argv else TIMES
    is_short, is_core = "--short" in sys.argv, "--core" in sys.argv
    times = () if is_core else times
    rrm.warm_up(ChannelAssignment)
    others = [f"auto / CP-SAT at {seconds:g} s" for seconds in times]
    heads = ("what", "at", "best known", "found", "bound", "bar", *others)
    table = Table(*heads, title="channels")
    for row in rows():
        is_there = FOLDER.exists() or row.name in PHILADELPHIA
        if is_there and (not wanted or row.name in wanted):
            cells = in_turn(row) if is_core else measured(row, times, is_short)
            table.add_row(*cells)
    for name, run in (("first", first), ("instant", instant), ("many", many)):
        if name in wanted or not (wanted or is_core):
            for cells in run():
                table.add_row(*cells)
    Console(width=120).print(table)


def measured(row: Row, times: tuple[float, ...], is_short: bool) -> tuple[str, ...]:
    """One line; colours are counted: one more than the largest channel from 0."""
    problem = row.make()
    extra = 1 if row.name in COLOURS else 0
    cells = ["", "", row.bar]
    if not is_short:
        solution = rrm.solve(problem, rrm.Budget(row.seconds, gap=0.0))
        found = f"{solution.objective + extra:g} after {solution.trace[-1][0]:.1f} s"
        cells[:2] = found, f"{solution.bound + extra:g}"
    declines = named(ChannelAssignment, "cpsat").reason_against(problem) is not None
    for seconds in times:
        budget, values = rrm.Budget(seconds, gap=0.0), []
        for method in ("auto", "cpsat"):
            if method == "cpsat" and declines:
                values.append("declined")
                continue
            answer = rrm.solve(problem, budget, method=method)
            values.append(f"{answer.objective + extra:g}")
        cells.append(" / ".join(values))
    return (row.name, f"{row.seconds:g} s", f"{row.best + extra:g}", *cells)


def in_turn(row: Row) -> tuple[str, ...]:
    """One line: found by seed on one core, whose processor time is the clock."""
    extra = 1 if row.name in COLOURS else 0
    budget = rrm.Budget(row.seconds, gap=0.0)
    alone = replace(budget, work=1)  # a plan for one core: nothing runs beside
    values, bounds = [], []
    for seed in SEEDS:
        problem = row.make()
        steps, _ = make_plan(problem, alone, "auto", problem.trivial() is not None)
        names = [step.method.name for step in steps if step.place == "inline"]
        with patch("time.perf_counter", time.process_time):
            solution = rrm.solve(problem, budget, method=names, seed=seed)
        values.append(f"{solution.objective + extra:g}")
        bounds.append(solution.bound + extra)
    best, found = f"{row.best + extra:g}", ", ".join(values)
    return (row.name, f"{row.seconds:g} s", best, found, f"{max(bounds):g}", row.bar)


def first() -> Iterator[tuple[str, ...]]:
    """First answers: by frequency, and by first fit of one transmitter at a time."""
    made = {name: partial(philadelphia, name) for name in CELLS}
    for name, make in {**made, "1,000 scattered": partial(scattered, *MANY)}.items():
        found = []
        for rule in (exhaustive_channels, first_fitting):
            problem = make()
            began = time.thread_time()
            channel = rule(problem)
            took = 1e3 * (time.thread_time() - began)
            found.append(f"{_span(problem, channel)} in {took:.1f} ms")
        best = f"{CELLS[name]}" if name in CELLS else ""
        yield (name, "first", best, " / ".join(found), "", "")


def _span(problem: ChannelAssignment, channel: np.ndarray | None) -> str:
    """Span of channels (V,), none where they miss a pair."""
    if channel is None or max(problem.violations(Channels(channel)).values()) > 0:
        return "none"
    return f"{channel.max()}"


def instant() -> Iterator[tuple[str, ...]]:
    """1,000 transmitters with 10 neighbours and 50 channels, in little time."""
    problem = scattered(*MANY)
    long = rrm.solve(problem, 10.0).objective
    for seconds, bar in ((0.001, "complete"), (0.01, "<= 10%")):
        fresh = problem.replace(objective="min_span")  # nothing prepared
        began = time.perf_counter()
        solution = rrm.solve(fresh, seconds)
        took = 1e3 * (time.perf_counter() - began)
        found = f"{solution.objective:g}, {took:.2f} ms"
        yield ("1,000 scattered", f"{1e3 * seconds:g} ms", f"{long:g}", found, "", bar)


def many() -> Iterator[tuple[str, ...]]:
    """Time to the first complete assignment of many transmitters, and memory."""
    for transmitters in LARGE:
        problem = scattered(transmitters, 10, 50)
        solution = rrm.solve(problem, 10.0)
        first = next(seconds for seconds, value, _ in solution.trace if value >= 0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        found = f"{solution.objective:g}, complete at {first:.2f} s, {memory:.2f} GB"
        what = f"{transmitters:,} scattered"
        yield (what, "10 s", "", found, f"{solution.bound:g}", "complete, <= 2 GB")


if __name__ == "__main__":
    main()
