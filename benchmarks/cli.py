"""``rrm bench``: run, repeat one, compare, report, check.

Exit codes: 0 done, 2 usage, 5 the engine gave a wrong answer, 6 a check got worse.
"""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.progress import Progress

USAGE, WRONG, WORSE = 2, 5, 6
NARROWEST = 130  # columns of a file or pipe

app = typer.Typer(
    help="Compare solvers on radio problems: equal time and threads, answers verified.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Folder = Annotated[
    Path | None,
    typer.Option(help="Of the public instances: GAP, OR-Library, CALMA ..."),
]
Threads = Annotated[int, typer.Option(min=1, help="That each run may use.")]


@app.command()
def suites(folder: Folder = None, as_json: AsJson = False) -> None:
    """List the suites."""
    from benchmarks.suites import PUBLIC, all_suites

    found = all_suites((folder or PUBLIC).resolve()).values()
    if as_json:
        rows = [
            {
                "suite": one.name,
                "about": one.about,
                "instances": [instance.label for instance in one.instances],
            }
            for one in found
        ]
        print(json.dumps({"schema": "rrm.bench-suites/1", "suites": rows}))
        return
    table = RichTable("suite", "instances", "limits", "what")
    for one in found:
        count = str(len(one.instances) or "not in the folder")
        table.add_row(one.name, count, ", ".join(one.budgets), one.about)
    Console().print(table)


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="Name of a suite; see `bench suites`.")],
    methods: Annotated[
        str,
        typer.Option(help="Names with commas; groups: auto, engine, outside."),
    ] = "auto,engine,outside",
    budgets: Annotated[
        str, typer.Option(help="Such as 1ms,10ms,1s; by default the suite's.")
    ] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0 to N - 1.")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of the same.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at the same time.")] = 1,
    threads: Threads = 1,
    instances: Annotated[str, typer.Option(help="Part of the instances' names.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the rows; resumes what is there.")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run a suite; the same command goes on where it was stopped."""
    from benchmarks.runner import Options, run_suite
    from benchmarks.suites import PUBLIC, suite_named
    from rrm.cli import seconds_of

    place = (folder or PUBLIC).resolve()
    out = Path("out/bench") / suite if out is None else out
    try:
        texts = budgets.split(",") if budgets else suite_named(suite, place).budgets
        options = Options(
            suite,
            tuple(methods.split(",")),
            tuple(seconds_of(text) for text in texts),
            seeds,
            repeat,
            threads,
            instances,
            str(place),
        )
        with Progress("plans, and warms up") as progress:

            def show(row: dict[str, Any], done: int, total: int) -> None:
                progress.step(f"{row['instance']} {row['method']}", done, total)

            run_suite(options, out, jobs, show)
    except ValueError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _say(f"stopped; the same command goes on from the rows in {out}")
        raise typer.Exit(130) from None
    _summarize(out, as_json)


@app.command()
def one(
    suite: str,
    instance: Annotated[str, typer.Argument(help="As family/name.")],
    method: str,
    budget: str,
    seed: int = 0,
    threads: Threads = 1,
    folder: Folder = None,
) -> None:
    """Repeat one run, and print its row as JSON."""
    from os import sched_getaffinity

    from benchmarks.lane import Lane, LaneLostError, lost_row
    from benchmarks.measurement import Bench, Task
    from benchmarks.suites import PUBLIC
    from rrm.cli import seconds_of

    place = str((folder or PUBLIC).resolve())
    try:
        seconds = seconds_of(budget)
        task = Task(suite, instance, place, method, seconds, seed, 0, threads)
        kind = type(Bench().problem(task)[0]).__name__
        lane = Lane(task.tool, [kind], set(sorted(sched_getaffinity(0))[:threads]))
    except ValueError as error:
        _fail(str(error))
    try:
        row = lane.ask(task)
        lane.close()
    except LaneLostError as error:
        row = lost_row(task, str(error), seconds)
    print(json.dumps(row, indent=1))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="That `bench run` has written.")],
    as_json: AsJson = False,
) -> None:
    """Write one page of a run: tables, pictures as SVG, and their CSV."""
    from benchmarks.report import write_report

    try:
        page = str(write_report(folder))
    except (OSError, ValueError) as error:
        _fail(str(error))
    text = {"schema": "rrm.bench-report/1", "page": page}
    print(json.dumps(text) if as_json else page)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="Folder of a run.")],
    b: Annotated[Path, typer.Argument(help="Folder of a run of the same suite.")],
    as_json: AsJson = False,
) -> None:
    """Say whether two runs differ, by paired statistics."""
    from benchmarks.comparison import comparison
    from benchmarks.judgement import published_values
    from benchmarks.report import load_run
    from benchmarks.tables import comparison_table

    try:
        (before, first), (_, second) = load_run(a), load_run(b)
        found = comparison(first, second, published_values(before))
    except ValueError as error:
        _fail(str(error))
    if as_json:
        from dataclasses import asdict

        text = {"schema": "rrm.bench-comparison/1", "verdict": found.verdict}
        print(json.dumps(text | asdict(found)))
        return
    _print(comparison_table(found))
    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"{found.paired} runs in both, {found.only_a} only in A, {found.only_b} only "
        f"in B; verified answers: A {found.answers[0]}, B {found.answers[1]}"
    )
    console.print(found.verdict)


@app.command()
def check(
    write: Annotated[
        bool, typer.Option("--write", help="Store what is counted now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare counters of deterministic runs with the stored ones; no clock counts."""
    from benchmarks.counters import changes, counted, read_counters, write_counters

    try:
        stored = read_counters()
        with Progress("warms up") as progress:
            now = counted(progress.step)
    except (OSError, ValueError) as error:
        _fail(str(error))
    found = changes(stored, now)
    if write:
        write_counters(now)
    if as_json:
        rows = [vars(one) for one in found]
        text = {"schema": "rrm.bench-check/1", "runs": len(now), "changes": rows}
        print(json.dumps(text))
    else:
        from benchmarks.tables import change_table

        _print(change_table(found, len(now)))
    if not write and any(one.is_worse for one in found):
        raise typer.Exit(WORSE)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder of the trajectories.")],
    models: Annotated[
        Path | None, typer.Option(help="Of the models; by default where they ship.")
    ] = None,
    instances: Annotated[int, typer.Option(min=2, help="Of each family.")] = 6,
    families: Annotated[
        str, typer.Option(help="Names with commas; by default all.")
    ] = "",
    longest: Annotated[str, typer.Option(help="Longest budget, such as 1s.")] = "10s",
    as_json: AsJson = False,
) -> None:
    """Run methods alone on training instances, and train the selector on it.

    Methods and families of other packages take part. The engine finds models of
    another folder where RRM_MODELS names it.
    """
    from benchmarks.selection_cases import cases_of
    from benchmarks.training import Run, collect, planned, read_runs
    from benchmarks.training_card import card, cross_validated
    from benchmarks.training_models import fit
    from rrm.cli import seconds_of
    from rrm.selection.models import FOLDER, write_model

    names = [name for name in families.split(",") if name]
    folder = models or FOLDER
    try:
        seconds = seconds_of(longest)
        if not any(budgets for _, budgets in planned(instances, names, seconds)):
            _fail(f"longest = {longest!r}: must be at least the shortest budget, 1ms")
        for place in (data, folder):
            place.mkdir(parents=True, exist_ok=True)
        with Progress("warms up") as progress:

            def show(run: Run, done: int, total: int) -> None:
                progress.step(f"{run.family} {run.method}", done, total)

            path = collect(data, instances, show, names, seconds)
    except (OSError, ValueError) as error:
        _fail(str(error))
    cases = cases_of(read_runs(path))
    for problem in sorted({case.problem for case in cases}):
        own = [case for case in cases if case.problem == problem]
        write_model(folder / f"{problem}.npz", fit(problem, own))
    tables = cross_validated(cases)
    (folder / "card.md").write_text(card(cases, tables), encoding="utf-8")
    if as_json:
        rows = [vars(table) for table in tables]
        text = {"schema": "rrm.bench-train/1", "models": str(folder), "tables": rows}
        print(json.dumps(text))
    else:
        for table in tables:
            _print(table)
    _say(f"models and their card are in {folder}")


