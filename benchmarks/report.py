"""One page of a run: tables, pictures, and what they do not say.

Nothing is loaded from elsewhere and nothing runs on the page; each picture lies beside
it as SVG and as CSV.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.comparison import busy_part
from benchmarks.judgement import place_of, published_values, references, wrong
from benchmarks.pictures import pictures
from benchmarks.rows import Row, read_rows, read_run
from benchmarks.tables import (
    Table,
    failure_table,
    family_table,
    method_tables,
    seconds_text,
    with_problem,
    wrong_table,
)
from rrm.registry import is_installed
from twins.declaration import FieldError

PAGE = "report.html"
LIMITS = (
    "Several calls at the same time, other processors, and networks from operators: "
    "generated instances are what their generators make.",
    "Imports, compilation and the start of processes: every tool is warmed up on small "
    "examples first, and that time is listed, not counted. Building models is counted.",
    "Tuned options of outside solvers: they run as their documentation shows, with "
    "time, threads, gap and seed set, on models without strengthening.",
    "Bounds of outside solvers: they are claims. Bounds of the engine are recomputed "
    "from their arguments, except those by search, which say so.",
    "Times are of one machine, and of the load it had; compare ratios and gaps.",
    "The best verified answer is the reference where no proof or published value is "
    "known, and may itself be improved.",
)


@dataclass(frozen=True)
class Section:
    """Tables under one heading."""

    title: str
    tables: list[Table]


def load_run(folder: Path) -> tuple[dict[str, Any], list[Row]]:
    """What is known of a folder's runs, and its rows.

    Raises
    ------
    FieldError
        If nothing was run there.
    """
    run, rows = read_run(folder), list(read_rows(folder))
    if run is None or not rows:
        allowed = "a folder that `rrm bench run --out` has written"
        raise FieldError("folder", None, str(folder), allowed)
    return run, with_problem(rows)


def write_report(folder: Path) -> Path:
    """Write the page of a folder's runs, its pictures and their CSV; path of the page.

    Raises
    ------
    FieldError
        If nothing was run there, or jinja2 is missing.
    """
    if not is_installed("jinja2"):
        allowed = "installed: pip install 'rrm-engine[bench]'"
        raise FieldError("jinja2", None, "missing", allowed)
    from jinja2 import Environment, StrictUndefined

    run, rows = load_run(folder)
    known = references(rows, published_values(run))
    drawn = pictures(rows, known)
    for picture in drawn:
        (folder / f"{picture.name}.svg").write_text(picture.svg)
        (folder / f"{picture.name}.csv").write_text(picture.csv)
    sections = [
        Section("Methods by problem", method_tables(rows, known)),
        Section("By family", [family_table(rows, known)]),
        Section("Wrong answers by method", [wrong_table(rows, known)]),
        Section("Failures", [failure_table(rows, known)]),
    ]
    template = Path(__file__).with_name("report.html.jinja").read_text()
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    page = environment.from_string(template).render(
        title=f"rrm bench: {run['options']['suite']}",
        summary=_summary(rows, known),
        facts=_facts(run, rows),
        sections=sections,
        pictures=drawn,
        limits=LIMITS,
    )
    path = folder / PAGE
    path.write_text(page)
    return path


def _summary(rows: list[Row], known: dict[Any, Any]) -> str:
    """One paragraph of numbers."""
    instances = len({place_of(row) for row in rows})
    methods = len({row["method"] for row in rows})
    errors = sum(bool(wrong(row, known.get(place_of(row)))) for row in rows)
    return (
        f"{len(rows)} runs of {methods} methods on {instances} instances. "
        f"{errors} runs gave a wrong answer."
    )


def _facts(run: dict[str, Any], rows: list[Row]) -> list[tuple[str, str]]:
    """What the measurements depend on, in words."""
    options, sessions = run["options"], run["sessions"]
    first = sessions[0]["machine"]
    lanes = {name: lane for one in sessions for name, lane in one["lanes"].items()}
    own = [row["runner_seconds"] for row in rows if row["runner_seconds"]]
    commits = sorted({one["machine"]["commit"] for one in sessions})
    loads = [row["load"] for row in rows]
    threads = {
        f"{what} {count}"
        for lane in lanes.values()
        for what, count in lane["threads"].items()
    }
    return [
        ("suite", options["suite"]),
        ("limits", ", ".join(seconds_text(budget) for budget in options["budgets"])),
        ("seeds, repetitions", f"{options['seeds']}, {options['repetitions']}"),
        ("machine", f"{first['processor']}, {first['cores']} cores, "
                    f"{first['memory_gb']} GB, {first['system']}"),
        ("Python", first["python"]),
        ("versions", ", ".join(f"{name} {version}" for name, version
                               in first["versions"].items())),
        ("commit", ", ".join(commits) or "unknown"),
        ("began, ended", f"{sessions[0]['began']}, "
                         f"{sessions[-1].get('ended', 'not ended')}, "
                         f"{len(sessions)} sessions"),
        ("load average", f"{np.min(loads):g} to {np.max(loads):g}; other processes had "
                         f"the cores for {busy_part(rows):.1%} of the measured time"),
        ("threads, asked of each library", ", ".join(sorted(threads))),
        ("warm-up, not counted", ", ".join(f"{name} {seconds_text(lane['warm_up'])}"
                                           for name, lane in sorted(lanes.items()))),
        ("the runner's own time per run",
         f"median {seconds_text(float(np.median(own)))}, none of it measured"
         if own else "unknown"),
    ]  # fmt: skip
