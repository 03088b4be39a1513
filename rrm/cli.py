"""The command ``rrm``; results go to stdout, everything else to stderr.

Exit codes: 0 done, 1 the doctor found something wrong, 2 usage, 3 proven infeasible, 4
no answer, 5 a decision does not repeat.
"""

import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

ILL, USAGE, INFEASIBLE, NO_ANSWER, WRONG = 1, 2, 3, 4, 5
GROUP = "rrm.commands"

app = typer.Typer(
    help="Radio resource management: certified allocations under a time budget.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for demo.html and map.svg.")] = Path(
        "out"
    ),
    provider: Annotated[
        str, typer.Option(help="Model that reads beside the grammar, as of rrm report.")
    ] = "grammar",
    as_json: AsJson = False,
) -> None:
    """Run the closed loop on ray-traced Munich."""
    from rrm import demo as example
    from rrm import demo_page

    outcome = example.run(None if provider == "grammar" else provider)
    path = demo_page.write(outcome, out)
    if as_json:
        print(json.dumps(demo_page.to_json(outcome)))
    else:
        demo_page.show(outcome, Console())
    Console(stderr=True).print(f"wrote {path}")


@app.command()
def methods(
    file: Annotated[
        Path | None, typer.Argument(help="Problem file: tells which methods fit it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the registered methods, and for a problem why one does not fit."""
    from rrm.registry import all_methods

    rows = []
    problem = None if file is None else _problem(file)
    for entry in all_methods():
        if problem is not None and not isinstance(problem, entry.problem):
            continue
        row = {
            "problem": entry.problem.__name__,
            "method": entry.name,
            "kind": entry.kind,
            "proves": entry.proves,
        }
        if problem is not None:
            row["reason against"] = entry.reason_against(problem) or ""
        rows.append(row)
    if as_json:
        print(json.dumps({"schema": "rrm.methods/1", "methods": rows}))
        return
    table = Table()
    for heading in rows[0]:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, set and running, and what to do where it is wrong."""
    from rrm.doctor import WRONG, examine

    findings = examine()
    is_ill = any(one.level == WRONG for one in findings)
    if as_json:
        rows = [vars(one) for one in findings]
        text = {"schema": "rrm.doctor/1", "wrong": is_ill, "findings": rows}
        print(json.dumps(text))
    else:
        table = Table("topic", "", "found", "what to do")
        for one in findings:
            table.add_row(one.topic, one.level, one.text, one.advice)
        Console().print(table)
    if is_ill:
        raise typer.Exit(ILL)


@app.command()
def report(
    text: Annotated[Path, typer.Option(help="File with what was written.")],
    snapshot: Annotated[Path, typer.Option(help="Snapshot of the network (.npz).")],
    author: Annotated[str, typer.Option(help="role/name, such as operator/S. Lang.")],
    provider: Annotated[
        str, typer.Option(help="grammar; beside it embedded, smollm2 or openai.")
    ] = "grammar",
    as_json: AsJson = False,
) -> None:
    """Read a text as a context report, and say what was refused and why."""
    from rrm.commands.report import read_report, show

    try:
        found = read_report(text, snapshot, author, provider)
    except (OSError, ValueError) as error:
        _fail(str(error))
        return
    if as_json:
        print(found.model_dump_json(by_alias=True))
    else:
        show(found, Console())


@app.command()
def show(
    file: Annotated[
        Path, typer.Argument(help="Problem, snapshot, report, or JSON of solve.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say what a file holds: axes, units and ranges, items, or an answer."""
    from rrm.commands import show as shown

    try:
        content = shown.read(file, _problem)
    except (OSError, ValueError) as error:
        _fail(str(error))
        return
    if as_json:
        print(json.dumps(content, allow_nan=False))
    else:
        shown.show(content, Console())


@app.command()
def plot(
    file: Annotated[Path, typer.Argument(help="Problem, snapshot, or JSON of solve.")],
    out: Annotated[Path, typer.Option(help="Picture: .svg, .png or .pdf.")],
    on: Annotated[
        Path | None, typer.Option(help="Problem or snapshot to draw an answer on.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw what a file holds: data of a problem, a map, or an answer."""
    from rrm.commands import plot as picture

    try:
        kind = picture.plot(file, out, _problem, on)
    except (OSError, ValueError) as error:
        _fail(str(error))
        return
    if as_json:
        print(json.dumps({"schema": "rrm.plot/1", "kind": kind, "out": str(out)}))
    else:
        Console(stderr=True).print(f"wrote {out}")


@app.command()
def replay(
    number: Annotated[str, typer.Argument(metavar="ID", help="Of the decision.")],
    journal: Annotated[str, typer.Option(help="Context database: file or URL.")],
    as_json: AsJson = False,
) -> None:
    """Make a decision of the controller's journal again, and compare bit for bit."""
    from rrm.commands.replay import make_again, show

    try:
        found = make_again(number, journal)
    except (OSError, LookupError, ValueError) as error:
        _fail(str(error.args[0] if error.args else error))
        return
    if as_json:
        print(json.dumps({"schema": "rrm.replay/1", **vars(found)}))
    else:
        show(found, Console())
    if found.differences:
        raise typer.Exit(WRONG)


@app.command()
def solve(
    file: Annotated[Path, typer.Argument(help="Problem file (.npz).")],
    budget: Annotated[str, typer.Option(help="Such as 10ms or 2s.")] = "1s",
    method: Annotated[str, typer.Option(help="auto, or names with commas.")] = "auto",
    seed: int = 0,
    out: Annotated[
        Path | None, typer.Option(help="File that gets the answer as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Solve a problem file, print the certified answer, and save it."""
    import rrm
    from rrm.commands.answer import solution_json, write_answer
    from rrm.page import solution_rows

    problem = _problem(file)
    try:
        seconds = seconds_of(budget)
        names = method if method == "auto" else method.split(",")
        solution = rrm.solve(problem, seconds, names, seed)
        if out is not None:
            write_answer(solution, out)
    except (OSError, ValueError) as error:
        _fail(str(error))
        return
    if as_json:
        print(json.dumps(solution_json(solution)))
    else:
        table = Table(show_header=False)
        for row in solution_rows(solution):
            table.add_row(*row)
        Console().print(table)
        Console().print(solution.to_frame().to_string())
    if solution.status == "infeasible":
        raise typer.Exit(INFEASIBLE)
    if solution.allocation is None:
        raise typer.Exit(NO_ANSWER)


def seconds_of(text: str) -> float:
    """Seconds of a duration such as ``100ms``, ``2s``, ``1min`` or ``0.5``.

    Raises
    ------
    ValueError
        If the text is no duration.
    """
    units = {"ms": 1e-3, "us": 1e-6, "min": 60.0, "s": 1.0}
    unit = next((unit for unit in units if text.endswith(unit)), "")
    number, size = text.removesuffix(unit), units.get(unit, 1.0)
    try:
        return float(number) * size
    except ValueError as error:
        raise ValueError(
            f"budget = {text!r}: must be like 100ms, 2s or 1min"
        ) from error


def _problem(path: Path) -> Any:
    """Problem of a file, of whatever class it says."""
    from formulations.problem import SCHEMA
    from rrm.registry import all_methods
    from twins.files import read_npz

    kinds = {entry.problem.__name__: entry.problem for entry in all_methods()}
    try:
        header, _ = read_npz(path, SCHEMA)
        kind = kinds.get(str(header.get("problem")))
        if kind is None:
            _fail(f"{path}: problem = {header.get('problem')!r}: must be one of "
                  f"{', '.join(kinds)}")  # fmt: skip
            return None
        return kind.from_file(path)
    except (OSError, ValueError) as error:
        _fail(str(error))


def _fail(text: str) -> None:
    """Say one line on stderr and end with the code for wrong usage."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(text, markup=False)
    raise typer.Exit(USAGE)


def main() -> None:
    """Run the command with what other packages add to it."""
    for entry in entry_points(group=GROUP):
        try:
            app.add_typer(entry.load(), name=entry.name)
        except Exception as error:  # of another package, which must not end this one
            text = f"the command {entry.name} is left out: {error}"
            Console(stderr=True, soft_wrap=True).print(text, markup=False)
    app()


if __name__ == "__main__":
    sys.exit(main())
