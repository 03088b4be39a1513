"""What placement promises, measured: gaps and proofs beside HiGHS and CP-SAT.

Run with one BLAS thread; ``taskset -c 0`` gives what one core does. Public instances
are read from ``../shared/instances`` where that folder exists.

    python -m benchmarks.placement [part of a name ...] [--alone]
"""

import resource
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.instances.facility import best_known, names, read
from benchmarks.stadium import stadium
from formulations.placement import LapPlacement
from rrm.solution import Solution

MEDIAN_SECONDS, LOCATION_SECONDS = 30.0, 60.0
EVENT_SECONDS = (1.0, 10.0)
OTHERS = ("highs", "cpsat")
MOVED, GAPS = 0.01, (0.05, 0.01)
"""Part of the users that have moved, and gaps to come to again."""


def main(wanted: list[str]) -> None:
    """Print one table, and each row when it is measured."""
    others = () if "--alone" in wanted else OTHERS
    wanted = [part for part in wanted if not part.startswith("--")]
    table = Table("instance", "s", "method", "objective", "bound", "gap", "off", "how")
    rrm.warm_up(LapPlacement)
    console = Console(width=140)
    known = best_known() if names() else {}
    rows: list[tuple[str, LapPlacement, float, float | None]] = []
    for name in names():
        seconds = MEDIAN_SECONDS if name.startswith("pmed") else LOCATION_SECONDS
        if _is_wanted(name, wanted):
            rows.append((name, read(name), seconds, -known[name]))
    if _is_wanted("stadium", wanted):
        problem = stadium()
        for seconds in EVENT_SECONDS:
            rows.append((f"stadium at {seconds:g} s", problem, seconds, None))
    for name, problem, seconds, best in rows:
        for method in ("auto", *others):
            row = measured(name, problem, seconds, best, method)
            console.print(*row)
            table.add_row(*row)
    if _is_wanted("stadium", wanted):
        for row in solved_again():
            console.print(*row)
            table.add_row(*row)
    console.print(table)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    console.print(f"largest memory of this process: {most:.2f} GB")


def solved_again() -> Iterator[tuple[str, ...]]:
    """Rows: seconds to a gap for a stadium whose users have moved, cold and warm."""
    before = rrm.solve(stadium(), max(EVENT_SECONDS))
    problem = stadium(moved=MOVED)
    for gap in GAPS:
        name = f"stadium, {MOVED:.0%} moved, to {gap:.0%}"
        budget = rrm.Budget(LOCATION_SECONDS, gap=gap)
        yield measured(f"{name}, cold", problem, budget, None, "auto")
        yield measured(f"{name}, warm", problem, budget, None, "auto", before)


def measured(
    name: str,
    problem: LapPlacement,
    budget: rrm.Budget | float,
    best: float | None,
    method: str,
    start: Solution | None = None,
) -> tuple[str, ...]:
    """One row: what a method reaches in the time, and how far off the best known."""
    fresh = problem.replace()  # nothing remembered from another run
    try:
        solution = rrm.solve(fresh, budget, method=method, start=start)
    except rrm.FieldError as error:
        return (name, "-", method, "-", "-", "-", "-", str(error.allowed)[:50])
    off = "-"
    if best is not None and solution.allocation is not None:
        off = f"{100 * (best - solution.objective) / abs(best):.3f}%"
    return (
        name,
        f"{solution.seconds:.2f}",
        method,
        f"{solution.objective:.10g}",
        f"{solution.bound:.10g}",
        f"{100 * solution.gap:.4f}%",
        off,
        _how(solution),
    )


def _how(solution: Solution) -> str:
    text = f"{solution.status}, {solution.method or 'nobody'}"
    return f"{text}, {solution.certificate.argument or 'no bound'}"


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return not wanted or any(part in name for part in wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