@app.command()
def selector(
    data: Annotated[
        Path, typer.Argument(help="Folder that `bench train` has written.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say how near plans come to the best method of each instance, cross-validated."""
    from benchmarks.selection_cases import cases_of
    from benchmarks.training import FILE, read_runs
    from benchmarks.training_card import cross_validated

    path = data / FILE
    if not path.exists():
        _fail(f"{path} is not there: `rrm bench train {data}` writes it")
    cases = cases_of(read_runs(path))
    tables = cross_validated(cases)
    if as_json:
        rows = [vars(table) for table in tables]
        print(json.dumps({"schema": "rrm.bench-selector/1", "tables": rows}))
        return
    for table in tables:
        _print(table)


def _summarize(out: Path, as_json: bool) -> None:
    """Print the tables of a folder; ends with a code if the engine was wrong."""
    from benchmarks.judgement import (
        is_outside,
        place_of,
        published_values,
        references,
        wrong,
    )
    from benchmarks.report import load_run
    from benchmarks.tables import failure_table, method_tables, wrong_table

    known_run, rows = load_run(out)
    known = references(rows, published_values(known_run))
    tables = [*method_tables(rows, known), wrong_table(rows, known)]
    tables.append(failure_table(rows, known))
    if as_json:
        print(
            json.dumps(
                {
                    "schema": "rrm.bench-tables/1",
                    "out": str(out),
                    "tables": [vars(table) for table in tables],
                }
            )
        )
    else:
        for table in tables[:-1]:
            _print(table)
        _say(f"rows are in {out}; `rrm bench report {out}` makes a page")
    own = [row for row in rows if not is_outside(row["method"])]
    if any(wrong(row, known.get(place_of(row))) for row in own):
        raise typer.Exit(WRONG)


def _print(table: Any) -> None:
    shown = RichTable(title=table.title, title_justify="left", box=SIMPLE)
    for heading in table.headings:
        shown.add_column(heading, no_wrap=heading != "what", overflow="fold")
    for row in table.rows:
        shown.add_row(*row)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = NARROWEST
    console.print(shown)
    console.print(table.note, style="dim", markup=False)


def _say(text: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(text, markup=False)


def _fail(text: str) -> NoReturn:
    """Say one line on stderr and end with the code for wrong usage."""
    _say(text)
    raise typer.Exit(USAGE)


if __name__ == "__main__":
    app()
